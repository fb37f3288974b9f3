"""Nodes in the order in which news travels: strongly connected components, providers first."""

import numpy as np

from knockon.graph.arrays import Ints
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.components import find_components

COMPILED_FROM = 40_000  # arcs that pay for the start of the compiled form


def order_nodes(start: Ints, target: Ints) -> tuple[Ints, Ints, Ints]:
    """Nodes by component, providers first; the component of each; where each component begins."""
    n = len(start) - 1
    lengths = (n, n, n, 5 * n + 1)
    if len(target) >= COMPILED_FROM and compiled_form_is_there():
        from knockon.graph.engine.kernels.components_numba import components_kernel

        arrays = [np.zeros(k, np.int64) for k in lengths]
        components_kernel(start, target, *arrays)
    else:
        lists: list[list[int]] = [[0] * k for k in lengths]
        find_components(start.tolist(), target.tolist(), *lists)
        arrays = [np.array(x, np.int64) for x in lists]
    order, first, component, work = arrays
    count = int(work[0])
    return order, count - 1 - component, np.append(first[n - count :], n)
