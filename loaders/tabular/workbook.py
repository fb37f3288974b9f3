"""Excel workbooks as tables of any column names."""

from collections.abc import Mapping

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.table import table
from knockon.loaders.parsing.excel import read_sheets
from knockon.loaders.parsing.source import Source, SourceLike

_OURS = ("entities", "dependencies")


def read_excel(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """The sheets `dependencies` and `entities` of a workbook, or its only sheet with cells.

    The first row names the columns; a column without a name must be empty. Raises InputError
    where several sheets could be meant, and as `read_sheets` does.
    """
    source = Source.of(source)
    sheets = {name: sheet for name, sheet in read_sheets(source).items() if sheet.height}
    named = {name.strip().lower(): name for name in sheets}
    if not set(_OURS) & named.keys() and len(sheets) != 1:
        shown = some((repr(clip(name, 40)) for name in sheets), 8) or "none"
        raise InputError(
            f"{source.name}: expected a sheet 'dependencies' (and perhaps 'entities'), or one "
            f"sheet only; found {len(sheets)} with cells: {shown}"
        )
    frames = {
        key: _with_header(sheets[named[key]], source, named[key]) for key in _OURS if key in named
    }
    if not frames:
        ((name, sheet),) = sheets.items()
        frames = {"dependencies": _with_header(sheet, source, name)}
    none = pl.DataFrame()
    return table(source, frames.get("dependencies", none), frames.get("entities"), mapping)


def _with_header(sheet: pl.DataFrame, source: Source, name: str) -> pl.DataFrame:
    """The rows below the first, named by it, without blank ones; each with sheet and row."""
    place = f"{source.name}#{clip(name, 40)}"
    header = [str(cell or "").strip() for cell in sheet.row(0)]
    kept = []
    for column, word in zip(sheet.columns, header, strict=True):
        if word in (FILE, LINE) or (word and header.count(word) > 1):
            raise InputError(f"{place}:1: column {clip(word)!r} stands twice, or is reserved")
        if word:
            kept.append(pl.col(column).alias(word))
        elif not sheet[column].is_null().all():
            raise InputError(f"{place}:1: column {len(kept) + 1} has cells, but no name")
    rows = sheet.with_columns((pl.int_range(pl.len(), dtype=pl.UInt32) + 1).alias(LINE))
    cells = rows.slice(1).select(*kept, LINE)
    said = cells.filter(~pl.all_horizontal(pl.exclude(LINE).is_null())) if kept else cells.head(0)
    return said.with_columns(pl.lit(place).alias(FILE))
