"""Backstage software catalogs: a catalog file, or a folder of them.

https://backstage.io/docs/features/software-catalog/descriptor-format and
https://backstage.io/docs/features/software-catalog/references. The id of an entity is its full
reference in lower case, `component:default/web`. A Location leads to further files; those outside
the folder of the source are refused, and addresses of the web are noted, never fetched.

| theirs | ours |
|---|---|
| Component, Resource, API, System, Domain | an entity; `spec.type` and `lifecycle` are columns |
| `dependsOn`, `dependencyOf` | `uses`, in either direction; `contains` where it is a library |
| `consumesApis` | the component `uses` the API |
| `providesApis` | the API is `hosted_on` the component: its users fall with it |
| `subcomponentOf`, `system`, `domain`, `subdomainOf` | `parent`, the first that is given |
| `owner` | a column; Groups, Users and Templates are nothing that fails |
"""

from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.backstage_files import Descriptor, descriptors
from knockon.loaders.parsing.source import Source, SourceLike

ENTITY_KINDS = ("component", "resource", "api", "system", "domain")
# type of a component or resource, and our kind; others are `service` and `component`
KINDS = {
    "database": "data_store", "s3-bucket": "data_store", "bucket": "data_store",
    "storage": "data_store", "cache": "data_store", "queue": "data_store", "topic": "data_store",
    "cluster": "platform", "kubernetes-cluster": "platform", "library": "component",
}  # fmt: skip
# parents by key, with the kind that a reference without one means
PARENTS = {
    "subcomponentOf": "component",
    "system": "system",
    "subdomainOf": "domain",
    "domain": "domain",
}
NAMESPACE = "default"


@dataclass(frozen=True)
class _Link:
    """A dependency as stated: whose, on what, and which way."""

    key: str
    default_kind: str  # empty: the reference must name its kind
    relation: str
    reverse: bool = False


LINKS = (
    _Link("dependsOn", "", "uses"),
    _Link("dependencyOf", "", "uses", reverse=True),
    _Link("consumesApis", "api", "uses"),
    _Link("providesApis", "api", "hosted_on", reverse=True),
)


def read_backstage(source: SourceLike) -> Tables:
    """What a catalog lists, and what depends on what.

    Raises InputError where nothing of a catalog is found; references that lead nowhere and files
    that are not read are counted.
    """
    source = Source.of(source)
    rows = Rows("", f"Backstage catalog {source.name}")
    found: dict[str, Descriptor] = {}
    for descriptor in descriptors(source, rows.findings):
        kind = descriptor.kind.lower()
        if kind not in ENTITY_KINDS:
            if kind != "location":
                reason = f"a {clip(descriptor.kind, 40)}: nothing that fails"
                rows.findings.add("note", reason, descriptor.where)
            continue
        identifier = _reference(descriptor.name, kind, descriptor.namespace or NAMESPACE)
        if identifier in found:
            rows.findings.add(
                "dropped", "an entity whose reference stands before", descriptor.where
            )
        elif identifier:
            found[identifier] = descriptor
    if not found:
        raise InputError(f"{source.name}: expected entities of a Backstage catalog, found none")
    catalog = _Catalog(rows, found)
    for identifier, descriptor in found.items():
        catalog.add(identifier, descriptor)
    catalog.note_orphans()
    return rows.tables(f"Backstage catalog {clip(source.name, 60)}", "the catalog's files")


class _Catalog:
    def __init__(self, rows: Rows, found: dict[str, Descriptor]) -> None:
        self._rows = rows
        self._found = found
        self._provided: set[str] = set()

    def add(self, identifier: str, descriptor: Descriptor) -> None:
        """The entity, its parent, and what it depends on."""
        kind, spec = descriptor.kind.lower(), descriptor.spec
        type_ = _text(spec.get("type"))
        self._rows.entity(
            identifier, descriptor.where, name=descriptor.title or descriptor.name,
            kind=_kind(kind, type_), parent=self._parent(identifier, descriptor),
            owner=_text(spec.get("owner")) or None, type=type_ or None,
            lifecycle=_text(spec.get("lifecycle")) or None,
        )  # fmt: skip
        for link in LINKS:
            for text, line in descriptor.texts(link.key, self._rows.findings):
                where = descriptor.at(line)
                other = self._resolve(text, link.default_kind, identifier, link.key, where)
                if other is None:
                    continue
                ends = (other, identifier) if link.reverse else (identifier, other)
                library = _text(self._found[ends[1]].spec.get("type")).lower() == "library"
                relation = "contains" if library else link.relation
                self._rows.depend(
                    dependent=ends[0], provider=ends[1], relation=relation, where=where
                )
                if link.key == "providesApis":
                    self._provided.add(other)

    def note_orphans(self) -> None:
        """APIs whose provider the catalog does not tell: nothing below them can be seen."""
        for identifier, descriptor in self._found.items():
            if identifier.startswith("api:") and identifier not in self._provided:
                self._rows.findings.add(
                    "note",
                    "an API that no component provides",
                    f"{identifier} at {descriptor.where}",
                )

    def _parent(self, identifier: str, descriptor: Descriptor) -> str | None:
        for key, kind in PARENTS.items():
            for text, line in descriptor.texts(key, self._rows.findings):
                found = self._resolve(text, kind, identifier, key, descriptor.at(line))
                if found is not None:
                    return found
        return None

    def _resolve(self, text: str, kind: str, identifier: str, key: str, where: str) -> str | None:
        """The id that a reference names, with the defaults of its place; None where it dangles."""
        namespace = identifier.partition(":")[2].partition("/")[0]
        known: list[str] = []
        if kind or ":" in text:
            known = [_reference(text, kind, namespace)]
        else:  # no kind is given where one is needed: only one entity may have the name
            named = (_reference(text, k, namespace) for k in ENTITY_KINDS)
            known = [n for n in named if n in self._found]
        if len(known) == 1 and known[0] in self._found:
            return known[0]
        few = "several entities" if len(known) > 1 else "no entity of the catalog"
        reason = f"a reference in {key} that names {few}"
        self._rows.findings.add("dropped", reason, f"{clip(text, 80)} at {where}")
        return None


def _reference(text: str, kind: str, namespace: str) -> str:
    """`kind:namespace/name` in lower case of a reference that may leave out the first two."""
    head, colon, rest = text.strip().partition(":")
    if colon:
        kind = head
    else:
        rest = head
    space, slash, name = rest.partition("/")
    if not slash:
        space, name = namespace, rest
    return f"{kind}:{space}/{name}".lower()


def _kind(kind: str, type_: str) -> str:
    if kind == "component":
        return KINDS.get(type_.lower(), "service")
    return KINDS.get(type_.lower(), "component") if kind == "resource" else kind


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
