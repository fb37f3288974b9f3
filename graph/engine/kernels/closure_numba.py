"""The lane kernel, compiled form: the closure of `closure_numpy`, pushed arc by arc.

512 lanes (8 words, one cache line) an entity. A worklist holds the entities with lanes that are
newly hit; each of their arcs is drawn only in the lanes where its dependent is not hit yet, from
the hash of `knockon.graph.engine.uniforms`, so that random bits need no storage. Groups count their
lost members bit-sliced: P planes a group, started at 2^P - threshold, so that breaking is a carry
out. Nothing is allocated on the way.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import (
    draw_below,
    fetch,
    lacks,
    push,
    read_number,
    read_word,
)
from knockon.graph.engine.kernels.late import helper, inlined
from knockon.graph.engine.kernels.layout import (
    B1,
    CERTAIN,
    I4,
    I8,
    NO_PAIR,
    ROW,
    WORDS,
    Arcs,
    Drawing,
    Groups,
    Shared,
    U8Table,
    U8Tables,
    Wiring,
    Worlds,
    aligned,
)
from knockon.graph.engine.kernels.queue_numba import (
    AHEAD,
    fetch_causes,
    join_queue,
    take_first,
    take_out,
)
from knockon.graph.engine.kernels.sharing_numba import (
    Room,
    lay_planes,
    lay_planes_of,
    push_shared,
)

_PAIR = np.uint64(0xFFFFFFFF)


class Scratch(NamedTuple):
    """What one worker needs for a block of N nodes, S slots and K groups; clean after each.

    hit: (N, 8) lanes in which each node is hit; passed: those that went along its arcs
    queue, queued: nodes with lanes that did not
    lost: (S, 8) lanes in which each slot is lost; counter: (planes, 8) of lost slots by group
    state: (K, 3, 8) lanes in which a slot is lost in the node's mode, in any, the group breaks
    row: (4, 8) what goes along an arc, is new in its target, goes along by given words; a spare
    shared: of draws that share strengths
    """

    hit: U8Table
    passed: U8Table
    queue: I4
    queued: B1
    lost: U8Table
    counter: U8Table
    state: U8Tables
    row: U8Table
    shared: Room

    @classmethod
    def of(cls, nodes: int, slots: int, planes: int, groups: int) -> "Scratch":
        """So many of each."""
        rows = aligned(2, nodes, WORDS)
        return cls(
            rows[0], rows[1], np.empty(nodes + 1, np.int32), np.zeros(nodes, np.bool_),
            aligned(slots, WORDS), aligned(planes, WORDS), aligned(groups, 3, WORDS),
            aligned(4, WORDS),
            Room.of(),
        )  # fmt: skip


def size_scratch(wiring: Wiring) -> tuple[int, int, int, int]:
    """Of the scratch for a wiring."""
    return len(wiring.row), len(wiring.groups.of_slot), len(wiring.counter), len(wiring.group)


def close(
    wiring: Wiring, drawing: Drawing, shared: Shared, worlds: Worlds, nodes: Ints, hit: Words,
    scratch: Scratch,
) -> Words:  # fmt: skip
    """(N, 8) lanes in which each node is hit: the least fixpoint above the start, 512 lanes.

    shared: the draws that are given rows; empty where the block gives them itself
    nodes, hit: (k,) nodes and (k, 8) the lanes in which each is hit from the start
    """
    scratch.hit[:] = 0
    scratch.passed[:] = 0
    scratch.lost[:] = 0
    scratch.state[:] = 0
    scratch.counter[:] = wiring.counter
    spread(wiring, drawing, shared, worlds, wiring.row[nodes], hit, scratch)
    found: Words = scratch.hit[wiring.row]
    return found


def spread(
    wiring: Wiring, drawing: Drawing, shared: Shared, worlds: Worlds, rows: Ints, hit: Words,
    scratch: Scratch,
) -> None:  # fmt: skip
    """From the fixpoint that the scratch holds to the least one in which these rows are hit, too.

    rows, hit: (k,) rows of nodes, each once, and (k, 8) the lanes in which each is hit
    """
    scratch.hit[rows] |= hit
    scratch.shared.pair[:] = -1
    closure_kernel(wiring.arcs, wiring.groups, drawing, shared, worlds, scratch)


class _Seen(NamedTuple):
    """Of one lane: slots lost, their number by group, groups with one in the node's mode."""

    lost: B1
    number: I8
    own: B1
    queue: I4


def reach(wiring: Wiring, passes: Bools, breaks_at: I8, hit: Bools) -> Bools:
    """One lane: (N,) nodes hit, the least fixpoint above `hit` over the arcs that pass.

    passes: (A,) arcs that transmit, or empty where all do
    breaks_at: (K,) lost slots that break each group with a spare
    """
    rows = np.empty_like(hit)
    rows[wiring.row] = hit
    slots, groups = len(wiring.groups.of_slot), len(wiring.group)
    seen = _Seen(
        np.zeros(slots, np.bool_), np.zeros(groups, np.int64), np.zeros(groups, np.bool_),
        np.empty(len(hit), np.int32),
    )  # fmt: skip
    one_lane_kernel(wiring.arcs, wiring.groups.of_slot, passes, breaks_at, seen, rows)
    reached: Bools = rows[wiring.row]
    return reached


@inlined
def _count(g: Any, t: Any, groups: Any, drawing: Any, worlds: Any, scratch: Any) -> Any:
    """Add newly lost slots to the counters of a group; hit its node where it breaks."""
    new, planes = scratch.row[1], scratch.counter[groups.plane[g] : groups.plane[g + 1]]
    own, touched, broken = scratch.state[g, 0], scratch.state[g, 1], scratch.state[g, 2]
    limit, hit = drawing.switch_limit[g], scratch.hit[t]
    grew = False
    for w in range(WORDS):
        carry = new[w]
        first = carry & ~touched[w]
        touched[w] |= carry
        for p in range(len(planes)):
            plane = planes[p, w]
            planes[p, w] = plane ^ carry
            carry &= plane
        if first != 0 and limit != CERTAIN:
            if limit > CERTAIN:
                works = worlds.given[limit - CERTAIN - 1, w]
            else:
                works = draw_below(drawing.switch_key[g], limit, worlds.counter[w], first)
            carry |= first & ~works
        broken[w] |= carry
        carry = broken[w] & own[w] & ~hit[w]
        if carry != 0:
            hit[w] |= carry
            grew = True
    return grew


@helper
def _spread_alone(tail: Any, arcs: Any, drawing: Any, worlds: Any, scratch: Any) -> None:
    """The same where every arc stands alone and is hashed: a loop that fits the registers.

    tail: end of the queue
    """
    start, target, key, limit = arcs.start, arcs.target, drawing.key, drawing.limit
    at_counter = worlds.counter.ctypes.data
    rows_hit, rows = scratch.hit.ctypes.data, scratch.row.ctypes.data
    at_target, at_key, at_limit = target.ctypes.data, key.ctypes.data, limit.ctypes.data
    last = len(target) - 1
    head = 0
    while head != tail:
        v, head, tail = take_first(head, tail, arcs, drawing, scratch)
        if v < 0:
            continue
        digits = take_out(v, scratch)
        for a in range(start[v], start[v + 1]):
            t = read_number(at_target + 4 * a)
            fetch(rows_hit + ROW * read_number(at_target + 4 * min(a + AHEAD, last)))
            fetch(at_key + 8 * (a + 2 * AHEAD))
            fetch(at_limit + 8 * (a + 2 * AHEAD))
            grew = push(
                read_word(at_key + 8 * a), read_word(at_limit + 8 * a), at_counter, rows,
                rows_hit + ROW * t, rows + ROW, digits,
            )  # fmt: skip
            tail = join_queue(t, grew, tail, scratch)


@helper
def _spread_shared(
    tail: Any, arcs: Any, drawing: Any, shared: Any, worlds: Any, scratch: Any
) -> None:
    """The same where every arc stands alone, and some share strengths."""
    start, target, key, limit = arcs.start, arcs.target, drawing.key, drawing.limit
    pair, of_pair, room = shared.draws.pair, shared.draws.of_pair, scratch.shared
    at_counter = worlds.counter.ctypes.data
    rows_hit, rows = scratch.hit.ctypes.data, scratch.row.ctypes.data
    out, planes, p = scratch.row[0], scratch.row.ctypes.data, np.int64(0)
    of_row, last = shared.draws.of_row, len(target) - 1
    at_target, at_key = target.ctypes.data, key.ctypes.data
    head = 0
    while head != tail:
        v, head, tail = take_first(head, tail, arcs, drawing, scratch)
        if v < 0:
            continue
        fetch_causes(shared, scratch, head, tail)
        digits = take_out(v, scratch)
        a, end = start[v], start[v + 1]
        whose = of_row[v, 1] if len(of_row) else NO_PAIR
        if whose != NO_PAIR:  # of all arcs
            p, law = np.int64(whose & _PAIR), np.int64(whose >> np.uint64(32))
            while a < end and not lacks(rows, rows_hit + ROW * read_number(at_target + 4 * a)):
                fetch(rows_hit + ROW * read_number(at_target + 4 * min(a + AHEAD, last)))
                a += 1
            if a < end:
                planes = lay_planes_of(p, of_row[v, 0], law, shared, worlds.counter, out, room)
            for b in range(a, end):
                t = read_number(at_target + 4 * b)
                fetch(rows_hit + ROW * read_number(at_target + 4 * min(b + AHEAD, last)))
                fetch(at_key + 8 * (b + 2 * AHEAD))
                grew = push_shared(
                    read_word(at_key + 8 * b), p, planes, shared, worlds.counter, rows,
                    rows_hit + ROW * t, rows + ROW, room, digits,
                )  # fmt: skip
                tail = join_queue(t, grew, tail, scratch)
            continue
        first = after = np.int64(0)  # draws of the pair whose thresholds are laid out
        for b in range(a, end):
            t, q = target[b], limit[b]
            fetch(rows_hit + ROW * target[min(b + AHEAD, last)])
            if q <= CERTAIN:
                grew = push(key[b], q, at_counter, rows, rows_hit + ROW * t, rows + ROW, digits)
            else:
                number = np.int64(q - CERTAIN) - 1
                if number < first or number >= after:
                    if not lacks(rows, rows_hit + ROW * t):
                        continue
                    p = np.int64(pair[number])
                    first, after = np.int64(of_pair[p, 0]), np.int64(of_pair[p, 1])
                    planes = lay_planes(p, shared, worlds.counter, out, room)
                grew = push_shared(
                    key[b], p, planes, shared, worlds.counter, rows, rows_hit + ROW * t, rows + ROW,
                    room, digits,
                )  # fmt: skip
            tail = join_queue(t, grew, tail, scratch)


@inlined
def _push_either(
    shares: Any, key: Any, limit: Any, p: Any, planes: Any, shared: Any, counter: Any,
    out: Any, hit: Any, new: Any, room: Any, digits: Any,
) -> Any:  # fmt: skip
    """`push` of a draw that stands alone, `push_shared` of one of a pair."""
    if shares:
        return push_shared(key, p, planes, shared, counter, out, hit, new, room, digits)
    return push(key, limit, counter.ctypes.data, out, hit, new, digits)


@kernel("the lane kernel", 4)
def closure_kernel(
    arcs: Arcs, groups: Groups, drawing: Drawing, shared: Shared, worlds: Worlds, scratch: Scratch
) -> None:
    """Spread what is hit and did not pass on to the least fixpoint; `scratch.hit` is found, by row.

    Cost: the arcs of what is hit, each as often as its provider is newly hit in some lanes, with
    some 10 digits of 8 draws each time.
    """
    start, target, slot, foreign = arcs.start, arcs.target, arcs.slot, arcs.foreign
    key, limit, counter = drawing.key, drawing.limit, worlds.counter
    pair, of_pair = shared.draws.pair, shared.draws.of_pair
    planes = scratch.row.ctypes.data  # of thresholds, where draws share strengths
    room, sharing, given = scratch.shared, len(of_pair) > 0, worlds.given
    hit, passed, queue, queued = scratch.hit, scratch.passed, scratch.queue, scratch.queued
    rows_hit, rows_lost = hit.ctypes.data, scratch.lost.ctypes.data
    rows, rows_state = scratch.row.ctypes.data, scratch.state.ctypes.data
    out, new, masked = scratch.row[0], scratch.row[1], scratch.row[2]
    size, spare, strange = len(queue), len(slot) > 0, len(foreign) > 0
    head = tail = 0
    for v in range(len(hit)):
        for w in range(WORDS):
            if hit[v, w] & ~passed[v, w] != 0:
                queued[v] = True
        if queued[v]:
            queue[tail] = v
            tail += 1
    if not spare and len(given) == 0:
        if sharing:
            _spread_shared(tail, arcs, drawing, shared, worlds, scratch)
        else:
            _spread_alone(tail, arcs, drawing, worlds, scratch)
        return
    while head != tail:
        v, head, tail = take_first(head, tail, arcs, drawing, scratch)
        if v < 0:
            continue
        digits = take_out(v, scratch)
        first = after = np.int64(0)  # draws of the pair whose thresholds are laid out
        for a in range(start[v], start[v + 1]):
            t, q, source = target[a], limit[a], rows
            s = slot[a] if spare else -1
            fetch(rows_hit + ROW * target[min(a + AHEAD, len(target) - 1)])
            shares = sharing and q > CERTAIN
            if shares:
                number = np.int64(q - CERTAIN) - 1
                if number < first or number >= after:
                    if not lacks(rows, rows_hit + ROW * t):
                        continue
                    p = np.int64(pair[number])
                    first, after = np.int64(of_pair[p, 0]), np.int64(of_pair[p, 1])
                    planes = lay_planes(p, shared, counter, out, room)
            elif q > CERTAIN:  # a row of given words
                for w in range(WORDS):
                    masked[w] = out[w] & given[q - CERTAIN - 1, w]
                q, source = CERTAIN, rows + 2 * ROW
            if s < 0:
                at_hit, at_new = rows_hit + ROW * t, rows + ROW
                grew = _push_either(
                    shares, key[a], q, p, planes, shared, counter, source, at_hit, at_new, room,
                    digits,
                )  # fmt: skip
            else:
                g = groups.of_slot[s]
                for w in range(WORDS):
                    new[w] = 0
                at_hit, at_new = rows_lost + ROW * s, rows + ROW
                grew = _push_either(
                    shares, key[a], q, p, planes, shared, counter, source, at_hit, at_new, room,
                    digits,
                )  # fmt: skip
                if not (strange and foreign[a]):
                    at_hit, at_new = rows_state + 3 * ROW * g, rows + 3 * ROW
                    own = _push_either(
                        shares, key[a], q, p, planes, shared, counter, source, at_hit, at_new, room,
                        digits,
                    )  # fmt: skip
                    grew = grew or own
                if grew:
                    grew = _count(g, t, groups, drawing, worlds, scratch)
            if grew and not queued[t]:
                queued[t] = True
                queue[tail] = t
                tail = tail + 1 if tail + 1 < size else 0


@kernel("the kernel of one lane", 1)
def one_lane_kernel(
    arcs: Arcs, of_slot: I4, passes: B1, breaks_at: I8, seen: _Seen, hit: B1
) -> None:
    """Spread what is hit in one lane; `hit` is found, by row. Cost: the arcs of what is hit."""
    start, target, slot, foreign = arcs.start, arcs.target, arcs.slot, arcs.foreign
    queue, lost, number, own = seen.queue, seen.lost, seen.number, seen.own
    spare, strange, some_fail = len(slot) > 0, len(foreign) > 0, len(passes) > 0
    tail = 0
    for v in range(len(hit)):
        if hit[v]:
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if hit[t] or (some_fail and not passes[a]):
                continue
            s = slot[a] if spare else -1
            if s >= 0:
                g = of_slot[s]
                own[g] |= not (strange and foreign[a])
                if not lost[s]:
                    lost[s] = True
                    number[g] += 1
                if number[g] < breaks_at[g] or not own[g]:
                    continue
            hit[t] = True
            queue[tail] = t
            tail += 1
