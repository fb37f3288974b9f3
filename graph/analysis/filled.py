"""What filled the strengths that nobody stated, as rows and in words."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import polars as pl

from knockon.graph.analysis.fill import Filled
from knockon.graph.arrays import Ints
from knockon.graph.errors import some
from knockon.graph.scenario.strengths import INCIDENTS, SOURCES
from knockon.graph.words import join

_TEXTS = ("mode", "relation", "dependent", "provider", "provider_kind", "dependent_kind")
_FIGURES = ("low", "mid", "high", "rho", "exposed", "hit")
_SCHEMA = {
    **dict.fromkeys(("table", "strength_source", *_TEXTS), pl.String),
    **dict.fromkeys(_FIGURES, pl.Float64),
    "incidents": pl.Int64,
    **dict.fromkeys(("as_of", "source", "note"), pl.String),
    "dependencies": pl.Int64,
}


def list_rows(filled: Filled, used: Ints) -> pl.DataFrame:
    """The rows that filled strengths of these dependencies, those that filled most first."""
    counts = np.bincount(filled.row[used] + 1, minlength=len(filled.rows) + 1)[1:].tolist()
    rows = [
        {"table": r.table, "strength_source": SOURCES[r.source], **asdict(r.row), "dependencies": n}
        for r, n in zip(filled.rows, counts, strict=True)
        if n
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    return frame.sort("dependencies", descending=True, maintain_order=True)


def describe_filled(by_source: Mapping[str, int], rows: pl.DataFrame) -> list[str]:
    """Notes on what filled strengths, and what that is good for."""
    notes = []
    own = rows.filter(pl.col("strength_source") == "own table")
    if own.height:
        names = some(own["table"].unique(maintain_order=True).to_list())
        count = by_source["own table"]
        notes.append(f"{count:,} dependencies within reach have their strength from {names}")
    shipped = rows.filter(pl.col("table") == INCIDENTS)
    if shipped.height:
        notes.append(
            f"{by_source['incidents']:,} dependencies within reach have the strength that was "
            f"typical of past incidents: {describe_incidents(shipped)}; only incidents that were "
            "noticed are counted, the true average is lower; what rests on it stays unknown"
        )
    return notes


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
