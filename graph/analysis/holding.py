"""Who stands although a provider may fall: by redundancy, by grace, by protection.

Good news is part of the answer: what holds is counted, and named on the map.
"""

from typing import Any

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import UNAIDED, find_barred
from knockon.graph.scenario.scenario import Scenario

REASONS = {"group": "redundancy", "grace": "grace", "protected": "protection"}
SCHEMA: dict[str, Any] = {
    "id": pl.String, "name": pl.String, "kind": pl.String, "reason": pl.String,
    "members": pl.Int64, "left": pl.Int64, "needs": pl.Int64, "lost": pl.List(pl.String),
}  # fmt: skip


def find_holding(graph: DependencyGraph, scenario: Scenario, hit: Bools) -> pl.DataFrame:
    """A row per entity that holds, by weight: `id`, `name`, `kind`, `reason` (`group`, `grace`,
    `protected`), and of a group its `members`, how many are `left`, what it `needs`; `lost`: ids
    of providers that may fall, six at most.

    hit: (n,) entities that the failure may hit. An entity that stands for several reasons has the
    row of the first of them in the order protected, group, grace.
    """
    reached = hit[graph.provider] & ~hit[graph.dependent]
    if not reached.any():
        return pl.DataFrame(schema=SCHEMA)
    asked = np.zeros(graph.size, np.bool_)
    asked[graph.dependent[reached]] = True
    rows = np.flatnonzero(asked[graph.dependent])
    crosses = ~pl.col("relation").is_in(find_barred(scenario.mode, scenario.rules))
    counts = crosses & (pl.col("probability").is_null() | (pl.col("probability") > 0))
    found = graph.dependencies[rows].select(
        pl.Series("at", graph.dependent[rows]),
        "provider", "group", "needs", "grace_hours",
        (pl.Series("hit", hit[graph.provider[rows]]) & counts).alias("lost"),
    )  # fmt: skip
    safe = pl.DataFrame({"at": [graph.find(p) for p in scenario.protect]}, {"at": pl.Int64})
    found = found.with_columns(pl.col("at").cast(pl.Int64))
    named = pl.col("provider").filter("lost").unique().sort().head(6).alias("lost")
    protected = found.filter("lost").join(safe, on="at", how="semi")
    parts = [protected.group_by("at").agg(named).with_columns(reason=pl.lit("protected"))]
    if scenario.mode not in UNAIDED:
        groups = found.filter(pl.col("group").is_not_null()).group_by("at", "group").agg(
            pl.len().cast(pl.Int64).alias("members"),
            (~pl.col("lost")).sum().cast(pl.Int64).alias("left"),
            pl.col("needs").first().cast(pl.Int64), named,
        )  # fmt: skip
        holds = groups.filter(
            (pl.col("left") < pl.col("members")) & (pl.col("left") >= pl.col("needs"))
        ).sort("at", "left", "group")
        parts.append(
            holds.unique("at", keep="first", maintain_order=True)
            .drop("group")
            .with_columns(reason=pl.lit("group"))
        )
    if scenario.hours is not None:
        enough = pl.col("grace_hours") >= max(scenario.hours.high, 1e-12)
        late = found.filter(pl.col("lost") & enough).group_by("at").agg(named)
        parts.append(late.with_columns(reason=pl.lit("grace")))
    chosen = pl.concat(parts, how="diagonal").unique("at", keep="first", maintain_order=True)
    at = chosen["at"].to_numpy()
    of = graph.entities.select("id", "name", "kind", "weight")[at]
    joined = pl.concat([of, chosen.drop("at")], how="horizontal")
    for name, kind in SCHEMA.items():
        if name not in joined.columns:
            joined = joined.with_columns(pl.lit(None, kind).alias(name))
    return joined.sort(["weight", "name", "id"], descending=[True, False, False]).select(*SCHEMA)


def describe_holding(holding: pl.DataFrame) -> str:
    """`Held by redundancy 14, by grace 3, by protection 1.`, or nothing where nobody is."""
    if not holding.height:
        return ""
    counts = dict(holding.group_by("reason").len().iter_rows())
    said = [f"by {word} {counts[reason]:,}" for reason, word in REASONS.items() if reason in counts]
    return f"Held {', '.join(said)}."
