"""Whether the sizes that a Parquet file claims can be true, before anything is allocated.

A reader believes what the headers of a file say. Where these are damaged or made to harm, it
allocates gigabytes, and a failed allocation ends the whole process. So the footer and the
header of every page are read here first (format: https://parquet.apache.org/docs/file-format).
"""

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap

import polars as pl

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.thrift import Reader, Struct

MAGIC = b"PAR1"
MAX_PAGE = 64 * 1024 * 1024  # bytes in a page, unless its compressed form is not much smaller
MAX_SHRINK = 100
MAX_TOTAL = 4 * 1024**3  # bytes of all pages
FREE_ROWS, ROWS_PER_BYTE = 1_000_000, 1_000  # rows that a file may claim, by its size
FREE_TEXT = 512 * 1024 * 1024  # bytes of all cells that any file may hold
MAX_FIELD = 1024 * 1024  # bytes of a value of fixed length


def check_claims(source: Source) -> None:
    """Raise InputError where the file is no Parquet file, or claims what cannot be."""
    try:
        if source.packed:
            _check(source.data)
        else:
            with source.path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                _check(data)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # the header names its fields by number: a missing or odd one is a damaged header
        said = str(error) if isinstance(error, ValueError) else "a header lacks a field"
        raise InputError(f"{source.name}: not readable as Parquet: {said}") from None


def check_repeats(frame: pl.DataFrame, source: Source) -> None:
    """Raise InputError where few bytes stand for so much text that whoever touches it runs out of
    memory: pages of a dictionary hold a text once, and rows without end repeat it.
    """
    size, claimed = source.size, int(frame.estimated_size())
    limit = max(FREE_TEXT, MAX_SHRINK * size)
    if claimed > limit:
        raise InputError(
            f"{source.name}: {frame.height:,} rows in {size:,} bytes hold {claimed:,} bytes when "
            f"unpacked; at most {limit:,} are read"
        )


def _check(data: mmap | bytes) -> None:
    size = len(data)
    if size < 12 or data[:4] != MAGIC or data[-4:] != MAGIC:
        raise ValueError("it breaks off" if size >= 4 and data[:4] == MAGIC else "no Parquet file")
    footer = int.from_bytes(data[-8:-4], "little")
    body = size - 8 - footer
    if body < 4:
        raise ValueError(f"it claims a footer of {footer:,} bytes in a file of {size:,}")
    meta = Reader(data, body, size - 8).struct()
    rows = _count(meta, 3)
    if rows > FREE_ROWS + ROWS_PER_BYTE * size:
        raise ValueError(f"it claims {rows:,} rows in {size:,} bytes")
    if sum(_count(group, 3) for group in meta[4]) != rows:
        raise ValueError("its row groups do not add up to its rows")
    for element in meta[2]:
        if not 0 <= element.get(2, 0) <= MAX_FIELD:
            raise ValueError(f"it claims values of {element[2]:,} bytes each")
    total = 0
    for group in meta[4]:
        for chunk in group[1]:
            total += _check_chunk(data, chunk[3], body, FREE_ROWS + ROWS_PER_BYTE * size)
    if total > MAX_TOTAL:
        raise ValueError(f"it claims {total:,} bytes when unpacked; at most {MAX_TOTAL:,} are read")


def _check_chunk(data: mmap | bytes, chunk: Struct, body: int, limit: int) -> int:
    """Walk the pages of one column; the bytes that they take when unpacked."""
    values, packed = _count(chunk, 5), _count(chunk, 7)
    dictionary = chunk.get(11)
    start = min(_count(chunk, 9), dictionary) if dictionary else _count(chunk, 9)
    if start < 4 or start + packed > body:
        raise ValueError(f"a column claims {packed:,} bytes at {start:,}, beyond the end")
    if values > limit:
        raise ValueError(f"a column claims {values:,} values")
    unpacked = found = 0
    for page in _walk_pages(data, start, start + packed):
        unpacked += _count(page, 2)
        inner = page.get(5) or page.get(8)
        count = _count(inner or page[7], 1)
        found += count if inner else 0
        if count > values:
            raise ValueError(f"a page claims {count:,} values of {values:,}")
    if found != values:
        raise ValueError(f"the pages of a column hold {found:,} values of {values:,}")
    return unpacked


def _walk_pages(data: mmap | bytes, start: int, end: int) -> Iterator[Struct]:
    reader = Reader(data, start, end)
    while reader.position < end:
        page = reader.struct()
        unpacked, packed = _count(page, 2), _count(page, 3)
        if packed > end - reader.position:
            raise ValueError(f"a page claims {packed:,} bytes, beyond its column")
        if unpacked > max(MAX_PAGE, MAX_SHRINK * packed):
            raise ValueError(f"a page of {packed:,} bytes claims {unpacked:,} when unpacked")
        reader.position += packed
        yield page


def _count(record: Struct, number: int) -> int:
    value = record[number]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a header claims a size below zero")
    return value
