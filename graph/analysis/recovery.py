"""Stated recovery times, and whose an outage exceeds.

Columns of the inventory that state one say their unit: `recovery_hours`, `rto_hours` (registers of
information, b_06.01.0080, in which 0 says that none is defined), `rtoInSecs` (AWS Resilience Hub);
or each cell does: `rto` with `4 h`, `PT4H`, `30 min`.
"""

import re
from collections.abc import Iterator

import polars as pl

from knockon.graph.errors import some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import duration, number

_HOURS = {"hours": 1.0, "hour": 1.0, "h": 1.0, "minutes": 1 / 60, "mins": 1 / 60, "min": 1 / 60,
          "seconds": 1 / 3600, "secs": 1 / 3600, "sec": 1 / 3600, "s": 1 / 3600, "days": 24.0,
          "day": 24.0, "d": 24.0}  # fmt: skip
_NAME = re.compile(r"(?:recoverytimeobjective|recoverytime|recovery|rto)(?:in)?(\w*?)")
_STATED = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_ISO = re.compile(r"p(?:(\d+(?:\.\d+)?)d)?(?:t(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?"
                  r"(?:(\d+(?:\.\d+)?)s)?)?")  # fmt: skip
_FUNCTIONS = "critical_function", "unassessed_function", "function"
COLUMNS = {
    "id": pl.String, "name": pl.String, "kind": pl.String, "recovery_hours": pl.Float64,
    "down_hours": pl.Float64, "down_hours_p50": pl.Float64, "down_hours_p95": pl.Float64,
    "probability_low": pl.Float64, "probability": pl.Float64, "probability_high": pl.Float64,
    "exceeds": pl.Boolean,
}  # fmt: skip


def read_recovery(graph: DependencyGraph) -> pl.DataFrame:
    """`id` and `recovery_hours` of those that state one; of several columns the strictest."""
    frames = []
    for column in graph.entities.columns:
        unit = _find_unit(column)
        if unit is None:
            continue
        cells = graph.entities.select("id", "kind", pl.col(column).cast(pl.String).alias("cell"))
        for identifier, kind, cell in cells.drop_nulls("cell").iter_rows():
            hours = _read_hours(cell, unit)
            # what registers report where none is defined
            if hours is not None and (hours > 0 or kind not in _FUNCTIONS):
                frames.append((identifier, hours))
    stated = pl.DataFrame(
        frames, schema={"id": pl.String, "recovery_hours": pl.Float64}, orient="row"
    )
    return stated.group_by("id").agg(pl.col("recovery_hours").min())


def find_exceeded(graph: DependencyGraph, entities: pl.DataFrame) -> pl.DataFrame:
    """Those rows of an answer that state a recovery time, the most exceeded first.

    exceeds: down for longer in the median of the worlds that hit it; null: in 1 world of 20, but
    not in the median; false: neither
    """
    stated = read_recovery(graph)
    if not stated.height:
        return pl.DataFrame(schema=COLUMNS)
    over = pl.col("down_hours_p50") > pl.col("recovery_hours")
    late = pl.col("down_hours_p95") > pl.col("recovery_hours")
    found = entities.filter(pl.col("down_hours").is_not_null()).join(
        stated, on="id", how="inner", maintain_order="left"
    )
    return (
        found.with_columns(pl.when(over).then(True).when(~late).then(False).alias("exceeds"))
        .sort(pl.col("down_hours") - pl.col("recovery_hours"), descending=True, maintain_order=True)
        .select(*COLUMNS)
    )


def describe_exceeded(exceeded: pl.DataFrame) -> str:
    """One sentence; empty where nobody states a recovery time."""
    if not exceeded.height:
        return ""
    over = exceeded.filter(pl.col("exceeds"))
    maybe = int(exceeded["exceeds"].is_null().sum())
    named = some(
        (f"{row['name']}: {duration(row['recovery_hours'])} stated, down for "
         f"{duration(row['down_hours'])}" for row in over.iter_rows(named=True)), 3
    )  # fmt: skip
    of = f"{exceeded.height:,} within reach that state a recovery time"
    more = f"; {maybe:,} more {'is' if maybe == 1 else 'are'} in 1 world of 20" if maybe else ""
    if not over.height:
        return f"None of the {of} is down for longer where it is hit{more}."
    are = "is" if over.height == 1 else "are"
    return f"Where hit, {number(over.height)} of the {of} {are} down for longer ({named}){more}."


def _find_unit(column: str) -> float | None:
    """Hours of one unit of a column, 0 where its cells say their unit; None: it is another one."""
    plain = re.sub(r"[^a-z]", "", column.lower())
    found = _NAME.fullmatch(plain)
    if found is None:
        return None
    return 0.0 if not found[1] else _HOURS.get(found[1])


def _read_hours(cell: str, unit: float) -> float | None:
    """The hours that a cell states; None where it is no time."""
    text = cell.strip().lower()
    try:
        hours = float(text) * unit if unit else None
    except ValueError:
        hours = None
    if hours is None:
        hours = sum(_read_parts(text)) if text else None
    return hours if hours is not None and 0 <= hours < float("inf") else None


def _read_parts(text: str) -> Iterator[float]:
    """`4 h`, `1 h 30 min`, `PT1H30M` in hours; what is no time is infinite."""
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        yield from (float(n or 0) * h for n, h in zip(iso.groups(), (24, 1, 1 / 60, 1 / 3600),
                                                      strict=True))  # fmt: skip
        return
    parts = _STATED.findall(text)
    known = parts and all(unit in _HOURS for _, unit in parts)
    rest = _STATED.sub("", text).strip(" ,")
    if not known or rest:
        yield float("inf")
    else:
        yield from (float(n) * _HOURS[unit] for n, unit in parts)
