"""CycloneDX bills of materials, 1.2 to 1.7 in JSON, 1.0 to 1.7 in XML (ECMA-424, cyclonedx.org).

| in the BOM | here |
|---|---|
| `metadata.component`, `components`, nested ones | entities: the root, and what it is built from |
| `services`, nested ones | entities of kind `service` |
| nesting, `dependsOn`, `provides` (1.6) | the outer, or the `ref`, depends on it |
| `supplier`, `manufacturer`, `metadata.supplier`, `metadata.manufacture` | `supplied_by` |
| `provider` of a service | `operated_by` |
| external reference of type `bom` that is a BOM-Link (`urn:cdx:...`) | `contains` that BOM |

What a dependency is depends on its provider: a service is `uses` (its outage is felt); an operating
system or platform is `runs`; everything else is part of what is built from it, `contains`: a bad
update or a compromise crosses that, an outage of its maker does not. No strength is stated, so
every probability stays unknown.

The id is the purl where there is one, so that BOMs read together join on it; two components with
one purl are one entity. Otherwise it is the BOM-Link of the component (`urn:cdx:serial/1#ref`), or
`file#ref` in a BOM without serial number. A root that leaves out what its BOM lists contains
all that nothing else in it depends on, except what is of scope `excluded`.
"""

from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.tables import FILE, Finding, Tables
from knockon.loaders.cyclonedx_bom import VERSIONS, Bom, link_of
from knockon.loaders.json_text import load_json
from knockon.loaders.probe import probe
from knockon.loaders.rows import text_frame

UNREAD = "licences, hashes and what else is not read are not checked; --validate does"

_ENTITIES = ("id", "name", "kind", "type", "namespace", "version", "purl", "scope", FILE)
_DEPENDENCIES = ("dependent", "provider", "relation", "source", "evidence", "as_of", FILE)


def read_cyclonedx(path: Path, strict: bool = False) -> Tables:
    """The components, services and suppliers of a BOM, and who is built from whom.

    strict: also hold the file to the official schema (needs `knockon[validate]`)
    Raises InputError with all faults of components and relations: without name or known type,
    an empty or repeated `bom-ref`, a dependency without `ref`. References to nothing in the
    document are kept, and noted.
    """
    document = _document(path)
    if strict:
        from knockon.loaders.validate import validate_cyclonedx

        validate_cyclonedx(path, document, xml=not probe(path).looks_like_json)
    bom = Bom(path, document)
    bom.add_things()
    bom.add_stated()
    add_organizations(bom)
    add_links(bom)
    if bom.faults:
        raise InputError.of([f"{path.name}: {fault}" for fault in bom.faults])
    complete_root(bom)
    return tables_of(bom)


def _document(path: Path) -> dict[str, Any]:
    """The BOM in the shape of its JSON form, whichever form it has."""
    if probe(path).looks_like_json:
        document = load_json(path)
    else:
        from knockon.loaders.cyclonedx_xml import bom_of
        from knockon.loaders.safe_xml import load_xml

        document = bom_of(load_xml(path))
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise InputError(f"{path.name}: expected a BOM with bomFormat 'CycloneDX'")
    version = document.get("specVersion")
    if version not in VERSIONS:
        wanted = f"specVersion: expected {VERSIONS[0]} to {VERSIONS[-1]}"
        raise InputError(f"{path.name}: {wanted}, got {clip(str(version), 40)!r}")
    return document


def add_organizations(bom: Bom) -> None:
    """Suppliers and makers of components, of the root, and providers of services."""
    for thing in bom.things:
        for key in ("supplier", "manufacturer"):
            _organization(bom, thing.id, thing.record, key, thing.place, "supplied_by")
        if thing.type == "service":
            _organization(bom, thing.id, thing.record, "provider", thing.place, "operated_by")
    if bom.root is not None:
        for key in ("supplier", "manufacture", "manufacturer"):
            _organization(bom, bom.root.id, bom.metadata, key, "metadata", "supplied_by")


def _organization(
    bom: Bom, thing: str, record: dict[str, Any], key: str, place: str, relation: str
) -> None:
    organization, at = record.get(key), f"{place}.{key}"
    if organization is None:
        return
    name = organization.get("name") if isinstance(organization, dict) else None
    if not isinstance(name, str) or not name.strip():
        bom.tally.add("dropped", f"a {key} without a name", at)
        return
    identifier = f"organization:{' '.join(name.split())}"
    row = {"id": identifier, "name": identifier[13:], "kind": "organization"}
    bom.entities.setdefault(identifier, {**row, FILE: f"{bom.path.name}#{at}"})
    bom.depend(thing, identifier, at, relation)


def add_links(bom: Bom) -> None:
    """References to other BOMs: a dependency where the link says which, else a note."""
    places = [(t.id, t.record, t.place) for t in bom.things]
    if bom.root is not None:
        places.append((bom.root.id, bom.document, "bom"))
    for thing, record, place in places:
        references = record.get("externalReferences")
        for number, reference in enumerate(references if isinstance(references, list) else []):
            at = f"{place}.externalReferences[{number}]"
            if not isinstance(reference, dict) or reference.get("type") != "bom":
                continue
<<<<<<< HEAD
            if outer is not None:
                self.depend(outer.id, thing, place)
            below = [
                (at, inner, one, thing)
                for key, inner in (("components", "component"), ("services", "service"))
                for at, one in self._records(record, key, f"{place}.{key}")
            ]
            stack.extend(reversed(below))

    def _add_thing(self, place: str, word: str, record: Any) -> _Thing | None:
        self.read += 1
        if not isinstance(record, dict):
            self.faults.append(f"{place}: expected a {word}, found {clip(str(record), 40)!r}")
            return None
        name, ref = self._text(record, "name", place), record.get("bom-ref")
        type_ = word if word == "service" else record.get("type")
        if not name:
            self.faults.append(f"{place}: a {word} without a name")
        if type_ not in KINDS or (word == "component" and type_ == "service"):
            known = ", ".join(k for k in KINDS if k != "service")
            found = repr(clip(str(type_), 40)) if type_ is not None else "none"
            self.faults.append(f"{place}: type: expected one of {known}; found {found}")
        if ref is not None and not (isinstance(ref, str) and ref.strip()):
            self.faults.append(f"{place}: bom-ref: expected text that is not empty")
        thing = _Thing(self._id_of(place, record), str(type_), place, record)
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

    def _enter_ref(self, ref: str, thing: _Thing) -> None:
        first = self.by_ref.setdefault(ref, thing)
        if first is thing:
            return
        if first.place == "metadata.component" and first.id == thing.id:
            return  # many tools list the root once more: `_enter_entity` counts it
        what = f"bom-ref {clip(ref, 60)!r} stands twice"
        self.faults.append(f"{thing.place}: {what}, first at {first.place}")

    def _enter_entity(self, thing: _Thing, name: str) -> None:
        record, namespace = thing.record, self._text(thing.record, "group", thing.place)
        if thing.id in self.entities:
            reason = "a component with the purl or bom-ref of one before it"
            self.tally.add("merged", reason, f"{clip(thing.id, 60)} at {thing.place}")
            return
        scope = self._text(record, "scope", thing.place)
        if scope == "excluded":
            self.tally.add("note", "a component of scope excluded (tests, tools)", thing.place)
        self.entities[thing.id] = {
            "id": thing.id,
            "name": f"{namespace}/{name}" if namespace.startswith("@") else name,
            "kind": KINDS[thing.type],
            "type": thing.type,
            "namespace": namespace or None,
            "version": self._text(record, "version", thing.place) or None,
            "purl": self._text(record, "purl", thing.place) or None,
            "scope": scope or None,
            FILE: f"{self.path.name}#{thing.place}",
        }

    def depend(
        self, dependent: str, provider: _Thing | str, place: str, relation: str = ""
    ) -> None:
        """A dependency; without a relation, the one that the type of the provider has."""
        if isinstance(provider, _Thing):
            relation = relation or RELATIONS.get(provider.type, "contains")
            provider = provider.id
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation or "contains",
                "source": f"CycloneDX {self.document['specVersion']} {self.path.name}",
                "evidence": place, "as_of": self.as_of, FILE: f"{self.path.name}#{place}",
            }
        )  # fmt: skip

    def add_stated(self) -> None:
        """What `dependencies` states: who depends on whom, and who provides what."""
        for place, entry in self._records(self.document, "dependencies", "dependencies"):
            ref = entry.get("ref") if isinstance(entry, dict) else None
            if not isinstance(ref, str) or not ref.strip():
                self.faults.append(f"{place}: a dependency without a ref")
                continue
            dependent = self._find(ref, place)
            for key in ("dependsOn", "provides"):
                for at, provider in self._records(entry, key, f"{place}.{key}"):
                    if not isinstance(provider, str) or not provider.strip():
                        self.faults.append(f"{at}: expected a ref, found {clip(str(provider))!r}")
                    else:
                        self.depend(dependent.id, self._find(provider, at), at)

    def _find(self, ref: str, place: str) -> _Thing:
        """What a ref names; something of which nothing else is known where it names nothing."""
        ref = ref.strip()
        if ref in self.by_ref:
            return self.by_ref[ref]
        if ref.lower().startswith("urn:cdx:"):
            self.tally.add("note", "a dependency on a part of another BOM (BOM-Link)", place)
            return _Thing(_link(ref), "", place, {})
        reason = "a ref that names no component or service of the document"
        self.tally.add("note", reason, f"{clip(ref, 60)} at {place}")
        return _Thing(f"{self.scope}#{ref}", "", place, {})

    def add_organizations(self) -> None:
        """Suppliers and makers of components, of the root, and providers of services."""
        for thing in self.things:
            for key in ("supplier", "manufacturer"):
                self._organization(thing.id, thing.record, key, thing.place, "supplied_by")
            if thing.type == "service":
                self._organization(thing.id, thing.record, "provider", thing.place, "operated_by")
        if self.root is not None:
            for key in ("supplier", "manufacture", "manufacturer"):
                self._organization(self.root.id, self.metadata, key, "metadata", "supplied_by")

    def _organization(
        self, thing: str, record: dict[str, Any], key: str, place: str, relation: str
    ) -> None:
        organization, at = record.get(key), f"{place}.{key}"
        if organization is None:
            return
        name = organization.get("name") if isinstance(organization, dict) else None
        if not isinstance(name, str) or not name.strip():
            self.tally.add("dropped", f"a {key} without a name", at)
            return
        identifier = f"organization:{' '.join(name.split())}"
        row = {"id": identifier, "name": identifier[13:], "kind": "organization"}
        self.entities.setdefault(identifier, {**row, FILE: f"{self.path.name}#{at}"})
        if not any(
            d["dependent"] == thing and d["provider"] == identifier and d["relation"] == relation
            for d in self.dependencies[-3:]  # a supplier that is the maker, too
        ):
            self.depend(thing, identifier, at, relation)

    def add_links(self) -> None:
        """References to other BOMs: a dependency where the link says which, else a note."""
        places = [(t.id, t.record, t.place) for t in self.things]
        if self.root is not None:
            places.append((self.root.id, self.document, "bom"))
        for thing, record, place in places:
            references = record.get("externalReferences")
            for number, reference in enumerate(references if isinstance(references, list) else []):
                at = f"{place}.externalReferences[{number}]"
                if not isinstance(reference, dict) or reference.get("type") != "bom":
                    continue
                url = str(reference.get("url", "")).strip()
                where = f"{clip(url, 80)} at {at}"
                if url.lower().startswith("urn:cdx:"):
                    self.depend(thing, _link(url), at)
                    self.tally.add("note", "a link to another BOM: add it with --with", where)
                else:
                    reason = "a link to another BOM that is no BOM-Link: not followed"
                    self.tally.add("note", reason, where)

    def complete_root(self) -> None:
        """The root contains what the BOM lists and nothing else in it depends on."""
        if self.root is None:
            self.tally.add("note", "no root: the BOM does not say what it describes", "metadata")
            return
        if not self.document.get("dependencies"):
            reason = "the BOM states no dependencies; see what its root is said to contain"
            self.tally.add("note", reason, "dependencies")
        providers: dict[str, list[str]] = {}
        for row in self.dependencies:
            if row["dependent"] != row["provider"]:
                providers.setdefault(str(row["dependent"]), []).append(str(row["provider"]))
        held = {one for found in providers.values() for one in found}
        parts = [t for t in self.things if t.record.get("scope") != "excluded"]
        reached = _reach({self.root.id}, providers)
        # first what nothing depends on; then, for cycles, whatever is not reached by then
        for part in [t for t in parts if t.id not in held] + parts:
            if part.id in reached:
                continue
            self.depend(self.root.id, part, part.place)
            reached |= _reach({part.id}, providers)
            reason = "the root contains a component that nothing else in the BOM depends on"
            self.tally.add("invented", reason, part.place)

    def tables(self) -> Tables:
        self.tally.add("note", UNREAD, self.path.name)
        name = self.entities[self.root.id]["name"] if self.root is not None else self.path.stem
        source = f"CycloneDX {self.document['specVersion']} {self.path.name}"
        read = Finding("read", self.read, "components and services of the BOM")
        return Tables(
            entities=text_frame(list(self.entities.values()), _ENTITIES),
            dependencies=text_frame(self.dependencies, _DEPENDENCIES),
            title=f"{name} (CycloneDX)",
            sources={source: self.scope},
            report=(read, *self.tally.findings()),
        )

    def _records(self, record: dict[str, Any], key: str, place: str) -> Iterator[tuple[str, Any]]:
        """The items of a list of the record, which may be absent, each with its place."""
        value = record.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.faults.append(f"{place}: expected a list, found {clip(str(value), 40)!r}")
            return
        for number, item in enumerate(value):
            yield f"{place}[{number}]", item

    def _text(self, record: dict[str, Any], key: str, place: str) -> str:
        """A text of the record in one line, empty where it is absent; a fault where it is none."""
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            self.faults.append(f"{place}: {key}: expected text, found {clip(str(value), 40)!r}")
        return " ".join(value.split()) if isinstance(value, str) else ""
=======
            url = str(reference.get("url", "")).strip()
            where = f"{clip(url, 80)} at {at}"
            if url.lower().startswith("urn:cdx:"):
                bom.depend(thing, link_of(url), at)
                bom.tally.add("note", "a link to another BOM: add it with --with", where)
            else:
                reason = "a link to another BOM that is no BOM-Link: not followed"
                bom.tally.add("note", reason, where)
>>>>>>> software


def complete_root(bom: Bom) -> None:
    """The root contains what the BOM lists and nothing else in it depends on."""
    if bom.root is None:
        bom.tally.add("note", "no root: the BOM does not say what it describes", "metadata")
        return
    if not bom.document.get("dependencies"):
        reason = "the BOM states no dependencies; see what its root is said to contain"
        bom.tally.add("note", reason, "dependencies")
    providers: dict[str, list[str]] = {}
    for row in bom.dependencies:
        if row["dependent"] != row["provider"]:
            providers.setdefault(str(row["dependent"]), []).append(str(row["provider"]))
    held = {one for found in providers.values() for one in found}
    parts = [t for t in bom.things if t.record.get("scope") != "excluded"]
    reached = _reach({bom.root.id}, providers)
    # first what nothing depends on; then, for cycles, whatever is not reached by then
    for part in [t for t in parts if t.id not in held] + parts:
        if part.id in reached:
            continue
        bom.depend(bom.root.id, part, part.place)
        reached |= _reach({part.id}, providers)
        reason = "the root contains a component that nothing else in the BOM depends on"
        bom.tally.add("invented", reason, part.place)


def tables_of(bom: Bom) -> Tables:
    compositions = bom.document.get("compositions")
    for number, one in enumerate(compositions if isinstance(compositions, list) else []):
        aggregate = one.get("aggregate") if isinstance(one, dict) else None
        if aggregate != "complete":
            reason = "a part that the BOM does not call complete (compositions)"
            bom.tally.add("note", reason, f"{clip(str(aggregate), 40)} at compositions[{number}]")
    bom.tally.add("note", UNREAD, bom.path.name)
    name = bom.entities[bom.root.id]["name"] if bom.root is not None else bom.path.stem
    source = f"CycloneDX {bom.document['specVersion']} {bom.path.name}"
    read = Finding("read", bom.read, "components and services of the BOM")
    return Tables(
        entities=text_frame(list(bom.entities.values()), _ENTITIES),
        dependencies=text_frame(bom.dependencies, _DEPENDENCIES),
        title=f"{name} (CycloneDX)",
        sources={source: bom.scope},
        report=(read, *bom.tally.findings()),
    )


def _reach(start: set[str], providers: dict[str, list[str]]) -> set[str]:
    """The start and all that it depends on."""
    reached, stack = set(start), list(start)
    while stack:
        for one in providers.get(stack.pop(), ()):
            if one not in reached:
                reached.add(one)
                stack.append(one)
    return reached
