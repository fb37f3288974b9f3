"""Worlds of a question drawn by parts: layouts of its runs, rounds of news, and their sums."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.far.adding import (
    Adding,
    Fold,
    Piecing,
    add_part,
    add_pieces,
    note_reached,
)
from knockon.graph.analysis.far.making import Asked, make_part
from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.cluster.blocks.loading import find_part
from knockon.graph.engine.cluster.blocks.part import REACHING, read_names
from knockon.graph.engine.cluster.blocks.rounds import NOTHING, Layout, Room, Rounds
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.worlds import blocks_of
from knockon.graph.errors import ScenarioError

_LARGEST = 2.0**53  # sums of whole weights up to here are exact


class Place(NamedTuple):
    """Where a question about tables far away runs."""

    executor: Executor
    room: Room

    def run(self, work: Any, shared: Any, tasks: Sequence[Any]) -> Iterator[Any]:
        """What the work gives for each task, in their order."""
        for _, found in self.executor.run(
            work, shared, tasks, workers=self.room.tasks, workspace=NOTHING
        ):
            yield found


class Reached(NamedTuple):
    """What is within reach. nodes: by part the shipment of them (`adding.note_reached`), empty
    where there are none; rows: (P,) how many entities each part has there"""

    nodes: tuple[str, ...]
    rows: Ints


class Drawn(NamedTuple):
    """A run added up: shipments of masses by part; (L,) totals and hits by world; rounds of news"""

    mass: list[list[str]]
    total: Floats
    hits: Floats
    rounds: int


class Made(NamedTuple):
    """The parts of each run, and what `making.make_part` says beside them: by part rows and words,
    and added up counts of strengths and of those who depend on the origins; exact: weights are
    whole numbers"""

    layouts: dict[str, Layout]
    exact: bool
    rows: list[Any]
    words: list[Any]
    counts: Any
    direct: tuple[int, int]


def make_layouts(place: Place, asked: Asked) -> Made:
    """The parts of each run. Raises ScenarioError for graphs that parts cannot answer."""
    loaded = asked.loaded
    names, flags, counts, rows, words = zip(
        *place.run(make_part, asked, range(len(loaded.sizes))), strict=True
    )
    found = np.stack(flags).sum(axis=0)
    if found[0]:
        raise ScenarioError(
            "a graph that is read by the workers is asked where all that is lost is lost whole; "
            'this one has dependencies with a loss below 1: load it here, and take plan "worlds"'
        )
    exact = not found[1] and found[2] <= _LARGEST
    failing = sorted(set(find_part(pl.Series(asked.failing), loaded.loading.bounds).tolist()))
    folder = Path(loaded.loading.folder)
    ends = tuple(np.cumsum([0, *loaded.sizes]).tolist())
    by_run = zip(*(read_names(name) for name in names), strict=True)
    layouts = {
        kind: Layout(folder, parts, ends, tuple(failing), True)
        for kind, parts in zip(asked.runs, by_run, strict=True)
    }
    direct = int(found[3]), int(found[4])
    return Made(layouts, bool(exact), list(rows), list(words), np.stack(counts).sum(axis=0), direct)


def draw(
    place: Place, layout: Layout, kind: str, worlds: int, reached: Reached | None = None
) -> Drawn:
    """Blocks of worlds of one run, as many together as go out together, added up by part.

    reached: where weights are no whole numbers, whose sums have an order
    """
    blocks = blocks_of(1 if kind in REACHING else worlds, WORDS)
    drawn = Drawn([[] for _ in layout.parts], np.zeros(0), np.zeros(0), 0)
    while together := list(islice(blocks, place.executor.at_a_time)):
        rounds = Rounds(place.executor, layout, together, place.room)
        rounds.spread()
        if kind in REACHING or reached is None:
            added = _add_parts(rounds, drawn.mass)
        else:
            added = _add_in_order(rounds, drawn.mass, reached)
        total, hits = (
            np.concatenate(pair) for pair in zip((drawn.total, drawn.hits), added, strict=True)
        )
        drawn = Drawn(drawn.mass, total, hits, max(drawn.rounds, rounds.rounds))
        rounds.clear()
    return drawn


def draw_within(place: Place, layout: Layout) -> tuple[Drawn, Reached]:
    """The run in which all that can happen does, and what it reaches."""
    blocks = list(blocks_of(1, WORDS))
    rounds = Rounds(place.executor, layout, blocks, place.room)
    rounds.spread()
    drawn = Drawn([[] for _ in layout.parts], np.zeros(0), np.zeros(0), rounds.rounds)
    total, hits = _add_parts(rounds, drawn.mass)
    nodes, rows = [""] * len(layout.parts), np.zeros(len(layout.parts), np.int64)
    for task, (name, count) in rounds.run(note_reached, _list_tasks(rounds)):
        (nodes[task.part],), rows[task.part] = read_names(name), count[0]
    rounds.clear()
    return drawn._replace(total=total, hits=hits), Reached(tuple(nodes), rows)


def _list_tasks(rounds: Rounds) -> list[Adding]:
    """Every part with news, in the blocks in which it had some."""
    return [
        Adding(part, steps)
        for part in range(len(rounds.layout.parts))
        if (steps := tuple(filter(None, (rounds.find_step(part, b) for b in rounds.blocks))))
    ]


def _add_parts(rounds: Rounds, mass: list[list[str]]) -> tuple[Floats, Floats]:
    """(L,) totals and hits of all blocks, in any order."""
    first = 64 * rounds.blocks[0].first
    total, hits = np.zeros((2, sum(len(b.weight) for b in rounds.blocks)))
    for task, (name, world, of_part, hits_of_part) in rounds.run(add_part, _list_tasks(rounds)):
        mass[task.part] += read_names(name)
        total[world - first] += of_part
        hits[world - first] += hits_of_part
    return total, hits


def _add_in_order(
    rounds: Rounds, mass: list[list[str]], reached: Reached
) -> tuple[Floats, Floats]:  # fmt: skip
    """The same, block after block, part after part, as the rows of a whole graph are added up."""
    first = np.cumsum([0, *reached.rows.tolist()])
    tasks = [
        Piecing(part, step, reached.nodes[part], int(first[part]))
        for block in rounds.blocks
        for part in range(len(rounds.layout.parts))
        if (step := rounds.find_step(part, block))
    ]
    begin = 64 * rounds.blocks[0].first
    total, hits = np.zeros((2, sum(len(b.weight) for b in rounds.blocks)))
    folds = {b.first: Fold(len(b.weight), int(first[-1])) for b in rounds.blocks}
    for task, pieces in rounds.run(add_pieces, tasks):
        mass[task.part] += read_names(pieces.mass)
        folds[task.step.first].add(task.first, pieces)
        at = 64 * task.step.first - begin
        hits[at : at + task.step.lanes] += pieces.hits
    for number, fold in folds.items():
        fold.close()
        at = 64 * number - begin
        total[at : at + len(fold.total)] = fold.total
    return total, hits
