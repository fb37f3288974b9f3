"""Compressed files, unpacked within limits: a few bytes must not become a full disk (CWE-409)."""

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from knockon.graph.errors import InputError, clip

MAX_BYTES = 2 * 1024 * 1024 * 1024
MAX_RATIO = 100  # text packs 5 to 50 times; 2 kB that hold gigabytes are no inventory
FREE_BYTES = 64 * 1024 * 1024  # which a file of any size may unpack to
MAX_ENTRIES = 10_000
_PIECE = 1 << 20
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # what follows `BZh9`, which text may begin with
_DAMAGED = (BadZipFile, NotImplementedError, zlib.error, ValueError)


def _open_lz4(path: Path) -> IO[bytes]:
    import lz4.frame

    stream: IO[bytes] = lz4.frame.open(path)
    return stream


def _open_zstd(path: Path) -> Any:
    from backports import zstd

    return zstd.open(path)


_OPENERS: Mapping[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"BZh": bz2.open,
    b"\x04\x22\x4d\x18": _open_lz4,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}


def find_opener(head: bytes) -> Callable[[Path], Any] | None:
    """What opens a file that begins like gzip, xz, bzip2, lz4 or zstd, None for any other."""
    if head.startswith(b"BZh") and head[4:10] not in _BZIP2_BLOCKS:
        return None
    return next((o for magic, o in _OPENERS.items() if head.startswith(magic)), None)


def unpack(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a file, decompressed where it is compressed.

    Raises InputError for damaged files, for more than `limit` bytes of content, and for content
    that is both more than FREE_BYTES and more than MAX_RATIO times as long as the packed file.
    """
    with path.open("rb") as file:
        opener = find_opener(file.read(10))
    if opener:
        limit = _find_bound(path.stat().st_size, limit)
    with opener(path) if opener else path.open("rb") as stream:
        return _read(stream, path.name, limit)


def unpack_head(path: Path, head: bytes, size: int) -> bytes:
    """The first `size` bytes of the content of a file that begins with `head`.

    Of a damaged one, what comes out; nothing where it is not compressed.
    """
    opener = find_opener(head)
    if opener is None:
        return b""
    parts: list[bytes] = []
    # each library has its own errors, and whoever reads the whole tells of them; bzip2 gives
    # nothing before its first block of 900 kB ends
    with suppress(Exception), opener(path) as stream:
        while size > 0 and (piece := stream.read(min(size, 4096))):
            parts.append(piece)
            size -= len(piece)
    return b"".join(parts)


def walk_zip(
    file: Path | IO[bytes], name: str, limit: int = MAX_BYTES
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a ZIP archive, in the order of names.

    Raises InputError for damaged or encrypted archives, more than MAX_ENTRIES entries, and more
    content in all than `unpack` allows. Nothing is written to disk: names are only names.
    """
    size = file.stat().st_size if isinstance(file, Path) else file.seek(0, os.SEEK_END)
    limit = _find_bound(size, limit)
    try:
        with ZipFile(file) as archive:
            entries = sorted(
                (e for e in archive.infolist() if not e.is_dir()), key=lambda e: e.filename
            )
            if len(entries) > MAX_ENTRIES:
                raise InputError(f"{name}: {len(entries):,} entries; at most {MAX_ENTRIES:,}")
            for entry in entries:
                place = f"{name}/{clip(entry.filename, 120)}"
                if entry.flag_bits & 1:
                    raise InputError(f"{place}: is encrypted; expected plain content")
                with archive.open(entry) as stream:
                    content = _read(stream, place, limit)
                limit -= len(content)
                yield entry.filename, content
    except _DAMAGED as error:
        raise InputError(f"{name}: not readable as ZIP: {clip(str(error))}") from None


def peek_zip(file: Path | IO[bytes], member: str | None = None) -> tuple[frozenset[str], bytes]:
    """The names in a ZIP archive, and the first bytes of one member; nothing of a damaged one."""
    try:
        with ZipFile(file) as archive:
            names = frozenset(archive.namelist())
            if member not in names:
                return names, b""
            with archive.open(str(member)) as stream:
                return names, stream.read(_PIECE)
    except (*_DAMAGED, OSError, RuntimeError, EOFError):
        return frozenset(), b""  # no format is told by it; the registry says what came


def _find_bound(packed: int, limit: int) -> int:
    """How many bytes a packed file of this size may hold; at most `limit`."""
    return min(limit, max(FREE_BYTES, MAX_RATIO * packed))


def _read(stream: IO[bytes], place: str, limit: int) -> bytes:
    parts, size = [], 0
    try:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise InputError(f"{place}: unpacks to more than {limit:,} bytes; not read")
            parts.append(piece)
    except InputError:
        raise
    except Exception as error:  # each library has its own
        raise InputError(f"{place}: damaged: {clip(str(error))}") from None
    return b"".join(parts)
