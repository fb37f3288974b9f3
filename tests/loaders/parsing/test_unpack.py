"""Compressed files unpack to what was packed, within limits."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing.unpack import unpack, walk_zip

PACKERS = (gzip.compress, lzma.compress, bz2.compress, lz4.frame.compress, bytes)


@pytest.mark.parametrize("pack", PACKERS)
def test_unpacking_is_told_from_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Each compression is known by its first bytes; other files are read as they are."""
    (tmp_path / "x").write_bytes(pack(b"Package: a\n" * 999))
    assert unpack(tmp_path / "x") == b"Package: a\n" * 999


@pytest.mark.parametrize("pack", PACKERS[:4])
def test_bombs_and_damage_are_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """What unpacks to more than the limit, or breaks off, is an InputError."""
    path = tmp_path / "x"
    path.write_bytes(pack(bytes(10_000_000)))
    with pytest.raises(InputError, match="unpacks to more than 1,000,000 bytes"):
        unpack(path, 1_000_000)
    path.write_bytes(pack(b"abc" * 10_000)[:-20])
    with pytest.raises(InputError, match="damaged"):
        unpack(path)


@pytest.mark.parametrize("pack", PACKERS[:4])
def test_a_few_bytes_do_not_hold_gigabytes(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what any file may hold, the content may be so many times as long as the file."""
    monkeypatch.setattr("knockon.loaders.parsing.unpack.FREE_BYTES", 1_000_000)
    path = tmp_path / "x"
    path.write_bytes(pack(b"3356|64500|-1\n" + bytes(20_000_000)))
    with pytest.raises(InputError, match="x: unpacks to more than "):
        unpack(path)
    path.write_bytes(pack(bytes(1_000_000)))
    assert len(unpack(path)) == 1_000_000
    honest = b"".join(b"%d|%d|-1\n" % (i * 7919 % 64512, i % 401) for i in range(200_000))
    path.write_bytes(pack(honest))
    assert unpack(path) == honest


def test_archives_are_bounded_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many members that each stay below the limit count together, on disk and in memory."""
    monkeypatch.setattr("knockon.loaders.parsing.unpack.FREE_BYTES", 1_000_000)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for number in range(8):
            archive.writestr(f"{number}.csv", bytes(900_000))
    for file in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(InputError, match=r"x\.zip/1\.csv: unpacks to more than"):
            list(walk_zip(file, path.name))


def test_zip_members_are_read_within_one_limit(tmp_path: Path) -> None:
    """All members together stay below the limit; a name that climbs is only a name."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/two.csv", "2")
        archive.writestr("../one.csv", bytes(5_000))
    assert [name for name, _ in walk_zip(path, path.name)] == ["../one.csv", "b/two.csv"]
    with pytest.raises(InputError, match="unpacks to more than"):
        list(walk_zip(path, path.name, 5_000))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="not readable as ZIP"):
        list(walk_zip(path, path.name))
