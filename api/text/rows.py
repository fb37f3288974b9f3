"""The rows of any answer as a table for people: headline, columns, notes."""

from collections.abc import Callable
from typing import Any

import polars as pl
from rich.text import Text

from knockon.api.text.columns import Column, print_columns
from knockon.api.text.console import Out
from knockon.api.text.notes import print_notes
from knockon.graph.analysis.answer import Answer
from knockon.graph.maps.text import clean
from knockon.graph.words import percent

_LONG = 120  # letters of a cell

Layout = Callable[[Answer, pl.DataFrame], list[Column]]
LAYOUTS: dict[str, Layout] = {}
"""By verb: the columns of rows that are shown; where there is none, all as they are called."""


def print_answer(out: Out, answer: Answer, *, top: int | None) -> None:
    """Headline, the first `top` rows (all: None), and the notes."""
    out.print(Text(clean(answer.headline, 1000), style="bold"))
    rows = answer.rows if top is None else answer.rows.head(top)
    if rows.height:
        layout = LAYOUTS.get(answer.verb, _list_all)
        print_columns(out, [c for c in layout(answer, rows) if any(c.cells)])
    more = answer.rows.height - rows.height
    if more:
        words = "1 more row" if more == 1 else f"{more:,} more rows"
        out.print(Text(f"{words}: --top {answer.rows.height}", style="dim"))
    print_notes(out, answer.notes)


def _list_all(_: Answer, rows: pl.DataFrame) -> list[Column]:
    return [make_column(rows, name) for name in rows.columns]


def make_column(rows: pl.DataFrame, name: str, heading: str = "", **more: Any) -> Column:
    """A column of a frame: numbers to the right, lists joined, nothing where there is nothing."""
    number = rows.schema[name].is_numeric()
    cells = [format_cell(value) for value in rows[name].to_list()]
    words = heading or name.replace("_", " ")
    shape = {"right": True} if number else {"least": 16, "folds": True}
    return Column(words, cells, **shape | more)


def make_shares(rows: pl.DataFrame, name: str, heading: str = "", **more: Any) -> Column:
    """A column of shares, as percentages."""
    cells = ["" if value is None else percent(value) for value in rows[name].to_list()]
    return Column(heading or name.replace("_", " "), cells, right=True, **more)


def format_cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if 100 <= abs(value) < 1e15 else f"{value:,.3g}"
    if isinstance(value, list):
        return ", ".join(format_cell(one) for one in value)
    return clean(str(value), _LONG)
