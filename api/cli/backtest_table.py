"""A back-test on a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from knockon.api.backtest_json import (
    FORECAST_HEADINGS,
    FORECAST_KEY,
    POOLS,
    count_shared_assumptions,
    describe_question,
    list_forecasts,
)
from knockon.api.text.console import Out
from knockon.graph.analysis.backtest.backtest import Backtest, Verdict, share
from knockon.graph.analysis.backtest.reports import READINGS
from knockon.graph.analysis.backtest.scores import Confusion
from knockon.graph.maps.text import clean

TONE = {"right": "green", "order": "yellow", "tie": "yellow", "wrong": "red"}
_WIDE = 110  # columns of a terminal that holds the whole table
_KEY_NARROW = (
    "hit, spared: reports. stated alone: recall on stated strengths. "
    f"A terminal of {_WIDE} columns shows the baselines and rank correlations"
)
_KEY = (
    "hit, spared: reports. stated alone: recall on stated strengths. reachable, "
    "customers: precision if all that depends on what failed falls, or every customer of its owner"
)


def print_backtest(out: Out, found: Backtest) -> None:
    """Headline, one line per incident, paired tests, what came out wrong, what was assumed."""
    out.print(Text(clean(found.headline), style="bold"))
    wide = out.width >= _WIDE
    out.print(_build_incidents(found, wide))
    out.print(Text(clean(_KEY if wide else _KEY_NARROW), style="dim"))
    if found.paired:
        out.print(_build_paired(found))
    if found.forecasts.height:
        out.print(Text("How many were hit", style="bold"))
        out.print(_build_forecasts(found))
        out.print(Text(FORECAST_KEY, style="dim"))
    if any(outcome.wrong.height for outcome in found.outcomes):
        out.print(Text("Came out wrong", style="bold"))
    for outcome in found.outcomes:
        for row in outcome.wrong.iter_rows(named=True):
            line = f"{outcome.incident.name}: {row['name']}, reported {row['reported']}: "
            out.print(Text(f"- {clean(line + row['note'])}"))
    out.print(Text("Assumed", style="bold"))
    common = count_shared_assumptions(found)
    for line, times in common.items():
        out.print(Text(f"- in {times} incidents: {clean(line, 2000)}"))
    for outcome in found.outcomes:
        out.print(Text(clean(f"{outcome.incident.name}: {describe_question(outcome)}")))
        for line in outcome.incident.assumed:
            if line not in common:
                out.print(Text(f"- {clean(line, 2000)}", style="dim"))
    for note in found.notes:
        out.print(Text(f"- {clean(note)}", style="dim"))


def _build_incidents(found: Backtest, wide: bool) -> Table:
    table = _make_table()
    table.add_column("incident", no_wrap=True)
    for heading in _HEADINGS if wide else _HEADINGS[:_NARROW]:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("paired\nright", no_wrap=True)

    def add(
        name: str, scores: dict[str, Confusion], tests: Sequence[Verdict] = (),
        ranks: tuple[float | None, float | None] = (None, None),
    ) -> None:  # fmt: skip
        cells = [*_format_cells(scores), *map(share, ranks)]
        right = sum(v.verdict == "right" for v in tests)
        verdict = f"{right} of {len(tests)}" if tests else ""
        tone = TONE["right" if right == len(tests) else "wrong"]
        shown = cells if wide else cells[:_NARROW]
        table.add_row(Text(clean(name, 120)), *shown, Text(verdict, style=tone))

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


def _format_cells(scores: dict[str, Confusion]) -> list[str]:
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


def _build_paired(found: Backtest) -> Table:
    table = _make_table()
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
        graph = outcome.graph
        names = [clean(graph.names[graph.find(i)], 120) for i in (v.pair.worse, v.pair.better)]
        table.add_row(
            Text(clean(v.pair.name)), Text(clean(outcome.incident.name)), *map(Text, names),
            v.figure.replace("_", " "), f"{share(v.worse)} / {share(v.better)}",
            Text(v.verdict, style=TONE[v.verdict]),
        )  # fmt: skip
    return table


def _build_forecasts(found: Backtest) -> Table:
    table = _make_table()
    for heading in FORECAST_HEADINGS:
        table.add_column(heading, justify="left" if heading in ("incident", "mode") else "right")
    for row in list_forecasts(found):
        table.add_row(*(Text(clean(cell, 120)) for cell in row))
    return table


def _make_table() -> Table:
    from rich.box import SIMPLE_HEAD

    return Table(box=SIMPLE_HEAD, pad_edge=False)
