"""The most probable chains, compiled form: the same forest as `routes_numpy`.

Dijkstra's algorithm over the triple (arcs of strength 0, cost, arcs), and a breadth-first search
for hops.

Importing this module imports numba; `compiler` says when kernels are compiled.
"""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Ints
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.heap_numba import Heap, put, take
from knockon.graph.engine.kernels.layout import B1, I4, I8, Arcs, Wiring
from knockon.graph.engine.kernels.routes_numpy import FAR, Forest


class Prices(NamedTuple):
    """Of arcs in the order of a circuit (A,): cost, whether of strength 0, the provider's node."""

    cost: I8
    zero: B1
    provider: I4


class Tree(NamedTuple):
    """By row (N,): hops; keys negative, so that the largest is the nearest; arc before, or -1."""

    hops: I8
    zeros: I8
    cost: I8
    depth: I8
    arc: I4


def find_forest(wiring: Wiring, provider: Ints, price: Ints, zero: Bools, origins: Ints) -> Forest:
    """The chains over the arcs of a circuit; provider, price, zero: (A,) of each."""
    n, row = len(wiring.row), wiring.row
    hops, zeros, cost, depth = np.full(n, FAR), *np.full((3, n), -FAR)
    tree = Tree(hops, zeros, cost, depth, np.full(n, -1, np.int32))
    prices = Prices(price.astype(np.int64), zero, provider.astype(np.int32))
    routes_kernel(wiring.arcs, wiring.arc, prices, row[origins], tree, Heap.of(n))
    return Forest(
        tree.hops[row], -tree.zeros[row], -tree.cost[row], -tree.depth[row],
        tree.arc[row].astype(np.int64),
    )  # fmt: skip


@kernel("the route kernel", 1)
def routes_kernel(
    arcs: Arcs, order: I4, prices: Prices, origins: I4, tree: Tree, heap: Heap
) -> None:
    """Find the chains to all rows that are reached. Cost: all arcs, and a heap of the nodes.

    order: (A,) place in the circuit of each arc as wired
    """
    start, target, foreign, strange = arcs.start, arcs.target, arcs.foreign, len(arcs.foreign) > 0
    hops, zeros, cost, depth, arc = tree.hops, tree.zeros, tree.cost, tree.depth, tree.arc
    provider, queue = prices.provider, heap.node
    tail, size = 0, np.int64(0)  # a literal would have the heap compiled once more
    for i in range(len(origins)):
        v = origins[i]
        hops[v] = zeros[v] = cost[v] = depth[v] = 0
        queue[tail] = v
        tail += 1
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if hops[t] > hops[v] + 1 and not (strange and foreign[a]):
                hops[t] = hops[v] + 1
                queue[tail] = t
                tail += 1
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
