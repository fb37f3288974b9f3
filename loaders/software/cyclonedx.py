"""CycloneDX bills of materials, 1.2 to 1.7 in JSON, 1.0 to 1.7 in XML (ECMA-424, cyclonedx.org).

| in the BOM | here |
|---|---|
| `metadata.component`, `components`, nested ones | entities: the root, and what it is built from |
| `services`, nested ones | entities of kind `service` |
| nesting, `dependsOn`, `provides` (1.6) | the outer, or the `ref`, depends on it |
| `pedigree`: `ancestors`, `variants` | the component contains them, or stands for them |
| `supplier`, `manufacturer`, `metadata.supplier`, `metadata.manufacture` | `supplied_by` |
| `provider` of a service | `operated_by` |
| external reference of type `bom` that is a BOM-Link (`urn:cdx:...`) | `contains` that BOM |

What a dependency is depends on its provider: a service is `uses` (its outage is felt); an operating
system or platform is `runs`; everything else is part of what is built from it, `contains`: a bad
update or a compromise crosses that, an outage of its maker does not. No strength is stated, so
every probability stays unknown. What is not needed at run time (scope `excluded`, tests) is in a
group with its dependent itself, of which one is needed: only a compromise crosses that.

The id is the purl where there is one, so that BOMs read together join on it (`identity`); of
several components with one purl `copies` tells which are one. Otherwise it is the
BOM-Link of the component (`urn:cdx:serial/1#ref`), or `root@version#ref` in a BOM without serial
number. A root that leaves out what its BOM lists contains all that nothing else in it depends on.
"""

from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ALSO_KNOWN_AS, FILE, Finding, Tables
from knockon.loaders.assembling.rows import STANDS_FOR, Row, build_frame
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.copies import SEPARATED, find_copies
from knockon.loaders.software.cyclonedx_bom import KINDS, RELATIONS, VERSIONS, Bom, Thing, link_of
from knockon.loaders.software.identity import Identity
from knockon.loaders.software.roots import find_unreached
from knockon.loaders.software.spare import add_selves, spare_cells
from knockon.loaders.software.wrapped import WITHIN, find_documents

UNREAD = "licences, hashes and what else is not read are not checked; --validate does"

_KEPT = ("version", "purl", "scope")
_ENTITIES = ("id", "name", "kind", "type", "namespace", *_KEPT, ALSO_KNOWN_AS, FILE)
_DEPENDENCIES = (
    "dependent", "provider", "relation", "probability", "group", "source", "evidence", "as_of",
    FILE,
)  # fmt: skip


def read_cyclonedx(source: SourceLike, strict: bool = False) -> Tables:
    """The components, services and suppliers of a BOM, and who is built from whom.

    strict: also hold the file to the official schema (needs `knockon[validate]`)
    What cannot be read of a component or dependency is told in the report, and the rest is read.
    Raises InputError for what is no BOM, and where nothing of what it lists can be read.
    """
    source = Source.of(source)
    return read_bom(source, *_find_document(source), strict=strict)


def _find_document(source: Source) -> tuple[dict[str, Any], str]:
    """The BOM in the shape of its JSON form, whichever form it has, and its path in the JSON."""
    if source.looks_like_json:
        documents = find_documents(source.json)
        path, document = documents[0] if documents else ("", source.json)
        return document, path
    from knockon.loaders.software.cyclonedx_xml import bom_of

    return bom_of(source.xml), ""


def read_bom(
    source: Source, document: Any, path: str = "", stem: str = "", strict: bool = False
) -> Tables:
    """The tables of one BOM in a source, in the shape of its JSON form.

    path: where it stands in the JSON of the source, empty where it is the whole of it
    stem: what ids hold in a BOM that has neither serial number nor root, the name of the file if
        not said
    """
    _check_head(source, document)
    if strict:
        from knockon.loaders.software.validate import validate_cyclonedx

        validate_cyclonedx(source, document, xml=not source.looks_like_json)
    bom = Bom(source, document, path, stem)
    bom.add_things()
    bom.add_stated()
    if bom.lost and not bom.things:
        raise InputError.of([f"{source.name}: {fault}" for fault in bom.lost])
    separate_copies(bom)
    rows = _Rows(bom)
    rows.add_things()
    rows.add_organizations()
    add_links(bom)
    complete_root(bom)
    if path:
        bom.findings.add("note", WITHIN, f"{clip(path, 60)} of {source.name}")
    if not strict:
        bom.findings.add("note", UNREAD, source.name)
    return rows.tables()


def _check_head(source: Source, document: Any) -> None:
    """Raise InputError for what is no BOM of a version that is known."""
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise InputError(f"{source.name}: expected a BOM with bomFormat 'CycloneDX'")
    version = document.get("specVersion")
    if version not in VERSIONS:
        wanted = f"specVersion: expected {VERSIONS[0]} to {VERSIONS[-1]}"
        raise InputError(f"{source.name}: {wanted}, got {clip(str(version), 40)!r}")


def separate_copies(bom: Bom) -> None:
    """Copies of one purl that depend on different things become entities of their own (`copies`),
    beside the package, which each of them contains."""
    if len({thing.id for thing in bom.things}) == len(bom.things):
        return
    needs: dict[Thing, list[Thing]] = {}
    for link in bom.links:
        if isinstance(link.provider, Thing):
            needs.setdefault(link.dependent, []).append(link.provider)
    entries = [(thing, thing.id, thing.ref or thing.place) for thing in bom.things]
    for identifier, ways in find_copies(entries, needs, bom.listed).items():
        copies = [copy for way in ways for copy in way]
        first = copies[0]
        package = Thing(identifier, first.type, first.place, first.record, first.texts, first.name)
        package.names, package.spare = first.names, all(copy.spare for copy in copies)
        for way in ways:
            own = f"{bom.scope}#{way[0].ref or way[0].place}"
            for copy in way:
                copy.id, copy.names, copy.link = own, Identity(), ""
                bom.link(copy, package, copy.place, STANDS_FOR)
        bom.things.append(package)
        places = ", ".join(way[0].place for way in ways[:3])
        bom.findings.add("invented", SEPARATED, f"{clip(identifier, 60)} at {places}")


def add_links(bom: Bom) -> None:
    """References to other BOMs: a dependency where the link says which, else a note."""
    places = [(t, t.record, t.place) for t in bom.things]
    if bom.root is not None:
        places.append((bom.root, bom.document, "bom"))
    for thing, record, place in places:
        references = record.get("externalReferences")
        for number, reference in enumerate(references if isinstance(references, list) else []):
            at = f"{place}.externalReferences[{number}]"
            if not isinstance(reference, dict) or reference.get("type") != "bom":
                continue
            url = str(reference.get("url", "")).strip()
            where = f"{clip(url, 80)} at {at}"
            if url.lower().startswith("urn:cdx:"):
                bom.link(thing, link_of(url), at)
                bom.findings.add("note", "a link to another BOM: add it with --with", where)
            else:
                reason = "a link to another BOM that is no BOM-Link: not followed"
                bom.findings.add("note", reason, where)


def complete_root(bom: Bom) -> None:
    """The root contains what the BOM lists and nothing else in it depends on."""
    if not bom.things:
        bom.findings.add("note", "the BOM lists no components and no services", bom.source.outline)
    if bom.root is None:
        reason = "no root: the BOM does not say what it describes, so nothing contains its parts"
        bom.findings.add("note", reason, "metadata")
        return
    if not bom.document.get("dependencies"):
        reason = "the BOM states no dependencies; see what its root is said to contain"
        bom.findings.add("note", reason, "dependencies")
    providers: dict[str, list[str]] = {}
    for link in bom.links:
        provider = link.provider.id if isinstance(link.provider, Thing) else link.provider
        if link.dependent.id != provider:
            providers.setdefault(link.dependent.id, []).append(provider)
    parts = [[t.id for t in bom.things if t.spare is spare] for spare in (False, True)]
    named = {thing.id: thing for thing in reversed(bom.things)}
    for identifier in find_unreached([bom.root.id], parts, providers):
        part = named[identifier]
        bom.link(bom.root, part, part.place)
        reason = "the root contains a component that nothing else in the BOM depends on"
        bom.findings.add("invented", reason, f"{clip(part.name, 40)} at {part.place}")


class _Rows:
    """The rows of what a document states."""

    def __init__(self, bom: Bom) -> None:
        self.bom = bom
        self.entities: dict[str, Row] = {}
        self._read = sum(bool(t.type) for t in bom.things)
        self._supplies: list[Row] = []

    def add_things(self) -> None:
        for thing in self.bom.things:
            row = self._entity(thing)
            first = self.entities.setdefault(thing.id, row)
            if first is row:
                continue
            first.update({key: value for key, value in row.items() if first[key] is None})
            reason = "a component with the purl or bom-ref of one before it"
            self.bom.findings.add("merged", reason, f"{clip(thing.id, 60)} at {thing.place}")

    def _entity(self, thing: Thing) -> Row:
        return {
            "id": thing.id,
            "name": thing.name,
            "kind": KINDS[thing.type],
            "type": thing.type,
            "namespace": thing.texts["group"] or None,
            **{key: thing.texts[key] or None for key in _KEPT},
            ALSO_KNOWN_AS: thing.names.others(thing.id, thing.link),
            FILE: self.bom.place(thing.place),
        }

    def add_organizations(self) -> None:
        """Suppliers and makers of components, of the root, and providers of services."""
        bom = self.bom
        for thing in bom.things:
            for key in ("supplier", "manufacturer"):
                self._organization(thing.id, thing.record, key, thing.place, "supplied_by")
            if thing.type == "service":
                self._organization(thing.id, thing.record, "provider", thing.place, "operated_by")
        if bom.root is not None:
            for key in ("supplier", "manufacture", "manufacturer"):
                self._organization(bom.root.id, bom.metadata, key, "metadata", "supplied_by")

    def _organization(
        self, thing: str, record: dict[str, Any], key: str, place: str, relation: str
    ) -> None:
        organization, at = record.get(key), f"{place}.{key}"
        if organization is None:
            return
        name = organization.get("name") if isinstance(organization, dict) else None
        if not isinstance(name, str) or not name.strip():
            self.bom.findings.add("dropped", f"a {key} without a name", at)
            return
        identifier = f"organization:{' '.join(name.split())}"
        row = {"id": identifier, "name": identifier[13:], "kind": "organization"}
        self.entities.setdefault(identifier, {**row, FILE: self.bom.place(at)})
        self._supplies.append(self._dependency(thing, identifier, at, relation))

    def _dependency(self, dependent: str, provider: str, place: str, relation: str) -> Row:
        return {
            "dependent": dependent, "provider": provider, "relation": relation,
            "source": self.bom.origin, "evidence": place, "as_of": self.bom.as_of,
            FILE: self.bom.place(place),
        }  # fmt: skip

    def _links(self) -> list[Row]:
        rows = []
        for link in self.bom.links:
            provider, relation, cells = link.provider, link.relation, {}
            if isinstance(provider, Thing):
                relation = relation or RELATIONS.get(provider.type, "contains")
                cells = spare_cells() if provider.spare and not link.dependent.spare else {}
                provider = provider.id
            row = self._dependency(link.dependent.id, provider, link.place, relation or "contains")
            rows.append({**row, **cells})
        return rows

    def tables(self) -> Tables:
        bom = self.bom
        compositions = bom.document.get("compositions")
        for number, one in enumerate(compositions if isinstance(compositions, list) else []):
            aggregate = one.get("aggregate") if isinstance(one, dict) else None
            if aggregate != "complete":
                reason = "a part that the BOM does not call complete (compositions)"
                where = f"{clip(str(aggregate), 40)} at compositions[{number}]"
                bom.findings.add("note", reason, where)
        if bom.document.get("formulation"):
            reason = "a formulation (how things were built): what it names is not read"
            bom.findings.add("note", reason, "formulation")
        dependencies = add_selves([*self._links(), *self._supplies], bom.findings)
        name = bom.root.name if bom.root is not None else bom.source.stem
        read = Finding("read", self._read, "components and services of the BOM")
        return Tables(
            entities=build_frame(list(self.entities.values()), _ENTITIES),
            dependencies=build_frame(dependencies, _DEPENDENCIES),
            title=f"{name} (CycloneDX)",
            sources={bom.origin: bom.scope},
            report=(read, *bom.findings.report()),
        )
