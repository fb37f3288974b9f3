"""Long runs on a terminal: a bar after a second, and Ctrl-C that keeps what is known so far."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

_QUIET = 1.0  # seconds before a bar appears


@contextmanager
def watching() -> Iterator[Callable[[int, int], bool]]:
    """A watch for `whatif`: shows progress on stderr, answers False after Ctrl-C.

    Nothing is shown where stderr is no terminal. A second Ctrl-C stops at once.
    """
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True
        sys.stderr.write("\nstopping after this block; once more to stop at once\n")

    bar = _Bar()

    def watch(done: int, total: int) -> bool:
        bar.show(done, total)
        return not stopped

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, before)
        bar.close()


class _Bar:
    """A bar of worlds done, shown once a run has lasted for a second."""

    def __init__(self) -> None:
        self._begun = monotonic()
        self._bar: Any = None
        self._task: Any = None

    def show(self, done: int, total: int) -> None:
        if self._bar is None:
            if monotonic() - self._begun < _QUIET or done >= total or not sys.stderr.isatty():
                return
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = ("worlds", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("worlds", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
