"""One call for closures by the million: the lane kernel in the form that suits the work.

The numpy form starts at once, the compiled form (numba) pays for its start on large work. Both
give the same bits; which one ran is said in the answer. What a lane means is the caller's: a
world, a case, an origin, a set of entities that fail together (`knockon.graph.engine.worlds`).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from os import cpu_count
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from knockon.graph.arrays import Bools, Ints, Words, is_every, lean, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.executor import Executor, Threads, Workspace
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.closure_numpy import close
from knockon.graph.engine.kernels.layout import (
    CERTAIN,
    NO_PAIR,
    WORDS,
    Drawing,
    Shared,
    Wiring,
    Worlds,
)
from knockon.graph.engine.memory import free_bytes, workers
from knockon.graph.engine.uniforms import ALL, salt, thresholds
from knockon.graph.engine.wiring import measure_block, wire
from knockon.graph.engine.worlds import Block, Run

COMPILED_FROM = 400_000  # arcs times words of work that pay for the start of the compiled form
MISSED = (
    "so much work wants the compiled kernel, but numba is not installed: "
    "pip install 'knockon[fast]'"
)
_CELLS = 1 << 23  # words of one array of a block of the numpy form: 64 MiB
_ARRAYS = 6  # of that size at a time
_SWEEPS = 8  # over all arcs, before they are put in order
_PIECE = 1 << 20  # arcs whose draws are laid out at a time


def pays(circuit: Circuit, words: int) -> bool:
    """Whether so much work is worth the compiled form."""
    return len(circuit.provider) * words >= COMPILED_FROM


S = TypeVar("S")
R = TypeVar("R")


class Lanes:
    """A circuit whose closures are wanted in many lanes.

    words: of all lanes, which decides the form together with the size of the circuit
    memory: bytes that the lanes may take; None: half of what is free
    executor: where the blocks of the compiled form run; None: in threads
    """

    def __init__(
        self, circuit: Circuit, words: int, *, compiled: bool | None = None,
        memory: int | None = None, executor: Executor | None = None,
    ) -> None:  # fmt: skip
        self.circuit, self.memory, self.executor = circuit, memory, executor or Threads()
        self.all_words = words
        wanted = pays(circuit, words) if compiled is None else compiled
        self.compiled = wanted and compiled_form_is_there()
        self.missed = wanted and not self.compiled
        self.taken = 0, 0  # bytes that the compiled form took for all blocks, and for each
        self._found_free: int | None = None
        self._wiring: Wiring | None = None
        self._plain: Wiring | None = None  # for one lane at a time
        self._drawings: WeakKeyDictionary[Run, Drawing] = WeakKeyDictionary()  # while a run lives
        self._shared: WeakKeyDictionary[Run, Shared] = WeakKeyDictionary()
        self._keys: tuple[Draws, Words, Words] | None = None

    @property
    def form(self) -> str:
        return "numba" if self.compiled else "numpy"

    @property
    def notes(self) -> list[str]:
        """What the user should know of the form."""
        return [MISSED] if self.missed else []

    def words(self, *, fractional: bool) -> int:
        """Words of a block; fractional: with a loss, which is a float, in each lane."""
        c = self.circuit
        height = max(1, len(c.entity) + len(c.dependency) + 2 * len(c.node))
        cells = _CELLS if self.memory is None else min(_CELLS, self.memory // (8 * _ARRAYS))
        if fractional:
            return min(WORDS, max(1, cells // (64 * height)))
        return WORDS if self.compiled else max(1, cells // height)

    def release(self, *, wiring: bool = True) -> None:
        """Let go of what only closures need, and of the wiring: each is as large as the graph."""
        self._drawings.clear()
        self._shared.clear()
        self._keys = None
        self.executor.release()
        if wiring:
            self._wiring = self._plain = None

    def wiring(self) -> Wiring:
        if self._wiring is None:
            self._wiring = wire(self.circuit)
        return self._wiring

    def close(
        self, run: Run, blocks: Iterable[Block], origins: Ints | None = None
    ) -> Iterator[tuple[Block, Words]]:
        """Each block with the (N, W) lanes in which each node is hit, in the order of blocks.

        origins: nodes hit in all lanes of the blocks that do not say themselves what fails
        """
        failing = np.zeros(0, np.int64) if origins is None else origins
        if not self.compiled:
            for block in blocks:
                live, stuck = run.live_and_stuck(block)
                start = np.zeros((len(self.circuit.entity), block.words), np.uint64)
                nodes, hit = _start(block, failing)
                start[nodes] = hit
                yield block, close(self.circuit, live, stuck, start, np.zeros(0, np.int64))
            return
        ahead = iter(blocks)
        for first in ahead:
            every = chain([first], ahead)
            if len(run.uncertain) or first.hit is not None:
                yield from self.run_compiled(
                    close_block, _alone, run, every, failing, given=first.cases is not None
                )
            else:  # nothing is drawn: all lanes are alike
                reached = self._reach(run, failing)[:, None]
                for block in every:
                    yield block, np.where(reached, first_lanes(len(block.weight)), np.uint64(0))

    def run_compiled(
        self, work: Callable[[S, Any, Block], R], lay_out: "Callable[[Closing], S]", run: Run,
        blocks: Iterable[Block], origins: Ints, *, given: bool,
    ) -> Iterator[tuple[Block, R]]:  # fmt: skip
        """Each block with the work on it: as many at a time as cores and memory hold, no more
        ahead of the caller.

        work: a function of a module, given what `lay_out` makes of the closing
        given: uncertain draws are rows of words that the blocks hold
        """
        from knockon.graph.engine.kernels.closure_numba import Scratch, closure_kernel, size_scratch

        if self.memory is None and self._found_free is None:
            self._found_free = free_bytes()  # later it lacks what the lanes themselves took
        wiring = self.wiring()
        drawing = self.drawing(run, given=given)
        drawn = sum(d.bytes for d in self._drawings.values())
        shared = Shared.none() if given else self.sharing(run)
        self.taken = wiring.bytes + drawn, measure_block(len(self.circuit.entity))
        count = workers(*self.taken, cpu_count() or 1, self.memory, self._found_free)
        if type(self.executor) is Threads:  # others load it where they run
            closure_kernel.load()
        yield from self.executor.run(
            work, lay_out(Closing(wiring, drawing, shared, origins)), blocks, workers=count,
            workspace=Workspace(Scratch.of, size_scratch(wiring)),
        )  # fmt: skip

    def _reach(self, run: Run, origins: Ints) -> Bools:
        live = run.probability >= 1
        sure = np.where(run.draws.of_group >= 0, live[run.draws.of_group], True)
        return self.reach(live[run.draws.of_member], ~sure, origins)

    def reach(self, live: Bools, stuck: Bools, origins: Ints, barred: Ints | None = None) -> Bools:
        """(N,) nodes hit in one lane; live: (M,) members, stuck: (G,) switches that fail.

        barred: nodes that are never hit
        """
        barred = np.zeros(0, np.int64) if barred is None else barred
        n = len(self.circuit.entity)
        if not self.compiled:
            start = np.zeros((n, 1), np.uint64)
            start[origins] = 1
            words = (x.astype(np.uint64)[:, None] for x in (live, stuck))
            return close(self.circuit, next(words), next(words), start, barred)[:, 0] > 0
        from knockon.graph.engine.kernels.closure_numba import reach

        hit = np.zeros(n, np.bool_)
        hit[origins] = True
        if _sweep(self.circuit, live, barred, hit):
            return hit
        self._plain = self._plain or self._wiring or wire(self.circuit, once=True)
        wiring = self._plain
        passes = np.zeros(0, np.bool_)
        if len(barred) or not live.all():
            passes = pick(live, self.circuit.member)[wiring.arc]
            if len(barred):
                passes &= ~np.isin(wiring.arcs.target, wiring.row[barred])
        breaks_at = np.where(stuck[wiring.group], 1, wiring.groups.threshold)
        return reach(wiring, passes, breaks_at, hit)

    def drawing(self, run: Run, *, given: bool) -> Drawing:
        """The draws by arc and by switch; given: uncertain ones are rows of given words."""
        if run not in self._drawings:
            self._drawings[run] = self._draw(run, given=given)
        return self._drawings[run]

    def sharing(self, run: Run) -> Shared:
        """The draws of a run that share strengths, as wired."""
        if run.sharing is None:
            return Shared.none()
        if run not in self._shared:
            laid, drawing = run.sharing.lay_out(self.all_words), self.drawing(run, given=False)
            self._shared[run] = follow_rows(laid, self.wiring(), drawing.limit)
        return self._shared[run]

    def _draw(self, run: Run, *, given: bool) -> Drawing:
        wiring, switch = self.wiring(), run.draws.of_group[self.wiring().group]
        limits = _limits(run, given=given)
        limit = np.empty(len(wiring.arc), np.uint64)

        def set_limits(piece: slice, draws: Ints) -> None:
            limit[piece] = pick(limits, draws)

        self._for_arcs(run, set_limits)
        switch_limit = np.full(len(switch), CERTAIN)
        switch_limit[switch >= 0] = pick(limits, switch[switch >= 0])
        if given or not len(run.uncertain):  # nothing is hashed
            keys = np.zeros(len(wiring.arc), np.uint64), np.zeros(len(switch), np.uint64)
        else:
            keys = self._salted_keys(run, switch)
        return Drawing(keys[0], limit, keys[1], switch_limit)

    def _salted_keys(self, run: Run, switch: Ints) -> tuple[Words, Words]:
        """The keys by arc and by shared group, made once for all runs over the same draws."""
        if self._keys is None or self._keys[0] is not run.draws:
            key = np.empty(len(self.wiring().arc), np.uint64)

            def set_keys(piece: slice, draws: Ints) -> None:
                np.bitwise_xor(run.draws.key[draws], salt(run.seed), out=key[piece])

            self._for_arcs(run, set_keys)
            switch_key = np.where(switch >= 0, run.draws.key[switch] ^ salt(run.seed), np.uint64(0))
            self._keys = run.draws, key, switch_key
        return self._keys[1:]

    def _for_arcs(self, run: Run, work: Callable[[slice, Ints], None]) -> None:
        """Do the work on pieces of the arcs as wired, with the draw behind each; in threads."""
        arc, behind = self.wiring().arc, pick(run.draws.of_member, self.circuit.member)
        own = is_every(behind)  # each arc has a draw of its own, in the order of the circuit

        def step(first: int) -> None:
            piece = slice(first, first + _PIECE)
            work(piece, arc[piece] if own else behind[arc[piece]])

        with ThreadPoolExecutor(cpu_count() or 1) as pool:
            list(pool.map(step, range(0, len(arc), _PIECE)))


def _sweep(circuit: Circuit, live: Bools, barred: Ints, hit: Bools) -> bool:
    """Hit (N,) all that is reached in one lane, all arcs at a time; whether that was all there is.

    Most graphs are a few steps deep, and a sweep takes less than putting the arcs in order does.
    """
    if (circuit.threshold > 1).any() or circuit.foreign.any():
        return False
    provider, target = circuit.provider, circuit.targets
    if len(barred) or not live.all():
        free = np.ones(len(hit), np.bool_)
        free[barred] = False
        passes = free[target] & pick(live, circuit.member)
        provider, target = provider[passes], target[passes]
    for _ in range(_SWEEPS):
        spared = ~hit[target]
        if 2 * np.count_nonzero(spared) < len(target):
            provider, target = provider[spared], target[spared]
            spared = spared[spared]
        grows = spared & hit[provider]
        if not grows.any():
            return True
        hit[target[grows]] = True
    return False


def _limits(run: Run, *, given: bool) -> Words:
    """(V,) the limit of each draw (`layout.Drawing`); given: uncertain ones are rows of words,
    else those that share a strength are."""
    likely = lean(run.probability)
    one = len(likely) > 0 and likely.strides[0] == 0
    limits: Words = thresholds(likely[:1] if one else likely)
    if one:
        limits = np.broadcast_to(limits[0], likely.shape)
    rows = run.uncertain if given else run.shared_rows
    if len(rows):
        limits = limits.copy()
        limits[rows] = CERTAIN + np.uint64(1) + np.arange(len(rows), dtype=np.uint64)
    return limits


def follow_rows(shared: Shared, wiring: Wiring, limit: Words) -> Shared:
    """The same, with the pair that all arcs of a row have; limit: (A,) of each arc.

    As a rule what depends on one provider is of one cause: then nothing is looked up arc by arc.
    """
    start, draws = wiring.arcs.start, shared.draws
    pair = np.full(len(limit), -1, np.int32)
    rows = np.flatnonzero(limit > CERTAIN)
    pair[rows] = draws.pair[(limit[rows] - CERTAIN).astype(np.int64) - 1]
    some = np.flatnonzero(start[1:] > start[:-1])
    least, most = (f.reduceat(pair, start[some]) for f in (np.minimum, np.maximum))
    alike = (least == most) & (least >= 0)
    some, one = some[alike], least[alike]
    of_row = np.zeros((len(start) - 1, 2), np.uint64)
    of_row[:, 1] = NO_PAIR
    of_row[some, 0] = draws.of_pair[one, 2]
    of_row[some, 1] = draws.of_pair[one, 3] << np.uint64(32) | one.astype(np.uint64)
    return shared._replace(draws=draws._replace(of_row=of_row))


class Closing(NamedTuple):
    """What is the same for all blocks of a run."""

    wiring: Wiring
    drawing: Drawing
    shared: Shared
    origins: Ints


def _alone(closing: Closing) -> Closing:
    return closing


def close_block(shared: Closing, scratch: Any, block: Block) -> Words:
    """The (N, W) lanes of a block in which each node is hit, by the compiled form."""
    from knockon.graph.engine.kernels.closure_numba import close

    nodes, hit = _start(block, shared.origins)
    start = np.zeros((len(nodes), WORDS), np.uint64)
    start[:, : block.words] = hit
    worlds = Worlds.of(block.first, block.cases)
    found = close(shared.wiring, shared.drawing, shared.shared, worlds, nodes, start, scratch)
    return found[:, : block.words]


def _start(block: Block, origins: Ints) -> tuple[Ints, Words]:
    """Which nodes are hit from the start, and in which lanes of the block, (k, W)."""
    if block.nodes is not None and block.hit is not None:
        return block.nodes, block.hit
    return origins, np.broadcast_to(first_lanes(len(block.weight)), (len(origins), block.words))


def first_lanes(lanes: int) -> Words:
    """The first so many lanes, as words."""
    words = np.full(-(-lanes // 64), ALL)
    if lanes % 64:
        words[-1] >>= np.uint64(64 - lanes % 64)
    return words
