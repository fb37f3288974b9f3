"""Excel workbooks, read by calamine after the archive is known to be of sane size."""

import logging
import re
from collections import Counter
from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.unpack import walk_zip

MAX_BYTES = 512 * 1024 * 1024  # of all parts of the archive, unpacked
MAX_TEXT = 512 * 1024 * 1024  # bytes of the texts of all cells, each as often as cells repeat it
MAX_CELLS = 50_000_000  # of a sheet up to its last row and column: calamine makes room for all
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # of a sheet in Excel
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_CELL = re.compile(rb"""\sr=["']([A-Za-z]{1,20})([0-9]{1,20})["']""")
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})["']"""
)
_ROW = re.compile(rb"<(?:\w+:)?row\b.*?(?:</(?:\w+:)?row>|(?=<(?:\w+:)?row\b)|\Z)", re.DOTALL)
_FILLED = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>\s*(<(?:\w+:)?(?:v|is)\b)?)")
_SHARED = re.compile(rb"<(?:\w+:)?si[ >/](.*?)(?=<(?:\w+:)?si[ >/]|\Z)", re.DOTALL)
_USED = re.compile(rb"""\st=["']s["'][^>]*>\s*<(?:\w+:)?v>\s*(\d{1,9})\s*<""")


@dataclass(frozen=True)
class Merged:
    """Cells that are one, both ends within; rows and columns count from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def wide(self) -> bool:
        return self.last_column > self.first_column


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet: every cell as text, no row left out, and which cells are merged."""

    cells: pl.DataFrame
    merged: tuple[Merged, ...] = ()

    def filled(self) -> pl.DataFrame:
        """The cells, with what is merged down standing in each of its rows, in its first column."""
        down = [m for m in self.merged if m.last_row > m.first_row]
        down = [m for m in down if m.first_column < self.cells.width]
        columns: dict[str, list[str | None]] = {}
        for merged in down:
            name = self.cells.columns[merged.first_column]
            texts = columns.setdefault(name, self.cells[name].to_list())
            for row in range(merged.first_row + 1, min(merged.last_row + 1, len(texts))):
                texts[row] = texts[merged.first_row] if texts[row] is None else texts[row]
        return self.cells.with_columns(
            pl.Series(name, texts, pl.String) for name, texts in columns.items()
        )


def read_sheets(source: Source) -> dict[str, pl.DataFrame]:
    """All sheets by name, every cell as text, no row left out (`read_workbook`)."""
    return {name: sheet.cells for name, sheet in read_workbook(source).items()}


def read_workbook(source: Source) -> dict[str, Sheet]:
    """All sheets by name, so that numbers of rows are those of Excel.

    Raises InputError for damaged workbooks, and those that unpack to more than MAX_BYTES, whose
    cells repeat texts to more than MAX_TEXT, or whose last cell lies beyond MAX_CELLS others.
    """
    from fastexcel import FastExcelError

    merged = _check_parts(source)
    logging.getLogger("calamine").addHandler(logging.NullHandler())  # else it writes to stderr
    try:
        sheets = pl.read_excel(
            source.file, engine="calamine", sheet_id=0, has_header=False, drop_empty_rows=False,
            drop_empty_cols=False, raise_if_empty=False,
            read_options={"dtypes": "string", "skip_rows": 0},
        )  # fmt: skip
    except FastExcelError as error:
        reason = clip(str(error).split("\n")[0], 200)
    except BaseException as error:
        # no Exception: a bug of calamine, met by bytes; each library has a class of this name
        if type(error).__name__ != "PanicException":
            raise
        reason = clip(str(error), 200)
    else:
        return {name: Sheet(cells, merged.get(name, ())) for name, cells in sheets.items()}
    raise InputError(f"{source.name}: not readable as Excel: {reason}")


def _check_parts(source: Source) -> dict[str, tuple[Merged, ...]]:
    """The merged cells of each sheet, after a look at the sizes that its parts claim."""
    parts: dict[str, tuple[Merged, ...]] = {}
    lengths: list[int] = []
    names: dict[str, bytes] = {}
    total = 0
    for name, data in walk_zip(source.file, source.name, MAX_BYTES):
        lowered = name.lower()
        if lowered == "xl/sharedstrings.xml":
            lengths = [len(text) for text in _SHARED.findall(data)]
        elif lowered in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            names[lowered] = data
        elif _SHEET.fullmatch(name):
            _check_reach(data, f"{source.name}/{clip(name, 80)}")
            total += _measure_texts(data, lengths)
            found = _MERGED.findall(data)
            left = _find_left(data) if found else 0
            parts[lowered] = tuple(_read_merged(match, left) for match in found)
    if total > MAX_TEXT:
        raise InputError(
            f"{source.name}: its cells hold {total:,} bytes of text; at most {MAX_TEXT:,} are read"
        )
    if sum(m.last_row - m.first_row for part in parts.values() for m in part) > MAX_CELLS:
        raise InputError(f"{source.name}: its merged cells cover more than {MAX_CELLS:,} rows")
    targets = _find_parts(names, source.name) if any(parts.values()) else {}
    return {sheet: parts.get(part, ()) for sheet, part in targets.items()}


def _measure_texts(data: bytes, lengths: list[int]) -> int:
    """Bytes of the shared texts that the cells of a sheet stand for."""
    longest = max(lengths, default=0)
    if data.count(b"<") * longest <= MAX_TEXT:
        return 0  # whatever they stand for, it is not too much
    used = Counter(_USED.findall(data))
    return sum(n * lengths[int(i)] for i, n in used.items() if int(i) < len(lengths))


def _find_parts(parts: dict[str, bytes], name: str) -> dict[str, str]:
    """The part of the archive that holds each sheet, by its name, in small letters."""
    from knockon.loaders.parsing.safe_xml import parse_xml

    if len(parts) < 2:
        return {}
    book, links = (parse_xml(parts[p], f"{name}/{p}") for p in sorted(parts, reverse=True))
    targets = {
        link.attributes.get("Id"): link.attributes.get("Target", "").lstrip("/")
        for link in links.walk()
    }
    found = {}
    for sheet in (e for e in book.walk() if e.local == "sheet"):
        key = next((v for k, v in sheet.attributes.items() if k.endswith("}id")), None)
        part = (targets.get(key) or "").lower()
        found[sheet.attributes.get("name", "")] = part if part.startswith("xl/") else f"xl/{part}"
    return found


def _read_merged(ends: tuple[bytes, ...], first: int) -> Merged:
    left, top, right, bottom = ends
    columns = (max(0, _number_column(letters) - 1 - first) for letters in (left, right))
    return Merged(int(top) - 1, int(bottom) - 1, *columns)


def _find_left(data: bytes) -> int:
    """How many columns before the first with a value: calamine leaves these out."""
    least = _LAST_COLUMN
    for row in _ROW.finditer(data):
        column = -1
        for cell in _FILLED.finditer(row[0]):
            placed = _CELL.search(cell[1])
            column = _number_column(placed[1]) - 1 if placed else column + 1
            if cell[2]:
                least = min(least, column)
                break  # those behind it lie further right
    return 0 if least == _LAST_COLUMN else least


def _check_reach(data: bytes, place: str) -> None:
    """Raise InputError where a cell is named that no sheet has, or that lies too far out."""
    rows = columns = 0
    for letters, digits in set(_CELL.findall(data)):
        column, row = _number_column(letters), int(digits)
        if not (1 <= row <= _LAST_ROW and column <= _LAST_COLUMN):
            cell = (letters + digits).decode()
            raise InputError(f"{place}: not readable as Excel: no sheet has a cell {cell}")
        rows, columns = max(rows, row), max(columns, column)
    if rows * columns > MAX_CELLS:
        what = f"{rows:,} rows of {columns:,} columns; at most {MAX_CELLS:,} cells are read"
        raise InputError(f"{place}: {what}")


def _number_column(letters: bytes) -> int:
    """1 for A, 28 for AB."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
