"""How the failure gets there: fewest hops, the most probable chain, and who carries the blast."""

from dataclasses import dataclass

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, lean
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels.layout import Wiring
from knockon.graph.engine.kernels.routes_numpy import find_forest

_FINE = 2.0**32  # a cost is -log2(strength) in units of 2^-32, whole numbers: sums are exact


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
    zero, price = _prices(lean(strength))
    if wiring is None:
        forest = find_forest(circuit, price, zero, origins)
    else:
        from knockon.graph.engine.kernels.routes_numba import find_forest as compiled

        forest = compiled(wiring, circuit.provider, price, zero, origins)
    hops, zeros, cost, depth, arc = forest
    before = np.full(len(arc), -1)
    before[arc >= 0] = circuit.provider[arc[arc >= 0]]
    return Routes(hops, zeros, cost, depth, before, arc)


def _prices(strength: Floats) -> tuple[Bools, Ints]:
    """(A,) which arcs are of strength 0, and the cost of each."""
    if len(strength) > 1 and strength.strides[0] == 0:  # all alike
        zero, price = _prices(strength[:1])
        return np.broadcast_to(zero, strength.shape), np.broadcast_to(price, strength.shape)
    zero = strength <= 0
    price = np.round(-np.log2(np.where(zero, 1.0, strength)) * _FINE).astype(np.int64)
    return zero, price
