"""Answers on a terminal, for people."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from knockon.api.schema import note_kind, select_rows
from knockon.api.text.console import Out
from knockon.api.text.notes import print_notes
from knockon.api.text.ranking import format_amount, name_one, print_ranking
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.maps.text import clean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import plain
from knockon.graph.model.tables import Finding
from knockon.graph.scenario.rollout import format_rollout
from knockon.graph.words import kind_name, number

_SOURCES = 150  # columns from which on formats stand side by side


def print_whatif(
    out: Out, impact: Impact, *, kind: str | None, top: int | None, carried: Sequence[str] = ()
) -> None:
    """Headline, totals by kind, the ranked table, and the notes."""
    out.print(Text(clean(impact.headline), style="bold"))
    out.print(Text(impact.assumption))
    if impact.question:
        out.print(Text(clean(impact.question, 1000)))
    if impact.by_kind.height:
        out.print(_build_totals(impact))
    if impact.scenario.rollout:
        out.print(_build_rollout(impact))
    selected, more = select_rows(impact, kind=kind, top=top)
    rows = selected.filter(pl.col("rank") > 0)
    if rows.height:
        print_ranking(out, impact, rows, carried)
    if more:
        words = "1 more row" if more == 1 else f"{more:,} more rows"
        out.print(Text(f"{words}: --top {rows.height + more}", style="dim"))
    print_notes(out, (*note_kind(rows, kind), *impact.notes), impact.graph)


def print_load(out: Out, graph: DependencyGraph) -> None:
    """What a source became, and everything that was dropped, merged or invented on the way."""
    out.print(Text(clean(graph.title), style="bold"))
    out.print(Text(repr(graph)))
    counts = graph.entities.group_by("kind").len("n").sort(["n", "kind"], descending=[True, False])
    out.print(Text("; ".join(f"{n:,} {name_several(k, n)}" for k, n in counts.iter_rows())))
    relations = graph.dependencies.group_by("relation").agg(
        pl.len().alias("n"), pl.col("probability").is_null().sum().alias("unknown")
    )
    for name, n, unknown in relations.sort(["n", "relation"], descending=[True, False]).iter_rows():
        note = f", {unknown:,} of unknown strength" if unknown else ""
        out.print(Text(f"{clean(name)}: {n:,}{note}"))
    for finding in graph.report:
        out.print(Text(clean(str(finding), 1000), style=_choose_style(finding)))


def name_several(kind: str, number: int) -> str:
    """So many entities of a kind."""
    return "of unknown kind" if kind == "unknown" else clean(kind_name(kind, number), 80)


def print_sources(out: Out, rows: list[dict[str, str]]) -> None:
    """The known formats and how to export each; below each other where the terminal is narrow."""
    if out.width < _SOURCES:
        for row in rows:
            form, what, *rest = row.items()
            out.print(Text(form[1], style="bold"))
            out.print(Padding(Text(what[1]), (0, 0, 0, 2)))
            for heading, said in rest:
                if said != "-":
                    out.print(Padding(Text(f"{heading}: {said}"), (0, 0, 0, 2)))
        return
    table = Table(show_lines=True, box=_choose_box())
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(v) for v in row.values()))
    out.print(table)


def print_aliases(out: Out, rows: pl.DataFrame, notes: Sequence[Finding]) -> None:
    """Pairs of entities that may be one, best first: what each is called, and how many use it."""
    table = Table(box=_choose_box(), pad_edge=False)
    for heading in ("alias", "is perhaps", "score", "merge", "why"):
        table.add_column(
            heading, overflow="fold", justify="right" if heading == "score" else "left"
        )
    for row in rows.iter_rows(named=True):
        table.add_row(
            *(_name_entity(row, end) for end in ("alias", "same_as")),
            Text("" if row["score"] is None else f"{row['score']:.2f}"),
            Text(row["merge"] or ""), Text(clean(row["why"], 200)),
        )  # fmt: skip
    out.print(table if rows.height else Text("nothing in these sources looks like one thing twice"))
    for note in notes:
        out.print(Text(clean(str(note), 1000), style="yellow"))


def _name_entity(row: dict[str, Any], end: str) -> Text:
    """Name, id where it differs, kind, and how many depend on it."""
    identifier, name = row[end], row[f"{end}_name"] or row[end]
    text = (
        clean(name, 120) if name == identifier else f"{clean(name, 120)} ({clean(identifier, 120)})"
    )
    kind = clean(name_one(row[f"{end}_kind"] or "unknown"))
    return Text(f"{text}, {kind}, {row[f'{end}_dependents'] or 0:,} use it")


def format_sources(rows: list[dict[str, str]]) -> str:
    """The same as a table of Markdown; the README holds it."""
    heads = ("source", "an entity is", "a dependency is", "a group is", "how to export it")
    keys = ("what", "entities", "dependencies", "groups", "how to export")
    lines = [heads, ("---",) * len(heads)]
    lines += [(f"`{row['format']}`: {row['what']}", *(row[k] for k in keys[1:])) for row in rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _choose_style(finding: Finding) -> str:
    return "" if finding.action == "read" else "yellow"


def _choose_box() -> Any:
    from rich.box import SIMPLE_HEAD

    return SIMPLE_HEAD


def _build_totals(impact: Impact) -> Table:
    table = Table(box=_choose_box(), pad_edge=False)
    table.add_column("kind")
    middle = name_middle(impact)
    hits = ("hit", middle) if middle else ("expected hit",)
    for heading in ("in the graph", "within reach", *hits):
        table.add_column(heading, justify="right")
    for row in impact.by_kind.iter_rows(named=True):
        ends = dict.fromkeys((number(row["hit_low"]), number(row["hit_high"])))
        figures = [" to ".join(ends), number(row["hit"])] if middle else [number(row["hit"])]
        table.add_row(
            Text(name_several(row["kind"], 2)), f"{row['entities']:,}",
            f"{row['within_reach']:,}", *figures,
        )  # fmt: skip
    return table


def _build_rollout(impact: Impact) -> Table:
    """What the rings save against the same update sent to all at once."""
    table = Table(box=_choose_box(), pad_edge=False)
    table.add_column("rollout")
    middle = name_middle(impact)
    for heading in (f"hit {middle}" if middle else "expected hit", "impact", "saved"):
        table.add_column(heading, justify="right")
    scenario = impact.scenario
    staged = format_rollout(scenario.rollout)
    halt = "" if scenario.halt is None else f", stopped at {plain(float(scenario.halt))} h"
    for row in impact.rollout_saves().iter_rows(named=True):
        name = f"as it was: {staged}{halt}" if row["rollout"] == "as it was" else row["rollout"]
        figures = [format_amount(row["impact"]), format_amount(row["saved"])]
        table.add_row(Text(name), number(row["hit"]), *figures)
    return table
