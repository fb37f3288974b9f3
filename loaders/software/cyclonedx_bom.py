"""The things that a CycloneDX document lists, and the dependencies that it states.

`Bom` walks the document once, and gathers rows, faults and oddities; `cyclonedx` adds what follows
from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from knockon.graph.errors import clip
from knockon.graph.model.tables import FILE
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import Row, day_of
from knockon.loaders.parsing.source import Source

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
_KEPT = ("version", "purl", "scope")
RELATIONS = {"service": "uses", "operating-system": "runs", "platform": "runs"}


@dataclass
class Thing:
    """A component or service: its entity, its place, what it stands in, its record."""

    id: str
    type: str
    place: str
    record: dict[str, Any]


@dataclass
class Bom:
    """Rows, faults and oddities, gathered while the document is walked."""

    source: Source
    document: dict[str, Any]
    findings: Findings = field(default_factory=Findings)
    faults: list[str] = field(default_factory=list)
    entities: dict[str, Row] = field(default_factory=dict)
    dependencies: list[Row] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    by_ref: dict[str, Thing] = field(default_factory=dict)
    root: Thing | None = None
    read: int = 0  # components and services that stand in the document

    def __post_init__(self) -> None:
        metadata = self.document.get("metadata")
        self.metadata: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
        serial, version = self.document.get("serialNumber"), self.document.get("version", 1)
        self.linked = isinstance(serial, str) and serial.strip().lower().startswith("urn:uuid:")
        if self.linked:
            self.scope = f"urn:cdx:{str(serial).strip()[9:].lower()}/{version}"
        else:
            self.scope = self._spoken_root() or self.source.stem
        self.as_of = day_of(self.metadata.get("timestamp"))

    def _spoken_root(self) -> str:
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
            self._add_nested("metadata.component", "component", root, None)
            self.root = self.things[0] if self.things else None
        for key, word in (("components", "component"), ("services", "service")):
            for place, record in self.records(self.document, key, key):
                self._add_nested(place, word, record, None)

    def _add_nested(self, place: str, word: str, record: Any, outer: Thing | None) -> None:
        stack = [(place, word, record, outer)]
        while stack:
            place, word, record, outer = stack.pop()
            thing = self._add_thing(place, word, record)
            if thing is None:
                continue
            if outer is not None:
                self.depend(outer.id, thing, place)
            below = [
                (at, inner, one, thing)
                for key, inner in (("components", "component"), ("services", "service"))
                for at, one in self.records(record, key, f"{place}.{key}")
            ]
            stack.extend(reversed(below))

    def _add_thing(self, place: str, word: str, record: Any) -> Thing | None:
        self.read += 1
        if not isinstance(record, dict):
            self.faults.append(f"{place}: expected a {word}, found {clip(str(record), 40)!r}")
            return None
        name, ref = self.text(record, "name", place), record.get("bom-ref")
        type_ = word if word == "service" else record.get("type")
        if not name:
            self.faults.append(f"{place}: a {word} without a name")
        types = ("service",) if word == "service" else COMPONENT_TYPES
        if type_ not in types:
            known = ", ".join(COMPONENT_TYPES)
            found = repr(clip(str(type_), 40)) if type_ is not None else "none"
            self.faults.append(f"{place}: type: expected one of {known}; found {found}")
        if ref is not None and not (isinstance(ref, str) and ref.strip()):
            self.faults.append(f"{place}: bom-ref: expected text that is not empty")
        thing = Thing(self._id_of(place, record), str(type_), place, record)
        if isinstance(ref, str):
            self._enter_ref(ref.strip(), thing)
        if not self.faults:
            self._enter_entity(thing, name)
        self.things.append(thing)
        return thing

    def _id_of(self, place: str, record: dict[str, Any]) -> str:
        purl, ref = record.get("purl"), record.get("bom-ref")
        if isinstance(purl, str) and purl.strip():
            return purl.strip()
        if place == "metadata.component" and self.linked:
            return self.scope
        return f"{self.scope}#{ref.strip() if isinstance(ref, str) and ref.strip() else place}"

    def _enter_ref(self, ref: str, thing: Thing) -> None:
        first = self.by_ref.setdefault(ref, thing)
        if first is thing:
            return
        same = all(first.record.get(k) == thing.record.get(k) for k in ("name", "version", "purl"))
        if first.place == "metadata.component" and same:
            thing.id = first.id  # many tools list the root once more: `_enter_entity` counts it
            return
        what = f"bom-ref {clip(ref, 60)!r} stands twice"
        self.faults.append(f"{thing.place}: {what}, first at {first.place}")

    def _enter_entity(self, thing: Thing, name: str) -> None:
        record, namespace = thing.record, self.text(thing.record, "group", thing.place)
        row: Row = {
            "id": thing.id,
            "name": f"{namespace}/{name}" if namespace.startswith("@") else name,
            "kind": KINDS[thing.type],
            "type": thing.type,
            "namespace": namespace or None,
            **{key: self.text(record, key, thing.place) or None for key in _KEPT},
            FILE: f"{self.source.name}#{thing.place}",
        }
        if row["scope"] == "excluded":
            self.findings.add("note", "a component of scope excluded (tests, tools)", thing.place)
        first = self.entities.setdefault(thing.id, row)
        if first is not row:
            first.update({key: value for key, value in row.items() if first[key] is None})
            reason = "a component with the purl or bom-ref of one before it"
            self.findings.add("merged", reason, f"{clip(thing.id, 60)} at {thing.place}")

    def depend(self, dependent: str, provider: Thing | str, place: str, relation: str = "") -> None:
        """A dependency; without a relation, the one that the type of the provider has."""
        if isinstance(provider, Thing):
            relation = relation or RELATIONS.get(provider.type, "contains")
            provider = provider.id
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation or "contains",
                "source": f"CycloneDX {self.document['specVersion']} {self.source.name}",
                "evidence": place, "as_of": self.as_of, FILE: f"{self.source.name}#{place}",
            }
        )  # fmt: skip

    def add_stated(self) -> None:
        """What `dependencies` states: who depends on whom, and who provides what."""
        for place, entry in self.records(self.document, "dependencies", "dependencies"):
            ref = entry.get("ref") if isinstance(entry, dict) else None
            if not isinstance(ref, str) or not ref.strip():
                self.faults.append(f"{place}: a dependency without a ref")
                continue
            dependent = self._find(ref, place)
            for key in ("dependsOn", "provides"):
                for at, provider in self.records(entry, key, f"{place}.{key}"):
                    if not isinstance(provider, str) or not provider.strip():
                        self.faults.append(f"{at}: expected a ref, found {clip(str(provider))!r}")
                    else:
                        self.depend(dependent.id, self._find(provider, at), at)

    def _find(self, ref: str, place: str) -> Thing:
        """What a ref names; something of which nothing else is known where it names nothing."""
        ref = ref.strip()
        if ref in self.by_ref:
            return self.by_ref[ref]
        if ref.lower().startswith("urn:cdx:"):
            self.findings.add("note", "a dependency on a part of another BOM (BOM-Link)", place)
            return Thing(link_of(ref), "", place, {})
        reason = "a ref that names no component or service of the document"
        self.findings.add("note", reason, f"{clip(ref, 60)} at {place}")
        return Thing(f"{self.scope}#{ref}", "", place, {})

    def records(self, record: dict[str, Any], key: str, place: str) -> Iterator[tuple[str, Any]]:
        """The items of a list of the record, which may be absent, each with its place."""
        value = record.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.faults.append(f"{place}: expected a list, found {clip(str(value), 40)!r}")
            return
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item

    def text(self, record: dict[str, Any], key: str, place: str) -> str:
        """A text of the record in one line, empty where it is absent; a fault where it is none."""
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            self.faults.append(f"{place}: {key}: expected text, found {clip(str(value), 40)!r}")
        return " ".join(value.split()) if isinstance(value, str) else ""


def link_of(url: str) -> str:
    """A BOM-Link as the id of what it names: the serial number in small letters, the ref plain."""
    whole, mark, ref = url.partition("#")
    return whole.lower() + mark + unquote(ref)
