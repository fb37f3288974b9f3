"""Which rows of an answer are shown, and with what of the inventory beside them.

The answer itself stays as it is: totals, headline and pictures are those of all rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import polars as pl

from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.where import read_condition
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph

A = TypeVar("A", bound=Answer | Impact)
OF_ENTITY = "entity."  # before a column of entities that the rows have, too
SHOWN = "_shown"  # whether a row of an impact is to be shown
_KEYS = "id", "dependent"  # of the entity that a row is about
SORTS = {  # how rows of a what-if can stand: by what, and whether the largest comes first
    "rank": ("rank", False), "name": ("name", False), "probability": ("probability", True),
    "impact": ("impact", True), "carries": ("carries", True),
}  # fmt: skip


def carry(
    graph: DependencyGraph,
    answer: A,
    *,
    columns: Sequence[str] | None = (),
    where: str | None = None,
) -> tuple[A, tuple[str, ...]]:
    """The answer with these columns of its entities in its rows, and only those that fit.

    columns: of entities; where the rows have one of that name, it is called `entity.NAME`
    where: a condition on columns of rows and of entities (`where.py`); what fails is shown anyway
    The names of the columns that were added come second. Rows of an `Impact` stay, with a column
    SHOWN. Raises ScenarioError.
    """
    if not columns and where is None:
        return answer, ()
    rows = answer.entities if isinstance(answer, Impact) else answer.rows
    key = next((k for k in _KEYS if k in rows.columns), None)
    if key is None:
        raise ScenarioError("columns, where: a row of this answer is not about one entity")
    joined = _join(graph, rows, key)
    added = tuple(dict.fromkeys(_name(graph, rows, column) for column in columns or ()))
    found = joined.select(*rows.columns, *added)
    notes: list[str] = []
    if where is not None:
        fits, notes = _find_fitting(joined, where)
        if isinstance(answer, Impact):  # routes name rows that are not shown
            found = found.with_columns(fits.alias(SHOWN))
        else:
            found = found.filter(fits)
    more: dict[str, Any] = {"notes": (*notes, *answer.notes)}
    more["entities" if isinstance(answer, Impact) else "rows"] = found
    return replace(answer, **more), added


def page_rows(
    impact: Impact, *, kinds: Sequence[str] = (), sector: str | None = None, find: str = "",
    sort: str = "rank", cursor: int = 0,
) -> tuple[Impact, int]:  # fmt: skip
    """The answer with the rows that fit in another order, those before the cursor not shown, and
    how many fit.

    kinds, sector: of these only (none: of all); find: words, each in name, id or kind, in any case
    sort: a key of SORTS, equal ones by rank; cursor: rows that fit and stood on pages before
    What fails by itself stands first, on the first page. Routes and totals stay as they are.
    """
    rows, (column, down) = impact.entities, SORTS[sort]
    said = pl.concat_str("name", "id", "kind", separator=" ").str.to_lowercase()
    fits = [said.str.contains(word, literal=True) for word in find.lower().split()]
    fits += [pl.col("kind").is_in(kinds)] if kinds else []
    fits += [pl.col("sector") == sector] if sector is not None else []
    fits += [pl.col(SHOWN)] if SHOWN in rows.columns else []
    fitting = pl.all_horizontal(pl.col("rank") > 0, *fits).fill_null(False)
    by = pl.col(column).str.to_lowercase() if column == "name" else pl.col(column)
    rows = rows.sort(pl.col("rank") > 0, by, "rank", descending=[False, down, False])
    rows = rows.with_columns(fitting.alias(SHOWN))
    place = pl.col(SHOWN).cum_sum()
    first = (pl.col("rank") == 0) & (cursor == 0)
    shown = first | (pl.col(SHOWN) & (place > cursor))
    return replace(impact, entities=rows.with_columns(shown.alias(SHOWN))), int(rows[SHOWN].sum())


def _join(graph: DependencyGraph, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows with all columns of their entities, those of the same name as `entity.NAME`."""
    entities = graph.entities.select(_list_columns(graph))
    names = {c: f"{OF_ENTITY}{c}" if c in rows.columns else c for c in entities.columns}
    theirs = entities.rename(names).with_columns(entities["id"].alias("_id"))
    return rows.join(theirs, left_on=key, right_on="_id", how="left", maintain_order="left")


def _list_columns(graph: DependencyGraph) -> list[str]:
    return [c for c in graph.entities.columns if not c.startswith("_")]


def _name(graph: DependencyGraph, rows: pl.DataFrame, column: str) -> str:
    """What a column of entities is called in the rows. Raises ScenarioError."""
    known = _list_columns(graph)
    plain = column.removeprefix(OF_ENTITY)
    if plain not in known:
        raise ScenarioError(
            f"columns: no column {clip(column)!r} among those of entities"
            f"{did_you_mean(column, known)}"
        )
    return f"{OF_ENTITY}{plain}" if plain in rows.columns else plain


def _find_fitting(rows: pl.DataFrame, where: str) -> tuple[pl.Series, list[str]]:
    """Which rows fit, and how many do not; what fails by itself, of rank 0, always does."""
    condition = read_condition(where, rows.schema)
    found = rows.select(condition.expression.alias(SHOWN)).to_series()
    if len(found) != rows.height:  # no column in it
        raise ScenarioError(f"where: expected a condition on a column, got {clip(where)!r}")
    if "rank" in rows.columns:
        found |= rows["rank"] == 0
    fits = found.fill_null(False)
    out = rows.height - int(fits.sum())
    notes = [f"{out:,} of {rows.height:,} rows do not fit {clip(where)!r} and are not shown"]
    open_ = int(found.is_null().sum())
    if open_:
        notes.append(
            f"of {open_:,} of these nobody states {' or '.join(condition.columns)}: whether they "
            "fit is not known"
        )
    return fits, notes if out else []
