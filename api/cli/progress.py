"""Progress: what a long read is doing; of a long run a bar after a second, or lines of JSON.

Ctrl-C keeps what a run knows so far. `--progress json` writes a line of JSON on stderr for each
step, ten a second at most: {"step": "reading", "what": ...}, {"step": "worlds", "done", "total",
"seconds"}.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

import click

_META = "knockon.progress"
_OFTEN = 0.1  # seconds between two lines of JSON
LONG = 16 * 1024 * 1024  # bytes of files from which a read shows what it is doing
_QUIET = 1.0  # seconds before a bar appears


@contextmanager
def watch_worlds() -> Iterator[Callable[[int, int], bool]]:
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

    bar = _Lines() if _choose() == "json" else _Bar()

    def watch(done: int, total: int) -> bool:
        bar.show(done, total)
        return not stopped

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, before)
        bar.close()


def add_progress(command: Callable[..., None]) -> Callable[..., None]:
    """The option that says how progress is shown."""

    def keep(context: click.Context, _: click.Parameter, how: str) -> None:
        context.meta[_META] = how

    return click.option(
        "--progress", type=click.Choice(["auto", "json", "none"]), default="auto",
        show_default=True, expose_value=False, callback=keep,
        help="On stderr: a bar on a terminal, lines of JSON for machines, or nothing.",
    )(command)  # fmt: skip


def _choose() -> str:
    context = click.get_current_context(silent=True)
    return "auto" if context is None else str(context.meta.get(_META, "auto"))


class _Lines:
    """A line of JSON for the worlds done, the last of all always."""

    def __init__(self) -> None:
        self._begun = self._last = monotonic()

    def show(self, done: int, total: int) -> None:
        now = monotonic()
        if done < total and now - self._last < _OFTEN:
            return
        self._last = now
        _write_line("worlds", done=done, total=total, seconds=round(now - self._begun, 3))

    def close(self) -> None:
        """Nothing is left on the terminal."""


def _write_line(step: str, **values: Any) -> None:
    click.echo(json.dumps({"step": step, **values}), err=True)


class _Bar:
    """A bar of worlds done, shown once a run has lasted for a second."""

    def __init__(self) -> None:
        self._begun = monotonic()
        self._bar: Any = None
        self._task: Any = None

    def show(self, done: int, total: int) -> None:
        if self._bar is None:
            quiet = monotonic() - self._begun < _QUIET or done >= total
            if quiet or _choose() == "none" or not sys.stderr.isatty():
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


@contextmanager
def show_reading(sources: Sequence[str]) -> Iterator[Callable[[str], object] | None]:
    """A callback that shows its text with a spinner on stderr, while the context lasts.

    None where stderr is no terminal, or all sources together are small.
    """
    if _choose() == "json":
        yield lambda text: _write_line("reading", what=text)
        return
    if _choose() == "none" or not sys.stderr.isatty() or measure_files(sources) < LONG:
        yield None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("reading") as status:
        yield lambda text: status.update(escape(text))


def measure_files(sources: Sequence[str]) -> int:
    """Bytes of the files that the sources are, or hold as folders; 0 for what is neither."""
    return sum(_measure_file(Path(source)) for source in sources)


def _measure_file(path: Path) -> int:
    try:
        files = path.iterdir() if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())
    except (OSError, ValueError):  # an address, or nothing: reading it will say so
        return 0
