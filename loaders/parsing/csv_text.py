"""CSV text as a table of text, every row with its line: fast by polars, else exact."""

import csv
import io
import re
from functools import cache

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.text import decode

_UNNAMED = "\0"  # before the number of a column without a name
INDEX = "index"  # what pandas calls its column of row numbers
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}


def read_csv_table(
    source: SourceLike, separators: str = ",", header_row: int = 1, unnamed: bool = False
) -> pl.DataFrame:
    """A CSV file as text columns, with the name of the file and the line of each row.

    header_row: the line that names the columns; what stands above it is not read
    unnamed:    columns without a name may stand there, if they have no cells; they are left out
    An empty cell is null, quoted or not. Raises InputError for text that is not UTF-8, another
    separator, repeated or empty column names, and rows with too few or too many cells.
    """
    source = Source.of(source)
    source.refuse_binary()
    if header_row == 1:
        return parse_csv(source.data, source.name, separators, unnamed)
    parts = source.data.split(b"\n", header_row - 1)
    if len(parts) < header_row or not parts[-1].strip():
        lines = source.data.count(b"\n") + (not source.data.endswith(b"\n"))
        raise InputError(f"{source.name}: --header-row {header_row}: the file has {lines:,} lines")
    frame = parse_csv(parts[-1], source.name, separators, unnamed)
    return frame.with_columns(pl.col(LINE) + (header_row - 1))


def parse_csv(data: bytes, name: str, separators: str = ",", unnamed: bool = False) -> pl.DataFrame:
    """The same of CSV text that is at hand; `name` is what messages and rows call it."""
    first = decode(data.split(b"\n", 1)[0], name)
    separator = max(separators, key=lambda mark: (first.count(mark), -separators.index(mark)))
    header = _read_header(first, name, separator, unnamed)
    frame = _parse_fast(data, header, separator) if header else None
    if frame is None:
        frame = _parse_exact(decode(data, name), name, separator, unnamed)
    return _drop_unnamed(frame, name).with_columns(pl.lit(name).alias(FILE))


def _drop_unnamed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame without columns that have no name. Raises InputError where one has cells.

    Row numbers before all columns, as pandas writes them, are kept as `index`.
    """
    first = f"{_UNNAMED}1"
    if first in frame.columns and INDEX not in frame.columns and _holds_numbers(frame[first]):
        frame = frame.rename({first: INDEX})
    blank = [c for c in frame.columns if c.startswith(_UNNAMED)]
    width = len([c for c in frame.columns if c != LINE])
    for column in blank:
        cells = frame.filter(pl.col(column).str.strip_chars() != "")
        if cells.height:
            number, line = column.removeprefix(_UNNAMED), cells[LINE][0]
            raise InputError(f"{name}:{line}: column {number} of {width} has no name, but a cell")
    return frame.drop(blank)


def _holds_numbers(cells: pl.Series) -> bool:
    return cells.len() > 0 and bool(cells.str.contains(r"^\d+$").all())


def _parse_fast(data: bytes, header: list[str], separator: str = ",") -> pl.DataFrame | None:
    """The table by polars, or None where odd quotes, blank or ragged lines ask for the exact way.

    polars itself refuses rows that are too long, and pads those that are too short. So separators
    and line ends are counted, in the file and in the cells: those that are in no cell must be
    as many as rows without a gap have.
    """
    if any(mark in data for mark in (b"\n\n", b"\n\r")):
        return None
    if data.count(b"\r") != data.count(b"\r\n"):
        return None
    quotes = b'"' in data
    if quotes and not _match_quoted(separator).fullmatch(data):
        return None
    try:
        frame = pl.read_csv(
            data, separator=separator, infer_schema=False, new_columns=header,
            quote_char='"' if quotes else None,
        )  # fmt: skip
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None  # the exact way finds the line at fault
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    line, separators = pl.int_range(pl.len(), dtype=pl.UInt32) + 2, 0
    if quotes:
        breaks = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
        inside = pl.all().str.count_matches(separator, literal=True).sum()
        separators = sum(frame.select(inside).row(0)) + sum(h.count(separator) for h in header)
        lines -= frame.select(breaks.sum()).item()
        line += breaks.cum_sum().shift(1, fill_value=0).cast(pl.UInt32)
        frame = frame.with_columns(
            line.alias(LINE), *(pl.when(pl.col(c) != "").then(c).alias(c) for c in header)
        )
    if data.count(separator.encode()) - separators != lines * (len(header) - 1):
        return None
    if frame.height != lines - 1:
        return None
    return frame if quotes else frame.with_columns(line.alias(LINE))


@cache
def _match_quoted(separator: str) -> re.Pattern[bytes]:
    """A file whose quotes stand around whole cells, and are doubled within (RFC 4180)."""
    mark = re.escape(separator.encode())
    cell = rb'(?:[^"\r\n' + mark + rb']*+|"(?:[^"]++|"")*+")'
    return re.compile(rb"(?:\xef\xbb\xbf)?(?:" + cell + rb"(?:" + mark + rb"|\r?\n|\Z))*+")


def _parse_exact(text: str, name: str, separator: str = ",", unnamed: bool = False) -> pl.DataFrame:
    """The table row by row, with the line on which each row starts; faults are collected."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    faults: list[str] = []
    before = 0
    try:
        for row in reader:
            start, before = before + 1, reader.line_num
            if not row:
                continue
            if not header:
                header = _check_header(row, name, separator, unnamed)
            elif len(row) != len(header):
                faults.append(f"{name}:{start}: expected {len(header)} cells, got {len(row)}")
            else:
                rows.append(row)
                lines.append(start)
    except csv.Error as error:
        faults.append(f"{name}:{before + 1}: not readable as CSV: {error}")
    if faults:
        raise InputError.of(faults)
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    series = [
        pl.Series(n, [c or None for c in column], pl.String)
        for n, column in zip(header, columns, strict=True)
    ]
    return pl.DataFrame([*series, pl.Series(LINE, lines, pl.Int64)])


def _read_header(line: str, name: str, separator: str, unnamed: bool = False) -> list[str]:
    """The column names of a first line; none where only the exact way can tell."""
    line = line.rstrip("\r")
    if not line.strip() or line.count('"') % 2:
        return []
    try:
        (row,) = csv.reader([line], strict=True, delimiter=separator)
    except csv.Error:
        return []
    return _check_header(row, name, separator, unnamed)


def _check_header(row: list[str], name: str, separator: str, unnamed: bool = False) -> list[str]:
    cells = [cell.strip() for cell in row]
    if len(cells) == 1:
        for mark, word in SEPARATORS.items():
            if mark != separator and mark in cells[0]:
                wanted = SEPARATORS[separator]
                raise InputError(f"{name}:1: expected {wanted} between columns, found {word}")
    if unnamed and any(cells):
        cells = [cell or f"{_UNNAMED}{number}" for number, cell in enumerate(cells, 1)]
    for number, cell in enumerate(cells, 1):
        if not cell.strip():
            raise InputError(f"{name}:1: column {number} of {len(cells)} has no name")
        if cell in (FILE, LINE):
            raise InputError(f"{name}:1: column {cell!r} is reserved for the place of a row")
        if cells.index(cell) < number - 1:
            raise InputError(f"{name}:1: column {clip(cell)!r} stands twice")
    return cells
