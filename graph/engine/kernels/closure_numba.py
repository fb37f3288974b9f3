"""The lane kernel, compiled form: the closure of `closure_numpy`, pushed arc by arc.

512 lanes (8 words, one cache line) an entity. A worklist holds the entities with lanes that are
newly hit; each of their arcs is drawn only in the lanes where its dependent is not hit yet, from
the hash of `knockon.graph.engine.uniforms`, so that random bits need no storage. Groups count their
lost members bit-sliced: P planes a group, started at 2^P - threshold, so that breaking is a carry
out. Nothing is allocated on the way.

Importing this module imports numba, and compiles the kernels or loads them from its cache.
"""

from logging import getLogger
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit, types

from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.engine.kernels.draws_numba import below, fetch, push
from knockon.graph.engine.uniforms import GOLDEN
from knockon.graph.engine.wiring import ROW, WORDS, Drawing, Scratch, Wiring

_log = getLogger("knockon")
_begun = perf_counter()

_u8, _i4, _i8, _b1 = types.uint64, types.int32, types.int64, types.boolean
_row, _table = _u8[::1], _u8[:, ::1]


def arrange(provider: Any, target: Any, n: int) -> tuple[Ints, Any]:
    """CSR of arcs (A,) int32 by provider, in each row by target: (n + 1,) starts, (A,) order."""
    start = np.zeros(n + 1, np.int64)
    order = np.empty(len(provider), np.int32)
    _arrange(provider, target, start, order, np.empty(len(provider), np.int32))
    return start, order


def close_block(
    wiring: Wiring, drawing: Drawing, given: Words, first_block: int, nodes: Ints, start: Words,
    scratch: Scratch,
) -> Words:  # fmt: skip
    """(N, 8) lanes in which each node is hit: the least fixpoint above the start, 512 lanes.

    given: (rows, 8) live words of the draws that are not hashed
    first_block: number of the first block of 64 worlds
    nodes, start: (k,) nodes and (k, 8) the lanes in which each is hit from the start
    The GIL is released meanwhile.
    """
    k = len(wiring.shared)
    counter = np.arange(first_block + 1, first_block + WORDS + 1, dtype=np.uint64) * GOLDEN
    scratch.hit[:] = 0
    scratch.hit[wiring.row[nodes]] = start
    _spread(
        wiring.start, wiring.target, wiring.slot, wiring.foreign, drawing.key, drawing.limit,
        given, wiring.group, wiring.plane, wiring.planes(), drawing.switch_key,
        drawing.switch_limit, np.zeros((len(wiring.group), WORDS), np.uint64),
        np.zeros((k, 3, WORDS), np.uint64), counter, scratch.hit, scratch.delta, scratch.queue,
        scratch.queued, np.zeros((4, WORDS), np.uint64),
    )  # fmt: skip
    found: Words = scratch.hit[wiring.row]
    return found


def reach(wiring: Wiring, passes: Bools, breaks_at: Ints, hit: Bools) -> Bools:
    """One lane: (N,) nodes hit, the least fixpoint above `hit` over the arcs that pass.

    passes: (A,) arcs that transmit, or empty where all do
    breaks_at: (K,) lost members that break each shared group
    """
    n = len(hit)
    rows = np.empty_like(hit)
    rows[wiring.row] = hit
    _reach(
        wiring.start, wiring.target, wiring.slot, wiring.foreign, passes, wiring.group, breaks_at,
        np.zeros(len(wiring.group), np.bool_), np.zeros(len(wiring.shared), np.int64),
        np.zeros(len(wiring.shared), np.bool_), rows, np.empty(n, np.int32),
    )  # fmt: skip
    reached: Bools = rows[wiring.row]
    return reached


@njit(nogil=True)
def _count(
    new: Any, planes: Any, state: Any, switch_key: Any, switch_limit: Any, given: Any,
    counter: Any, hit: Any, delta: Any,
) -> Any:  # fmt: skip
    """Add newly lost members to the counters of a group; hit its node where it breaks.

    state: rows of lanes in which a member is lost in the node's mode, is lost, the group breaks
    """
    certain = np.uint64(4294967296)
    own, touched, broken = state[0], state[1], state[2]
    grew = False
    for w in range(WORDS):
        carry = new[w]
        first = carry & ~touched[w]
        touched[w] |= carry
        for p in range(len(planes)):
            plane = planes[p, w]
            planes[p, w] = plane ^ carry
            carry &= plane
        if first != 0 and switch_limit != certain:
            if switch_limit > certain:
                works = given[switch_limit - certain - 1, w]
            else:
                works = below(switch_key, switch_limit, counter[w], first)
            carry |= first & ~works
        broken[w] |= carry
        carry = broken[w] & own[w] & ~hit[w]
        if carry != 0:
            hit[w] |= carry
            delta[w] |= carry
            grew = True
    return grew


@njit(
    types.void(_i4[::1], _i4[::1], _i8[::1], _i4[::1], _i4[::1]), nogil=True, cache=True
)  # fmt: skip
def _arrange(provider: Any, target: Any, start: Any, order: Any, by_target: Any) -> None:
    """Two stable counting sorts, by target, then by provider (Seward 1954). Cost: O(N + A)."""
    n = len(start) - 1
    for keys, before, after in ((target, order, by_target), (provider, by_target, order)):
        start[:] = 0
        for a in range(len(keys)):
            start[keys[a] + 1] += 1
        for v in range(n):
            start[v + 1] += start[v]
        for i in range(len(keys)):
            a = i if after is by_target else before[i]
            after[start[keys[a]]] = a
            start[keys[a]] += 1
    for v in range(n, 0, -1):
        start[v] = start[v - 1]
    start[0] = 0


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _row, _row, _table, _i4[::1], _i8[::1], _table,
        _row, _row, _table, _u8[:, :, ::1], _row, _table, _table, _i4[::1], _b1[::1], _table,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _spread(
    start: Any, target: Any, slot: Any, foreign: Any, key: Any, limit: Any, given: Any,
    group: Any, plane: Any, planes: Any, switch_key: Any, switch_limit: Any, lost: Any,
    state: Any, counter: Any, hit: Any, delta: Any, queue: Any, queued: Any, scratch: Any,
) -> None:  # fmt: skip
    certain = np.uint64(4294967296)
    rows_hit, rows_delta, rows_lost = hit.ctypes.data, delta.ctypes.data, lost.ctypes.data
    rows, rows_state = scratch.ctypes.data, state.ctypes.data
    out, new, masked = scratch[0], scratch[1], scratch[2]
    at_counter = counter.ctypes.data
    size, shared, strange = len(queue), len(group) > 0, len(foreign) > 0
    head = tail = 0
    for v in range(len(hit)):
        for w in range(WORDS):
            if hit[v, w] != 0:
                queued[v] = True
                delta[v, w] = hit[v, w]
        if queued[v]:
            queue[tail] = v
            tail += 1
    while head != tail:
        v = queue[head]
        head = head + 1 if head + 1 < size else 0
        queued[v] = False
        for w in range(WORDS):
            out[w] = delta[v, w]
            delta[v, w] = 0
        for a in range(start[v], start[v + 1]):
            t, q, source = target[a], limit[a], rows
            s = slot[a] if shared else -1
            ahead = a + 8  # memory answers late: ask for the rows of arcs to come
            if ahead < len(target):
                fetch(rows_hit + ROW * target[ahead])
                fetch(rows_delta + ROW * target[ahead])
            if q > certain:  # a row of given words
                for w in range(WORDS):
                    masked[w] = out[w] & given[q - certain - 1, w]
                q, source = certain, rows + 2 * ROW
            if s < 0:
                grew = push(key[a], q, at_counter, source, rows_hit + ROW * t, rows_delta + ROW * t)
            else:
                g = group[s]
                for w in range(WORDS):
                    new[w] = 0
                grew = push(key[a], q, at_counter, source, rows_lost + ROW * s, rows + ROW)
                if not (strange and foreign[a]):
                    own = push(
                        key[a], q, at_counter, source, rows_state + 3 * ROW * g, rows + 3 * ROW
                    )
                    grew = grew or own
                if grew:
                    grew = _count(
                        new, planes[plane[g] : plane[g + 1]], state[g], switch_key[g],
                        switch_limit[g], given, counter, hit[t], delta[t],
                    )  # fmt: skip
            if grew and not queued[t]:
                queued[t] = True
                queue[tail] = t
                tail = tail + 1 if tail + 1 < size else 0


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _b1[::1], _i4[::1], _i8[::1], _b1[::1], _i8[::1],
        _b1[::1], _b1[::1], _i4[::1],
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _reach(
    start: Any, target: Any, slot: Any, foreign: Any, passes: Any, group: Any, breaks_at: Any,
    lost: Any, count: Any, own: Any, hit: Any, queue: Any,
) -> None:  # fmt: skip
    shared, strange, some_fail = len(group) > 0, len(foreign) > 0, len(passes) > 0
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
            s = slot[a] if shared else -1
            if s >= 0:
                g = group[s]
                own[g] |= not (strange and foreign[a])
                if not lost[s]:
                    lost[s] = True
                    count[g] += 1
                if count[g] < breaks_at[g] or not own[g]:
                    continue
            hit[t] = True
            queue[tail] = t
            tail += 1


if _spread.stats.cache_misses:  # else loaded from the cache, in a fraction of a second
    _log.warning(
        "the lane kernel was compiled for this machine, once: %.0f s", perf_counter() - _begun
    )
