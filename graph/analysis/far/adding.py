"""The worlds of a part added up where its lanes are."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words, distinct
from knockon.graph.engine.cluster.blocks.news import News
from knockon.graph.engine.cluster.blocks.part import write_names
from knockon.graph.engine.cluster.blocks.sections import read_section
from knockon.graph.engine.cluster.blocks.steps import (
    Hits,
    Question,
    Step,
    count_part,
    find_hits,
)
from knockon.graph.engine.cluster.shipment import Array, open_shipment, ship
from knockon.graph.engine.counting import count_lanes_of, sum_pieces
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.sums import ROWS, weight_rows


class Adding(NamedTuple):
    """A part with all its news, in some blocks of worlds."""

    part: int
    steps: tuple[Step, ...]


def add_part(
    shared: Question, scratch: object, adding: Adding
) -> tuple[Array, Array, Array, Array]:
    """The name of the shipment of (E,) in how many worlds each entity of a part is hit; and (L,)
    which worlds these are, what is at stake of those hit in each, and how many they are."""
    mass: Floats | None = None
    parts: list[tuple[Ints, Floats, Floats]] = []
    for step in adding.steps:
        counts = count_part(shared, None, step)
        mass = counts.mass if mass is None else mass + counts.mass
        parts.append((64 * step.first + np.arange(step.lanes), counts.total, counts.hits))
    world, total, hits = (np.concatenate(each) for each in zip(*parts, strict=True))
    return write_names([ship(mass, Path(shared.folder))]), world, total, hits


def note_reached(shared: Question, scratch: object, adding: Adding) -> tuple[Array, Array]:
    """The name of the shipment of the nodes of a part, ghosts too, that are hit in any world; and
    how many of its entities these are."""
    folder, nodes = Path(shared.folder) / shared.name, []
    for step in adding.steps:
        hits = find_hits(shared, step)
        nodes.append(np.flatnonzero(hits.nodes.any(axis=1)))
        for file in (name for _, files in step.past for name in files):
            nodes.append(News.from_bytes(read_section(folder / file, step.part) or b"").ghost)
    reached = np.unique(np.concatenate(nodes)).astype(np.int32)
    count = len(_find_entities(reached, hits))
    return write_names([ship(reached, Path(shared.folder))]), np.array([count], np.int64)


def _find_entities(reached: Ints, hits: Hits) -> Ints:
    """The entities of a part among its nodes, mode by mode, that are within reach, ascending."""
    return distinct(np.sort(reached[reached < len(hits.nodes)] % len(hits.stakes.stake)))


class Piecing(NamedTuple):
    """A part with all its news in a block of worlds, whose stakes are no whole numbers.

    reached: shipment of its nodes within reach; first: of its entities there among those of all
    parts, which are added up by so many rows (`sums.ROWS`)
    """

    part: int
    step: Step
    reached: str
    first: int


class Pieces(NamedTuple):
    """What a part gives to the sums of its block. mass: name of the shipment of (E,) in how many
    worlds each entity is hit; hits: (L,) how many are

    sums: (k, L) of its whole pieces; before, after: where (rows, W) those of pieces that it shares
    with other parts are hit, and `stake_before`, `stake_after` what they stake
    """

    mass: Array
    hits: Array
    sums: Array
    before: Array
    stake_before: Array
    after: Array
    stake_after: Array


def add_pieces(shared: Question, scratch: object, piecing: Piecing) -> Pieces:
    """The counts of a part in a block; totals by piece, in the order in which a whole graph is."""
    found = find_hits(shared, piecing.step)
    stakes, lanes = found.stakes, piecing.step.lanes
    rows = _find_entities(open_shipment(piecing.reached, Path(shared.folder)), found)
    none = stakes._replace(stake=np.zeros_like(stakes.stake))
    counts = count_lanes_of(none, found.block, found.nodes)
    hit, stake = stakes.nodes.join(found.nodes, np.bitwise_or)[rows], stakes.stake[rows]
    begin = min(-piecing.first % ROWS, len(rows))
    end = begin + (len(rows) - begin) // ROWS * ROWS
    whole = stakes._replace(stake=stake[begin:end])
    sums = [np.zeros((0, lanes)), *(s[None] for s in sum_pieces(whole, hit[begin:end], lanes))]
    return Pieces(
        write_names([ship(counts.mass, Path(shared.folder))]), counts.hits, np.concatenate(sums),
        hit[:begin], stake[:begin], hit[end:], stake[end:],
    )  # fmt: skip


class Fold:
    """The total of a block of worlds, piece after piece, of parts that come in their order."""

    def __init__(self, lanes: int, rows: int) -> None:
        """rows: entities within reach, of all parts"""
        self.rows, self.total = rows, np.zeros(lanes)
        self._piece, self._hit = -1, np.zeros((0, -(-lanes // 64)), np.uint64)
        self._stake = np.zeros(0)

    def add(self, first: int, pieces: Pieces) -> None:
        """A part whose entities begin at the first row."""
        self._put(first, pieces.before, pieces.stake_before)
        if len(pieces.sums):
            self.close()
        for each in pieces.sums:
            self.total += each
        first += len(pieces.before) + ROWS * len(pieces.sums)
        self._put(first, pieces.after, pieces.stake_after)

    def _put(self, first: int, hit: Words, stake: Floats) -> None:
        """Rows of a piece that several parts share."""
        if not len(stake):
            return
        if first // ROWS != self._piece:
            self.close()
            self._piece = first // ROWS
            size = min(ROWS, self.rows - ROWS * self._piece)
            self._hit = np.zeros((size, self._hit.shape[1]), np.uint64)
            self._stake = np.zeros(size)
        at = slice(first % ROWS, first % ROWS + len(stake))
        self._hit[at], self._stake[at] = hit, stake

    def close(self) -> None:
        """Add what is left."""
        if self._piece >= 0:
            self.total += weight_rows(unpack(self._hit, len(self.total)), self._stake)
        self._piece = -1
