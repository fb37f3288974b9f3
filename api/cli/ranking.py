"""The ranked table of a what-if, in the width that there is.

What is the same in all rows is said once above the table; names stand in full where they fit, else
on several lines; routes take what is left, and are cut.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from knockon.api.cli.console import Out
from knockon.graph.analysis.impact import Impact
from knockon.graph.maps.text import clean
from knockon.graph.words import chance, join, kind_name, percent

_VERDICT = {"hit": "red", "unknown": "yellow", "spared": "green"}
_GAP = 2  # between columns
_NAME = 120  # letters of a name
_LEAST = {"through": 14, "entity": 24, "kind": 11}  # how far each gives way, in this order
_LEFT_OUT = ("through", "kind", "from h", "down h")  # what goes, in this order, where all is tight
_FOLDED = ("entity", "kind")  # whose texts go on below where they are long


@dataclass(frozen=True, eq=False)
class Column:
    """A column as texts. said: how a value is said once for all rows, `{}` where it stands."""

    heading: str
    cells: list[str]
    said: str = ""
    right: bool = False
    styles: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.heading.partition(",")[0]

    @property
    def constant(self) -> bool:
        return bool(self.said) and len(self.cells) > 1 and len(set(self.cells)) == 1

    @property
    def width(self) -> int:
        return max(Text(text).cell_len for text in (*self.heading.split("\n"), *self.cells))


def print_ranking(out: Out, impact: Impact, rows: pl.DataFrame) -> None:
    """The table of these rows, and before it what they have in common."""
    columns = [c for c in _list_columns(impact, rows) if any(c.cells)]
    common = [c.said.format(c.cells[0]) for c in columns if c.constant]
    if common:
        out.print(Text(f"All {rows.height:,} rows below: {join(common)}."))
    varying = [c for c in columns if not c.constant]
    kept, widths = _fit(varying, out.width)
    out.print(_build_table(kept, widths))
    if len(kept) < len(varying):
        left = join([c.name for c in varying if c not in kept])
        out.print(Text(f"{left}: in a wider terminal, or by --format json", style="dim"))


def _list_columns(impact: Impact, rows: pl.DataFrame) -> list[Column]:
    names = dict(zip(impact.entities["id"], impact.entities["name"], strict=True))
    rank = [name_rank(row) for row in rows.iter_rows(named=True)]
    verdicts = rows["verdict"].to_list()
    return [
        Column("#", rank, "ranks {} are a tie", right=True),
        Column("entity", [clean(name, _NAME) for name in rows["name"]]),
        Column("kind", [clean(name_one(kind), 40) for kind in rows["kind"]], "kind {}"),
        *_list_chances(impact, rows),
        Column(
            "verdict", [name_verdict(row) for row in rows.iter_rows(named=True)], "verdict {}",
            styles=tuple(_VERDICT[verdict] for verdict in verdicts),
        ),
        Column("from h", [_format_hours(h) for h in rows["start_hours"]], "from hour {} on", True),
        Column("down h", [_format_hours(h) for h in rows["down_hours"]], "down for {} h", True),
        Column("impact", [format_amount(i) for i in rows["impact"]], "impact {} each", True),
        Column(
            "through,\nnearest first",
            [_format_route(row, names) for row in rows.iter_rows(named=True)], "hit {}",
        ),
    ]  # fmt: skip


def _list_chances(impact: Impact, rows: pl.DataFrame) -> list[Column]:
    """How likely: what is known; where unknown strengths leave a range, what they count as, too."""
    ends = rows.select("probability_low", "probability", "probability_high").rows()
    likely = [chance(low, middle, high) for low, middle, high in ends]
    columns = [Column("likely", likely, "{} likely", right=True)]
    if any(percent(low) != percent(high) for low, _, high in ends):
        assumed = f"{impact.scenario.assume:g}"
        middle = [percent(m) for _, m, _ in ends]
        said = f"{{}} likely if unknown counts {assumed}"
        columns.append(Column(f"if unknown\ncounts {assumed}", middle, said, right=True))
    return columns


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


def _build_table(columns: list[Column], widths: list[int]) -> Table:
    from rich.box import SIMPLE_HEAD

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column, room in zip(columns, widths, strict=True):
        whole = column.name in _FOLDED
        table.add_column(
            column.heading, justify="right" if column.right else "left", width=room,
            no_wrap=not whole, overflow="fold" if whole else "ellipsis",
        )  # fmt: skip
    for number in range(len(columns[0].cells)):
        table.add_row(
            *(Text(c.cells[number], style=c.styles[number] if c.styles else "") for c in columns)
        )
    return table


def _fit(columns: list[Column], width: int) -> tuple[list[Column], list[int]]:
    """The columns that fit, and how wide each is: as many as leave the names readable."""
    for number in range(len(_LEFT_OUT) + 1):
        kept = [c for c in columns if c.name not in _LEFT_OUT[:number]]
        widths, over = _share_width(kept, width)
        if not over:
            break
    return kept, widths


def _share_width(columns: list[Column], width: int) -> tuple[list[int], int]:
    """The widths, routes giving way first, then names and kinds; what is still too much."""
    widths = [c.width for c in columns]
    over = max(sum(widths) + _GAP * (len(columns) - 1) + 2 - width, 0)  # two at the edges
    for name, least in _LEAST.items():
        for place, column in enumerate(columns):
            if column.name == name:
                less = min(over, max(widths[place] - least, 0))
                widths[place] -= less
                over -= less
    return widths, over


def _format_hours(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def format_amount(value: float) -> str:
    """An impact: whole where it is large, else three figures."""
    return f"{value:,.0f}" if 100 <= value < 1e15 else f"{value:,.3g}"


def _format_route(row: dict[str, Any], names: dict[str, str]) -> str:
    """What stands between the entity and the origin, from the entity's own provider back."""
    if not row["route"]:
        return ""
    between = row["route"][-2:0:-1]
    return " ← ".join(clean(names[i], 40) for i in between) if between else "directly"
