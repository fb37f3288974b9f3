"""A kernel's Python as machine code, by numba: what the first use on a machine needs numba for.

Helpers are only named in kernels (`late`); here each becomes what numba makes of it, with the
helpers that it calls, and each kernel with them.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

import numba
from numba import njit, types

from knockon.graph.engine.kernels.arguments import Array, Kind, Scalar, read_kinds
from knockon.graph.engine.kernels.late import Helper, Vector
from knockon.graph.engine.kernels.machine_code import Code

# kernels allocate nothing: without numba's runtime no references to arrays are counted, which took
# half of the time of those that look into many arrays
_OPTIONS = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_njit: Any = njit  # its types know fewer options than it has


def translate(function: Callable[..., None]) -> Code:
    """Compile a kernel. Raises TypeError where it calls what is not in its object file."""
    compiled = _njit(**_OPTIONS)(_join(function))
    compiled.compile(types.void(*map(_type, read_kinds(function))))
    (result,) = compiled.overloads.values()
    library = result.library
    outside = [f.name for f in library._final_module.functions if f.is_declaration]
    outside = [name for name in outside if not name.startswith("llvm.")]
    if outside:
        raise TypeError(f"{function.__name__} calls {outside}: a kernel calls nothing outside")
    return Code(result.fndesc.llvm_func_name, library._get_compiled_object())


@cache
def _make(late: Helper | Vector) -> Any:
    """What it is to numba."""
    if isinstance(late, Vector):
        return getattr(import_module(f"{__package__}.{late.module}"), late.name)
    options = {"inline": "always"} if late.inline else {}
    return _njit(**_OPTIONS, **options)(_join(late.function))


def _join(function: Any) -> Any:
    """The same function, in which helpers are named as numba knows them."""
    known = function.__globals__
    late = {n: known[n] for n in function.__code__.co_names if n in known}
    found = {n: _make(v) for n, v in late.items() if isinstance(v, Helper | Vector)}
    return FunctionType(
        function.__code__, known | found, function.__name__, function.__defaults__,
        function.__closure__,
    )  # fmt: skip


def _type(kind: Kind) -> Any:
    """The numba type of it."""
    if isinstance(kind, Scalar):
        return {bool: types.boolean, int: types.int64, float: types.float64}[kind.of]
    if isinstance(kind, Array):
        number: Any = numba.from_dtype(kind.dtype)
        return types.Array(number, kind.dimensions, "A" if kind.seen else "C", readonly=kind.seen)
    return types.BaseTuple.from_types([_type(part) for part in kind.kinds], kind.of)
