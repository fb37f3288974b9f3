"""Providers that somebody has designated as critical: a list by LEI, joined to what is here."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from knockon.graph.analysis.markets import Markets
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph

Listed: TypeAlias = str | Iterable[Mapping[str, Any]] | None
"""Rows of a list, or the text of a CSV file with them."""


def read_listed(
    name: str, rows: tuple[Mapping[str, str], ...], needed: Iterable[str], known: Iterable[str]
) -> list[dict[str, str]]:
    """The rows of a list with the columns that it must and may have, in small letters.

    Raises ScenarioError for a column that is missing, and for one that looks like a slip.
    """
    lowered = [{k.strip().lower(): v.strip() for k, v in row.items()} for row in rows]
    columns = dict.fromkeys(k for row in lowered for k in row)
    for column in needed:
        if column not in columns:
            hint = did_you_mean(column, columns) if columns else ""
            raise ScenarioError(f"{name}: expected a column {column!r}{hint}")
    kept = [{k: row.get(k, "") for k in (*needed, *known)} for row in lowered]
    return [row for row in kept if any(row.values())]


def find_leis(graph: DependencyGraph) -> dict[str, list[int]]:
    """LEI -> the entities that have it, by their column `lei`, else by their id."""
    entities = graph.entities
    lei = entities["lei"] if "lei" in entities.columns else pl.Series([None] * graph.size)
    codes = pl.select(pl.coalesce(lei.cast(pl.String), entities["id"]).str.to_uppercase())
    found: dict[str, list[int]] = {}
    for number, code in enumerate(codes.to_series().to_list()):
        found.setdefault(code, []).append(number)
    return found


def read_leis(name: str, rows: tuple[Mapping[str, str], ...]) -> dict[str, str]:
    """LEI -> name, of a list of providers."""
    listed: dict[str, str] = {}
    for row in read_listed(name, rows, ["lei"], ["name"]):
        if not row["lei"]:
            raise ScenarioError(f"{name}: expected an LEI in each row, got none for "
                                f"{clip(row['name'] or '?', 40)!r}")  # fmt: skip
        listed.setdefault(row["lei"].upper(), row["name"])
    if not listed:
        raise ScenarioError(f"{name}: expected at least one row with an LEI, got none")
    return listed


def mark_designated(
    graph: DependencyGraph, markets: Markets, rows: pl.DataFrame,
    given: tuple[Mapping[str, str], ...] | None,
) -> tuple[pl.DataFrame, pl.DataFrame | None, list[str]]:  # fmt: skip
    """The rows with a column `designated`, the list with what is known of each, and notes.

    The first column of rows, their place in the markets, goes.
    """
    if given is None:
        return rows.drop("row"), None, []
    listed, leis = read_leis("designated", given), find_leis(graph)
    values = markets.of_entity.to_list()
    value_of = {code: {values[i] for i in leis.get(code, ())} for code in listed}
    marked = set().union(*value_of.values())
    rows = rows.with_columns(pl.col("id").is_in(list(marked)).alias("designated")).drop("row")
    found = []
    for code, name in listed.items():
        here = leis.get(code, [])
        mine = rows.filter(pl.col("id").is_in(list(value_of[code])))
        found.append(
            {
                "lei": code, "name": name or (graph.names[here[0]] if here else ""),
                "id": min(value_of[code], default=None),
                **{c: mine[c].max() if mine.height else None for c in
                   ("users_all", "share_all", "critical_all", "critical_share_all")},
            }
        )  # fmt: skip
    table = pl.DataFrame(found, infer_schema_length=None)
    absent = int(table["id"].is_null().sum())
    unused = int(np.count_nonzero(table["id"].is_not_null() & table["users_all"].is_null()))
    notes = []
    if absent:
        notes.append(
            f"{absent:,} of the {table.height:,} designated providers are not in this graph"
        )
    if unused:
        notes.append(
            f"{unused:,} designated providers are in this graph, but nobody counted uses them"
        )
    return rows, table, notes
