"""A table of strengths of the user's own, with the columns of the shipped one: CSV, Parquet, a
workbook, or a list of rows in JSON, JSON lines or YAML."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE
from knockon.graph.scenario.strengths import AT, COLUMNS, NONE, SHIPPED, StrengthTable
from knockon.loaders.native.formats import RULES
from knockon.loaders.native.parquet import read_parquet_table
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.excel import read_sheets
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.json_text import parse_json
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, place_json

_ROWS = "rows"  # of an object around them, such as the answer of `knockon strengths`


def _read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows as cells by column, each with its place."""
    source = Source.of(path)
    if source.looks_like_json or source.suffix in (".yaml", ".yml"):
        yield from _read_items(source)
        return
    for row in _read_frame(source).iter_rows(named=True):
        at = f"{row.pop(FILE)}:{row.pop(LINE)}"
        yield row | {AT: at}


def _read_items(source: Source) -> Iterator[dict[str, Any]]:
    """The objects of a list, or of one object a line."""
    values, lines = _list_items(source)
    for value, line in zip(values, lines, strict=True):
        place = f"{source.name}:{line}"
        if not isinstance(value, dict):
            raise InputError(f"{place}: expected an object by column, got {clip(str(value), 40)!r}")
        for column, cell in value.items():
            if isinstance(cell, dict | list) and column in COLUMNS:
                raise InputError(f"{place}: {column}: expected one value, got several")
        yield value | {AT: place}


def _list_items(source: Source) -> tuple[Sequence[Any], Sequence[int]]:
    """The items, scalars as text, and the line of each."""
    if source.first_record:
        text = source.text.split("\n")
        lines = [number for number, line in enumerate(text, start=1) if line.strip()]
        found = [parse_json(text[n - 1], source.name, n) for n in lines]
        values = [
            place_json(value, text[n - 1], source.name, RULES, n)
            for value, n in zip(found, lines, strict=True)
        ]
        return values, lines
    if source.looks_like_json and source.suffix not in (".yaml", ".yml"):
        whole = place_json(source.json, source.text, source.name, RULES)
    else:
        whole = source.yaml(RULES)
    listed = whole.get(_ROWS) if isinstance(whole, dict) else whole
    if not isinstance(listed, YamlList):
        keys = some(repr(clip(str(k), 40)) for k in whole) if isinstance(whole, dict) else ""
        came = f"an object of {keys}" if keys else "one value"
        raise InputError(f"{source.name}: expected a list of rows, or `{_ROWS}`, got {came}")
    return listed, listed.lines


def _read_frame(source: Source) -> pl.DataFrame:
    """Of CSV, Parquet or a workbook, told apart by their first bytes."""
    if source.is_parquet:
        return read_parquet_table(source)
    is_sheet = source.head.startswith(b"PK") and not source.is_folder
    return _read_sheet(source) if is_sheet else read_csv_table(source)


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
            f"JSON, YAML, Parquet or xlsx; there is no such file{hint}"
        )
    with one_error(path):
        rows = [*_read_rows(path)]
    if not rows:
        raise InputError(f"{path.name}: expected at least one row of strengths, got none")
    return StrengthTable.of(path.name, rows)
