"""The loops: each in a numpy form, which starts at once, and a numba form for large work.

`X_numpy.py` and `X_numba.py` give the same bits. Kernels take arrays and numbers only, never a
graph, so that a block can run in another process. numba is imported only to compile, once for a
machine (`compiler`). Read `closure_numpy.py` first: it is the least fixpoint in forty lines.
"""

from importlib.util import find_spec


def compiled_form_is_there() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def load_kernels() -> None:
    """Load the kernels of a large what-if ahead of their use: 0.05 s, most of it to load LLVM."""
    from knockon.graph.engine.kernels.arrange_numba import sort_kernel
    from knockon.graph.engine.kernels.closure_numba import closure_kernel, one_lane_kernel
    from knockon.graph.engine.kernels.codes_numba import number_kernel
    from knockon.graph.engine.kernels.keys_numba import identity_kernel, text_kernel
    from knockon.graph.engine.kernels.routes_numba import hops_kernel

    used = (
        number_kernel, sort_kernel, one_lane_kernel, text_kernel, identity_kernel, closure_kernel,
        hops_kernel,
    )  # fmt: skip
    for kernel in used:  # in the order of their use
        kernel.load()
