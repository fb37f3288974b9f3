"""How a kernel gets from Python to machine code: when it is first wanted, once for a machine.

A kernel is a function of named tuples of arrays (`layout`), whose annotations are its signature:
numba compiles it once, and refuses other types. What runs a kernel in many threads loads it before;
it is said before a kernel is compiled and while it is.

Machine code is kept where numba keeps it: NUMBA_CACHE_DIR, else beside the kernel, else the user's
folder of caches. numba looks at a kernel's own file only; here the name of what is kept holds a
digest of all files of kernels and of the machine, so that no old code is loaded after a change in
another file, and processes that compile at a time write the same names with the same content.
"""

import sys
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from hashlib import sha256
from importlib.resources import files
from inspect import signature
from logging import getLogger
from pathlib import Path
from threading import Event, Lock, Thread
from time import perf_counter
from typing import (
    Annotated,
    Any,
    Generic,
    ParamSpec,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import numba
import numpy as np
from numba import njit, types
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.registry import cpu_target

_log = getLogger("knockon")
_PATIENCE = 3.0  # seconds between two lines on a kernel that is being compiled
# kernels allocate nothing: without numba's runtime no references to arrays are counted, which took
# half of the time of those that look into many arrays
_OPTIONS = {"nogil": True, "_nrt": False, "no_cfunc_wrapper": True}
P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])

_njit: Any = njit  # its types know fewer options than it has
_Cache: Any = FunctionCache  # and these have none
_Implementation: Any = CompileResultCacheImpl


def helper(function: F) -> F:
    """A function for kernels only, compiled with the first that calls it."""
    return cast(F, _njit(no_cpython_wrapper=True, **_OPTIONS)(function))


def inlined(function: F) -> F:
    """The same, made part of what calls it: best for what is called in one place."""
    return cast(F, _njit(inline="always", **_OPTIONS)(function))


class Kernel(Generic[P]):
    """A function that is compiled, or loaded, when it is first called or `load` is.

    name: as the user reads it; seconds: that compiling takes on a machine of today
    Calls let go of the GIL.
    """

    def __init__(self, function: Callable[P, None], name: str, seconds: int) -> None:
        self.function, self.name, self.seconds = function, name, seconds
        self._compiled: Any = None
        self._lock = Lock()
        self._loading: Future[None] | None = None

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> None:
        if self._compiled is None:
            self.load()
        self._compiled(*arguments, **named)

    def load(self) -> None:
        """Compile the kernel, or load what was compiled before.

        In a thread of its own: who waits for it can be interrupted, the compiler can not.
        """
        with self._lock:
            loading = self._loading
            if loading is None:
                loading = self._loading = Future()
                Thread(target=self._load, args=(loading,), name=f"load {self.name}").start()
        loading.result()

    def _load(self, loading: "Future[None]") -> None:
        try:
            self._compiled = self._compile()
        except BaseException as fault:
            self._loading = None  # another time it may go well
            loading.set_exception(fault)
        else:
            loading.set_result(None)

    def _compile(self) -> Any:
        compiled = _njit(**_OPTIONS)(self.function)
        with _Notice(self.name, self.seconds) as notice:
            try:
                compiled._cache = _Kept(self.function, notice)
            except RuntimeError:  # from numba: no locator
                _warn_of_no_folder()
                notice.begin()
            compiled.compile(_signature(self.function))
        compiled.disable_compile()
        return compiled


@cache
def _warn_of_no_folder() -> None:
    """Once for all kernels."""
    _log.warning(
        "no folder can be written to keep compiled kernels in, so that every process compiles them "
        "anew: set NUMBA_CACHE_DIR to one that can"
    )


def kernel(name: str, seconds: int) -> Callable[[Callable[P, None]], Kernel[P]]:
    """Make a kernel of the function below."""
    return lambda function: Kernel(function, name, seconds)


class _Notice:
    """Says that a kernel is being compiled, and every few seconds that it still is."""

    def __init__(self, name: str, seconds: int) -> None:
        self.name, self.seconds = name, seconds
        self._over = Event()

    def begin(self) -> None:
        _log.warning("compiling %s for this machine, once: some %d s", self.name, self.seconds)
        Thread(target=self._continue, args=(perf_counter(),), daemon=True).start()

    def _continue(self, begun: float) -> None:
        while not self._over.wait(_PATIENCE):
            _log.warning("still compiling %s: %.0f s", self.name, perf_counter() - begun)

    def __enter__(self) -> "_Notice":
        return self

    def __exit__(self, *fault: object) -> None:
        self._over.set()


class _Named(_Implementation):  # type: ignore[misc]
    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        sources, machine = _digests()
        return f"{fullname}-{machine}-{sources}"


class _Kept(_Cache):  # type: ignore[misc]
    """numba's cache of one kernel; a file that cannot be read or written costs time, no answer."""

    _impl_class = _Named

    def __init__(self, function: Callable[..., None], notice: _Notice) -> None:
        super().__init__(function)
        self._notice = notice

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = None
        try:  # numba would first learn all that it can compile, which takes longer than the rest
            with self._guard_against_spurious_io_errors():
                found = self._load_overload(sig, target_context)
        except Exception:  # cut short, or not ours: whatever unpickling may raise
            self._write(self.flush)
        if found is None:
            self._notice.begin()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        self._write(lambda: super(_Kept, self).save_overload(sig, data))
        self._write(self._forget)

    def _forget(self) -> None:
        """Remove what other sources than these left for this kernel and machine."""
        base = self._impl.filename_base
        common, _, sources = base.rpartition("-")
        for old in Path(self.cache_path).glob(f"{common}-*.nb[ic]"):
            if f"-{sources}." not in old.name:
                old.unlink(missing_ok=True)

    def _write(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as fault:
            _log.warning("%s could not be kept: %s", self._notice.name, fault)


@cache
def _digests() -> tuple[str, str]:
    """Of the sources that make up the kernels, and of the machine with its Python and numba."""
    engine = files("knockon.graph.engine")
    kernels = sorted(engine.joinpath("kernels").iterdir(), key=lambda file: file.name)
    sources = sha256()
    for file in (engine.joinpath("uniforms.py"), *kernels):  # kernels hold its constants
        if file.name.endswith(".py"):
            sources.update(file.read_bytes())
    processor = cpu_target.target_context.codegen().magic_tuple()
    machine = (sys.implementation.cache_tag, numba.__version__, processor)
    return sources.hexdigest()[:16], sha256(repr(machine).encode()).hexdigest()[:16]


def _signature(function: Callable[..., None]) -> Any:
    hints = get_type_hints(function, include_extras=True)
    return types.void(*(_type(hints[name]) for name in signature(function).parameters))


def _type(hint: Any) -> Any:
    """The numba type of what is annotated so: a number, an array, a named tuple of these."""
    numbers = {bool: types.boolean, int: types.int64, float: types.float64}
    if hint in numbers:
        return numbers[hint]
    if get_origin(hint) is Annotated:
        array, dimensions, *seen = get_args(hint)
        last = get_args(array)[-1]  # its dtype, or from numpy 2.5 on the scalar type itself
        (kind,) = get_args(last) or (last,)
        number = numba.from_dtype(np.dtype(kind))
        return types.Array(number, dimensions, "A" if seen else "C", readonly=bool(seen))
    parts = get_type_hints(hint, include_extras=True).values()
    return types.BaseTuple.from_types([_type(part) for part in parts], hint)
