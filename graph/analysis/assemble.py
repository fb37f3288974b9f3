"""The figures of a run as an answer: rows, totals, notes and sentences."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import GraphHead
from knockon.graph.analysis.filled import count_sources, describe_unknown, list_rows
from knockon.graph.analysis.holding import find_holding
from knockon.graph.analysis.impact import Impact, Totals, Within
from knockon.graph.analysis.look_alikes import describe_look_alikes
from knockon.graph.analysis.nobody import explain_nobody
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.recovery import describe_exceeded, find_exceeded
from knockon.graph.analysis.rollout_effect import describe_rollout
from knockon.graph.analysis.rows import build_forest, collect_arcs, rank_rows
from knockon.graph.analysis.sampling import find_percentile_error
from knockon.graph.analysis.sentences import REASONS, add_sentences
from knockon.graph.analysis.spread import Spread, Ways, Worlds
from knockon.graph.arrays import Bools, Floats, distinct
from knockon.graph.engine.sums import add_halves
from knockon.graph.scenario.modes import find_barred, load_shipped_rules
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import NONE


def assemble(prepared: Prepared, found: Spread, ways: Ways) -> Impact:
    """The figures as an answer: ranked rows, totals, notes and sentences."""
    graph, scenario = prepared.graph, prepared.scenario
    entities, place, notes = rank_rows(prepared, found, ways)
    used = distinct(prepared.circuit.dependency)
    by_source = count_sources(prepared.filled, used)
    rho = prepared.filled.rho
    shares = rho is not None and bool((rho[used] > 0).any())
    within = Within(len(used), by_source[NONE], by_source, shares)
    figures = found.figures
    reached = ~prepared.is_origin & ((found.high > 0) | (not found.exact))
    nobody = () if reached.any() else explain_nobody(graph, scenario)
    assumptions = _assumptions(prepared, found, within, nobody)
    timed = scenario.hours is not None
    recovery = find_exceeded(graph, entities) if timed else pl.DataFrame()
    impact = Impact(
        graph=GraphHead.of(graph),
        scenario=scenario,
        headline="",
        assumption="",
        condition="",
        entities=entities,
        totals=find_totals(prepared, found),
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
        outer=_outer(found) if within.open else _outer(found).clear(),
        forest=build_forest(prepared, ways, place),
        arcs=collect_arcs(prepared),
        strengths=list_rows(prepared.filled, used),
        curve=None if found.hours is None else found.hours.curve,
        nobody=nobody,
        rollout=None,
        work=found.work,
        alike="" if nobody else describe_look_alikes(prepared),
        recovery=recovery,
        holding=find_holding(graph, scenario, _mark_hit(prepared, found)),
        notes=(
            *filter(None, [describe_exceeded(recovery)]),
            *(f"nobody else is hit: {reason}" for reason in nobody[REASONS:]),
            *assumptions,
            *notes,
            *prepared.notes,
            *found.notes,
            *GraphHead.of(graph).report,
        ),
    )
    return add_sentences(impact)


def _mark_hit(prepared: Prepared, found: Spread) -> Bools:
    """(n,) the entities that the failure may hit; of random worlds all that are within reach."""
    hit = np.zeros(prepared.graph.size, np.bool_)
    hit[prepared.nodes.entity] = (found.high > 0) | prepared.is_origin | (not found.exact)
    return hit


def _outer(found: Spread) -> pl.DataFrame:
    """The low and the high run, world by world."""
    runs = zip(("low", "high"), found.outer, strict=True)
    return pl.concat(
        pl.DataFrame({"impact": worlds.total, "weight": worlds.weight}).select(
            pl.lit(name).alias("run"), "impact", "weight"
        )
        for name, worlds in runs
    )


def _by(column: str, prepared: Prepared, found: Spread, entities: pl.DataFrame) -> pl.DataFrame:
    """Expected hits and impact by kind or sector."""
    others = prepared.graph.entities.filter(~pl.col("id").is_in(prepared.scenario.origin_ids))
    all_of = others.group_by(column).agg(pl.len().cast(pl.Int64).alias("entities"))
    # where worlds are drawn, also those within reach that none of them hit
    within = pl.col("probability_high") > 0 if found.exact else pl.col("hops").is_not_null()
    rows = entities.filter(pl.col("rank") > 0)
    hit = rows.group_by(column).agg(within.sum().cast(pl.Int64).alias("within_reach"))
    place = rows.select(column).join(
        hit.with_row_index("place"), on=column, how="left", nulls_equal=True, maintain_order="left"
    )["place"].to_numpy()  # fmt: skip
    summed = {"hit": "probability", "hit_low": "probability_low", "hit_high": "probability_high",
              "impact": "impact"}  # fmt: skip
    hit = hit.with_columns(  # row by row: polars adds up in as many parts as there are threads
        pl.Series(name, np.bincount(place, rows[of].to_numpy(), hit.height), pl.Float64)
        for name, of in summed.items()
    )
    return (
        all_of.join(hit, on=column, how="right", nulls_equal=True)
        .select(column, "entities", "within_reach", "hit", "hit_low", "hit_high", "impact")
        .sort(["hit_high", "impact", column], descending=[True, True, False], nulls_last=True)
    )


def find_totals(prepared: Prepared, found: Spread) -> Totals:
    figures, others = found.figures, ~prepared.is_origin
    drawn = 0.0 if found.exact else 1 / len(figures.weight)
    runs = {"_low": found.outer[0], "": Worlds(figures.total, figures.weight),
            "_high": found.outer[1]}  # fmt: skip
    over_worlds = {
        f"{name}{which}": value
        for which, worlds in runs.items()
        for name, value in describe_worlds(worlds).items()
    }
    over_worlds["impact"] = math.fsum(figures.impact[others].tolist())  # what the rows add up to
    if prepared.whole and found.hours is None:
        stake = prepared.at_stake_of_others
        over_worlds["impact_low"] = math.fsum((stake * found.low).tolist())
        over_worlds["impact_high"] = math.fsum((stake * found.high).tolist())
    return Totals(
        hit=math.fsum(figures.middle[others].tolist()),
        hit_low=math.fsum(found.low[others].tolist()),
        hit_high=math.fsum(found.high[others].tolist()),
        hit_std_error=find_total_error(
            figures.hits, figures.weight, drawn, figures.std_error[others]
        ),
        impact_std_error=find_total_error(
            figures.total, figures.weight, drawn, figures.impact_std_error[others]
        ),
        impact_of_origins=math.fsum(figures.impact[~others].tolist()),
        **{
            f"p{q}_std_error": 0.0 if found.exact else find_percentile_error(figures.total, q / 100)
            for q in (50, 95, 99)
        },
        **over_worlds,
    )


def describe_worlds(worlds: Worlds) -> dict[str, float]:
    """Mean and percentiles of the totals of worlds."""
    order = np.argsort(worlds.total, kind="stable")
    reached = np.cumsum(worlds.weight[order])

    def quantile(q: float) -> float:
        at = np.searchsorted(reached, q - 1e-12)
        return float(worlds.total[order[min(int(at), len(order) - 1)]])

    mean = math.fsum((worlds.total * worlds.weight).tolist())
    return {"impact": mean, "p50": quantile(0.50), "p95": quantile(0.95), "p99": quantile(0.99)}


def find_total_error(values: Floats, weight: Floats, drawn: float, of_rows: Floats) -> float:
    """Standard error of the mean of the totals (L,) of worlds.

    None where all rows are exact, for the total is what they add up to. What is hit rises with
    every draw, so that a total varies no less than any part of it.
    """
    if not of_rows.any():
        return 0.0
    mean = add_halves(values * weight)
    error = float(np.sqrt(max(float(add_halves((values - mean) ** 2 * weight)), 0.0) * drawn))
    return max(error, float(of_rows.max()))


def _assumptions(
    prepared: Prepared, found: Spread, within: Within, nobody: Sequence[str]
) -> list[str]:
    """What the answer rests on beyond the stated facts."""
    graph, scenario = prepared.graph, prepared.scenario
    notes = []
    if scenario.rules != load_shipped_rules():
        notes.append(describe_own_rules(scenario))
    if scenario.rollout:
        notes += describe_rollout(graph, scenario)
    if not nobody:
        notes += describe_not_crossed(
            count_by_relation(graph.dependencies, scenario.origin_ids), scenario
        )
    if within.unknown:
        notes.append(describe_unknown(within.unknown, within.dependencies, scenario.assume))
    cases = len(found.figures.weight)
    if found.exact and cases > 1:
        notes.append(f"exact: all {cases:,} cases were looked at, nothing was drawn")
    return notes


def describe_own_rules(scenario: Scenario) -> str:
    """How many rules are not those that ship."""
    return f"rules of the user's own: {len(scenario.rules):,} of what crosses what"


def count_by_relation(dependencies: pl.DataFrame, origins: Sequence[str]) -> dict[str, int]:
    """By how many dependencies of each relation others depend on these themselves."""
    direct = dependencies.filter(pl.col("provider").is_in(origins))
    return dict(direct.group_by(pl.col("relation").cast(pl.String)).len().iter_rows())


def describe_not_crossed(direct: Mapping[str, int], scenario: Scenario) -> list[str]:
    """Which of these relations (`count_by_relation`) the mode does not cross; nothing if all."""
    barred = find_barred(scenario.mode, scenario.rules)
    untouched = [f"{r} ({n:,} direct)" for r, n in sorted(direct.items()) if r in barred and n]
    return [f"mode {scenario.mode} does not cross {', '.join(untouched)}"] if untouched else []
