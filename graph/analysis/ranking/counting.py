"""Whose loss counts, as what, and how much: entities, or distinct values of a column of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from knockon.graph.analysis.users import find_among, read_numbers
from knockon.graph.arrays import Bools, Floats, Ints, firsts
from knockon.graph.engine.sums import make_whole
from knockon.graph.engine.sweeps import Tallied
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph


@dataclass(frozen=True, eq=False)
class Counting:
    """Who counts.

    counts: (n,) whether each entity does; tallied: the same as the kernels count it
    scale: of the stakes: 1 for whole numbers
    unit: what impact counts; words: who counts, None for everybody; by: the column, None: entities
    """

    counts: Bools
    tallied: Tallied
    stake: Floats
    scale: float
    unit: str | None
    words: str | None
    by: str | None
    notes: tuple[str, ...]

    @property
    def of_each(self) -> float | None:
        """What every one that counts has at stake; None where they differ."""
        return None if self.tallied.weighted else float(self.stake.max(initial=0.0))


def find_counting(
    graph: DependencyGraph, among: str | Sequence[str] | None, by: str | None, weight: str | None
) -> Counting:
    """Who counts in this graph. Raises ScenarioError for a kind or a column that is not there."""
    counts, words = np.ones(graph.size, np.bool_), None
    if among is not None:
        numbers, words = find_among(graph, among)
        counts = np.zeros(graph.size, np.bool_)
        counts[numbers] = True
    stake, unit, notes = _read_weight(graph, weight, counts)
    value = _number_values(graph, by)
    direct = _list_direct(graph, value, counts)
    whole, scale = make_whole(stake)
    alike = stake[counts]
    weighted = by is not None or len(np.unique(alike)) > 1
    tallied = Tallied(np.where(counts, value, -1), whole, *direct, weighted=weighted)
    return Counting(counts, tallied, stake, scale, unit, words, by, notes)


def _read_weight(
    graph: DependencyGraph, column: str | None, counts: Bools
) -> tuple[Floats, str | None, tuple[str, ...]]:
    """(n,) what each entity counts, 0 for those that do not; in which unit; and notes."""
    if column is None:
        weight: Floats = graph.entities["weight"].to_numpy()
        return np.where(counts, weight, 0.0), graph.tables.weight_unit, ()
    amounts = read_numbers(graph.entities, column)
    below = amounts.filter(amounts < 0).to_list()
    if below:
        raise ScenarioError(f"weight: expected no {clip(column)!r} below 0, got {below[0]:g}")
    silent = int((amounts.is_null().to_numpy() & counts).sum())
    if silent == counts.sum():
        raise ScenarioError(f"weight: no entity that counts states a {clip(column)!r}")
    note = f"{silent:,} of the {int(counts.sum()):,} that count state no {column}: they count 0"
    stake = np.where(counts, amounts.fill_null(0).to_numpy(), 0.0)
    return stake, column, (note,) if silent else ()


def _number_values(graph: DependencyGraph, by: str | None) -> Ints:
    """(n,) a number of the value of each entity in the column; without one, of the entity itself.

    An entity whose id is the value of others, as an owner is, counts as one with them.
    """
    if by is None:
        return np.arange(graph.size, dtype=np.int32)
    columns = [c for c in graph.entities.columns if not c.startswith("_")]
    if by not in columns:
        raise ScenarioError(
            f"by: no column {clip(by)!r} among those of entities{did_you_mean(by, columns)}"
        )
    text = graph.entities[by].cast(pl.String)
    texts = graph.entities.select(pl.coalesce(text, "id").alias("value"))["value"]
    ranks = texts.rank("dense").cast(pl.Int64).to_numpy() - 1
    return ranks.astype(np.int32)


def _list_direct(graph: DependencyGraph, value: Ints, counts: Bools) -> tuple[Ints, Ints]:
    """CSR by entity: the values that count and depend on each itself, distinct, ascending."""
    counted = counts[graph.dependent] & (graph.dependent != graph.provider)
    provider = np.asarray(graph.provider)[counted]
    values = value[graph.dependent][counted]
    order = np.lexsort((values, provider))
    provider, values = provider[order], values[order]
    kept = firsts(provider, values)
    sizes = np.bincount(provider[kept], minlength=graph.size)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), values[kept]
