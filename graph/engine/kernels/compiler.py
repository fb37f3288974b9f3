"""How a kernel gets from Python to machine code: when it is first wanted, once for a machine.

A kernel is a function of named tuples of arrays (`layout`), whose annotations are its signature:
numba compiles it once (`translator`), and it takes no other types. What comes of it is kept and
read again without numba (`machine_code`). What runs a kernel in many threads loads it before; it is
said before a kernel is compiled and while it is.
"""

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from logging import getLogger
from threading import Event, Lock, Thread
from time import perf_counter
from typing import Any, Generic, ParamSpec

from knockon.graph.engine.kernels.arguments import read_kinds
from knockon.graph.engine.kernels.machine_code import (
    Code,
    Linked,
    find_code,
    find_folder,
    keep_code,
)

_log = getLogger("knockon")
_PATIENCE = 3.0  # seconds between two lines on a kernel that is being compiled
P = ParamSpec("P")


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

    def _compile(self) -> Linked:
        code = find_code(self.function)
        if code is None:
            with _Notice(self.name, self.seconds):
                code = self._translate()
        return Linked(code, read_kinds(self.function))

    def _translate(self) -> Code:
        from knockon.graph.engine.kernels.translator import translate

        folder = find_folder()
        if folder is None:
            _warn_of_no_folder()
        code = translate(self.function)
        if folder is not None:
            try:
                keep_code(self.function, code, folder)
            except OSError as fault:  # that costs time, no answer
                _log.warning("%s could not be kept: %s", self.name, fault)
        return code


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

    def _continue(self, begun: float) -> None:
        while not self._over.wait(_PATIENCE):
            _log.warning("still compiling %s: %.0f s", self.name, perf_counter() - begun)

    def __enter__(self) -> "_Notice":
        _log.warning("compiling %s for this machine, once: some %d s", self.name, self.seconds)
        Thread(target=self._continue, args=(perf_counter(),), daemon=True).start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._over.set()
