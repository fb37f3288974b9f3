"""Ranks with their ties: what sampling error cannot tell apart shares its places.

`rank_best` is 1 and how many are better by more than two standard errors of the difference,
`rank_worst` is n less how many are worse by as much. Errors are taken as independent, which for
worlds in common is wide rather than narrow.
"""

import numpy as np

from knockon.graph.arrays import Floats, Ints, firsts

_COMPARED = 4_000  # different figures that are all compared with each other
_EVEN = 1e-12  # of the largest figure: what sums of floats may differ by


def find_rank_ranges(figure: Floats, error: Floats) -> tuple[Ints, Ints]:
    """(n,) the best and the worst rank that each of n figures can have.

    error: (n,) standard errors, 0 where a figure is exact. Where more than 4,000 figures differ,
    the largest error stands for all of the others, which makes ranges wider, never narrower.
    """
    n = len(figure)
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.lexsort((error, figure))
    first = firsts(figure[order], error[order])
    of = np.empty(n, np.int64)
    of[order] = np.cumsum(first) - 1
    count = np.bincount(of)
    value, spread = figure[order][first], error[order][first]
    slack = _EVEN * float(np.abs(value).max())
    if len(value) <= _COMPARED:
        gap = 2 * np.hypot(spread[:, None], spread[None, :]) + slack
        ahead = value[None, :] - value[:, None] > gap  # j is better than i
        better, worse = ahead @ count, ahead.T @ count
    else:
        gap = 2 * np.hypot(spread, spread.max()) + slack
        reached = np.concatenate([[0], np.cumsum(count)])
        better = n - reached[np.searchsorted(value, value + gap, side="right")]
        worse = reached[np.searchsorted(value, value - gap, side="left")]
    best: Ints = 1 + better[of]
    worst: Ints = n - worse[of]
    return best, worst
