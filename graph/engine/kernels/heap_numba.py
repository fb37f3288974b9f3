"""A binary heap of nodes that knows where each node stands, for the compiled kernels.

On top is the node whose three keys (int64, by node) are largest, the first key first. `place` is
-1 for nodes outside. numba caches kernels by their own file: after a change here, touch the files
that use it.
"""

from typing import Any

from numba import njit


@njit(nogil=True, inline="always")
def _over(a: Any, b: Any, one: Any, two: Any, three: Any) -> Any:
    if one[a] != one[b]:
        return one[a] > one[b]
    if two[a] != two[b]:
        return two[a] > two[b]
    return three[a] > three[b]


@njit(nogil=True)
def put(heap: Any, place: Any, size: Any, node: Any, one: Any, two: Any, three: Any) -> Any:
    """Let a node in whose keys are set, or rise after they grew; the new size of the heap."""
    i = place[node]
    if i < 0:
        i = size
        size += 1
    while i > 0:
        above = (i - 1) >> 1
        if not _over(node, heap[above], one, two, three):
            break
        heap[i] = heap[above]
        place[heap[i]] = i
        i = above
    heap[i], place[node] = node, i
    return size


@njit(nogil=True)
def take(heap: Any, place: Any, size: Any, one: Any, two: Any, three: Any) -> Any:
    """The node on top of a heap of so many, which then has one fewer."""
    top, node = heap[0], heap[size - 1]
    place[top] = -1
    if size == 1:
        return top
    i, last = 0, size - 1
    while 2 * i + 1 < last:
        child = 2 * i + 1
        if child + 1 < last and _over(heap[child + 1], heap[child], one, two, three):
            child += 1
        if not _over(heap[child], node, one, two, three):
            break
        heap[i] = heap[child]
        place[heap[i]] = i
        i = child
    heap[i], place[node] = node, i
    return top
