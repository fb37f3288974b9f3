"""Arcs in order of their provider, compiled: counting sorts."""

from typing import Any

import numpy as np

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.layout import I4, I8, I4Seen


def arrange(provider: I4, target: I4, n: int) -> tuple[I8, I4, I4]:
    """CSR of arcs (A,) by provider, in each row by target: (n + 1,) starts, (A,) order, and their
    targets in that order."""
    none = np.zeros(0, np.int32)
    return _sort(provider, _sort(target, none, none, n)[1], target, n)


def arrange_by_provider(provider: I4, target: I4, n: int) -> tuple[I8, I4, I4]:
    """The same, in each row in the order of the arcs."""
    return _sort(provider, np.zeros(0, np.int32), target, n)


def _sort(keys: I4, before: I4, values: I4, n: int) -> tuple[I8, I4, I4]:
    start, order = np.zeros(n + 1, np.int64), np.empty(len(keys), np.int32)
    carried = np.empty(len(values), np.int32)
    sort_kernel(keys, before, values, start, order, carried)
    return start, order, carried


@kernel("the sorting kernel", 1)
def sort_kernel(
    keys: I4Seen, before: I4, values: I4Seen, start: I8, order: I4, carried: I4
) -> None:
    """A stable counting sort (Seward 1954). Cost: the keys, and as many as they may be.

    keys: (A,) 0..n-1; before: (A,) places in the order to be kept, or empty: as they stand
    start: (n + 1,) 0 before, then where each key begins; order: (A,) places in order of their keys
    values: (A,) or empty; carried: the same in that order
    """
    n, kept = len(start) - 1, len(before) > 0
    for a in range(len(keys)):
        start[keys[a] + 1] += 1
    for v in range(n):
        start[v + 1] += start[v]
    for i in range(len(keys)):
        place: Any = before[i] if kept else i
        at = start[keys[place]]
        order[at] = place
        if len(carried) > 0:
            carried[at] = values[place]
        start[keys[place]] = at + 1
    for v in range(n, 0, -1):
        start[v] = start[v - 1]
    start[0] = 0
