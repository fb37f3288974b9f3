"""Values as people read them, and columns made of them."""

from typing import Any

import polars as pl

from knockon.api.text.columns import Column
from knockon.graph.maps.text import clean
from knockon.graph.words import percent

_LONG = 120  # letters of a cell


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
