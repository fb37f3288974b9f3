"""Closures of many sets at once, each node looked at once: providers before dependents.

The worklist of the lane kernel suits few origins that reach little. Where every node is an origin,
and most reach much, it visits nodes again and again; here the lanes are handed on in the order of
strongly connected components, and only circles are gone round until nothing changes.
"""

from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.footprints import index, join_runs
from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.components import order_nodes
from knockon.graph.engine.kernels.closure_numpy import reach_threshold, unpack


@dataclass(frozen=True, eq=False)
class Ordered:
    """A circuit whose groups are closed in order.

    order, first: of the entities, by component, and where each component begins
    alone, alone_start: providers of the arcs that hit an entity alone, by entity
    spare, spare_start: groups that bear a loss, by entity
    """

    circuit: Circuit
    entities: int
    order: Ints
    first: Ints
    alone: Ints
    alone_start: Ints
    spare: Ints
    spare_start: Ints

    @classmethod
    def of(cls, circuit: Circuit, entities: int) -> "Ordered":
        """The first nodes are the entities; the others feed them, or are fed by them, only."""
        tail, head = circuit.provider.astype(np.int64), circuit.targets.astype(np.int64)
        group = circuit.group[circuit.member]
        inner = (tail < entities) & (head < entities)
        order, _, first = order_nodes(*index(tail[inner], head[inner], entities))
        single = (circuit.threshold[group] == 1) & (head < entities)
        alone_start, alone = index(head[single], tail[single], entities)
        bears = np.flatnonzero(circuit.threshold > 1)
        spare_start, spare = index(circuit.node[bears].astype(np.int64), bears, entities)
        return cls(circuit, entities, order, first, alone, alone_start, spare, spare_start)

    def close(self, origins: Ints, ends: int) -> Bools:
        """(ends, L) which of the last nodes are hit where each of the origins fails alone."""
        lanes = np.arange(len(origins))
        hit = np.zeros((len(self.circuit.entity), -(-len(origins) // 64)), np.uint64)
        bit = np.uint64(1) << (lanes % 64).astype(np.uint64)
        np.bitwise_or.at(hit, (origins, lanes // 64), bit)
        sizes = np.diff(self.first)
        for place in range(len(sizes)):
            nodes = self.order[self.first[place] : self.first[place + 1]].tolist()
            changed = True
            while changed:
                changed = False
                for node in nodes:
                    changed |= self._settle(hit, node)
                changed &= len(nodes) > 1
        return unpack(self._gather(hit, ends), len(origins))

    def _settle(self, hit: Words, node: int) -> bool:
        """Hit a node where a group of it breaks; whether that was not known yet."""
        low, high = self.alone_start[node], self.alone_start[node + 1]
        before = hit[node]
        new = before
        if low < high:
            new = new | np.bitwise_or.reduce(hit[self.alone[low:high]], axis=0)
        for group in self.spare[self.spare_start[node] : self.spare_start[node + 1]].tolist():
            new = new | self._break(hit, group)
        if new is before or (new == before).all():
            return False
        hit[node] = new
        return True

    def _break(self, hit: Words, group: int) -> Words:
        """(W,) lanes in which a group loses as many members as break it."""
        c = self.circuit
        low, high = c.member_start[group], c.member_start[group + 1]
        starts = c.arc_start[low:high]
        down = hit[c.provider[starts[0] : c.arc_start[high]]]
        lost = np.bitwise_or.reduceat(down, starts - starts[0], axis=0)
        size, threshold = high - low, int(c.threshold[group])
        if threshold >= size:
            every: Words = np.bitwise_and.reduce(lost, axis=0)
            return np.zeros_like(every) if threshold > size else every
        zero, whole = np.zeros(1, np.int64), np.array([size])
        enough: Words = reach_threshold(lost, zero, whole, np.array([threshold]))[0]
        return enough

    def _gather(self, hit: Words, ends: int) -> Words:
        """(ends, W) what the last nodes are given by those that feed them."""
        c = self.circuit
        begin = len(c.entity) - ends
        tail, head = c.provider, c.targets
        arcs = np.flatnonzero(head >= begin)
        arcs = arcs[np.argsort(head[arcs], kind="stable")]
        found = np.zeros((ends, hit.shape[1]), np.uint64)
        if len(arcs):
            begins = np.flatnonzero(np.diff(head[arcs], prepend=-1))
            found[head[arcs[begins]] - begin] = join_runs(hit, tail[arcs], begins)
        return found
