"""The most probable chains from what fails to one target (Yen 1971, by networkx)."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Ints

if TYPE_CHECKING:
    import networkx as nx

_FINE = 2.0**32  # as in `engine.routes`: costs are whole numbers, sums of them exact
_PER_ARC = 1 << 12  # of a cost, so that of equal chains the one with fewer arcs comes first
_NEVER = 1 << 60  # cost of an arc of strength 0: taken only where nothing else leads
_TIED = 32  # chains beyond those asked for that are looked at, for ties


def find_chains(prepared: Prepared, target: int, most: int) -> tuple[list[Ints], bool]:
    """The arcs of the most probable chains, each in order; and whether these are all."""
    if not most:
        return [], False
    ways = _build_ways(prepared, target)
    import networkx as nx

    found: list[tuple[int, list[str], Ints]] = []
    ids = prepared.graph.ids
    try:
        for chain in nx.shortest_simple_paths(ways, "begin", "end", weight="cost"):
            arcs = [ways.edges[a, b]["arc"] for a, b in pairwise(chain[1:-1])]
            cost = sum(ways.edges[a, b]["cost"] for a, b in pairwise(chain))
            if len(found) >= most and cost > found[most - 1][0]:
                return _first(found, most), False
            names = [ids[prepared.circuit.entity[v]] for v in chain[1:-1]]
            found.append((cost, names, np.array(arcs, np.int64)))
            if len(found) >= most + _TIED:
                return _first(found, most), False
    except nx.NetworkXNoPath:
        return [], True
    return _first(found, most), len(found) <= most


def _first(found: list[tuple[int, list[str], Ints]], most: int) -> list[Ints]:
    return [arcs for _, _, arcs in sorted(found, key=lambda f: f[:2])[:most]]


def _build_ways(prepared: Prepared, target: int) -> "nx.DiGraph[Any]":
    """The arcs of the circuit, the cheapest between any two nodes, from `begin` to `end`."""
    import networkx as nx

    circuit = prepared.circuit
    ways: nx.DiGraph[Any] = nx.DiGraph()
    strength = prepared.on_route
    with np.errstate(divide="ignore"):
        bits = np.where(strength > 0, -np.log2(strength), 0.0)
    cost = np.round(bits * _FINE).astype(np.int64).astype(object) * _PER_ARC + 1
    cost[strength <= 0] = _NEVER
    for arc in np.argsort(-strength, kind="stable").tolist():
        ends = int(circuit.provider[arc]), int(circuit.targets[arc])
        if not ways.has_edge(*ends):
            ways.add_edge(*ends, cost=cost[arc], arc=arc)
    ways.add_edges_from(("begin", int(o), {"cost": 0}) for o in prepared.origins)
    at = np.flatnonzero(circuit.entity == target)
    ways.add_edges_from((int(e), "end", {"cost": 0}) for e in at)
    return ways
