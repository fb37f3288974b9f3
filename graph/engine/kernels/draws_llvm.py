"""The draws of `knockon.graph.engine.uniforms` as LLVM vector code, 8 words of 64 worlds at a time.

The compiler then keeps the state of a draw in registers, whatever vectors the machine has. Cost:
about 10 digits, that is 20 multiplications of 8 words, for each arc and block of 512 worlds.

Importing this module imports numba: `draws_numba` names what is here without that.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from knockon.graph.engine.kernels.layout import CERTAIN, WORDS
from knockon.graph.engine.uniforms import DIGITS, FACTORS, GOLDEN, SHIFTS

_WORD = ir.IntType(64)
_ROW = ir.VectorType(_WORD, WORDS)
_FLAGS = ir.IntType(WORDS)


def fill(value: int | np.uint64) -> ir.Constant:
    return ir.Constant(_ROW, [int(value)] * WORDS)


def splat(builder: ir.IRBuilder, word: ir.Value) -> ir.Value:
    nothing = ir.Constant(_ROW, ir.Undefined)
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WORDS), [0] * WORDS)
    first = builder.insert_element(nothing, word, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, zeros)


def mix_row(builder: ir.IRBuilder, z: ir.Value) -> ir.Value:
    """`knockon.graph.engine.uniforms.mix` of 8 words."""
    for shift, factor in zip(SHIFTS, FACTORS, strict=False):
        z = builder.mul(builder.xor(z, builder.lshr(z, fill(shift))), fill(factor))
    return builder.xor(z, builder.lshr(z, fill(SHIFTS[2])))


def any_set(builder: ir.IRBuilder, row: ir.Value) -> ir.Value:
    flags = builder.bitcast(builder.icmp_unsigned("!=", row, fill(0)), _FLAGS)
    return builder.icmp_unsigned("!=", flags, ir.Constant(_FLAGS, 0))


def _look_at_two(b: ir.IRBuilder, begun: Sequence[ir.Value], entry: ir.Block) -> list[ir.Value]:
    """In a loop that is one block, two binary digits of u and q in all lanes.

    begun: the state of the draw, lanes that lie below and that are tied so far, the digits of q
    that are left, as they come from `entry`. Two at a time keep the multipliers busy; past the last
    digit they change nothing.
    """
    phis = [b.phi(_ROW), b.phi(_ROW), b.phi(_ROW), b.phi(_WORD)]
    state, below, tied, rest = phis
    for _ in range(2):  # below where u has 0 and q 1
        state = b.add(state, fill(GOLDEN))
        bits = mix_row(b, state)
        one = splat(b, b.ashr(rest, ir.Constant(_WORD, 63)))
        below = b.or_(below, b.and_(b.and_(tied, b.not_(bits)), one))
        tied = b.and_(tied, b.not_(b.xor(bits, one)))
        rest = b.shl(rest, ir.Constant(_WORD, 1))
    looked = [state, below, tied, rest]
    for phi, before, after in zip(phis, begun, looked, strict=True):
        phi.add_incoming(before, entry)
        phi.add_incoming(after, b.block)
    return looked


def _is_open(b: ir.IRBuilder, looked: Sequence[ir.Value]) -> ir.Value:
    """Whether digits are left that decide something."""
    return b.and_(b.icmp_unsigned("!=", looked[3], ir.Constant(_WORD, 0)), any_set(b, looked[2]))


@intrinsic
def push(
    typing: Any, key: Any, limit: Any, counter: Any, out: Any, hit: Any, new: Any, digits: Any
) -> Any:
    """Draw `out & ~hit` below the limit, add what is live to `hit` and `new`: True if any was.

    counter, out, hit, new: addresses of rows of 8 words
    digits: that are looked at before it is asked whether all worlds are decided. The answer is the
    same; a processor that guesses when they are mostly guesses wrong, and draws again.
    """
    signature = types.boolean(types.uint64, types.uint64, *[types.uintp] * 4, types.int64)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, limit, *addresses, digits = arguments
        rows = [b.inttoptr(a, _ROW.as_pointer()) for a in addresses]
        counter, out, hit, new = (b.load(p, align=8) for p in rows[:4])
        wanted = b.and_(out, b.not_(hit))
        start, (work, first, sure, open_, digit, add, end) = (
            b.block,
            [
                b.function.append_basic_block(n)
                for n in ("work", "first", "sure", "open", "digit", "add", "end")
            ],
        )
        b.cbranch(any_set(b, wanted), work, end)
        b.position_at_end(work)
        b.cbranch(b.icmp_unsigned(">=", limit, ir.Constant(_WORD, int(CERTAIN))), add, first)
        b.position_at_end(first)
        begun = (
            mix_row(b, b.add(splat(b, key), counter)), fill(0), wanted,
            b.shl(limit, ir.Constant(_WORD, 64 - DIGITS)),
        )  # fmt: skip
        zeros = b.cttz(limit, ir.Constant(ir.IntType(1), 0))  # its last digits: they decide nothing
        most = b.sub(ir.Constant(_WORD, DIGITS), zeros)
        digits = b.select(b.icmp_signed("<", digits, most), digits, most)
        b.cbranch(b.icmp_unsigned("!=", begun[3], ir.Constant(_WORD, 0)), sure, end)
        b.position_at_end(sure)
        left = b.phi(_WORD)
        looked = _look_at_two(b, begun, first)
        after = b.sub(left, ir.Constant(_WORD, 2))
        left.add_incoming(digits, first)
        left.add_incoming(after, sure)
        b.cbranch(b.icmp_signed(">", after, ir.Constant(_WORD, 0)), sure, open_)
        b.position_at_end(open_)
        b.cbranch(_is_open(b, looked), digit, add)
        b.position_at_end(digit)
        more = _look_at_two(b, looked, open_)
        b.cbranch(_is_open(b, more), digit, add)
        b.position_at_end(add)
        live = b.phi(_ROW)
        for below, block in ((wanted, work), (looked[1], open_), (more[1], digit)):
            live.add_incoming(below, block)
        b.store(b.or_(hit, live), rows[2], align=8)
        b.store(b.or_(new, live), rows[3], align=8)
        some = any_set(b, live)
        b.branch(end)
        b.position_at_end(end)
        grew = b.phi(ir.IntType(1))
        for block in (start, first):
            grew.add_incoming(ir.Constant(ir.IntType(1), 0), block)
        grew.add_incoming(some, add)
        return grew

    return signature, code


@intrinsic
def lacks(typing: Any, out: Any, hit: Any) -> Any:
    """Whether `hit` lacks some of `out`: addresses of rows of 8 words."""
    signature = types.boolean(types.uintp, types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        out, hit = (b.load(b.inttoptr(a, _ROW.as_pointer()), align=8) for a in arguments)
        return any_set(b, b.and_(out, b.not_(hit)))

    return signature, code


@intrinsic
def read_number(typing: Any, address: Any) -> Any:
    """4 bytes with a sign at an address: of an index numba would ask whether it is negative."""
    signature = types.int64(types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        half = ir.IntType(32)
        return b.sext(b.load(b.inttoptr(arguments[0], half.as_pointer()), align=4), _WORD)

    return signature, code


@intrinsic
def read_word(typing: Any, address: Any) -> Any:
    """The same of a word of 8 bytes."""
    signature = types.uint64(types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return b.load(b.inttoptr(arguments[0], _WORD.as_pointer()), align=8)

    return signature, code


@intrinsic
def fetch(typing: Any, address: Any) -> Any:
    """Ask for the cache line at an address ahead of its use."""
    signature = types.void(types.uintp)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        place = ir.IntType(8).as_pointer()
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place, flag, flag, flag])
        fetch = b.module.declare_intrinsic("llvm.prefetch", [place], kind)
        b.call(fetch, [b.inttoptr(arguments[0], place), *(ir.Constant(flag, v) for v in (1, 3, 1))])
        return context.get_dummy_value()

    return signature, code


@intrinsic
def count_ones(typing: Any, word: Any) -> Any:
    """The lanes that are set in a word."""
    signature = types.int64(types.uint64)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return b.ctpop(arguments[0])

    return signature, code


@intrinsic
def count_zeros(typing: Any, word: Any) -> Any:
    """The lanes before the first that is set in a word, which has one."""
    signature = types.int64(types.uint64)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return b.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return signature, code
