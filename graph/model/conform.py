"""A table as the contract has it: its columns there, cast, every bad cell told with its place."""

import re
from collections.abc import Callable
from functools import cache

import polars as pl

from knockon.graph.errors import clip, some
from knockon.graph.model.ranges import settle_ranges, split_ranges
from knockon.graph.model.tables import ENDS, FILE, Column, at, empty

OF_GROUP = ("needs", "switch_probability")  # one value for all rows of a group


def conform(
    frame: pl.DataFrame, columns: tuple[Column, ...], name: str, faults: list[str]
) -> pl.DataFrame:
    """The frame with every column of the contract, cast; faults of columns and cells added."""
    if frame.width == 0 or (frame.height == 0 and name == "entities"):
        frame = empty(columns) if not frame.width else frame
    before = len(faults)
    _check_names(frame, columns, name, faults)
    if len(faults) > before:
        return frame
    where = _places(frame, name)
    frame = split_ranges(frame, name, where, faults)
    present = [c for c in columns if c.name in frame.columns]
    absent = [c for c in columns if c.name not in frame.columns]
    done = frame.with_columns(
        *(_cast(frame[c.name], c, where, faults) for c in present), *(constant(c) for c in absent)
    )
    fill = [
        pl.col(c.name).fill_null(c.default)
        for c in present
        if c.default is not None and c.name not in OF_GROUP
    ]
    done = settle_ranges(done.with_columns(fill), name, where, faults)
    return done.select(*(c.name for c in columns), pl.exclude([c.name for c in columns]))


def _places(frame: pl.DataFrame, name: str) -> Callable[[int], str]:
    """Where a row of the frame stands; found out for all rows when first asked for."""

    @cache
    def texts() -> pl.Series:
        return frame.select(at(frame, name).alias("at"))["at"]

    return lambda row: str(texts()[row])


def constant(column: Column) -> pl.Expr:
    """The default of a column that is not there: one value, whatever the number of rows."""
    return pl.lit(column.default, column.dtype).alias(column.name)


def _check_names(
    frame: pl.DataFrame, columns: tuple[Column, ...], name: str, faults: list[str]
) -> None:
    known = [c.name for c in columns]
    file = _first_file(frame)
    place = f"{file}: " if file else ""
    strange = [c for c in frame.columns if c not in known and not c.startswith("_")]
    for missing in (c for c in columns if c.name not in frame.columns):
        near = [c for c in strange if is_slip(c.strip().lower(), missing.name)]
        if near:
            faults.append(
                f"{place}unknown column {clip(near[0])!r} in {name}; did you mean {missing.name!r}?"
            )
        elif missing.required:
            have = some(repr(clip(c, 30)) for c in frame.columns if not c.startswith("_")) or "none"
            faults.append(f"{place}{name} need a column {missing.name!r}; found {have}")


def is_slip(word: str, meant: str) -> bool:
    """Whether the word is the other but for a slip or two of the keyboard."""
    allowed = 1 if len(meant) < 6 else 2
    if abs(len(word) - len(meant)) > allowed or len(set(word) ^ set(meant)) > 2 * allowed:
        return False  # cheap, and spares most runs the import
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(word, meant) <= allowed


def _first_file(frame: pl.DataFrame) -> str | None:
    if FILE not in frame.columns or not frame.height:
        return None
    return str(frame.select(pl.col(FILE).first()).item())


def _cast(
    series: pl.Series, column: Column, where: Callable[[int], str], faults: list[str]
) -> pl.Series:
    """The column as its type; a fault for each cell that is empty but required, or not valid.

    Ends that `code_ends` made numbers of stay numbers.
    """
    raw = series
    if column.name in ENDS and series.dtype.is_integer() and not series.has_nulls():
        return series
    if isinstance(series.dtype, pl.String | pl.Categorical | pl.Enum):
        raw = series.cast(pl.String).str.strip_chars()
        raw = raw.set(raw == "", None)
    elif isinstance(series.dtype, pl.List | pl.Struct | pl.Array | pl.Object):
        faults.append(f"column {column.name!r}: expected {column.expected}, got {series.dtype}")
        return pl.Series(column.name, [None], column.dtype).new_from_index(0, len(series))
    value = raw.cast(column.dtype, strict=False)
    if column.dtype == pl.Int64() and raw.dtype in (pl.String, pl.Float64, pl.Float32):
        exact = raw.cast(pl.Float64, strict=False)  # "2.0" is a whole number, 2.5 is not
        value = exact.cast(pl.Int64, strict=False)
        value = value.set(value.cast(pl.Float64) != exact, None)
    bad = raw.is_not_null() & value.is_null()
    if column.dtype == pl.Float64():
        bad |= ~value.is_finite().fill_null(True)
    if column.valid is not None:
        bad |= (
            ~value.to_frame().select(column.valid(pl.col(column.name)).fill_null(True)).to_series()
        )
    if column.required:
        bad |= value.is_null()
    if not bad.any():
        return value
    for i in bad.arg_true():
        got = "nothing" if raw[i] is None else repr(clip(str(series[i])))
        if value.dtype.is_numeric():
            got += _hint_number(str(series[i]), column.name)
        faults.append(
            f"{where(i)}: {column.name}: expected {_describe_expected(column)}, got {got}"
        )
    return value


def _hint_number(text: str, name: str) -> str:
    """How a number would be written that has a decimal comma, a per cent sign or a unit of time;
    empty where it is none of these. What is meant is not guessed: `1,500` may be either.
    """
    found = _NEAR.fullmatch(text.strip())
    units = _HOURS if name.endswith("_hours") else _SHARES
    unit = units.get(found["unit"].lower()) if found else None
    if found is None or unit is None or not ("," in text or found["unit"]):
        return ""
    value = float(f"{found['whole']}.{found['part'] or 0}") * unit
    return f" (is {value:.12g} meant?)"


_SHARES = {"": 1.0, "%": 0.01}
_HOURS = {
    "": 1.0, "min": 1 / 60, "minutes": 1 / 60, "h": 1.0, "hr": 1.0, "hrs": 1.0, "hour": 1.0,
    "hours": 1.0, "d": 24.0, "day": 24.0, "days": 24.0,
}  # fmt: skip
_NEAR = re.compile(r"(?P<whole>[0-9]{1,15})(?:[,.](?P<part>[0-9]{1,15}))?\s?(?P<unit>%|[A-Za-z]*)")


def _describe_expected(column: Column) -> str:
    return (
        f"an {column.name}"
        if column.required and column.name == "id"
        else (f"the id of the {column.name}" if column.required else column.expected)
    )
