"""Which worlds a question looks at: every case where few, else a number of random ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words, every, firsts
from knockon.graph.engine.circuit import Circuit, group_switch_keys, member_keys
from knockon.graph.engine.draws import ALL, bernoulli, every_case, thresholds
from knockon.graph.model.graph import DependencyGraph

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


class _Keys:
    """The identity keys of draws, made when first asked for and then shared by several runs."""

    def __init__(self, graph: DependencyGraph, dependencies: Ints, switches: int) -> None:
        self.graph, self.dependencies, self.switches = graph, dependencies, switches

    @cached_property
    def values(self) -> Words:
        """(V,) by draw; 0 where the strength is 0 or 1 whatever is assumed, so that none is."""
        return self.made()

    def made(self) -> Words:
        """The same, not kept."""
        stated = self.graph.dependencies["probability"].to_numpy()
        if len(self.dependencies) and self.dependencies.max() >= len(stated):  # draws of rings
            stated = np.append(stated, np.full(self.graph.size, np.nan))
        found = np.zeros(len(self.dependencies), np.uint64)
        transmit, switch = np.split(self.dependencies, [self.switches])
        fixed = (stated == 0) | (stated == 1)
        if fixed.any():
            drawn = np.flatnonzero(~fixed[transmit])
            found[drawn] = member_keys(self.graph, transmit[drawn])
        else:
            found[: self.switches] = member_keys(self.graph, transmit)
        if not len(switch):
            return found
        works = self.graph.dependencies["switch_probability"].to_numpy()
        drawn = np.flatnonzero((works[switch] > 0) & (works[switch] < 1))
        found[drawn + self.switches] = group_switch_keys(self.graph, switch[drawn])
        return found


@dataclass(frozen=True, eq=False)
class Run:
    """The draws that decide a circuit: one per dependency, then one per switch of a group.

    probability: (V,) that the dependency transmits, or that the switch works
    dependencies: (V,) behind the draws; those from `switches` on stand for their group's switch,
    number m + i before them for the ring of entity i, m being the dependencies of the graph
    of_member: (M,) the draw of each member; of_group: (G,) of each group's switch, or -1
    """

    graph: DependencyGraph
    seed: int
    probability: Floats
    dependencies: Ints
    switches: int
    of_member: Ints
    of_group: Ints
    identities: _Keys

    @classmethod
    def of(cls, graph: DependencyGraph, circuit: Circuit, strength: Floats, seed: int) -> "Run":
        """The run of a circuit with these strengths, (m,) for the dependencies of the graph."""
        dependencies, of_member = _distinct_draws(circuit.dependency)
        switched = np.flatnonzero(circuit.switch_of >= 0)
        heads, of_switch = np.unique(
            graph.group_of[circuit.switch_of[switched]], return_inverse=True
        )
        first = np.unique(graph.group_of, return_index=True)[1] if len(heads) else heads
        members = first[heads]  # a dependency of each group with a switch
        of_group = np.full(len(circuit.node), -1, np.int32)
        of_group[switched] = len(dependencies) + of_switch
        behind, probability = dependencies, strength[dependencies]
        if len(members):
            works = graph.dependencies["switch_probability"].to_numpy()[members]
            behind = np.concatenate([dependencies, members])
            probability = np.concatenate([probability, works])
        return cls(
            graph,
            seed,
            probability,
            behind,
            len(dependencies),
            of_member,
            of_group,
            _Keys(graph, behind, len(dependencies)),
        )

    def with_strengths(self, strength: Floats) -> "Run":
        """The same draws under other strengths, (m,) for the dependencies of the graph."""
        changed = self.probability.copy()
        changed[: self.switches] = strength[self.dependencies[: self.switches]]
        return replace(self, probability=changed)

    def in_world(self, world: int) -> "Run":
        """This one world for all lanes: what it draws happens for sure, or never."""
        block = np.array([world // 64])
        bits = bernoulli(self.keys, self.limits[self.uncertain], block, self.seed)[:, 0]
        decided = self.probability.copy()
        decided[self.uncertain] = (bits >> np.uint64(world % 64)) & np.uint64(1)
        return replace(self, probability=decided)

    @cached_property
    def uncertain(self) -> Ints:
        """The draws that may fall either way."""
        return np.flatnonzero((self.probability > 0) & (self.probability < 1))

    @property
    def keys(self) -> Words:
        """(U,) identity of each uncertain draw."""
        return self.identities.values[self.uncertain]

    @property
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
        yield from blocks_of(worlds, words)

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


def _distinct_draws(dependency: Ints) -> tuple[Ints, Ints]:
    """The dependencies behind members (M,), each once, and the place of each member's there."""
    if bool((dependency[1:] > dependency[:-1]).all()):
        return dependency, every(len(dependency))
    order = np.argsort(dependency, kind="stable")
    first = firsts(dependency[order])
    place = np.empty(len(dependency), np.int32)
    place[order] = np.cumsum(first) - 1
    return dependency[order][first], place
