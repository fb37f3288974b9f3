"""Two failures over the same worlds: in how many each entity is hit in one of them only.

A dependency draws by its identity alone, so that the same dependency falls alike in both; what
differs between two questions is then never chance, and the error of a difference is that of the
worlds in which the two disagree (common random numbers; Glasserman and Yao 1992).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.sampling import find_difference_error
from knockon.graph.analysis.spread import make_timeline
from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import blocks_of


@dataclass(frozen=True, eq=False)
class Pairs:
    """(U,) by entity of the union: in how many of `worlds` only the first, only the second hits it.

    stopped: by the watch, before all worlds were looked at
    """

    first_only: Ints
    second_only: Ints
    worlds: int
    stopped: bool

    @property
    def change(self) -> Floats:
        """(U,) probability in the second less that in the first, over these worlds."""
        change: Floats = (self.second_only - self.first_only) / self.worlds
        return change

    @property
    def std_error(self) -> Floats:
        """(U,) standard error of the change: that no world told the two apart does not make it
        certain."""
        error: Floats = find_difference_error(self.first_only, self.second_only, self.worlds)
        return error


class _Side:
    """One of the two failures: the lanes in which each of its entities is hit, block by block."""

    def __init__(self, prepared: Prepared, worlds: int) -> None:
        self.prepared = prepared
        self.timeline = make_timeline(prepared)
        self.lanes = Lanes(prepared.kernel, -(-worlds // 64), memory=prepared.scenario.memory)
        self.worlds = worlds
        self.words = (
            self.lanes.words(fractional=False) if self.timeline is None else self.timeline.words
        )

    def hits(self, words: int) -> Iterator[Words]:
        """(E, W) lanes of each block in which each entity is hit, at the assumed strengths."""
        run, blocks = self.prepared.run, blocks_of(self.worlds, words)
        if self.timeline is None:
            for _, nodes in self.lanes.close(run, blocks, self.prepared.origins):
                yield self.prepared.nodes.join(nodes, np.bitwise_or)
            return
        compiled = self.timeline.pays(self.worlds) and compiled_form_is_there()
        for _, times in self.timeline.times(run, blocks, compiled=compiled):
            yield _pack(self.prepared.nodes.join(times.start, np.minimum) < np.inf)


def count_pairs(
    first: Prepared, second: Prepared, rows: tuple[Ints, Ints], size: int, worlds: int,
    watch: Watch | None = None,
) -> Pairs:  # fmt: skip
    """Both failures over the same random worlds.

    rows: for each of the two, the row in the union (of `size` rows) of each entity within reach
    """
    sides = _Side(first, worlds), _Side(second, worlds)
    words = min(side.words for side in sides)
    only = np.zeros((2, size), np.int64)
    done, stopped = 0, False
    for one, other in zip(*(side.hits(words) for side in sides), strict=True):
        hit = np.zeros((2, size, one.shape[1]), np.uint64)
        hit[0, rows[0]], hit[1, rows[1]] = one, other
        only[0] += np.bitwise_count(hit[0] & ~hit[1]).sum(axis=1, dtype=np.int64)
        only[1] += np.bitwise_count(hit[1] & ~hit[0]).sum(axis=1, dtype=np.int64)
        done = min(done + 64 * words, worlds)
        if watch and not watch(done, worlds) and done < worlds:
            stopped = True
            break
    return Pairs(only[0], only[1], done, stopped)


def _pack(lanes: Bools) -> Words:
    """(E, L) lanes as words (E, W) of 64."""
    octets = np.packbits(lanes, axis=1, bitorder="little")
    whole = np.zeros((len(lanes), -(-octets.shape[1] // 8) * 8), np.uint8)
    whole[:, : octets.shape[1]] = octets
    words: Words = whole.view(np.uint64)
    return words
