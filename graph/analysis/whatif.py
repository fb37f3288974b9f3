"""What if this fails? One row per entity within reach, ranked, and the totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.impact import GraphHead, Impact, Totals, Within
from knockon.graph.analysis.nobody import explain_nobody
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.rollout_effect import find_rollout_effect, rollout_notes
from knockon.graph.analysis.sentences import REASONS, add_sentences
from knockon.graph.analysis.spread import Spread, Ways, find_ways, run_worlds
from knockon.graph.arrays import Floats, Ints, distinct
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.scenario import Scenario, ScenarioLike

_HOURS = ("start_hours", "down_hours", "down_hours_p50", "down_hours_p95")
_ROUTE_IDS = 10_000_000  # ids in the routes of one frame; beyond that they are left out, and noted
_ARCS = 100_000  # ways between entities that an answer keeps for its map


@take_options
def whatif(
    graph: DependencyGraph,
    origins: ScenarioLike,
    *,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Impact:
    """What happens to everybody when these entities fail together.

    origins: one or several entities by id or name, or {"id": ..., "severity": ...}; or a Scenario,
        which has all options in it
    {options}
    watch: Called with the numbers of worlds done and in all; where it returns False, what is known
        by then is the answer, marked as partial.
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError, MemoryLimitError.
    """
    scenario = Scenario.of(graph, origins, **options)
    prepared = prepare(graph, scenario)
    found, lanes = run_worlds(prepared, watch)
    ways = find_ways(prepared, found, lanes)
    del lanes
    impact = assemble(prepared, found, ways)
    if not scenario.rollout:
        return impact

    def totals(other: Scenario) -> Totals | None:
        if other == scenario:
            return None if impact.partial else impact.totals
        again = prepare(graph, other)
        figures = run_worlds(again, watch)[0]
        return None if figures.stopped else _totals(again, figures)

    effect = None if impact.partial else find_rollout_effect(graph, scenario, totals)
    if effect is None:
        note = "what the rollout changes is not known: the run was stopped before"
        return replace(impact, notes=(*impact.notes, note))
    return replace(impact, rollout=effect)


def assemble(prepared: Prepared, found: Spread, ways: Ways) -> Impact:
    """The figures as an answer: ranked rows, totals, notes and sentences."""
    graph, scenario = prepared.graph, prepared.scenario
    entities, place, notes = _rows(prepared, found, ways)
    used = distinct(prepared.circuit.dependency)
    unknown = graph.dependencies["probability"].is_null().to_numpy()
    within = Within(len(used), int(unknown[used].sum()))
    figures = found.figures
    reached = ~prepared.is_origin & ((found.high > 0) | (not found.exact))
    nobody = () if reached.any() else explain_nobody(graph, scenario)
    assumptions = _assumptions(prepared, found, within, nobody)
    impact = Impact(
        graph=GraphHead.of(graph),
        scenario=scenario,
        headline="",
        assumption="",
        condition="",
        entities=entities,
        totals=_totals(prepared, found),
        by_kind=_by("kind", prepared, found, entities),
        by_sector=_by("sector", prepared, found, entities),
        within=within,
        worlds=len(figures.weight),
        exact=found.exact,
        partial=found.stopped,
        sure=found.sure,
        distribution=pl.DataFrame(
            {"impact": figures.total, "hit": figures.hits, "weight": figures.weight}
        ),
        forest=_forest(prepared, ways, place, unknown),
        arcs=_arcs(prepared, unknown),
        curve=None if found.hours is None else found.hours.curve,
        nobody=nobody,
        rollout=None,
        work=found.work,
        notes=(
            *(f"nobody else is hit: {reason}" for reason in nobody[REASONS:]),
            *assumptions,
            *notes,
            *prepared.notes,
            *found.notes,
            *_report_notes(graph),
        ),
    )
    return add_sentences(impact)


def _rows(prepared: Prepared, found: Spread, ways: Ways) -> tuple[pl.DataFrame, Ints, list[str]]:
    """The ranked rows, (E,) the place of each entity within reach among them, and notes on what
    was left out."""
    graph, figures = prepared.graph, found.figures
    routes, notes = _routes(prepared, ways)
    reached = (
        graph.entities[prepared.nodes.entity]
        .select("id", "name", "kind", "sector")
        .with_columns(
            pl.Series("probability", figures.middle),
            pl.Series("probability_low", found.low),
            pl.Series("probability_high", found.high),
            pl.Series("std_error", figures.std_error),
            pl.Series("loss", figures.loss, pl.Float64).fill_nan(None),
            pl.Series("impact", figures.impact),
            pl.Series("impact_std_error", figures.impact_std_error),
            pl.Series("carries", ways.carries),
            pl.Series("origin", prepared.is_origin),
            *_hours(prepared, found),
            pl.Series("hops", _fewest(prepared, ways), pl.Int64),
            routes,
            pl.int_range(pl.len()).alias("number"),
        )
    )
    nothing = ("probability", "probability_low", "probability_high", "std_error", "impact",
               "impact_std_error", "carries")  # fmt: skip
    spared = graph.entities[prepared.touched].select("id", "name", "kind", "sector").with_columns(
        *(pl.lit(0.0).alias(c) for c in nothing), pl.lit(False).alias("origin"),
        pl.lit([], pl.List(pl.String)).alias("route"),
    )  # fmt: skip
    rows = pl.concat([reached, spared], how="diagonal")
    verdict = (
        pl.when(pl.col("probability_low") >= 0.5).then(pl.lit("hit"))
        .when(pl.col("probability_high") < 0.5).then(pl.lit("spared"))
        .otherwise(pl.lit("unknown"))
    )  # fmt: skip
    ranked = rows.sort(
        ["origin", "impact", "probability", "probability_high", "id"],
        descending=[True, True, True, True, False],
    ).with_columns(
        (pl.int_range(1, pl.len() + 1) - pl.col("origin").sum()).clip(0).alias("rank"),
        verdict.alias("verdict"),
    )
    number = ranked["number"].fill_null(-1).to_numpy()
    place = np.empty(len(figures.middle), np.int64)
    place[number[number >= 0]] = np.flatnonzero(number >= 0)
    shown = ranked.select(
        "rank", "id", "name", "kind", "sector", "hops", "probability", "probability_low",
        "probability_high", "std_error", "verdict", "loss", *_HOURS, "impact",
        "impact_std_error", "carries", "route",
    )  # fmt: skip
    return shown, place, notes


def _hours(prepared: Prepared, found: Spread) -> list[pl.Series]:
    """The columns of hours, null where the scenario has none or nothing is ever hit."""
    if found.hours is None:
        return [pl.Series(c, [None] * len(prepared.nodes.entity), pl.Float64) for c in _HOURS]
    hours = found.hours
    values = (hours.start, hours.mean, hours.p50, hours.p95)
    return [pl.Series(c, v).fill_nan(None) for c, v in zip(_HOURS, values, strict=True)]


def _fewest(prepared: Prepared, ways: Ways) -> Ints:
    """(E,) fewest hops over all modes in which an entity is reached."""
    return prepared.nodes.join(ways.routes.hops, np.minimum)


def _routes(prepared: Prepared, ways: Ways) -> tuple[pl.Series, list[str]]:
    entity, routes = prepared.circuit.entity, ways.routes
    kind = pl.List(pl.String)
    if int((routes.depth[ways.node_of] + 1).sum()) > _ROUTE_IDS:
        note = f"routes are left out: together they hold more than {_ROUTE_IDS:,} ids"
        return pl.Series("route", [None] * len(ways.node_of), kind), [note]
    row, ends = routes.chains(ways.node_of)
    parts = pl.DataFrame({"id": prepared.graph.entities["id"].gather(entity[row])}).with_columns(
        entity=pl.Series(np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0)))
    )
    chains = parts.group_by("entity", maintain_order=True).agg("id")
    return chains["id"].alias("route"), []


def _forest(prepared: Prepared, ways: Ways, place: Ints, unknown: Any) -> pl.DataFrame:
    """The routes of entities as a forest, see `Impact.forest`."""
    circuit, nodes, routes = prepared.circuit, prepared.nodes, ways.routes
    row = np.full(int(nodes.entity.max(initial=-1)) + 1, -1)
    row[nodes.entity] = np.arange(len(nodes.entity))
    before, arc = routes.before[ways.node_of], routes.arc[ways.node_of]
    stated = np.ones(len(arc), np.bool_)
    stated[arc >= 0] = ~unknown[circuit.dependency[circuit.member[arc[arc >= 0]]]]
    return pl.DataFrame(
        {
            "number": np.asarray(nodes.entity, np.int64),
            "place": place,
            "before": np.where(before >= 0, row[circuit.entity[before]], -1),
            "cost": routes.cost[ways.node_of],
            "depth": routes.depth[ways.node_of],
            "stated": stated,
        }
    )


def _arcs(prepared: Prepared, unknown: Any) -> pl.DataFrame | None:
    """The ways between entities within reach, see `Impact.arcs`."""
    circuit = prepared.circuit
    if len(circuit.provider) > _ARCS:
        return None
    arcs = pl.DataFrame(
        {
            "tail": np.asarray(circuit.entity[circuit.provider], np.int64),
            "head": np.asarray(circuit.entity[circuit.targets], np.int64),
            "stated": ~unknown[circuit.dependency[circuit.member]],
        }
    )
    counted = pl.len().cast(pl.Int64).alias("count"), pl.col("stated").sum().cast(pl.Int64)
    return arcs.group_by("tail", "head").agg(*counted).sort("tail", "head")


def _by(column: str, prepared: Prepared, found: Spread, entities: pl.DataFrame) -> pl.DataFrame:
    """Expected hits and impact by kind or sector."""
    others = prepared.graph.entities.filter(~pl.col("id").is_in(prepared.scenario.origin_ids))
    all_of = others.group_by(column).agg(pl.len().cast(pl.Int64).alias("entities"))
    # where worlds are drawn, also those within reach that none of them hit
    within = pl.col("probability_high") > 0 if found.exact else pl.col("hops").is_not_null()
    hit = (
        entities.filter(pl.col("rank") > 0)
        .group_by(column)
        .agg(
            within.sum().cast(pl.Int64).alias("within_reach"),
            pl.col("probability").sum().alias("hit"),
            pl.col("probability_low").sum().alias("hit_low"),
            pl.col("probability_high").sum().alias("hit_high"),
            pl.col("impact").sum(),
        )
    )
    return (
        all_of.join(hit, on=column, how="right", nulls_equal=True)
        .select(column, "entities", "within_reach", "hit", "hit_low", "hit_high", "impact")
        .sort(["hit_high", "impact", column], descending=[True, True, False], nulls_last=True)
    )


def _totals(prepared: Prepared, found: Spread) -> Totals:
    figures, others = found.figures, ~prepared.is_origin
    drawn = 0.0 if found.exact else 1 / len(figures.weight)
    mean = float(figures.total @ figures.weight)
    order = np.argsort(figures.total, kind="stable")
    reached = np.cumsum(figures.weight[order])

    def quantile(q: float) -> float:
        at = np.searchsorted(reached, q - 1e-12)
        return float(figures.total[order[min(int(at), len(order) - 1)]])

    return Totals(
        hit=float(figures.middle[others].sum()),
        hit_low=float(found.low[others].sum()),
        hit_high=float(found.high[others].sum()),
        hit_std_error=_std_error(figures.hits, figures.weight, drawn),
        impact=mean,
        impact_std_error=_std_error(figures.total, figures.weight, drawn),
        p50=quantile(0.50),
        p95=quantile(0.95),
        p99=quantile(0.99),
    )


def _std_error(values: Floats, weight: Floats, drawn: float) -> float:
    mean = values @ weight
    return float(np.sqrt(max(float((values - mean) ** 2 @ weight), 0.0) * drawn))


def _report_notes(graph: DependencyGraph) -> list[str]:
    return [str(f) for f in graph.report if f.action != "read"]


def _assumptions(
    prepared: Prepared, found: Spread, within: Within, nobody: Sequence[str]
) -> list[str]:
    """What the answer rests on beyond the stated facts."""
    graph, scenario = prepared.graph, prepared.scenario
    notes = []
    if scenario.rules != load_shipped_rules():
        notes.append(f"rules of the user's own: {len(scenario.rules):,} of what crosses what")
    if scenario.rollout:
        notes += rollout_notes(graph, scenario)
    untouched = _not_crossed(graph, scenario)
    if untouched and not nobody:
        notes.append(f"mode {scenario.mode} does not cross {untouched}")
    if within.unknown:
        notes.append(
            f"{within.unknown:,} of the {within.dependencies:,} dependencies within reach have an "
            f"unknown strength: low counts them as 0, the middle as {scenario.assume:g}, high as 1"
        )
    cases = len(found.figures.weight)
    if found.exact and cases > 1:
        notes.append(f"exact: all {cases:,} cases were looked at, nothing was drawn")
    return notes


def _not_crossed(graph: DependencyGraph, scenario: Scenario) -> str:
    """The relations by which entities depend on the origins, but which the mode does not cross."""
    crossed = {r for m, r, _ in scenario.rules if m == scenario.mode}
    listed = {r for _, r, _ in scenario.rules}
    counts = (
        graph.dependencies.filter(
            pl.col("provider").is_in(scenario.origin_ids)
            & ~pl.col("relation").is_in(crossed)
            & pl.col("relation").is_in(listed)
        )
        .group_by("relation")
        .len()
        .sort("relation")
    )
    return ", ".join(f"{r} ({n:,} direct)" for r, n in counts.iter_rows())
