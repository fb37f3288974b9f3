"""Shared draws: in each world one strength for all dependencies of one cause.

A dependency with rho > 0 belongs to a cause c. Its strength in a world is the quantile of a Beta
distribution, with its own strength q as the mean and rho as the intra-class correlation, at v_c:
uniform, the same for all dependencies of the cause and for the three coupled runs. The 64 worlds of
a word share v_c, so that it costs little; over words it is a scrambled net (a van der Corput
sequence with nested uniform scrambling, Owen 1995, its own for each cause), so that few words fill
the distribution evenly. All is a pure function of (seed, word, identity of the cause):

    h         mix((key(c) ^ mix(seed + G)) + (k // 64 + 1) G) for word k; G, mix as in `uniforms`
    r         k % 64 with its 6 binary digits reversed
    digit j   of v (0..5, the most significant first): digit j of r, flipped where
              mix(h + (2^j + p) G) is odd, p = the j digits of r before it as a number
    rest      of v: digits 0..5 of mix(h + (64 + k % 64) G), as of `uniforms` the most significant
              first, and 20 more after them

v has 12 digits, a cell of 4,096; the strength is the mean of the quantile over the cell, so that
every probability stays what it is without sharing, to the last digit. At rho 1, where a strength is
either 0 or 1, all 32 digits of v decide.
"""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.beta import find_cell_means
from knockon.graph.engine.uniforms import GOLDEN, bernoulli, mix, salt, thresholds

CELLS = 1 << 12  # of v
_NET = 6  # digits of v that are spread evenly: over 64 words
_FINE = 20  # digits of v beyond the cell
_COMPILED_FROM = 1 << 16  # draws by words that pay for the start of the compiled form


class Sharing(NamedTuple):
    """The shared draws of one run: S draws of C causes, of D distributions.

    place: (S,) of each among the uncertain draws of the run; key: (S,) its own identity
    cause: (S,) its cause; cause_key: (C,) identity of each cause
    law: (S,) its distribution; mean, rho: (D,) of each; seed: of the run
    table: (D, 4096) thresholds of the cells, 2^33 where not known yet; filled as they are met
    """

    place: Ints
    key: Words
    cause: Ints
    cause_key: Words
    law: Ints
    mean: Floats
    rho: Floats
    seed: int
    table: Words

    @classmethod
    def of(
        cls, place: Ints, key: Words, cause_key: Words, mean: Floats, rho: Floats, seed: int
    ) -> "Sharing":
        """place, key, cause_key, mean, rho: (S,) of each draw."""
        causes, cause = np.unique(cause_key, return_inverse=True)
        laws, law = np.unique(np.column_stack([mean, rho]), axis=0, return_inverse=True)
        table = np.full((len(laws), CELLS), _UNKNOWN)
        return cls(
            place, key, cause, causes, law.reshape(-1), laws[:, 0].copy(), laws[:, 1].copy(), seed,
            table,
        )  # fmt: skip

    def draw(self, first: int, words: int) -> Words:
        """(S, W) the worlds of the words `first`, `first + 1`, ... in which each is live."""
        numbers = np.arange(first, first + words)
        cells, fine = find_cells(self.cause_key, numbers, self.seed)
        self._fill(cells)
        limit = self.table[self.law[:, None], cells[self.cause]]
        whole = self.rho >= 1
        if whole.any():  # all digits of v, or none of them: live in all worlds of the word or none
            digits = (cells.astype(np.uint64) << np.uint64(_FINE)) | fine
            from_on = thresholds(1 - self.mean)
            every = whole[self.law]
            limit[every] = np.where(
                digits[self.cause[every]] >= from_on[self.law[every], None], _ALWAYS, np.uint64(0)
            )
        return draw_below(self.key, limit, numbers, self.seed)

    def _fill(self, cells: Ints) -> None:
        """The thresholds of the cells that are met, into the table."""
        for law in np.flatnonzero(self.rho < 1):
            met = np.unique(cells[np.unique(self.cause[self.law == law])])
            new = met[self.table[law, met] == _UNKNOWN]
            if len(new):
                means = find_cell_means(float(self.mean[law]), float(self.rho[law]), new, CELLS)
                self.table[law, new] = thresholds(means)


_UNKNOWN = np.uint64(1 << 33)
_ALWAYS = np.uint64(1 << 32)


def find_cells(cause_key: Words, numbers: Ints, seed: int) -> tuple[Ints, Words]:
    """(C, W) the cell of v of each cause in each word, and its 20 further digits as a number."""
    low = (numbers % 64).astype(np.uint64)
    reversed_ = np.zeros_like(low)
    for digit in range(_NET):
        reversed_ |= ((low >> np.uint64(digit)) & np.uint64(1)) << np.uint64(_NET - 1 - digit)
    with np.errstate(over="ignore"):
        high = (numbers // 64 + 1).astype(np.uint64) * GOLDEN
        state = mix((cause_key ^ salt(seed))[:, None] + high[None, :])
        net = np.broadcast_to(reversed_, state.shape).copy()
        for digit in range(_NET):
            before = reversed_ >> np.uint64(_NET - digit)
            mark = (np.uint64(1 << digit) + before) * GOLDEN
            flip = mix(state + mark[None, :]) & np.uint64(1)
            net ^= flip << np.uint64(_NET - 1 - digit)
        rest = mix(state + ((np.uint64(64) + low) * GOLDEN)[None, :])
    cells = (net << np.uint64(_NET)) | (rest >> np.uint64(64 - _NET))
    fine = (rest << np.uint64(_NET)) >> np.uint64(64 - _FINE)
    return cells.astype(np.int64), fine


def draw_below(key: Words, limit: Words, numbers: Ints, seed: int) -> Words:
    """(S, W) the worlds in which each draw lies below its threshold (S, W) of the word."""
    found = np.empty(limit.shape, np.uint64)
    for word, number in enumerate(numbers):
        found[:, word] = bernoulli(key, limit[:, word], np.array([number]), seed)[:, 0]
    return found
