"""Strongly connected components, compiled form of `components`."""

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.components import find_components
from knockon.graph.engine.kernels.late import inlined
from knockon.graph.engine.kernels.layout import I8

_find = inlined(find_components)


@kernel("the kernel of cycles", 1)
def components_kernel(start: I8, target: I8, order: I8, first: I8, component: I8, work: I8) -> None:
    """Find the components of a graph of any size: see `find_components`."""
    _find(start, target, order, first, component, work)
