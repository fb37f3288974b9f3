"""What makes a command start fast and end fast.

A command makes many objects that live until it ends, and hardly any garbage in cycles: looking for
that takes longer than all else that a small question needs, and once more when Python ends.
"""

import atexit
import gc
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from knockon.api.cli.progress import measure_files

_OBJECTS = 1_000_000  # new ones between two looks for garbage in cycles
_OFTEN = gc.get_threshold()
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt
_KEPT = 256 * 1024 * 1024  # bytes of an array up to which its memory is kept
_LARGE = 2 * 1024 * 1024  # bytes of files that hold enough for the compiled kernels


def collect_rarely() -> None:
    """Look for garbage in cycles after many new objects only, and no more when Python ends."""
    gc.set_threshold(_OBJECTS, *_OFTEN[1:])
    atexit.register(gc.freeze)


def collect_often() -> None:
    """As Python does by itself: for what runs on, such as a server."""
    gc.set_threshold(*_OFTEN)


def keep_memory() -> None:
    """Let glibc keep memory that is freed for the next array: each page that the system gives
    anew is filled with zeros first, which was a fifth of the work of a large question.

    Larger arrays are given back as before. Other libraries of C have no such setting.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        tune = ctypes.CDLL(None).mallopt
        tune(_MMAP_THRESHOLD, _KEPT)
        tune(_TRIM_THRESHOLD, 2**31 - 1)


def begin_kernels(sources: Sequence[str]) -> Thread | None:
    """Begin to load the compiled kernels in a thread, if so much is read that they may be used.

    Where numba is not installed nothing happens: what needs it says so.
    """
    from knockon.graph.engine.kernels import compiled_form_is_there

    if measure_files(sources) < _LARGE:
        return None
    keep_memory()
    if not compiled_form_is_there():
        return None
    thread = Thread(target=_load_quietly, name="kernels")
    thread.start()
    return thread


def _load_quietly() -> None:
    from knockon.graph.engine import kernels

    with suppress(Exception):  # whoever needs a kernel meets the fault again
        kernels.load_kernels()
