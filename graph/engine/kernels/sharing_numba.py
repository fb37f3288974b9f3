"""Shared draws, compiled: a strength for each cause and world, and which draws lie below it.

The upper 16 digits of the thresholds of the strengths in 64 worlds go as 16 words, a digit each, to
the comparison, which is that of `draws_numba` with digits that differ by world. What they leave
open, in one draw of 65,536, is decided world by world. Laws that many causes follow are laid out
once: the digits of the thresholds in each of the 1,024 rows of cells, of which a cause takes one
for each word of worlds, and turns it. Cost: 8 words of a cause then take as long as a draw or two
of 8 words, else as some eight, and a draw as long as where none is shared (`planes_llvm`).
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Words
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import compare_digits, push
from knockon.graph.engine.kernels.late import helper, inlined, written_in_llvm
from knockon.graph.engine.kernels.layout import (
    CERTAIN,
    I8,
    LAST_ROW,
    ROW,
    U2,
    U8,
    UPPER,
    WORDS,
    Laws,
    Shared,
    U8Table,
    U8Tables,
    aligned,
)
from knockon.graph.engine.uniforms import ALL, CELL_DIGITS, DIGITS, GOLDEN, ROW_DIGITS, mix

LAST = DIGITS - CELL_DIGITS  # digits of v after those of the cell

SLOTS = 8  # pairs whose thresholds are kept at a time
_MARK = SLOTS - 1
_ALL_THERE = (1 << WORDS) - 1
_LAID = 8 * UPPER << ROW_DIGITS  # bytes of a law that is laid out


class Room(NamedTuple):
    """What one worker needs for the draws of a block.

    planes: (8, 16, 8) of a pair in each slot, the upper digits of its thresholds in 8 words, the
    most significant first
    pair: (8,) whose they are, or -1; there: (8,) in which words, a bit each
    halves: (64,) of thresholds by world
    ties: (2, 8) the worlds that the upper digits leave open, and those of them that are live
    """

    planes: U8Tables
    pair: I8
    there: I8
    halves: U2
    ties: U8Table

    @classmethod
    def of(cls) -> "Room":
        """Empty."""
        return cls(
            aligned(SLOTS, UPPER, WORDS), np.full(SLOTS, -1),
            np.zeros(SLOTS, np.int64), np.zeros(64, np.uint16), aligned(2, WORDS),
        )  # fmt: skip


def lay_out_laws(laws: Laws) -> None:
    """Fill the planes of the laws that are laid out."""
    if len(laws.planes):
        laying_kernel(laws, Room.of())


def draw_shared(shared: Shared, counter: U8) -> Words:
    """(S, 8) the worlds of 8 words in which each draw is live."""
    found = np.zeros((len(shared.draws.key), WORDS), np.uint64)
    spare = aligned(2, WORDS)
    spare[0] = ALL
    sharing_kernel(shared, counter, Room.of(), spare, found)
    return found


write_planes = written_in_llvm("planes_llvm", "write_planes")
lay_row = written_in_llvm("planes_llvm", "lay_row")
push_below = written_in_llvm("planes_llvm", "push_below")
_mix = inlined(mix)


@inlined
def _draw_row(state: Any) -> Any:
    """The row of cells of a cause in a word, and its turn; state: h of the cause there."""
    bits = _mix(state + GOLDEN)
    return np.int64(bits & np.uint64(LAST_ROW)), (bits >> np.uint64(ROW_DIGITS)) & np.uint64(63)


@inlined
def _turn(word: Any, turn: Any) -> Any:
    """World i as bit (i + turn) mod 64 was."""
    return (word >> turn) | (word << ((np.uint64(64) - turn) & np.uint64(63)))


@helper
def _all_or_none(state: Any, cells: Any, turn: Any, from_on: Any) -> Any:
    """The worlds of a word in which v is at least `from_on`; cells: of its row."""
    above = at = np.uint64(0)
    edge = from_on >> np.uint64(LAST)
    for i in range(64):
        above |= np.uint64(cells[i] > edge) << np.uint64(i)
        at |= np.uint64(cells[i] == edge) << np.uint64(i)
    above, at = _turn(above, turn), _turn(at, turn)
    below = compare_digits(state + GOLDEN, from_on << np.uint64(64 - LAST), at)
    return above | (at & ~below)


@inlined
def _lay_word(state: Any, law: Any, laws: Any, halves: Any, planes: Any, w: Any) -> None:
    """The digits of thresholds of a law in one word: column `w` of the planes (16, 8)."""
    row, turn = _draw_row(state)
    if laws.from_on[law] <= CERTAIN:
        live = _all_or_none(state, laws.cells[row], turn, laws.from_on[law])
        for digit in range(UPPER):
            planes[digit, w] = live
    else:
        _look_up(laws.high[law], laws.cells[row], halves)
        write_planes(halves.ctypes.data, planes.ctypes.data + 8 * w)
        for digit in range(UPPER):
            planes[digit, w] = _turn(planes[digit, w], turn)


@inlined
def _look_up(high: Any, cells: Any, halves: Any) -> None:
    for i in range(64):
        halves[i] = high[cells[i]]


@inlined
def lay_planes(p: Any, shared: Any, counter: Any, wanted: Any, room: Any) -> Any:
    """The address of the thresholds of a pair, as digits, in the words with a world wanted."""
    cause, law = shared.draws.of_pair[p, 2], np.int64(shared.draws.of_pair[p, 3])
    return lay_planes_of(p, cause, law, shared, counter, wanted, room)


@inlined
def lay_planes_of(
    p: Any, cause: Any, law: Any, shared: Any, counter: Any, wanted: Any, room: Any
) -> Any:
    """The same of a pair of this cause and law."""
    slot, there = p & _MARK, np.int64(0)
    planes = room.planes[slot]
    if room.pair[slot] == p:
        there = room.there[slot]
        if there == _ALL_THERE:
            return planes.ctypes.data
    place = shared.laws.place[law]
    if place >= 0:
        laid = shared.laws.planes.ctypes.data + _LAID * place
        lay_row(cause, laid, counter.ctypes.data, planes.ctypes.data)
        room.pair[slot], room.there[slot] = p, _ALL_THERE
        return planes.ctypes.data
    for w in range(WORDS):
        if wanted[w] != 0 and (there >> w) & 1 == 0:
            there |= 1 << w
            _lay_word(_mix(cause + counter[w]), law, shared.laws, room.halves, planes, w)
    room.pair[slot], room.there[slot] = p, there
    return planes.ctypes.data


@helper
def _settle(key: Any, p: Any, shared: Any, counter: Any, room: Any) -> None:
    """Which of the worlds that the upper digits leave open are live, by the lower ones."""
    laws, law = shared.laws, np.int64(shared.draws.of_pair[p, 3])
    ties, low, full = room.ties, laws.low[law], laws.full[law]
    for w in range(WORDS):
        ties[1, w] = 0
        if ties[0, w] == 0:
            continue
        if laws.from_on[law] <= CERTAIN:  # all of them or none
            ties[1, w] = ties[0, w] & room.planes[p & _MARK, 0, w]
            continue
        row, turn = _draw_row(_mix(shared.draws.of_pair[p, 2] + counter[w]))
        own = _mix(key + counter[w]) + np.uint64(UPPER) * GOLDEN
        for i in range(64):
            bit = np.uint64(1) << np.uint64(i)
            if ties[0, w] & bit:
                cell = laws.cells[row, (i + np.int64(turn)) & 63]
                if cell >= full:
                    ties[1, w] |= bit
                else:
                    ties[1, w] |= compare_digits(own, np.uint64(low[cell]) << np.uint64(48), bit)


@inlined
def push_shared(
    key: Any, p: Any, planes: Any, shared: Any, counter: Any, out: Any, hit: Any, new: Any,
    room: Any, digits: Any,
) -> Any:  # fmt: skip
    """`draws_numba.push` of a draw of a pair, whose thresholds are laid out at `planes`.

    planes, out, hit, new: addresses
    """
    ties = room.ties.ctypes.data
    grew = push_below(key, planes, counter.ctypes.data, out, hit, new, ties, digits)
    if grew > 1:
        _settle(key, p, shared, counter, room)
        late = push(key, CERTAIN, counter.ctypes.data, ties + ROW, hit, new, 0)
        grew = np.uint8(late or grew == 3)
    return grew > 0


@kernel("the kernel of laws", 1)
def laying_kernel(laws: Laws, room: Room) -> None:
    """Fill `laws.planes`. Cost: 1,024 words of each law."""
    planes = room.planes[0]
    for law in range(len(laws.place)):
        for row in range(len(laws.cells) if laws.place[law] >= 0 else 0):
            there = laws.planes[laws.place[law]]
            _look_up(laws.high[law], laws.cells[row], room.halves)
            write_planes(room.halves.ctypes.data, planes.ctypes.data)
            for digit in range(UPPER):
                there[row, digit] = planes[digit, 0]


@kernel("the kernel of shared draws", 1)
def sharing_kernel(shared: Shared, counter: U8, room: Room, spare: U8Table, found: U8Table) -> None:
    """Add the worlds in which each draw is live to `found`, (S, 8).

    spare: (2, 8) all worlds, and what is found once more, which is of no use
    """
    at_every, at_found = spare.ctypes.data, found.ctypes.data
    for p in range(len(shared.draws.of_pair)):
        planes = lay_planes(p, shared, counter, spare[0], room)
        for s in range(shared.draws.of_pair[p, 0], shared.draws.of_pair[p, 1]):
            push_shared(
                shared.draws.key[s], p, planes, shared, counter, at_every, at_found + ROW * s,
                at_every + ROW, room, UPPER // 2,
            )  # fmt: skip
