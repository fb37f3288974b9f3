"""Which worlds a question looks at: every case where few, else a number of random ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.circuit import Circuit, group_switch_keys, member_keys
from knockon.graph.draws import ALL, bernoulli, every_case, thresholds
from knockon.graph.graph import DependencyGraph

EXACT = 12  # up to this many uncertain draws, all 2^12 cases are looked at


@dataclass(frozen=True, eq=False)
class Block:
    """Some lanes of a run: the words `first`, `first + 1`, ... of all its lanes.

    weight: (L,) of each lane; cases: (U, W) words of the uncertain draws where these are
    enumerated, None where they are hashed
    """

    first: int
    weight: Floats
    cases: Words | None = None

    @property
    def words(self) -> int:
        return -(-len(self.weight) // 64)


@dataclass(frozen=True, eq=False)
class Run:
    """The draws that decide a circuit: one per dependency, then one per switch of a group.

    probability: (V,) that the dependency transmits, or that the switch works
    dependencies: (V,) behind the draws; those from `switches` on stand for their group's switch
    of_member: (M,) the draw of each member; of_group: (G,) of each group's switch, or -1
    """

    graph: DependencyGraph
    seed: int
    probability: Floats
    dependencies: Ints
    switches: int
    of_member: Ints
    of_group: Ints

    @classmethod
    def of(cls, graph: DependencyGraph, circuit: Circuit, strength: Floats, seed: int) -> "Run":
        """The run of a circuit with these strengths, (m,) for the dependencies of the graph."""
        dependencies, of_member = np.unique(circuit.dependency, return_inverse=True)
        switched = np.flatnonzero(circuit.switch_of >= 0)
        heads, of_switch = np.unique(
            graph.group_of[circuit.switch_of[switched]], return_inverse=True
        )
        first = np.unique(graph.group_of, return_index=True)[1] if len(heads) else heads
        members = first[heads]  # a dependency of each group with a switch
        of_group = np.full(len(circuit.node), -1)
        of_group[switched] = len(dependencies) + of_switch
        works = graph.dependencies["switch_probability"].to_numpy()[members]
        return cls(
            graph,
            seed,
            np.concatenate([strength[dependencies], works]),
            np.concatenate([dependencies, members]),
            len(dependencies),
            of_member,
            of_group,
        )

    @cached_property
    def uncertain(self) -> Ints:
        """The draws that may fall either way."""
        return np.flatnonzero((self.probability > 0) & (self.probability < 1))

    @cached_property
    def keys(self) -> Words:
        """(U,) identity of each uncertain draw."""
        transmits = self.uncertain[self.uncertain < self.switches]
        switch = self.uncertain[self.uncertain >= self.switches]
        return np.concatenate(
            [
                member_keys(self.graph, self.dependencies[transmits]),
                group_switch_keys(self.graph, self.dependencies[switch]),
            ]
        )

    @cached_property
    def limits(self) -> Words:
        """(V,) thresholds of all draws."""
        return thresholds(self.probability)

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
        for first in range(0, -(-worlds // 64), words):
            yield Block(first, np.ones(min(64 * words, worlds - 64 * first)))

    def live_and_stuck(self, block: Block) -> tuple[Words, Words]:
        """(M, W) where each member transmits, and (G, W) where each group's switch fails."""
        numbers = np.arange(block.first, block.first + block.words)
        bits = block.cases
        if bits is None:
            bits = bernoulli(self.keys, self.limits[self.uncertain], numbers, self.seed)
        certain = np.where(self.probability >= 1, ALL, np.uint64(0))
        words = np.repeat(certain[:, None], block.words, axis=1)
        words[self.uncertain] = bits
        stuck = np.zeros((len(self.of_group), block.words), np.uint64)
        switched = self.of_group >= 0
        stuck[switched] = ~words[self.of_group[switched]]
        return words[self.of_member], stuck
