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
`root@version#ref` in a BOM without serial number. A root that leaves out what its BOM lists
contains all that nothing else in it depends on, except what is of scope `excluded`.
"""

from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, Finding, Tables
from knockon.loaders.assembling.rows import text_frame
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.cyclonedx_bom import VERSIONS, Bom, link_of

UNREAD = "licences, hashes and what else is not read are not checked; --validate does"

_ENTITIES = ("id", "name", "kind", "type", "namespace", "version", "purl", "scope", FILE)
_DEPENDENCIES = ("dependent", "provider", "relation", "source", "evidence", "as_of", FILE)


def read_cyclonedx(source: SourceLike, strict: bool = False) -> Tables:
    """The components, services and suppliers of a BOM, and who is built from whom.

    strict: also hold the file to the official schema (needs `knockon[validate]`)
    Raises InputError with all faults of components and relations: without name or known type,
    an empty or repeated `bom-ref`, a dependency without `ref`. References to nothing in the
    document are kept, and noted.
    """
    source = Source.of(source)
    document = _document(source)
    if strict:
        from knockon.loaders.software.validate import validate_cyclonedx

        validate_cyclonedx(source, document, xml=not source.looks_like_json)
    bom = Bom(source, document)
    bom.add_things()
    bom.add_stated()
    add_organizations(bom)
    add_links(bom)
    if bom.faults:
        raise InputError.of([f"{source.name}: {fault}" for fault in bom.faults])
    complete_root(bom)
    if not strict:
        bom.findings.add("note", UNREAD, source.name)
    return tables_of(bom)


def _document(source: Source) -> dict[str, Any]:
    """The BOM in the shape of its JSON form, whichever form it has."""
    if source.looks_like_json:
        document = source.json
    else:
        from knockon.loaders.software.cyclonedx_xml import bom_of

        document = bom_of(source.xml)
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise InputError(f"{source.name}: expected a BOM with bomFormat 'CycloneDX'")
    version = document.get("specVersion")
    if version not in VERSIONS:
        wanted = f"specVersion: expected {VERSIONS[0]} to {VERSIONS[-1]}"
        raise InputError(f"{source.name}: {wanted}, got {clip(str(version), 40)!r}")
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
        bom.findings.add("dropped", f"a {key} without a name", at)
        return
    identifier = f"organization:{' '.join(name.split())}"
    row = {"id": identifier, "name": identifier[13:], "kind": "organization"}
    bom.entities.setdefault(identifier, {**row, FILE: f"{bom.source.name}#{at}"})
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
            url = str(reference.get("url", "")).strip()
            where = f"{clip(url, 80)} at {at}"
            if url.lower().startswith("urn:cdx:"):
                bom.depend(thing, link_of(url), at)
                bom.findings.add("note", "a link to another BOM: add it with --with", where)
            else:
                reason = "a link to another BOM that is no BOM-Link: not followed"
                bom.findings.add("note", reason, where)


def complete_root(bom: Bom) -> None:
    """The root contains what the BOM lists and nothing else in it depends on."""
    if bom.root is None:
        bom.findings.add("note", "no root: the BOM does not say what it describes", "metadata")
        return
    if not bom.document.get("dependencies"):
        reason = "the BOM states no dependencies; see what its root is said to contain"
        bom.findings.add("note", reason, "dependencies")
    providers: dict[str, list[str]] = {}
    for row in bom.dependencies:
        if row["dependent"] != row["provider"]:
            providers.setdefault(str(row["dependent"]), []).append(str(row["provider"]))
    held = {one for found in providers.values() for one in found}
    parts = [t for t in bom.things if t.record.get("scope") != "excluded"]
    reached: set[str] = set()
    _reach(bom.root.id, providers, reached)
    # first what nothing depends on; then, for cycles, whatever is not reached by then
    for part in [t for t in parts if t.id not in held] + parts:
        if part.id in reached:
            continue
        bom.depend(bom.root.id, part, part.place)
        _reach(part.id, providers, reached)
        reason = "the root contains a component that nothing else in the BOM depends on"
        name = str(bom.entities[part.id]["name"])
        bom.findings.add("invented", reason, f"{clip(name, 40)} at {part.place}")


def tables_of(bom: Bom) -> Tables:
    compositions = bom.document.get("compositions")
    for number, one in enumerate(compositions if isinstance(compositions, list) else []):
        aggregate = one.get("aggregate") if isinstance(one, dict) else None
        if aggregate != "complete":
            reason = "a part that the BOM does not call complete (compositions)"
            bom.findings.add(
                "note", reason, f"{clip(str(aggregate), 40)} at compositions[{number}]"
            )
    name = bom.entities[bom.root.id]["name"] if bom.root is not None else bom.source.stem
    source = f"CycloneDX {bom.document['specVersion']} {bom.source.name}"
    read = Finding("read", bom.read, "components and services of the BOM")
    return Tables(
        entities=text_frame(list(bom.entities.values()), _ENTITIES),
        dependencies=text_frame(bom.dependencies, _DEPENDENCIES),
        title=f"{name} (CycloneDX)",
        sources={source: bom.scope},
        report=(read, *bom.findings.report()),
    )


def _reach(start: str, providers: dict[str, list[str]], reached: set[str]) -> None:
    """Add the start to what is reached, and all that it depends on; each is looked at once."""
    reached.add(start)
    stack = [start]
    while stack:
        for one in providers.get(stack.pop(), ()):
            if one not in reached:
                reached.add(one)
                stack.append(one)
