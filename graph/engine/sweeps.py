"""Every entity as the origin: sweeps over all origins, on worlds that all of them share.

Worlds are outside: the draws of 512 worlds are made once, and each origin is closed on them by
itself, so that its row equals that of a what-if on the same worlds. Where few draws matter to what
an origin reaches, all their cases are looked at instead, as there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import cpu_count
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, Words, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.executor import Executor, Threads, Workspace
from knockon.graph.engine.kernels.layout import WORDS, Wiring
from knockon.graph.engine.memory import workers
from knockon.graph.engine.uniforms import ALL, GOLDEN, salt, thresholds
from knockon.graph.engine.wiring import wire
from knockon.graph.engine.worlds import EXACT, Block, Run

_COPIED = 1 << 22  # bytes of draws that each piece may copy
_PIECES = 8  # that the origins are cut into, for each worker


@dataclass(frozen=True, eq=False)
class Tallied:
    """What is counted, of n entities.

    value: (n,) of each, equal where several count once, -1 where one does not count
    stake: (n,) whole numbers, of what is lost with each; 0 where it does not count
    first: (n + 1,), direct: the values that depend on each entity itself, distinct, ascending
    weighted: the stakes say more than the number of values
    """

    value: Ints
    stake: Ints
    first: Ints
    direct: Ints
    weighted: bool


@dataclass(frozen=True, eq=False)
class Few:
    """Which draws matter to what each origin reaches, where these are few.

    few: (k,) whether they are; first: (k + 1,), draws: which
    """

    few: Bools
    first: Ints
    draws: Ints


class Sweeping(NamedTuple):
    """What is the same for all origins of a block."""

    wiring: Wiring
    drawn: Any
    counted: Any
    live: Words
    what: int
    lanes: int


class Sweeps:
    """The origins of a circuit, each to be closed by itself.

    origins: (k,) entities in the circuit's own mode; safe: nodes that nothing hits
    """

    def __init__(
        self, circuit: Circuit, draws: Draws, safe: Ints, tallied: Tallied, origins: Ints,
        memory: int | None = None, executor: Executor | None = None,
    ) -> None:  # fmt: skip
        self.circuit, self.draws, self.tallied, self.origins = circuit, draws, tallied, origins
        self.safe, self.memory, self.executor = safe, memory, executor or Threads()

    @cached_property
    def wiring(self) -> Wiring:
        return wire(self.circuit)

    @cached_property
    def entity(self) -> Ints:
        """(N,) entity of each row of the wiring."""
        entity = np.empty(len(self.wiring.row), np.int32)
        entity[self.wiring.row] = self.circuit.entity
        return entity

    @cached_property
    def of_arc(self) -> Ints:
        """(A,) draw of each arc as wired; V, which never happens, where it leads to what is safe"""
        member = pick(self.circuit.member, self.wiring.arc)
        rows = pick(self.draws.of_member, member).astype(np.int32)
        if len(self.safe):
            barred = np.isin(self.wiring.arcs.target, self.wiring.row[self.safe])
            rows[barred] = len(self.draws.key)
        return rows

    def find_few(self, able: Floats, varies: Bools, most: int = EXACT) -> Few:
        """The draws that matter to each origin, of those that vary, where they are no more.

        able: (V,) how likely each is in the run that reaches most; most: at most EXACT
        """
        from knockon.graph.engine.kernels.sweeps_numba import FEW, PROBE

        live = self._certain(able > 0)
        switches = self.draws.of_group[self.draws.of_group >= 0]
        live[switches] = 0  # a switch that may fail does
        nothing = Few(np.zeros(len(self.origins), np.bool_), *_no_draws(len(self.origins)))
        every = np.arange(len(self.origins))
        parts = self._run(able, varies, nothing, live, PROBE, 1, every)
        found = np.concatenate([part for _, part in parts]).reshape(-1, FEW + 2)
        few = (found[:, 0] <= most) & self._fall_alone(found)
        counts = np.where(few, found[:, 0], 0)
        kept = np.arange(FEW + 1)[None, :] < counts[:, None]
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.sort(np.where(kept, found[:, 1:], np.iinfo(np.int64).max), axis=1)
        return Few(few, first, rows[rows < np.iinfo(np.int64).max].astype(np.int32))

    def look_at_cases(self, run: Run, few: Few, rows: Ints) -> Floats:
        """(rows, SUMS) of origins (places in `origins`), all cases of whose few draws are seen."""
        from knockon.graph.engine.kernels.sweeps_numba import EXACT as CASES

        live = self._certain(run.probability >= 1)
        parts = self._run(run.probability, None, few, live, CASES, 0, rows)
        return np.concatenate([part for _, part in parts])

    def draw(self, run: Run, block: Block, rows: Ints) -> Floats:
        """(rows, SUMS) of origins (places in `origins`), added up over the worlds of a block."""
        from knockon.graph.engine.kernels.sweeps_numba import SAMPLED

        live = self.draw_words(run, block.first)
        nothing = Few(np.zeros(len(self.origins), np.bool_), *_no_draws(len(self.origins)))
        parts = self._run(run.probability, None, nothing, live, SAMPLED, len(block.weight), rows)
        return np.concatenate([part for _, part in parts])

    def draw_words(self, run: Run, first: int) -> Words:
        """(V + 1, 8) the worlds of 8 words in which each draw happens; the last one never does."""
        from knockon.graph.engine.kernels.sweeps_numba import draw_kernel

        live = np.zeros((len(run.draws.key) + 1, WORDS), np.uint64)
        counter = np.arange(first + 1, first + WORDS + 1, dtype=np.uint64) * GOLDEN
        limit = thresholds(np.ascontiguousarray(run.probability))
        keys = np.ascontiguousarray(run.draws.key) ^ salt(run.seed)
        draw_kernel(keys, limit, counter, live, np.zeros((2, WORDS), np.uint64))
        if run.sharing is not None:
            live[run.shared_rows] = run.sharing.draw(first, WORDS, compiled=True)
        return live

    def _fall_alone(self, found: Ints) -> Bools:
        """(k,) no two of the draws of an origin, as a probe found them, are of one cause."""
        alone = np.ones(len(found), np.bool_)
        if not (self.draws.rho > 0).any():
            return alone
        for i, (number, *draws) in enumerate(found.tolist()):
            mine = np.array(draws[: min(number, EXACT)], np.int64)
            causes = self.draws.cause_key[mine[self.draws.rho[mine] > 0]]
            alone[i] = len(np.unique(causes)) == len(causes)
        return alone

    def _certain(self, happens: Bools) -> Words:
        words = np.where(np.append(happens, False), ALL, np.uint64(0))
        return np.repeat(words[:, None], WORDS, axis=1)

    def _run(
        self, chance: Floats, varies: Bools | None, few: Few, live: Words, what: int, lanes: int,
        rows: Ints,
    ) -> Iterator[tuple[Any, Any]]:  # fmt: skip
        from knockon.graph.engine.kernels.sweeps_numba import EXACT as CASES
        from knockon.graph.engine.kernels.sweeps_numba import Drawn, Scratch, sweep_kernel

        wiring, draws = self.wiring, len(self.draws.key)
        switch = self.draws.of_group[wiring.group].astype(np.int32)
        varying = np.zeros(draws, np.bool_) if varies is None else varies
        drawn = Drawn(self.of_arc, switch, np.append(chance, 0.0), np.append(varying, False))
        sizes = (
            len(wiring.row), len(wiring.groups.of_slot), len(wiring.counter), len(wiring.group),
            len(self.tallied.value), draws + 1,
        )  # fmt: skip
        each = 64 * (4 * len(wiring.row) + len(self.tallied.value)) + live.nbytes
        count = workers(wiring.bytes + live.nbytes, each, cpu_count() or 1, self.memory)
        sweep_kernel.load()
        shared = Sweeping(wiring, drawn, self.count(few, rows), live, what, lanes)
        pieces_each = 1 if what == CASES and live.nbytes > _COPIED else _PIECES
        cuts = np.linspace(0, len(rows), min(len(rows), pieces_each * count) + 1).astype(np.int64)
        pieces = (p for p in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
        return self.executor.run(
            sweep_piece, shared, pieces, workers=count, workspace=Workspace(Scratch.of, sizes)
        )

    def count(self, few: Few, rows: Ints) -> Any:
        """What the kernel counts, of these rows of the origins."""
        from knockon.graph.engine.kernels.sweeps_numba import Counted

        wiring, tallied, origins = self.wiring, self.tallied, self.origins[rows]
        entity = self.entity
        first, direct = take_ranges(tallied.first, tallied.direct, origins)
        few_first, draws = take_ranges(few.first, few.draws, rows)
        return Counted(
            entity, tallied.value[entity].astype(np.int32), tallied.stake.astype(np.int64),
            wiring.row[origins].astype(np.int32), tallied.value[origins].astype(np.int32),
            first, direct.astype(np.int32), few_first, draws.astype(np.int32), tallied.weighted,
        )  # fmt: skip


def sweep_piece(shared: Sweeping, scratch: Any, piece: tuple[int, int]) -> Any:
    """The sums of the origins begin..end-1, or by a probe the draws that matter to them."""
    from knockon.graph.engine.kernels.sweeps_numba import EXACT, FEW, PROBE, SUMS, sweep_kernel

    begin, end = piece
    w = shared.wiring
    sums = np.zeros((len(shared.counted.origin), SUMS))
    few = np.zeros((end - begin) * (FEW + 2) if shared.what == PROBE else 0, np.int64)
    live = shared.live.copy() if shared.what == EXACT else shared.live
    sweep_kernel(
        w.arcs, w.groups, w.counter, shared.drawn, shared.counted, live, shared.what, begin, end,
        shared.lanes, scratch, sums, few,
    )  # fmt: skip
    return few if shared.what == PROBE else sums[begin:end]


def take_ranges(first: Ints, values: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The lists of some rows: where each begins, and all in a row."""
    from knockon.graph.arrays import ranges

    places, _ = ranges(first[rows], first[rows + 1])
    sizes = first[rows + 1] - first[rows]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), values[places]


def _no_draws(origins: int) -> tuple[Ints, Ints]:
    return np.zeros(origins + 1, np.int64), np.zeros(0, np.int32)
