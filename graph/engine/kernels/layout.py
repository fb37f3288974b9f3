"""What the kernels are given: named tuples of arrays of fixed types, for numpy and for numba.

A lane is one evaluation of a circuit: a world, a case, an origin, a set of failed entities.
64 lanes are one word, `WORDS` words side by side one row of a block.
"""

from math import prod
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from knockon.graph.arrays import Words
from knockon.graph.engine.uniforms import DIGITS, GOLDEN, ROW_DIGITS

WORDS = 8  # of 64 lanes each, in one row of a block: one cache line; tests/bench/words.py measures
ROW = 8 * WORDS  # bytes
UPPER = 16  # digits of a threshold that are laid out; the rest is looked at where these leave a tie
LAST_ROW = (1 << ROW_DIGITS) - 1  # of cells
NO_PAIR = np.uint64(1 << 63)  # in the place of the pair of a row
CERTAIN = np.uint64(1 << DIGITS)  # limit of a draw that always transmits; above: a given row

# arrays in C order that may be written to, with their dimensions; `compiler` reads these
B1 = Annotated[npt.NDArray[np.bool_], 1]
I1 = Annotated[npt.NDArray[np.int8], 1]
I4 = Annotated[npt.NDArray[np.int32], 1]
I8 = Annotated[npt.NDArray[np.int64], 1]
U2 = Annotated[npt.NDArray[np.uint16], 1]
U8 = Annotated[npt.NDArray[np.uint64], 1]
F8 = Annotated[npt.NDArray[np.float64], 1]
B1Table = Annotated[npt.NDArray[np.bool_], 2]
I8Table = Annotated[npt.NDArray[np.int64], 2]
U1Table = Annotated[npt.NDArray[np.uint8], 2]
U2Table = Annotated[npt.NDArray[np.uint16], 2]
U8Table = Annotated[npt.NDArray[np.uint64], 2]
F8Table = Annotated[npt.NDArray[np.float64], 2]
U8Tables = Annotated[npt.NDArray[np.uint64], 3]
# arrays of any layout that are read only
U1Seen = Annotated[npt.NDArray[np.uint8], 1, "seen"]
I4Seen = Annotated[npt.NDArray[np.int32], 1, "seen"]
U8Seen = Annotated[npt.NDArray[np.uint64], 1, "seen"]


def aligned(*shape: int) -> Words:
    """Words of this shape, all 0, from a cache line on: no row of a block is in two."""
    size = prod(shape)
    room = np.zeros(size + WORDS, np.uint64)
    first = -room.ctypes.data % ROW // 8
    return room[first : first + size].reshape(shape)


class Arcs(NamedTuple):
    """The A arcs between N rows, by provider; a row is a node of a circuit.

    start: (N + 1,) first arc of each row; target: (A,) row of the dependent
    slot: (A,) slot of the arc's member, else -1; empty where there are no slots
    foreign: (A,) arcs that count in another mode than their node's; empty where none does
    """

    start: I8
    target: I4
    slot: I4
    foreign: B1


class Groups(NamedTuple):
    """The K groups with a spare, whose threshold is above 1; each of their S members has a slot.

    of_slot: (S,) group of each slot; first_slot: (K + 1,) first slot of each group
    threshold: (K,) lost slots that break each group; plane: (K + 1,) first plane of its counter
    """

    of_slot: I4
    first_slot: I8
    threshold: I8
    plane: I8


class Wiring(NamedTuple):
    """A circuit as the kernels read it.

    row: (N,) place of each node: those with the most arcs first, so that they share the cache
    arc: (A,) place in the circuit of each arc; group: (K,) number there of each group with a spare
    counter: (planes, 8) counters of all groups at their start: 2^P - threshold in the P planes of
    each, so that reaching the threshold is a carry out
    """

    row: I4
    arc: I4
    group: I8
    arcs: Arcs
    groups: Groups
    counter: U8Table

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        own = (self.row, self.arc, self.group, self.counter)
        return sum(int(array.nbytes) for array in (*own, *self.arcs, *self.groups))


class Drawing(NamedTuple):
    """The draws of one run: per arc (A,), and per switch of the groups with a spare (K,).

    limit: below 2^32 the threshold of a hashed draw, 2^32 certain, 2^32 + 1 + r row r of what is
    given; keys are salted with the seed
    """

    key: U8
    limit: U8
    switch_key: U8
    switch_limit: U8

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return sum(int(array.nbytes) for array in self)


class Worlds(NamedTuple):
    """The lanes of one block.

    given: (rows, 8) live words of the draws that are not hashed
    counter: (8,) what each word adds to the key of a draw: (b + 1) G for block b of 64 worlds
    """

    given: U8Table
    counter: U8

    @classmethod
    def of(cls, first: int, cases: Words | None) -> "Worlds":
        """The words `first`, `first + 1`, ...; cases: (rows, W) of draws that are enumerated."""
        given = np.zeros((0 if cases is None else len(cases), WORDS), np.uint64)
        if cases is not None:
            given[:, : cases.shape[1]] = cases
        return cls(given, np.arange(first + 1, first + WORDS + 1, dtype=np.uint64) * GOLDEN)


class SharedDraws(NamedTuple):
    """Draws that share a strength (`sharing.Sharing`), P pairs of a cause and a law.

    key: (S,) of each draw; pair: (S,) its pair
    of_pair: (P, 4) first draw of each pair, first of the next, key of its cause, its law: side by
    side, as they are read together
    of_row: (N, 2) of each row of a wiring whose arcs are of one pair, the key of its cause, and its
    law times 2^32 and the number of the pair; 2^63 where they are not; may be empty
    keys are salted with the seed
    """

    key: U8
    pair: I4
    of_pair: U8Table
    of_row: U8Table


class Laws(NamedTuple):
    """How strengths are spread, by D laws.

    cells: (1024, 64) cell of v in each world of a word, by row, before the turn
    high, low: (D, 4096) the halves of thresholds by cell of v, modulo 2^32; full: (D,) cell from
    which on they are 2^32; from_on: (D,) where a strength is 0 or 1, threshold of v from which on
    it is 1, else above 2^32
    place: (D,) of a law among those L laid out, else -1
    planes: (L, 1024, 16) upper digits of the thresholds in the worlds of a word, by row
    """

    cells: U2Table
    high: U2Table
    low: U2Table
    full: U2
    from_on: U8
    place: I8
    planes: U8Tables


class Shared(NamedTuple):
    """The draws of a run that share strengths; empty where none does."""

    draws: SharedDraws
    laws: Laws

    @classmethod
    def none(cls) -> "Shared":
        """No draw shares a strength."""
        words, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        none = np.zeros(0, np.int32)
        draws = SharedDraws(words, none, np.zeros((0, 4), np.uint64), np.zeros((0, 2), np.uint64))
        halves, planes = np.zeros((0, 0), np.uint16), np.zeros((0, 0, 0), np.uint64)
        laws = Laws(halves, halves, halves, np.zeros(0, np.uint16), words, counts, planes)
        return cls(draws, laws)
