"""A back-test as JSON, and the phrases that its table and its page share."""

from collections import Counter
from typing import Any

from typing_extensions import TypedDict

from knockon.api.schema import (
    SCHEMA,
    GraphHead,
    ScenarioJson,
    serialize_graph_head,
    serialize_scenario,
)
from knockon.graph.analysis.backtest.backtest import Backtest, Outcome, Verdict
from knockon.graph.analysis.backtest.forecasts import RULES, sum_up
from knockon.graph.analysis.backtest.reports import READINGS
from knockon.graph.analysis.backtest.scores import Confusion
from knockon.graph.errors import clip
from knockon.graph.scenario.strengths import INCIDENTS, SHIPPED
from knockon.graph.words import join


class ScoreJson(TypedDict):
    """Counts of predicted against reported, and the two shares; null: nothing to divide by."""

    hits: int
    alarms: int
    misses: int
    quiet: int
    precision: float | None
    recall: float | None


class PairedJson(TypedDict):
    """A paired test: the verdict, and the figure of each side that decided it."""

    name: str
    root: str
    worse: str
    better: str
    measure: str
    verdict: str
    figure: str
    worse_value: float | None
    better_value: float | None
    why: str
    source: str


class IncidentJson(TypedDict):
    """One incident. `precision` and `recall` are the strict ones; `hindsight`: why, or null."""

    incident: str
    title: str
    date: str | None
    hindsight: str | None
    graph: GraphHead
    scenario: ScenarioJson
    precision: float | None
    recall: float | None
    strict: ScoreJson
    loose: ScoreJson
    readings: dict[str, ScoreJson]
    impact_rank: float | None
    recovery_rank: float | None
    paired: list[PairedJson]
    assumed: list[str]
    rows: list[dict[str, Any]]


class PooledJson(TypedDict):
    """Strict counts of several incidents together, by reading."""

    incidents: int
    readings: dict[str, ScoreJson]
    loose: ScoreJson


class ForecastsJson(TypedDict):
    """Forecasts of how many were hit, a row for each count, and what they come to; `rules` says
    what each score is of."""

    rules: dict[str, str]
    counted: int
    inside: int
    inside_independent: int
    scores: dict[str, float]
    rows: list[dict[str, Any]]


class BacktestJson(TypedDict):
    """The answer to a back-test. `graph` counts all graphs; each row has its own scenario."""

    schema: int
    graph: GraphHead
    scenario: None
    headline: str
    rows: list[IncidentJson]
    pooled: dict[str, PooledJson]
    forecasts: ForecastsJson
    impact_rank: float | None
    recovery_rank: float | None
    notes: list[str]
    more: int


POOLS = {"all": None, "hindsight": True, "known_before": False}


def serialize_backtest(found: Backtest) -> BacktestJson:
    """The whole back-test as JSON."""
    heads = [serialize_graph_head(o.impact.graph) for o in found.outcomes]
    return {
        "schema": SCHEMA,
        "graph": {
            "title": f"{len(heads)} incidents",
            "entities": sum(h["entities"] for h in heads),
            "dependencies": sum(h["dependencies"] for h in heads),
        },
        "scenario": None,
        "headline": found.headline,
        "rows": [_serialize_incident(o) for o in found.outcomes],
        "pooled": {name: _serialize_pool(found, hindsight) for name, hindsight in POOLS.items()},
        "forecasts": _serialize_forecasts(found),
        "impact_rank": found.impact_rank,
        "recovery_rank": found.recovery_rank,
        "notes": list(found.notes),
        "more": 0,
    }


def _serialize_forecasts(found: Backtest) -> ForecastsJson:
    summary = sum_up(found.forecasts)
    return {
        "rules": RULES,
        "counted": summary.counted,
        "inside": summary.inside,
        "inside_independent": summary.inside_independent,
        "scores": summary.scores,
        "rows": found.forecasts.to_dicts(),
    }


def _serialize_incident(outcome: Outcome) -> IncidentJson:
    incident, strict = outcome.incident, outcome.score()
    return {
        "incident": incident.name,
        "title": incident.title,
        "date": incident.date,
        "hindsight": incident.hindsight,
        "graph": serialize_graph_head(outcome.impact.graph),
        "scenario": serialize_scenario(outcome.impact),
        "precision": strict.precision,
        "recall": strict.recall,
        "strict": _serialize_score(strict),
        "loose": _serialize_score(outcome.score(strict=False)),
        "readings": {r: _serialize_score(outcome.score(r)) for r in READINGS},
        "impact_rank": outcome.impact_rank,
        "recovery_rank": outcome.recovery_rank,
        "paired": [_serialize_pair(v) for v in outcome.paired],
        "assumed": list(incident.assumed),
        "rows": outcome.rows.to_dicts(),
    }


def _serialize_pool(found: Backtest, hindsight: bool | None) -> PooledJson:
    return {
        "incidents": len(found.of(hindsight=hindsight)),
        "readings": {r: _serialize_score(found.pooled(r, hindsight=hindsight)) for r in READINGS},
        "loose": _serialize_score(found.pooled(strict=False, hindsight=hindsight)),
    }


def _serialize_score(score: Confusion) -> ScoreJson:
    return {
        "hits": score.hits,
        "alarms": score.alarms,
        "misses": score.misses,
        "quiet": score.quiet,
        "precision": score.precision,
        "recall": score.recall,
    }


def _serialize_pair(verdict: Verdict) -> PairedJson:
    pair = verdict.pair
    return {
        "name": pair.name,
        "root": pair.root,
        "worse": pair.worse,
        "better": pair.better,
        "measure": pair.measure,
        "verdict": verdict.verdict,
        "figure": verdict.figure,
        "worse_value": verdict.worse,
        "better_value": verdict.better,
        "why": pair.why,
        "source": pair.source,
    }


def count_shared_assumptions(found: Backtest) -> dict[str, int]:
    """The assumptions that several incidents share, and how many do."""
    counts = Counter(line for o in found.outcomes for line in o.incident.assumed)
    return {line: n for line, n in counts.items() if n > 1}


def describe_question(outcome: Outcome) -> str:
    """`Amazon S3 fails for 4.28 h; unknown strengths count 0.75`, or, where tables filled some,
    `strengths within reach: 3 stated, 5 from mine.csv and 4 unknown, counted 0.75`."""
    impact = outcome.impact
    unknown, assume = impact.within.unknown, impact.scenario.assume
    filled: Counter[str] = Counter()
    for table, dependencies in impact.strengths.select("table", "dependencies").iter_rows():
        filled[table] += dependencies
    if not filled:
        return f"{impact.condition}; unknown strengths count {assume:g}"
    stated = impact.within.dependencies - impact.within.open
    parts = [f"{stated:,} stated"] if stated else []
    for table, count in filled.items():
        shipped = "typical of past incidents" if table == INCIDENTS else f"from the {table}"
        parts.append(f"{count:,} {shipped if table in SHIPPED else f'from {clip(table, 40)}'}")
    parts += [f"{unknown:,} unknown, counted {assume:g}"] if unknown else []
    return f"{impact.condition}; strengths within reach: {join(parts)}"


FORECAST_HEADINGS = (
    "incident", "mode", "exposed", "hit", "forecast, 90 %", "inside", "each by itself, 90 %",
    "score", "0 to 100 %", "alone", "one figure",
)  # fmt: skip
FORECAST_KEY = (
    "what the shipped strengths would have said of the share hit, with the incident left out; "
    "scores: CRPS, 0 is best, of the forecast, of 0 to 100 %, of each dependent by itself, and of "
    "one figure for all modes"
)


def list_forecasts(found: Backtest) -> list[list[str]]:
    """The forecasts as texts under FORECAST_HEADINGS, and their means."""
    rows = []
    for row in found.forecasts.iter_rows(named=True):
        exposed = "" if row["exposed"] is None else f"{row['exposed']:,.0f}"
        rows.append([
            row["incident"], row["mode"].replace("_", " "), exposed, _percent(row["share"]),
            _span(row["low"], row["high"]), "yes" if row["inside"] else "no",
            _span(row["independent_low"], row["independent_high"]),
            *(f"{row[f'crps_{rule}']:.3f}" for rule in RULES),
        ])  # fmt: skip
    summary = sum_up(found.forecasts)
    if rows:
        rows.append([
            "all", "", "", "", "", f"{summary.inside} of {summary.counted}", "",
            *(f"{summary.scores[rule]:.3f}" for rule in RULES),
        ])  # fmt: skip
    return rows


def _span(low: float, high: float) -> str:
    return f"{_percent(low)} to {_percent(high)}"


def _percent(share: float) -> str:
    """Of a share that was counted or forecast: two digits below 1 %."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 1 or value == 0 else f"{value:.2g} %"
