"""The loops: each in a numpy form, which starts at once, and a numba form for large work.

`X_numpy.py` and `X_numba.py` give the same bits. Kernels take arrays and numbers only, never a
graph, so that a block can run in another process. Only the numba forms import numba. Read
`closure_numpy.py` first: it is the least fixpoint in forty lines.
"""

from importlib.util import find_spec


def compiled_form_is_there() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None
