"""Graphs with times, and the timeline kernel run on single worlds of a scenario."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.spread import make_timeline
from knockon.graph.analysis.timed_tallies import losses
from knockon.graph.engine.times import Timeline, Times
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
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


def prepared_with(
    graph: DependencyGraph, scenario: Scenario, unknown: float
) -> tuple[Prepared, Run, Timeline]:
    """A question as `whatif` lays it out, its run with unknown strengths at one value, and its
    timeline. What the unknown can reach stays in, whatever the value."""
    asked = prepare(graph, replace(scenario, assume=unknown))
    timeline = make_timeline(asked)
    assert timeline is not None
    return asked, asked.run, timeline


def times_of(
    graph: DependencyGraph, scenario: Scenario, worlds: int, unknown: float, *, compiled: bool
) -> tuple[list[dict[str, tuple[float, float]]], list[dict[str, float]], list[Times]]:
    """Intervals and losses by entity of the first worlds, by the kernel, and its raw times."""
    asked, run, timeline = prepared_with(graph, scenario, unknown)
    nodes = asked.nodes
    down, lost, raw = [], [], []
    for block, times in timeline.times(run, run.random_worlds(worlds, 1), compiled=compiled):
        raw.append(times)
        start = nodes.join(times.start, np.minimum)
        end = nodes.join(times.end, np.maximum)
        loss = losses(asked, timeline, run, block, times)
        for lane in range(len(block.weight)):
            rows = np.flatnonzero(start[:, lane] < np.inf)
            ids = [graph.ids[nodes.entity[i]] for i in rows]
            pairs = zip(start[rows, lane].tolist(), end[rows, lane].tolist(), strict=True)
            down.append(dict(zip(ids, pairs, strict=True)))
            x = np.ones(len(rows)) if loss is None else loss[rows, lane]
            lost.append(dict(zip(ids, x.tolist(), strict=True)))
    return down, lost, raw
