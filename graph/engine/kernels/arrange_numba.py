"""Arcs by provider and target, compiled: a counting sort."""

import numpy as np

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.layout import I4, I8


def arrange(provider: I4, target: I4, n: int) -> tuple[I8, I4]:
    """CSR of arcs (A,) by provider, in each row by target: (n + 1,) starts, (A,) order."""
    start = np.zeros(n + 1, np.int64)
    order = np.empty(len(provider), np.int32)
    _arrange(provider, target, start, order, np.empty(len(provider), np.int32))
    return start, order


@kernel("the sorting kernel", 1)
def _arrange(provider: I4, target: I4, start: I8, order: I4, by_target: I4) -> None:
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
