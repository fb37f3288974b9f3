"""Files that are written whole or not at all: a full disk never costs what stood there before."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LIVE = ("/dev/", "/proc/")  # what is written to at once, whatever it looks like


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A new file to write to; it takes the place of `path` when the context ends well.

    It lies beside the file, so that taking its place is one step of the file system; links stay,
    and so do permissions. A device or a pipe is written to directly. Raises OSError, and leaves
    what stood there as it was.
    """
    if str(path).startswith(_LIVE) or (path.exists() and not path.is_file()):
        yield path
        return
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
    beside = target.parent / f".knockon-{secrets.token_hex(8)}{target.suffix}"
    try:
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        if target.exists():
            with suppress(OSError):  # file systems without permissions
                os.chmod(beside, mode)
        os.close(handle)
        yield beside
        _sync(beside)
        os.replace(beside, target)
    except BaseException:  # Ctrl-C too
        with suppress(OSError):
            beside.unlink()
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    with replace_file(path) as beside:
        beside.write_bytes(data)


def _sync(path: Path) -> None:
    """Some file systems say only now that they are full."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
