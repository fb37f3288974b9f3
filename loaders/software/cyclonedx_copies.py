"""Several components of one purl in one BOM: copies of one thing, unless they are built otherwise.

A library may stand in two modules of a build, once with a part that the other leaves out. Where the
copies depend on the same, they are one entity. Where they do not, each way stays an entity of its
own, and the package that they are copies of is one that all of them contain: what befalls the
package befalls each, what befalls a part of one copy reaches no other.
"""

from collections.abc import Hashable, Iterable

from knockon.graph.errors import clip
from knockon.loaders.software.cyclonedx_bom import Bom, Thing
from knockon.loaders.software.identity import Identity

_Kind = Hashable


def separate_copies(bom: Bom) -> list[Thing]:
    """Give copies that differ ids of their own. The packages that they are copies of, as things."""
    groups: dict[str, list[Thing]] = {}
    for thing in bom.things:
        groups.setdefault(thing.id, []).append(thing)
    several = {i: g for i, g in groups.items() if len({one.ref or one.place for one in g}) > 1}
    if not several:
        return []
    providers: dict[Thing, list[Thing]] = {thing: [] for thing in bom.things}
    for link in bom.links:
        if isinstance(link.provider, Thing) and link.dependent in providers:
            providers[link.dependent].append(link.provider)
    for copies in several.values():
        _share(copies, providers)
        _fill_unlisted(copies, providers, bom.listed)
    kinds = _tell_kinds(providers)
    packages = []
    for identifier, copies in several.items():
        if len({kinds[one] for one in copies}) > 1:
            packages.append(_separate(bom, identifier, copies, kinds))
    return packages


def _share(copies: list[Thing], providers: dict[Thing, list[Thing]]) -> None:
    """What one bom-ref names twice is one: it depends on what either does."""
    by_ref: dict[str, list[Thing]] = {}
    for one in copies:
        by_ref.setdefault(one.ref or one.place, []).append(one)
    for same in by_ref.values():
        found = [p for one in same for p in providers[one]]
        providers |= dict.fromkeys(same, found)


def _fill_unlisted(
    copies: list[Thing], providers: dict[Thing, list[Thing]], listed: set[Thing]
) -> None:
    """Of a copy whose dependencies nobody told, it is not known which of the others it is like."""
    told = [p for one in copies if one in listed or providers[one] for p in providers[one]]
    for one in copies:
        if one not in listed and not providers[one]:
            providers[one] = told


def _tell_kinds(providers: dict[Thing, list[Thing]]) -> dict[Thing, _Kind]:
    """For each thing a value that is equal for things built alike, all the way down.

    Within a circle of dependencies only ids are compared, and the circle as a whole.
    """
    import networkx as nx  # late: few BOMs hold one purl twice

    graph: nx.DiGraph[Thing] = nx.DiGraph()
    graph.add_nodes_from(providers)
    graph.add_edges_from((d, p) for d, found in providers.items() for p in found)
    number: dict[_Kind, int] = {}  # kinds as small numbers, so that they are compared at once
    kinds: dict[Thing, _Kind] = {}

    def kind_of(thing: Thing, circle: set[Thing]) -> _Kind:
        found = providers.get(thing, ())
        outside = frozenset(kinds[p] for p in found if p not in circle)
        inside = frozenset(p.id for p in found if p in circle and len(circle) > 1)
        return number.setdefault((thing.id, outside, inside), len(number))

    for circle in nx.strongly_connected_components(graph):  # providers come before dependents
        own = {thing: kind_of(thing, circle) for thing in circle}
        whole = frozenset(own.values())
        for thing, kind in own.items():
            pair = (kind, whole) if len(circle) > 1 else kind
            kinds[thing] = number.setdefault(pair, len(number))
    return kinds


def _separate(bom: Bom, identifier: str, copies: list[Thing], kinds: dict[Thing, _Kind]) -> Thing:
    first = copies[0]
    package = Thing(identifier, first.type, first.place, first.record, first.texts, first.name)
    package.names, package.spare = first.names, all(copy.spare for copy in copies)
    own: dict[_Kind, str] = {}
    for copy in copies:
        copy.id = own.setdefault(kinds[copy], f"{bom.scope}#{copy.ref or copy.place}")
        copy.names, copy.link = Identity(), ""
        bom.link(copy, package, copy.place)
    reason = "one purl with different dependencies: each way an entity, that contains the package"
    where = f"{clip(identifier, 60)} in {len(own)} ways at {_places(copies)}"
    bom.findings.add("invented", reason, where)
    return package


def _places(copies: Iterable[Thing]) -> str:
    return ", ".join(copy.place for copy in list(copies)[:3])
