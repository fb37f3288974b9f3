"""Parquet: claims that cannot be true are refused before anything is allocated."""

import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.native.parquet import read_parquet_table
from knockon.loaders.parsing import parquet_guard

ROWS = pl.DataFrame(
    {
        "dependent": [f"a{i}" for i in range(40)],
        "provider": ["b"] * 40,
        "probability": [None, 0.5] * 20,
    }
)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.parquet"
    ROWS.write_parquet(path)
    return path


def test_a_lone_file_is_a_source(sound: Path) -> None:
    """Each row is a dependency with its number in the file."""
    tables = load_tables([sound])
    assert tables.dependencies.height == 40
    row = tables.dependencies.filter(pl.col("dependent") == "a7").row(0, named=True)
    assert (row["probability"], row["_file"], row["_line"]) == (0.5, "sound.parquet", 8)


def footer_of(data: bytes, size: int) -> bytes:
    return data[:-8] + struct.pack("<I", size) + b"PAR1"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1], "it breaks off"),
        (lambda data: data[:8], "it breaks off"),
        (lambda data: footer_of(data, 500_000_000), "claims a footer of 500,000,000 bytes"),
        (lambda data: footer_of(data, len(data) - 8), "claims a footer"),
        (lambda data: footer_of(data, 3), "not readable as Parquet"),
        (lambda data: b"PAR1" + bytes(100) + data[-8:], "not readable as Parquet"),
    ],
)
def test_a_damaged_file_is_one_error(
    sound: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    """Cut off, or with a footer that cannot be."""
    sound.write_bytes(damage(sound.read_bytes()))
    with pytest.raises(InputError, match=message):
        load_tables([sound])


def page(unpacked: int, values: int) -> bytes:
    """A Parquet file of one column whose page claims these sizes, in Thrift's compact protocol."""

    def number(value: int) -> bytes:
        value, out = value << 1, b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    kind = b"\x15" + number(0)  # field 1: a data page
    sizes = b"\x15" + number(unpacked) + b"\x15" + number(4)
    inner = b"\x2c\x15" + number(values) + b"\x15\x00\x15\x06\x15\x06\x00"
    body = kind + sizes + inner + b"\x00" + b"\x04\x00\x00\x00"
    path = b"\x19\x18\x09dependent"
    chunk = (
        b"\x15\x0c\x19\x15\x00" + path + b"\x15\x02\x16" + number(values)
        + b"\x16" + number(unpacked) + b"\x16" + number(len(body)) + b"\x26" + number(4) + b"\x00"
    )  # fmt: skip
    sums = b"\x16" + number(10) + b"\x16" + number(values)
    group = b"\x19\x1c\x26\x08\x1c" + chunk + b"\x00" + sums + b"\x00"
    schema = b"\x19\x2c\x48\x04root\x15\x02\x00\x15\x0c\x25\x00\x18\x09dependent\x00"
    meta = b"\x15\x02" + schema + b"\x16" + number(values) + b"\x19\x1c" + group + b"\x00"
    return b"PAR1" + body + meta + struct.pack("<I", len(meta)) + b"PAR1"


@pytest.mark.parametrize(
    ("unpacked", "values", "message"),
    [
        (5 * 1024**3, 1, "claims 5,368,709,120 when unpacked"),
        (4, 5 * 10**9, "it claims 5,000,000,000 rows"),
    ],
)
def test_claims_of_gigabytes_are_refused(
    tmp_path: Path, unpacked: int, values: int, message: str
) -> None:
    """A hundred bytes that claim five gigabytes allocate nothing."""
    path = tmp_path / "big.parquet"
    path.write_bytes(page(unpacked, values))
    with pytest.raises(InputError, match=message):
        read_parquet_table(path)


HARM = """
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from knockon.graph.errors import InputError
from knockon.loaders.native.parquet import read_parquet_table
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (5 << 30, 5 << 30))
except ImportError:
    pass
sound, path = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
random = Random(int(sys.argv[3]))
for _ in range(600):
    data = bytearray(sound)
    for _ in range(random.choice((1, 1, 2, 5))):
        byte = random.choice((0, 1, 127, 128, 255, random.randrange(256)))
        data[random.randrange(len(data))] = byte
    if random.random() < 0.1:
        del data[random.randrange(len(data)):]
    path.write_bytes(data)
    with suppress(InputError):
        read_parquet_table(path)
"""


@pytest.mark.parametrize("compression", ["zstd", "uncompressed"])
def test_no_damage_ends_the_process(tmp_path: Path, compression: str) -> None:
    """600 damaged files in one process of limited memory: tables or InputError, never the end."""
    sound = tmp_path / "sound.parquet"
    ROWS.write_parquet(sound, compression=compression)  # type: ignore[arg-type]
    command = [sys.executable, "-c", HARM, str(sound), str(tmp_path / "harm.parquet"), "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]


def test_damage_in_every_length(sound: Path) -> None:
    """Cut after any byte, the file is an InputError."""
    data = sound.read_bytes()
    for size in range(4, len(data)):
        sound.write_bytes(data[:size])
        with pytest.raises(InputError):
            read_parquet_table(sound)


def test_large_honest_files_pass(tmp_path: Path) -> None:
    """What compresses very well is no claim that cannot be: constants, blanks, many rows."""
    path = tmp_path / "large.parquet"
    frame = pl.DataFrame(
        {"dependent": ["a"] * 300_000, "provider": ["b"] * 300_000, "probability": [0.5] * 300_000}
    ).with_columns(pl.lit(None, pl.String).alias("group"))
    for compression in ("zstd", "snappy", "uncompressed"):
        frame.write_parquet(path, compression=compression)  # type: ignore[arg-type]
        assert read_parquet_table(path).height == 300_000
    with suppress(OSError):
        path.unlink()


def test_few_bytes_do_not_become_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary holds a long text once, and every row repeats it: the sum is looked at first."""
    wide = pl.DataFrame(
        {"dependent": ["a"] * 500, "provider": ["b"] * 500, "note": ["x" * 9000] * 500}
    )
    wide.write_parquet(tmp_path / "a.parquet")
    assert load_tables([tmp_path / "a.parquet"]).dependencies.height == 1
    monkeypatch.setattr(parquet_guard, "FREE_TEXT", 1_000_000)
    with pytest.raises(
        InputError, match=r"500 rows in [\d,]+ bytes hold 4,50\d,\d+ bytes when unpacked"
    ):
        load_tables([tmp_path / "a.parquet"])


def test_ends_of_other_types(tmp_path: Path) -> None:
    """Categories, bytes of text, numbers and lists of structs are ids, too."""
    frame = pl.DataFrame(
        {
            "client": pl.Series(["a", "b", "N/A"], dtype=pl.Categorical),
            "vendor": pl.Series([b"v", None, b"w"], dtype=pl.Binary),
            "tags": [["x"], [], ["y"]],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    tables = load_tables([tmp_path / "a.parquet"])
    assert tables.dependencies.select("dependent", "provider", "tags").rows() == [
        ("a", "v", '["x"]')
    ]
    assert set(tables.entities["id"]) == {"a", "b", "v", "w"}
    structs = pl.DataFrame({"service": [1, 2], "dependsOn": [[{"id": 2, "name": "two"}], []]})
    structs.write_parquet(tmp_path / "b.parquet")
    tables = load_tables([tmp_path / "b.parquet"])
    assert tables.dependencies.select("dependent", "provider").rows() == [("1", "2")]
    assert dict(tables.entities.select("id", "name").iter_rows()) == {"1": "1", "2": "two"}
