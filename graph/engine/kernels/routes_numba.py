"""The most probable chains, compiled form: the same forest as `knockon.graph.engine.routes`.

Dijkstra's algorithm over the triple (arcs of strength 0, cost, arcs), and a breadth-first search
for hops. Cost: the arcs of all nodes, and a heap of them. Nothing is allocated on the way.

Importing this module imports numba, and compiles the kernel or loads it from its cache.
"""

from typing import Any

import numpy as np
from numba import njit, types

from knockon.graph.arrays import Bools, Ints
from knockon.graph.engine.kernels.heap_numba import put, take
from knockon.graph.engine.wiring import Wiring

FAR = np.iinfo(np.int64).max // 2
_i4, _i8, _b1 = types.int32, types.int64, types.boolean


def forest(
    wiring: Wiring, provider: Ints, price: Ints, zero: Bools, origins: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """(N,) hops, zeros, cost, depth and the arc before each node (-1), as `Routes` has them.

    price, zero: (A,) of each arc of the circuit; provider: (A,) node
    """
    n = len(wiring.row)
    keys = np.full((3, n), -FAR)
    hops, arc = np.full(n, FAR), np.full(n, -1, np.int32)
    _forest(
        wiring.start, wiring.target, wiring.arc, wiring.foreign, price, zero,
        np.asarray(provider, np.int32), wiring.row[origins], hops, keys[0], keys[1], keys[2], arc,
        np.empty(n, np.int32), np.full(n, -1, np.int32),
    )  # fmt: skip
    zeros, cost, depth = (-k[wiring.row] for k in keys)
    return hops[wiring.row], zeros, cost, depth, arc[wiring.row].astype(np.int64)


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _i8[::1], _b1[::1], _i4[::1], _i4[::1], _i8[::1],
        _i8[::1], _i8[::1], _i8[::1], _i4[::1], _i4[::1], _i4[::1],
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _forest(
    start: Any, target: Any, order: Any, foreign: Any, price: Any, zero: Any, provider: Any,
    origins: Any, hops: Any, zeros: Any, cost: Any, depth: Any, arc: Any, heap: Any, place: Any,
) -> None:  # fmt: skip
    strange = len(foreign) > 0
    tail = size = 0
    for v in origins:
        hops[v] = zeros[v] = cost[v] = depth[v] = 0
        heap[tail] = v
        tail += 1
    head = 0
    while head < tail:
        v = heap[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if hops[t] > hops[v] + 1 and not (strange and foreign[a]):
                hops[t] = hops[v] + 1
                heap[tail] = t
                tail += 1
    for v in origins:
        size = put(heap, place, size, v, zeros, cost, depth)
    while size > 0:  # keys are negative: the largest is the nearest
        v = take(heap, place, size, zeros, cost, depth)
        size -= 1
        for a in range(start[v], start[v + 1]):
            if strange and foreign[a]:
                continue
            t, e = target[a], order[a]
            z, c, d = zeros[v] - zero[e], cost[v] - price[e], depth[v] - 1
            if z < zeros[t] or (z == zeros[t] and c < cost[t]):
                continue
            if z == zeros[t] and c == cost[t]:
                if d < depth[t]:
                    continue
                if d == depth[t]:  # as good: the provider of the smallest number
                    if arc[t] >= 0 and (provider[e], e) < (provider[arc[t]], arc[t]):
                        arc[t] = e
                    continue
            zeros[t], cost[t], depth[t], arc[t] = z, c, d, e
            size = put(heap, place, size, t, zeros, cost, depth)
