"""What sets of fixes save, on common worlds: a lane is a world with a set of fixes made in it.

Where there are 64 worlds or more, a word is 64 worlds with one set, else 64 sets in one world.
Either way each draw is made once for all sets.
"""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from knockon.graph.analysis.hardening.gates import Gated
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.losses_numpy import spread_loss
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sums import add_whole, make_whole, weigh_lanes, weight_lanes, weight_rows
from knockon.graph.engine.uniforms import ALL, every_case
from knockon.graph.engine.worlds import Block, Run

ENDLESS = np.iinfo(np.int64).max
_FRACTIONS = 1 << 22  # numbers of a block where losses are fractions


class Cases(NamedTuple):
    """The worlds of a run. weight: (L,), sums to 1; bits: (U, words) of its uncertain draws."""

    weight: Floats
    bits: Words


def draw_cases(run: Run, worlds: int | None) -> Cases:
    """The first so many random worlds; None: every case there can be."""
    if worlds is None:
        weight = np.ones(1)
        for p in run.probability[run.uncertain]:
            weight = np.concatenate([weight * (1 - p), weight * p])
        return Cases(weight, every_case(len(run.uncertain)))
    numbers = np.arange(-(-worlds // 64))
    bits = run.draw(int(numbers[0]), len(numbers))
    return Cases(np.full(worlds, 1 / worlds), bits)


class SetLanes:
    """A failure with fixes as switches, and the worlds in which sets of them are tried.

    sets: how many will be tried at a time, about
    """

    def __init__(self, gated: Gated, cases: Cases, run: Run, sets: int) -> None:
        self.gated, self.cases, self.run = gated, cases, run
        words = len(cases.weight) * -(-sets // 64)
        self.lanes = Lanes(gated.circuit, words, memory=gated.prepared.scenario.memory)
        self.fixes = np.flatnonzero(gated.node >= 0)
        self.by_world = len(cases.weight) >= 64

    @cached_property
    def base(self) -> float:
        """Expected impact on others without a fix."""
        prepared, weight = self.gated.prepared, self.cases.weight
        if not len(self.gated.circuit.node):
            return 0.0
        if not prepared.whole:
            return float(self._sum_fractions(self._nothing)[0])
        total = 0.0
        for _, worlds, hit in self._close(self._nothing):
            words = join_nodes(prepared, hit)
            for place, word in enumerate(self._columns(worlds)):
                some = weight[64 * word : 64 * word + 64] if self.by_world else weight[[word]]
                stake, unit = self._stakes
                lanes = add_whole(words[:, [place]], stake, len(some)).astype(np.float64) * unit
                total = weigh_lanes(lanes, some, total)
        return total

    def save(self, sets: Bools) -> Floats:
        """(S,) of the base what each set of fixes saves; sets: (S, C)."""
        if not len(self.gated.circuit.node):
            return np.zeros(len(sets))
        if not self.gated.prepared.whole:
            return self.base - self._sum_fractions(sets)
        found = np.zeros(len(sets))
        for rows, worlds, hit in self._close(sets):
            saved = self._add_saved(worlds, hit)
            self._weigh(found[rows.start : rows.stop], saved, worlds)
        return found

    @property
    def _nothing(self) -> Bools:
        return np.zeros((1, len(self.gated.node)), np.bool_)

    def _close(self, sets: Bools) -> Iterator[tuple[range, range, Words]]:
        """Some sets, some worlds, and the lanes in which each node is hit."""
        kept: deque[tuple[range, range]] = deque()

        def feed() -> Iterator[Block]:
            for block, rows, worlds in list_blocks(self, sets, by_world=self.by_world):
                kept.append((rows, worlds))
                yield block

        for _, hit in self.lanes.close(self.run, feed()):
            yield *kept.popleft(), hit

    @cached_property
    def _hit(self) -> Words:
        """(E, B) who is hit without a fix: a word for 64 worlds, or, all bits alike, for one."""
        parts = [join_nodes(self.gated.prepared, hit) for _, _, hit in self._close(self._nothing)]
        words = np.concatenate(parts, axis=1)
        if self.by_world:
            return np.ascontiguousarray(words)
        return np.where(words & np.uint64(1), ALL, np.uint64(0))

    def _columns(self, worlds: range) -> range:
        """The words of the base that stand for these worlds."""
        return range(worlds.start // 64, worlds.start // 64 + 1) if self.by_world else worlds

    def _add_saved(self, worlds: range, hit: Words) -> Floats:
        """(64 W,) stakes of those saved in each lane of a block."""
        prepared, columns = self.gated.prepared, np.array(self._columns(worlds))
        of = np.repeat(columns, hit.shape[1] // len(columns))
        stake, unit = self._stakes
        if not self.lanes.compiled:
            saved = self._hit[:, of] & ~join_nodes(prepared, hit)
            some = np.flatnonzero(saved.any(axis=1))
            saving = add_whole(saved[some], stake[some], 64 * len(of))
            return saving.astype(np.float64) * unit
        from knockon.graph.engine.kernels.savings_numba import savings_kernel

        found = np.zeros(64 * len(of), np.int64)
        hit = np.ascontiguousarray(hit)
        savings_kernel(*self._nodes, stake, self._hit, of, hit, found)
        return found.astype(np.float64) * unit

    @cached_property
    def _stakes(self) -> tuple[Ints, float]:
        """(E,) what others stake, as whole numbers, and what one of these stands for."""
        return make_whole(self.gated.prepared.at_stake_of_others)

    @cached_property
    def _nodes(self) -> tuple[Ints, Ints]:
        """The nodes by entity, and where those of each begin."""
        nodes = self.gated.prepared.nodes
        order = np.argsort(nodes.of_node, kind="stable")
        first = np.searchsorted(nodes.of_node[order], np.append(nodes.entity, ENDLESS))
        return order.astype(np.int64), first.astype(np.int64)

    def _weigh(self, total: Floats, lanes: Floats, worlds: range) -> None:
        """Add figures lane by lane, weighed by the worlds, to the total (rows,)."""
        weight = self.cases.weight[worlds.start : worlds.stop]
        if self.by_world:
            weight_lanes(total, lanes.reshape(len(total), 64)[:, : len(worlds)], weight)
            return
        for of_world, w in zip(lanes.reshape(len(worlds), -1), weight, strict=True):
            total += w * of_world[: len(total)]

    def _sum_fractions(self, sets: Bools) -> Floats:
        """(S,) expected impact where losses are fractions: a number a lane."""
        gated, prepared = self.gated, self.gated.prepared
        dependency = gated.circuit.dependency
        loss = prepared.graph.dependencies["loss"].to_numpy()
        share = np.where(dependency < 0, 1.0, loss[dependency])
        found = np.zeros(len(sets))
        for block, rows, worlds in list_blocks(self, sets, by_world=self.by_world):
            lanes = len(block.weight)
            live, stuck = (unpack(w, lanes) for w in self.run.live_and_stuck(block))
            start = np.zeros((len(gated.circuit.entity), lanes))
            start[block.nodes] = unpack(block.hit, lanes)  # type: ignore[arg-type]
            start[prepared.origins] = prepared.severity[:, None]
            x = spread_loss(gated.circuit, share, live, stuck, start, np.zeros(0, np.int64))
            total = weight_rows(prepared.nodes.join(x, np.maximum), prepared.at_stake_of_others)
            self._weigh(found[rows.start : rows.stop], total, worlds)
        return found


def join_nodes(prepared: Prepared, nodes: Words) -> Words:
    """(E, W) lanes in which each entity is hit, of (N, W) those of the nodes of a gated circuit."""
    return prepared.nodes.join(nodes, np.bitwise_or)


def list_blocks(
    lanes: SetLanes, sets: Bools, *, by_world: bool
) -> Iterator[tuple[Block, range, range]]:
    """Blocks of lanes: which sets, which worlds.

    by_world: a word is 64 worlds with one set; else 64 sets in one world
    """
    width = lanes.lanes.words(fractional=not lanes.gated.prepared.whole)
    if not lanes.gated.prepared.whole:
        width = max(1, _FRACTIONS // (64 * max(1, len(lanes.gated.circuit.entity))))
    missing = ~sets[:, lanes.fixes]
    origins, nodes = lanes.gated.prepared.origins, lanes.gated.node[lanes.fixes]
    at = np.concatenate([origins, nodes])
    worlds = len(lanes.cases.weight)
    if by_world:
        flags = np.where(missing.T, ALL, np.uint64(0))
        for word in range(-(-worlds // 64)):
            bits = lanes.cases.bits[:, word : word + 1]
            some = range(64 * word, min(64 * word + 64, worlds))
            for first in range(0, len(sets), width):
                part = flags[:, first : first + width]
                rows = range(first, first + part.shape[1])
                yield _make_block(at, part, len(origins), np.repeat(bits, len(rows), 1)), rows, some
        return
    packed = pack(missing.T)
    words = packed.shape[1]
    several = max(1, width // words)  # worlds of a block
    for begin in range(0, worlds, several):
        some = range(begin, min(begin + several, worlds))
        live = _spread_bits(lanes.cases.bits, some)
        for first in range(0, words, width):
            part = packed[:, first : first + width]
            rows = range(64 * first, min(64 * (first + part.shape[1]), len(sets)))
            bits = np.repeat(live, part.shape[1], axis=1)
            flags = np.tile(part, (1, len(some)))
            yield _make_block(at, flags, len(origins), bits), rows, some


def _spread_bits(bits: Words, worlds: range) -> Words:
    """(U, worlds) what each draw is in these worlds, all bits of a word alike."""
    numbers = np.arange(worlds.start, worlds.stop)
    bit = (bits[:, numbers // 64] >> (numbers % 64).astype(np.uint64)) & np.uint64(1)
    return np.where(bit == 1, ALL, np.uint64(0))


def _make_block(at: Ints, flags: Words, origins: int, bits: Words) -> Block:
    hit = np.concatenate([np.full((origins, flags.shape[1]), ALL), flags])
    return Block(0, np.ones(64 * flags.shape[1]), np.ascontiguousarray(bits), at, hit)


def pack(bits: Bools) -> Words:
    """(rows, words) booleans (rows, lanes) as words, lane i in bit i."""
    padded = np.zeros((len(bits), -(-max(bits.shape[1], 1) // 64) * 64), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
