"""What filled the strengths that nobody stated, as rows and in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.fill import Filled
from knockon.graph.arrays import Ints
from knockon.graph.errors import some
from knockon.graph.scenario.strengths import (
    CALLS,
    INCIDENTS,
    NONE,
    OWN,
    REGISTER,
    SOURCES,
    StrengthRow,
)
from knockon.graph.words import count_of, join, many

_TEXTS = ("mode", "relation", "dependent", "provider", "provider_kind", "dependent_kind")
_FIGURES = ("low", "mid", "high", "rho")
_SCHEMA = {
    **dict.fromkeys(("table", "strength_source", *_TEXTS), pl.String),
    **dict.fromkeys(_FIGURES, pl.Float64),
    "incidents": pl.Int64,
    **dict.fromkeys(("as_of", "source", "note"), pl.String),
    "dependencies": pl.Int64,
}


def list_rows(filled: Filled, used: Ints) -> pl.DataFrame:
    """The rows that filled strengths of these dependencies, those that filled most first."""
    rows = count_rows(filled, used).filter(pl.col("dependencies") > 0)
    return rows.sort("dependencies", descending=True, maintain_order=True)


def count_rows(filled: Filled, used: Ints) -> pl.DataFrame:
    """The rows that fit any dependency at all, and how many of these each filled."""
    counts = np.bincount(filled.row[used] + 1, minlength=len(filled.rows) + 1)[1:].tolist()
    rows = [
        {
            "table": r.table,
            "strength_source": SOURCES[r.source],
            **_list_cells(r.row),
            "dependencies": n,
        }
        for r, n in zip(filled.rows, counts, strict=True)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _list_cells(row: StrengthRow) -> dict[str, Any]:
    return {c: getattr(row, c) for c in _SCHEMA if hasattr(row, c)}


def count_sources(filled: Filled, used: Ints) -> dict[str, int]:
    """How many of these dependencies have their strength from where."""
    counts = np.bincount(filled.source[used], minlength=len(SOURCES)).tolist()
    return dict(zip(SOURCES, counts, strict=True))


def describe_middle(sources: Mapping[str, int], assume: float) -> str:
    """What a middle figure rests on: `if unknown counts 0.5`, `typical of past incidents`, `at the
    middle of the tables`; empty where all is stated.

    sources: how many strengths come from where (`count_sources`)
    """
    counts = f"unknown counts {assume:g}"
    if sources.get(INCIDENTS):
        words = "typical of past incidents"
    elif sources.get(SOURCES[OWN]) or sources.get(SOURCES[REGISTER]):
        words = "at the middle of the tables"
    else:
        return f"if {counts}" if sources.get(NONE) else ""
    return f"{words}, {counts}" if sources.get(NONE) else words


def describe_filled(filled: Filled, used: Ints, where: str = "within reach") -> tuple[str, ...]:
    """Notes on what filled strengths of these dependencies, and what that is good for."""
    if not filled.rows:
        return filled.notes
    told = describe_rows(list_rows(filled, used), count_sources(filled, used), where)
    return (*told, *filled.notes)


def describe_rows(
    rows: pl.DataFrame, counts: Mapping[str, int], where: str = "within reach"
) -> tuple[str, ...]:
    """The same of rows (`list_rows`) and counts by source (`count_sources`)."""
    notes = []
    own = rows.filter(pl.col("strength_source") == SOURCES[OWN])
    called = int(own.filter(pl.col("table") == CALLS)["dependencies"].sum())
    own = own.filter(pl.col("table") != CALLS)
    if own.height:
        names = some(own["table"].unique(maintain_order=True).to_list())
        notes.append(
            f"{_count(counts[SOURCES[OWN]] - called, where)} the strength that {names} says"
        )
    if called:
        notes.append(
            f"{_count(called, where)} as strength the share of the caller's requests, of those "
            "that were seen, that called it"
        )
    words = rows.filter(pl.col("strength_source") == SOURCES[REGISTER])
    if words.height:
        said = [
            f"{row['note'].partition(':')[0]} as {row['mid']:g} ({row['low']:g} to "
            f"{row['high']:g}), {row['dependencies']:,}"
            for row in words.iter_rows(named=True)
        ]
        count = _count(counts[SOURCES[REGISTER]], where)
        notes.append(f"{count} a strength in words of the source: {some(said)}")
    shipped = rows.filter(pl.col("table") == INCIDENTS)
    if shipped.height:
        count = _count(counts[INCIDENTS], where)
        notes.append(
            f"{count} the strength that was typical of past incidents: "
            f"{describe_incidents(shipped)}; only incidents that were noticed are counted, the "
            "true average is lower; a verdict that rests on it stays unknown"
        )
    return tuple(notes)


def describe_unknown(unknown: int, of: int, assume: float, where: str = " within reach") -> str:
    """How many, within reach or elsewhere, nothing filled, and what they count as."""
    return (
        f"{count_of(unknown, of, 'dependency')}{where} {'has' if unknown == 1 else 'have'} "
        f"an unknown strength: low counts them as 0, the middle as {assume:g}, high as 1"
    )


def _count(number: int, where: str) -> str:
    """`1 dependency within reach has`."""
    return f"{many(number, 'dependency')} {where} {'has' if number == 1 else 'have'}"


def describe_incidents(shipped: pl.DataFrame) -> str:
    """How many incidents of which mode, what being hit meant there, and the range of strengths."""
    said = []
    for (mode,), rows in shipped.group_by("mode", maintain_order=True):
        hit = rows.item(0, "note").partition(";")[0].removeprefix("hit: ")
        ranges = rows.select("low", "mid", "high").unique(maintain_order=True).rows()
        spans = join([f"{mid:g} ({low:g} to {high:g})" for low, mid, high in ranges])
        said.append(
            f"{spans} in {rows.item(0, 'incidents')} counted incidents of {mode}, where hit meant "
            f"{hit}"
        )
    return "; ".join(said)
