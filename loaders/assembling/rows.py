"""Small helps for readers that gather rows of text."""

from collections.abc import Sequence
from datetime import date

import polars as pl

Row = dict[str, str | None]


def text_frame(rows: Sequence[Row], columns: Sequence[str]) -> pl.DataFrame:
    """The rows as text columns; a cell that a row leaves out is null."""
    cells = {column: [row.get(column) for row in rows] for column in columns}
    return pl.DataFrame(cells, dict.fromkeys(columns, pl.String))


def day_of(moment: object) -> str | None:
    """The day of a moment such as 2024-07-17T23:50:38Z, None where it is none."""
    try:
        return date.fromisoformat(str(moment)[:10]).isoformat()
    except ValueError:
        return None
