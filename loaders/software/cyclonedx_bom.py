"""The things that a CycloneDX document lists, and the dependencies that it states.

`Bom` walks the document once, and gathers things, links between them and oddities;
`cyclonedx` adds what follows from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import STANDS_FOR, find_day
from knockon.loaders.parsing.source import Source
from knockon.loaders.software.cyclonedx_fields import (
    find_concluded_purls,
    hashes_of,
    image_references,
    is_for_development,
)
from knockon.loaders.software.identity import Identity

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
KINDS = {
    "application": "application",
    "framework": "component",
    "library": "component",
    "container": "container",
    "platform": "platform",
    "operating-system": "platform",
    "device": "device",
    "device-driver": "component",
    "firmware": "component",
    "file": "component",
    "machine-learning-model": "component",
    "data": "data_store",
    "cryptographic-asset": "component",
    "service": "service",  # our word for what stands under `services`
}
COMPONENT_TYPES = tuple(word for word in KINDS if word != "service")
RELATIONS = {"service": "uses", "operating-system": "runs", "platform": "runs"}
TEXTS = ("name", "group", "version", "purl", "scope")
BELOW = (("components", "component"), ("services", "service"))
LINEAGE = {  # of a pedigree: whether the component depends on it, or it on the component, and how
    "ancestors": (True, ""),
    "variants": (True, STANDS_FOR),
    "descendants": (False, ""),
}


@dataclass(eq=False)
class Thing:
    """A component or service: its id, type and place, its record, what it goes by.

    texts: the single fields of the record that are read, in one line each
    """

    id: str
    type: str
    place: str
    record: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    name: str = ""
    ref: str = ""
    names: Identity = field(default_factory=Identity)  # what it goes by
    link: str = ""  # its BOM-Link, where the BOM has a serial number
    spare: bool = False  # not needed at run time: tests, tools


@dataclass(frozen=True, slots=True)
class Link:
    """The dependent depends on the provider; an id for what no thing of the document is."""

    dependent: Thing
    provider: Thing | str
    place: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class _Below:
    """A component or service that is still to be read, and what it stands in."""

    place: str
    word: str
    record: Any
    outer: Thing | None = None
    ahead: bool = True  # the outer depends on it
    relation: str = ""


@dataclass
class Bom:
    """Things, links and oddities, gathered while the document is walked.

    path: where the document stands in its file, empty where it is the whole of it
    stem: what ids hold in a document that has neither serial number nor root
    """

    source: Source
    document: dict[str, Any]
    path: str = ""
    stem: str = ""
    findings: Findings = field(default_factory=Findings)
    lost: list[str] = field(default_factory=list)  # components that could not be read at all
    things: list[Thing] = field(default_factory=list)
    by_ref: dict[str, list[Thing]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    listed: set[Thing] = field(default_factory=set)  # things of whose dependencies all is told
    root: Thing | None = None

    def __post_init__(self) -> None:
        metadata = self.document.get("metadata")
        self.metadata: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
        serial, version = self.document.get("serialNumber"), self.document.get("version", 1)
        self.linked = isinstance(serial, str) and serial.strip().lower().startswith("urn:uuid:")
        if self.linked:
            self.scope = f"urn:cdx:{str(serial).strip()[9:].lower()}/{version}"
        else:
            self.scope = self._name_root() or self.stem or self.source.stem
        self.as_of = find_day(self.metadata.get("timestamp"))
        self.origin = f"CycloneDX {self.document['specVersion']} {self.source.name}"

    def place(self, where: str) -> str:
        """Where something stands, with its file."""
        return f"{self.source.name}#{self.path}{'.' if self.path else ''}{where}"

    def _name_root(self) -> str:
        """What the root is called, for a BOM without serial number: two may have one file name."""
        root = self.metadata.get("component")
        if not isinstance(root, dict):
            self.findings.add("note", "no serial number and no root: ids hold the file name", "bom")
            return ""
        words = [root.get(key) for key in ("purl", "group", "name", "version")]
        purl, group, name, version = (w.strip() if isinstance(w, str) else "" for w in words)
        return purl or "/".join(w for w in (group, name) if w) + (f"@{version}" if version else "")

    def add_things(self) -> None:
        """Every component and service, nested ones below what they stand in."""
        root = self.metadata.get("component")
        if root is not None:
            self._add_nested("metadata.component", "component", root)
            self.root = self.things[0] if self.things else None
        for key, word in BELOW:
            for place, record in self.records(self.document, key, key):
                self._add_nested(place, word, record)

    def _add_nested(self, place: str, word: str, record: Any) -> None:
        stack: list[_Below] = [_Below(place, word, record)]
        while stack:
            one = stack.pop()
            thing = self._add_thing(one.place, one.word, one.record)
            if thing is None:
                continue
            if one.outer is not None:
                ends = (one.outer, thing) if one.ahead else (thing, one.outer)
                self.link(*ends, one.place, one.relation)
            stack.extend(reversed([*self._walk_below(thing)]))

    def _walk_below(self, thing: Thing) -> "Iterator[_Below]":
        """What stands in a component, and in its pedigree."""
        for key, word in BELOW:
            for at, record in self.records(thing.record, key, f"{thing.place}.{key}"):
                yield _Below(at, word, record, thing)
        kin = thing.record.get("pedigree")
        pedigree: dict[str, Any] = kin if isinstance(kin, dict) else {}
        for key, (ahead, relation) in LINEAGE.items():
            for at, record in self.records(pedigree, key, f"{thing.place}.pedigree.{key}"):
                yield _Below(at, "component", record, thing, ahead, relation)

    def _add_thing(self, place: str, word: str, record: Any) -> Thing | None:
        if not isinstance(record, dict):
            self.lost.append(f"{place}: expected a {word}, found {clip(str(record), 40)!r}")
            self.findings.add("dropped", f"a {word} that is no object", place)
            return None
        ref = record.get("bom-ref")
        if ref is not None and not (isinstance(ref, str) and ref.strip()):
            reason = "bom-ref: expected text that is not empty; nothing can refer to this one"
            self.findings.add("note", reason, place)
        ref = ref.strip() if isinstance(ref, str) else ""
        texts = {key: self._text(record, key, place) for key in TEXTS}
        thing = Thing("", self._type_of(place, word, record), place, record, texts, ref=ref)
        thing.spare = is_for_development(record)
        self._name(thing, word)
        self._identify(thing)
        if ref:
            self._enter_ref(thing)
        if thing.spare:
            reason = "a component not needed at run time (scope excluded, tests, development)"
            self.findings.add("note", reason, place)
        self.things.append(thing)
        return thing

    def _type_of(self, place: str, word: str, record: dict[str, Any]) -> str:
        if word == "service":
            return word
        found = record.get("type")
        if found in COMPONENT_TYPES:
            return str(found)
        told = "none" if found is None else repr(clip(str(found), 40))
        known = ", ".join(COMPONENT_TYPES)
        reason = f"type: expected one of {known}; read as a library"
        self.findings.add("note", reason, f"{told} at {place}")
        return "library"

    def _name(self, thing: Thing, word: str) -> None:
        name, group = thing.texts["name"], thing.texts["group"]
        if not name:
            name = thing.texts["purl"] or thing.ref or thing.place
            reason = f"a {word} without a name: called by its purl or bom-ref"
            self.findings.add("note", reason, f"{clip(name, 60)} at {thing.place}")
            group = ""
        thing.name = f"{group}/{name}" if group.startswith("@") else name

    def _identify(self, thing: Thing) -> None:
        """Its purl is its id; without one, the purl that the evidence concludes, or a BOM-Link."""
        record, place, names = thing.record, thing.place, thing.names
        own = [thing.texts["purl"]] if thing.texts["purl"] else []
        names.add_purls(
            [*own, *find_concluded_purls(record, self.findings, place)], self.findings, place
        )
        if thing.type == "container":
            for reference, version in image_references(record):
                names.add_image(reference, version)
        if thing.type != "file":
            names.add_digests(hashes_of(record))
        link = f"{self.scope}#{thing.ref or place}"
        if place == "metadata.component" and self.linked:
            link = self.scope
        thing.id = names.id or link
        thing.link = link if self.linked else ""

    def _enter_ref(self, thing: Thing) -> None:
        """Things by what refers to them; what stands twice is one, or told."""
        known = self.by_ref.setdefault(thing.ref, [])
        known.append(thing)
        first = known[0]
        if first is thing:
            return
        if all(first.record.get(k) == thing.record.get(k) for k in ("name", "version", "purl")):
            thing.id = first.id  # many tools list the root once more
            return
        if thing.id == first.id:
            thing.id = thing.link = f"{self.scope}#{thing.place}"
        what = f"bom-ref {clip(thing.ref, 60)!r} stands twice, first at {first.place}"
        reason = "a bom-ref of two things: what refers to it is taken to mean both"
        self.findings.add("note", reason, f"{thing.place}: {what}")

    def link(self, dependent: Thing, provider: Thing | str, place: str, relation: str = "") -> None:
        """A dependency; without a relation, the one that the type of the provider has."""
        self.links.append(Link(dependent, provider, place, relation))

    def add_stated(self) -> None:
        """What `dependencies` states: who depends on whom, and who provides what."""
        for place, entry in self.records(self.document, "dependencies", "dependencies"):
            ref = entry.get("ref") if isinstance(entry, dict) else None
            if not isinstance(ref, str) or not ref.strip():
                self.findings.add("dropped", "a dependency without a ref", place)
                continue
            dependents = self._find(ref, place)
            self.listed.update(dependents)
            for key in ("dependsOn", "provides"):
                for at, provider in self.records(entry, key, f"{place}.{key}"):
                    if not isinstance(provider, str) or not provider.strip():
                        found = f"{clip(str(provider), 40)!r} at {at}"
                        self.findings.add("dropped", "expected a ref in a dependency", found)
                        continue
                    for one in self._find(provider, at):
                        for dependent in dependents:
                            self.link(dependent, one, at)

    def _find(self, ref: str, place: str) -> list[Thing]:
        """What a ref names; something of which nothing else is known where it names nothing."""
        ref = ref.strip()
        if ref in self.by_ref:
            return self.by_ref[ref]
        if ref.lower().startswith("urn:cdx:"):
            self.findings.add("note", "a dependency on a part of another BOM (BOM-Link)", place)
            return [Thing(link_of(ref), "", place, {})]
        reason = "a ref that names no component or service of the document"
        self.findings.add("note", reason, f"{clip(ref, 60)} at {place}")
        return [Thing(f"{self.scope}#{ref}", "", place, {})]

    def records(self, record: dict[str, Any], key: str, place: str) -> Iterator[tuple[str, Any]]:
        """The items of a list of the record, which may be absent, each with its place."""
        value = record.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            what = f"{place}: expected a list, found {clip(str(value), 40)!r}"
            if record is self.document:
                raise InputError(f"{self.source.name}: {what}")
            self.findings.add("dropped", f"{key}: expected a list", what)
            return
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item

    def _text(self, record: dict[str, Any], key: str, place: str) -> str:
        """A text of the record in one line, empty where it is absent; a number as it is written."""
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            self.findings.add(
                "note", f"{key}: expected text", f"{clip(str(value), 40)!r} at {place}"
            )
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return str(value) if is_number else ""
        return " ".join(value.split()) if isinstance(value, str) else ""


def link_of(url: str) -> str:
    """A BOM-Link as the id of what it names: the serial number in small letters, the ref plain."""
    whole, mark, ref = url.partition("#")
    return whole.lower() + mark + unquote(ref)
