"""All origins of a world at once, and the two graphs without groups that hold every world.

With one mode, origins are counted with all groups, by what the largest circle of a world takes with
it (`kernels.counts_numba`). Two graphs without groups hold every world between them: in the lower
one a group with a spare never breaks and nothing changes its mode, in the upper one every member is
needed alone. There being hit is being reached, so that it can be searched for backwards.
"""

from functools import cached_property
from os import cpu_count
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.executor import Workspace
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.memory import workers
from knockon.graph.engine.sweeps import Few, Sweeps
from knockon.graph.engine.uniforms import ALL
from knockon.graph.engine.worlds import Run, blocks_of

MOST_STEPS = 400_000_000  # arcs that the searches of one world may look at: some two seconds


class Counting(NamedTuple):
    """What is the same for the words of a block. ways: without what is live, of which `live` has
    the draws and `of_arc`, `of_switch` say whose."""

    ways: Any
    counted: Any
    live: Words
    of_arc: Ints
    of_switch: Ints
    most: int


class Side(NamedTuple):
    """A graph to count in: which arcs are in it, (A,); whether groups are groups."""

    name: str
    arcs: Bools
    grouped: bool


class TooFarError(Exception):
    """The searches of a world take too many steps to be counted one by one."""


class Counts:
    """The origins of sweeps, counted world by world."""

    def __init__(self, sweeps: Sweeps) -> None:
        self.sweeps, self.executor = sweeps, sweeps.executor

    @cached_property
    def one_mode(self) -> bool:
        """Whether nothing arrives in another mode than that of the origins."""
        return bool(self._own[self.sweeps.wiring.arcs.target].all())

    @cached_property
    def _own(self) -> Bools:
        own = np.zeros(len(self.sweeps.entity), np.bool_)
        own[self.sweeps.wiring.row[: len(self.sweeps.tallied.value)]] = True
        return own

    @cached_property
    def exact(self) -> Side:
        """The graph as it is, where there is one mode."""
        return Side("exact", np.ones(len(self.sweeps.wiring.arcs.target), np.bool_), True)

    @cached_property
    def lower(self) -> Side:
        """No group with a spare breaks, and nothing arrives in another mode than the origins'."""
        arcs = self.sweeps.wiring.arcs
        alone = arcs.slot < 0 if len(arcs.slot) else np.ones(len(arcs.target), np.bool_)
        return Side("lower", alone & self._own[arcs.target], False)

    @cached_property
    def upper(self) -> Side:
        """Every member of a group is needed alone."""
        return Side("upper", np.ones(len(self.sweeps.wiring.arcs.target), np.bool_), False)

    @property
    def tight(self) -> bool:
        """Whether both sides are one graph, so that what is counted is what is hit."""
        return bool(self.lower.arcs.all())

    def measure(self, happens: Bools) -> float:
        """How many others all origins together reach where these draws (V,) happen, in the upper
        graph. Raises TooFarError."""
        words = np.where(np.append(happens, False), ALL, np.uint64(0))
        sums, steps = self._count_words(self.upper, words[:, None], [1])
        if steps[1]:
            raise TooFarError
        return float(sums[:, 0].sum())

    def count(self, run: Run, worlds: int, side: Side) -> Floats:
        """(k, SUMS) of all origins over so many worlds. Raises TooFarError."""
        total = np.zeros((len(self.sweeps.origins), 5))
        for block in blocks_of(worlds, WORDS):
            live = self.sweeps.draw_words(run, block.first)
            inside = [min(64, len(block.weight) - 64 * w) for w in range(block.words)]
            sums, steps = self._count_words(side, live, inside)
            if steps[1]:
                raise TooFarError
            total += sums
        return total

    def _count_words(self, side: Side, live: Words, inside: list[int]) -> tuple[Floats, Ints]:
        """Sums of all words, in their order, and the steps that they took."""
        from knockon.graph.engine.kernels.counts_numba import Ways, World, count_kernel

        sweeps, wiring = self.sweeps, self.sweeps.wiring
        nothing = Few(
            np.zeros(len(sweeps.origins), np.bool_),
            np.zeros(len(sweeps.origins) + 1, np.int64), np.zeros(0, np.int32),
        )  # fmt: skip
        every = np.arange(len(sweeps.origins))
        of_arc = np.where(side.arcs, sweeps.of_arc, len(sweeps.draws.key)).astype(np.int32)
        none, groups = np.zeros(0, np.int32), wiring.groups
        empty = np.zeros(0, np.uint64)
        slot, of_slot = (wiring.arcs.slot, groups.of_slot) if side.grouped else (none, none)
        threshold = groups.threshold if side.grouped else none.astype(np.int64)
        of_switch = sweeps.draws.of_group[wiring.group] if side.grouped else none
        ways = Ways(wiring.arcs.start, wiring.arcs.target, slot, empty, of_slot, threshold, empty)
        shared = Counting(ways, sweeps.count(nothing, every), live, of_arc, of_switch, MOST_STEPS)
        n, arcs, units = len(wiring.row), len(wiring.arcs.target), len(sweeps.tallied.value)
        each = 110 * n + 20 * arcs + 9 * units + 40 * len(sweeps.origins) + 24 * len(of_slot)
        count = workers(wiring.bytes + live.nbytes, each, cpu_count() or 1, sweeps.memory)
        count_kernel.load()
        total, steps = np.zeros((len(sweeps.origins), 5)), np.zeros(2, np.int64)
        sizes = (n, arcs, units, len(of_slot), len(threshold))
        for _, (sums, taken) in self.executor.run(
            count_word, shared, enumerate(inside), workers=count,
            workspace=Workspace(World.of, sizes),
        ):  # fmt: skip
            total += sums
            steps += taken
        return total, steps


def count_word(shared: Counting, scratch: Any, word: tuple[int, int]) -> tuple[Floats, Ints]:
    """The sums of all origins over the first worlds of a word, and the steps taken."""
    from knockon.graph.engine.kernels.counts_numba import count_kernel

    column, worlds = word
    sums, steps = np.zeros((len(shared.counted.origin), 5)), np.zeros(2, np.int64)
    happens = np.ascontiguousarray(shared.live[:, column])
    works = np.where(shared.of_switch >= 0, happens[shared.of_switch], ALL)
    ways = shared.ways._replace(live=happens[shared.of_arc], works=works)
    count_kernel(ways, worlds, shared.most, shared.counted, scratch, sums, steps)
    return sums, steps
