"""Entries of one purl in one document: copies of one thing, unless they are built otherwise.

A library may stand in two modules of a build, once with a part that the other leaves out. Where the
copies depend on the same, they are one entity. Where they do not, each way stays an entity of its
own, and the package that they are copies of is one that all of them contain: what befalls the
package befalls each, what befalls a part of one copy reaches no other.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)
SEPARATED = "one purl with different dependencies: each way an entity that contains the package"


def find_copies(
    entries: Sequence[tuple[T, str, str]], needs: Mapping[T, list[T]], listed: Collection[T]
) -> dict[str, list[list[T]]]:
    """Of each id whose entries differ: its ways, each a list of the entries that are built so.

    entries: each with its id, and with the name that the document has for it; what has one name is
        one, whatever is said of it where
    needs: the entries that an entry depends on
    listed: entries of which the document tells all that they depend on; of a copy of which it tells
        nothing it is not known which of the others it is like
    """
    groups: dict[str, dict[str, list[T]]] = {}
    for entry, identifier, name in entries:
        groups.setdefault(identifier, {}).setdefault(name, []).append(entry)
    several = {identifier: names for identifier, names in groups.items() if len(names) > 1}
    if not several:
        return {}
    known = {entry: list(needs.get(entry, ())) for entry, _, _ in entries}
    for names in several.values():
        for same in names.values():  # said in two places of one entry
            shared = [p for one in same for p in known[one]]
            known.update((one, shared) for one in same)
        copies = [one for same in names.values() for one in same]
        told = [p for one in copies if one in listed or known[one] for p in known[one]]
        for one in copies:
            if one not in listed and not known[one]:
                known[one] = told
    kinds = _tell_kinds(known, {entry: identifier for entry, identifier, _ in entries})
    found: dict[str, list[list[T]]] = {}
    for identifier, names in several.items():
        ways: dict[int, list[T]] = {}
        for same in names.values():
            for one in same:
                ways.setdefault(kinds[one], []).append(one)
        if len(ways) > 1:
            found[identifier] = list(ways.values())
    return found


def _tell_kinds(needs: Mapping[T, list[T]], ids: Mapping[T, str]) -> dict[T, int]:
    """For each entry a number that is equal for what is built alike, all the way down.

    Within a circle of dependencies only ids are compared, and the circle as a whole.
    """
    import networkx as nx  # late: few documents hold one purl twice

    graph: nx.DiGraph[T] = nx.DiGraph()
    graph.add_nodes_from(needs)
    graph.add_edges_from((d, p) for d, found in needs.items() for p in found)
    numbers: dict[Hashable, int] = {}
    kinds: dict[T, int] = {}

    def number_of(entry: T, circle: set[T]) -> int:
        below = needs.get(entry, ())
        outside = frozenset(kinds[p] for p in below if p not in circle)
        inside = frozenset(ids.get(p, p) for p in below if p in circle and len(circle) > 1)
        return numbers.setdefault((ids.get(entry, entry), outside, inside), len(numbers))

    for circle in nx.strongly_connected_components(graph):  # providers come before dependents
        own = {entry: number_of(entry, circle) for entry in circle}
        whole = frozenset(own.values())
        for entry, number in own.items():
            alone = len(circle) == 1
            kinds[entry] = number if alone else numbers.setdefault((number, whole), len(numbers))
    return kinds
