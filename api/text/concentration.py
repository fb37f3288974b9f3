"""The rows of a concentration as a table for people."""

import polars as pl

from knockon.api.text.cells import make_column, make_shares
from knockon.api.text.columns import Column
from knockon.graph.analysis.answer import Answer
from knockon.graph.words import percent


def list_concentration(_: Answer, rows: pl.DataFrame) -> list[Column]:
    """Providers with their users; or, of a designation, tests."""
    return _list_tests(rows) if "test" in rows.columns else _list_providers(rows)


def _list_providers(rows: pl.DataFrame) -> list[Column]:
    known = rows.columns
    extra = known[1 : known.index("id")]
    carried = known[known.index("amplification") + 1 :]
    return [
        make_column(rows, "relation", goes=6),
        *(make_column(rows, c) for c in extra),
        make_column(rows, "name", "provider"),
        make_column(rows, "users_all", "used by"),
        make_shares(rows, "share_all", "share"),
        make_column(rows, "users", "themselves", goes=4),
        make_column(rows, "users_indirect", "through\nchains", goes=5),
        make_column(rows, "critical_all", "critical\nfor"),
        make_shares(rows, "critical_share_all", "share of\nall"),
        *_drop_none(rows, "critical_joint", "spares\nshare it", 3),
        *(make_column(rows, c) for c in carried),
    ]


def _drop_none(rows: pl.DataFrame, name: str, heading: str, goes: int) -> list[Column]:
    """A column that is left out where there is nothing in it."""
    return [make_column(rows, name, heading, goes=goes)] if (rows[name] > 0).any() else []


def _list_tests(rows: pl.DataFrame) -> list[Column]:
    values = [_format_value(row) for row in rows.iter_rows(named=True)]
    least = [percent(v) if v < 1 else f"{v:,.0f}" for v in rows["threshold"]]
    met = ["?" if v is None else "yes" if v else "no" for v in rows["met"]]
    return [
        make_column(rows, "name", "provider"),
        make_column(rows, "test"),
        make_column(rows, "category"),
        Column("value", values, right=True),
        Column("from", least, right=True, goes=2),
        Column("met", met),
        make_column(rows, "missing", goes=1),
    ]


def _format_value(row: dict[str, float | None]) -> str:
    """`40 %`, `20 to 60 %` where not all is known; a count where a count is tested."""
    low, high = row["value_low"] or 0.0, row["value_high"] or 0.0
    if (row["threshold"] or 0) >= 1:
        return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
    both = percent(low), percent(high)
    return both[0] if both[0] == both[1] else f"{both[0][:-2]} to {both[1]}"
