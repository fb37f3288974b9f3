"""Temporary folders that outlive no program: what a killed one left, the next start clears away.

A folder belongs to the process that holds the lock on the file `owner` in it; the system lets go of
that lock when the process ends, however it ends. Folders of living programs, of other users, and
whatever else bears such a name are left alone.
"""

import os
import re
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows: folders are cleared by whoever made them, else by the system
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"knockon-[a-z]+\.\w{8}")
_OWNER, _CONTENT, _MARK = "owner", "content", b"knockon\n"
_HALF_MADE = 3600.0  # seconds after which a folder is not being made any more
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Scratch:
    """A temporary folder of this process, which nobody else may look into. kind: a word for it;
    path: where its content goes."""

    def __init__(self, kind: str) -> None:
        self._root = Path(tempfile.mkdtemp(prefix=f"knockon-{kind}."))
        self._lock = os.open(
            self._root / _OWNER, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600
        )
        if fcntl is not None:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        os.write(self._lock, _MARK)  # from now on who finds it without a lock may clear it
        self.path = self._root / _CONTENT
        self.path.mkdir(mode=0o700)

    def close(self) -> None:
        """Take it away; may be called again."""
        if self._lock >= 0:
            if fcntl is None:  # an open file cannot be taken away there
                os.close(self._lock)
            shutil.rmtree(self._root, ignore_errors=True)
            if fcntl is not None:
                os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()


def clear_scratch() -> None:
    """Take away the folders of this user whose processes are gone. Nothing is raised."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for path in [entry.path for entry in entries if _NAME.fullmatch(entry.name)]:
            with suppress(OSError):
                _clear_one(path)


def _clear_one(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        about = os.fstat(folder)
        if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
            return
        if _OWNER not in os.listdir(folder):
            if time.time() - about.st_mtime > _HALF_MADE:
                os.rmdir(path)  # fails where it holds anything
            return
        _clear_abandoned(path, folder)
    finally:
        os.close(folder)


def _clear_abandoned(path: str, folder: int) -> None:
    """Take the folder away if no process holds its lock; the lock last, so that nothing stays of
    what is cleared in part."""
    lock = os.open(_OWNER, os.O_RDWR | _FLAGS, dir_fd=folder)
    try:
        about = os.fstat(lock)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
            return
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its process lives
        made = os.read(lock, len(_MARK)) == _MARK
        if not made and time.time() - about.st_mtime <= _HALF_MADE:
            return
        for name in os.listdir(folder):
            if name == _OWNER:
                continue
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                shutil.rmtree(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
        os.unlink(_OWNER, dir_fd=folder)
        os.rmdir(path)
    finally:
        os.close(lock)
