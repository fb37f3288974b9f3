"""Shared draws: in each world one strength for all dependencies of one cause.

A dependency with rho > 0 belongs to a cause c. Its strength in a world w is the quantile of a Beta
distribution, with its own strength q as the mean and rho as the intra-class correlation, at v_c(w):
the same for all dependencies of the cause and for the three coupled runs. v is drawn as every other
number is (`uniforms`), of the key of the cause: a pure function of (seed, world, identity of the
cause). Every world has its own, so that worlds stay independent of each other: the errors of
probabilities, totals and differences are those of so many worlds, whatever shares a cause. (One v
for the 64 worlds of a word would cost less, and a net over words would make up for it where there
is one cause; with two causes it hides how they meet.)

v has 32 binary digits, of which the first 12 are a cell of 4,096. With h as in `uniforms`, the
lowest 10 bits of R(0) are a row r, the next 6 a turn t. The cell in world 64 b + i is
4 n + (j mod 4), where j = (i + t) mod 64 and n comes in place r where the numbers 0..1023 stand in
order of mix(1024 j + n). In each world all cells are equally likely, whatever they are for other
causes; the worlds of a word are as far from each other as chance makes them. The strength is the
mean of the quantile over the cell, so that every probability stays what it is without sharing, to
the last digit. At rho 1, where it is 0 or 1, all digits decide: the last 20 are those of R(1) to
R(20).
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.beta import find_cell_means
from knockon.graph.engine.kernels.layout import WORDS, Laws, Shared, SharedDraws, aligned
from knockon.graph.engine.uniforms import (
    CELL_DIGITS,
    DIGITS,
    GOLDEN,
    ROW_DIGITS,
    draw_states,
    mix,
    salt,
    thresholds,
)

CELLS = 1 << CELL_DIGITS  # of v
ROWS = 1 << ROW_DIGITS
LAST = DIGITS - CELL_DIGITS  # digits of v
_PIECE = 1 << 22  # worlds of causes looked at together by the numpy form
_LAWS = 20  # tabulated together
_LAID_OUT = 64  # laws at most, 128 KiB each
_PAYS = 2 * ROWS  # words of causes of a law from which on it is laid out
_VARIES = np.uint64(1 << 33)  # in the place of a threshold of v


class Sharing(NamedTuple):
    """The shared draws of one run: S draws, in a row those of each of P pairs of a cause and a law.

    place: (S,) of each among the uncertain draws of the run; key: (S,) its own identity
    start: (P + 1,) first draw of each pair; cause_key: (P,) identity of its cause; law: (P,)
    table: (D, 4096) thresholds of the strengths in each cell, by law, modulo 2^32; full: (D,) the
    cell from which on they are 2^32
    from_on: (D,) where rho is 1, the number of v's digits from which on all are live
    seed: of the run
    """

    place: Ints
    key: Words
    start: Ints
    cause_key: Words
    law: Ints
    table: npt.NDArray[np.uint32]
    full: npt.NDArray[np.uint16]
    from_on: Words
    seed: int

    @classmethod
    def of(
        cls, place: Ints, key: Words, cause_key: Words, mean: Floats, rho: Floats, seed: int
    ) -> "Sharing":
        """place, key, cause_key, mean, rho: (S,) of each draw."""
        laws, law = _number_laws(mean, rho)
        order = np.lexsort([law, cause_key]) if len(laws) > 1 else np.argsort(cause_key)
        changes = (np.diff(cause_key[order]) != 0) | (np.diff(law[order]) != 0)
        start = np.flatnonzero(np.concatenate([[True], changes]))
        first = order[start]
        return cls(
            place[order], key[order], np.append(start, len(order)), cause_key[first], law[first],
            *tabulate(laws), np.where(laws[:, 1] >= 1, thresholds(1 - laws[:, 0]), _VARIES), seed,
        )  # fmt: skip

    @property
    def pair(self) -> Ints:
        """(S,) the pair of each draw."""
        return np.repeat(np.arange(len(self.law)), np.diff(self.start))

    @property
    def several(self) -> bool:
        """Whether two draws are of one cause."""
        return len(np.unique(self.cause_key)) < len(self.key)

    def draw(self, first: int, words: int, *, compiled: bool = False) -> Words:
        """(S, W) the worlds of the words `first`, `first + 1`, ... in which each is live."""
        if compiled:
            return self._draw_compiled(first)[:, :words]
        step = max(1, _PIECE // (64 * len(self.law)))
        numbers = np.arange(first, first + words)
        parts = [self._draw(numbers[i : i + step]) for i in range(0, words, step)]
        return np.concatenate(parts, axis=1)

    def _draw(self, numbers: Ints) -> Words:
        cells = find_cells(self.cause_key, numbers, self.seed)
        limits, sure = self.table[self.law[:, None], cells], cells >= self.full[self.law][:, None]
        pair = self.pair
        found = draw_below(self.key, limits, sure, pair, numbers, self.seed)
        whole = np.flatnonzero(self.from_on[self.law] < _VARIES)
        if len(whole):
            last = find_last_digits(self.cause_key[whole], numbers, self.seed)
            v = (cells[whole].astype(np.uint64) << np.uint64(LAST)) | last
            alike = np.zeros((len(self.law), len(numbers)), np.uint64)
            alike[whole] = _pack(v >= self.from_on[self.law[whole], None])
            of_whole = np.isin(pair, whole)
            found[of_whole] = alike[pair[of_whole]]
        return found

    def _draw_compiled(self, first: int) -> Words:
        from knockon.graph.engine.kernels.sharing_numba import draw_shared

        counter = np.arange(first + 1, first + WORDS + 1, dtype=np.uint64) * GOLDEN
        return draw_shared(self.lay_out(WORDS), counter)

    def lay_out(self, words: int) -> Shared:
        """The same as the compiled kernels read it; words: that will be drawn."""
        from knockon.graph.engine.kernels.sharing_numba import lay_out_laws

        salted = salt(self.seed)
        of_pair = (self.start[:-1], self.start[1:], self.cause_key ^ salted, self.law)
        draws = SharedDraws(
            self.key ^ salted, self.pair.astype(np.int32),
            np.column_stack([column.astype(np.uint64) for column in of_pair]),
            np.zeros((0, 2), np.uint64),
        )  # fmt: skip
        high, low = ((self.table >> np.uint32(n)).astype(np.uint16) for n in (16, 0))
        high[np.arange(CELLS) >= self.full[:, None]] = 2**16 - 1
        used = np.bincount(self.law, minlength=len(self.table)) * words
        used[self.from_on < _VARIES] = 0
        often = np.argsort(-used, kind="stable")[: min(_LAID_OUT, int((used >= _PAYS).sum()))]
        place = np.full(len(self.table), -1)
        place[often] = np.arange(len(often))
        planes = aligned(len(often), ROWS, 16)
        laws = Laws(cells_of_rows(), high, low, self.full, self.from_on, place, planes)
        lay_out_laws(laws)
        return Shared(draws, laws)


def _number_laws(mean: Floats, rho: Floats) -> tuple[Floats, Ints]:
    """(D, 2) the distinct pairs of a mean and a rho, ascending, and (S,) the number of each."""
    if (mean == mean[0]).all() and (rho == rho[0]).all():  # as it mostly is: nothing to sort
        return np.array([[mean[0], rho[0]]]), np.zeros(len(mean), np.int64)
    means, of_mean = np.unique(mean, return_inverse=True)
    rhos, of_rho = np.unique(rho, return_inverse=True)
    codes, law = np.unique(of_mean * len(rhos) + of_rho, return_inverse=True)
    return np.column_stack([means[codes // len(rhos)], rhos[codes % len(rhos)]]), law


def tabulate(laws: Floats) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """(D, 4096) thresholds of the strengths in each cell, modulo 2^32, and (D,) the cell from which
    on they are 2^32. laws: (D, 2) mean and rho of each; where rho is 1 nothing stands."""
    table = np.zeros((len(laws), CELLS), np.uint32)
    full = np.full(len(laws), CELLS, np.uint16)
    mean, rho = laws.T
    for one in np.unique(rho[rho < 1]).tolist():
        rows = np.flatnonzero(rho == one)
        for first in range(0, len(rows), _LAWS):
            part = rows[first : first + _LAWS]
            table[part], full[part] = _tabulate_laws(tuple(mean[part].tolist()), one)
    return table, full


@lru_cache(maxsize=1 << 8)  # up to 320 KiB each
def _tabulate_laws(
    mean: tuple[float, ...], rho: float
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """Of some laws of one rho."""
    limits = thresholds(np.maximum.accumulate(find_cell_means(np.array(mean), rho, CELLS), axis=1))
    full = (limits < np.uint64(1 << DIGITS)).sum(axis=1)
    return limits.astype(np.uint32), full.astype(np.uint16)


@cache
def cells_of_rows() -> npt.NDArray[np.uint16]:
    """(1024, 64) the cell of v in each world of a word, by row, before the turn."""
    with np.errstate(over="ignore"):
        numbers = mix(np.arange(64 * ROWS, dtype=np.uint64)).reshape(64, ROWS).argsort(axis=1)
    step = CELLS // ROWS
    cells = (numbers * step + np.arange(64)[:, None] % step).T.astype(np.uint16)
    return np.ascontiguousarray(cells)


def find_cells(cause_key: Words, numbers: Ints, seed: int) -> npt.NDArray[np.uint16]:
    """(C, 64 W) the cell of v of each cause in each world of these words."""
    with np.errstate(over="ignore"):
        bits = mix(draw_states(cause_key, numbers, seed) + GOLDEN)
    row = (bits % np.uint64(ROWS)).astype(np.int64)
    turn = (bits >> np.uint64(ROW_DIGITS)).astype(np.int64) % 64
    places = (np.arange(64) + turn[:, :, None]) % 64
    cells: npt.NDArray[np.uint16] = cells_of_rows()[row[:, :, None], places]
    return cells.reshape(len(cause_key), -1)


def find_last_digits(cause_key: Words, numbers: Ints, seed: int) -> Words:
    """(C, 64 W) the last 20 digits of v of each cause in each world of these words."""
    with np.errstate(over="ignore"):
        state = draw_states(cause_key, numbers, seed)
        found = np.zeros((len(cause_key), 64 * len(numbers)), np.uint64)
        for digit in range(LAST):
            bits = mix(state + np.uint64(digit + 2) * GOLDEN).astype("<u8", copy=False)
            ones = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
            found = (found << np.uint64(1)) | ones
    return found


def draw_below(
    key: Words, limits: npt.NDArray[np.uint32], sure: Bools, of: Ints, numbers: Ints, seed: int
) -> Words:
    """(S, W) the worlds in which each draw lies below its threshold in that world.

    key: (S,); limits: (P, 64 W) thresholds by world; sure: (P, 64 W) where all lies below
    of: (S,) row of each draw in both
    """
    with np.errstate(over="ignore"):
        state = draw_states(key, numbers, seed)
        below = _pack(sure)[of]
        tied = ~below
        for digit in range(DIGITS):
            ones = (limits >> np.uint32(DIGITS - 1 - digit)) & np.uint32(1)
            plane = _pack(ones.astype(np.bool_))[of]
            bits = mix(state + np.uint64(digit + 1) * GOLDEN)
            below |= tied & plane & ~bits
            tied &= ~(bits ^ plane)
            if not tied.any():
                break
    return below


def _pack(worlds: Bools) -> Words:
    """(P, W) words of (P, 64 W) worlds."""
    return np.packbits(worlds, axis=1, bitorder="little").view("<u8").astype(np.uint64)
