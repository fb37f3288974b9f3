"""Why it falls: the ways from what failed to one target, what they share, what would save it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import INSIDE, Answer, Head, find_head
from knockon.graph.analysis.chains import find_chains
from knockon.graph.analysis.contributions import measure_contributions
from knockon.graph.analysis.filled import count_sources
from knockon.graph.analysis.held import explain_held
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.savers import Cutter, Savers
from knockon.graph.analysis.spread import run_worlds
from knockon.graph.analysis.why_sentences import (
    LONGEST,
    find_kinds,
    name_all,
    name_failing,
    write_headline,
    write_sentences,
)
from knockon.graph.arrays import Ints, distinct
from knockon.graph.errors import ScenarioError, clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options, find_field
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.scenario import Scenario, ScenarioLike
from knockon.graph.scenario.strengths import SOURCES

_MOST = 1_000  # routes where nobody says how many

STEP = pl.Struct(
    {
        "dependent": pl.String, "provider": pl.String, "relation": pl.String,
        "strength": pl.Float64, "strength_low": pl.Float64, "strength_high": pl.Float64,
        "strength_source": pl.String, "source": pl.String, "evidence": pl.String,
        "saves": pl.Float64, "saves_std_error": pl.Float64,
    }
)  # fmt: skip
GROUP = pl.Struct(
    {
        "dependent": pl.String, "group": pl.String, "needs": pl.Int64,
        "lost": pl.List(pl.String), "left": pl.List(pl.String),
    }
)  # fmt: skip
SCHEMA: dict[str, Any] = {
    "route": pl.List(pl.String), "probability": pl.Float64, "share": pl.Float64,
    "share_std_error": pl.Float64, "steps": pl.List(STEP), "groups": pl.List(GROUP),
}  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation(Answer):
    """Why a target is hit, or why not.

    rows: the most probable routes first: `route` (ids from what failed to the target),
        `probability` (of its steps alone, unknown strengths at the assumption), `share` (of all
        the target's probability, in which every step of this route transmits; they overlap),
        `share_std_error`, `steps` (`dependent`, `provider`, `relation`, `strength` as counted with
        `_low` and `_high`, `strength_source`, `source`, `evidence`, `saves`: what the target's
        probability loses where this step is safe, and its error), `groups` (those of a step that
        have alternatives: `dependent`, `group`, `needs`, ids `lost`, ids `left`)
    target: `id`, `name`, and its `probability` with `_low`, `_high`, `std_error`
    dominators: ids that every way passes: each of them safe, the target is
    saved_by: the smallest sets, `{"entities": [...]}` or `{"dependencies": [[dependent, provider],
        ...]}`, whose safety saves it
    held_by: of a target that is spared: `dependent`, `reason` (`group`, `grace`, `protected`,
        `mode`, `strength`), `said`, and of a group `group`, `needs`, `lost`, `left`
    sentences: the same for a person; entities: the name of each id in the answer; kinds: likewise,
        for the map, in no JSON
    """

    verb: ClassVar[str] = "why"

    target: dict[str, Any]
    dominators: list[str]
    saved_by: list[dict[str, Any]]
    held_by: list[dict[str, Any]]
    sentences: list[str]
    entities: dict[str, str]
    kinds: dict[str, str] = field(default_factory=dict, metadata=INSIDE)


@take_options
def why(
    graph: DependencyGraph,
    target: str,
    origins: ScenarioLike,
    *,
    top: int | None = 5,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Explanation:
    """Why this entity is hit when those fail, or why it is not.

    target: by id or name
    origins: what fails; or a Scenario, which has all options in it
    top: how many routes at most, the most probable first (Yen 1971, by networkx); None: 1,000
    {options}
    Raises what `whatif` raises, and ScenarioError where the target itself fails.
    """
    scenario = Scenario.of(graph, origins, **options)
    scenario.check_failing()
    most = _MOST if top is None else find_field("top").check(top)
    number = graph.find(target)
    if graph.id_of(number) in scenario.origin_ids:
        raise ScenarioError(f"{clip(target)!r} is what fails: expected an entity that is hit by it")
    prepared = prepare(graph, scenario, towards=number)
    place = np.flatnonzero(prepared.nodes.entity == number)
    head = find_head(graph, scenario)
    if not len(place):
        return _explain_spared(head, graph, scenario, number)
    found, lanes = run_worlds(prepared, watch)
    lanes.release()
    at = int(place[0])
    figures = {
        "probability": float(found.figures.middle[at]),
        "probability_low": float(found.low[at]),
        "probability_high": float(found.high[at]),
        "std_error": float(found.figures.std_error[at]),
    }
    if found.exact and not figures["probability_high"]:
        return _explain_spared(head, graph, scenario, number)
    chains, complete = find_chains(prepared, number, most)
    measured = measure_contributions(prepared, number, chains)
    cutters = [Cutter(prepared, number, by_entity=by_entity) for by_entity in (True, False)]
    savers = [cutter.find() for cutter in cutters]
    rows = pl.DataFrame(
        [_describe_chain(prepared, chain, measured.of(i)) for i, chain in enumerate(chains)],
        schema=SCHEMA,
    )
    ids = graph.ids
    stated = {"id": ids[number], "name": graph.names[number], **figures}
    named = name_all(graph, _list_ids(rows), saved_by := _list_savers(graph, savers))
    dominators = [ids[s[0]] for s in savers[0].sets if len(s) == 1]
    sources = count_sources(prepared.filled, distinct(prepared.circuit.dependency))
    return Explanation(
        **head,
        headline=write_headline(
            name_failing(head), stated, rows, sources, complete=complete
        ),
        rows=rows,
        strength_sources=sources,
        notes=(
            *prepared.notes, *found.notes, *measured.notes,
            *([] if complete else ["more routes lead there: --top shows more of them"]),
            *_note_savers(savers),
        ),
        partial=found.stopped,
        target=stated,
        dominators=dominators,
        saved_by=saved_by,
        held_by=[],
        sentences=list(write_sentences(graph, stated, rows, dominators, saved_by)),
        entities=named,
        kinds=find_kinds(graph, named),
    )  # fmt: skip


def _list_ids(rows: pl.DataFrame) -> set[str]:
    """Who is on a route, or an alternative beside one."""
    groups = [g for row in rows["groups"] for g in row]
    beside = {i for g in groups for i in (*g["lost"], *g["left"])}
    return beside | {i for route in rows["route"] for i in route}


def _explain_spared(
    head: Head, graph: DependencyGraph, scenario: Scenario, number: int
) -> Explanation:
    """Why not: what holds on the way."""
    whole = prepare(graph, scenario)
    hit = np.zeros(graph.size, np.bool_)
    if scenario.hours is None and not scenario.rollout:
        hit[whole.nodes.entity] = True
    else:
        hit[whole.nodes.entity] = run_worlds(whole)[0].high > 0
    held = explain_held(graph, scenario, hit, number, whole.filled.most)
    name = clip(graph.names[number], LONGEST)
    reasons = held["said"].to_list()
    why_not = some(reasons, 3) if reasons else "no dependency leads from what fails to it"
    return Explanation(
        **head,
        headline=f"If {name_failing(head)}: {name} is not hit; {why_not}",
        rows=pl.DataFrame(schema=SCHEMA),
        notes=whole.notes,
        target={
            "id": graph.ids[number], "name": graph.names[number], "probability": 0.0,
            "probability_low": 0.0, "probability_high": 0.0, "std_error": 0.0,
        },
        dominators=[],
        saved_by=[],
        held_by=[{k: v for k, v in row.items() if v is not None} for row in held.to_dicts()],
        sentences=[f"{r[0].upper()}{r[1:]}." for r in reasons],
        entities=(named := name_all(graph, set(held["dependent"]))),
        kinds=find_kinds(graph, named),
    )  # fmt: skip


def _describe_chain(prepared: Prepared, arcs: Ints, measured: dict[str, Any]) -> dict[str, Any]:
    """A row: the route with its steps and groups."""
    graph, circuit = prepared.graph, prepared.circuit
    entities = [circuit.entity[circuit.provider[arcs[0]]], *circuit.entity[circuit.targets[arcs]]]
    steps = [
        _describe_step(prepared, int(arc)) | saves
        for arc, saves in zip(arcs, measured["steps"], strict=True)
    ]
    return {
        "route": [graph.ids[int(e)] for e in entities],
        "probability": math.prod(prepared.on_route[arcs].tolist()),
        "share": measured["share"],
        "share_std_error": measured["share_std_error"],
        "steps": steps,
        "groups": [g for arc in arcs for g in _describe_group(prepared, int(arc))],
    }


def _describe_step(prepared: Prepared, arc: int) -> dict[str, Any]:
    member = int(prepared.circuit.member[arc])
    dependency = int(prepared.circuit.dependency[member])
    row = prepared.graph.dependencies.row(dependency, named=True)
    draw = int(prepared.draws.of_member[member])
    low, middle, high = (float(s[draw]) for s in prepared.draws.strengths)
    return {
        "dependent": str(row["dependent"]), "provider": str(row["provider"]),
        "relation": row["relation"], "strength": middle, "strength_low": low,
        "strength_high": high,
        "strength_source": SOURCES[int(prepared.filled.source[dependency])],
        "source": row["source"], "evidence": row["evidence"],
    }  # fmt: skip


def _describe_group(prepared: Prepared, arc: int) -> Iterator[dict[str, Any]]:
    """The group of a step, where it has alternatives: who of them may be lost."""
    graph, circuit = prepared.graph, prepared.circuit
    dependency = int(circuit.dependency[circuit.member[arc]])
    row = graph.dependencies.row(dependency, named=True)
    mine = np.flatnonzero(graph.group_of == graph.group_of[dependency])
    if row["group"] is None or len(mine) == row["needs"]:
        return
    losing = np.isin(mine, circuit.dependency)
    yield {
        "dependent": str(row["dependent"]),
        "group": row["group"],
        "needs": row["needs"],
        "lost": [graph.ids[int(e)] for e in graph.provider[mine[losing]]],
        "left": [graph.ids[int(e)] for e in graph.provider[mine[~losing]]],
    }


def _list_savers(graph: DependencyGraph, savers: list[Savers]) -> list[dict[str, Any]]:
    rows = graph.dependencies
    ends = list(zip(rows["dependent"].cast(str), rows["provider"].cast(str), strict=True))
    listed: list[dict[str, Any]] = [
        {"entities": [graph.ids[i] for i in made_safe]} for made_safe in savers[0].sets
    ]
    listed += [{"dependencies": [list(ends[i]) for i in s]} for s in savers[1].sets]
    return sorted(listed, key=lambda s: len(next(iter(s.values()))))


def _note_savers(savers: list[Savers]) -> Iterator[str]:
    for what, found in zip(("entities", "dependencies"), savers, strict=True):
        if found.more:
            yield f"{found.more:,} more sets of {what} would save it"
        if not found.smallest:
            yield (
                f"what would save it, by {what}: nothing can be left out of the set, but a smaller "
                "one may exist"
            )
