"""The ranked table of a what-if, in the width that there is.

What is the same in all rows is said once above the table; names stand in full where they fit, else
on several lines; of routes that find no room stand who is nearest, and how many beyond.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import polars as pl
from rich.text import Text

from knockon.api.text.cells import make_column
from knockon.api.text.columns import Column, print_columns
from knockon.api.text.console import Out
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.maps.text import clean
from knockon.graph.scenario.strengths import INCIDENTS
from knockon.graph.words import chance, duration, join, kind_name, percent, sampled_percent

_VERDICT = {"hit": "red", "unknown": "yellow", "spared": "green"}
_FROM = " ← "
_NAME = 120  # letters of a name


def print_ranking(
    out: Out, impact: Impact, rows: pl.DataFrame, carried: Sequence[str] = ()
) -> None:
    """The table of these rows, and before it what they have in common.

    carried: columns of the inventory among them
    """
    listed = [*_list_columns(impact, rows), *(make_column(rows, c) for c in carried)]
    columns = [c for c in listed if any(c.cells)]
    common = [c.said.format(c.cells[0]) for c in columns if c.constant]
    said = [f"All {rows.height:,} rows below: {join(common)}."] if common else []
    if resting := _name_ranged(impact, rows):
        said.append(f"Impact: {resting}.")
    if said:
        out.print(Text(" ".join(said)))
    print_columns(out, [c for c in columns if not c.constant])


def _list_columns(impact: Impact, rows: pl.DataFrame) -> list[Column]:
    names = dict(zip(impact.entities["id"], impact.entities["name"], strict=True))
    rank = [name_rank(row) for row in rows.iter_rows(named=True)]
    verdicts = rows["verdict"].to_list()
    routes = [_format_route(row, names) for row in rows.iter_rows(named=True)]
    return [
        Column("#", rank, "ranks {} are a tie", right=True),
        Column("entity", [clean(name, _NAME) for name in rows["name"]], least=24, folds=True),
        Column(
            "kind", [clean(name_one(kind), 40) for kind in rows["kind"]], "kind {}",
            least=11, goes=2, folds=True,
        ),
        *_list_chances(impact, rows),
        Column(
            "verdict", [name_verdict(row) for row in rows.iter_rows(named=True)], "verdict {}",
            styles=tuple(_VERDICT[verdict] for verdict in verdicts),
        ),
        Column(
            "from h", [_format_hours(h) for h in rows["start_hours"]], "from hour {} on", True,
            goes=3,
        ),
        Column(
            "down h", [_format_hours(h) for h in rows["down_hours"]], "down for {} h", True, goes=4
        ),
        *_list_recovery(impact, rows),
        Column("impact", [format_amount(i) for i in rows["impact"]], "impact {} each", True),
        Column(
            "through,\nnearest first",
            routes, "hit directly" if "directly" in routes else "hit through {}",
            least=14, goes=1, short=tuple(map(_shorten_route, routes)),
        ),
    ]  # fmt: skip


def _list_recovery(impact: Impact, rows: pl.DataFrame) -> list[Column]:
    """Stated recovery times, and whether the outage exceeds them; none where nobody states any."""
    if not impact.recovery.height:
        return []
    stated = {row["id"]: row for row in impact.recovery.iter_rows(named=True)}
    cells = []
    for identifier in rows["id"]:
        row = stated.get(identifier)
        over = {True: ", exceeded", None: ", perhaps exceeded", False: ""}
        cells.append("" if row is None else duration(row["recovery_hours"]) + over[row["exceeds"]])
    return [Column("recovery\nstated", cells, least=12, goes=5, folds=True)]


def _list_chances(impact: Impact, rows: pl.DataFrame) -> list[Column]:
    """How likely: what is known; where unknown strengths leave a range, what they count as, too."""
    figures = rows.select("probability_low", "probability", "probability_high", "std_error").rows()
    likely = [chance(*row) for row in figures]
    typical = bool(impact.within.by_source.get(INCIDENTS))
    ranged = any(percent(low) != percent(high) for low, _, high, _ in figures)
    # neither what was counted once nor what is unknown is a likelihood
    head, said = ("hit in", "hit in {} of cases") if typical or ranged else ("likely", "{} likely")
    columns = [Column(head, likely, said, right=True)]
    if ranged:
        words = name_middle(impact) or f"if unknown counts {impact.scenario.assume:g}"
        middle = [sampled_percent(m, error) for _, m, _, error in figures]
        head = "\n".join(wrap(words, 12))
        said = f"hit in {{}}, {words}" if typical else f"in {{}} {words}"
        columns.append(Column(head, middle, said, right=True))
    return columns


def _name_ranged(impact: Impact, rows: pl.DataFrame) -> str:
    """What the impact rests on, where unknown strengths leave any of these rows a range."""
    ends = rows.select("probability_low", "probability_high").rows()
    ranged = any(percent(low) != percent(high) for low, high in ends)
    return name_middle(impact) if ranged else ""


def name_rank(row: dict[str, Any]) -> str:
    """`3`, or `1 to 69` where sampling cannot tell these apart."""
    best, worst = row["rank_best"], row["rank_worst"]
    return f"{row['rank']:,}" if best == worst else f"{best:,} to {worst:,}"


def name_verdict(row: dict[str, Any]) -> str:
    """`spared` only where no strength that is allowed hits it; else it is unlikely."""
    verdict: str = row["verdict"]
    return "unlikely" if verdict == "spared" and row["probability_high"] > 0 else verdict


def name_one(kind: str) -> str:
    """The kind of one entity in a column of kinds."""
    return "unknown" if kind == "unknown" else kind_name(kind, 1)


def _format_hours(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def format_amount(value: float) -> str:
    """An impact: whole where it is large, else three figures."""
    return f"{value:,.0f}" if 100 <= value < 1e15 else f"{value:,.3g}"


def _shorten_route(route: str) -> str:
    """`Navitaire ← 2 more`: the nearest in full, and how many beyond."""
    nearest, *beyond = route.split(_FROM)
    return f"{nearest}{_FROM}{len(beyond):,} more" if beyond else nearest


def _format_route(row: dict[str, Any], names: dict[str, str]) -> str:
    """What stands between the entity and the origin, from the entity's own provider back."""
    if not row["route"]:
        return ""
    between = row["route"][-2:0:-1]
    return _FROM.join(clean(names[i], _NAME) for i in between) if between else "directly"
