"""A binary heap of nodes that knows where each node stands, for the compiled kernels.

On top is the node whose three keys (arrays by node) are largest, the first key first.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.engine.kernels.late import helper, inlined
from knockon.graph.engine.kernels.layout import I4


class Heap(NamedTuple):
    """node: (N,) nodes, those that are in it first; place: (N,) of each node, -1 outside."""

    node: I4
    place: I4

    @classmethod
    def of(cls, nodes: int) -> "Heap":
        """An empty heap for so many nodes."""
        return cls(np.empty(nodes, np.int32), np.full(nodes, -1, np.int32))


@inlined
def _outranks(a: Any, b: Any, one: Any, two: Any, three: Any) -> Any:
    if one[a] != one[b]:
        return one[a] > one[b]
    if two[a] != two[b]:
        return two[a] > two[b]
    return three[a] > three[b]


@helper
def put(heap: Any, size: Any, node: Any, one: Any, two: Any, three: Any) -> Any:
    """Let a node in whose keys are set, or rise after they grew; the new size of the heap."""
    nodes, place = heap.node, heap.place
    i = np.int64(place[node])
    if i < 0:
        i = size
        size += 1
    while i > 0:
        above = (i - 1) >> 1
        if not _outranks(node, nodes[above], one, two, three):
            break
        nodes[i] = nodes[above]
        place[nodes[i]] = i
        i = above
    nodes[i], place[node] = node, i
    return size


@helper
def take(heap: Any, size: Any, one: Any, two: Any, three: Any) -> Any:
    """The node on top of a heap of so many, which then has one fewer."""
    nodes, place = heap.node, heap.place
    top, node = nodes[0], nodes[size - 1]
    place[top] = -1
    if size == 1:
        return top
    i, last = 0, size - 1
    while 2 * i + 1 < last:
        child = 2 * i + 1
        if child + 1 < last and _outranks(nodes[child + 1], nodes[child], one, two, three):
            child += 1
        if not _outranks(nodes[child], node, one, two, three):
            break
        nodes[i] = nodes[child]
        place[nodes[i]] = i
        i = child
    nodes[i], place[node] = node, i
    return top
