"""The lane kernel, compiled form: the same closure as `knockon.graph.closure`, pushed arc by arc.

512 lanes (8 words, one cache line) an entity. A worklist holds the entities with lanes that are
newly hit; each of their arcs is drawn only in the lanes where its dependent is not hit yet, from
the hash of `knockon.graph.draws`, so that random bits need no storage. Groups count their lost
members bit-sliced: P planes a group, started at 2^P - threshold, so that breaking is a carry out.

The draw of 8 words at a time is written as LLVM vector code: the compiler then keeps its state in
registers, whatever vectors the machine has. Cost: about 10 digits, that is 20 multiplications of
8 words, for each arc and block of 512 worlds; nothing is allocated on the way.

Importing this module imports numba, and compiles the kernels or loads them from its cache.
"""

from dataclasses import dataclass
from logging import getLogger
from time import perf_counter
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.circuit import Circuit
from knockon.graph.draws import ALL, DIGITS, GOLDEN

_log = getLogger("knockon")
_begun = perf_counter()

LANES = 512
WORDS = LANES // 64
CERTAIN = np.uint64(1 << DIGITS)  # limit of a draw that always transmits; above: a given row

_GOLDEN = int(GOLDEN)
_WORD = ir.IntType(64)
_ROW = ir.VectorType(_WORD, WORDS)
_FLAGS = ir.IntType(WORDS)


@dataclass(frozen=True, eq=False)
class Wiring:
    """A circuit as the kernels read it: arcs by provider, shared groups apart.

    row: (N,) place of each node: those with the most arcs first, so that they share the cache
    start: (N + 1,) first arc of each row; target: (A,) row; member: (A,) member
    slot: (A,) place of the member among those of shared groups (threshold above 1), else -1
    foreign: (A,) arcs that count in another mode than their node's
    group: (S,) shared group of each slot; shared: (K,) the groups of the circuit that are shared
    plane: (K + 1,) first counter plane of each shared group
    """

    row: Ints
    start: Ints
    target: Any
    member: Ints
    slot: Any
    foreign: Bools
    group: Any
    shared: Ints
    threshold: Ints
    plane: Ints

    @classmethod
    def of(cls, circuit: Circuit) -> "Wiring":
        n, node = len(circuit.entity), circuit.node[circuit.group[circuit.member]]
        row = np.empty(n, np.int64)
        row[np.argsort(-np.bincount(node, minlength=n), kind="stable")] = np.arange(n)
        order = np.lexsort((row[node], row[circuit.provider]))
        member = circuit.member[order]
        shared = np.flatnonzero(circuit.threshold > 1)
        number = np.full(len(circuit.node), -1, np.int32)
        number[shared] = np.arange(len(shared))
        in_shared = np.flatnonzero(number[circuit.group] >= 0)
        slot = np.full(len(circuit.dependency), -1, np.int32)
        slot[in_shared] = np.arange(len(in_shared))
        sizes = np.diff(circuit.member_start)[shared]
        threshold = circuit.threshold[shared]
        planes = [int(max(s, t)).bit_length() for s, t in zip(sizes, threshold, strict=True)]
        return cls(
            row,
            np.searchsorted(row[circuit.provider[order]], np.arange(n + 1)),
            row[node[order]].astype(np.int32),
            member,
            slot[member],
            circuit.foreign[order],
            number[circuit.group[in_shared]],
            shared,
            threshold,
            np.concatenate([[0], np.cumsum(planes, dtype=np.int64)]).astype(np.int64),
        )

    def planes(self) -> Words:
        """(planes, 8) counters of all shared groups, at their start."""
        made = np.zeros((int(self.plane[-1]), WORDS), np.uint64)
        for k, threshold in enumerate(self.threshold.tolist()):
            first, last = int(self.plane[k]), int(self.plane[k + 1])
            start = (1 << (last - first)) - threshold
            for p in range(last - first):
                made[first + p] = ALL if start >> p & 1 else 0
        return made


@dataclass(frozen=True, eq=False)
class Drawing:
    """The draws of one run: per arc, and per switch of the shared groups.

    limit: below 2^32 the threshold of a hashed draw, 2^32 certain, 2^32 + 1 + r row r of `given`
    keys are salted with the seed
    """

    key: Words
    limit: Words
    switch_key: Words
    switch_limit: Words


@dataclass(frozen=True, eq=False)
class Scratch:
    """What one thread needs for a block; all but `hit` is clean again after each."""

    hit: Words
    delta: Words
    queue: Any
    queued: Bools

    @classmethod
    def of(cls, wiring: Wiring) -> "Scratch":
        n = len(wiring.row)
        rows = np.zeros((2, n, WORDS), np.uint64)
        return cls(rows[0], rows[1], np.empty(n + 1, np.int32), np.zeros(n, np.bool_))


def close_block(
    wiring: Wiring, drawing: Drawing, given: Words, first_block: int, origins: Ints, start: Words,
    scratch: Scratch,
) -> Words:  # fmt: skip
    """(N, 8) worlds in which each node is hit: the least fixpoint above the origins, 512 lanes.

    given: (rows, 8) live words of the draws that are not hashed
    first_block: number of the first block of 64 worlds; start: (8,) worlds that are looked at
    The GIL is released meanwhile.
    """
    k = len(wiring.shared)
    counter = np.arange(first_block + 1, first_block + WORDS + 1, dtype=np.uint64) * GOLDEN
    scratch.hit[:] = 0
    scratch.hit[wiring.row[origins]] = start
    _spread(
        wiring.start, wiring.target, wiring.slot, wiring.foreign, drawing.key, drawing.limit,
        given, wiring.group, wiring.plane, wiring.planes(), drawing.switch_key,
        drawing.switch_limit, np.zeros((len(wiring.group), WORDS), np.uint64),
        np.zeros((k, 3, WORDS), np.uint64), counter, scratch.hit, scratch.delta, scratch.queue,
        scratch.queued, np.zeros((4, WORDS), np.uint64),
    )  # fmt: skip
    return scratch.hit[wiring.row]


def reach(wiring: Wiring, passes: Bools, breaks_at: Ints, hit: Bools) -> Bools:
    """One lane: (N,) nodes hit, the least fixpoint above `hit` over the arcs that pass.

    passes: (A,) arcs that transmit, or empty where all do
    breaks_at: (K,) lost members that break each shared group
    """
    n = len(hit)
    rows = np.empty_like(hit)
    rows[wiring.row] = hit
    _reach(
        wiring.start, wiring.target, wiring.slot, wiring.foreign, passes, wiring.group, breaks_at,
        np.zeros(len(wiring.group), np.bool_), np.zeros(len(wiring.shared), np.int64),
        np.zeros(len(wiring.shared), np.bool_), rows, np.empty(n, np.int32),
    )  # fmt: skip
    return rows[wiring.row]


def _rows(value: int) -> ir.Constant:
    return ir.Constant(_ROW, [value] * WORDS)


def _splat(builder: ir.IRBuilder, word: ir.Value) -> ir.Value:
    nothing = ir.Constant(_ROW, ir.Undefined)
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WORDS), [0] * WORDS)
    first = builder.insert_element(nothing, word, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, zeros)


def _mixed(builder: ir.IRBuilder, z: ir.Value) -> ir.Value:
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = builder.mul(builder.xor(z, builder.lshr(z, _rows(shift))), _rows(factor))
    return builder.xor(z, builder.lshr(z, _rows(31)))


def _some(builder: ir.IRBuilder, row: ir.Value) -> ir.Value:
    flags = builder.bitcast(builder.icmp_unsigned("!=", row, _rows(0)), _FLAGS)
    return builder.icmp_unsigned("!=", flags, ir.Constant(_FLAGS, 0))


@intrinsic
def _push_row(typing: Any, key: Any, limit: Any, counter: Any, out: Any, hit: Any, new: Any) -> Any:
    """Draw `out & ~hit` below the limit, add what is live to `hit` and `new`: True if any was.

    counter, out, hit, new: addresses of rows of 8 words.
    """
    signature = types.boolean(types.uint64, types.uint64, *[types.uintp] * 4)

    def code(context: Any, b: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        key, limit, *addresses = arguments
        rows = [b.inttoptr(a, _ROW.as_pointer()) for a in addresses]
        counter, out, hit, new = (b.load(p, align=8) for p in rows[:4])
        wanted = b.and_(out, b.not_(hit))
        start, (work, first, digit, last, add, end) = (
            b.block,
            [
                b.function.append_basic_block(n)
                for n in ("work", "first", "digit", "last", "add", "end")
            ],
        )
        b.cbranch(_some(b, wanted), work, end)
        b.position_at_end(work)
        b.cbranch(b.icmp_unsigned(">=", limit, ir.Constant(_WORD, int(CERTAIN))), add, first)
        b.position_at_end(first)
        state0 = _mixed(b, b.add(_splat(b, key), counter))
        rest0 = b.shl(limit, ir.Constant(_WORD, 64 - DIGITS))
        b.cbranch(b.icmp_unsigned("!=", rest0, ir.Constant(_WORD, 0)), digit, end)
        b.position_at_end(digit)  # one binary digit of u, in all lanes: below where u has 0, q 1
        state, below, tied = b.phi(_ROW), b.phi(_ROW), b.phi(_ROW)
        rest = b.phi(_WORD)
        state1, below1, tied1, rest1 = state, below, tied, rest
        for _ in range(2):  # two digits at a time keep the multipliers busy; past the last: no-ops
            state1 = b.add(state1, _rows(_GOLDEN))
            bits = _mixed(b, state1)
            one = _splat(b, b.ashr(rest1, ir.Constant(_WORD, 63)))
            below1 = b.or_(below1, b.and_(b.and_(tied1, b.not_(bits)), one))
            tied1 = b.and_(tied1, b.not_(b.xor(bits, one)))
            rest1 = b.shl(rest1, ir.Constant(_WORD, 1))
        more = b.icmp_unsigned("!=", rest1, ir.Constant(_WORD, 0))
        for phi, before, after in (
            (state, state0, state1), (below, _rows(0), below1), (tied, wanted, tied1),
            (rest, rest0, rest1),
        ):  # fmt: skip
            phi.add_incoming(before, first)
            phi.add_incoming(after, digit)
        b.cbranch(b.and_(more, _some(b, tied1)), digit, last)
        b.position_at_end(last)
        b.cbranch(_some(b, below1), add, end)
        b.position_at_end(add)
        live = b.phi(_ROW)
        live.add_incoming(wanted, work)
        live.add_incoming(below1, last)
        b.store(b.or_(hit, live), rows[2], align=8)
        b.store(b.or_(new, live), rows[3], align=8)
        b.branch(end)
        b.position_at_end(end)
        grew = b.phi(ir.IntType(1))
        for block in (start, first, last):
            grew.add_incoming(ir.Constant(ir.IntType(1), 0), block)
        grew.add_incoming(ir.Constant(ir.IntType(1), 1), add)
        return grew

    return signature, code


@njit(nogil=True, inline="always")
def _mix(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(nogil=True)
def _below(key: Any, limit: Any, counter: Any, wanted: Any) -> Any:
    """One word: the wanted worlds whose draw lies below the limit."""
    state = _mix(key + counter)
    below, tied, rest = np.uint64(0), wanted, limit << np.uint64(32)
    while rest != 0 and tied != 0:
        state += np.uint64(0x9E3779B97F4A7C15)
        bits = _mix(state)
        if rest >> np.uint64(63):
            below |= tied & ~bits
            tied &= bits
        else:
            tied &= ~bits
        rest = rest << np.uint64(1)
    return below


@njit(nogil=True)
def _count(
    new: Any, planes: Any, state: Any, switch_key: Any, switch_limit: Any, given: Any,
    counter: Any, hit: Any, delta: Any,
) -> Any:  # fmt: skip
    """Add newly lost members to the counters of a group; hit its node where it breaks.

    state: rows of lanes in which a member is lost in the node's mode, is lost, the group breaks
    """
    certain = np.uint64(4294967296)
    own, touched, broken = state[0], state[1], state[2]
    grew = False
    for w in range(8):
        carry = new[w]
        first = carry & ~touched[w]
        touched[w] |= carry
        for p in range(len(planes)):
            plane = planes[p, w]
            planes[p, w] = plane ^ carry
            carry &= plane
        if first != 0 and switch_limit != certain:
            if switch_limit > certain:
                works = given[switch_limit - certain - 1, w]
            else:
                works = _below(switch_key, switch_limit, counter[w], first)
            carry |= first & ~works
        broken[w] |= carry
        carry = broken[w] & own[w] & ~hit[w]
        if carry != 0:
            hit[w] |= carry
            delta[w] |= carry
            grew = True
    return grew


@intrinsic
def _fetch_row(typing: Any, address: Any) -> Any:
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


_fetch: Any = _fetch_row
_push: Any = _push_row  # to type checkers, what an intrinsic is called with is not what it takes
_u8, _i4, _i8, _b1 = types.uint64, types.int32, types.int64, types.boolean
_row, _table = _u8[::1], _u8[:, ::1]


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _row, _row, _table, _i4[::1], _i8[::1], _table,
        _row, _row, _table, _u8[:, :, ::1], _row, _table, _table, _i4[::1], _b1[::1], _table,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _spread(
    start: Any, target: Any, slot: Any, foreign: Any, key: Any, limit: Any, given: Any,
    group: Any, plane: Any, planes: Any, switch_key: Any, switch_limit: Any, lost: Any,
    state: Any, counter: Any, hit: Any, delta: Any, queue: Any, queued: Any, scratch: Any,
) -> None:  # fmt: skip
    certain = np.uint64(4294967296)
    rows_hit, rows_delta, rows_lost = hit.ctypes.data, delta.ctypes.data, lost.ctypes.data
    rows, rows_state = scratch.ctypes.data, state.ctypes.data
    out, new, masked = scratch[0], scratch[1], scratch[2]
    at_counter = counter.ctypes.data
    size = len(queue)
    head = tail = 0
    for v in range(len(hit)):
        for w in range(8):
            if hit[v, w] != 0:
                queued[v] = True
                delta[v, w] = hit[v, w]
        if queued[v]:
            queue[tail] = v
            tail += 1
    while head != tail:
        v = queue[head]
        head = head + 1 if head + 1 < size else 0
        queued[v] = False
        for w in range(8):
            out[w] = delta[v, w]
            delta[v, w] = 0
        for a in range(start[v], start[v + 1]):
            t, s, q, source = target[a], slot[a], limit[a], rows
            ahead = a + 8  # memory answers late: ask for the rows of arcs to come
            if ahead < len(target):
                _fetch(rows_hit + 64 * target[ahead])
                _fetch(rows_delta + 64 * target[ahead])
            if q > certain:  # a row of given words
                for w in range(8):
                    masked[w] = out[w] & given[q - certain - 1, w]
                q, source = certain, rows + 128
            if s < 0:
                grew = _push(key[a], q, at_counter, source, rows_hit + 64 * t, rows_delta + 64 * t)
            else:
                g = group[s]
                for w in range(8):
                    new[w] = 0
                grew = _push(key[a], q, at_counter, source, rows_lost + 64 * s, rows + 64)
                if not foreign[a]:  # the first row of the state: lost in the node's own mode
                    own = _push(key[a], q, at_counter, source, rows_state + 192 * g, rows + 192)
                    grew = grew or own
                if grew:
                    grew = _count(
                        new, planes[plane[g] : plane[g + 1]], state[g], switch_key[g],
                        switch_limit[g], given, counter, hit[t], delta[t],
                    )  # fmt: skip
            if grew and not queued[t]:
                queued[t] = True
                queue[tail] = t
                tail = tail + 1 if tail + 1 < size else 0


@njit(
    types.void(
        _i8[::1], _i4[::1], _i4[::1], _b1[::1], _b1[::1], _i4[::1], _i8[::1], _b1[::1], _i8[::1],
        _b1[::1], _b1[::1], _i4[::1],
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def _reach(
    start: Any, target: Any, slot: Any, foreign: Any, passes: Any, group: Any, breaks_at: Any,
    lost: Any, count: Any, own: Any, hit: Any, queue: Any,
) -> None:  # fmt: skip
    shared, some_fail = len(group) > 0, len(passes) > 0
    tail = 0
    for v in range(len(hit)):
        if hit[v]:
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if hit[t] or (some_fail and not passes[a]):
                continue
            s = slot[a] if shared else -1
            if s >= 0:
                g = group[s]
                own[g] |= not foreign[a]
                if not lost[s]:
                    lost[s] = True
                    count[g] += 1
                if count[g] < breaks_at[g] or not own[g]:
                    continue
            hit[t] = True
            queue[tail] = t
            tail += 1


if _spread.stats.cache_misses:  # else loaded from the cache, in a fraction of a second
    _log.warning(
        "the lane kernel was compiled for this machine, once: %.0f s", perf_counter() - _begun
    )
