"""The rows of an answer: ranked entities, how the failure got to each, and who carries it."""

from itertools import pairwise

import numpy as np
import polars as pl

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.ranks import find_rank_ranges
from knockon.graph.analysis.spread import Spread, Ways
from knockon.graph.arrays import Ints
from knockon.graph.scenario.strengths import SOURCES, STATED

_HOURS = ("start_hours", "down_hours", "down_hours_p50", "down_hours_p95")
_ROUTE_IDS = 10_000_000  # ids in the routes of one frame; beyond that they are left out, and noted
_ARCS = 100_000  # ways between entities that an answer keeps for its map


def rank_rows(
    prepared: Prepared, found: Spread, ways: Ways
) -> tuple[pl.DataFrame, Ints, list[str]]:
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
            pl.Series("sure_low", found.sure_low),
            pl.Series("sure_high", found.sure_high),
            pl.Series("std_error", figures.std_error),
            pl.Series("loss", figures.loss, pl.Float64).fill_nan(None),
            pl.Series("impact", figures.impact),
            pl.Series("impact_std_error", figures.impact_std_error),
            pl.Series("carries", ways.carries),
            pl.Series("origin", prepared.is_origin),
            *_hours(prepared, found),
            pl.Series("hops", _fewest(prepared, ways), pl.Int64),
            routes,
            _strength_source(prepared, ways),
            pl.int_range(pl.len()).alias("number"),
            pl.Series("entity", prepared.nodes.entity, pl.Int64),
        )
    )
    nothing = ("probability", "probability_low", "probability_high", "sure_low", "sure_high",
               "std_error", "impact", "impact_std_error", "carries")  # fmt: skip
    spared = graph.entities[prepared.touched].select("id", "name", "kind", "sector").with_columns(
        *(pl.lit(0.0).alias(c) for c in nothing), pl.lit(False).alias("origin"),
        pl.lit([], pl.List(pl.String)).alias("route"),
        pl.Series("entity", prepared.touched, pl.Int64),
    )  # fmt: skip
    rows = pl.concat([reached, spared], how="diagonal")
    verdict = (
        pl.when(pl.col("sure_low") >= 0.5).then(pl.lit("hit"))
        .when(pl.col("sure_high") < 0.5).then(pl.lit("spared"))
        .otherwise(pl.lit("unknown"))
    )  # fmt: skip
    named = (rows["name"] != rows["id"]).any()  # else the names stand in the order of numbers
    figures_of = ["origin", "impact", "probability", "probability_high"]
    ranked = rows.sort(
        [*figures_of, *(["name"] if named else []), "entity"],
        descending=[True] * 4 + [False] * (2 if named else 1),
    ).with_columns(
        (pl.int_range(1, pl.len() + 1) - pl.col("origin").sum()).clip(0).alias("rank"),
        verdict.alias("verdict"),
    )
    number = ranked["number"].fill_null(-1).to_numpy()
    place = np.empty(len(figures.middle), np.int64)
    place[number[number >= 0]] = np.flatnonzero(number >= 0)
    others = ranked.filter(~pl.col("origin"))
    ranges = find_rank_ranges(others["impact"].to_numpy(), others["impact_std_error"].to_numpy())
    failing = ranked.height - others.height
    best, worst = (np.concatenate([np.zeros(failing, np.int64), r]) for r in ranges)
    shown = ranked.with_columns(rank_best=best, rank_worst=worst).select(
        "rank", "rank_best", "rank_worst", "id", "name", "kind", "sector", "hops", "probability",
        "probability_low", "probability_high", "std_error", "verdict", "loss", *_HOURS, "impact",
        "impact_std_error", "carries", "route", "strength_source",
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


def _strength_source(prepared: Prepared, ways: Ways) -> pl.Series:
    """The weakest source of a strength on the route of each entity; null for origins."""
    circuit, routes = prepared.circuit, ways.routes
    weakest = np.zeros(len(circuit.entity), np.int8)
    own = np.zeros(len(circuit.entity), np.int8)
    led = routes.arc >= 0
    own[led] = prepared.filled.source[circuit.dependency[circuit.member[routes.arc[led]]]]
    order = np.argsort(routes.depth, kind="stable")
    ends = np.searchsorted(routes.depth[order], np.arange(routes.depth.max(initial=0) + 2))
    for first, last in pairwise(ends[1:]):
        level = order[first:last]
        weakest[level] = np.maximum(own[level], weakest[routes.before[level]])
    words = np.array(SOURCES)[weakest[ways.node_of]]
    return pl.Series("strength_source", words).set(pl.Series(routes.depth[ways.node_of] == 0), None)


def build_forest(prepared: Prepared, ways: Ways, place: Ints) -> pl.DataFrame:
    """The routes of entities as a forest, see `Impact.forest`."""
    circuit, nodes, routes = prepared.circuit, prepared.nodes, ways.routes
    row = np.full(int(nodes.entity.max(initial=-1)) + 1, -1)
    row[nodes.entity] = np.arange(len(nodes.entity))
    before, arc = routes.before[ways.node_of], routes.arc[ways.node_of]
    source = np.zeros(len(arc), np.int8)
    behind = circuit.dependency[circuit.member[arc[arc >= 0]]]
    source[arc >= 0] = prepared.filled.source[behind]
    return pl.DataFrame(
        {
            "number": np.asarray(nodes.entity, np.int64),
            "place": place,
            "before": np.where(before >= 0, row[circuit.entity[before]], -1),
            "cost": routes.cost[ways.node_of],
            "depth": routes.depth[ways.node_of],
            "stated": source == STATED,
            "source": source,
        }
    )


def collect_arcs(prepared: Prepared) -> pl.DataFrame | None:
    """The ways between entities within reach, see `Impact.arcs`."""
    circuit = prepared.circuit
    if len(circuit.provider) > _ARCS:
        return None
    source = prepared.filled.source[circuit.dependency[circuit.member]]
    arcs = pl.DataFrame(
        {
            "tail": np.asarray(circuit.entity[circuit.provider], np.int64),
            "head": np.asarray(circuit.entity[circuit.targets], np.int64),
            "stated": source == STATED,
            "source": source,
        }
    )
    counted = pl.len().cast(pl.Int64).alias("count"), pl.col("stated").sum().cast(pl.Int64)
    weakest = pl.col("source").max()
    return arcs.group_by("tail", "head").agg(*counted, weakest).sort("tail", "head")
