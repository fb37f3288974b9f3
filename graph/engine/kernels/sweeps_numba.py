"""Every origin by itself on lanes of worlds or cases, and what of it is added up, compiled form.

The closure of `closure_numba`, but for one origin after the other: draws are rows of given words,
the same for all origins of a block, and only what an origin reaches is touched, so that one that
reaches little costs little. Stakes are whole numbers, so that those of a lane add up in any order;
lanes add up in that of `sums.add_words`, whatever runs them.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import push
from knockon.graph.engine.kernels.lanes_numba import add_to_lanes
from knockon.graph.engine.kernels.late import inlined
from knockon.graph.engine.kernels.layout import (
    B1,
    CERTAIN,
    F8,
    I4,
    I8,
    ROW,
    U8,
    WORDS,
    Arcs,
    F8Table,
    Groups,
    U8Table,
    U8Tables,
)
from knockon.graph.engine.uniforms import ALL

FEW = 12  # draws within reach up to which all cases are looked at (`worlds.EXACT`)
SAMPLED, EXACT, PROBE = 0, 1, 2  # what is done with an origin
SUMS = 5  # of an origin: hits, their squares, direct hits, impact, its squares
LAYERS = 8  # arcs of a dependency at most: modes in which it may carry a failure
ENDLESS = 1 << 62
_PLANES = 40  # binary digits of a number of values
_LANES = 64 * WORDS


class Drawn(NamedTuple):
    """The draws of a block, V rows and one that never happens.

    of_arc: (A,) row of each arc; of_switch: (K,) row of each switch that works, -1 where it does
    chance: (V + 1,) of each in the run; varies: (V + 1,) draws that count as few or many
    """

    of_arc: I4
    of_switch: I4
    chance: F8
    varies: B1


class Counted(NamedTuple):
    """What is counted, by row (N,) and by origin (k,).

    entity, value: (N,) of each row, value -1 where it does not count; stake: (n,) by entity
    origin: (k,) rows; own: (k,) value of each; first: (k + 1,), direct: values that depend on each
    few_first: (k + 1,), few: draws whose cases are looked at
    weighted: stakes differ, or values are not entities
    """

    entity: I4
    value: I4
    stake: I8
    origin: I4
    own: I4
    first: I8
    direct: I4
    few_first: I8
    few: I4
    weighted: bool


class Scratch(NamedTuple):
    """What one worker needs; clean after each origin. N rows, S slots, K groups, U values."""

    hit: U8Table
    delta: U8Table
    queue: I4
    queued: B1
    lost: U8Table
    counter: U8Table
    state: U8Tables
    row: U8Table
    seen: B1
    seen_slot: B1
    seen_group: B1
    seen_value: B1
    seen_draw: B1
    rows: I4
    slots: I4
    groups: I4
    values: I4
    draws: I4
    of_value: U8Table
    planes: U8Tables
    total: I8
    weight: F8
    sums: F8Table

    @classmethod
    def of(
        cls, nodes: int, slots: int, planes: int, groups: int, units: int, draws: int
    ) -> "Scratch":
        """So many of each."""

        def rows(n: int) -> U8Table:
            return np.zeros((n, WORDS), np.uint64)

        def flags(n: int) -> B1:
            return np.zeros(n, np.bool_)

        def numbers(n: int) -> I4:
            return np.empty(n, np.int32)

        return cls(
            rows(nodes), rows(nodes), numbers(nodes + 1), flags(nodes), rows(slots), rows(planes),
            np.zeros((groups, 3, WORDS), np.uint64), rows(4),
            flags(nodes), flags(slots), flags(groups), flags(units), flags(draws),
            numbers(nodes), numbers(slots), numbers(groups), numbers(units), numbers(draws),
            rows(units), np.zeros((2, _PLANES, WORDS), np.uint64),
            np.zeros(_LANES, np.int64), np.ones(_LANES), np.zeros((2, SUMS)),
        )  # fmt: skip


@kernel("the kernel of draws", 1)
def draw_kernel(key: U8, limit: U8, counter: U8, live: U8Table, row: U8Table) -> None:
    """Draw V rows of 8 words; live: (V + 1, 8), its last row is left alone; row: (2, 8) scratch."""
    for w in range(WORDS):
        row[0, w] = ALL
    for v in range(len(key)):
        for w in range(WORDS):
            live[v, w] = 0
        push(key[v], limit[v], counter.ctypes.data, row.ctypes.data,
             live.ctypes.data + ROW * v, row.ctypes.data + ROW, 8)  # fmt: skip


@inlined
def _count(g: Any, t: Any, groups: Any, works: Any, live: Any, scratch: Any) -> Any:
    """Add newly lost slots to the counters of a group; hit its node where it breaks."""
    new, planes = scratch.row[1], scratch.counter[groups.plane[g] : groups.plane[g + 1]]
    own, touched, broken = scratch.state[g, 0], scratch.state[g, 1], scratch.state[g, 2]
    grew = False
    for w in range(WORDS):
        carry = new[w]
        first = carry & ~touched[w]
        touched[w] |= carry
        for p in range(len(planes)):
            plane = planes[p, w]
            planes[p, w] = plane ^ carry
            carry &= plane
        if works >= 0:
            carry |= first & ~live[works, w]
        broken[w] |= carry
        carry = broken[w] & own[w] & ~scratch.hit[t, w]
        if carry != 0:
            scratch.hit[t, w] |= carry
            scratch.delta[t, w] |= carry
            grew = True
    return grew


@inlined
def _spread(
    origin: Any, arcs: Any, groups: Any, start: Any, drawn: Any, entity: Any, live: Any, most: Any,
    s: Any,
) -> Any:  # fmt: skip
    """Close what one origin hits, s.hit[origin] from the start: how many rows, slots, groups.

    most: arcs that vary after which nobody asks any further
    """
    rows = s.row.ctypes.data
    rows_hit, rows_delta, rows_lost = s.hit.ctypes.data, s.delta.ctypes.data, s.lost.ctypes.data
    rows_state = s.state.ctypes.data
    own, spare, strange = entity[origin], len(arcs.slot) > 0, len(arcs.foreign) > 0
    size = len(s.queue)
    s.queue[0] = origin
    s.rows[0] = origin
    s.seen[origin] = True
    head, tail, reached, slots, broken, varying = 0, 1, 1, 0, 0, 0
    while head != tail:
        v = s.queue[head]
        head = head + 1 if head + 1 < size else 0
        s.queued[v] = False
        for w in range(WORDS):
            s.row[0, w] = s.delta[v, w]
            s.delta[v, w] = 0
        for a in range(arcs.start[v], arcs.start[v + 1]):
            if varying > most:
                break
            t, r = arcs.target[a], drawn.of_arc[a]
            if entity[t] == own:  # an origin is a fact: its own dependencies count for nothing
                continue
            some = np.uint64(0)
            for w in range(WORDS):
                s.row[2, w] = s.row[0, w] & live[r, w]
                some |= s.row[2, w]
            if some == 0:
                continue
            slot = arcs.slot[a] if spare else -1
            if slot < 0:
                varying += drawn.varies[r]
                grew = push(
                    some, CERTAIN, rows, rows + 2 * ROW, rows_hit + ROW * t, rows_delta + ROW * t, 0
                )
            else:
                g = groups.of_slot[slot]
                if not s.seen_group[g]:
                    s.seen_group[g] = True
                    s.groups[broken] = g
                    broken += 1
                    for p in range(groups.plane[g], groups.plane[g + 1]):
                        for w in range(WORDS):
                            s.counter[p, w] = start[p, w]
                if not s.seen_slot[slot]:
                    s.seen_slot[slot] = True
                    s.slots[slots] = slot
                    slots += 1
                for w in range(WORDS):
                    s.row[1, w] = 0
                grew = push(
                    some, CERTAIN, rows, rows + 2 * ROW, rows_lost + ROW * slot, rows + ROW, 0
                )
                if not (strange and arcs.foreign[a]):
                    mine = push(
                        some, CERTAIN, rows, rows + 2 * ROW, rows_state + 3 * ROW * g,
                        rows + 3 * ROW, 0,
                    )  # fmt: skip
                    grew = grew or mine
                if grew:
                    grew = _count(g, t, groups, drawn.of_switch[g], live, s)
            if grew:
                if not s.seen[t]:
                    s.seen[t] = True
                    s.rows[reached] = t
                    reached += 1
                if not s.queued[t]:
                    s.queued[t] = True
                    s.queue[tail] = t
                    tail = tail + 1 if tail + 1 < size else 0
        if varying > most:
            while head != tail:
                v = s.queue[head]
                head = head + 1 if head + 1 < size else 0
                s.queued[v] = False
                for w in range(WORDS):
                    s.delta[v, w] = 0
    return reached, slots, broken


@inlined
def _gather(reached: Any, unit: Any, own: Any, s: Any) -> Any:
    """Join the rows that were reached by value, or by entity: how many, but for the origin's."""
    found = 0
    for i in range(reached):
        v = s.rows[i]
        x = unit[v]
        if x < 0 or x == own:
            continue
        if s.seen_value[x]:
            for w in range(WORDS):
                s.of_value[x, w] |= s.hit[v, w]
        else:
            s.seen_value[x] = True
            s.values[found] = x
            found += 1
            for w in range(WORDS):
                s.of_value[x, w] = s.hit[v, w]
    return found


@inlined
def _add(planes: Any, digits: Any, row: Any) -> Any:
    """Add one in the lanes of a row to the numbers of all lanes: how many digits they have."""
    for w in range(WORDS):
        carry, p = row[w], 0
        while carry != 0:
            plane = planes[p, w]
            planes[p, w] = plane ^ carry
            carry &= plane
            p += 1
        digits = max(digits, p)
    return digits


@inlined
def _read(planes: Any, digits: Any, lane: Any) -> Any:
    """The number of a lane."""
    word, bit = lane >> 6, np.uint64(lane & 63)
    number = np.int64(0)
    for p in range(digits):
        number += np.int64((planes[p, word] >> bit) & np.uint64(1)) << p
    return number


@inlined
def _wipe(planes: Any, digits: Any) -> Any:
    for p in range(digits):
        for w in range(WORDS):
            planes[p, w] = 0


@inlined
def _weigh(found: Any, stake: Any, s: Any) -> Any:
    """Add the stakes of the entities that were gathered to the totals of their lanes."""
    for i in range(found):
        x = s.values[i]
        amount = stake[x]
        if amount == 0:
            continue
        for w in range(WORDS):
            add_to_lanes(s.of_value[x, w], 64 * w, amount, s.total)


@inlined
def _forget(found: Any, s: Any) -> Any:
    for i in range(found):
        s.seen_value[s.values[i]] = False


@inlined
def _add_up(i: Any, lanes: Any, reached: Any, counted: Any, s: Any, sums: Any) -> Any:
    """What an origin hits in these lanes: a word, then a block, then its row of sums."""
    found = _gather(reached, counted.value, counted.own[i], s)
    every = direct = 0
    for j in range(found):
        every = _add(s.planes[0], every, s.of_value[s.values[j]])
    for j in range(counted.first[i], counted.first[i + 1]):
        x = counted.direct[j]
        if s.seen_value[x]:
            direct = _add(s.planes[1], direct, s.of_value[x])
    _forget(found, s)
    if counted.weighted:
        for lane in range(lanes):
            s.total[lane] = 0
        found = _gather(reached, counted.entity, counted.entity[counted.origin[i]], s)
        _weigh(found, counted.stake, s)
        _forget(found, s)
    word, block = s.sums[0], s.sums[1]
    block[:] = 0.0
    for first in range(0, lanes, 64):
        word[:] = 0.0
        for lane in range(first, min(first + 64, lanes)):
            weight, hits = s.weight[lane], float(_read(s.planes[0], every, lane))
            word[0] += weight * hits
            word[1] += weight * hits * hits
            word[2] += weight * float(_read(s.planes[1], direct, lane))
            if counted.weighted:
                amount = float(s.total[lane])
                word[3] += weight * amount
                word[4] += weight * amount * amount
        for k in range(SUMS):
            block[k] += word[k]
    for k in range(SUMS):
        sums[i, k] += block[k]
    _wipe(s.planes[0], every)
    _wipe(s.planes[1], direct)


@inlined
def _clean(reached: Any, slots: Any, broken: Any, s: Any) -> Any:
    for j in range(reached):
        v = s.rows[j]
        s.seen[v] = False
        for w in range(WORDS):
            s.hit[v, w] = 0
    for j in range(slots):
        s.seen_slot[s.slots[j]] = False
        for w in range(WORDS):
            s.lost[s.slots[j], w] = 0
    for j in range(broken):
        g = s.groups[j]
        s.seen_group[g] = False
        for part in range(3):
            for w in range(WORDS):
                s.state[g, part, w] = 0


@inlined
def _note_draw(draw: Any, number: Any, varies: Any, s: Any) -> Any:
    """One more draw that matters, where it may fall either way: how many there are."""
    if varies[draw] and not s.seen_draw[draw]:
        s.seen_draw[draw] = True
        s.draws[number] = draw
        return number + 1
    return number


@inlined
def _list_draws(
    origin: Any, reached: Any, broken: Any, arcs: Any, groups: Any, drawn: Any, entity: Any,
    live: Any, s: Any,
) -> Any:  # fmt: skip
    """How many draws matter to what an origin reaches, FEW + 1 for more; s.draws are they."""
    number = 0
    for j in range(broken):
        g = s.groups[j]
        if s.state[g, 2, 0] != 0 and drawn.of_switch[g] >= 0 and number <= FEW:
            number = _note_draw(drawn.of_switch[g], number, drawn.varies, s)
    for j in range(reached):
        v = s.rows[j]
        for a in range(arcs.start[v], arcs.start[v + 1]):
            if number > FEW:
                break
            t, r = arcs.target[a], drawn.of_arc[a]
            if not s.seen[t] or entity[t] == entity[origin] or live[r, 0] == 0:
                continue
            slot = arcs.slot[a] if len(arcs.slot) > 0 else -1
            if slot < 0 or s.state[groups.of_slot[slot], 2, 0] != 0:
                number = _note_draw(r, number, drawn.varies, s)
    return number


@inlined
def _lay_out_cases(i: Any, counted: Any, chance: Any, live: Any, s: Any) -> Any:
    """The few draws of an origin that may fall either way in this run; the others as they fall."""
    number = 0
    for j in range(counted.few_first[i], counted.few_first[i + 1]):
        d = counted.few[j]
        if 0.0 < chance[d] < 1.0:
            s.draws[number] = d
            number += 1
        else:
            for w in range(WORDS):
                live[d, w] = ALL if chance[d] >= 1.0 else 0
    return number


@inlined
def _set_cases(begin: Any, lanes: Any, number: Any, chance: Any, live: Any, s: Any) -> Any:
    """The draws of the cases from `begin` on, and how likely each case is."""
    for lane in range(lanes):
        s.weight[lane] = 1.0
    for k in range(number):
        d = s.draws[k]
        for w in range(WORDS):
            live[d, w] = 0
        for lane in range(lanes):
            if (begin + lane) >> k & 1:
                live[d, lane >> 6] |= np.uint64(1) << np.uint64(lane & 63)
                s.weight[lane] *= chance[d]
            else:
                s.weight[lane] *= 1.0 - chance[d]


@kernel("the kernel of sweeps", 8)
def sweep_kernel(
    arcs: Arcs, groups: Groups, start: U8Table, drawn: Drawn, counted: Counted, live: U8Table,
    what: int, begin: int, end: int, lanes: int, scratch: Scratch, sums: F8Table, few: I8,
) -> None:  # fmt: skip
    """Sweep the origins begin..end-1 of those that are counted.

    start: the counters of groups; live: (V + 1, 8) where each draw happens
    what: SAMPLED: `lanes` worlds of weight 1, whose draws are `live`; EXACT: every case of the few
    draws of each origin, for which `live` is written to; PROBE: which draws matter, where all that
    is `live` happens
    Filled in: sums (k, SUMS), added to; by PROBE few: FEW + 1 for each origin, their number and
    the draws. Cost: the arcs of what an origin reaches, 8 words each.
    """
    s = scratch
    for i in range(begin, end):
        origin = counted.origin[i]
        number, cases = 0, lanes
        if what == EXACT:
            number = _lay_out_cases(i, counted, drawn.chance, live, s)
            cases = 1 << number
        first = 0
        while first < cases:
            inside = min(cases - first, _LANES)
            if what == EXACT:
                _set_cases(first, inside, number, drawn.chance, live, s)
            for w in range(WORDS):
                left = min(max(inside - 64 * w, 0), 64)
                word = ALL if left == 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)
                s.hit[origin, w] = word
                s.delta[origin, w] = word
            reached, slots, broken = _spread(
                origin, arcs, groups, start, drawn, counted.entity, live,
                LAYERS * FEW if what == PROBE else ENDLESS, s,
            )  # fmt: skip
            if what == PROBE:
                at = (FEW + 2) * (i - begin)
                number = _list_draws(
                    origin, reached, broken, arcs, groups, drawn, counted.entity, live, s
                )
                few[at] = number
                for j in range(number):
                    s.seen_draw[s.draws[j]] = False
                    if j < FEW:
                        few[at + 1 + j] = s.draws[j]
            else:
                _add_up(i, inside, reached, counted, s, sums)
            _clean(reached, slots, broken, s)
            first += _LANES
        if what == EXACT:
            for lane in range(_LANES):
                s.weight[lane] = 1.0
