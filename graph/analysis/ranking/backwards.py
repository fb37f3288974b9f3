"""Figures of all origins from random entities, each searched backwards in a random world.

An origin is as harmful as the share of entities (by stake) whose search finds it. Bounds hold with
stated certainty for all origins together (OPIM-C: J. Tang, X. Tang, X. Xiao, J. Yuan, "Online
Processing Algorithms for Influence Maximization", SIGMOD 2018).
"""

from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.ranking.swept import Field
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.counts import Counts, Side
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.worlds import Run

_FIRST, _MOST, _GROWS = 1 << 14, 1 << 20, 4  # searches: at first, at most, and times so many
_STEPS = 20_000_000_000  # arcs that all searches of a run may look at
_SURE = 1e-12  # of a figure: what sums of floats may differ by
_ENOUGH = 8  # times k that may belong to the first k: few enough to be swept


@dataclass(frozen=True, eq=False)
class _Targets:
    """What is searched from. stake: (U,) of each unit; first: (U + 1,), rows: the rows it is."""

    stake: Floats
    value: Ints
    first: Ints
    rows: Ints


def estimate_sides(
    field: Field, counts: Counts, run: Run, worlds: int, k: int, delta: float
) -> tuple[Floats, Floats]:
    """(n,) lower and upper bounds of the figures of all origins, all true but with chance delta."""
    targets = _list_targets(field, counts)
    total = float(targets.stake.sum())
    rounds = 1 + int(np.ceil(np.log(_MOST / _FIRST) / np.log(_GROWS)))
    each = delta / (2 * rounds)
    random = np.random.default_rng(run.seed)
    hits = {side.name: np.zeros(len(field.origins)) for side in (counts.lower, counts.upper)}
    done, size, budget = 0, _FIRST, np.array([_STEPS], np.int64)
    while True:
        for side in (counts.lower, counts.upper):
            if side.name == "upper" and counts.tight:
                hits["upper"] = hits["lower"]
                continue
            found = _search(counts, side, run, worlds, targets, size - done, random, budget)
            hits[side.name] = hits[side.name] + found
        done = size
        low, _ = bound(hits["lower"], done, total, each, len(field.origins))
        _, high = bound(hits["upper"], done, total, each, len(field.origins))
        few = int(may_belong(low, high, k).sum()) <= _ENOUGH * k
        if few or size >= _MOST or budget[0] <= 0:
            return low, high
        size *= _GROWS


def may_belong(low: Floats, high: Floats, k: int) -> Bools:
    """(n,) whether each figure between its bounds may be among the k largest."""
    if len(low) <= k:
        return np.ones(len(low), np.bool_)
    bar = np.partition(low, len(low) - k)[len(low) - k]
    slack = _SURE * float(np.abs(high).max(initial=0.0))
    possible: Bools = (high >= bar - slack) & (high > 0)
    return possible


def bound(
    hits: Floats, searches: int, total: float, delta: float, origins: int
) -> tuple[Floats, Floats]:
    """(n,) bounds of means that are `total` times the share of hits, for all with chance 1 - delta.

    hits: (n,) searches of so many that found each
    """
    a = np.log(2 * max(1, origins) / delta)
    low = (np.sqrt(hits + 2 * a / 9) - np.sqrt(a / 2)) ** 2 - a / 18
    low = np.where(np.sqrt(hits + 2 * a / 9) > np.sqrt(a / 2), np.maximum(low, 0.0), 0.0)
    high = (np.sqrt(hits + a / 2) + np.sqrt(a / 2)) ** 2
    return low * total / searches, np.minimum(high / searches, 1.0) * total


def _list_targets(field: Field, counts: Counts) -> _Targets:
    """Entities that count by stake; distinct values alike where these are counted."""
    sweeps, tallied = counts.sweeps, field.counting.tallied
    entity = sweeps.entity
    by_value = field.counting.by is not None or field.counting.of_each is not None
    unit = tallied.value[entity] if by_value else entity
    counted = tallied.value[entity] >= 0
    rows = np.flatnonzero(counted)
    order = rows[np.argsort(unit[rows], kind="stable")]
    units, sizes = np.unique(unit[order], return_counts=True)
    stake = np.ones(len(units)) if by_value else field.counting.stake[units]
    value = units if by_value else tallied.value[units]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return _Targets(stake, np.asarray(value, np.int32), first, order.astype(np.int32))


def _search(
    counts: Counts, side: Side, run: Run, worlds: int, targets: _Targets, size: int,
    random: np.random.Generator, budget: Ints,
) -> Floats:  # fmt: skip
    """(n,) how many of so many random targets each origin hits, each in a world of its own."""
    from knockon.graph.engine.kernels.counts_numba import reverse_kernel
    from knockon.graph.engine.sweeps import take_ranges

    sweeps, arcs = counts.sweeps, counts.sweeps.wiring.arcs
    n = len(sweeps.wiring.row)
    provider = np.repeat(np.arange(n, dtype=np.int32), np.diff(arcs.start))
    arc = np.argsort(arcs.target, kind="stable").astype(np.int32)
    start = np.concatenate([[0], np.cumsum(np.bincount(arcs.target, minlength=n))])
    of_arc = np.where(side.arcs, sweeps.of_arc, len(sweeps.draws.key))
    chance = targets.stake / targets.stake.sum()
    unit = random.choice(len(chance), size=size, p=chance)
    world = np.sort(random.integers(0, worlds, size))
    value = sweeps.tallied.value[sweeps.entity].astype(np.int32)
    hits = np.zeros(n, np.int64)
    for first in range(0, -(-worlds // 64), WORDS):
        live = sweeps.draw_words(run, first)
        for word in range(first, min(first + WORDS, -(-worlds // 64))):
            mine = slice(*np.searchsorted(world, (64 * word, 64 * word + 64)))
            begins, rows = take_ranges(targets.first, targets.rows, unit[mine])
            reverse_kernel(
                start.astype(np.int64), provider[arc], arc, live[:, word - first][of_arc],
                (world[mine] - 64 * word).astype(np.int32), begins, rows,
                targets.value[unit[mine]], value, np.full(n, -1), np.empty(n, np.int32), hits,
                budget,
            )  # fmt: skip
    return hits[sweeps.wiring.row[sweeps.origins]].astype(np.float64)
