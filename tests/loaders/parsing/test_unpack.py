"""Compressed files unpack to what was packed, within limits."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing.unpack import unpacked, walk_zip

PACKERS = (gzip.compress, lzma.compress, bz2.compress, lz4.frame.compress, bytes)


@pytest.mark.parametrize("pack", PACKERS)
def test_unpacking_is_told_from_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Each compression is known by its first bytes; other files are read as they are."""
    (tmp_path / "x").write_bytes(pack(b"Package: a\n" * 999))
    assert unpacked(tmp_path / "x") == b"Package: a\n" * 999


@pytest.mark.parametrize("pack", PACKERS[:4])
def test_bombs_and_damage_are_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """What unpacks to more than the limit, or breaks off, is an InputError."""
    path = tmp_path / "x"
    path.write_bytes(pack(bytes(10_000_000)))
    with pytest.raises(InputError, match="unpacks to more than 1,000,000 bytes"):
        unpacked(path, 1_000_000)
    path.write_bytes(pack(b"abc" * 10_000)[:-20])
    with pytest.raises(InputError, match="damaged"):
        unpacked(path)


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
