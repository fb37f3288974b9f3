"""From lanes to figures: what is hit, added up by row and by lane.

Weights that are whole numbers are added up by counting bits: exact, so in whatever order.
"""

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.kernels.closure_numpy import unpack

_EXACT = 2.0**53  # whole numbers up to here are floats, and so are their sums
_ROWS = 1 << 14  # rows unpacked at a time
_COUNTED = 1 << 16  # rows counted at a time


def weight_hit(hit: Words, weight: Floats) -> Floats:
    """(rows,) weight of the lanes in which each row is hit; hit: (rows, W)."""
    if (weight == 1).all():
        bits = np.bitwise_count(hit)
        counts: Floats = sum((bits[:, w] for w in range(bits.shape[1])), np.zeros(len(hit)))
        return counts
    parts = [unpack(hit[i : i + _ROWS], len(weight)) @ weight for i in range(0, len(hit), _ROWS)]
    return np.concatenate(parts)


def add_up(hit: Words, stake: Floats, lanes: int) -> Floats:
    """(lanes,) sum of the stakes (rows,) of those hit in each lane; hit: (rows, W)."""
    total = np.zeros(lanes)
    if not _are_whole(stake):
        for i in range(0, len(hit), _ROWS):
            total += stake[i : i + _ROWS] @ unpack(hit[i : i + _ROWS], lanes)
        return total
    digits = stake.astype(np.int64)
    for digit in range(int(digits.max(initial=0)).bit_length()):
        rows = np.flatnonzero(digits >> digit & 1)
        total += 2.0**digit * count_lanes(hit if len(rows) == len(hit) else hit[rows])[:lanes]
    return total


def count_lanes(hit: Words) -> Ints:
    """(64 W,) in how many rows each lane is set; hit: (rows, W).

    Three rows of one weight become one of that weight and one of twice the weight by a full adder
    over all their bits (carry-save addition, Wallace 1964). Cost: five word operations a word.
    """
    total = np.zeros(64 * hit.shape[1], np.int64)
    for first in range(0, len(hit), _COUNTED):
        rows, weight = hit[first : first + _COUNTED], 1
        while len(rows):
            twice = [rows[:0]]
            while len(rows) > 2:
                k = len(rows) // 3
                a, b, c = rows[:k], rows[k : 2 * k], rows[2 * k : 3 * k]
                odd = a ^ b
                twice.append((a & b) | (odd & c))
                rows = np.concatenate([odd ^ c, rows[3 * k :]])
            total += weight * unpack(rows, len(total)).sum(axis=0)
            rows, weight = np.concatenate(twice), 2 * weight
    return total


def _are_whole(stake: Floats) -> bool:
    """Whether these are whole numbers whose sums are exact."""
    return bool((stake == np.floor(stake)).all() and (stake >= 0).all() and stake.sum() <= _EXACT)
