"""Digits of thresholds that differ by world: laid out in rows, and draws compared with them.

LLVM vector code, as in `draws_llvm`: 8 words of 64 worlds at a time. Thresholds are 16 rows, the
most significant digit first. Cost: to lay them out, as much as a draw or two; a draw, as much as
one below a threshold for all worlds.

Importing this module imports numba: `sharing_numba` names what is here without that.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from knockon.graph.engine.kernels.draws_llvm import any_set, fill, mix_row, splat
from knockon.graph.engine.kernels.layout import LAST_ROW, ROW, UPPER, WORDS
from knockon.graph.engine.uniforms import GOLDEN, ROW_DIGITS

_WORD, _HALF = ir.IntType(64), ir.IntType(16)
_ROW = ir.VectorType(_WORD, WORDS)
_WORLDS = ir.VectorType(_HALF, 64)


def _even(value: int) -> ir.Constant:
    return ir.Constant(_WORLDS, [value] * 64)


@intrinsic
def write_planes(typing: Any, numbers: Any, planes: Any) -> Any:
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
def lay_row(typing: Any, cause: Any, laid: Any, counter: Any, planes: Any) -> Any:
    """The digits of thresholds of a law that is laid out, in 8 words at once.

    laid: address of (1024, 16) digits by row of cells; counter: of 8 words; planes: of (16, 8)
    """
    signature = types.void(types.uint64, *[types.uintp] * 3)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        cause, laid, counter, planes = arguments
        counter = b.load(b.inttoptr(counter, _ROW.as_pointer()), align=8)
        state = mix_row(b, b.add(splat(b, cause), counter))
        bits = mix_row(b, b.add(state, fill(GOLDEN)))
        turn = b.and_(b.lshr(bits, fill(ROW_DIGITS)), fill(63))
        place = b.shl(b.and_(bits, fill(LAST_ROW)), fill(7))  # 128 bytes a row of cells
        place = b.add(splat(b, laid), place)
        back = b.and_(b.sub(fill(64), turn), fill(63))
        at = [b.extract_element(place, ir.Constant(ir.IntType(32), w)) for w in range(WORDS)]
        for first in range(0, UPPER, WORDS):
            rows = [
                b.load(
                    b.inttoptr(b.add(a, ir.Constant(_WORD, 8 * first)), _ROW.as_pointer()), align=8
                )
                for a in at
            ]
            for digit, row in enumerate(_transpose(b, rows), first):
                spot = b.add(planes, ir.Constant(_WORD, ROW * digit))
                row = b.or_(b.lshr(row, turn), b.shl(row, back))
                b.store(row, b.inttoptr(spot, _ROW.as_pointer()), align=8)
        return context.get_dummy_value()

    return signature, code


def _transpose(b: ir.IRBuilder, rows: Sequence[ir.Value]) -> Sequence[ir.Value]:
    """8 rows of 8 words, turned over: in three steps, each swaps blocks of half the size."""
    half = WORDS
    while half > 1:
        half //= 2
        low = [i if i & half == 0 else i - half + WORDS for i in range(WORDS)]
        high = [i + half if i & half == 0 else i + WORDS for i in range(WORDS)]
        swapped = list(rows)
        for i in range(WORDS):
            if i & half == 0:
                swapped[i], swapped[i + half] = (
                    b.shuffle_vector(
                        rows[i], rows[i + half],
                        ir.Constant(ir.VectorType(ir.IntType(32), WORDS), order),
                    )
                    for order in (low, high)
                )  # fmt: skip
        rows = swapped
    return rows


def _look_at_two(b: ir.IRBuilder, begun: Sequence[ir.Value], entry: ir.Block) -> list[ir.Value]:
    """As `draws_llvm`'s, with digits of thresholds in rows: the last is an address."""
    phis = [b.phi(_ROW), b.phi(_ROW), b.phi(_ROW), b.phi(_WORD)]
    state, below, tied, place = phis
    for _ in range(2):
        state = b.add(state, fill(GOLDEN))
        bits = mix_row(b, state)
        ones = b.load(b.inttoptr(place, _ROW.as_pointer()), align=8)
        below = b.or_(below, b.and_(b.and_(tied, b.not_(bits)), ones))
        tied = b.and_(tied, b.not_(b.xor(bits, ones)))
        place = b.add(place, ir.Constant(_WORD, ROW))
    looked = [state, below, tied, place]
    for phi, before, after in zip(phis, begun, looked, strict=True):
        phi.add_incoming(before, entry)
        phi.add_incoming(after, b.block)
    return looked


@intrinsic
def push_below(
    typing: Any, key: Any, planes: Any, counter: Any, out: Any, hit: Any, new: Any, ties: Any,
    digits: Any,
) -> Any:  # fmt: skip
    """As `draws_llvm.push`, but below a threshold of its own in each world.

    planes: address of 16 rows of 8 words; ties: of a row for the worlds that they leave open
    digits: that are looked at before it is asked whether all worlds are decided
    Returns 1 if any was live, and 2 more if any is open.
    """
    signature = types.uint8(types.uint64, *[types.uintp] * 6, types.int64)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, planes, *addresses, digits = arguments
        rows = [b.inttoptr(a, _ROW.as_pointer()) for a in addresses]
        counter, out, hit, new = (b.load(p, align=8) for p in rows[:4])

        wanted = b.and_(out, b.not_(hit))
        start, (work, sure, ask, digit, add, tie, end) = (
            b.block,
            [
                b.function.append_basic_block(n)
                for n in ("work", "sure", "ask", "digit", "add", "tie", "end")
            ],
        )
        b.cbranch(any_set(b, wanted), work, end)
        b.position_at_end(work)
        behind = b.add(planes, ir.Constant(_WORD, ROW * UPPER))
        unasked = b.add(planes, b.mul(digits, ir.Constant(_WORD, ROW)))
        unasked = b.select(b.icmp_unsigned("<", unasked, behind), unasked, behind)
        begun = mix_row(b, b.add(splat(b, key), counter)), fill(0), wanted, planes
        b.branch(sure)
        b.position_at_end(sure)
        looked = _look_at_two(b, begun, work)
        b.cbranch(b.icmp_unsigned("<", looked[3], unasked), sure, ask)
        b.position_at_end(ask)
        some = b.icmp_unsigned("<", looked[3], behind)
        b.cbranch(b.and_(some, any_set(b, looked[2])), digit, add)
        b.position_at_end(digit)
        late = _look_at_two(b, looked, ask)
        some = b.icmp_unsigned("<", late[3], behind)
        b.cbranch(b.and_(some, any_set(b, late[2])), digit, add)
        b.position_at_end(add)
        live, tied = b.phi(_ROW), b.phi(_ROW)
        for found, block in ((looked, ask), (late, digit)):
            live.add_incoming(found[1], block)
            tied.add_incoming(found[2], block)
        b.store(b.or_(hit, live), rows[2], align=8)
        b.store(b.or_(new, live), rows[3], align=8)
        flag = ir.IntType(8)
        grew = b.zext(any_set(b, live), flag)
        b.cbranch(any_set(b, tied), tie, end)
        b.position_at_end(tie)
        b.store(tied, rows[4], align=8)
        both = b.or_(grew, ir.Constant(flag, 2))
        b.branch(end)
        b.position_at_end(end)
        result = b.phi(flag)
        result.add_incoming(ir.Constant(flag, 0), start)
        result.add_incoming(grew, add)
        result.add_incoming(both, tie)
        return result

    return signature, code
