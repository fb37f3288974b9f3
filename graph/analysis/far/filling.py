"""Tables of strengths for a graph far away, as the client sees them: what parts are told before
they fill, and what filled how many."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from knockon.graph.analysis.far.drawing import Made, Place
from knockon.graph.analysis.far.making import Asked, Filling
from knockon.graph.analysis.far.neighbours import (
    Answering,
    Calling,
    Climb,
    Telling,
    answer,
    climb,
    find_called,
    tell,
)
from knockon.graph.analysis.fill import list_candidates
from knockon.graph.analysis.filled import describe_rows, describe_unknown
from knockon.graph.analysis.idle_rows import Vocabulary, note_idle
from knockon.graph.analysis.impact import Within
from knockon.graph.analysis.owned import STEPS
from knockon.graph.engine.cluster.blocks.loading import from_array
from knockon.graph.engine.cluster.blocks.part import read_names
from knockon.graph.scenario.modes import find_reachable_modes
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import NONE, SHIPPED_ROW, SOURCES, SPEAKS_FOR


def learn(place: Place, asked: Asked) -> Filling:
    """What parts must know before tables can fill strengths."""
    parts = range(len(asked.loaded.sizes))
    told = place.run(tell, Telling(asked, _find_owners(place, asked)), parts)
    files = tuple(name for found in told for name in read_names(found))
    return Filling(_find_called(place, asked), files)


def _find_owners(place: Place, asked: Asked) -> tuple[str, ...]:
    """By part the file that says who owns what of it is a part of something else."""
    files = [""] * len(asked.loaded.sizes)
    tasks = [Climb(part, 0, "", ()) for part in range(len(files))]
    for step in range(STEPS + 1):
        asks: dict[int, list[tuple[int, str]]] = {}
        for task, (name, receivers) in zip(tasks, place.run(climb, asked, tasks), strict=True):
            (files[task.part],) = read_names(name)
            for receiver in receivers.tolist():
                asks.setdefault(receiver, []).append((task.part, files[task.part]))
        if not asks or step == STEPS:
            break
        asking = [Answering(part, step, tuple(of)) for part, of in sorted(asks.items())]
        answers: dict[int, list[str]] = {}
        for each, found in zip(asking, place.run(answer, asked, asking), strict=True):
            for asker, _ in each.asks:
                answers.setdefault(asker, []).extend(read_names(found))
        tasks = [
            Climb(part, step + 1, files[part], tuple(of)) for part, of in sorted(answers.items())
        ]
    return tuple(files)


def _find_called(place: Place, asked: Asked) -> tuple[tuple[str, str], ...]:
    """The cells of tables that mean an entity, with its id: by id, else by a name that no other
    has, as `fill` looks them up in a whole graph."""
    cells = {
        cell
        for table in asked.scenario.strengths
        for row in table.rows
        for cell in (row.dependent, row.provider)
        if cell
    }
    if not cells:
        return ()
    keys = tuple(sorted(cells | {cell.casefold() for cell in cells}))
    parts = range(len(asked.loaded.sizes))
    found = pl.concat(
        [from_array(each) for each in place.run(find_called, Calling(asked, keys), parts)]
    )
    meant: dict[str, str | None] = {}
    names = found.filter("name").group_by("key").agg("id").iter_rows()
    meant |= {key: ids[0] if len(ids) == 1 else None for key, ids in names}
    meant |= {key: key for key in found.filter(~pl.col("name"))["key"]}
    pairs = ((cell, meant.get(cell, meant.get(cell.casefold()))) for cell in sorted(cells))
    return tuple((cell, ident) for cell, ident in pairs if ident is not None)


class Told(NamedTuple):
    """What filled strengths, of the dependencies within reach. rows: as `filled.list_rows`"""

    within: Within
    rows: pl.DataFrame
    notes: tuple[str, ...]

    @property
    def rests_on_shipped(self) -> bool:
        """Whether any strength within reach is that of past incidents."""
        return bool(self.within.by_source[SOURCES[SHIPPED_ROW]])


def describe_filling(asked: Asked, made: Made) -> Told:
    """What filled how many, added up over all parts, and notes as for a whole graph."""
    scenario = asked.scenario
    counts = made.counts.astype(int).tolist()
    by_source = dict(zip(SOURCES, counts[1:], strict=True))
    within = Within(sum(counts[1:]), by_source[NONE], by_source, bool(counts[0]))
    every = pl.concat([from_array(each) for each in made.rows])
    cells = [c for c in every.columns if c != "dependencies"]
    summed = every.group_by(cells, maintain_order=True).agg(pl.col("dependencies").sum())
    ordered = _put_in_order(summed.select(every.columns), scenario)
    filled = ordered.filter(pl.col("dependencies") > 0)
    rows = filled.sort("dependencies", descending=True, maintain_order=True)
    unknown = [describe_unknown(within.unknown, within.dependencies, scenario.assume)]
    notes = (
        *(unknown if within.unknown else ()),
        *(describe_rows(rows, by_source) if every.height else ()),
        *_note_idle(asked, every, made.words),
    )
    return Told(within, rows, notes)


def add_words(words: Sequence[Any], column: str) -> dict[str, int]:
    """The relations or kinds that occur in any part, in order, with `direct` of all parts."""
    every = pl.concat([from_array(each) for each in words]).filter(pl.col("column") == column)
    return dict(every.group_by("word").agg(pl.col("direct").sum()).sort("word").iter_rows())


def _put_in_order(rows: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """The rows in the order in which a whole graph meets them."""
    modes = find_reachable_modes(scenario.mode, scenario.rules)
    place = {key: i for i, key in enumerate(list_candidates(scenario.strengths, modes))}
    at = [place.get((row["table"], _key(row)), -1) for row in rows.iter_rows(named=True)]
    return rows[sorted(range(rows.height), key=at.__getitem__)]


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[c] for c in SPEAKS_FOR)


def _note_idle(asked: Asked, rows: pl.DataFrame, words: Sequence[Any]) -> tuple[str, ...]:
    """What of the user's tables came to nothing; which entity is nearest to one that is not there
    is not looked for."""
    used = {(row["table"], _key(row)) for row in rows.iter_rows(named=True)}
    called = {cell for cell, _ in asked.filling.called} if asked.filling else set()
    vocabulary = Vocabulary(
        called.__contains__, list, lambda: [*add_words(words, "relation")],
        lambda: [*add_words(words, "kind")],
    )  # fmt: skip
    return note_idle(asked.scenario.strengths, used, vocabulary)
