"""From lanes to figures: what is hit, added up by row and by lane.

Weights that are whole numbers are added up by counting bits: exact, so in whatever order. All other
sums have one order, whatever the width of a block, the memory, the threads and the form of the
kernels: 64 lanes, and so many rows, by halves (`add_halves`), and one such sum after the other.
What kernels add up as they find it are whole numbers (`make_whole`) and words of lanes
(`add_words`).
"""

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.layout import WORDS

_EXACT = 2.0**53  # whole numbers up to here are floats, and so are their sums
ROWS = 1 << 10  # rows added up by halves, which the cache holds; their sums one by one
_COUNTED = 1 << 16  # rows counted at a time
_DIGITS = 61  # binary, of the sum of all stakes that are made whole


def weight_hit(total: Floats, hit: Words, weight: Floats) -> None:
    """Add to the total (rows,) the weight of the lanes in which each row is hit; hit: (rows, W)."""
    if (weight == 1).all():
        bits = np.bitwise_count(hit)
        for w in range(bits.shape[1]):
            total += bits[:, w]
        return
    for i in range(0, len(hit), ROWS):
        weight_lanes(total[i : i + ROWS], unpack(hit[i : i + ROWS], len(weight)), weight)


def weight_lanes(total: Floats, values: Floats | Bools, weight: Floats) -> None:
    """Add to the total (rows,) the sum of each row of values (rows, lanes), by weight (lanes,)."""
    for i in range(0, len(values), ROWS):
        part, of_part = values[i : i + ROWS], total[i : i + ROWS]
        for first in range(0, len(weight), 64):
            lanes = slice(first, first + 64)
            of_part += add_halves((part[:, lanes] * weight[lanes]).T)


def weight_rows(values: Floats | Bools, stake: Floats) -> Floats:
    """(lanes,) the sum of each column of values (rows, lanes), by the stakes (rows,)."""
    total = np.zeros(values.shape[1])
    for i in range(0, len(values), ROWS):
        total += add_halves(values[i : i + ROWS] * stake[i : i + ROWS, None])
    return total


def add_halves(rows: Floats) -> Floats:
    """(...) the sum of rows (R, ...), the latter half on the former, again and again: numpy and
    BLAS add in an order that depends on layout and threads. The rows are written over."""
    count = len(rows)
    if not count:
        return np.zeros(rows.shape[1:])
    while count > 1:
        half = (count + 1) // 2
        rows[: count - half] += rows[half:count]
        count = half
    found: Floats = rows[0]
    return found


def weigh_lanes(values: Floats | Bools, weight: Floats, before: float = 0.0) -> float:
    """The sum of values (lanes,) by weight, after what was added up before."""
    total = np.array([before])
    weight_lanes(total, values[None, :], weight)
    return float(total[0])


def add_words(terms: Floats) -> Floats:
    """(k,) the sum of each row of (k, lanes): 64 lanes one by one, 8 such words, then the blocks,
    as the kernels of sweeps and counts do."""
    total = np.zeros(len(terms))
    for begin in range(0, terms.shape[1], 64 * WORDS):
        block = np.zeros(len(terms))
        for first in range(begin, min(begin + 64 * WORDS, terms.shape[1]), 64):
            block += np.cumsum(terms[:, first : first + 64], axis=1)[:, -1]
        total += block
    return total


def make_whole(stake: Floats) -> tuple[Ints, float]:
    """The stakes as whole numbers, which add up in any order, and what one of these stands for."""
    if are_whole(stake):
        return stake.astype(np.int64), 1.0
    scale = 2.0 ** (_DIGITS - np.ceil(np.log2(stake.sum())))
    return np.rint(stake * scale).astype(np.int64), float(1.0 / scale)


def add_whole(hit: Words, stake: Ints, lanes: int) -> Ints:
    """(lanes,) sum of the whole stakes (rows,) of those hit in each lane; hit: (rows, W)."""
    total = np.zeros(lanes, np.int64)
    for i in range(0, len(hit), ROWS):
        total += stake[i : i + ROWS] @ unpack(hit[i : i + ROWS], lanes)
    return total


def add_up(hit: Words, stake: Floats, lanes: int) -> Floats:
    """(lanes,) sum of the stakes (rows,) of those hit in each lane; hit: (rows, W)."""
    total = np.zeros(lanes)
    if not are_whole(stake):
        for i in range(0, len(hit), ROWS):
            total += weight_rows(unpack(hit[i : i + ROWS], lanes), stake[i : i + ROWS])
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


def are_whole(stake: Floats) -> bool:
    """Whether these are whole numbers whose sums are exact."""
    return bool((stake == np.floor(stake)).all() and (stake >= 0).all() and stake.sum() <= _EXACT)
