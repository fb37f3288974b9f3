"""JSON as tables: a list of objects, an object with `entities` and `dependencies`, or one object
per line. Lists in the cells of an end are several dependencies; other nested values stay JSON text.
"""

import json
import re
from dataclasses import replace
from typing import Any, Unpack

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, LINE, Finding, Tables
from knockon.loaders.assembling.table import TableOptions, settle_tables
from knockon.loaders.parsing.json_text import parse_json
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.text import BYTE_ORDER_MARK

_LISTS = ("dependencies", "entities")


def read_json(source: SourceLike, **options: Unpack[TableOptions]) -> Tables:
    """A list of dependencies, or an object with such a list and perhaps one of entities.

    Columns are told by name, by `mapping` or by guess (`table`). Raises InputError with the path of
    what is no object.
    """
    source = Source.of(source)
    document = source.json
    if isinstance(document, list):
        return _read(source, {"": document}, options)
    found = {}
    for key in _LISTS:
        value = document.get(key)
        if value is None and key == "entities":
            continue
        if not isinstance(value, list):
            raise InputError(
                f"{source.name}: expected a list {key!r}, got {clip(str(value), 40)!r}"
            )
        found[key] = value
    more = [key for key in document if key not in _LISTS]
    what = "a key beside the lists that is not read"
    note = Finding("note", len(more), what, tuple(clip(key, 40) for key in more[:5]))
    return _read(source, found, options, [note] if more else [])


def read_ndjson(source: SourceLike, **options: Unpack[TableOptions]) -> Tables:
    """One object per line: read by polars without a loop over rows, or exactly where that cannot
    be: columns of several types, keys that stand twice.

    Raises InputError with the line of what is no object, and of a key that stands twice.
    """
    source = Source.of(source)
    source.refuse_binary()
    frame = _read_fast(source)
    if frame is None:
        lines = source.json_lines
        frame = _build_frame(
            [value for _, value in lines], source.name, [f":{n}" for n, _ in lines]
        )
        if frame.width:
            numbers = pl.Series(LINE, [number for number, _ in lines], pl.UInt32)
            frame = frame.with_columns(pl.lit(source.name).alias(FILE), numbers)
    return settle_tables(source, frame, **options)


def _read(
    source: Source, found: dict[str, list[Any]], options: TableOptions,
    report: list[Finding] | None = None,
) -> Tables:  # fmt: skip
    frames = {
        key: _build_frame(items, source.name, [f"#{key}[{i}]" for i in range(len(items))])
        for key, items in found.items()
    }
    (_, rows), *others = frames.items()
    tables = settle_tables(source, rows, others[0][1] if others else None, **options)
    notes = list(report or [])
    if not rows.height:
        notes.append(Finding("note", 0, "an empty list: no dependency is stated"))
    return replace(tables, report=(*notes, *tables.report))


def _read_fast(source: Source) -> pl.DataFrame | None:
    """The rows as polars reads them, each with its line; None where the exact way must tell."""
    data = source.data.removeprefix(BYTE_ORDER_MARK)
    try:
        frame = pl.read_ndjson(data, infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    text = pl.DataFrame({"t": data.decode("utf-8", errors="replace").split("\n")})
    text = text.with_row_index("line", offset=1).filter(pl.col("t").str.strip_chars() != "")
    if text.height != frame.height or {FILE, LINE} & set(frame.columns):
        return None
    _refuse_repeated(text, source.name, frame.columns)
    empty = [c for c, t in frame.schema.items() if t == pl.Null()]
    return frame.with_columns(
        *(pl.col(c).cast(pl.String) for c in empty),
        pl.lit(source.name).alias(FILE),
        text["line"].cast(pl.UInt32).alias(LINE),
    )


def _refuse_repeated(text: pl.DataFrame, name: str, keys: list[str]) -> None:
    """Raise InputError where a key stands twice in one object: polars keeps the first in silence.

    text: lines as `t`, with their numbers. Those on which one may are parsed: with a key, or an
    escape in which it could hide, twice.
    """
    again = text["t"].str.contains(r"\\u")
    for key in keys:
        again |= text["t"].str.count_matches(re.escape(json.dumps(key)) + r"\s*:") > 1
    for number, line in text.filter(again).iter_rows():
        parse_json(line, name, number)


def _build_frame(items: list[Any], name: str, places: list[str]) -> pl.DataFrame:
    """The objects as rows of text, each with its place in the document."""
    faults = [
        f"{name}{place}: expected an object, got {clip(str(item), 40)!r}"
        for item, place in zip(items, places, strict=True)
        if not isinstance(item, dict)
    ]
    names = dict.fromkeys(k for item in items if isinstance(item, dict) for k in item)
    faults += [f"{name}: the key {n!r} is reserved" for n in (FILE, LINE) if n in names]
    if faults:
        raise InputError.of(faults)
    series = [pl.Series(n, [_write_text(item.get(n)) for item in items], pl.String) for n in names]
    files = pl.Series(FILE, [name + place for place in places], pl.String)
    return pl.DataFrame([*series, files]) if series else pl.DataFrame()


def _write_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
