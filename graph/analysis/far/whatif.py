"""What if this fails, of tables that lie with the workers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import GraphHead
from knockon.graph.analysis.assemble import describe_worlds, find_total_error
from knockon.graph.analysis.far.adding import Adding, add_part
from knockon.graph.analysis.far.answer import FarImpact, write_headline
from knockon.graph.analysis.far.making import Asked, Finding, find_named, make_part
from knockon.graph.analysis.far.rows import (
    DESCENDING,
    ORDER,
    SUMS,
    Writing,
    join_sums,
    write_rows,
)
from knockon.graph.analysis.impact import Totals
from knockon.graph.analysis.sampling import find_percentile_error
from knockon.graph.analysis.spread import Worlds
from knockon.graph.arrays import Floats
from knockon.graph.engine.cluster.blocks.load import Loaded, count_parts, load_parts
from knockon.graph.engine.cluster.blocks.loading import find_part, from_array
from knockon.graph.engine.cluster.blocks.part import (
    HIGH,
    LOW,
    MIDDLE,
    POSSIBLE,
    REACHING,
    SURE,
    WITHIN,
    read_names,
)
from knockon.graph.engine.cluster.blocks.rounds import NOTHING, Layout, Room, Rounds
from knockon.graph.engine.cluster.blocks.storage import is_address
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.worlds import Block, blocks_of
from knockon.graph.errors import AmbiguousEntityError, ScenarioError, UnknownEntityError
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.modes import find_reachable_modes
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.origins import ALONE
from knockon.graph.scenario.scenario import WORLDS, Scenario

_LARGEST = 2.0**53  # sums of whole weights up to here are exact
_LEFT_OUT = (
    "every figure is drawn, none enumerated; routes, hops, kinds and who carries the blast are "
    "left out: ask about the first rows with `why`, on a graph of what they depend on"
)


class Place(NamedTuple):
    """Where a question about tables far away runs."""

    executor: Executor
    room: Room


class _Drawn(NamedTuple):
    """A run added up: shipments of masses by part; (L,) totals and hits by world; rounds of news"""

    mass: Sequence[Sequence[str]]
    total: Floats
    hits: Floats
    rounds: int


@take_options
def whatif_far(
    source: str | PathLike[str], origins: Any, *, out: str | PathLike[str] | None = None,
    top: int = 20, place: Place | None = None, **options: Unpack[Options],
) -> FarImpact:  # fmt: skip
    """What happens to everybody when these entities fail, in a graph that no single machine holds.

    source: a folder of `dependencies.parquet` and perhaps `entities.parquet`, that the workers see,
        or the address of one (`s3://bucket/path`, `hdfs://host:port/path`)
    origins: ids or names of what fails; out: a folder that they see, for the rows of all within
        reach, as Parquet; top: rows that are given back
    {options}
    place: where it runs; None: as `on`, `on_folder`, `memory` and `resume` say
    Raises InputError with every fault of the tables, UnknownEntityError, AmbiguousEntityError,
    ScenarioError for what the parts cannot answer, ClusterError.
    """
    scenario = Scenario.read(origins, **options)
    _refuse(scenario)
    place = place or _choose_place(scenario)
    executor, room = place
    folder = str(source) if is_address(str(source)) else str(Path(source).resolve())
    loaded = load_parts(executor, room, folder, count_parts(folder, room))
    asked = _find(place, loaded, scenario)
    layouts = _make(place, asked)
    count = scenario.worlds or WORLDS
    drawn = {
        kind: _draw(place, layouts[kind], blocks_of(1 if kind in REACHING else count, WORDS))
        for kind in asked.runs
    }
    writing = Writing(
        asked, {kind: run.mass for kind, run in drawn.items()}, count, _make_folder(out), top
    )
    written = _run(place, write_rows, writing, range(len(loaded.sizes)))
    return _assemble(asked, scenario, writing, drawn, list(written))


def _refuse(scenario: Scenario) -> None:
    """Raise ScenarioError for what parts cannot answer."""
    scenario.check_failing()
    for there, what in (
        (any(o.stands_for != ALONE for o in scenario.origins), "--whole and --all-named"),
        (scenario.hours is not None, "hours"),
        (bool(scenario.rollout), "a rollout"),
        (scenario.precision is not None, "precision"),
        (bool(scenario.strengths) or scenario.trust_register, "strengths of tables"),
        (any(o.severity < 1 for o in scenario.origins), "a severity below 1"),
    ):
        if there:
            raise ScenarioError(
                f"a graph that is read by the workers is asked without {what}: load it here, and "
                'take plan "worlds"'
            )


def _choose_place(scenario: Scenario) -> Place:
    from knockon.graph.engine.cluster.connect import ask_workers
    from knockon.graph.engine.cluster.executor import Cluster
    from knockon.graph.engine.memory import find_allowed

    if scenario.on is None:
        raise ScenarioError("on: expected the address of a server, such as sc://localhost:50051")
    cluster = Cluster(scenario.on, scenario.on_folder, resume=scenario.resume)
    workers = ask_workers(cluster.address)
    memory = find_allowed(scenario.memory, workers.memory)
    room = Room(cluster.folder, memory, workers.cores, scenario.resume, workers.shares)
    return Place(cluster, room)


def _make_folder(out: str | PathLike[str] | None) -> str | None:
    if out is None:
        return None
    folder = Path(out).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = next(folder.iterdir(), None)
    except OSError as fault:
        raise ScenarioError(f"out: {folder}: {fault.strerror}") from None
    if held is not None:
        raise ScenarioError(f"out: expected an empty folder, {folder} holds {held.name}")
    return str(folder)


def _run(place: Place, work: Any, shared: Any, tasks: Sequence[Any]) -> Iterator[Any]:
    tasks_at_once = place.room.tasks
    for _, found in place.executor.run(
        work, shared, tasks, workers=tasks_at_once, workspace=NOTHING
    ):
        yield found


def _find(place: Place, loaded: Loaded, scenario: Scenario) -> Asked:
    """The question with the ids of what fails and of what is protected."""
    modes = len(find_reachable_modes(scenario.mode, scenario.rules))
    bare = replace(scenario, origins=(), protect=(), on=None, on_folder=None, memory=None)
    asked = Asked(loaded, bare, (), (), modes, ())
    names = (*scenario.origin_ids, *scenario.protect)
    parts = range(len(loaded.sizes))
    found = pl.concat(
        [from_array(f) for f in _run(place, find_named, Finding(asked, names), parts)]
    )
    ids = [_choose(found.filter(pl.col("asked") == name), name) for name in names]
    count = len(scenario.origin_ids)
    runs = (POSSIBLE, SURE, MIDDLE, *((WITHIN, LOW, HIGH) if loaded.unknown else ()))
    return asked._replace(failing=tuple(ids[:count]), protected=tuple(ids[count:]), runs=runs)


def _choose(found: pl.DataFrame, name: str) -> str:
    """The id of the one entity that has this id or name."""
    exact = found.filter(pl.col("id") == name)
    matches = (exact if exact.height else found).sort("id")
    if not matches.height:
        raise UnknownEntityError(name, [])
    if matches.height > 1:
        raise AmbiguousEntityError(name, list(matches.select("id", "name").iter_rows()))
    return str(matches["id"][0])


def _make(place: Place, asked: Asked) -> dict[str, Layout]:
    """The parts of each run."""
    loaded = asked.loaded
    made = list(_run(place, make_part, asked, range(len(loaded.sizes))))
    flags = np.stack([flag for _, flag in made]).sum(axis=0)
    if flags[0]:
        raise ScenarioError(
            "a graph that is read by the workers is asked where all that is lost is lost whole; "
            'this one has dependencies with a loss below 1: load it here, and take plan "worlds"'
        )
    if flags[1] or flags[2] > _LARGEST:
        raise ScenarioError(
            "a graph that is read by the workers wants weights that are whole numbers, whose sums "
            "are exact in any order"
        )
    names = zip(*(read_names(name) for name, _ in made), strict=True)
    failing = sorted(set(find_part(pl.Series(asked.failing), loaded.loading.bounds).tolist()))
    folder = Path(loaded.loading.folder)
    ends = tuple(np.cumsum([0, *loaded.sizes]).tolist())
    return {
        kind: Layout(folder, parts, ends, tuple(failing), True)
        for kind, parts in zip(asked.runs, names, strict=True)
    }


def _draw(place: Place, layout: Layout, blocks: Iterator[Block]) -> _Drawn:
    """Blocks of worlds of one run, as many together as go out together, added up by part."""
    mass: list[list[str]] = [[] for _ in layout.parts]
    totals, hits, most = [], [], 0
    while together := list(islice(blocks, place.executor.at_a_time)):
        rounds = Rounds(place.executor, layout, together, place.room)
        rounds.spread()
        tasks = [
            Adding(part, steps)
            for part in range(len(layout.parts))
            if (steps := tuple(filter(None, (rounds.find_step(part, b) for b in together))))
        ]
        first = 64 * together[0].first
        total, hit = np.zeros((2, sum(len(b.weight) for b in together)))
        for task, (name, world, of_part, hits_of_part) in rounds.run(add_part, tasks):
            mass[task.part] += read_names(name)
            total[world - first] += of_part
            hit[world - first] += hits_of_part
        totals.append(total)
        hits.append(hit)
        most = max(most, rounds.rounds)
        rounds.clear()
    return _Drawn(mass, np.concatenate(totals), np.concatenate(hits), most)


def _assemble(
    asked: Asked, scenario: Scenario, writing: Writing, drawn: Mapping[str, _Drawn],
    written: list[tuple[Any, Any, Any]],
) -> FarImpact:  # fmt: skip
    loaded, count = asked.loaded, writing.worlds
    split = np.concatenate([s for _, s, _ in written])
    sums = {
        name: join_sums([tuple(each) for each in split[split[:, 0] == place][:, 1:].tolist()])
        for place, name in enumerate(SUMS)
    }
    counts = np.stack([c for _, _, c in written])
    totals = _find_totals(sums, drawn, count, counts[:, 2:].max(axis=0))
    rows = pl.concat([from_array(f) for f, _, _ in written])
    others = rows.filter(~pl.col("origin")).sort(ORDER, descending=DESCENDING).head(writing.top)
    shown = pl.concat([rows.filter("origin").sort("id"), others])
    failing = len(asked.failing)
    ranked = shown.with_columns(
        rank=(pl.int_range(pl.len()) + 1 - failing).clip(0)
    ).select("rank", pl.exclude("rank", "origin"))  # fmt: skip
    told = tuple(str(f) for f in loaded.report if f.action != "read")
    head = GraphHead("dependency graph", loaded.entities, loaded.dependencies, report=told)
    middle = drawn[MIDDLE]
    within = int(counts[:, 0].sum())
    return FarImpact(
        graph=head,
        scenario=scenario,
        headline=write_headline(asked.failing, totals, loaded.entities - failing, loaded.unknown),
        entities=ranked,
        totals=totals,
        worlds=count,
        distribution=pl.DataFrame(
            {"impact": middle.total, "hit": middle.hits, "weight": np.full(count, 1 / count)}
        ),
        rows=within,
        folder=writing.out,
        notes=(
            f"plan blocks: read by the workers; {len(loaded.sizes):,} parts, "
            f"{max(d.rounds for d in drawn.values()):,} rounds of news",
            _LEFT_OUT,
            *told,
        ),
    )


def _find_totals(
    sums: Mapping[str, float], drawn: Mapping[str, _Drawn], count: int, errors: Floats
) -> Totals:
    """Totals as `assemble.find_totals` has them."""
    weight, middle = np.full(count, 1.0) / count, drawn[MIDDLE]
    over = {
        f"{name}{which}": value
        for which, kind in (("_low", LOW), ("", MIDDLE), ("_high", HIGH))
        for name, value in describe_worlds(Worlds(drawn.get(kind, middle).total, weight)).items()
    }
    return Totals(
        **(over | dict(sums)),
        hit_std_error=find_total_error(middle.hits, weight, 1 / count, errors[:1]),
        impact_std_error=find_total_error(middle.total, weight, 1 / count, errors[1:]),
        **{f"p{q}_std_error": find_percentile_error(middle.total, q / 100) for q in (50, 95, 99)},
    )
