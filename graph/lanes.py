"""One call for closures by the million: the lane kernel in the form that suits the work.

The numpy form starts at once, the compiled form (numba) pays for its start on large work. Both
give the same bits; which one ran is said in the answer.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from os import cpu_count
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.circuit import Circuit
from knockon.graph.closure import close, unpack
from knockon.graph.draws import ALL, GOLDEN, mix
from knockon.graph.worlds import Block, Run

if TYPE_CHECKING:
    from knockon.graph.compiled import Drawing, Wiring

COMPILED_FROM = 400_000  # arcs times words of work that pay for the start of the compiled form
MISSED = (
    "so much work wants the compiled kernel, but numba is not installed: "
    "pip install 'knockon[fast]'"
)
_CELLS = 1 << 23  # words of one array of a block of the numpy form: 64 MiB
_ROWS = 1 << 14  # rows unpacked at a time
_WORDS = 8  # of a block of the compiled form


def compiled_form_is_there() -> bool:
    return find_spec("numba") is not None


def pays(circuit: Circuit, words: int) -> bool:
    """Whether so much work is worth the compiled form."""
    return len(circuit.provider) * words >= COMPILED_FROM


class Lanes:
    """A circuit whose closures are wanted in many lanes.

    words: of all lanes, which decides the form together with the size of the circuit
    """

    def __init__(self, circuit: Circuit, words: int, *, compiled: bool | None = None) -> None:
        self.circuit = circuit
        wanted = pays(circuit, words) if compiled is None else compiled
        self.compiled = wanted and compiled_form_is_there()
        self.missed = wanted and not self.compiled
        self._wiring: Wiring | None = None

    @property
    def form(self) -> str:
        return "numba" if self.compiled else "numpy"

    @property
    def notes(self) -> list[str]:
        """What the user should know of the form."""
        return [MISSED] if self.missed else []

    def words(self, *, fractional: bool) -> int:
        """Words of a block. Fractions are summed in the same blocks whatever the form."""
        c = self.circuit
        height = max(1, len(c.entity) + len(c.dependency) + 2 * len(c.node))
        if fractional:
            return min(_WORDS, max(1, _CELLS // (64 * height)))
        return _WORDS if self.compiled else max(1, _CELLS // height)

    def wiring(self) -> "Wiring":
        from knockon.graph.compiled import Wiring

        if self._wiring is None:
            self._wiring = Wiring.of(self.circuit)
        return self._wiring

    def close(
        self, run: Run, blocks: Iterable[Block], origins: Ints
    ) -> Iterator[tuple[Block, Words]]:
        """Each block with the (N, W) worlds in which each node is hit, in the order of blocks."""
        if not self.compiled:
            for block in blocks:
                live, stuck = run.live_and_stuck(block)
                start = np.zeros((len(self.circuit.entity), block.words), np.uint64)
                start[origins] = _lanes(len(block.weight))
                yield block, close(self.circuit, live, stuck, start, np.zeros(0, np.int64))
        elif not len(run.uncertain):
            hit = self._reach(run, origins)
            for block in blocks:  # nothing is drawn: all lanes are alike
                yield block, np.where(hit[:, None], _lanes(len(block.weight)), np.uint64(0))
        else:
            yield from self._close_compiled(run, blocks, origins)

    def _close_compiled(
        self, run: Run, blocks: Iterable[Block], origins: Ints
    ) -> Iterator[tuple[Block, Words]]:
        """As many blocks at a time as there are cores, and no more ahead of the caller."""
        from knockon.graph.compiled import Scratch, close_block

        wiring, cores = self.wiring(), cpu_count() or 1
        blocks = list(blocks)
        cases = blocks[0].cases is not None
        drawing = _drawing(run, wiring, given=cases)
        free: SimpleQueue[Scratch] = SimpleQueue()
        for _ in range(min(cores, len(blocks))):
            free.put(Scratch.of(wiring))

        def work(block: Block) -> Words:
            given = np.zeros((len(run.uncertain) if cases else 0, _WORDS), np.uint64)
            if block.cases is not None:
                given[:, : block.words] = block.cases
            start = np.zeros(_WORDS, np.uint64)
            start[: block.words] = _lanes(len(block.weight))
            scratch = free.get()
            hit = close_block(wiring, drawing, given, block.first, origins, start, scratch)
            free.put(scratch)
            return hit[:, : block.words]

        waiting: deque[tuple[Block, Future[Words]]] = deque()
        with ThreadPoolExecutor(cores) as pool:
            for block in blocks:
                waiting.append((block, pool.submit(work, block)))
                if len(waiting) == cores:
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()

    def _reach(self, run: Run, origins: Ints) -> Bools:
        live = run.probability >= 1
        sure = np.where(run.of_group >= 0, live[run.of_group], True)
        return self.reach(live[run.of_member], ~sure, origins)

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
        from knockon.graph.compiled import reach

        wiring = self.wiring()
        hit = np.zeros(n, np.bool_)
        hit[origins] = True
        passes = np.zeros(0, np.bool_)
        if len(barred) or not live.all():
            passes = live[wiring.member] & ~np.isin(wiring.target, wiring.row[barred])
        breaks_at = np.where(stuck[wiring.shared], 1, wiring.threshold)
        return reach(wiring, passes, breaks_at, hit)


def _lanes(lanes: int) -> Words:
    """The first so many lanes, as words."""
    words = np.full(-(-lanes // 64), ALL)
    if lanes % 64:
        words[-1] >>= np.uint64(64 - lanes % 64)
    return words


def _drawing(run: Run, wiring: "Wiring", *, given: bool) -> "Drawing":
    """The draws by arc and by switch; given: uncertain ones are rows of given words."""
    from knockon.graph.compiled import CERTAIN, Drawing

    salt = mix(np.array([run.seed % 2**64], np.uint64) + GOLDEN)
    key = np.zeros(len(run.probability), np.uint64)
    limit = run.limits.copy()
    if given:
        limit[run.uncertain] = (
            CERTAIN + np.uint64(1) + np.arange(len(run.uncertain), dtype=np.uint64)
        )
    else:
        key[run.uncertain] = run.keys ^ salt
    arc = run.of_member[wiring.member]
    switch = run.of_group[wiring.shared]
    has = switch >= 0
    switch_key, switch_limit = np.zeros(len(switch), np.uint64), np.full(len(switch), CERTAIN)
    switch_key[has], switch_limit[has] = key[switch[has]], limit[switch[has]]
    return Drawing(key[arc], limit[arc], switch_key, switch_limit)


def weight_hit(hit: Words, weight: Floats) -> Floats:
    """(rows,) weight of the lanes in which each row is hit."""
    if (weight == 1).all():
        counts: Floats = np.bitwise_count(hit).sum(axis=1, dtype=np.float64)
        return counts
    parts = [unpack(hit[i : i + _ROWS], len(weight)) @ weight for i in range(0, len(hit), _ROWS)]
    return np.concatenate(parts)


def add_up(hit: Words, stake: Floats, lanes: int) -> Floats:
    """(lanes,) sum of the stakes (rows,) of those hit in each lane."""
    total = np.zeros(lanes)
    for i in range(0, len(hit), _ROWS):
        total += stake[i : i + _ROWS] @ unpack(hit[i : i + _ROWS], lanes)
    return total
