"""Outages that last: the interval in which each node of a circuit is down, world by world.

The kernel is `kernels.times_numpy` or `times_numba`; here it is given its arrays and its draws,
which are those of the lane kernel, in the form that suits the work: numpy, which starts at once, or
compiled. Both give the same bits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from os import cpu_count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.components import order_nodes
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.executor import Executor, Threads, Workspace
from knockon.graph.engine.hour_draws import HourDraws, Ranges
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.layout import CERTAIN, Drawing, Worlds
from knockon.graph.engine.kernels.times_numpy import Drawn, find_times
from knockon.graph.engine.kernels.times_shape import Found, Shape
from knockon.graph.engine.sharing import Sharing
from knockon.graph.engine.uniforms import (
    DIGITS,
    salt,
    thresholds,
)
from knockon.graph.engine.worlds import Block, Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import LONGEST, TO, Hours
from knockon.graph.scenario.rollout import Ring, sum_shares

COMPILED_FROM = 20_000_000  # arcs times worlds that pay for the start of the compiled form
_CYCLE = 8  # pairs of nodes of a cycle that cost the numpy form what an arc does
_CELLS = 1 << 23  # of a table of nodes or members by worlds: 64 MiB
_WORDS = 8  # of 64 worlds each, at most in a block


@dataclass(frozen=True, eq=False)
class Times:
    """The worlds of a block, (rows, L) each. Not down: start inf, end -inf.

    start, end: (N, L) hours; counts: (M, L) members that count as lost, state: (G, L) what became
    of groups with a spare; both None where losses are whole
    """

    start: Floats
    end: Floats
    counts: Bools | None
    state: npt.NDArray[np.uint8] | None


class Timeline:
    """A circuit whose times are wanted in many worlds.

    circuit: with the nodes of rings, if any, after all others (`staging.add_rings`)
    draws: of the circuit; rings: of the rollout; fractional: whether losses are wanted too
    executor: where the blocks of the compiled form run; None: in threads
    """

    def __init__(
        self, graph: DependencyGraph, circuit: Circuit, draws: Draws, origins: Ints, hours: Hours,
        seed: int, *, rings: tuple[Ring, ...] = (), halt: float | None = None,
        fractional: bool = False, executor: Executor | None = None,
    ) -> None:  # fmt: skip
        self.circuit, self.fractional = circuit, fractional
        self.executor = executor or Threads()
        begun = [r for r in rings if halt is None or r.start_hours < halt]
        ranges = Ranges(graph)
        self.shape = self._shape(graph, ranges, origins, begun)
        waiting = np.flatnonzero(circuit.dependency < 0)
        several = len(begun) > 1  # one start for all that get the update needs no draw
        self.drawn = HourDraws(
            seed, hours, *ranges.joined(),
            draws.key[draws.of_member[waiting]] if several else np.zeros(0, np.uint64),
            thresholds(sum_shares(rings)) / 2.0**DIGITS,
            np.array([r.start_hours for r in rings]),
        )  # fmt: skip

    def pays(self, worlds: int) -> bool:
        """Whether so many worlds are worth the compiled form. Cycles cost their size squared."""
        sizes = np.diff(self.shape.first).astype(np.float64)
        circles = float((sizes[sizes > 1] ** 2).sum()) / _CYCLE
        return (len(self.circuit.provider) + circles) * worlds >= COMPILED_FROM

    @property
    def words(self) -> int:
        """Words of 64 worlds in a block."""
        height = len(self.circuit.entity) + len(self.circuit.dependency)
        return min(_WORDS, max(1, _CELLS // (64 * max(1, height))))

    def times(
        self, run: Run, blocks: Iterable[Block], *, compiled: bool
    ) -> Iterator[tuple[Block, Times]]:
        """Each block with its times, in the order of blocks."""
        if not len(run.uncertain) and self.drawn.certain:
            yield from self._repeat_one(run, blocks, compiled=compiled)
            return
        if not compiled:
            for block in blocks:
                yield block, self._times(run, block, compiled=False)
            return
        blocks = iter(blocks)
        for first in blocks:
            yield from self._compiled(run, chain([first], blocks), given=first.cases is not None)

    def _compiled(
        self, run: Run, blocks: Iterable[Block], *, given: bool
    ) -> Iterator[tuple[Block, Times]]:
        """As many blocks at a time as there are cores, no more ahead of the caller."""
        from knockon.graph.engine.kernels.times_numba import Scratch, size_scratch, times_kernel

        shared = Timing(
            self.shape, self._draw(run, given=given), self.drawn, self.fractional, run.sharing
        )  # fmt: skip
        times_kernel.load()
        yield from self.executor.run(
            find_block, shared, blocks, workers=cpu_count() or 1,
            workspace=Workspace(Scratch.of, size_scratch(self.shape, self.words)),
        )  # fmt: skip

    def _draw(self, run: Run, *, given: bool) -> Drawing:
        """The draws by arc and by group; given: uncertain ones are rows of given words, else those
        that share a strength are."""
        key, limit = run.draws.key ^ salt(run.seed), thresholds(run.probability)
        rows = run.uncertain if given else run.shared_rows
        limit[rows] = CERTAIN + np.uint64(1) + np.arange(len(rows), dtype=np.uint64)
        of_arc, of_group = run.draws.of_member[self.shape.arc_member], run.draws.of_group
        works = np.where(of_group >= 0, limit[of_group], CERTAIN)
        return Drawing(key[of_arc], limit[of_arc], key[of_group], works)

    def _repeat_one(
        self, run: Run, blocks: Iterable[Block], *, compiled: bool
    ) -> Iterator[tuple[Block, Times]]:
        """Nothing is drawn: all worlds are as the first."""
        one: Times | None = None
        for block in blocks:
            one = one or self._times(run, Block(0, np.ones(1)), compiled=compiled)
            lanes = len(block.weight)
            parts = (one.start, one.end, one.counts, one.state)
            yield (
                block,
                Times(
                    *(None if x is None else np.repeat(x, lanes, axis=1) for x in parts)  # type: ignore[arg-type]
                ),
            )

    def _times(self, run: Run, block: Block, *, compiled: bool) -> Times:
        if compiled:
            ((_, times),) = self._compiled(run, [block], given=block.cases is not None)
            return times
        lanes = len(block.weight)
        live, stuck = (unpack(words, lanes) for words in run.live_and_stuck(block))
        drawn = Drawn(live, stuck, *self.drawn.table(block))
        return _times(find_times(
            LONGEST, self.circuit, self.shape, drawn, fractional=self.fractional
        ), self.fractional)  # fmt: skip

    def _shape(
        self, graph: DependencyGraph, ranges: Ranges, origins: Ints, begun: list[Ring]
    ) -> Shape:
        c, n = self.circuit, len(self.circuit.entity)
        by_provider = np.argsort(c.provider, kind="stable")
        arc_start = np.searchsorted(c.provider[by_provider], np.arange(n + 1))
        arc_member = c.member[by_provider]
        waiting = np.flatnonzero(c.dependency < 0)  # members of the nodes of rings
        real = np.flatnonzero(c.dependency >= 0)
        grace, grace_row = np.zeros(len(c.dependency)), np.full(len(c.dependency), -1)
        pause, pause_row = grace.copy(), grace_row.copy()
        numbers = c.dependency[real]
        grace[real], grace_row[real] = ranges.column("grace_hours", numbers, entities=False)
        pause[real], pause_row[real] = ranges.column("switch_hours", numbers, entities=False)
        if len(begun) == 1:
            grace[waiting] = begun[0].start_hours
        repair, repair_row = ranges.column("repair_hours", c.entity, entities=True)
        if len(begun) > 1:  # their rows come after those of all ranges
            grace_row[waiting] = ranges.rows + np.arange(len(waiting))
        backlog = graph.entities["backlog"].to_numpy()[c.entity].astype(np.float64)
        node_of_waiting = c.node[c.group[waiting]]  # nobody works on those: they only pass it on
        repair[node_of_waiting], repair_row[node_of_waiting] = 0.0, -1
        backlog[node_of_waiting] = 0.0
        origin = np.zeros(n, np.bool_)
        origin[origins] = True
        wide = [np.array(x, np.int64) for x in (arc_start, arc_member, c.group, c.node)]
        arc_start, arc_member, group, node = wide
        order, component, first = order_nodes(arc_start, node[group[arc_member]])
        return Shape(
            order, component, first, arc_start, arc_member, np.array(c.foreign[by_provider]), group,
            c.member_start, node, np.array(c.threshold, np.int64),
            np.searchsorted(node, np.arange(n + 1)),
            grace, grace_row, pause, pause_row, repair, repair_row, backlog, origin,
        )  # fmt: skip


class Timing(NamedTuple):
    """What is the same for all blocks of a run."""

    shape: Shape
    drawing: Drawing
    hours: HourDraws
    fractional: bool
    sharing: Sharing | None = None


def find_block(shared: Timing, scratch: Any, block: Block) -> Times:
    """The times of a block, by the compiled form."""
    from knockon.graph.engine.kernels.times_numba import Hours as BlockHours
    from knockon.graph.engine.kernels.times_numba import find_times as compiled

    table, origin = shared.hours.table(block)
    hours = BlockHours(np.ascontiguousarray(table.T), origin)
    worlds = Worlds.of(block.first, block.given(shared.sharing))
    found = compiled(
        LONGEST, shared.shape, shared.drawing, worlds, hours, scratch, fractional=shared.fractional
    )
    return _times(found, shared.fractional)


def _times(found: Found, fractional: bool) -> Times:
    return Times(*found) if fractional else Times(found.start, found.end, None, None)


def with_switches(graph: DependencyGraph, circuit: Circuit) -> Circuit:
    """The circuit in which a group whose switch takes time is one that its first loss can break:
    so it stays within reach, though the switch may always work."""
    from dataclasses import replace

    takes = graph.dependencies.select(pl.max_horizontal("switch_hours", "switch_hours" + TO) > 0)
    member = np.maximum.reduceat(
        takes.to_series().to_numpy()[circuit.dependency], circuit.member_start[:-1]
    ) if len(circuit.node) else np.zeros(0, np.bool_)  # fmt: skip
    head = circuit.dependency[circuit.member_start[:-1]]
    switches = np.where((circuit.threshold > 1) & member, head, circuit.switch_of)
    return replace(circuit, switch_of=switches)
