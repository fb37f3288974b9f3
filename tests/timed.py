"""Graphs with times, and the timeline kernel run on single worlds of a scenario."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from knockon.graph.analysis.spread import _reach, _timeline
from knockon.graph.analysis.tallies import Ledger
from knockon.graph.analysis.timed_tallies import losses
from knockon.graph.engine.circuit import Circuit, build_circuit
from knockon.graph.engine.times import Times, with_switches
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.rollout import covered, staged, staged_arcs
from knockon.graph.scenario.scenario import Scenario
from tests import strategies, toys

HOURS = {"grace_hours": pl.String, "switch_hours": pl.String}
PEOPLE = {"id": pl.String, "weight": pl.Float64, "kind": pl.String, "repair_hours": pl.String,
          "backlog": pl.Float64}  # fmt: skip
EVEN = ("0", "0", "0", "1", "2", "3", "5")  # many moments fall together
RANGES = (*EVEN, "1..4", "0.5..30")


def timed_graph(*rows: dict[str, Any], **people: dict[str, Any]) -> DependencyGraph:
    """The graph of some rows; hours are numbers or texts. people: columns of entities, by id."""
    said = [
        {k: str(v) if k in HOURS and v is not None else v for k, v in row.items()} for row in rows
    ]
    frame = pl.DataFrame(said, schema=toys.COLUMNS | HOURS)
    known = [
        {"id": i, **{k: str(v) if k == "repair_hours" else v for k, v in columns.items()}}
        for i, columns in people.items()
    ]
    described = pl.DataFrame(known, schema=PEOPLE) if known else None
    if described is not None:
        described = described.drop([c for c in PEOPLE if described[c].is_null().all()])
    return DependencyGraph.from_polars(frame, described)


@st.composite
def timed_graphs(draw: st.DrawFn, hours: Any = EVEN, **options: Any) -> DependencyGraph:
    """Any small graph, with hours in every column of them; `options` as of `strategies.rows`."""
    some = st.sampled_from(hours)
    rows = [
        {**row, "grace_hours": draw(some), "switch_hours": draw(some)}
        for row in draw(strategies.rows(**options))
    ]
    people = draw(
        strategies.described(repair_hours=some, backlog=st.sampled_from((0.0, 0.0, 0.5, 1.0)))
    )
    frame = pl.DataFrame(rows, schema=toys.COLUMNS | HOURS)
    return DependencyGraph.from_polars(frame, people)


ROLLOUTS = ((), "100%@0", "100%@2", "50%@0,100%@3", "1%@0,25%@1,100%@4")


@st.composite
def timed_cases(
    draw: st.DrawFn, hours: Any = EVEN, origin_hours: Any = (1, 3, 4.5, 8), **options: Any
) -> tuple[DependencyGraph, Scenario]:
    """A graph with times, and a scenario with hours and perhaps a rollout."""
    graph = draw(timed_graphs(hours, **options))
    asked: dict[str, Any] = {"hours": draw(st.sampled_from(origin_hours))}
    modes = strategies.MODES
    rollout = draw(st.sampled_from(ROLLOUTS))
    if rollout and draw(st.booleans()):
        modes = ("bad_update",)
        asked |= {"rollout": rollout, "halt": draw(st.sampled_from((None, 0, 1, 3.5)))}
    scenario = draw(strategies.scenarios(graph, modes=modes, **asked))
    return graph, scenario


class Job(Ledger):
    """A ledger and the timeline that goes with it."""

    timeline: Any


def job_of(graph: DependencyGraph, scenario: Scenario) -> Job:
    """The circuit of a scenario, as `spread` makes it."""
    whole, _ = build_circuit(graph, scenario.mode, scenario.rules)
    whole = with_switches(graph, whole)
    high = graph.dependencies["probability"].fill_null(1.0).to_numpy()
    failing = np.array([graph.find(o.id) for o in scenario.origins])
    safe = np.flatnonzero(np.isin(whole.entity, [graph.find(p) for p in scenario.protect]))
    circuit, nodes = whole.within(_reach(whole, high, failing, safe), high > 0)
    origins = np.searchsorted(nodes, failing)
    kernel = circuit
    if scenario.rollout:
        kernel = staged(graph, circuit, staged_arcs(graph, circuit, origins))
    severity = np.array([o.severity for o in scenario.origins])
    job = Job(graph, circuit, origins, severity, None if kernel is circuit else kernel)
    job.timeline = _timeline(job, scenario)
    return job


def run_of(graph: DependencyGraph, scenario: Scenario, kernel: Circuit, strength: Any) -> Run:
    share = np.full(len(graph.ids), covered(scenario.rollout, scenario.halt))
    return Run.of(graph, kernel, np.append(strength, share), scenario.seed)


def times_of(
    graph: DependencyGraph, scenario: Scenario, worlds: int, unknown: float, *, compiled: bool
) -> tuple[list[dict[str, tuple[float, float]]], list[dict[str, float]], list[Times]]:
    """Intervals and losses by entity of the first worlds, by the kernel, and its raw times."""
    job = job_of(graph, scenario)
    assert job.timeline is not None
    stated = graph.dependencies["probability"].fill_null(unknown).to_numpy()
    run = run_of(graph, scenario, job.kernel, stated)
    down, lost, raw = [], [], []
    for block, times in job.timeline.times(run, run.random_worlds(worlds, 1), compiled=compiled):
        raw.append(times)
        start = job.by_entity(times.start, np.minimum)
        end = job.by_entity(times.end, np.maximum)
        loss = losses(job, job.timeline, run, block, times)
        for lane in range(len(block.weight)):
            rows = np.flatnonzero(start[:, lane] < np.inf)
            ids = [graph.ids[job.entity[i]] for i in rows]
            pairs = zip(start[rows, lane].tolist(), end[rows, lane].tolist(), strict=True)
            down.append(dict(zip(ids, pairs, strict=True)))
            x = np.ones(len(rows)) if loss is None else loss[rows, lane]
            lost.append(dict(zip(ids, x.tolist(), strict=True)))
    return down, lost, raw
