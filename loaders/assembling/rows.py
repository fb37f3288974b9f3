"""Rows that a reader gathers as dicts, and the one way in which they become a table."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from knockon.graph.model.tables import DEPENDENCY_COLUMNS, ENTITY_COLUMNS

Row = dict[str, str | None]
STANDS_FOR = "stands_for"
"""The relation of an entity on what it is the same as, or one of: a copy on its package, a virtual
package on those that provide it. No rule lists it, so that every mode crosses it unchanged.
"""
_DTYPES = {c.name: c.dtype for c in (*ENTITY_COLUMNS, *DEPENDENCY_COLUMNS)}


def build_frame(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """The rows with these columns, or with every key that any of them holds.

    A cell that a row leaves out is null. Columns of ours have their types; others are whole
    numbers where every value is one, else text.
    """
    names = columns or dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_build_column(name, [row.get(name) for row in rows]) for name in names])


def find_day(moment: object) -> str | None:
    """The day of a moment such as 2024-07-17T23:50:38Z, None where it is none."""
    try:
        return date.fromisoformat(str(moment)[:10]).isoformat()
    except ValueError:
        return None


def _build_column(name: str, cells: list[Any]) -> pl.Series:
    held = [c for c in cells if c is not None]
    whole = bool(held) and all(isinstance(c, int) and not isinstance(c, bool) for c in held)
    dtype = _DTYPES.get(name, pl.Int64() if whole else pl.String())
    return pl.Series(name, cells, dtype, strict=False)
