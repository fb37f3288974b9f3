"""Which dependencies have a strength in the words of their source."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import INSIDE
from knockon.graph.scenario.statements import PERCENT, Statement, load_statements
from knockon.graph.scenario.strengths import StrengthRow

CALLS = "calls"  # column of dependencies: how often the dependent was seen to call the provider


def find_statements(graph: DependencyGraph, unknown: Ints) -> tuple[list[Statement], Ints]:
    """The statements that occur, and (u,) place of each dependency's among them; -1: none."""
    found: list[Statement] = []
    place = np.full(len(unknown), -1, np.int64)
    by_column: dict[tuple[str, str], list[Statement]] = {}
    for statement in load_statements():
        by_column.setdefault((statement.of, statement.column), []).append(statement)
    for (of, column), words in by_column.items():
        cells = _find_cells(graph, unknown, of, column)
        if cells is None:
            continue
        told = cells.drop_nulls().unique().to_list()
        for word in sorted(told):
            meant = _read_word(words, word)
            if meant is not None:
                at = np.flatnonzero((cells == word).fill_null(False).to_numpy() & (place < 0))
                place[at] = len(found)
                found.append(meant)
    return found, place


def _find_cells(graph: DependencyGraph, unknown: Ints, of: str, column: str) -> pl.Series | None:
    """(u,) what stands in the column, as lower-case text; None where there is no such column."""
    rows = graph.dependencies if of == "dependency" else graph.entities
    if column not in rows.columns or (column == "evidence" and INSIDE not in graph.dependencies):
        return None
    numbers = unknown if of == "dependency" else graph.provider[unknown]
    cells = rows[column]
    if cells.null_count() == len(cells):
        return None
    return cells.gather(numbers).cast(pl.String).str.strip_chars().str.to_lowercase()


def _read_word(words: Sequence[Statement], word: str) -> Statement | None:
    for statement in words:
        if statement.word.lower() == word:
            return statement
        if statement.word == PERCENT:
            try:
                share = float(word) / 100
            except ValueError:
                return None
            if 0 < share <= 1:  # 0 is what the field holds where nobody filled it in
                shown = f"{100 * share:g} %"
                return replace(statement, word=shown, low=share, mid=share, high=share)
    return None


def find_call_shares(graph: DependencyGraph, unknown: Ints) -> tuple[list[StrengthRow], Ints]:
    """The shares of a caller's requests that need the callee, from counts of calls.

    (u,) place of each dependency's among the rows; -1: no count. A caller has as many requests as
    it was called, at least as many as it called one other; a share is at most 1.
    """
    nothing = np.full(len(unknown), -1, np.int64)
    if CALLS not in graph.dependencies.columns:
        return [], nothing
    calls = graph.dependencies[CALLS].cast(pl.Float64, strict=False).fill_null(0).to_numpy()
    requests = np.zeros(graph.size)
    np.add.at(requests, graph.provider, calls)
    most = np.zeros(graph.size)
    np.maximum.at(most, graph.dependent, calls)
    requests = np.maximum(requests, most)
    mine = calls[unknown]
    of_caller = requests[graph.dependent[unknown]]
    share = np.round(np.divide(mine, of_caller, out=np.zeros_like(mine), where=of_caller > 0), 6)
    counted = np.flatnonzero(share > 0)
    values, at = np.unique(share[counted], return_inverse=True)
    nothing[counted] = at
    note = "share of the caller's requests that call it, in the calls that were seen"
    rows = [StrengthRow(low=v, mid=v, high=v, source="calls seen", note=note) for v in values]
    return rows, nothing
