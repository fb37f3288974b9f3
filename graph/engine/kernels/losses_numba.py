"""The loss kernel, compiled form: the fixpoint of `losses_numpy`, one world at a time.

Nodes leave a heap in falling order of loss. No factor is above 1 and no group brings more than its
largest member, so a node that leaves the heap keeps its loss (Knuth 1977, a generalization of
Dijkstra's algorithm). Only what is hit is touched. Cost of a world: the arcs of hit nodes, each
with about 2 digits of its draw, and a heap of the hit nodes.

Importing this module imports numba, and compiles the kernel or loads it from its cache.
"""

from typing import Any

import numpy as np
from numba import njit, types

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.kernels.draws_numba import below
from knockon.graph.engine.kernels.heap_numba import put, take
from knockon.graph.engine.wiring import Drawing, Wiring

_u8, _i4, _i8, _f8, _b1 = types.uint64, types.int32, types.int64, types.float64, types.boolean


def world_losses(
    wiring: Wiring, drawing: Drawing, given: Words, loss: Floats, first: int, lanes: Ints,
    nodes: Ints, severity: Floats, out: Floats,
) -> None:  # fmt: skip
    """Fill the rows `lanes` of `out` (L, N) with the loss of each node in these lanes of a block.

    given: (rows, W) live words of the draws that are not hashed; loss: (A,) of each arc as wired
    first: number of the first block of 64 worlds; nodes, severity: the origins
    The GIL is released meanwhile.
    """
    n, slots, groups = len(wiring.row), len(wiring.group), len(wiring.shared)
    x = np.zeros(n)
    _losses(
        wiring.start, wiring.target, wiring.slot, wiring.foreign, drawing.key, drawing.limit,
        given, loss, wiring.group, wiring.first_slot, wiring.node, wiring.threshold,
        drawing.switch_key, drawing.switch_limit, first, lanes, wiring.row[nodes], severity,
        wiring.row, x, np.empty(n + 1, np.int32), np.full(n, -1, np.int32),
        np.zeros(slots), np.zeros(groups), np.zeros(groups), np.zeros(groups, np.int8),
        np.empty(slots + 1), out,
    )  # fmt: skip


@njit(nogil=True, inline="always")
def _lives(key: Any, limit: Any, given: Any, counter: Any, word: Any, bit: Any) -> Any:
    certain = np.uint64(4294967296)
    if limit == certain:
        return True
    if limit > certain:
        return (given[limit - certain - np.uint64(1), word] & bit) != 0
    if limit == 0:
        return False
    return below(key, limit, counter, bit) != 0


@njit(nogil=True)
def _ranked(values: Any, rank: Any, room: Any) -> Any:
    """The rank-th largest of the values, 0 where they are fewer."""
    if rank > len(values):
        return 0.0
    kept = 0
    for value in values:  # the `rank` largest so far, ascending
        if kept < rank:
            i = kept
            kept += 1
        elif value > room[0]:
            i = 0
            while i + 1 < kept and room[i + 1] < value:
                room[i] = room[i + 1]
                i += 1
            room[i] = value
            continue
        else:
            continue
        while i > 0 and room[i - 1] > value:
            room[i] = room[i - 1]
            i -= 1
        room[i] = value
    return room[0]


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _u8[::1], _u8[::1], _u8[:, ::1], _f8[::1],
        _i4[::1], _i8[::1], _i4[::1], _i8[::1], _u8[::1], _u8[::1], _i8, _i8[::1], _i4[::1],
        _f8[::1], _i4[::1], _f8[::1], _i4[::1], _i4[::1], _f8[::1], _f8[::1], _f8[::1],
        types.int8[::1], _f8[::1], _f8[:, ::1],
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _losses(
    start: Any, target: Any, slot: Any, foreign: Any, key: Any, limit: Any, given: Any, loss: Any,
    group: Any, first_slot: Any, node: Any, threshold: Any, switch_key: Any, switch_limit: Any,
    first: Any, lanes: Any, origins: Any, severity: Any, row: Any, x: Any, heap: Any, place: Any,
    member: Any, own: Any, broken: Any, switch: Any, room: Any, out: Any,
) -> None:  # fmt: skip
    shared, strange = len(group) > 0, len(foreign) > 0
    rank = x.view(np.int64)  # floats from 0 up are ordered as their bits are
    for lane in lanes:
        word, bit = lane >> 6, np.uint64(1) << np.uint64(lane & 63)
        counter = np.uint64(first + word + 1) * np.uint64(0x9E3779B97F4A7C15)
        x[:] = 0.0
        member[:] = 0.0
        own[:] = 0.0
        broken[:] = 0.0
        switch[:] = 0
        size = 0
        for k in range(len(origins)):
            v = origins[k]
            x[v] = max(x[v], severity[k])
            size = put(heap, place, size, v, rank, rank, rank)
        while size > 0:
            v = take(heap, place, size, rank, rank, rank)
            size -= 1
            for a in range(start[v], start[v + 1]):
                t, value = target[a], x[v] * loss[a]
                s = slot[a] if shared else -1
                if s < 0:
                    if value <= x[t] or not _lives(key[a], limit[a], given, counter, word, bit):
                        continue
                else:
                    g = group[s]
                    if not _lives(key[a], limit[a], given, counter, word, bit):
                        continue
                    member[s] = max(member[s], value)
                    if not (strange and foreign[a]):
                        own[g] = max(own[g], value)
                    if switch[g] == 0:
                        works = _lives(switch_key[g], switch_limit[g], given, counter, word, bit)
                        switch[g] = 1 if works else 2
                    if switch[g] == 2:
                        broken[g] = max(broken[g], value)
                    elif value > broken[g]:
                        of_group = member[first_slot[g] : first_slot[g + 1]]
                        broken[g] = _ranked(of_group, threshold[g], room)
                    value = min(broken[g], own[g])
                    if value <= x[t]:
                        continue
                x[t] = value
                size = put(heap, place, size, t, rank, rank, rank)
        for v in range(len(row)):
            out[lane, v] = x[row[v]]
