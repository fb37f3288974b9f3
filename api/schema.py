"""The one JSON shape of every answer, for the command line and REST alike.

Plain dictionaries typed by name: the command line prints them without importing pydantic, and
REST describes them in its OpenAPI document.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias

import polars as pl
from typing_extensions import TypedDict

from knockon.graph.analysis import answer as answers
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.view import SHOWN
from knockon.graph.scenario.fields import FIELDS, Values
from knockon.graph.scenario.scenario import Scenario

SCHEMA = 2
_MANY = 1_000  # rows from which on polars writes them, in a seventh of the time
CRITICAL, UNASSESSED = "critical_function", "unassessed_function"  # of registers


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


def _shape_scenario() -> dict[str, Any]:
    """The keys of a scenario in an answer, in the order of the table, each with its type."""
    shape: dict[str, Any] = {}
    for field in FIELDS:
        if field.remote and field.name in Values.__annotations__:
            shape[field.name] = field.kind.plain | None if field.null else field.kind.plain
        if field.name == "worlds":
            shape |= {"worlds": int, "exact": bool}
    return shape | {"origins": list[OriginJson], "rules": NotRequired[list[list[str]]]}


_SHAPE = _shape_scenario()
if TYPE_CHECKING:
    from knockon.graph.analysis.far.answer import FarImpact
    from knockon.graph.analysis.forecast import Forecast

    ScenarioJson: TypeAlias = dict[str, Any]
    QuestionJson: TypeAlias = dict[str, Any]
else:
    QuestionJson = TypedDict("QuestionJson", _SHAPE | {"worlds": int | None, "exact": bool | None})
    QuestionJson.__doc__ = """What was asked of a verb, with every default: it can be asked again.

    `worlds`: as asked, or looked at; null: as many as it takes; `exact`: null where not known.
    """
    ScenarioJson = TypedDict("ScenarioJson", _SHAPE)
    ScenarioJson.__doc__ = """What was asked, as run, with every default: it can be asked again.

    `worlds`: looked at; `exact`: all cases, nothing drawn; `precision`: null where not asked.
    `hours`: a number, or a range as text (`2..72`); `rollout`: what is reached in all, from which
    hour on (`1%@0,10%@4,100%@24`); `rules`: only where they are the user's own.
    """


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
    """Without origins, whose impact stands alone. `p50`, `p95`, `p99`: of the impact over worlds.

    `_low`, `_high`: with unknown strengths at 0, and at 1.
    """

    hit: float
    hit_low: float
    hit_high: float
    hit_std_error: float
    impact: float
    impact_low: float
    impact_high: float
    impact_std_error: float
    p50: float
    p50_low: float
    p50_high: float
    p95: float
    p95_low: float
    p95_high: float
    p99: float
    p99_low: float
    p99_high: float
    impact_of_origins: float
    p50_std_error: float
    p95_std_error: float
    p99_std_error: float
    by_kind: list[ByKind]
    by_sector: list[BySector]


class EntityRow(TypedDict):
    """One entity within reach, or beside it and spared. Rank 0: an origin.

    `rank_best` to `rank_worst`: what two standard errors of the difference cannot tell apart.
    `strength_source`: the weakest on its route, of `stated`, `own table`, `register`, `incidents`,
    `none`; null without a route.
    Hours are over the worlds that hit it: null where none does, or where the scenario has none.
    """

    rank: int
    rank_best: int
    rank_worst: int
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
    strength_source: str | None


class RolloutRow(TypedDict):
    """A rollout: `as it was`, or `all at once`; `saved` is impact less than all at once."""

    rollout: str
    hit: float
    impact: float
    saved: float


class RecoveryRow(TypedDict):
    """An entity that states a recovery time. `exceeds`: it is down for longer in the median of the
    worlds that hit it; null: in 1 world of 20, but not in the median."""

    id: str
    name: str
    kind: str
    recovery_hours: float
    down_hours: float
    down_hours_p50: float
    down_hours_p95: float
    probability_low: float
    probability: float
    probability_high: float
    exceeds: bool | None


class PageJson(TypedDict):
    """A page of the rows: how many fit in all, how many stood before it, where the next begins
    (null: it is the last)."""

    rows: int
    cursor: int
    next_cursor: int | None


class HoldingRow(TypedDict):
    """An entity that stands although a provider may fall. `reason`: `group`, with its `members`,
    how many are `left` and how many it `needs`; `grace`; or `protected`. `lost`: ids of providers
    that may fall, six at most."""

    id: str
    name: str
    kind: str
    reason: str
    members: int | None
    left: int | None
    needs: int | None
    lost: list[str]


class WhatifJson(TypedDict):
    """The answer to a what-if. `question`: all that is not the default, and the date of the data,
    in words. `more`: rows, of the `kind` if one is named, that `top` left out.

    `holding`: who stands although a provider may fall, by weight, and why; without rows where
    nobody does.
    `recovery`: with hours, those that state a recovery time, and whether the outage exceeds it.
    `rollout`: with a rollout, what it saves against the same update sent to all at once.
    `strength_sources`: how many dependencies within reach have their strength from where;
    `strength_rows`: the rows of tables that filled some, and how many each.
    """

    schema: int
    graph: GraphHead
    scenario: ScenarioJson
    headline: str
    assumption: str
    question: str
    totals: TotalsJson
    holding: list[HoldingRow]
    recovery: NotRequired[list[RecoveryRow]]
    rollout: NotRequired[list[RolloutRow]]
    strength_sources: dict[str, int]
    strength_rows: list[dict[str, Any]]
    entities: list[EntityRow]
    notes: list[str]
    more: int
    page: NotRequired[PageJson]


class AnswerJson(TypedDict):
    """The answer of a verb in rows. `more`: rows that `top` left out. `strength_sources`: how many
    dependencies looked at have their strength from where, where strengths count.

    Which keys a row has, and what stands beside the rows, depends on the verb.
    """

    schema: int
    graph: GraphHead
    scenario: QuestionJson
    headline: str
    question: str
    strength_sources: NotRequired[dict[str, int]]
    rows: list[dict[str, Any]]
    notes: list[str]
    more: int


def serialize_answer(answer: Answer, *, top: int | None = None) -> dict[str, Any]:
    """The answer as JSON: the first `top` rows (all: None), then what stands beside them."""
    shown = answer.rows if top is None else answer.rows.head(top)
    return {
        "schema": SCHEMA,
        "graph": serialize_graph_head(answer.graph),
        "scenario": _serialize_question(answer),
        "headline": answer.headline,
        "question": answer.question,
        **({"strength_sources": answer.strength_sources} if answer.strength_sources else {}),
        "rows": shown.to_dicts(),
        **{name: _make_plain(value) for name, value in answer.beside.items()},
        "notes": [*dict.fromkeys((*answer.notes, *answer.graph.report))],
        "more": answer.rows.height - shown.height,
    }


class PlanJson(TypedDict):
    """What a what-if will take, as `graph.analysis.forecast.Forecast` has it."""

    schema: int
    scenario: dict[str, Any]
    size: dict[str, Any]
    reach: dict[str, Any] | None
    worlds: int
    runs: dict[str, float]
    seconds: dict[str, dict[str, float]]
    clock: dict[str, float]
    memory: dict[str, float]
    allowed: int
    plan: str
    why: str
    partitions: int
    shipped: int
    factor: float
    speed: float
    notes: list[str]


def serialize_forecast(found: "Forecast", scenario: Scenario) -> PlanJson:
    """A forecast as JSON; a range is `{"low", "high"}`, seconds are of processor."""
    told: Any = found.to_dict() | {"notes": [*found.notes]}
    answer: Any = {"schema": SCHEMA, "scenario": scenario.to_dict(), **told}
    made: PlanJson = answer
    return made


def _make_plain(value: Any) -> Any:
    """Frames as lists of rows, whatever holds them."""
    if isinstance(value, pl.DataFrame):
        return value.to_dicts()
    if isinstance(value, dict):
        return {name: _make_plain(one) for name, one in value.items()}
    return [_make_plain(one) for one in value] if isinstance(value, list | tuple) else value


def serialize_graph_head(graph: answers.GraphHead) -> GraphHead:
    return {
        "title": graph.title,
        "entities": graph.entities,
        "dependencies": graph.dependencies,
    }


def serialize_whatif(
    impact: Impact, *, kind: str | None = None, top: int | None = None
) -> WhatifJson:
    """The answer as JSON: origins, then the first `top` rows (all: None) of a kind (any: None)."""
    rows, more = select_rows(impact, kind=kind, top=top)
    answer = _serialize_without_rows(impact, note_kind(rows, kind), more)
    answer["entities"] = rows.to_dicts()  # type: ignore[typeddict-item]
    return answer


def dump_whatif(impact: Impact, *, kind: str | None = None, top: int | None = None) -> str:
    """The same as text; where there are many rows, each stands on a line of its own."""
    rows, more = select_rows(impact, kind=kind, top=top)
    answer = _serialize_without_rows(impact, note_kind(rows, kind), more)
    if rows.height <= _MANY:
        answer["entities"] = rows.to_dicts()  # type: ignore[typeddict-item]
        return dump_json(answer)
    lines = rows.write_ndjson().removesuffix("\n").replace("\n", ",\n    ")
    none = '"entities": []'  # in no text of the answer: quotes in texts are escaped
    return dump_json(answer).replace(none, f"{none[:-1]}\n    {lines}\n  ]", 1)


def dump_json(data: Any) -> str:
    """Any answer as text for people: indented, nothing escaped that need not be."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _serialize_without_rows(impact: Impact, notes: list[str], more: int) -> WhatifJson:
    answer: WhatifJson = {
        "schema": SCHEMA,
        "graph": serialize_graph_head(impact.graph),
        "scenario": serialize_scenario(impact),
        "headline": impact.headline,
        "assumption": impact.assumption,
        "question": impact.question,
        "totals": serialize_totals(impact),
        "holding": impact.holding.to_dicts(),  # type: ignore[typeddict-item]
        "strength_sources": dict(impact.within.by_source),
        "strength_rows": impact.strengths.to_dicts(),
        "entities": [],
        "notes": [*impact.notes, *notes],
        "more": more,
    }
    if impact.recovery.height:
        answer["recovery"] = impact.recovery.to_dicts()  # type: ignore[typeddict-item]
    if impact.rollout is not None:
        answer["rollout"] = impact.rollout_saves().to_dicts()  # type: ignore[typeddict-item]
    return answer


def select_rows(
    impact: Impact, *, kind: str | None = None, top: int | None = None
) -> tuple[pl.DataFrame, int]:
    """The origins, then the first `top` ranked rows of a kind; how many more of it there are."""
    origin = pl.col("rank") == 0
    entities = impact.entities
    if SHOWN in entities.columns:  # a condition was asked for
        entities = entities.filter(SHOWN).drop(SHOWN)
    ranked = entities.filter(~origin)
    if kind is not None:
        ranked = ranked.filter(pl.col("kind").is_in(list_kinds(kind)))
    shown = ranked if top is None else ranked.head(top)
    rows = pl.concat([entities.filter(origin), shown])
    return rows, ranked.height - shown.height


def list_kinds(kind: str) -> tuple[str, ...]:
    """The kinds whose rows are shown for one: what nobody assessed may be critical."""
    return (kind, UNASSESSED) if kind == CRITICAL else (kind,)


def note_kind(rows: pl.DataFrame, kind: str | None) -> list[str]:
    """A note where rows of one kind are shown for another."""
    also = rows.filter((pl.col("rank") > 0) & (pl.col("kind") == UNASSESSED)).height
    if kind != CRITICAL or not also:
        return []
    are = "function that nobody assessed is" if also == 1 else "functions that nobody assessed are"
    return [f"{also:,} {are} shown with the critical ones: unknown is not the same as not critical"]


def serialize_scenario(impact: Impact) -> ScenarioJson:
    """The scenario as run: as many worlds as were looked at, and the names of what failed."""
    failing = impact.entities.filter(pl.col("rank") == 0)
    names = dict(zip(failing["id"], failing["name"], strict=True))
    of_origins = [names[o.id] for o in impact.scenario.origins]
    run = {"worlds": impact.worlds, "exact": impact.exact}
    return _serialize_stated(impact.scenario, of_origins, run)


def _serialize_question(answer: Answer) -> ScenarioJson:
    """The scenario as asked; `worlds`, `exact` as run where the answer says them."""
    run = {name: value for name, value in answer.beside.items() if name in ("worlds", "exact")}
    return _serialize_stated(answer.scenario, answer.names, run)


def _serialize_stated(
    scenario: Scenario, names: Sequence[str], run: Mapping[str, Any]
) -> ScenarioJson:
    stated = scenario.to_dict()
    origins = [
        {"id": o["id"], "name": name, "severity": o["severity"]}
        for o, name in zip(stated["origins"], names, strict=True)
    ]
    as_run = {"exact": None, **stated, "origins": origins, **run}
    own_rules = {"rules"} if stated["rules"] is None else set()
    return {key: as_run[key] for key in _SHAPE if key not in own_rules}


def dump_far(answer: "FarImpact") -> str:
    """An answer whose rows lie in files as JSON: the scenario as that of every answer."""
    run = {"worlds": answer.worlds, "exact": False}
    stated = _serialize_stated(answer.scenario, answer.names, run)
    return dump_json(answer.to_dict() | {"scenario": stated})


def serialize_totals(impact: Impact) -> TotalsJson:
    totals: dict[str, Any] = {k: getattr(impact.totals, k) for k in impact.totals.__match_args__}
    totals["by_kind"] = impact.by_kind.to_dicts()
    totals["by_sector"] = impact.by_sector.to_dicts()
    return totals  # type: ignore[return-value]
