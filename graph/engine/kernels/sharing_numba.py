"""Shared draws, compiled: a strength for each cause and world, and which draws lie below it.

The cell of v of 64 worlds comes as 12 words of digits, the thresholds of the strengths go as 32
words of digits to the comparison, which is that of `draws_numba` with digits that differ by world.
Turning digits into numbers and back is written as LLVM vector code, 64 worlds at a time. Cost: as
much for a word of each cause as for some twenty draws, and for each draw as where none is shared.

Importing this module imports numba; `compiler` says when kernels are compiled.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from knockon.graph.arrays import Words
from knockon.graph.engine.kernels.compiler import helper, kernel
from knockon.graph.engine.kernels.draws_numba import any_set, draw_below, fill, mix_row, splat
from knockon.graph.engine.kernels.layout import (
    CERTAIN,
    I8,
    ROW,
    U8,
    WORDS,
    Shared,
    U4Table,
    U8Table,
    U8Tables,
)
from knockon.graph.engine.uniforms import ALL, CELL_DIGITS, DIGITS, GOLDEN

_WORD, _HALF = ir.IntType(64), ir.IntType(32)
_ROW = ir.VectorType(_WORD, WORDS)
_WORLDS = ir.VectorType(_HALF, 64)
_FLAGS = ir.VectorType(ir.IntType(1), 64)


SLOTS = 8  # pairs whose thresholds are kept at a time
_MARK = SLOTS - 1


class Room(NamedTuple):
    """What one worker needs for the draws of a block.

    planes: (8, 33, 8) of a pair in each slot, digits of its thresholds in 8 words, the most
    significant first, and where all is below
    pair: (8,) whose they are, or -1; there: (8,) which words of them, a bit each
    digits: (12, 8) of v; numbers: (2, 64) cells and thresholds by world
    """

    planes: U8Tables
    pair: I8
    there: I8
    digits: U8Table
    numbers: U4Table

    @classmethod
    def of(cls) -> "Room":
        """Empty."""
        return cls(
            np.empty((SLOTS, DIGITS + 1, WORDS), np.uint64), np.full(SLOTS, -1),
            np.zeros(SLOTS, np.int64), np.empty((CELL_DIGITS, WORDS), np.uint64),
            np.empty((2, 64), np.uint32),
        )  # fmt: skip


def draw_shared(shared: Shared, counter: U8) -> Words:
    """(S, 8) the worlds of 8 words in which each draw is live."""
    found = np.zeros((len(shared.draws.key), WORDS), np.uint64)
    sharing_kernel(shared, counter, Room.of(), np.full((1, WORDS), ALL), found)
    return found


def _even(value: int) -> ir.Constant:
    return ir.Constant(_WORLDS, [value] * 64)


@intrinsic
def _write_digits(typing: Any, key: Any, counter: Any, planes: Any) -> Any:
    """The first 12 digits of a draw in 8 words, a row each. counter, planes: addresses of rows."""
    signature = types.void(types.uint64, types.uintp, types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, counter, planes = arguments
        words = b.load(b.inttoptr(counter, _ROW.as_pointer()), align=8)
        state = mix_row(b, b.add(splat(b, key), words))
        for digit in range(CELL_DIGITS):
            state = b.add(state, fill(GOLDEN))
            place = b.add(planes, ir.Constant(_WORD, ROW * digit))
            b.store(mix_row(b, state), b.inttoptr(place, _ROW.as_pointer()), align=8)
        return context.get_dummy_value()

    return signature, code


@intrinsic
def _write_cells(typing: Any, digits: Any, cells: Any, full: Any) -> Any:
    """The cells of 64 worlds, and as a word which of them are at least `full`.

    digits: address of 12 words, every 8 words; cells: address of 64 numbers of 4 bytes
    """
    signature = types.uint64(types.uintp, types.uintp, types.uint32)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        digits, cells, full = arguments
        numbers: ir.Value = _even(0)
        each = ir.Constant(_WORLDS, [1 << (lane % 32) for lane in range(64)])
        halves = ir.VectorType(_HALF, 2)
        spread = ir.Constant(_WORLDS, [lane // 32 for lane in range(64)])
        for digit in range(CELL_DIGITS):
            place = b.add(digits, ir.Constant(_WORD, ROW * digit))
            word = b.bitcast(b.load(b.inttoptr(place, _WORD.as_pointer()), align=8), halves)
            lanes = b.shuffle_vector(word, ir.Constant(halves, ir.Undefined), spread)
            absent = b.icmp_unsigned("==", b.and_(lanes, each), _even(0))
            ones = b.select(absent, _even(0), _even(1 << (CELL_DIGITS - 1 - digit)))
            numbers = b.or_(numbers, ones)
        b.store(numbers, b.inttoptr(cells, _WORLDS.as_pointer()), align=4)
        first = b.insert_element(ir.Constant(_WORLDS, ir.Undefined), full, ir.Constant(_HALF, 0))
        limit = b.shuffle_vector(first, ir.Constant(_WORLDS, ir.Undefined), _even(0))
        return b.bitcast(b.icmp_unsigned(">=", numbers, limit), _WORD)

    return signature, code


@intrinsic
def _write_planes(typing: Any, numbers: Any, planes: Any) -> Any:
    """The 32 digits of 64 numbers of 4 bytes, a word each, every 8 words from `planes` on."""
    signature = types.void(types.uintp, types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        numbers = b.load(b.inttoptr(arguments[0], _WORLDS.as_pointer()), align=4)
        for digit in range(DIGITS):
            ones = b.bitcast(b.icmp_signed("<", numbers, _even(0)), _WORD)
            place = b.add(arguments[1], ir.Constant(_WORD, ROW * digit))
            b.store(ones, b.inttoptr(place, _WORD.as_pointer()), align=8)
            numbers = b.shl(numbers, _even(1))
        return context.get_dummy_value()

    return signature, code


@intrinsic
def _push_shared(
    typing: Any, key: Any, planes: Any, counter: Any, out: Any, hit: Any, new: Any
) -> Any:
    """As `draws_numba.push`, but below a threshold of its own in each world.

    planes: address of 33 rows of 8 words
    """
    signature = types.boolean(types.uint64, *[types.uintp] * 5)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, planes, *addresses = arguments
        rows = [b.inttoptr(a, _ROW.as_pointer()) for a in addresses]
        counter, out, hit, new = (b.load(p, align=8) for p in rows)

        def load(address: ir.Value) -> ir.Value:
            return b.load(b.inttoptr(address, _ROW.as_pointer()), align=8)

        wanted = b.and_(out, b.not_(hit))
        start, (work, digit, last, add, end) = (
            b.block,
            [b.function.append_basic_block(n) for n in ("work", "digit", "last", "add", "end")],
        )
        b.cbranch(any_set(b, wanted), work, end)
        b.position_at_end(work)
        behind = b.add(planes, ir.Constant(_WORD, ROW * DIGITS))
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
        more = b.icmp_unsigned("!=", place1, behind)
        b.cbranch(b.and_(more, any_set(b, tied1)), digit, last)
        b.position_at_end(last)
        b.cbranch(any_set(b, below1), add, end)
        b.position_at_end(add)
        b.store(b.or_(hit, below1), rows[2], align=8)
        b.store(b.or_(new, below1), rows[3], align=8)
        b.branch(end)
        b.position_at_end(end)
        grew = b.phi(ir.IntType(1))
        for block in (start, last):
            grew.add_incoming(ir.Constant(ir.IntType(1), 0), block)
        grew.add_incoming(ir.Constant(ir.IntType(1), 1), add)
        return grew

    return signature, code


write_digits: Any = _write_digits
write_cells: Any = _write_cells
write_planes: Any = _write_planes
push_shared: Any = _push_shared


@helper
def lay_planes(p: Any, shared: Any, counter: Any, wanted: Any, room: Any) -> Any:
    """The address of the thresholds of a pair, as digits, in the words in which any is wanted."""
    laws, slot = shared.laws, p & _MARK
    planes, cells, limits = room.planes[slot], room.numbers[0], room.numbers[1]
    at_planes, at_numbers = planes.ctypes.data, room.numbers.ctypes.data
    at_digits, law, cause = room.digits.ctypes.data, shared.draws.law[p], shared.draws.cause_key[p]
    if room.pair[slot] != p:
        room.pair[slot] = p
        room.there[slot] = 0
    there, drawn = room.there[slot], False
    for w in range(WORDS):
        if wanted[w] == 0 or there >> w & 1:
            continue
        there |= 1 << w
        if laws.from_on[law] <= CERTAIN:  # all of them or none
            for digit in range(DIGITS):
                planes[digit, w] = 0
            planes[DIGITS, w] = ~draw_below(cause, laws.from_on[law], counter[w], ALL)
            continue
        if not drawn:
            write_digits(cause, counter.ctypes.data, at_digits)
            drawn = True
        planes[DIGITS, w] = write_cells(at_digits + 8 * w, at_numbers, laws.full[law])
        for i in range(64):
            limits[i] = laws.table[law, cells[i]]
        write_planes(at_numbers + 4 * 64, at_planes + 8 * w)
    room.there[slot] = there
    return at_planes


@kernel("the kernel of shared draws", 2)
def sharing_kernel(shared: Shared, counter: U8, room: Room, every: U8Table, found: U8Table) -> None:
    """Add the worlds in which each draw is live to `found`, (S, 8). every: (1, 8) all worlds.

    What is found in another row than the draw's is of no use: the planes' digits of v take it.
    """
    at_every, at_found, at_counter = every.ctypes.data, found.ctypes.data, counter.ctypes.data
    for p in range(len(shared.draws.law)):
        planes = lay_planes(p, shared, counter, every[0], room)
        for s in range(shared.draws.start[p], shared.draws.start[p + 1]):
            push_shared(
                shared.draws.key[s], planes, at_counter, at_every, at_found + ROW * s,
                room.digits.ctypes.data,
            )  # fmt: skip
