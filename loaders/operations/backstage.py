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
| `partOf`, `hasPart` | the same |
| `owner` | a column; Groups, Users and Templates are nothing that fails |
| `relations`, as the API of a catalog tells them | the same, whichever end states it |

An API falls with its only provider by definition. An entity that only others name is kept, where
the reference tells its kind. Entities of kinds of one's own are read like the others.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.backstage_files import Descriptor, find_descriptors
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
_COMPLETE = re.compile(r"[^:/\s]+:[^:/\s]+/[^/]+")  # a whole reference
NAMESPACE = "default"
NOTHING_THAT_FAILS = ("group", "user", "template", "location")


@dataclass(frozen=True)
class _Link:
    """A dependency as stated: whose, on what, and which way.

    key:      of a descriptor, or the type of a relation that the API tells
    defaults: the kind of a reference that names none; empty: it must name its kind
    """

    key: str
    defaults: str
    relation: str
    reverse: bool = False


LINKS = (
    _Link("dependsOn", "", "uses"),
    _Link("dependencyOf", "", "uses", reverse=True),
    _Link("consumesApis", "api", "uses"),
    _Link("providesApis", "api", "hosted_on", reverse=True),
)
_TOLD = {  # by the API, both ways: all of these again, whichever end states it
    link.key: link
    for link in (
        *LINKS[:2],
        _Link("consumesApi", "", "uses"),
        _Link("apiConsumedBy", "", "uses", reverse=True),
        _Link("providesApi", "", "hosted_on", reverse=True),
        _Link("apiProvidedBy", "", "hosted_on"),
    )
}
_PART, _WHOLE, _OWNER = "partOf", "hasPart", "ownedBy"
_OF_PEOPLE = (_OWNER, "ownerOf", "memberOf", "hasMember", "parentOf", "childOf")


def read_backstage(source: SourceLike) -> Tables:
    """What a catalog lists, and what depends on what.

    Raises InputError where nothing of a catalog is found; references that lead nowhere and files
    that are not read are counted.
    """
    source = Source.of(source)
    rows = Rows("", f"Backstage catalog {source.name}")
    found: dict[str, Descriptor] = {}
    seen: Counter[str] = Counter()
    for descriptor in find_descriptors(source, rows.findings):
        kind = descriptor.kind.lower()
        if kind in NOTHING_THAT_FAILS:
            seen[descriptor.kind] += 1
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
        wanted = f"{source.name}: expected entities of a Backstage catalog, found none"
        listed = some(f"{count:,} {clip(kind, 40)}" for kind, count in seen.items())
        raise InputError(f"{wanted} but {listed}" if listed else wanted)
    catalog = _Catalog(rows, found)
    for identifier, descriptor in found.items():
        catalog.add(identifier, descriptor)
    for identifier, descriptor in found.items():
        catalog.connect(identifier, descriptor)
    catalog.connect_apis()
    return rows.build_tables(
        f"Backstage catalog {clip(source.name, 60)}",
        "the catalog's files, or GET /api/catalog/entities",
    )


class _Catalog:
    def __init__(self, rows: Rows, found: dict[str, Descriptor]) -> None:
        self._rows = rows
        self._found = found
        self._linked: set[tuple[str, str, str]] = set()
        self._providers: dict[str, dict[str, str]] = {}  # by API, with places

    def add(self, identifier: str, descriptor: Descriptor) -> None:
        """The entity and its columns."""
        kind, spec = descriptor.kind.lower(), descriptor.spec
        type_ = _text(spec.get("type"))
        owners = [reference for key, reference, _ in descriptor.relations if key == _OWNER]
        self._rows.add_entity(
            identifier, descriptor.where, name=descriptor.title or descriptor.name,
            kind=_kind(kind, type_), parent=None,
            owner=_text(spec.get("owner")) or next(iter(owners), None), type=type_ or None,
            lifecycle=_text(spec.get("lifecycle")) or None,
        )  # fmt: skip

    def connect(self, identifier: str, descriptor: Descriptor) -> None:
        """The parent of an entity, and what it depends on, or what depends on it."""
        for key, kind in PARENTS.items():
            for text, line in descriptor.texts(key, self._rows.findings):
                parent = self._resolve(text, kind, identifier, key, descriptor.at(line))
                self._set_parent(identifier, parent)
        for key in (_PART, _WHOLE):  # as the API tells them, written by hand
            for text, line in descriptor.texts(key, self._rows.findings):
                self._set_whole(identifier, key, text, descriptor.at(line))
        for link in LINKS:
            for text, line in descriptor.texts(link.key, self._rows.findings):
                self._link(link, text, identifier, descriptor.at(line))
        for key, text, line in descriptor.relations:
            where = descriptor.at(line)
            if key in _TOLD:
                self._link(_TOLD[key], text, identifier, where)
            elif key in (_PART, _WHOLE):
                self._set_whole(identifier, key, text, where)
            elif key not in _OF_PEOPLE:
                reason = f"a relation {clip(key, 40)!r} of one's own: not read"
                self._rows.findings.add("note", reason, f"{identifier} at {where}")

    def connect_apis(self) -> None:
        """APIs with what provides them; where the catalog does not tell it, nothing is behind."""
        for api, providers in self._providers.items():
            for provider, where in providers.items():
                ends = {"dependent": api, "provider": provider, "relation": "hosted_on"}
                if len(providers) == 1:
                    how = "the only provider of an API"
                    self._rows.depend_by_definition(**ends, where=where, how=how)
                else:
                    self._rows.add_dependency(**ends, where=where)
        for identifier, descriptor in self._found.items():
            if identifier.startswith("api:") and identifier not in self._providers:
                self._rows.findings.add(
                    "note",
                    "an API that no component provides",
                    f"{identifier} at {descriptor.where}",
                )

    def _link(self, link: _Link, text: str, identifier: str, where: str) -> None:
        """A dependency, once: the API tells it at both ends."""
        other = self._resolve(text, link.defaults, identifier, link.key, where)
        if other is None:
            return
        dependent, provider = (other, identifier) if link.reverse else (identifier, other)
        known = self._found.get(provider)
        library = known is not None and _text(known.spec.get("type")).lower() == "library"
        relation = "contains" if library else link.relation
        if (dependent, provider, relation) in self._linked:
            return
        self._linked.add((dependent, provider, relation))
        if relation == "hosted_on":
            self._providers.setdefault(dependent, {})[provider] = where
        else:
            self._rows.add_dependency(
                dependent=dependent, provider=provider, relation=relation, where=where
            )

    def _set_whole(self, identifier: str, key: str, text: str, where: str) -> None:
        other = self._resolve(text, "", identifier, key, where)
        if other is not None:
            part, whole = (identifier, other) if key == _PART else (other, identifier)
            self._set_parent(part, whole)

    def _set_parent(self, identifier: str, parent: str | None) -> None:
        """The first parent that is told."""
        row = self._rows.entities[identifier]
        if parent not in (None, identifier) and row["parent"] is None:
            row["parent"] = parent

    def _resolve(self, text: str, kind: str, identifier: str, key: str, where: str) -> str | None:
        """The id that a reference names, with the defaults of its place; None where it dangles.

        One that names its kind is kept as an entity, though the catalog does not list it.
        """
        namespace = identifier.partition(":")[2].partition("/")[0]
        if kind or ":" in text:
            known = [_reference(text, kind, namespace)]
        else:  # no kind is given where one is needed: only one entity may have the name
            kinds = dict.fromkeys((*ENTITY_KINDS, *(i.partition(":")[0] for i in self._found)))
            named = (_reference(text, k, namespace) for k in kinds)
            known = [n for n in named if n in self._found]
        if len(known) == 1 and (known[0] in self._found or _COMPLETE.fullmatch(known[0])):
            self._hold(known[0], where)
            return known[0]
        few = "several entities" if len(known) > 1 else "no entity of the catalog"
        reason = f"a reference in {key} that names {few}"
        self._rows.findings.add("dropped", reason, f"{clip(text, 80)} at {where}")
        return None

    def _hold(self, identifier: str, where: str) -> None:
        if identifier not in self._rows.entities:
            reason = "an entity that the catalog does not list: kept, since others name it"
            self._rows.findings.add("note", reason, f"{clip(identifier, 80)} at {where}")
            kind, _, named = identifier.partition(":")
            self._rows.add_entity(
                identifier, where, name=named.partition("/")[2], kind=_kind(kind, ""), parent=None
            )


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
