"""What an incident's graph predicts of each entity, beside what was reported of it."""

from collections.abc import Iterable, Sequence

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.model.graph import DependencyGraph

HIT_FROM = 0.5  # a row is predicted hit from this probability on, unknown strengths at `assume`

# how a row can be predicted hit: the column of the rows that says so
READINGS = {
    "predicted": "probability of at least 0.5, unknown strengths at `assume`",
    "sure": "the same with unknown strengths at 0: stated strengths alone",
    "possible": "the same with unknown strengths at 1",
    "reachable": "baseline: everything that depends on what failed, by whatever path",
    "customer": "baseline: everything that depends on the owner, or on anything that it owns",
}


def find_dependents(graph: DependencyGraph, start: Iterable[int]) -> set[int]:
    """Everything that depends on these by whatever path: no mode, no group, no strength."""
    dependents: dict[int, list[int]] = {}
    for dependent, provider in zip(graph.dependent.tolist(), graph.provider.tolist(), strict=True):
        dependents.setdefault(provider, []).append(dependent)
    seen = set(start)
    waiting = list(seen)
    while waiting:
        fresh = set(dependents.get(waiting.pop(), ())) - seen
        seen |= fresh
        waiting += fresh
    return seen


def find_household(graph: DependencyGraph, origins: Sequence[int]) -> set[int]:
    """The origins, their owners, and everything else that these own."""
    parents = graph.entities["parent"].to_list()
    owners = {parents[o] for o in origins} - {None}
    owned = {i for i, parent in enumerate(parents) if parent in owners}
    owning = {i for i, identifier in enumerate(graph.ids) if identifier in owners}
    return {*origins, *owned, *owning}


def tabulate_entities(graph: DependencyGraph, impact: Impact) -> pl.DataFrame:
    """One row per entity of the graph: predictions, readings, and what was reported."""
    origins = [graph.find(i) for i in impact.scenario.origin_ids]
    reach = find_dependents(graph, origins)
    customers = find_dependents(graph, find_household(graph, origins))
    predictions = impact.entities.select(
        "id", "verdict", "probability", "probability_low", "probability_high", "loss",
        "start_hours", "down_hours", "impact",
    )  # fmt: skip
    numbers = pl.int_range(pl.len())
    rows = graph.entities.with_columns(
        numbers.is_in(list(origins)).alias("origin"),
        numbers.is_in(sorted(reach)).alias("reachable"),
        numbers.is_in(sorted(customers)).alias("customer"),
        *(pl.lit(None, pl.String).alias(c) for c in _TEXTS if c not in graph.entities.columns),
        *(pl.lit(None, pl.String).alias(c) for c in _NUMBERS if c not in graph.entities.columns),
    ).join(predictions, on="id", how="left", maintain_order="left")
    likelihoods = ("probability", "probability_low", "probability_high", "impact")
    rows = rows.with_columns(
        pl.col("verdict").fill_null("spared"),
        *(pl.col(c).fill_null(0.0) for c in likelihoods),
        *(pl.col(c).cast(pl.Float64) for c in _NUMBERS),
    )
    return rows.with_columns(
        (pl.col("probability") >= HIT_FROM).alias("predicted"),
        (pl.col("probability_low") >= HIT_FROM).alias("sure"),
        (pl.col("probability_high") >= HIT_FROM).alias("possible"),
        pl.when(pl.col("weight") > 0).then(pl.col("impact") / pl.col("weight")).alias("severity"),
    ).select(
        "id", "name", "sector", "reported", "attribution", "verdict", "probability",
        "probability_low", "probability_high", "loss", "start_hours", "down_hours", "severity",
        *_NUMBERS, *READINGS, "spared_because", "origin", "miss_note",
    )  # fmt: skip


_TEXTS = ("reported", "attribution", "spared_because", "miss_note")
_NUMBERS = ("reported_impact", "reported_recovery_hours")


def explain_misses(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `right`, and `note`: why a wrong one came out wrong."""
    right = pl.col("predicted") == (pl.col("reported") == "hit")
    reason = (
        pl.when(pl.col("predicted") & (pl.col("probability_low") >= HIT_FROM))
        .then(pl.lit("false alarm: stated dependencies carry the failure to it"))
        .when(pl.col("predicted"))
        .then(pl.lit("false alarm: a dependency of unknown strength leads to it"))
        .when(~pl.col("reachable"))
        .then(pl.lit("missed: no dependency in the graph leads to it"))
        .when(pl.col("probability_high") >= HIT_FROM)
        .then(pl.lit("missed: too many unknown strengths lie on the way"))
        .when(pl.col("probability_high") > 0)
        .then(pl.lit("missed: the stated strengths on the way are too low"))
        .otherwise(pl.lit("missed: the mode, a group or the time of grace stops it"))
    )
    told = pl.concat_str(reason, pl.col("miss_note"), separator=". ", ignore_nulls=True)
    return rows.with_columns(
        right.alias("right"), pl.when(~right).then(told).otherwise(None).alias("note")
    )
