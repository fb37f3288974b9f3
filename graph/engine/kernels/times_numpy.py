"""The times kernel, numpy form: a block of worlds side by side, node by node.

The same sums as `times_numba`, and so the same bits; `times_shape` has the words.
A node asks its providers for their times, (L,) each. Inside a cycle those are asked again that
depend on what fell last, until none falls any more, which suits small cycles.
"""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, distinct, ranges
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels.times_shape import (
    BROKEN,
    INFINITE,
    NOTHING,
    SWITCHED,
    Found,
    Shape,
)


class Drawn(NamedTuple):
    """What is drawn in L worlds: live (M, L), stuck (G, L), hours that are ranges (R, L), and the
    hours of the origins (L,)."""

    live: Bools
    stuck: Bools
    table: Floats
    hours: Floats


class _Group(NamedTuple):
    """Of a group with a spare, (L,): break, and outage of its switches; -/+ INFINITE for none."""

    broken: Floats
    mended: Floats
    switched: Floats
    back: Floats


def find_times(
    longest: float, circuit: Circuit, shape: Shape, drawn: Drawn, *, fractional: bool
) -> Found:
    """The times of the worlds of a block, a column each. No interval ends after `longest`.

    fractional: whether losses are wanted too
    Cost: some twenty passes over (L,) for each node, and its arcs; squared for groups and cycles.
    """
    lanes, n = len(drawn.hours), len(shape.origin)
    m, g = len(shape.group_of) * fractional, len(shape.node_of) * fractional
    found = Found(
        np.full((n, lanes), INFINITE), np.full((n, lanes), -INFINITE),
        np.zeros((m, lanes), np.bool_), np.zeros((g, lanes), np.uint8),
    )  # fmt: skip
    _Walk(longest, circuit, shape, drawn, found).run()
    return found


class _Walk:
    def __init__(
        self, longest: float, circuit: Circuit, shape: Shape, drawn: Drawn, found: Found
    ) -> None:
        self.s, self.circuit, self.longest, self.lanes = shape, circuit, longest, len(drawn.hours)
        self.live, self.stuck, self.table, self.hours = drawn
        self.start, self.end, self.lost, self.state = found

    def run(self) -> None:
        for one, last in zip(self.s.first[:-1], self.s.first[1:], strict=True):
            nodes = self.s.order[one:last]
            if len(nodes) == 1:
                self._settle(
                    nodes[0], np.ones(self.lanes, np.bool_), *self._find_interval(nodes[0])
                )
            else:
                self._settle_cycle(nodes)
        if len(self.lost):
            arcs = np.arange(len(self.circuit.member))
            np.logical_or.at(self.lost, self.circuit.member, self._find_lost(arcs)[0] < INFINITE)

    def _settle_cycle(self, nodes: Ints) -> None:
        """Those that fall first, of all that have not fallen yet, fall; then the next."""
        place = {int(v): i for i, v in enumerate(nodes)}
        open_ = np.ones((len(nodes), self.lanes), np.bool_)
        found = [self._find_interval(v) for v in nodes]
        starts = np.stack([start for start, _, _ in found])
        while True:
            begun = np.where(open_, starts, INFINITE)
            now = begun.min(axis=0)
            wave = open_ & (begun == now) & (now < INFINITE)
            fallen = np.flatnonzero(wave.any(axis=1))
            if not fallen.size:
                return
            for i in fallen:
                self._settle(nodes[i], wave[i], *found[i])
            open_ &= ~wave
            for v in self._find_dependents(nodes[fallen]):
                at = place.get(int(v), -1)
                if at >= 0 and open_[at].any():
                    found[at] = self._find_interval(v)
                    starts[at] = found[at][0]

    def _find_dependents(self, nodes: Ints) -> Ints:
        """The nodes that depend on these."""
        arcs = ranges(self.s.arc_start[nodes], self.s.arc_start[nodes + 1])[0]
        return distinct(self.circuit.node[self.circuit.group[self.s.arc_member[arcs]]])

    def _settle(
        self, v: int, falls: Bools, start: Floats, end: Floats, groups: dict[int, _Group]
    ) -> None:
        self.start[v] = np.where(falls, start, self.start[v])
        self.end[v] = np.where(falls, end, self.end[v])
        if len(self.state):
            for g, t in groups.items():
                became = np.where(t.switched < INFINITE, SWITCHED, NOTHING)
                became = np.where(t.broken < INFINITE, BROKEN, became)
                self.state[g] = np.where(falls & (start < INFINITE), became, self.state[g])

    def _find_interval(self, v: int) -> tuple[Floats, Floats, dict[int, _Group]]:
        """Start and end of a node by what is known of its providers."""
        s = self.s
        groups = np.arange(s.group_start[v], s.group_start[v + 1])
        alone = groups[s.threshold[groups] == 1]
        _, _, arcs, _ = self.circuit.parts(alone)
        since, until = self._find_lost(arcs)
        broken, mended = since.min(axis=0, initial=INFINITE), until.max(axis=0, initial=-INFINITE)
        begun, over = np.full(self.lanes, INFINITE), np.full(self.lanes, -INFINITE)
        judged = {int(g): self._judge(g) for g in groups[s.threshold[groups] > 1]}
        for t in judged.values():
            broken, mended = np.minimum(broken, t.broken), np.maximum(mended, t.mended)
            begun, over = np.minimum(begun, t.switched), np.maximum(over, t.back)
        down = broken < mended
        repair = self._look_up(s.repair, s.repair_row, np.array([v]))[0]
        with np.errstate(invalid="ignore"):
            back = mended + repair + s.backlog[v] * (mended - broken)
        begun = np.where(down, np.minimum(begun, broken), begun)
        over = np.where(down, np.maximum(over, back), over)
        if s.origin[v]:
            begun, over = np.minimum(begun, 0.0), np.maximum(over, self.hours)
        return begun, np.minimum(over, self.longest), judged

    def _judge(self, g: int) -> _Group:
        s = self.s
        members, _, arcs, first = self.circuit.parts(np.array([g]))
        since, until = self._find_lost(arcs)
        own = (since < INFINITE) & ~self.circuit.foreign[arcs][:, None]
        own_from = np.where(own, since, INFINITE).min(axis=0, initial=INFINITE)
        own_to = np.where(own, until, -INFINITE).max(axis=0, initial=-INFINITE)
        since = np.minimum.reduceat(since, first, axis=0)
        until = np.maximum.reduceat(until, first, axis=0)
        own = np.logical_or.reduceat(own, first, axis=0)
        wanted = np.where(self.stuck[g], 1, s.threshold[g])
        pause = self._look_up(s.pause, s.pause_row, members)
        broken, mended, switched, back = (
            np.full(self.lanes, x) for x in (INFINITE, -INFINITE, INFINITE, -INFINITE)
        )
        for j in range(len(members)):
            lost = ((since <= since[j]) & (since[j] < until)).sum(axis=0)
            still = ((since < until[j]) & (until[j] <= until)).sum(axis=0)
            counts = since[j] < INFINITE
            breaks = counts & (lost >= wanted)
            switches = counts & ~breaks & own[j] & (pause[j] > 0)
            broken = np.where(breaks, np.minimum(broken, since[j]), broken)
            switched = np.where(switches, np.minimum(switched, since[j]), switched)
            back = np.where(switches, np.maximum(back, since[j] + pause[j]), back)
            mended = np.where(counts & (still >= wanted), np.maximum(mended, until[j]), mended)
        broken, mended = np.maximum(broken, own_from), np.minimum(mended, own_to)
        whole = broken < mended
        return _Group(
            np.where(whole, broken, INFINITE), np.where(whole, mended, -INFINITE), switched, back
        )

    def _find_lost(self, arcs: Ints) -> tuple[Floats, Floats]:
        """(len(arcs), L) from when to when each arc's member is lost by it."""
        c = self.circuit
        member, provider = c.member[arcs], c.provider[arcs]
        since = self.start[provider] + self._look_up(self.s.grace, self.s.grace_row, member)
        until = self.end[provider]
        lost = self.live[member] & (since < until)
        return np.where(lost, since, INFINITE), np.where(lost, until, -INFINITE)

    def _look_up(self, known: Floats, row: Ints, at: Ints) -> Floats:
        """(len(at), L) hours that are known, or drawn."""
        hours = np.repeat(known[at][:, None], self.lanes, axis=1)
        ranged = row[at] >= 0
        hours[ranged] = self.table[row[at][ranged]]
        return hours
