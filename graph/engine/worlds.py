"""Which worlds a question looks at: every case where few, else a number of random ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.draws import SWITCH_WORKS, Draws
from knockon.graph.engine.sharing import Sharing
from knockon.graph.engine.uniforms import ALL, bernoulli, every_case, thresholds

EXACT = 12  # up to this many uncertain draws, all 2^12 cases are looked at


@dataclass(frozen=True, eq=False)
class Block:
    """Some lanes of a run: the words `first`, `first + 1`, ... of all its lanes.

    weight: (L,) of each lane; cases: (U, W) words of the uncertain draws where these are
    enumerated, None where they are hashed
    nodes, hit: (k,) nodes and (k, W) lanes in which each is hit from the start, where lanes
    differ in what fails; None where the same fails in all
    """

    first: int
    weight: Floats
    cases: Words | None = None
    nodes: Ints | None = None
    hit: Words | None = None

    @property
    def words(self) -> int:
        return -(-len(self.weight) // 64)

    def given(self, sharing: Sharing | None) -> Words | None:
        """(rows, W) words of the draws that compiled kernels do not hash: the cases, or shared
        draws."""
        if self.cases is not None or sharing is None:
            return self.cases
        return sharing.draw(self.first, self.words, compiled=True)


@dataclass(frozen=True, eq=False)
class Run:
    """One of the coupled runs over the same draws: how likely each is.

    probability: (V,) of each draw
    """

    draws: Draws
    seed: int
    probability: Floats

    @classmethod
    def of(cls, draws: Draws, seed: int) -> "Run":
        """The run at the assumed strengths."""
        return cls(draws, seed, draws.strengths.middle)

    @classmethod
    def each(cls, draws: Draws, seed: int) -> "tuple[Run, ...]":
        """The low, middle and high runs, or the middle one alone where all are alike."""
        strengths = draws.strengths[:1] if draws.strengths.alike else draws.strengths
        return tuple(cls(draws, seed, q) for q in strengths)

    def in_world(self, world: int) -> "Run":
        """This one world for all lanes: what it draws happens for sure, or never."""
        bits = self.draw(world // 64, 1)[:, 0]
        decided = self.probability.copy()
        decided[self.uncertain] = (bits >> np.uint64(world % 64)) & np.uint64(1)
        return replace(self, probability=decided)

    def widen(self) -> "tuple[Run, Run]":
        """The run with all that can happen, and with only what is sure to; all drawn are certain.

        A switch that works spares: where most happens, one that may fail does.
        """
        likely, switch = self.probability, self.draws.kind == SWITCH_WORKS
        most = np.where(switch, likely >= 1, likely > 0).astype(np.float64)
        least = np.where(switch, likely > 0, likely >= 1).astype(np.float64)
        return replace(self, probability=most), replace(self, probability=least)

    @cached_property
    def uncertain(self) -> Ints:
        """The draws that may fall either way."""
        return np.flatnonzero((self.probability > 0) & (self.probability < 1))

    @cached_property
    def keys(self) -> Words:
        """(U,) identity of each uncertain draw."""
        return self.draws.key[self.uncertain]

    @cached_property
    def limits(self) -> Words:
        """(U,) thresholds of the uncertain draws."""
        return thresholds(self.probability[self.uncertain])

    @cached_property
    def sharing(self) -> Sharing | None:
        """The draws that share a strength with others of their cause; None where none does."""
        draws, rows = self.draws, self.uncertain
        place = np.flatnonzero(draws.rho[rows] > 0)
        if not len(place):
            return None
        at = rows[place]
        return Sharing.of(
            place, draws.key[at], draws.cause_key[at], self.probability[at], draws.rho[at],
            self.seed,
        )  # fmt: skip

    @property
    def shared_rows(self) -> Ints:
        """The draws of `sharing`."""
        if self.sharing is None:
            return self.uncertain[:0]
        return self.uncertain[self.sharing.place]

    @cached_property
    def shares(self) -> bool:
        """Whether two uncertain draws are of one cause, so that they do not fall alone."""
        return self.sharing is not None and self.sharing.several

    def draw(self, first: int, words: int) -> Words:
        """(U, W) the worlds of the words `first`, `first + 1`, ... in which each uncertain draw
        happens."""
        bits = bernoulli(self.keys, self.limits, np.arange(first, first + words), self.seed)
        if self.sharing is not None:
            bits[self.sharing.place] = self.sharing.draw(first, words)
        return bits

    def every_case(self, words: int) -> Iterator[Block]:
        """Every case of the uncertain draws with its probability, `words` times 64 at a time."""
        cases = every_case(len(self.uncertain))
        weight = np.ones(1)
        for p in self.probability[self.uncertain]:
            weight = np.concatenate([weight * (1 - p), weight * p])
        for first in range(0, cases.shape[1], words):
            part = np.ascontiguousarray(cases[:, first : first + words])
            yield Block(first, weight[64 * first : 64 * (first + words)], part)

    def random_worlds(self, worlds: int, words: int) -> Iterator[Block]:
        """Random worlds 0..worlds-1, each of weight 1, `words` times 64 at a time."""
        yield from blocks_of(worlds, words)

    def live_and_stuck(self, block: Block) -> tuple[Words, Words]:
        """(M, W) where each member transmits, and (G, W) where each group's switch fails."""
        bits = block.cases
        if bits is None:
            bits = self.draw(block.first, block.words)
        certain = np.where(self.probability >= 1, ALL, np.uint64(0))
        words = np.repeat(certain[:, None], block.words, axis=1)
        words[self.uncertain] = bits
        stuck = np.zeros((len(self.draws.of_group), block.words), np.uint64)
        switched = self.draws.of_group >= 0
        stuck[switched] = ~words[self.draws.of_group[switched]]
        return words[self.draws.of_member], stuck


def blocks_of(lanes: int, words: int, first: int = 0) -> Iterator[Block]:
    """Lanes of weight 1, `words` times 64 at a time, from the word `first` on."""
    for begin in range(first, -(-lanes // 64), words):
        yield Block(begin, np.ones(min(64 * words, lanes - 64 * begin)))


def each_alone(nodes: Ints, words: int) -> Iterator[Block]:
    """One lane for each of the nodes: it fails alone. `words` times 64 lanes at a time."""
    yield from each_set(nodes, np.arange(len(nodes) + 1), words)


def each_set(members: Ints, starts: Ints, words: int) -> Iterator[Block]:
    """One lane for each set of nodes that fail together, `words` times 64 lanes at a time.

    members: nodes of all sets in a row; starts: (S + 1,) where each set begins in them
    """
    for block in blocks_of(len(starts) - 1, words):
        begin = 64 * block.first
        ends = starts[begin : begin + len(block.weight) + 1]
        inside = members[ends[0] : ends[-1]]
        lane = np.repeat(np.arange(len(block.weight)), np.diff(ends))
        nodes, row = np.unique(inside, return_inverse=True)
        hit = np.zeros((len(nodes), block.words), np.uint64)
        bit = np.uint64(1) << (lane % 64).astype(np.uint64)
        np.bitwise_or.at(hit, (row, lane // 64), bit)
        yield replace(block, nodes=nodes, hit=hit)
