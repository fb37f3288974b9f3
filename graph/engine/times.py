"""Outages that last: the interval in which each node of a circuit is down, world by world.

The kernel is `kernels.times_world`; here it is given its arrays and its draws, which
are those of the lane kernel, in the form that suits the work: numpy, which starts at once, or
compiled. Both give the same bits.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np
import numpy.typing as npt
import polars as pl

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws, dependency_keys
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.times_numpy import walk_lanes
from knockon.graph.engine.kernels.times_world import (
    Drawn,
    Found,
    Shape,
    Work,
    components,
)
from knockon.graph.engine.uniforms import (
    DIGITS,
    hours_keys,
    identity_keys,
    text_keys,
    thresholds,
    uniforms,
)
from knockon.graph.engine.worlds import Block, Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import LONGEST, TO, Hours, log_uniform
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


@dataclass(frozen=True, eq=False)
class HourDraws:
    """The hours of a circuit that differ from world to world: ranges, and the starts of rings.

    R rows, the same in all runs: a draw hangs on identity, not on strengths.
    hours: of the origins
    key, low, high: of each range; ring: (k,) keys of those that wait for a ring, whose rows come
    after those of ranges; reached, start: (rings,) share reached with each ring, and its hour
    """

    seed: int
    hours: Hours
    key: Words
    low: Floats
    high: Floats
    ring: Words
    reached: Floats
    start: Floats

    def table(self, block: Block) -> tuple[Floats, Floats]:
        """(R, L) drawn hours, and (L,) hours of the origins, in the worlds of a block."""
        numbers = np.arange(block.first, block.first + block.words)
        lanes = len(block.weight)
        parts = [np.zeros((0, lanes))]
        if len(self.key):
            u = uniforms(self.key, numbers, self.seed)[:, :lanes]
            parts.append(log_uniform(self.low, self.high, u))
        if len(self.ring):
            u = uniforms(self.ring, numbers, self.seed)[:, :lanes]
            parts.append(self.start[np.searchsorted(self.reached, u, side="right")])
        hours = np.full(lanes, self.hours.low)
        if not self.hours.known:
            key = hours_keys(np.zeros(1, np.uint64), "hours")
            low, high = np.array([self.hours.low]), np.array([self.hours.high])
            hours = log_uniform(low, high, uniforms(key, numbers, self.seed)[:, :lanes])[0]
        return np.concatenate(parts), hours

    @property
    def certain(self) -> bool:
        """Whether the hours are the same in all worlds."""
        return not len(self.key) and not len(self.ring) and self.hours.known


class _Ranges:
    """The ranges of hours met while a circuit is laid out, row by row."""

    def __init__(self, graph: DependencyGraph) -> None:
        self.graph = graph
        self.parts: list[tuple[Words, Floats, Floats]] = []
        self.rows = 0

    def column(self, name: str, numbers: Ints, *, entities: bool) -> tuple[Floats, Ints]:
        """Values of a column for these rows of its table, and the rows of their draws, or -1."""
        frame = self.graph.entities if entities else self.graph.dependencies
        low = frame[name].to_numpy()[numbers].astype(np.float64)
        high = frame[name + TO].to_numpy()[numbers]
        ranged = np.flatnonzero(~np.isnan(high.astype(np.float64)))
        row = np.full(len(numbers), -1)
        if len(ranged):
            distinct, at, of = np.unique(numbers[ranged], return_index=True, return_inverse=True)
            if entities:
                identity = identity_keys(text_keys(self.graph.entities["id"].gather(distinct)))
            else:
                identity = dependency_keys(self.graph, distinct)
            self.parts.append((hours_keys(identity, name), low[ranged][at], high[ranged][at]))
            row[ranged] = self.rows + of
            self.rows += len(distinct)
        return low, row

    def joined(self) -> tuple[Words, Floats, Floats]:
        """The key, low and high end of each row."""
        nothing = (np.zeros(0, np.uint64), np.zeros(0), np.zeros(0))
        key, low, high = (np.concatenate(p) for p in zip(nothing, *self.parts, strict=True))
        return key, low, high


class Timeline:
    """A circuit whose times are wanted in many worlds.

    circuit: with the nodes of rings, if any, after all others (`staging.add_rings`)
    draws: of the circuit; rings: of the rollout; fractional: whether losses are wanted too
    """

    def __init__(
        self, graph: DependencyGraph, circuit: Circuit, draws: Draws, origins: Ints, hours: Hours,
        seed: int, *, rings: tuple[Ring, ...] = (), halt: float | None = None,
        fractional: bool = False,
    ) -> None:  # fmt: skip
        self.circuit, self.fractional = circuit, fractional
        begun = [r for r in rings if halt is None or r.start_hours < halt]
        ranges = _Ranges(graph)
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
            yield from self._alike(run, blocks, compiled=compiled)
            return
        if not compiled:
            for block in blocks:
                yield block, self._times(run, block, compiled=False)
            return
        from knockon.graph.engine.kernels import times_numba as timeline_compiled  # noqa: F401  (compiles once, not per thread)

        cores = cpu_count() or 1
        _ = run.keys, run.limits  # found once, not per thread
        waiting: deque[tuple[Block, Future[Times]]] = deque()
        with ThreadPoolExecutor(cores) as pool:
            for block in blocks:
                waiting.append((block, pool.submit(self._times, run, block, compiled=True)))
                if len(waiting) == cores:
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()

    def _alike(
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
        c, lanes = self.circuit, len(block.weight)
        live, stuck = (unpack(words, lanes) for words in run.live_and_stuck(block))
        table, hours = self.drawn.table(block)
        n, m, g = len(c.entity), len(c.dependency), len(c.node)
        wanted = self.fractional
        sizes = (n, n, m * wanted, g * wanted)
        kinds = (np.float64, np.float64, np.bool_, np.uint8)
        if compiled:  # a row for each world
            from knockon.graph.engine.kernels.times_numba import walk_all

            by_arc = live[self.shape.arc_member]
            turned = [np.ascontiguousarray(x.T) for x in (by_arc, stuck, table)]
            rows = Found(*(np.zeros((lanes, k), t) for k, t in zip(sizes, kinds, strict=True)))
            walk_all(LONGEST, self.shape, Drawn._make([*turned, hours]), rows, self._work())
            found = Found(*(x.T for x in rows))
        else:
            found = Found(*(np.zeros((k, lanes), t) for k, t in zip(sizes, kinds, strict=True)))
            walk_lanes(lanes, LONGEST, c, self.shape, Drawn(live, stuck, table, hours), found)
        if not wanted:
            return Times(found.start, found.end, None, None)
        return Times(*found)

    def _work(self) -> Work:
        c = self.circuit
        n, m, g = len(c.entity), len(c.dependency), len(c.node)
        if not (c.threshold > 1).any():
            m = g = 0
        flags = [np.zeros(size, np.bool_) for size in (n, n, m)]
        hours = [np.zeros(size) for size in (n, n, n, m, m, g, g)]
        told = np.zeros(n, np.int64), np.zeros(1, np.int64)
        return Work._make([*flags[:2], *told, *hours[:5], flags[2], *hours[5:]])

    def _shape(
        self, graph: DependencyGraph, ranges: _Ranges, origins: Ints, begun: list[Ring]
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
        order, component, first = _ordered(arc_start, node[group[arc_member]])
        return Shape(
            order, component, first, arc_start, arc_member, np.array(c.foreign[by_provider]), group,
            c.member_start, node, np.array(c.threshold, np.int64),
            np.searchsorted(node, np.arange(n + 1)),
            grace, grace_row, pause, pause_row, repair, repair_row, backlog, origin,
        )  # fmt: skip


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


def _ordered(start: Ints, target: Ints) -> tuple[Ints, Ints, Ints]:
    """Nodes by component, providers first; the component of each; where each component begins."""
    n = len(start) - 1
    if len(target) >= COMPILED_FROM // 10 and compiled_form_is_there():
        from knockon.graph.engine.kernels.times_numba import components as compiled

        arrays = [np.zeros(k, np.int64) for k in (n, n + 1, n, 5 * n)]
        count = compiled(start, target, *arrays)
        order, first, component = arrays[:3]
    else:
        lists: list[list[int]] = [[0] * k for k in (n, n + 1, n, 5 * n)]
        count = components(start.tolist(), target.tolist(), *lists)
        order, first, component = (np.array(x, np.int64) for x in lists[:3])
    return order, count - 1 - component, np.append(first[n - count : n], n)
