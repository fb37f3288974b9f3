"""The worlds of a part added up where its lanes are."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.cluster.blocks.news import News
from knockon.graph.engine.cluster.blocks.part import write_names
from knockon.graph.engine.cluster.blocks.sections import read_section
from knockon.graph.engine.cluster.blocks.steps import Question, Step, count_part, find_hits
from knockon.graph.engine.cluster.shipment import Array, ship


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


def note_reached(shared: Question, scratch: object, adding: Adding) -> Array:
    """The name of the shipment of the nodes of a part, ghosts too, that are hit in any world."""
    folder, nodes = Path(shared.folder) / shared.name, []
    for step in adding.steps:
        nodes.append(np.flatnonzero(find_hits(shared, step).nodes.any(axis=1)))
        for file in (name for _, files in step.past for name in files):
            nodes.append(News.from_bytes(read_section(folder / file, step.part) or b"").ghost)
    reached = np.unique(np.concatenate(nodes)).astype(np.int32)
    return write_names([ship(reached, Path(shared.folder))])
