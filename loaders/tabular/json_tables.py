"""JSON as tables: a list of objects, an object with `entities` and `dependencies`, or one object
per line. Nested values are kept as JSON text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, LINE, Finding, Tables
from knockon.loaders.assembling.table import table
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.json_text import parse_json
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.text import BYTE_ORDER_MARK

_LISTS = ("dependencies", "entities")


def read_json(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """A list of dependencies, or an object with such a list and perhaps one of entities.

    Columns are told by name, by `mapping` ({theirs: ours}) or by guess. Raises InputError with the
    path of what is no object.
    """
    source = Source.of(source)
    document = source.json
    if isinstance(document, list):
        return table(source, _frame(document, source.name, ""), mapping=mapping)
    found = {}
    for key in _LISTS:
        value = document.get(key)
        if value is None and key == "entities":
            continue
        if not isinstance(value, list):
            raise InputError(
                f"{source.name}: expected a list {key!r}, got {clip(str(value), 40)!r}"
            )
        found[key] = _frame(value, source.name, key)
    tables = table(source, found["dependencies"], found.get("entities"), mapping)
    others = [key for key in document if key not in _LISTS]
    if not others:
        return tables
    what = "a key beside the lists that is not read"
    note = Finding("note", len(others), what, tuple(clip(key, 40) for key in others[:5]))
    return replace(tables, report=(*tables.report, note))


def read_ndjson(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """One object per line, read by polars without a loop over rows.

    Raises InputError where polars cannot read a line, and for columns of several types.
    """
    source = Source.of(source)
    source.refuse_binary()
    data = source.data.removeprefix(BYTE_ORDER_MARK)
    with one_error(source.place):
        frame = pl.read_ndjson(data, infer_schema_length=None)
    _refuse_repeated(data, source.name, frame.columns)
    for name in (FILE, LINE):
        if name in frame.columns:
            raise InputError(f"{source.name}: the key {name!r} is reserved for the place of a row")
    nested = [c for c, t in frame.schema.items() if t.is_nested() or t == pl.Null()]
    frame = frame.with_columns(
        pl.when(pl.col(c).is_not_null()).then(pl.struct(c).struct.json_encode()).alias(c)
        for c in nested
    )
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    place = pl.int_range(pl.len(), dtype=pl.UInt32) + 1
    return table(
        source,
        frame.with_columns(
            pl.lit(source.name).alias(FILE),
            (place if lines == frame.height else pl.lit(None, pl.UInt32)).alias(LINE),
        ),
        mapping=mapping,
    )


def _refuse_repeated(data: bytes, name: str, keys: list[str]) -> None:
    """Raise InputError where a key stands twice in one object: polars keeps the first in silence.

    Lines on which one may are parsed: those with a key, or an escape in which it could hide, twice.
    """
    lines = pl.Series(data.decode().split("\n"))
    again = lines.str.contains(r"\\u")
    for key in keys:
        again |= lines.str.count_matches(re.escape(json.dumps(key)) + r"\s*:") > 1
    for number in again.arg_true():
        if lines[number].strip():
            parse_json(lines[number], name, number + 1)


def _frame(items: list[Any], name: str, key: str) -> pl.DataFrame:
    """The objects as rows of text, each with its path in the document."""
    faults = [
        f"{name}#{key}[{i}]: expected an object, got {clip(str(item), 40)!r}"
        for i, item in enumerate(items)
        if not isinstance(item, dict)
    ]
    names = dict.fromkeys(k for item in items if isinstance(item, dict) for k in item)
    faults += [f"{name}: the key {n!r} is reserved" for n in (FILE, LINE) if n in names]
    if faults:
        raise InputError.of(faults)
    series = [pl.Series(n, [_text(item.get(n)) for item in items], pl.String) for n in names]
    places = pl.Series(FILE, [f"{name}#{key}[{i}]" for i in range(len(items))], pl.String)
    return pl.DataFrame([*series, places]) if series else pl.DataFrame()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
