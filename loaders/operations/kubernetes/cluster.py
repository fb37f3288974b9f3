"""The objects of a cluster by name, and the rows that they become."""

import json
from dataclasses import dataclass, field

from knockon.graph.errors import clip
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.kubernetes.manifests import (
    DEFAULT,
    KINDS,
    STATEMENTS,
    Manifest,
    build_id,
    get_text,
    note_unread,
)
from knockon.loaders.operations.kubernetes.owners import (
    CLAIM,
    find_templates,
    find_tops,
    is_over,
    is_workload,
    name_family,
)
from knockon.loaders.operations.kubernetes.pods import Reference

AT_START = "what only an init container names: it counts at the start only"
# what every namespace has, whether a manifest lists it or not
_ALWAYS_THERE = {
    ("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
}  # fmt: skip
# what kubectl calls objects of a kind that shares its name with another
_SHORT = {"Service.serving.knative.dev": "ksvc"}


@dataclass
class Cluster:
    """Objects, first gathered (`add`), then made entities (`settle`), then connected.

    objects: by id; several that stand under one id are one object, which states what all state
    tops:    the workload that each object is part of (`owners.find_tops`)
    unread:  how many objects of kinds of which nothing is read
    """

    rows: Rows
    objects: dict[str, list[Manifest]] = field(default_factory=dict)
    statements: list[Manifest] = field(default_factory=list)
    tops: dict[str, str] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    _members: dict[str, list[Manifest]] = field(default_factory=dict)
    _named: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _workloads: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _placed: set[str] = field(default_factory=set)  # ids of what states its namespace
    _families: set[str] = field(default_factory=set)  # ids of claims that come out of templates
    _linked: set[tuple[str, str, str]] = field(default_factory=set)
    _counted: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, manifest: Manifest) -> None:
        """Take up an object: of a kind that is read, or count it."""
        if manifest.kind in STATEMENTS:
            self.statements.append(manifest)
        elif manifest.kind not in KINDS and not is_workload(manifest):
            self.unread[manifest.kind] = self.unread.get(manifest.kind, 0) + 1
            note_unread(manifest, self.rows.findings)
        else:
            known = self.objects.setdefault(manifest.id, [])
            if known:
                self.rows.findings.add(
                    "merged", "an object that stands before", f"{manifest.id} at {manifest.where}"
                )
            known.append(manifest)

    def settle(self) -> None:
        """Make an entity of each object, but of those that are part of a workload above them."""
        self.tops = find_tops({i: found[0] for i, found in self.objects.items()})
        parts: dict[str, list[Manifest]] = {}
        for identifier, found in self.objects.items():
            first, top = found[0], self.tops[identifier]
            self._register(identifier, first.kind, first.name, placed=bool(first.namespace))
            if top == identifier:
                self._members[top] = [*found, *self._members.get(top, [])]
                self._add_entity(top, first.kind, first.name, first.where)
                replicas = get_text(first.spec, "replicas")
                self.rows.entities[top]["replicas"] = replicas
            else:
                parts.setdefault(top, []).append(first)
                running = [one for one in found if not is_over(one)]
                self._members.setdefault(top, []).extend(running)
            if is_workload(first):
                self._workloads.setdefault((first.space, first.name), []).append(top)
            for claim, template in find_templates(first):
                made = self.make(CLAIM, claim, first.namespace, first.at(template.line))
                self._families.add(made)
        for top, listed in parts.items():
            self._fold(top, listed)

    def list_workloads(self) -> dict[str, list[Manifest]]:
        """What makes pods, by id: the object itself, then what is one with it and still runs."""
        tops = {top for found in self._workloads.values() for top in found}
        return {top: self._members.get(top, []) for top in self.rows.entities if top in tops}

    def list_objects(self, *kinds: str) -> dict[str, list[Manifest]]:
        """The objects of these kinds, by id."""
        return {i: found for i, found in self.objects.items() if found[0].kind in kinds}

    def is_repeated(self, identifier: str) -> bool:
        """Whether an object that states no namespace stands several times: it may be several."""
        return len(self.objects.get(identifier, ())) > 1 and identifier not in self._placed

    def has_replicas(self, identifier: str) -> bool:
        """Whether a workload runs anything: not where it states to have none."""
        return all(
            get_text(one.spec, "replicas") != "0" for one in self._members.get(identifier, ())[:1]
        )

    def is_there(self, kind: str, name: str, namespace: str) -> bool:
        """Whether exactly this object is known, in this namespace."""
        return build_id(namespace or DEFAULT, kind, name) in self._named.get((kind, name), ())

    def find(self, kind: str, name: str, namespace: str) -> str | None:
        """The entity of this kind and name as seen from a namespace, empty for none.

        An object without a namespace may be in any; who has none finds the only one there is.
        """
        exact = build_id(namespace or DEFAULT, kind, name)
        known = self._named.get((kind, name), [])
        if exact in known:
            return self.tops.get(exact, exact)
        if namespace:
            known = [i for i in known if i not in self._placed]
        family = name_family(namespace or DEFAULT, kind, name)
        if family in self._families:
            return family
        if len(known) != 1:
            return None
        reason = "an object without a namespace, taken to be in the one in which it is named"
        self.count(known[0], "note", reason, f"{known[0]} as {exact}", "")
        return self.tops.get(known[0], known[0])

    def find_workloads(self, name: str, namespace: str) -> list[str]:
        """The workloads of this name in a namespace."""
        found = self._workloads.get((namespace or DEFAULT, name), [])
        return list(dict.fromkeys(found))

    def hold(self, kind: str, name: str, namespace: str, where: str) -> str | None:
        """The entity of what is named; one is made where the files do not hold the object."""
        found = self.find(kind, name, namespace)
        if found is not None or (kind, name) in _ALWAYS_THERE:
            return found
        reason = f"a {clip(kind, 40)} that the files do not hold"
        self.rows.findings.add("note", reason, f"{clip(name, 60)} at {where}")
        identifier = self.make(kind, name, namespace, where)
        if kind == "Service":
            for workload in self.find_workloads(name, namespace):
                told = f"a workload of the name of a Service that the files do not hold, {where}"
                self.link(identifier, workload, "uses", where, evidence=told)
        return identifier

    def make(self, kind: str, name: str, namespace: str, where: str) -> str:
        """The entity of an object that no manifest holds."""
        identifier = build_id(namespace or DEFAULT, kind, name)
        if identifier not in self.rows.entities:
            self._register(identifier, kind, name, placed=True)
            self._add_entity(identifier, kind, name, where)
        return identifier

    def hold_host(self, name: str, where: str) -> str:
        """The entity of a host outside the cluster."""
        identifier = f"host:{name.rstrip('.').lower()}"
        self.rows.add_entity(identifier, where, name=identifier[5:], kind="service")
        return identifier

    def need(self, manifest: Manifest, one: Reference, *, part: bool = False) -> None:
        """The dependency of an object on what it names; of a part, unless the whole states it."""
        where, top = manifest.at(one.line), self.tops[manifest.id]
        if one.optional:
            reason = "an optional reference: the pod starts without it"
            self.count(top, "dropped", reason, one.name, f" at {where}")
        elif one.starts:
            self.count(top, "dropped", AT_START, one.name, f" at {where}")
        else:
            space = one.namespace or manifest.namespace
            provider = self.hold(one.kind, one.name, space, where)
            if provider is not None and not (part and self.is_linked(top, provider, one.relation)):
                self.link(top, provider, one.relation, where)

    def count(self, top: str, action: str, reason: str, name: str, place: str) -> None:
        """Count something of a workload, once: its ReplicaSets and Pods say the same again."""
        if (top, reason, name) not in self._counted:
            self._counted.add((top, reason, name))
            self.rows.findings.add(action, reason, f"{clip(name, 100)}{place}")

    def is_linked(self, dependent: str, provider: str, relation: str = "uses") -> bool:
        return (dependent, provider, relation) in self._linked

    def link(
        self, dependent: str, provider: str, relation: str, where: str, **cells: str | None
    ) -> None:
        """A dependency of unknown strength; none of an object on itself."""
        if dependent != provider:
            self._linked.add((dependent, provider, relation))
            self.rows.add_dependency(
                dependent=dependent, provider=provider, relation=relation, where=where, **cells
            )

    def link_by_definition(
        self, dependent: str, provider: str, where: str, how: str, relation: str = "uses"
    ) -> None:
        """A dependency that holds because of what the two are."""
        if dependent != provider:
            self._linked.add((dependent, provider, relation))
            self.rows.depend_by_definition(
                dependent=dependent, provider=provider, relation=relation, where=where, how=how
            )

    def _fold(self, top: str, parts: list[Manifest]) -> None:
        if top not in self.rows.entities:
            kind, name = top.split("/", 2)[1:]
            reason = "an owner that the files do not hold"
            self.rows.findings.add("note", reason, f"{clip(top, 60)} at {parts[0].where}")
            self._register(top, kind, name, placed=bool(parts[0].namespace))
            self._add_entity(top, kind, name, parts[0].where)
        names = [n for one in parts for n in (spell_name(one.kind, one.name), one.id)]
        self.rows.entities[top]["also_known_as"] = json.dumps(names)
        reason = "an object that is one workload with what owns it"
        places = [f"{clip(one.id, 60)} at {one.where}" for one in parts]
        self.rows.findings.add_all("merged", reason, places, len(parts))

    def _register(self, identifier: str, kind: str, name: str, *, placed: bool) -> None:
        self._named.setdefault((kind, name), []).append(identifier)
        if placed:
            self._placed.add(identifier)

    def _add_entity(self, identifier: str, kind: str, name: str, where: str) -> None:
        known = KINDS.get(kind)
        other = f"{_SHORT[kind]}/{name}" if kind in _SHORT else None
        self.rows.add_entity(
            identifier, where, name=spell_name(kind, name), kind=known.ours if known else "service",
            object_kind=kind, replicas=None, also_known_as=other and json.dumps([other]),
            namespace=None if known and known.cluster else identifier.partition("/")[0],
        )  # fmt: skip


def spell_name(kind: str, name: str) -> str:
    """What kubectl calls an object: `deployment/web`."""
    return f"{kind.lower()}/{name}"
