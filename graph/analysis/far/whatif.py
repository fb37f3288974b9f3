"""What if this fails, of tables that lie with the workers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import GraphHead
from knockon.graph.analysis.assemble import (
    describe_not_crossed,
    describe_own_rules,
    describe_worlds,
    find_total_error,
)
from knockon.graph.analysis.far.answer import FarImpact, write_headline
from knockon.graph.analysis.far.drawing import Drawn, Made, Place, draw, draw_within, make_layouts
from knockon.graph.analysis.far.filling import Told, add_words, describe_filling, learn
from knockon.graph.analysis.far.making import Asked, Finding, find_named
from knockon.graph.analysis.far.rows import (
    DESCENDING,
    ORDER,
    SUMS,
    SURE_HIGH,
    SURE_LOW,
    Writing,
    join_sums,
    write_rows,
)
from knockon.graph.analysis.filled import describe_middle, describe_unknown
from knockon.graph.analysis.impact import Totals
from knockon.graph.analysis.rollout_effect import describe_rings_of
from knockon.graph.analysis.sampling import find_percentile_error
from knockon.graph.analysis.sentences import describe_failure
from knockon.graph.analysis.spread import Worlds
from knockon.graph.analysis.verdicts import without_shipped
from knockon.graph.arrays import Floats
from knockon.graph.engine.circuit import note_unlisted
from knockon.graph.engine.cluster.blocks.load import Loaded, count_parts, load_parts
from knockon.graph.engine.cluster.blocks.loading import from_array
from knockon.graph.engine.cluster.blocks.part import HIGH, LOW, MIDDLE, POSSIBLE, SURE, WITHIN
from knockon.graph.engine.cluster.blocks.rounds import Room
from knockon.graph.engine.cluster.blocks.storage import is_address
from knockon.graph.errors import AmbiguousEntityError, ScenarioError, UnknownEntityError
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.modes import find_reachable_modes, load_shipped_rules
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.origins import ALONE
from knockon.graph.scenario.scenario import WORLDS, Scenario
from knockon.graph.scenario.strengths import CALLS
from knockon.graph.words import describe_parts

_LEFT_OUT = (
    "every figure is drawn, none enumerated; routes, hops, totals by kind and sector, who carries "
    "the blast, what a rollout saves, and those that depend on what is hit but cannot be are left "
    "out: ask about the first rows with `why`, on a graph of what they depend on"
)


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
    into = _make_folder(out)
    loaded = load_parts(executor, room, folder, count_parts(folder, room))
    asked = _find(place, loaded, scenario)
    count = scenario.worlds or WORLDS
    drawn, told, said = _draw_all(place, asked, count)
    mass = {kind: run.mass for kind, run in drawn.items()}
    writing = Writing(asked, mass, count, into, top)
    written = place.run(write_rows, writing, range(len(loaded.sizes)))
    return _assemble(asked, scenario, writing, drawn, list(written), told, said)


def _refuse(scenario: Scenario) -> None:
    """Raise ScenarioError for what parts cannot answer."""
    scenario.check_failing()
    for there, what in (
        (any(o.stands_for != ALONE for o in scenario.origins), "--whole and --all-named"),
        (scenario.hours is not None, "hours"),
        (scenario.precision is not None, "precision"),
        (any(t.name == CALLS for t in scenario.strengths), "the table of strengths `calls`"),
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


def _draw_all(
    place: Place, asked: Asked, worlds: int
) -> tuple[dict[str, Drawn], Told | None, list[str]]:  # fmt: skip
    """All runs of a question; what filled strengths, where tables do; and notes on rings, on
    relations, and on what is unknown.

    In which mode a table is read hangs on what is within reach, and that on no ring: where there
    are tables or rings it is drawn before, and so it is where weights are fractions, for sums over
    what is there have an order. Where shipped strengths are used, low and high are drawn once more
    without, for verdicts.
    """
    drawn: dict[str, Drawn] = {}
    scenario = asked.scenario
    filling, reached = None, None
    if asked.loaded.unknown and (scenario.strengths or scenario.trust_register):
        filling = learn(place, asked)
    if filling is not None or scenario.rollout:
        before = asked._replace(filling=filling, runs=(WITHIN,))
        drawn[WITHIN], reached = draw_within(place, make_layouts(place, before).layouts[WITHIN])
        filling = filling and filling._replace(reached=reached.nodes)
        runs = tuple(kind for kind in asked.runs if kind != WITHIN)
        asked = asked._replace(filling=filling, runs=runs)
    made = make_layouts(place, asked)
    if reached is None and not made.exact:
        within = WITHIN if WITHIN in asked.runs else POSSIBLE
        drawn[within], reached = draw_within(place, made.layouts[within])
    ordered = None if made.exact else reached
    for kind in asked.runs:
        if kind not in drawn:
            drawn[kind] = draw(place, made.layouts[kind], kind, worlds, ordered)
    said = _describe(asked, made)
    if filling is None:
        return drawn, None, said
    told = describe_filling(asked, made)
    if told.rests_on_shipped:
        bare = asked._replace(scenario=without_shipped(scenario), runs=(LOW, HIGH))
        layouts = make_layouts(place, bare).layouts
        for sure, kind in ((SURE_LOW, LOW), (SURE_HIGH, HIGH)):
            drawn[sure] = draw(place, layouts[kind], kind, worlds, ordered)
    return drawn, told, said


def _describe(asked: Asked, made: Made) -> list[str]:
    """What the answer rests on, as for a whole graph; but what is unknown is not counted within
    reach, where no tables fill it."""
    scenario, loaded = asked.scenario, asked.loaded
    relations = add_words(made.words, "relation")
    said = describe_rings_of(*made.direct, scenario) if scenario.rollout else []
    if scenario.rules != load_shipped_rules():
        said.append(describe_own_rules(scenario))
    said += describe_not_crossed(relations, scenario)
    if loaded.unknown and asked.filling is None:
        said.append(describe_unknown(loaded.unknown, loaded.dependencies, scenario.assume, ""))
    return said + note_unlisted(relations, scenario.rules)


def _find(place: Place, loaded: Loaded, scenario: Scenario) -> Asked:
    """The question with the ids of what fails and of what is protected."""
    modes = len(find_reachable_modes(scenario.mode, scenario.rules))
    bare = replace(scenario, origins=(), protect=(), on=None, on_folder=None, memory=None)
    asked = Asked(loaded, bare, (), (), modes, ())
    names = (*scenario.origin_ids, *scenario.protect)
    parts = range(len(loaded.sizes))
    found = pl.concat([from_array(f) for f in place.run(find_named, Finding(asked, names), parts)])
    ids = [_choose(found.filter(pl.col("asked") == name), name) for name in names]
    count = len(scenario.origin_ids)
    if twice := [ident for n, ident in enumerate(ids[:count]) if ident in ids[:n]]:
        raise ScenarioError(f"{twice[0]!r} is named twice among those that fail")
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


def _assemble(
    asked: Asked, scenario: Scenario, writing: Writing, drawn: Mapping[str, Drawn],
    written: list[tuple[Any, Any, Any]], told: Told | None, said: Sequence[str],
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
    report = tuple(str(f) for f in loaded.report if f.action != "read")
    head = GraphHead("dependency graph", loaded.entities, loaded.dependencies, report=report)
    middle = drawn[MIDDLE]
    within = int(counts[:, 0].sum())
    called = dict(shown.filter("origin").select("id", "name").iter_rows())
    names = tuple(called[ident] for ident in asked.failing)
    return FarImpact(
        graph=head,
        scenario=_name_ids(scenario, asked),
        names=names,
        headline=_write_headline(asked, names, totals, told),
        entities=ranked,
        totals=totals,
        worlds=count,
        distribution=pl.DataFrame(
            {"impact": middle.total, "hit": middle.hits, "weight": np.full(count, 1 / count)}
        ),
        rows=within,
        folder=writing.out,
        notes=(
            "plan blocks: read by the workers; "
            + describe_parts(len(loaded.sizes), max(d.rounds for d in drawn.values())),
            _LEFT_OUT,
            *said,
            *(told.notes if told else ()),
            *report,
        ),
        within=told.within if told else None,
        strengths=told.rows if told else None,
    )


def _name_ids(scenario: Scenario, asked: Asked) -> Scenario:
    """The scenario by the ids that its names mean."""
    origins = zip(scenario.origins, asked.failing, strict=True)
    return replace(
        scenario,
        origins=tuple(replace(origin, id=ident) for origin, ident in origins),
        protect=asked.protected,
    )


def _write_headline(
    asked: Asked, names: Sequence[str], totals: Totals, told: Told | None
) -> str:  # fmt: skip
    others = asked.loaded.entities - len(asked.failing)
    failing = describe_failure(asked.scenario.mode, names, [1.0] * len(names))
    if told is None:
        return write_headline(failing, totals, others, asked.loaded.unknown, "")
    middle = describe_middle(told.within.by_source, asked.scenario.assume)
    return write_headline(failing, totals, others, told.within.open, middle)


def _find_totals(
    sums: Mapping[str, float], drawn: Mapping[str, Drawn], count: int, errors: Floats
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
