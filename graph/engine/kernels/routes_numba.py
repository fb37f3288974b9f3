"""The most probable chains, compiled form: the same forest as `routes_numpy`.

A breadth-first search for hops, which is all where arcs are alike; else Dijkstra's algorithm over
the triple (arcs of strength 0, cost, arcs).
"""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Ints
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.heap_numba import Heap, put, take
from knockon.graph.engine.kernels.layout import B1, I4, I8, Arcs, I4Seen, Wiring
from knockon.graph.engine.kernels.routes_numpy import FAR, Forest


class Prices(NamedTuple):
    """Of arcs in the order of a circuit (A,): cost, whether of strength 0, the provider's node."""

    cost: I8
    zero: B1
    provider: I4


class Tree(NamedTuple):
    """By row (N,): keys negative, so that the largest is the nearest; the arc before, or -1."""

    zeros: I8
    cost: I8
    depth: I8
    arc: I4


def find_forest(wiring: Wiring, provider: Ints, price: Ints, zero: Bools, origins: Ints) -> Forest:
    """The chains over the arcs of a circuit; provider, price, zero: (A,) of each."""
    n, row = len(wiring.row), wiring.row
    heap, first = Heap.of(n), np.full(n, -1, np.int32)
    hops, provider = np.full(n, FAR), provider.astype(np.int32, copy=False)
    hops_kernel(wiring.arcs, wiring.arc, provider, row[origins], hops, first, heap.node)
    if bool((price == price[:1]).all() and (zero == zero[:1]).all()):
        of_one = (zero[:1].sum(), price[:1].sum(), 1)
        zeros, cost, depth = (np.where(hops < FAR, hops * each, FAR)[row] for each in of_one)
        return Forest(hops[row], zeros, cost, depth, first[row].astype(np.int64))
    keys = np.full((3, n), -FAR)
    tree = Tree(keys[0], keys[1], keys[2], np.full(n, -1, np.int32))
    prices = Prices(price.astype(np.int64), zero, provider.copy())
    routes_kernel(wiring.arcs, wiring.arc, prices, row[origins], tree, heap)
    return Forest(
        hops[row], -tree.zeros[row], -tree.cost[row], -tree.depth[row],
        tree.arc[row].astype(np.int64),
    )  # fmt: skip


@kernel("the kernel of hops", 1)
def hops_kernel(
    arcs: Arcs, order: I4, provider: I4Seen, origins: I4, hops: I8, arc: I4, queue: I4
) -> None:
    """Find the fewest arcs to all rows, and the last of them. Cost: all arcs.

    hops: FAR before; arc: -1 before, then the one from the provider of the smallest number
    order, provider: (A,) place in the circuit of each arc as wired, and node by that place
    """
    start, target, foreign, strange = arcs.start, arcs.target, arcs.foreign, len(arcs.foreign) > 0
    head = tail = 0
    for i in range(len(origins)):
        hops[origins[i]] = 0
        queue[tail] = origins[i]
        tail += 1
    while head < tail:
        v = queue[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if hops[t] <= hops[v] or (strange and foreign[a]):
                continue
            e, b = order[a], arc[t]
            if hops[t] > hops[v] + 1:
                hops[t] = hops[v] + 1
                arc[t] = e
                queue[tail] = t
                tail += 1
            elif provider[e] < provider[b] or (provider[e] == provider[b] and e < b):
                arc[t] = e


@kernel("the route kernel", 1)
def routes_kernel(
    arcs: Arcs, order: I4, prices: Prices, origins: I4, tree: Tree, heap: Heap
) -> None:
    """Find the chains to all rows that are reached. Cost: all arcs, and a heap of the nodes.

    order: (A,) place in the circuit of each arc as wired
    """
    start, target, foreign, strange = arcs.start, arcs.target, arcs.foreign, len(arcs.foreign) > 0
    zeros, cost, depth, arc = tree.zeros, tree.cost, tree.depth, tree.arc
    provider, size = prices.provider, np.int64(0)  # a literal would compile the heap once more
    for i in range(len(origins)):
        zeros[origins[i]] = cost[origins[i]] = depth[origins[i]] = 0
    for i in range(len(origins)):
        size = put(heap, size, origins[i], zeros, cost, depth)
    while size > 0:
        v = take(heap, size, zeros, cost, depth)
        size -= 1
        for a in range(start[v], start[v + 1]):
            if strange and foreign[a]:
                continue
            t, e = target[a], order[a]
            z, c, d = zeros[v] - prices.zero[e], cost[v] - prices.cost[e], depth[v] - 1
            if z < zeros[t] or (z == zeros[t] and c < cost[t]):
                continue
            if z == zeros[t] and c == cost[t]:
                if d < depth[t]:
                    continue
                if d == depth[t]:  # as good: the provider of the smallest number
                    b = arc[t]
                    if b >= 0 and (
                        provider[e] < provider[b] or (provider[e] == provider[b] and e < b)
                    ):
                        arc[t] = e
                    continue
            zeros[t], cost[t], depth[t], arc[t] = z, c, d, e
            size = put(heap, size, t, zeros, cost, depth)
