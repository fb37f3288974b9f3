"""Shared draws, compiled: a strength for each cause and world, and which draws lie below it.

The upper 16 digits of v of 64 worlds come as 16 words of the hash, the upper 16 digits of the
thresholds of the strengths go as 16 words, a digit each, to the comparison, which is that of
`draws_numba` with digits that differ by world. What they leave open, in one draw of 65,536, is
decided world by world. Turning numbers into digits is written as LLVM vector code, 64 worlds at a
time. Cost: 8 words of a cause take as long as some eight to twelve draws of 8 words, and a draw as
long as where none is shared.

Importing this module imports numba; `compiler` says when kernels are compiled.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from knockon.graph.arrays import Words
from knockon.graph.engine.kernels.compiler import helper, inlined, kernel
from knockon.graph.engine.kernels.draws_numba import (
    any_set,
    compare_digits,
    count_ones,
    count_zeros,
    fill,
    mix_row,
    push,
    splat,
)
from knockon.graph.engine.kernels.layout import (
    CERTAIN,
    I8,
    ROW,
    U8,
    WORDS,
    Shared,
    U2Table,
    U8Table,
    U8Tables,
)
from knockon.graph.engine.uniforms import ALL, CELL_DIGITS, GOLDEN, mix

_WORD, _HALF = ir.IntType(64), ir.IntType(16)
_ROW = ir.VectorType(_WORD, WORDS)
_WORLDS = ir.VectorType(_HALF, 64)
_PART = ir.VectorType(_HALF, 32)
UPPER = 16  # digits of a threshold that are laid out; the rest is looked at where these leave a tie
PER_WORD = 4  # worlds whose digits of v are one word of the hash
_REST = 16 - CELL_DIGITS

SLOTS = 8  # pairs whose thresholds are kept at a time
_MARK = SLOTS - 1
MANY = 20  # worlds of a word from which on all are looked up


class Room(NamedTuple):
    """What one worker needs for the draws of a block.

    planes: (8, 17, 8) of a pair in each slot, the upper digits of its thresholds in 8 words, the
    most significant first, and where all is below
    pair: (8,) whose they are, or -1; there: (8, 8) in which worlds
    numbers: (2, 64) cells and halves of thresholds by world
    ties: (2, 8) the worlds that the upper digits leave open, and those of them that are live
    """

    planes: U8Tables
    pair: I8
    there: U8Table
    numbers: U2Table
    ties: U8Table

    @classmethod
    def of(cls) -> "Room":
        """Empty."""
        return cls(
            np.empty((SLOTS, UPPER + 1, WORDS), np.uint64), np.full(SLOTS, -1),
            np.zeros((SLOTS, WORDS), np.uint64), np.zeros((2, 64), np.uint16),
            np.zeros((2, WORDS), np.uint64),
        )  # fmt: skip


def draw_shared(shared: Shared, counter: U8) -> Words:
    """(S, 8) the worlds of 8 words in which each draw is live."""
    found = np.zeros((len(shared.draws.key), WORDS), np.uint64)
    spare = np.zeros((2, WORDS), np.uint64)
    spare[0] = ALL
    sharing_kernel(shared, counter, Room.of(), spare, found)
    return found


def _even(value: int) -> ir.Constant:
    return ir.Constant(_WORLDS, [value] * 64)


@intrinsic
def _write_cells(typing: Any, state: Any, cells: Any, full: Any) -> Any:
    """The cells of the 64 worlds of a word, and as a word which of them are at least `full`.

    state: h of the cause in that word; cells: address of 64 numbers of 2 bytes
    """
    signature = types.uint64(types.uint64, types.uintp, types.uint16)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        state, cells, full = arguments
        nothing, zero = ir.Constant(_PART, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), 32), [0] * 32)
        limit = b.shuffle_vector(b.insert_element(nothing, full, zero), nothing, zeros)
        sure: ir.Value = ir.Constant(_WORD, 0)
        for part in range(2):
            steps = [(WORDS * part + i + 1) * int(GOLDEN) % 2**64 for i in range(WORDS)]
            row = mix_row(b, b.add(splat(b, state), ir.Constant(_ROW, steps)))
            found = b.lshr(b.bitcast(row, _PART), ir.Constant(_PART, [_REST] * 32))
            place = b.inttoptr(b.add(cells, ir.Constant(_WORD, ROW * part)), _PART.as_pointer())
            b.store(found, place, align=2)
            above = b.bitcast(b.icmp_unsigned(">=", found, limit), ir.IntType(32))
            sure = b.or_(sure, b.shl(b.zext(above, _WORD), ir.Constant(_WORD, 32 * part)))
        return sure

    return signature, code


@intrinsic
def _write_planes(typing: Any, numbers: Any, planes: Any) -> Any:
    """The 16 digits of 64 numbers of 2 bytes, a word each, every 8 words from `planes` on."""
    signature = types.void(types.uintp, types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        numbers = b.load(b.inttoptr(arguments[0], _WORLDS.as_pointer()), align=2)
        for digit in range(UPPER):
            ones = b.bitcast(b.icmp_signed("<", numbers, _even(0)), _WORD)
            place = b.add(arguments[1], ir.Constant(_WORD, ROW * digit))
            b.store(ones, b.inttoptr(place, _WORD.as_pointer()), align=8)
            numbers = b.shl(numbers, _even(1))
        return context.get_dummy_value()

    return signature, code


@intrinsic
def _push_shared(
    typing: Any, key: Any, planes: Any, counter: Any, out: Any, hit: Any, new: Any, ties: Any
) -> Any:
    """As `draws_numba.push`, but below a threshold of its own in each world.

    planes: address of 17 rows of 8 words; ties: of a row for the worlds that they leave open
    Returns 1 if any was live, and 2 more if any is open.
    """
    signature = types.uint8(types.uint64, *[types.uintp] * 6)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, planes, *addresses = arguments
        rows = [b.inttoptr(a, _ROW.as_pointer()) for a in addresses]
        counter, out, hit, new = (b.load(p, align=8) for p in rows[:4])

        def load(address: ir.Value) -> ir.Value:
            return b.load(b.inttoptr(address, _ROW.as_pointer()), align=8)

        wanted = b.and_(out, b.not_(hit))
        start, (work, digit, last, add, rest, tie, end) = (
            b.block,
            [
                b.function.append_basic_block(n)
                for n in ("work", "digit", "last", "add", "rest", "tie", "end")
            ],
        )
        b.cbranch(any_set(b, wanted), work, end)
        b.position_at_end(work)
        behind = b.add(planes, ir.Constant(_WORD, ROW * UPPER))
        sure = b.and_(wanted, load(behind))
        tied0 = b.and_(wanted, b.not_(sure))
        state0 = mix_row(b, b.add(splat(b, key), counter))
        b.branch(digit)
        b.position_at_end(digit)
        state, below, tied = b.phi(_ROW), b.phi(_ROW), b.phi(_ROW)
        place = b.phi(_WORD)
        state1, below1, tied1, place1 = state, below, tied, place
        for _ in range(2):  # two digits at a time keep the multipliers busy
            state1 = b.add(state1, fill(GOLDEN))
            bits = mix_row(b, state1)
            one = load(place1)
            below1 = b.or_(below1, b.and_(b.and_(tied1, b.not_(bits)), one))
            tied1 = b.and_(tied1, b.not_(b.xor(bits, one)))
            place1 = b.add(place1, ir.Constant(_WORD, ROW))
        for phi, before, after in (
            (state, state0, state1), (below, sure, below1), (tied, tied0, tied1),
            (place, planes, place1),
        ):  # fmt: skip
            phi.add_incoming(before, work)
            phi.add_incoming(after, digit)
        more, open_ = b.icmp_unsigned("!=", place1, behind), any_set(b, tied1)
        b.cbranch(b.and_(more, open_), digit, last)
        b.position_at_end(last)
        b.cbranch(any_set(b, below1), add, rest)
        b.position_at_end(add)
        b.store(b.or_(hit, below1), rows[2], align=8)
        b.store(b.or_(new, below1), rows[3], align=8)
        b.branch(rest)
        b.position_at_end(rest)
        flag = ir.IntType(8)
        grew = b.phi(flag)
        grew.add_incoming(ir.Constant(flag, 0), last)
        grew.add_incoming(ir.Constant(flag, 1), add)
        b.cbranch(open_, tie, end)
        b.position_at_end(tie)
        b.store(tied1, rows[4], align=8)
        both = b.or_(grew, ir.Constant(flag, 2))
        b.branch(end)
        b.position_at_end(end)
        found = b.phi(flag)
        found.add_incoming(ir.Constant(flag, 0), start)
        found.add_incoming(grew, rest)
        found.add_incoming(both, tie)
        return found

    return signature, code


# to type checkers, what an intrinsic is called with is not what it takes
_cells: Any = _write_cells
_planes: Any = _write_planes
_push: Any = _push_shared
_mix = inlined(mix)


@helper
def _read_digits(state: Any, first: Any, i: Any) -> Any:
    """16 digits of v in world i of a word: the upper ones from 1 on, the lower from 17 on."""
    word = _mix(state + np.uint64(first + i // PER_WORD) * GOLDEN)
    return (word >> np.uint64(16 * (i % PER_WORD))) & np.uint64(0xFFFF)


@helper
def _all_or_none(state: Any, from_on: Any) -> Any:
    """The worlds of a word in which v is at least `from_on`."""
    found = np.uint64(0)
    for i in range(64):
        v = _read_digits(state, 1, i) << np.uint64(16) | _read_digits(state, 17, i)
        if v >= from_on:
            found |= np.uint64(1) << np.uint64(i)
    return found


@helper
def lay_planes(p: Any, shared: Any, counter: Any, wanted: Any, room: Any) -> Any:
    """The address of the thresholds of a pair, as digits, in the worlds that are wanted."""
    laws, slot = shared.laws, p & _MARK
    planes, cells, halves = room.planes[slot], room.numbers[0], room.numbers[1]
    at_planes, at_cells, at_halves = planes.ctypes.data, cells.ctypes.data, halves.ctypes.data
    law, cause = shared.draws.law[p], shared.draws.cause_key[p]
    there, high, full = room.there[slot], laws.high[law], laws.full[law]
    if room.pair[slot] != p:
        room.pair[slot] = p
        for w in range(WORDS):
            there[w] = 0
    for w in range(WORDS):
        worlds = wanted[w] | there[w]
        if worlds == there[w]:
            continue
        state = _mix(cause + counter[w])
        if laws.from_on[law] <= CERTAIN:  # all of them or none
            for digit in range(UPPER):
                planes[digit, w] = 0
            planes[UPPER, w], there[w] = _all_or_none(state, laws.from_on[law]), ALL
            continue
        planes[UPPER, w] = _cells(state, at_cells, full)
        rest = worlds
        if count_ones(worlds) > MANY:
            worlds, rest = ALL, np.uint64(0)
            for i in range(64):
                halves[i] = high[cells[i]]
        while rest != 0:  # what then stands for other worlds is of no use
            i = count_zeros(rest)
            halves[i] = high[cells[i]]
            rest &= rest - np.uint64(1)
        there[w] = worlds
        _planes(at_halves, at_planes + 8 * w)
    return at_planes


@helper
def _settle(key: Any, p: Any, shared: Any, counter: Any, ties: Any) -> None:
    """Which of the worlds that the upper digits leave open are live, by the lower ones."""
    low = shared.laws.low[shared.draws.law[p]]
    for w in range(WORDS):
        ties[1, w] = 0
        if ties[0, w] == 0:
            continue
        cause = _mix(shared.draws.cause_key[p] + counter[w])
        own = _mix(key + counter[w]) + np.uint64(UPPER) * GOLDEN
        for i in range(64):
            bit = np.uint64(1) << np.uint64(i)
            if ties[0, w] & bit:
                cell = _read_digits(cause, 1, i) >> np.uint64(_REST)
                limit = np.uint64(low[cell]) << np.uint64(48)
                ties[1, w] |= compare_digits(own, limit, bit)


@helper
def push_shared(
    key: Any, p: Any, planes: Any, shared: Any, counter: Any, out: Any, hit: Any, new: Any,
    room: Any,
) -> Any:  # fmt: skip
    """`draws_numba.push` of a draw of a pair, whose thresholds are laid out at `planes`.

    planes, out, hit, new: addresses
    """
    at_counter, at_ties = counter.ctypes.data, room.ties.ctypes.data
    found = _push(key, planes, at_counter, out, hit, new, at_ties)
    if found < 2:
        return found == 1
    _settle(key, p, shared, counter, room.ties)
    late = push(key, CERTAIN, at_counter, at_ties + ROW, hit, new, 0)
    return late or found == 3


@kernel("the kernel of shared draws", 2)
def sharing_kernel(shared: Shared, counter: U8, room: Room, spare: U8Table, found: U8Table) -> None:
    """Add the worlds in which each draw is live to `found`, (S, 8).

    spare: (2, 8) all worlds, and what is found once more, which is of no use
    """
    at_every, at_found = spare.ctypes.data, found.ctypes.data
    for p in range(len(shared.draws.law)):
        planes = lay_planes(p, shared, counter, spare[0], room)
        for s in range(shared.draws.start[p], shared.draws.start[p + 1]):
            push_shared(
                shared.draws.key[s], p, planes, shared, counter, at_every, at_found + ROW * s,
                at_every + ROW, room,
            )  # fmt: skip
