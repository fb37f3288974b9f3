"""A back-test as JSON and on a terminal."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typing_extensions import TypedDict

from knockon.api.schema import SCHEMA, GraphHead, ScenarioJson, graph_head, scenario_json
from knockon.graph.backtest import Backtest, Outcome, Verdict, share
from knockon.graph.maps.text import clean
from knockon.graph.phrases import condition
from knockon.graph.reports import READINGS
from knockon.graph.scores import Confusion

TONE = {"right": "green", "order": "yellow", "tie": "yellow", "wrong": "red"}


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


class BacktestJson(TypedDict):
    """The answer to a back-test. `graph` counts all graphs; each row has its own scenario."""

    schema: int
    graph: GraphHead
    scenario: None
    headline: str
    rows: list[IncidentJson]
    pooled: dict[str, PooledJson]
    impact_rank: float | None
    recovery_rank: float | None
    notes: list[str]
    more: int


_WIDE = 110  # columns of a terminal that holds the whole table
_KEY_NARROW = (
    "hit, spared: reports. stated alone: recall without inferred dependencies. "
    f"A terminal of {_WIDE} columns shows the baselines and rank correlations"
)
_KEY = (
    "hit, spared: reports. stated alone: recall without inferred dependencies. reachable, "
    "customers: precision if all that depends on what failed falls, or every customer of its owner"
)
POOLS = {"all": None, "hindsight": True, "known_before": False}


def backtest_json(found: Backtest) -> BacktestJson:
    """The whole back-test as JSON."""
    heads = [graph_head(o.impact.graph) for o in found.outcomes]
    return {
        "schema": SCHEMA,
        "graph": {
            "title": f"{len(heads)} incidents",
            "entities": sum(h["entities"] for h in heads),
            "dependencies": sum(h["dependencies"] for h in heads),
        },
        "scenario": None,
        "headline": found.headline,
        "rows": [_incident_json(o) for o in found.outcomes],
        "pooled": {name: _pooled_json(found, hindsight) for name, hindsight in POOLS.items()},
        "impact_rank": found.impact_rank,
        "recovery_rank": found.recovery_rank,
        "notes": list(found.notes),
        "more": 0,
    }


def _incident_json(outcome: Outcome) -> IncidentJson:
    incident, strict = outcome.incident, outcome.score()
    return {
        "incident": incident.name,
        "title": incident.title,
        "date": incident.date,
        "hindsight": incident.hindsight,
        "graph": graph_head(outcome.impact.graph),
        "scenario": scenario_json(outcome.impact),
        "precision": strict.precision,
        "recall": strict.recall,
        "strict": _score_json(strict),
        "loose": _score_json(outcome.score(strict=False)),
        "readings": {r: _score_json(outcome.score(r)) for r in READINGS},
        "impact_rank": outcome.impact_rank,
        "recovery_rank": outcome.recovery_rank,
        "paired": [_paired_json(v) for v in outcome.paired],
        "assumed": list(incident.assumed),
        "rows": outcome.rows.to_dicts(),
    }


def _pooled_json(found: Backtest, hindsight: bool | None) -> PooledJson:
    return {
        "incidents": len(found.of(hindsight=hindsight)),
        "readings": {r: _score_json(found.pooled(r, hindsight=hindsight)) for r in READINGS},
        "loose": _score_json(found.pooled(strict=False, hindsight=hindsight)),
    }


def _score_json(score: Confusion) -> ScoreJson:
    return {
        "hits": score.hits,
        "alarms": score.alarms,
        "misses": score.misses,
        "quiet": score.quiet,
        "precision": score.precision,
        "recall": score.recall,
    }


def _paired_json(verdict: Verdict) -> PairedJson:
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


def print_backtest(out: Console, found: Backtest) -> None:
    """Headline, one line per incident, paired tests, what came out wrong, what was assumed."""
    out.print(Text(clean(found.headline), style="bold"))
    wide = out.width >= _WIDE
    out.print(_incidents(found, wide))
    out.print(Text(clean(_KEY if wide else _KEY_NARROW), style="dim"))
    if found.paired:
        out.print(_paired(found))
    out.print(Text("Came out wrong", style="bold"))
    for outcome in found.outcomes:
        for row in outcome.wrong.iter_rows(named=True):
            said = f"{outcome.incident.name}: {row['name']}, reported {row['reported']}: "
            out.print(Text(f"- {clean(said + row['note'])}"))
    out.print(Text("Assumed", style="bold"))
    common = repeated(found)
    for line, times in common.items():
        out.print(Text(f"- in {times} incidents: {clean(line)}"))
    for outcome in found.outcomes:
        out.print(Text(clean(f"{outcome.incident.name}: {asked(outcome)}")))
        for line in outcome.incident.assumed:
            if line not in common:
                out.print(Text(f"- {clean(line)}", style="dim"))
    for note in found.notes:
        out.print(Text(f"- {clean(note)}", style="dim"))


def repeated(found: Backtest) -> dict[str, int]:
    """The assumptions that several incidents share, and how many do."""
    counts = Counter(line for o in found.outcomes for line in o.incident.assumed)
    return {line: n for line, n in counts.items() if n > 1}


def asked(outcome: Outcome) -> str:
    """`Amazon S3 fails, for 4.28 hours; unknown strengths count 0.75`."""
    scenario = outcome.impact.scenario
    hours = "" if scenario.hours is None else f", for {scenario.hours} hours"
    return f"{condition(outcome.impact)}{hours}; unknown strengths count {scenario.assume:g}"


def _incidents(found: Backtest, wide: bool) -> Table:
    table = _table()
    table.add_column("incident", no_wrap=True)
    for heading in _HEADINGS if wide else _HEADINGS[:_NARROW]:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("paired", no_wrap=True)

    def add(
        name: str, scores: dict[str, Confusion], tests: Sequence[Verdict] = (),
        ranks: tuple[float | None, float | None] = (None, None),
    ) -> None:  # fmt: skip
        cells = [*_cells(scores), *map(share, ranks)]
        right = sum(v.verdict == "right" for v in tests)
        told = f"{right} of {len(tests)} right" if tests else ""
        tone = TONE["right" if right == len(tests) else "wrong"]
        shown = cells if wide else cells[:_NARROW]
        table.add_row(Text(clean(name, 32)), *shown, Text(told, style=tone))

    for o in found.outcomes:
        scores = {r: o.score(r) for r in READINGS}
        add(o.incident.name, scores, o.paired, (o.impact_rank, o.recovery_rank))
    table.add_section()
    for name, hindsight in POOLS.items():
        pooled = {r: found.pooled(r, hindsight=hindsight) for r in READINGS}
        if hindsight is None:
            tests = [v for _, v in found.paired]
            add(name, pooled, tests, (found.impact_rank, found.recovery_rank))
        else:
            add(name.replace("_", " "), pooled)
    add("all, with users' reports", {r: found.pooled(r, strict=False) for r in READINGS})
    return table


_HEADINGS = ("hit", "spared", "pre-\ncision", "recall", "stated\nalone",
             "reach-\nable", "custo-\nmers", "impact\nrank", "recov.\nrank")  # fmt: skip
_NARROW = 5  # columns of figures where the terminal is narrow


def _cells(scores: dict[str, Confusion]) -> list[str]:
    """Hit, spared, precision and recall; recall on stated strengths; precision of baselines."""
    ours = scores["predicted"]
    return [
        f"{ours.hits + ours.misses:,}",
        f"{ours.quiet + ours.alarms:,}",
        share(ours.precision),
        share(ours.recall),
        share(scores["sure"].recall),
        share(scores["reachable"].precision),
        share(scores["customer"].precision),
    ]


def _paired(found: Backtest) -> Table:
    table = _table()
    for heading in (
        "test",
        "incident",
        "fared worse",
        "fared better",
        "by",
        "predicted",
        "verdict",
    ):
        table.add_column(heading, overflow="fold")
    for outcome, v in found.paired:
        graph = outcome.impact.graph
        names = [clean(graph.names[graph.find(i)], 40) for i in (v.pair.worse, v.pair.better)]
        table.add_row(
            Text(clean(v.pair.name)), Text(clean(outcome.incident.name)), *map(Text, names),
            v.figure.replace("_", " "), f"{share(v.worse)} / {share(v.better)}",
            Text(v.verdict, style=TONE[v.verdict]),
        )  # fmt: skip
    return table


def _table() -> Table:
    from rich.box import SIMPLE_HEAD

    return Table(box=SIMPLE_HEAD, pad_edge=False)
