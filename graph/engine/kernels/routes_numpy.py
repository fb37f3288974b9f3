"""The most probable chains, numpy form: rounds of all arcs out of the nodes that became nearer."""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Ints, distinct
from knockon.graph.engine.circuit import Circuit

FAR = np.iinfo(np.int64).max // 2  # hops, costs and depths of what is not reached


class Forest(NamedTuple):
    """(N,) hops, zeros, cost, depth and the arc before each node, as `Routes` has them."""

    hops: Ints
    zeros: Ints
    cost: Ints
    depth: Ints
    arc: Ints


def find_forest(circuit: Circuit, price: Ints, zero: Bools, origins: Ints) -> Forest:
    """The chains over the arcs of a circuit; price, zero: (A,) of each.

    Cost: all arcs for every round of the longest chain, four times.
    """
    n, target = len(circuit.entity), circuit.targets
    arcs = _Arcs(n, circuit.provider, target)
    own = ~circuit.foreign  # the others only count in a group, nothing arrives through them
    hops = arcs.find_cheapest(np.where(own, 1, FAR), origins)
    zeros = np.zeros(n, np.int64)
    if zero.any():
        zeros = arcs.find_cheapest(np.where(own, zero, FAR), origins)
    tight = own & (zeros[target] == zeros[circuit.provider] + zero)
    cost = arcs.find_cheapest(np.where(tight, price, FAR), origins)
    tight &= cost[target] == cost[circuit.provider] + price
    depth = arcs.find_cheapest(np.where(tight, 1, FAR), origins)
    last = tight & (depth[target] == depth[circuit.provider] + 1)
    arc = np.full(n, -1)
    candidates = np.flatnonzero(last)
    first = np.lexsort((candidates, circuit.provider[candidates], target[candidates]))[::-1]
    arc[target[candidates[first]]] = candidates[first]  # the last one written is the smallest
    arc[origins] = -1
    return Forest(hops, zeros, cost, depth, arc)


class _Arcs:
    """Arcs by provider, for relaxing all arcs out of a frontier at once."""

    def __init__(self, n: int, provider: Ints, target: Ints) -> None:
        self.order = np.argsort(provider, kind="stable")
        self.start = np.searchsorted(provider[self.order], np.arange(n + 1))
        self.provider, self.target, self.n = provider, target, n

    def find_cheapest(self, price: Ints, origins: Ints) -> Ints:
        """(n,) least sum of prices from an origin (label correcting, Ford 1956, by rounds)."""
        cost = np.full(self.n, FAR)
        cost[origins] = 0
        frontier = origins
        while frontier.size:
            sizes = self.start[frontier + 1] - self.start[frontier]
            offset = np.repeat(self.start[frontier] - (np.cumsum(sizes) - sizes), sizes)
            arcs = self.order[np.arange(sizes.sum()) + offset]
            offer = np.minimum(cost[self.provider[arcs]] + price[arcs], FAR)
            better = offer < cost[self.target[arcs]]
            np.minimum.at(cost, self.target[arcs[better]], offer[better])
            frontier = distinct(self.target[arcs[better]])
        return cost
