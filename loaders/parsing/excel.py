"""Excel workbooks, read by calamine after the archive is known to be of sane size."""

import logging
import re

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.unpack import walk_zip

MAX_BYTES = 512 * 1024 * 1024  # of all parts of the archive, unpacked
MAX_CELLS = 50_000_000  # of a sheet up to its last row and column: calamine makes room for all
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # of a sheet in Excel
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_CELL = re.compile(rb"""\sr=["']([A-Za-z]{1,20})([0-9]{1,20})["']""")


def read_sheets(source: Source) -> dict[str, pl.DataFrame]:
    """All sheets by name, every cell as text, no row left out, without a header.

    So numbers of rows are those of Excel. Raises InputError for damaged workbooks, and those that
    unpack to more than MAX_BYTES or have a cell so far out that MAX_CELLS lie before it.
    """
    from fastexcel import FastExcelError

    for name, data in walk_zip(source.file, source.name, MAX_BYTES):
        if _SHEET.fullmatch(name):
            _check_reach(data, f"{source.name}/{clip(name, 80)}")
    logging.getLogger("calamine").addHandler(logging.NullHandler())  # else it writes to stderr
    try:
        return pl.read_excel(
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
    raise InputError(f"{source.name}: not readable as Excel: {reason}")


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
