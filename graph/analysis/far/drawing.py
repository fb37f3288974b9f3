"""Worlds of a question drawn by parts: layouts of its runs, rounds of news, and their sums."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.far.adding import Adding, add_part, note_reached
from knockon.graph.analysis.far.making import Asked, make_part
from knockon.graph.arrays import Floats
from knockon.graph.engine.cluster.blocks.loading import find_part
from knockon.graph.engine.cluster.blocks.part import REACHING, read_names
from knockon.graph.engine.cluster.blocks.rounds import NOTHING, Layout, Room, Rounds
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.worlds import Block, blocks_of
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


class Drawn(NamedTuple):
    """A run added up: shipments of masses by part; (L,) totals and hits by world; rounds of news;
    by part the shipments of nodes within reach (`adding.note_reached`), where they were noted"""

    mass: Sequence[Sequence[str]]
    total: Floats
    hits: Floats
    rounds: int
    reached: tuple[str, ...] = ()


class Made(NamedTuple):
    """The parts of each run, and what `making.make_part` says beside them: by part rows and words,
    and added up counts of strengths and of those who depend on the origins."""

    layouts: dict[str, Layout]
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
    if found[1] or found[2] > _LARGEST:
        raise ScenarioError(
            "a graph that is read by the workers wants weights that are whole numbers, whose sums "
            "are exact in any order"
        )
    failing = sorted(set(find_part(pl.Series(asked.failing), loaded.loading.bounds).tolist()))
    folder = Path(loaded.loading.folder)
    ends = tuple(np.cumsum([0, *loaded.sizes]).tolist())
    by_run = zip(*(read_names(name) for name in names), strict=True)
    layouts = {
        kind: Layout(folder, parts, ends, tuple(failing), True)
        for kind, parts in zip(asked.runs, by_run, strict=True)
    }
    direct = int(found[3]), int(found[4])
    return Made(layouts, list(rows), list(words), np.stack(counts).sum(axis=0), direct)


def draw(place: Place, layout: Layout, kind: str, worlds: int, *, noting: bool = False) -> Drawn:
    """Blocks of worlds of one run, as many together as go out together, added up by part."""
    blocks = blocks_of(1 if kind in REACHING else worlds, WORDS)
    mass: list[list[str]] = [[] for _ in layout.parts]
    reached = [""] * len(layout.parts)
    totals, hits, most = [], [], 0
    while together := list(islice(blocks, place.executor.at_a_time)):
        rounds = Rounds(place.executor, layout, together, place.room)
        rounds.spread()
        tasks = _list_tasks(rounds, together)
        first = 64 * together[0].first
        total, hit = np.zeros((2, sum(len(b.weight) for b in together)))
        for task, (name, world, of_part, hits_of_part) in rounds.run(add_part, tasks):
            mass[task.part] += read_names(name)
            total[world - first] += of_part
            hit[world - first] += hits_of_part
        for task, name in rounds.run(note_reached, tasks if noting else []):
            (reached[task.part],) = read_names(name)
        totals.append(total)
        hits.append(hit)
        most = max(most, rounds.rounds)
        rounds.clear()
    return Drawn(mass, np.concatenate(totals), np.concatenate(hits), most, tuple(reached))


def _list_tasks(rounds: Rounds, blocks: Sequence[Block]) -> list[Adding]:
    """Every part with news, in the blocks in which it had some."""
    return [
        Adding(part, steps)
        for part in range(len(rounds.layout.parts))
        if (steps := tuple(filter(None, (rounds.find_step(part, b) for b in blocks))))
    ]
