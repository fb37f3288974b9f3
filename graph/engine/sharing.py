"""Shared draws: in each world one strength for all dependencies of one cause.

A dependency with rho > 0 belongs to a cause c. Its strength in a world w is the quantile of a Beta
distribution, with its own strength q as the mean and rho as the intra-class correlation, at v_c(w):
the same for all dependencies of the cause and for the three coupled runs. v is drawn as every other
number is (`uniforms`), of the key of the cause: a pure function of (seed, world, identity of the
cause). Every world has its own, so that worlds stay independent of each other: the errors of
probabilities, totals and differences are those of so many worlds, whatever shares a cause. (One v
for the 64 worlds of a word would cost less, and a net over words would make up for it where there
is one cause; with two causes it hides how they meet.)

v has 32 binary digits, and a word of the hash holds 16 digits of four worlds. With h as in
`uniforms`, the upper 16 digits in world 64 b + i are the bits from 16 (i mod 4) on of
mix(h + (i // 4 + 1) G), the lower 16 those of mix(h + (i // 4 + 17) G). The first 12 are a cell of
4,096; the strength is the mean of the quantile over the cell, so that every probability stays what
it is without sharing, to the last digit. At rho 1, where it is 0 or 1, all 32 digits decide.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.beta import find_cell_means
from knockon.graph.engine.kernels.layout import WORDS, Laws, Shared, SharedDraws
from knockon.graph.engine.uniforms import (
    CELL_DIGITS,
    DIGITS,
    GOLDEN,
    draw_states,
    mix,
    salt,
    thresholds,
)

CELLS = 1 << CELL_DIGITS  # of v
_REST = np.uint16(16 - CELL_DIGITS)
_PIECE = 1 << 22  # worlds of causes looked at together by the numpy form
_LAWS = 20  # tabulated together
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
        laws, law = np.unique(np.column_stack([mean, rho]), axis=0, return_inverse=True)
        law = law.reshape(-1)
        order = np.lexsort([law, cause_key])
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
        digits = draw_halves(self.cause_key, numbers, self.seed)
        cells = digits[0] >> _REST
        limits, sure = self.table[self.law[:, None], cells], cells >= self.full[self.law][:, None]
        pair = self.pair
        found = draw_below(self.key, limits, sure, pair, numbers, self.seed)
        whole = np.flatnonzero(self.from_on[self.law] < _VARIES)
        if len(whole):
            v = (digits[0, whole].astype(np.uint32) << np.uint32(16)) | digits[1, whole]
            alike = np.zeros((len(self.law), len(numbers)), np.uint64)
            alike[whole] = _pack(v >= self.from_on[self.law[whole], None])
            of_whole = np.isin(pair, whole)
            found[of_whole] = alike[pair[of_whole]]
        return found

    def _draw_compiled(self, first: int) -> Words:
        from knockon.graph.engine.kernels.sharing_numba import draw_shared

        counter = np.arange(first + 1, first + WORDS + 1, dtype=np.uint64) * GOLDEN
        return draw_shared(self.salted(), counter)

    def salted(self) -> Shared:
        """The same as the compiled kernels read it."""
        salted = salt(self.seed)
        draws = SharedDraws(
            self.key ^ salted, self.pair.astype(np.int32), self.start.astype(np.int64),
            self.cause_key ^ salted, self.law.astype(np.int64),
        )  # fmt: skip
        high, low = ((self.table >> np.uint32(n)).astype(np.uint16) for n in (16, 0))
        return Shared(draws, Laws(high, low, self.full, self.from_on))


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


def draw_halves(cause_key: Words, numbers: Ints, seed: int) -> npt.NDArray[np.uint16]:
    """(2, C, 64 W) the upper and the lower 16 digits of v of each cause in each world of these
    words."""
    with np.errstate(over="ignore"):
        state = draw_states(cause_key, numbers, seed)[:, :, None]
        parts = [
            mix(state + np.arange(first, first + 16, dtype=np.uint64) * GOLDEN) for first in (1, 17)
        ]
    shape = len(cause_key), 64 * len(numbers)
    return np.stack([p.astype("<u8", copy=False).view("<u2").reshape(shape) for p in parts])


def find_cells(cause_key: Words, numbers: Ints, seed: int) -> npt.NDArray[np.uint16]:
    """(C, 64 W) the cell of v of each cause in each world of these words."""
    cells: npt.NDArray[np.uint16] = draw_halves(cause_key, numbers, seed)[0] >> _REST
    return cells


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
