"""What if this fails? One row per entity within reach, ranked, and the totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.rings import detection, rollout_notes, rollout_saves
from knockon.graph.analysis.spread import Spread, spread
from knockon.graph.analysis.tallies import Watch
from knockon.graph.arrays import Floats, Ints, distinct
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import shipped_rules
from knockon.graph.scenario.scenario import OriginLike, Scenario

_HOURS = ("start_hours", "down_hours", "down_hours_p50", "down_hours_p95")
_ROUTE_IDS = 10_000_000  # ids in the routes of one frame; beyond that they are left out, and noted


@dataclass(frozen=True)
class Totals:
    """The whole answer in figures.

    hit, hit_low, hit_high: expected number of entities hit, without the origins
    impact: mean over all worlds of the sum of weight * loss (with hours: * hours down), origins
    included; p50, p95, p99 of that sum over worlds; std_errors are 0 where nothing was drawn
    """

    hit: float
    hit_low: float
    hit_high: float
    hit_std_error: float
    impact: float
    impact_std_error: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, eq=False)
class Impact:
    """The answer to a what-if.

    entities: a frame, one row per entity within reach and per entity that depends on one of
        these but is spared; columns `rank` (0 for origins), `id`, `name`, `kind`, `sector`,
        `hops`, `probability`, `probability_low`, `probability_high`, `std_error`, `verdict`
        (`hit`, `spared`, `unknown`), `loss`, `start_hours`, `down_hours` (means over the worlds
        that hit it; null without hours), `down_hours_p50`, `down_hours_p95`, `impact`,
        `impact_std_error`, `carries`, `route` (ids from an origin to it)
    """

    graph: DependencyGraph
    scenario: Scenario
    entities: pl.DataFrame
    totals: Totals
    worlds: int
    exact: bool
    distribution: pl.DataFrame
    notes: tuple[str, ...]
    spread: Spread

    @property
    def form(self) -> str:
        """The form of the lane kernel that ran: `numpy` for small work, `numba` for large."""
        return self.spread.form

    @property
    def partial(self) -> bool:
        """Whether the run was stopped before all worlds were drawn."""
        return self.spread.stopped

    @cached_property
    def by_kind(self) -> pl.DataFrame:
        """Expected hits and impact by kind, of the `entities` of this kind that are no origins."""
        return self._by("kind")

    @cached_property
    def by_sector(self) -> pl.DataFrame:
        """The same by sector; entities without a sector are in the row null."""
        return self._by("sector")

    def _by(self, column: str) -> pl.DataFrame:
        origins = self.scenario.origin_ids
        others = self.graph.entities.filter(~pl.col("id").is_in(origins))
        all_of = others.group_by(column).agg(pl.len().cast(pl.Int64).alias("entities"))
        hit = (
            self.entities.filter(pl.col("rank") > 0)
            .group_by(column)
            .agg(
                _within(self).sum().cast(pl.Int64).alias("within_reach"),
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

    def exceedance(self) -> pl.DataFrame:
        """The exceedance curve: `impact`, and the share of worlds in which it is reached."""
        curve = self.distribution.sort("impact", descending=True)
        return (
            curve.group_by("impact", maintain_order=True)
            .agg(pl.col("weight").sum())
            .select("impact", pl.col("weight").cum_sum().clip(0, 1).alias("probability"))
            .reverse()
        )

    def timeline(self) -> pl.DataFrame:
        """Who is down when: columns `hours` (ascending), `kind`, `down`, the expected number of
        entities of the kind, without origins, that are down from that hour on.

        Raises ScenarioError where the scenario has no hours.
        """
        if self.spread.hours is None:
            raise ScenarioError("timeline: expected a scenario with hours, such as hours=24")
        return self.spread.hours.curve

    def detection(self) -> pl.DataFrame:
        """What stopping the rollout earlier or later does: columns `halt_hours`, `hit`,
        `std_error`, `impact`, over the same worlds.

        One row for each hour at which a ring starts (a halt at that hour still spares it), for the
        halt of the scenario, and for one after all rings. Between two rows the later one holds.
        Raises ScenarioError where the scenario has no rollout.
        """
        return detection(self)

    def rollout_saves(self) -> pl.DataFrame:
        """The rollout against the same update sent to all at once: columns `rollout`
        (`as it was`, `all at once`), `hit`, `impact`, `saved` (impact less than all at once),
        over the same worlds. Raises ScenarioError where the scenario has no rollout.
        """
        return rollout_saves(self)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        from knockon.graph.maps.phrases import headline

        return headline(self)

    def __repr__(self) -> str:
        return f"<Impact {self.headline}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.headline)}</p>{self.entities._repr_html_()}"

    def to_svg(self) -> str:
        """The impact map, one SVG document."""
        from knockon.graph.maps.draw import impact_map

        return impact_map(self)

    def exceedance_svg(self) -> str:
        """The exceedance chart, one SVG document: how bad, and how often as bad or worse."""
        from knockon.graph.maps.charts import exceedance

        return exceedance(self)

    def timeline_svg(self) -> str:
        """Who is down when, one SVG document. Raises ScenarioError without hours."""
        from knockon.graph.maps.charts import timeline

        return timeline(self)

    def detection_svg(self) -> str:
        """How many are hit by when the rollout is stopped, one SVG document. Raises ScenarioError
        without a rollout."""
        from knockon.graph.maps.charts import detection

        return detection(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()


def _within(impact: Impact) -> pl.Expr:
    """Which rows the failure may reach: where worlds are drawn, also those that none hit."""
    if impact.exact:
        return pl.col("probability_high") > 0
    return pl.col("hops").is_not_null()


def whatif(
    graph: DependencyGraph,
    origins: "Scenario | OriginLike | Sequence[OriginLike]",
    *,
    watch: Watch | None = None,
    **options: Any,
) -> Impact:
    """What happens to everybody when these entities fail together.

    origins: a Scenario, or one or several entities by id or name; `options` are the fields of a
    Scenario: `mode`, `assume`, `worlds`, `precision`, `memory`, `seed`, `protect`, `severity`,
    `rules`, `hours`, `rollout`, `halt`.
    watch: called with the numbers of worlds done and in all; what is known is the answer, marked
    as partial, where it returns False.
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError, MemoryLimitError.
    """
    if isinstance(origins, Scenario):
        scenario = origins.on(graph)
    else:
        scenario = Scenario.of(graph, origins, **options)
    found = spread(graph, scenario, watch)
    frame, notes = _frame(graph, found)
    return Impact(
        graph=graph,
        scenario=scenario,
        entities=frame,
        totals=_totals(found),
        worlds=len(found.weight),
        exact=found.exact,
        distribution=pl.DataFrame(
            {"impact": found.total, "hit": found.hits, "weight": found.weight}
        ),
        notes=(*_assumptions(graph, found, scenario), *notes, *found.notes, *_report_notes(graph)),
        spread=found,
    )


def _frame(graph: DependencyGraph, found: Spread) -> tuple[pl.DataFrame, list[str]]:
    """The ranked rows, and notes on what was left out of them."""
    loss = pl.Series("loss", found.loss, pl.Float64).fill_nan(None)
    reached = (
        graph.entities[found.entity]
        .select("id", "name", "kind", "sector")
        .with_columns(
            pl.Series("probability", found.middle),
            pl.Series("probability_low", found.low),
            pl.Series("probability_high", found.high),
            pl.Series("std_error", found.std_error),
            loss,
            pl.Series("impact", found.impact),
            pl.Series("impact_std_error", found.impact_std_error),
            pl.Series("carries", found.carries),
            pl.Series("origin", found.origin),
            *_hours(found),
        )
    )
    routes, notes = _routes(graph, found)
    hops = _fewest(found)
    reached = reached.with_columns(pl.Series("hops", hops, pl.Int64), routes)
    nothing = ("probability", "probability_low", "probability_high", "std_error", "impact",
               "impact_std_error", "carries")  # fmt: skip
    spared = graph.entities[found.touched].select("id", "name", "kind", "sector").with_columns(
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
    return ranked.select(
        "rank", "id", "name", "kind", "sector", "hops", "probability", "probability_low",
        "probability_high", "std_error", "verdict", "loss", *_HOURS, "impact",
        "impact_std_error", "carries", "route",
    ), notes  # fmt: skip


def _hours(found: Spread) -> list[pl.Series]:
    """The columns of hours, null where the scenario has none or nothing is ever hit."""
    if found.hours is None:
        return [pl.Series(c, [None] * len(found.entity), pl.Float64) for c in _HOURS]
    hours = found.hours
    values = (hours.start, hours.mean, hours.p50, hours.p95)
    return [pl.Series(c, v).fill_nan(None) for c, v in zip(_HOURS, values, strict=True)]


def _fewest(found: Spread) -> Ints:
    """(E,) fewest hops over all modes in which an entity is reached."""
    fewest = np.full(int(found.circuit.entity.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(fewest, found.circuit.entity, found.routes.hops)
    return fewest[found.entity]


def _routes(graph: DependencyGraph, found: Spread) -> tuple[pl.Series, list[str]]:
    entity, routes = found.circuit.entity, found.routes
    kind = pl.List(pl.String)
    if int((routes.depth[found.node_of] + 1).sum()) > _ROUTE_IDS:
        note = f"routes are left out: together they hold more than {_ROUTE_IDS:,} ids"
        return pl.Series("route", [None] * len(found.entity), kind), [note]
    row, ends = routes.chains(found.node_of)
    parts = pl.DataFrame({"id": graph.entities["id"].gather(entity[row])}).with_columns(
        entity=pl.Series(np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0)))
    )
    chains = parts.group_by("entity", maintain_order=True).agg("id")
    return chains["id"].alias("route"), []


def _totals(found: Spread) -> Totals:
    others = ~found.origin
    drawn = 0.0 if found.exact else 1 / len(found.weight)
    mean = float(found.total @ found.weight)
    order = np.argsort(found.total, kind="stable")
    reached = np.cumsum(found.weight[order])

    def quantile(q: float) -> float:
        at = np.searchsorted(reached, q - 1e-12)
        return float(found.total[order[min(int(at), len(order) - 1)]])

    return Totals(
        hit=float(found.middle[others].sum()),
        hit_low=float(found.low[others].sum()),
        hit_high=float(found.high[others].sum()),
        hit_std_error=_std_error(found.hits, found.weight, drawn),
        impact=mean,
        impact_std_error=_std_error(found.total, found.weight, drawn),
        p50=quantile(0.50),
        p95=quantile(0.95),
        p99=quantile(0.99),
    )


def _std_error(values: Floats, weight: Floats, drawn: float) -> float:
    mean = values @ weight
    return float(np.sqrt(max(float((values - mean) ** 2 @ weight), 0.0) * drawn))


def _report_notes(graph: DependencyGraph) -> list[str]:
    return [str(f) for f in graph.report if f.action != "read"]


def _assumptions(graph: DependencyGraph, found: Spread, scenario: Scenario) -> list[str]:
    """What the answer rests on beyond the stated facts."""
    used = distinct(found.circuit.dependency)
    unknown = int(graph.dependencies["probability"].is_null().to_numpy()[used].sum())
    notes = []
    if scenario.rules != shipped_rules():
        notes.append(f"rules of the user's own: {len(scenario.rules):,} of what crosses what")
    if scenario.rollout:
        notes += rollout_notes(graph, scenario)
    untouched = _not_crossed(graph, scenario)
    if untouched:
        notes.append(f"mode {scenario.mode} does not cross {untouched}")
    if unknown:
        notes.append(
            f"{unknown:,} of the {len(used):,} dependencies within reach have an unknown strength: "
            f"low counts them as 0, the middle as {scenario.assume:g}, high as 1"
        )
    if found.exact and len(found.weight) > 1:
        notes.append(f"exact: all {len(found.weight):,} cases were looked at, nothing was drawn")
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
