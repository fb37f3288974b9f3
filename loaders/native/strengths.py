"""A table of strengths of the user's own: CSV, Parquet or a workbook, with the columns of
the shipped one."""

from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE
from knockon.graph.scenario.strengths import AT, NONE, SHIPPED, StrengthTable
from knockon.loaders.native.parquet import read_parquet_table
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.excel import read_sheets
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source


def _read_frame(path: Path) -> pl.DataFrame:
    """Of CSV, Parquet or a workbook, told apart by their first bytes."""
    source = Source.of(path)
    if source.is_folder:
        return read_csv_table(path)
    if source.is_parquet:
        return read_parquet_table(source)
    return _read_sheet(source) if source.head.startswith(b"PK") else read_csv_table(path)


def _read_sheet(source: Source) -> pl.DataFrame:
    """The only sheet with cells, whose first row names the columns."""
    sheets = {n: cells for n, cells in read_sheets(source).items() if cells.height}
    if len(sheets) != 1:
        found = some(repr(clip(n, 40)) for n in sheets) or "none"
        raise InputError(f"{source.name}: expected one sheet with cells, found {found}")
    ((name, cells),) = sheets.items()
    heads = [str(cell or "").strip() for cell in cells.row(0)]
    kept = {c: word for c, word in zip(cells.columns, heads, strict=True) if word}
    if len(set(kept.values())) < len(kept):
        raise InputError(f"{source.name}: two columns have one name: {some(map(repr, heads))}")
    line = (pl.int_range(pl.len(), dtype=pl.UInt32) + 1).alias(LINE)
    rows = cells.with_columns(line).slice(1).rename(kept).select(*kept.values(), LINE)
    rows = rows.filter(~pl.all_horizontal(pl.exclude(LINE).is_null()))
    return rows.with_columns(pl.lit(f"{source.name}#{clip(name, 40)}").alias(FILE))


def read_strength_table(path: Path) -> StrengthTable:
    """The table of a file, under the name of the file.

    Raises InputError where there is no such file, and with every fault of its rows.
    """
    if not path.exists():
        hint = did_you_mean(str(path), (*SHIPPED, NONE))
        raise InputError(
            f"--strengths {path}: expected {', '.join(SHIPPED)}, {NONE}, or a table as CSV, "
            f"Parquet or xlsx; there is no such file{hint}"
        )
    with one_error(path):
        frame = _read_frame(path)
    rows: list[dict[str, Any]] = []
    for row in frame.iter_rows(named=True):
        at = f"{row.pop(FILE)}:{row.pop(LINE)}"
        rows.append(row | {AT: at})
    if not rows:
        raise InputError(f"{path.name}: expected at least one row of strengths, got none")
    return StrengthTable.of(path.name, rows)
