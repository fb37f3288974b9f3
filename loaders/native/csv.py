"""One CSV file of dependencies, of any column names."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Unpack

from knockon.graph.errors import clip
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.columns import parse_mapping
from knockon.loaders.assembling.heads import LOOKED_AT, find_heads
from knockon.loaders.assembling.table import TableOptions, settle_tables
from knockon.loaders.parsing.csv_text import SEPARATORS, read_csv_table
from knockon.loaders.parsing.source import Source, SourceLike

_ANY = "".join(SEPARATORS)
_SEPARATOR = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)  # a first line for Excel


def read_csv(
    source: SourceLike, header_row: int | None = None, **options: Unpack[TableOptions]
) -> Tables:
    """One CSV file of dependencies; the entities are the ends of its rows.

    Columns are told by name, by `mapping` or by guess (`table`); the separator is the one of the
    line of heads, of commas, tabs, semicolons and bars. header_row: that line; without it the
    first, or where titles stand above, the one that looks like heads.
    """
    source = Source.of(source)
    separators, row = _ANY, header_row or 1
    report: list[Finding] = []
    if header_row is None:
        separators, row = _find_head(source, parse_mapping(options.get("mapping")).theirs, report)
    frame = read_csv_table(source, separators, row, unnamed=True)
    tables = settle_tables(source, frame, **options)
    return replace(tables, report=(*report, *tables.report))


def _find_head(source: Source, names: Collection[str], report: list[Finding]) -> tuple[str, int]:
    """The separators to choose from, and the line of heads."""
    first = source.first_line
    said = _SEPARATOR.fullmatch(first)
    if said or first.startswith("#TYPE "):  # written for Excel, or by PowerShell
        return (said[1] if said else _ANY), 2
    lines = source.head_text.split("\n")[:LOOKED_AT]
    own = max(_ANY, key=lambda mark: (first.count(mark), -_ANY.index(mark)))
    rows = _parse(lines, own)
    filled = [(line, [c for c in cells if c.strip()]) for line, cells in rows if any(cells)]
    widths = [len(cells) for _, cells in rows if any(cells)]
    if not filled or (len(filled[0][1]) > 1 and len(set(widths[:2])) == 1):
        return _ANY, 1  # as it should be, or for whoever reads the whole of it to complain of
    rows = _parse(lines, max(_ANY, key=lambda mark: _measure(lines, mark)))
    at = find_heads([cells for _, cells in rows], names) if rows else 0
    if at == 0:
        return _ANY, 1
    line = rows[at][0]
    titles = [repr(clip(c, 40)) for _, cells in rows[:at] for c in cells if c.strip()]
    reason = f"a line above the heads in line {line}, not read"
    report.append(Finding("note", line - 1, reason, tuple(titles[:5])))
    return _ANY, line


def _parse(lines: Sequence[str], mark: str) -> list[tuple[int, list[str]]]:
    """The rows of some lines, each with the line on which it starts; none where they are no CSV."""
    rows: list[tuple[int, list[str]]] = []
    reader, before = csv.reader(io.StringIO("\n".join(lines), newline=""), delimiter=mark), 0
    try:
        for cells in reader:
            rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error:
        return []
    return rows


def _measure(lines: Sequence[str], mark: str) -> tuple[int, int]:
    """How many lines hold a separator equally often, and how often."""
    counts = Counter(n for n in (line.count(mark) for line in lines) if n)
    return max(((lines_, n) for n, lines_ in counts.items()), default=(0, 0))
