"""What is down now, as one picture: what, who that hits, and which status pages were read."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.text import Text

from knockon.api.schema import select_rows
from knockon.api.text.columns import Column, print_columns
from knockon.api.text.console import Out
from knockon.api.text.ranking import name_one, print_ranking
from knockon.graph.analysis.impact import Impact
from knockon.graph.maps.text import clean

_STATES = {"read": "green", "late": "yellow", "stale": "red", "unreadable": "red", "waiting": "dim"}
_NOTES = 8


def print_now(out: Out, now: Mapping[str, Any], impact: Impact | None, *, top: int | None) -> None:
    """The headline, what is down, who that hits, the pages, what is over, and the notes."""
    out.print(Text(f"{clean(now['graph']['title'])}, {now['at']}", style="dim"))
    out.print(Text(clean(now["headline"], 2000), style="bold"))
    if now["down"]:
        _print_down(out, now["down"])
    if impact is not None:
        _print_hit(out, impact, top)
    _print_sources(out, now["sources"])
    for spell in now["recovered"][:3]:
        since = f"from {spell['since']} to {spell['until']}"
        out.print(Text(f"over: {clean(spell['name'])}, {since}, by {clean(spell['source'])}"))
    for note in now["notes"][:_NOTES]:
        out.print(Text(f"- {clean(note, 400)}", style="dim"))
    if len(now["notes"]) > _NOTES:
        out.print(Text(f"{len(now['notes']) - _NOTES} more notes: --format json", style="dim"))


def _print_down(out: Out, down: Sequence[Mapping[str, Any]]) -> None:
    reported = [f"{clean(d['component'], 60)}: {d['status'].replace('_', ' ')}" for d in down]
    print_columns(out, [
        Column("down", [clean(d["name"], 120) for d in down], least=20, folds=True),
        Column("kind", [clean(name_one(d["kind"]), 40) for d in down], least=11, goes=2,
               folds=True),
        Column("lost", [f"{d['severity']:.0%}" for d in down], right=True),
        Column("since", [d["since"] for d in down]),
        Column("reported as", [r + (", not read lately" if d["stale"] else "")
                               for r, d in zip(reported, down, strict=True)], folds=True),
        Column("by", [clean(d["source"], 120) for d in down], goes=1, folds=True),
    ])  # fmt: skip


def _print_hit(out: Out, impact: Impact, top: int | None) -> None:
    selected, more = select_rows(impact, top=top)
    rows = selected.filter(pl.col("rank") > 0)
    if rows.height:
        print_ranking(out, impact, rows)
    if more:
        words = "1 more row" if more == 1 else f"{more:,} more rows"
        out.print(Text(f"{words}: --top {rows.height + more}", style="dim"))


def _print_sources(out: Out, sources: Sequence[Mapping[str, Any]]) -> None:
    states = [s["state"] for s in sources]
    print_columns(out, [
        Column("status page", [clean(s["source"], 160) for s in sources], least=20, folds=True),
        Column("called", [clean(s["page"] or "", 60) for s in sources], goes=1, folds=True),
        Column("state", states, styles=tuple(_STATES[state] for state in states)),
        Column("last read", [s["last_read"] or "never" for s in sources]),
    ])  # fmt: skip
