"""The hours that differ from world to world: their draws beside the circuit, and their values."""

from dataclasses import dataclass

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.draws import dependency_keys
from knockon.graph.engine.uniforms import hours_keys, identity_keys, text_keys, uniforms
from knockon.graph.engine.worlds import Block
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import TO, Hours, log_uniform


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


class Ranges:
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
