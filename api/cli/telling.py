"""What a long read is doing, on the terminal of whoever waits for it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LONG = 16 * 1024 * 1024  # bytes of files that take long enough to be told about


@contextmanager
def told(sources: Sequence[str]) -> Iterator[Callable[[str], object] | None]:
    """A callback that shows its text with a spinner on stderr, while the context lasts.

    None where stderr is no terminal, or all sources together are small.
    """
    if not sys.stderr.isatty() or sum(size_of(Path(source)) for source in sources) < LONG:
        yield None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("reading") as status:
        yield lambda text: status.update(escape(text))


def size_of(path: Path) -> int:
    """Bytes of a file, or of the files in a folder; 0 for what is neither."""
    try:
        files = path.iterdir() if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())
    except (OSError, ValueError):  # an address, or nothing: reading it will say so
        return 0
