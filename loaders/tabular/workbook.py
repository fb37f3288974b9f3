"""Excel workbooks as tables of any column names.

A sheet is read as people lay it out: titles above its heads, cells merged down over the rows that
they hold for, rows that name a section. What of it is not read is told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Unpack

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE, Finding, Tables
from knockon.loaders.assembling.asides import reads_like_note
from knockon.loaders.assembling.columns import parse_mapping
from knockon.loaders.assembling.heads import LOOKED_AT, find_heads
from knockon.loaders.assembling.table import TableOptions, settle_tables
from knockon.loaders.parsing.excel import Sheet, read_workbook
from knockon.loaders.parsing.source import Source, SourceLike

_OURS = ("entities", "dependencies")


def read_excel(
    source: SourceLike,
    sheet: str | None = None,
    header_row: int | None = None,
    **options: Unpack[TableOptions],
) -> Tables:
    """The sheets `dependencies` and `entities` of a workbook, or the one that can be meant.

    sheet: its name; header_row: the row that names its columns; without these, the only sheet with
    cells, or with columns for both ends, and the row that looks like one of heads. A column without
    a name must be empty. Raises InputError where several sheets could be meant, and as
    `read_workbook` does.
    """
    source = Source.of(source)
    sheets = {name: found for name, found in read_workbook(source).items() if found.cells.height}
    named = {name.strip().lower(): name for name in sheets}
    names = parse_mapping(options.get("mapping")).theirs
    report: list[Finding] = []

    def heads(name: str, row: int | None = None) -> pl.DataFrame:
        return _use_heads(sheets[name], f"{source.name}#{clip(name, 40)}", names, row, report)

    if sheet is None and set(_OURS) & named.keys():
        frames = {key: heads(named[key]) for key in _OURS if key in named}
        others = {n: sheets[n] for key, n in named.items() if key not in _OURS}
        if _OURS[1] not in frames:  # it may be called otherwise
            fitting = _find_fitting(source, others, names, header_row, options, frames[_OURS[0]])
            if fitting:
                return _take_only(source, fitting, others, report)
        report += _tell_others([*others], next(reversed(frames)))
    elif sheet is not None or len(sheets) == 1:
        name = _find_sheet(source, sheet, sheets) if sheet is not None else next(iter(sheets))
        frames = {"dependencies": heads(name, header_row)}
        report += _tell_others([other for other in sheets if other != name], name)
    else:
        fitting = _find_fitting(source, sheets, names, header_row, options)
        return _take_only(source, fitting, sheets, report)
    described = frames.get("entities")
    tables = settle_tables(source, frames.get("dependencies", pl.DataFrame()), described, **options)
    return replace(tables, report=(*report, *tables.report))


def _find_sheet(source: Source, sheet: str, sheets: Mapping[str, Sheet]) -> str:
    """The sheet of this name, regardless of case."""
    found = [name for name in sheets if name.strip().lower() == sheet.strip().lower()]
    if not found:
        hint = did_you_mean(sheet, sheets) if sheets else "; no sheet has cells"
        raise InputError(f"{source.name}: --sheet: no sheet with cells is {clip(sheet)!r}{hint}")
    return found[0]


def _find_fitting(
    source: Source, sheets: Mapping[str, Sheet], names: Collection[str], row: int | None,
    options: TableOptions, described: pl.DataFrame | None = None,
) -> dict[str, Tables]:  # fmt: skip
    """The tables of those sheets whose columns can be read as dependencies."""
    fitting: dict[str, Tables] = {}
    for name, sheet in sheets.items():
        report: list[Finding] = []
        place = f"{source.name}#{clip(name, 40)}"
        try:
            frame = _use_heads(sheet, place, names, row, report)
            tables = settle_tables(source, frame, described, **options)
        except InputError:
            continue
        if tables.dependencies.height:
            fitting[name] = replace(tables, report=(*report, *tables.report))
    return fitting


def _take_only(
    source: Source, fitting: Mapping[str, Tables], sheets: Mapping[str, Sheet],
    report: Sequence[Finding],
) -> Tables:  # fmt: skip
    """The only one that fits of several sheets. Raises InputError where none or several do."""
    if len(fitting) != 1:
        shown = some((repr(clip(name, 40)) for name in fitting or sheets), 8) or "none"
        raise InputError(
            f"{source.name}: expected a sheet 'dependencies' (and perhaps 'entities'), or one "
            f"sheet only; found {len(fitting or sheets)} with cells: {shown}; --sheet NAME says "
            "which to read"
        )
    ((name, tables),) = fitting.items()
    notes = _tell_others([other for other in sheets if other != name], name)
    return replace(tables, report=(*report, *notes, *tables.report))


def _tell_others(others: Sequence[str], name: str) -> list[Finding]:
    """The note on sheets with cells that are not read."""
    if not others:
        return []
    reason = f"a sheet that is not read, beside {clip(name, 40)!r} (--sheet NAME reads another)"
    return [Finding("note", len(others), reason, tuple(repr(clip(o, 40)) for o in others[:5]))]


def _use_heads(
    sheet: Sheet, place: str, names: Collection[str], row: int | None, report: list[Finding]
) -> pl.DataFrame:
    """The rows below the heads, named by these, without blank ones; each with sheet and row."""
    cells = sheet.filled()
    top = [[str(c or "") for c in r] for r in cells.head(LOOKED_AT).iter_rows()]
    if row is not None and row > cells.height:
        raise InputError(f"{place}: --header-row {row}: the sheet has {cells.height:,} rows")
    at = _read_heads(sheet, top, find_heads(top, names)) if row is None else row - 1
    above = [cell for r in sheet.cells.head(at).iter_rows() for cell in r if cell]
    if above:
        reason = f"a row above the heads in row {at + 1}, not read"
        titles = tuple(dict.fromkeys(repr(clip(cell, 40)) for cell in above))
        report.append(Finding("note", at, reason, titles[:5]))
    header = _name_columns(sheet, cells, at)
    below = cells.slice(at + 1)
    kept = []
    for column, word in zip(cells.columns, header, strict=True):
        if word in (FILE, LINE) or (word and header.count(word) > 1):
            what = f"column {clip(word)!r} stands twice, or is reserved"
            raise InputError(f"{place}:{at + 1}: {what}")
        if word:
            kept.append(pl.col(column).alias(word))
        elif not below[column].is_null().all():
            raise InputError(f"{place}:{at + 1}: column {len(kept) + 1} has cells, but no name")
    rows = below.with_columns((pl.int_range(pl.len(), dtype=pl.UInt32) + at + 2).alias(LINE))
    rows = _drop_sections(sheet, rows, place, report)
    said = rows.select(*kept, LINE)
    said = said.filter(~pl.all_horizontal(pl.exclude(LINE).is_null())) if kept else said.head(0)
    return said.with_columns(pl.lit(place).alias(FILE))


def _read_heads(sheet: Sheet, top: Sequence[Sequence[str]], at: int) -> int:
    """The row of heads; the one below where cells of this one are merged across, and it says as
    much: these are heads of groups.
    """
    grouped = any(m.wide and m.first_row == m.last_row == at for m in sheet.merged)
    below = sum(map(bool, top[at + 1])) if at + 1 < len(top) else 0
    return at + 1 if grouped and below >= sum(map(bool, top[at])) else at


def _name_columns(sheet: Sheet, cells: pl.DataFrame, at: int) -> list[str]:
    """The heads in a row; below a cell that is merged across, both: `Provider Name`."""
    words = [" ".join(str(cell or "").split()) for cell in cells.row(at)]
    for merged in (m for m in sheet.merged if m.first_column < len(words)):
        if (
            merged.first_row == merged.last_row == at - 1
            and merged.last_column > merged.first_column
        ):
            group = " ".join(str(cells.row(at - 1)[merged.first_column] or "").split())
            for column in range(merged.first_column, min(merged.last_column + 1, len(words))):
                if group and words[column]:
                    words[column] = f"{group} {words[column]}"
    return words


def _drop_sections(
    sheet: Sheet, rows: pl.DataFrame, place: str, report: list[Finding]
) -> pl.DataFrame:
    """The rows without those whose one cell is merged across others: titles of sections, notes."""
    across = {m.first_row + 1 for m in sheet.merged if m.first_row == m.last_row and m.wide}
    if not across:
        return rows
    columns = [c for c in rows.columns if c != LINE]
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.UInt32) for c in columns)
    section = rows.select((pl.col(LINE).is_in([*across]) & (filled == 1)).alias("s"))["s"]
    texts = rows.select(pl.coalesce(columns).alias("t"))["t"].filter(section)
    section = section.scatter(section.arg_true(), [not reads_like_note(t or "") for t in texts])
    lost = rows.filter(section)
    if lost.height:
        said = lost.select(pl.coalesce(columns).alias("t"), LINE).iter_rows()
        shown = tuple(f"{clip(str(t), 40)!r} at {place}:{line}" for t, line in said)
        reason = "a row that is one cell merged across others: a section, or a note"
        report.append(Finding("dropped", lost.height, reason, shown[:5]))
    return rows.filter(~section)
