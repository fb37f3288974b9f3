"""Processes that begin with nothing: threads of libraries do not live on in a fork."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from threading import Lock
from types import ModuleType
from typing import Any


def start_process(target: Callable[..., None], *arguments: Any, workers: int) -> SpawnProcess:
    """A process that runs the function; workers: how many share the cores of the machine."""
    context = multiprocessing.get_context("spawn")
    with _STARTING, _share_cores(workers), _hide_main():
        process = context.Process(target=target, args=arguments, daemon=True, name="knockon")
        process.start()
    return process


@contextmanager
def _share_cores(workers: int) -> Iterator[None]:
    """Libraries of a process that is started meanwhile use their share of the cores."""
    share = str(max(1, (os.cpu_count() or 1) // workers))
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ |= {name: value or share for name, value in before.items()}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


@contextmanager
def _hide_main() -> Iterator[None]:
    """A process that is started meanwhile does not run the program of this one once more, which may
    be anything, or come from nowhere (`python -`)."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


_STARTING = Lock()  # what is changed meanwhile belongs to the whole program
_THREADS = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
