"""How the failure gets there: fewest hops, the most probable chain, and who carries the blast."""

from dataclasses import dataclass

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, distinct
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.wiring import Wiring

_FINE = 2.0**32  # a cost is -log2(strength) in units of 2^-32, whole numbers: sums are exact
_FAR = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, eq=False)
class Routes:
    """The most probable chain from an origin to every node, as a forest.

    hops:  (N,) fewest arcs from an origin
    zeros: (N,) arcs of strength 0 on the chain: taken only where nothing else leads
    cost:  (N,) of the other arcs of the chain
    depth: (N,) arcs of the chain
    before: (N,) the node before each on its chain, -1 at origins; arc: (N,) the arc between, or -1
    """

    hops: Ints
    zeros: Ints
    cost: Ints
    depth: Ints
    before: Ints
    arc: Ints

    def chains(self, nodes: Ints) -> tuple[Ints, Ints]:
        """The chains from an origin to each of the nodes in a row, and where each ends in it."""
        ends = np.cumsum(self.depth[nodes] + 1)
        row = np.empty(ends[-1] if len(ends) else 0, np.int64)
        at, left = ends - 1, nodes
        while left.size:
            row[at] = left
            left = self.before[left]
            at, left = at[left >= 0] - 1, left[left >= 0]
        return row, ends

    def carried(self, mass: Floats, entity: Ints) -> Floats:
        """(N,) mass of the nodes whose chain runs through each node, itself left out.

        Where a chain passes an entity (N,) twice, in two modes, it counts at the first.
        """
        through = np.zeros(len(mass))
        order = np.argsort(self.depth, kind="stable")
        ends = np.searchsorted(self.depth[order], np.arange(self.depth.max(initial=0) + 2))
        for depth in range(len(ends) - 2, 0, -1):
            level = order[ends[depth] : ends[depth + 1]]
            np.add.at(through, self.before[level], through[level] + mass[level])
        again = self._passed_before(entity)
        return np.where(again, -mass, through)  # each was counted at the first, itself too

    def _passed_before(self, entity: Ints) -> Bools:
        """(N,) nodes on whose chain their entity stands before, in another mode."""
        again = np.zeros(len(entity), np.bool_)
        nodes = np.flatnonzero(np.bincount(entity)[entity] > 1) if len(entity) else entity
        up = self.before[nodes]
        while nodes.size:
            nodes, up = nodes[up >= 0], up[up >= 0]
            again[nodes[entity[up] == entity[nodes]]] = True
            up = self.before[up]
        return again


def find_routes(
    circuit: Circuit, strength: Floats, origins: Ints, wiring: Wiring | None = None
) -> Routes:
    """The routes from the origin nodes over the arcs of a circuit in which all nodes are reached.

    strength: (A,) of each arc. Ties go to fewer arcs, then to the provider of the smallest number.
    wiring: of the circuit, where the compiled form is to find them
    """
    zero = strength <= 0
    price = np.round(-np.log2(np.where(zero, 1.0, strength)) * _FINE).astype(np.int64)
    if wiring is None:
        hops, zeros, cost, depth, arc = _forest(circuit, price, zero, origins)
    else:
        from knockon.graph.engine.kernels.routes_numba import forest

        hops, zeros, cost, depth, arc = forest(wiring, circuit.provider, price, zero, origins)
    before = np.full(len(arc), -1)
    before[arc >= 0] = circuit.provider[arc[arc >= 0]]
    return Routes(hops, zeros, cost, depth, before, arc)


def _forest(
    circuit: Circuit, price: Ints, zero: Bools, origins: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """(N,) hops, zeros, cost, depth and the arc before each node, as `Routes` has them."""
    n, target = len(circuit.entity), circuit.targets
    arcs = _Arcs(n, circuit.provider, target)
    own = ~circuit.foreign  # the others only count in a group, nothing arrives through them
    hops = arcs.cheapest(np.where(own, 1, _FAR), origins)
    zeros = np.zeros(n, np.int64)
    if zero.any():
        zeros = arcs.cheapest(np.where(own, zero, _FAR), origins)
    tight = own & (zeros[target] == zeros[circuit.provider] + zero)
    cost = arcs.cheapest(np.where(tight, price, _FAR), origins)
    tight &= cost[target] == cost[circuit.provider] + price
    depth = arcs.cheapest(np.where(tight, 1, _FAR), origins)
    last = tight & (depth[target] == depth[circuit.provider] + 1)
    arc = np.full(n, -1)
    candidates = np.flatnonzero(last)
    first = np.lexsort((candidates, circuit.provider[candidates], target[candidates]))[::-1]
    arc[target[candidates[first]]] = candidates[first]  # the last one written is the smallest
    arc[origins] = -1
    return hops, zeros, cost, depth, arc


class _Arcs:
    """Arcs by provider, for relaxing all arcs out of a frontier at once."""

    def __init__(self, n: int, provider: Ints, target: Ints) -> None:
        self.order = np.argsort(provider, kind="stable")
        self.start = np.searchsorted(provider[self.order], np.arange(n + 1))
        self.provider, self.target, self.n = provider, target, n

    def cheapest(self, price: Ints, origins: Ints) -> Ints:
        """(n,) least sum of prices from an origin (label correcting, Ford 1956, by rounds)."""
        cost = np.full(self.n, _FAR)
        cost[origins] = 0
        frontier = origins
        while frontier.size:
            sizes = self.start[frontier + 1] - self.start[frontier]
            offset = np.repeat(self.start[frontier] - (np.cumsum(sizes) - sizes), sizes)
            arcs = self.order[np.arange(sizes.sum()) + offset]
            offer = np.minimum(cost[self.provider[arcs]] + price[arcs], _FAR)
            better = offer < cost[self.target[arcs]]
            np.minimum.at(cost, self.target[arcs[better]], offer[better])
            frontier = distinct(self.target[arcs[better]])
        return cost
