"""The one JSON shape of every answer, for the command line and REST alike.

Plain dictionaries typed by name: the command line prints them without importing pydantic, and
REST describes them in its OpenAPI document.
"""

from typing import Any, NotRequired

import polars as pl
from typing_extensions import TypedDict

from knockon.graph.analysis import impact as answers
from knockon.graph.analysis.impact import Impact
from knockon.graph.model.hours import Hours
from knockon.graph.scenario.rollout import rollout_text

SCHEMA = 1


class GraphHead(TypedDict):
    """Which graph answered."""

    title: str
    entities: int
    dependencies: int


class OriginJson(TypedDict):
    """An entity that fails, and the share of its function that it loses."""

    id: str
    name: str
    severity: float


class ScenarioJson(TypedDict):
    """What was asked, as run, every default filled in; it can be asked again as it is.

    `worlds`: looked at; `exact`: all cases, nothing drawn; `precision`: null where not asked.
    `hours`: a number, or a range as text (`2..72`); `rollout`: what is reached in all, from which
    hour on (`1%@0,10%@4,100%@24`).
    """

    origins: list[OriginJson]
    mode: str
    hours: float | str | None
    rollout: str | None
    halt: float | None
    assume: float
    worlds: int
    exact: bool
    precision: float | None
    seed: int
    protect: list[str]


class ByKind(TypedDict):
    """Figures of the entities of one kind that are no origins."""

    kind: str
    entities: int
    within_reach: int
    hit: float
    hit_low: float
    hit_high: float
    impact: float


class BySector(TypedDict):
    """Figures of the entities of one sector (null: none stated) that are no origins."""

    sector: str | None
    entities: int
    within_reach: int
    hit: float
    hit_low: float
    hit_high: float
    impact: float


class TotalsJson(TypedDict):
    """`hit` leaves origins out; `impact` and its percentiles over worlds include them."""

    hit: float
    hit_low: float
    hit_high: float
    hit_std_error: float
    impact: float
    impact_std_error: float
    p50: float
    p95: float
    p99: float
    by_kind: list[ByKind]
    by_sector: list[BySector]


class EntityRow(TypedDict):
    """One entity within reach, or beside it and spared. Rank 0: an origin.

    Hours are over the worlds that hit it: null where none does, or where the scenario has none.
    """

    rank: int
    id: str
    name: str
    kind: str
    sector: str | None
    hops: int | None
    probability: float
    probability_low: float
    probability_high: float
    std_error: float
    verdict: str
    loss: float | None
    start_hours: float | None
    down_hours: float | None
    down_hours_p50: float | None
    down_hours_p95: float | None
    impact: float
    impact_std_error: float
    carries: float
    route: list[str] | None


class RolloutRow(TypedDict):
    """A rollout: `as it was`, or `all at once`; `saved` is impact less than all at once."""

    rollout: str
    hit: float
    impact: float
    saved: float


class WhatifJson(TypedDict):
    """The answer to a what-if. `more`: rows of entities that `top` or `kind` left out.

    `rollout`: with a rollout, what it saves against the same update sent to all at once.
    """

    schema: int
    graph: GraphHead
    scenario: ScenarioJson
    headline: str
    assumption: str
    totals: TotalsJson
    rollout: NotRequired[list[RolloutRow]]
    entities: list[EntityRow]
    notes: list[str]
    more: int


def graph_head(graph: answers.GraphHead) -> GraphHead:
    return {
        "title": graph.title,
        "entities": graph.entities,
        "dependencies": graph.dependencies,
    }


def whatif_json(impact: Impact, *, kind: str | None = None, top: int | None = None) -> WhatifJson:
    """The answer as JSON: origins, then the first `top` rows (all: None) of a kind (any: None)."""
    rows = shown_rows(impact, kind=kind, top=top)
    answer: WhatifJson = {
        "schema": SCHEMA,
        "graph": graph_head(impact.graph),
        "scenario": scenario_json(impact),
        "headline": impact.headline,
        "assumption": impact.assumption,
        "totals": totals_json(impact),
        "entities": rows.to_dicts(),  # type: ignore[typeddict-item]
        "notes": list(impact.notes),
        "more": impact.entities.height - rows.height,
    }
    if impact.rollout is not None:
        answer["rollout"] = impact.rollout_saves().to_dicts()  # type: ignore[typeddict-item]
    return answer


def shown_rows(impact: Impact, *, kind: str | None = None, top: int | None = None) -> pl.DataFrame:
    """The origins, then the first `top` ranked rows of a kind."""
    origin = pl.col("rank") == 0
    ranked = impact.entities.filter(~origin)
    if kind is not None:
        ranked = ranked.filter(pl.col("kind") == kind)
    if top is not None:
        ranked = ranked.head(top)
    return pl.concat([impact.entities.filter(origin), ranked])


def scenario_json(impact: Impact) -> ScenarioJson:
    scenario = impact.scenario
    failing = impact.entities.filter(pl.col("rank") == 0)
    names = dict(zip(failing["id"], failing["name"], strict=True))
    return {
        "origins": [
            {"id": o.id, "name": names[o.id], "severity": o.severity} for o in scenario.origins
        ],
        "mode": scenario.mode,
        "hours": _hours(scenario.hours),
        "rollout": rollout_text(scenario.rollout) or None,
        "halt": scenario.halt,
        "assume": scenario.assume,
        "worlds": impact.worlds,
        "exact": impact.exact,
        "precision": scenario.precision,
        "seed": scenario.seed,
        "protect": list(scenario.protect),
    }


def _hours(hours: Hours | None) -> float | str | None:
    if hours is None:
        return None
    return hours.low if hours.known else str(hours)


def totals_json(impact: Impact) -> TotalsJson:
    totals: dict[str, Any] = {k: getattr(impact.totals, k) for k in impact.totals.__match_args__}
    totals["by_kind"] = impact.by_kind.to_dicts()
    totals["by_sector"] = impact.by_sector.to_dicts()
    return totals  # type: ignore[return-value]
