"""The times kernel, compiled form: one world after another, and only what is hit of it.

`times_shape` has the words. The arcs of a node are drawn when it first is down in any world of a
block, for all its worlds: 64 of them cost little more than one.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import draw_word, lives
from knockon.graph.engine.kernels.heap_numba import Heap, put, take
from knockon.graph.engine.kernels.late import inlined
from knockon.graph.engine.kernels.layout import B1, F8, I8, Drawing, F8Table, U8Table, Worlds
from knockon.graph.engine.kernels.times_shape import (
    BROKEN,
    INFINITE,
    NOTHING,
    SWITCHED,
    Found,
    Shape,
)


class Hours(NamedTuple):
    """The hours of L worlds: those that are ranges (L, R), and those of the origins (L,)."""

    drawn: F8Table
    origin: F8


class Scratch(NamedTuple):
    """What one worker needs for a world of N nodes, and where there are groups with a spare, else
    0 of each: of M members and G groups.

    live: (A, W) words in which each arc is live, once its provider is drawn (N,) in a block
    settled, told: (N,) whether a node is settled, and was told of a loss since it was judged
    todo, wave: (N,) nodes to judge, nodes that fail at one moment
    urgency: (N,) -1 times the hour at which a node is due to fail; heap: of the nodes by urgency
    down_from, down_to: (N,) first break and last mend so far, by groups without a spare
    lost_from, lost_to: (M,) when a member is lost; own: (M,) whether in the mode of its node
    own_from, own_to: (G,) when any member is lost in that mode
    broken, mended, switched, back: (G,) break and mend, and the outage that its switches cost
    """

    live: U8Table
    drawn: B1
    settled: B1
    told: B1
    todo: I8
    wave: I8
    urgency: F8
    heap: Heap
    down_from: F8
    down_to: F8
    lost_from: F8
    lost_to: F8
    own: B1
    own_from: F8
    own_to: F8
    broken: F8
    mended: F8
    switched: F8
    back: F8

    @classmethod
    def of(cls, arcs: int, words: int, nodes: int, members: int, groups: int) -> "Scratch":
        """So many of each."""
        return cls(
            live=np.zeros((arcs, words), np.uint64),
            drawn=np.zeros(nodes, np.bool_),
            settled=np.zeros(nodes, np.bool_),
            told=np.zeros(nodes, np.bool_),
            todo=np.zeros(nodes, np.int64),
            wave=np.zeros(nodes, np.int64),
            urgency=np.zeros(nodes),
            heap=Heap.of(nodes),
            down_from=np.zeros(nodes),
            down_to=np.zeros(nodes),
            lost_from=np.zeros(members),
            lost_to=np.zeros(members),
            own=np.zeros(members, np.bool_),
            own_from=np.zeros(groups),
            own_to=np.zeros(groups),
            broken=np.zeros(groups),
            mended=np.zeros(groups),
            switched=np.zeros(groups),
            back=np.zeros(groups),
        )


def size_scratch(shape: Shape, words: int) -> tuple[int, int, int, int, int]:
    """Of the scratch for a shape and blocks of at most so many words."""
    spare = bool((shape.threshold > 1).any())
    groups = len(shape.group_of) * spare, len(shape.node_of) * spare
    return len(shape.arc_member), words, len(shape.origin), *groups


def find_times(
    longest: float, shape: Shape, drawing: Drawing, worlds: Worlds, hours: Hours,
    scratch: Scratch, *, fractional: bool,
) -> Found:  # fmt: skip
    """The times of the worlds of a block, a column each. No interval ends after `longest`.

    fractional: whether losses are wanted too
    """
    lanes, n = len(hours.origin), len(shape.origin)
    m, g = len(shape.group_of) * fractional, len(shape.node_of) * fractional
    found = Found(
        np.zeros((lanes, n)), np.zeros((lanes, n)), np.zeros((lanes, m), np.bool_),
        np.zeros((lanes, g), np.uint8),
    )  # fmt: skip
    times_kernel(longest, shape, drawing, worlds, hours, found, scratch)
    return Found(found.start.T, found.end.T, found.lost.T, found.state.T)


@kernel("the times kernel", 3)
def times_kernel(
    longest: float, shape: Shape, drawing: Drawing, worlds: Worlds, hours: Hours, found: Found,
    scratch: Scratch,
) -> None:  # fmt: skip
    """Find the times of the worlds of a block. No interval ends after `longest`.

    drawing: by arc of the shape, and by group
    Cost of a world: N, the arcs of the nodes that are down with about 2 digits of their draws, and
    n^2 for a group of n lost members each time that another is lost.
    """
    first, order, heap = shape.first, shape.order, scratch.heap
    todo, wave, told, urgency = scratch.todo, scratch.wave, scratch.told, scratch.urgency
    for v in range(len(scratch.drawn)):
        scratch.drawn[v] = False
    for lane in range(len(hours.origin)):
        _begin(lane, found, scratch)
        for c in range(len(first) - 1):
            number = 0
            for i in range(first[c], first[c + 1]):
                todo[number] = order[i]
                number += 1
            size = np.int64(0)  # a literal would have the heap compiled once more
            while True:
                for i in range(number):
                    v = todo[i]
                    told[v] = False
                    moment = _find_start(lane, v, shape, drawing, worlds, hours, scratch)
                    if -moment > urgency[v]:
                        urgency[v] = -moment
                        size = put(heap, size, v, urgency, urgency, urgency)
                if size == 0:
                    break
                now, fallen = urgency[heap.node[0]], 0
                while size > 0 and urgency[heap.node[0]] == now:
                    v = take(heap, size, urgency, urgency, urgency)
                    size -= 1
                    _settle(lane, v, longest, shape, hours, found, scratch)
                    wave[fallen] = v
                    fallen += 1
                number = 0
                for i in range(fallen):
                    number = _tell(
                        lane, wave[i], c, number, shape, drawing, worlds, hours, found, scratch
                    )


@inlined
def _begin(lane: Any, found: Any, w: Any) -> None:
    """Make all ready for a world."""
    for v in range(len(w.settled)):
        w.settled[v] = False
        w.urgency[v] = -INFINITE
        w.down_from[v], w.down_to[v] = INFINITE, -INFINITE
        found.start[lane, v], found.end[lane, v] = INFINITE, -INFINITE
    for j in range(len(w.own)):
        w.own[j] = False
        w.lost_from[j], w.lost_to[j] = INFINITE, -INFINITE
    for g in range(len(w.own_from)):
        w.own_from[g], w.own_to[g] = INFINITE, -INFINITE


@inlined
def _tell(
    lane: Any, v: Any, c: Any, number: Any, s: Any, drawing: Any, worlds: Any, hours: Any,
    found: Any, w: Any,
) -> Any:  # fmt: skip
    """Tell the dependents of a settled node when they lose it; how many of its component c are to
    be judged then."""
    if not w.drawn[v]:
        w.drawn[v] = True
        for a in range(s.arc_start[v], s.arc_start[v + 1]):
            for word in range((len(hours.origin) + 63) >> 6):
                w.live[a, word] = draw_word(
                    drawing.key[a], drawing.limit[a], worlds.given, worlds.counter, word
                )
    word, bit = lane >> 6, np.uint64(1) << np.uint64(lane & 63)
    begun, mended = found.start[lane, v], found.end[lane, v]
    for a in range(s.arc_start[v], s.arc_start[v + 1]):
        if not w.live[a, word] & bit:
            continue
        j = s.arc_member[a]
        row = s.grace_row[j]
        since = begun + (s.grace[j] if row < 0 else hours.drawn[lane, row])
        if not since < mended:
            continue
        if found.lost.shape[1] > 0:
            found.lost[lane, j] = True
        g = s.group_of[j]
        d = s.node_of[g]
        if w.settled[d]:
            continue
        if s.component[d] == c and not w.told[d]:
            w.told[d] = True
            w.todo[number] = d
            number += 1
        if s.threshold[g] == 1:
            w.down_from[d] = min(w.down_from[d], since)
            w.down_to[d] = max(w.down_to[d], mended)
            continue
        w.lost_from[j] = min(w.lost_from[j], since)
        w.lost_to[j] = max(w.lost_to[j], mended)
        if not s.foreign[a]:
            w.own[j] = True
            w.own_from[g] = min(w.own_from[g], since)
            w.own_to[g] = max(w.own_to[g], mended)
    return number


@inlined
def _find_start(
    lane: Any, v: Any, s: Any, drawing: Any, worlds: Any, hours: Any, w: Any
) -> Any:  # fmt: skip
    """When a node fails, by what its providers have told so far."""
    moment = 0.0 if s.origin[v] else w.down_from[v]
    for g in range(s.group_start[v], s.group_start[v + 1]):
        if s.threshold[g] > 1:
            _judge(lane, g, s, drawing, worlds, hours, w)
            moment = min(moment, w.broken[g], w.switched[g])
    return moment


@inlined
def _settle(lane: Any, v: Any, longest: Any, s: Any, hours: Any, found: Any, w: Any) -> None:
    """The interval of a node that fails: from its first break to its last mend, and what follows
    it of repair and backlog; and the outages of its switches."""
    down_from, down_to = w.down_from[v], w.down_to[v]
    begun, over = INFINITE, -INFINITE
    for g in range(s.group_start[v], s.group_start[v + 1]):
        if s.threshold[g] > 1:
            down_from, down_to = min(down_from, w.broken[g]), max(down_to, w.mended[g])
            begun, over = min(begun, w.switched[g]), max(over, w.back[g])
            if found.state.shape[1] > 0:
                became = SWITCHED if w.switched[g] < INFINITE else NOTHING
                found.state[lane, g] = BROKEN if w.broken[g] < INFINITE else became
    if down_from < down_to:
        row = s.repair_row[v]
        repair = s.repair[v] if row < 0 else hours.drawn[lane, row]
        begun = min(begun, down_from)
        over = max(over, down_to + repair + s.backlog[v] * (down_to - down_from))
    if s.origin[v]:
        begun, over = min(begun, 0.0), max(over, hours.origin[lane])
    found.start[lane, v] = begun
    found.end[lane, v] = min(over, longest)
    w.settled[v] = True


@inlined
def _judge(lane: Any, g: Any, s: Any, drawing: Any, worlds: Any, hours: Any, w: Any) -> None:
    """A group with a spare: its first break and last mend, and the start and end of the outages
    that its switches cost.

    Where a member is lost, the group breaks if too few are up then, else it switches. Intervals are
    [from, to): the number of lost members rises only where one begins, falls only where one ends.
    """
    broken, mended, switched, back = INFINITE, -INFINITE, INFINITE, -INFINITE
    if w.own_from[g] < INFINITE:
        works = lives(
            drawing.switch_key[g], drawing.switch_limit[g], worlds.given, worlds.counter,
            lane >> 6, np.uint64(1) << np.uint64(lane & 63),
        )  # fmt: skip
        wanted = s.threshold[g] if works else 1
        one, last = s.member_start[g], s.member_start[g + 1]
        for j in range(one, last):
            since, until = w.lost_from[j], w.lost_to[j]
            if since == INFINITE:
                continue
            lost, still = 0, 0
            for i in range(one, last):
                if w.lost_from[i] <= since and since < w.lost_to[i]:
                    lost += 1
                if w.lost_from[i] < until and until <= w.lost_to[i]:
                    still += 1
            if lost >= wanted:
                broken = min(broken, since)
            elif w.own[j]:
                row = s.pause_row[j]
                pause = s.pause[j] if row < 0 else hours.drawn[lane, row]
                if pause > 0:
                    switched, back = min(switched, since), max(back, since + pause)
            if still >= wanted:
                mended = max(mended, until)
        broken, mended = max(broken, w.own_from[g]), min(mended, w.own_to[g])
        if not broken < mended:
            broken, mended = INFINITE, -INFINITE
    w.broken[g], w.mended[g], w.switched[g], w.back[g] = broken, mended, switched, back
