"""The run of a question: the coupled runs over the same worlds, added up, and the routes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from knockon.graph.analysis.exact import find_exact
from knockon.graph.analysis.exact_diagrams import add_by_diagram
from knockon.graph.analysis.place import choose_for
from knockon.graph.analysis.plan import Plan, Watch, can_enumerate
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.tallies import Figures, count
from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.routes import Routes, find_routes
from knockon.graph.engine.wiring import wire

if TYPE_CHECKING:
    from knockon.graph.engine.times import Timeline


@dataclass(frozen=True, eq=False)
class HoursDown:
    """start, mean, p50, p95: (E,) hours until it is down, and hours down, over the worlds that hit
    it (nan where none does); curve: frame `hours`, `kind`, `down`."""

    start: Floats
    mean: Floats
    p50: Floats
    p95: Floats
    curve: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Worlds:
    """(L,) the total impact of each world of a run, and its weight."""

    total: Floats
    weight: Floats


@dataclass(frozen=True)
class Work:
    """What an answer took. form: of the kernel that ran, `numpy` or `numba`; arcs: within reach;
    graph_bytes, block_bytes: memory of the compiled lanes, for the graph and for each block."""

    form: str
    arcs: int
    graph_bytes: int = 0
    block_bytes: int = 0


@dataclass(frozen=True, eq=False)
class Spread:
    """What a failure does, for the E entities within reach and the L worlds looked at.

    figures: at the assumed strengths; outer: the low and the high run, world by world
    low, high: (E,) probability with unknown strengths at 0, 1, or at the ends that a table gives
    sure_low, sure_high: (E,) the same without shipped strengths: what verdicts rest on
    exact: nothing was drawn; stopped: before all worlds were drawn; sure: low and high rest on no
    draw
    hours: where the scenario has hours; impact and total then are mean and sum of weight * loss *
    hours down, and hit means down at some time
    """

    figures: Figures
    outer: "tuple[Worlds, ...]"
    low: Floats
    high: Floats
    sure_low: Floats
    sure_high: Floats
    exact: bool
    stopped: bool
    sure: bool
    work: Work
    notes: tuple[str, ...]
    hours: HoursDown | None = None


@dataclass(frozen=True, eq=False)
class Ways:
    """How it gets there. node_of: (E,) the node on whose chain each entity is shown; carries: (E,)
    expected number of others whose route runs through it."""

    routes: Routes
    node_of: Ints
    carries: Floats


def run_worlds(prepared: Prepared, watch: Watch | None = None) -> tuple[Spread, Lanes]:
    """Spread the failure: the least fixpoint of every world. Also the lanes that did it.

    watch: called after each block with the numbers of worlds done and in all; the run stops where
    it returns False
    """
    scenario, runs = prepared.scenario, prepared.runs
    timeline = make_timeline(prepared)
    drew_no_hours = timeline is None or timeline.drawn.certain
    plan = Plan.of(scenario, exact=can_enumerate(scenario, runs) and drew_no_hours)
    lanes = Lanes(
        prepared.kernel, -(-plan.worlds // 64), compiled=scenario.on is not None or None,
        memory=scenario.memory, executor=choose_for(scenario, prepared),
    )  # fmt: skip
    hours, arcs = None, len(prepared.kernel.provider)
    if timeline is None:
        counted = count(prepared, lanes, plan, watch)
        figures, stopped = counted.tally, counted.stopped
        low, high = counted.low.middle, counted.high.middle
        outer = tuple(Worlds(f.total, f.weight) for f in (counted.low, counted.high))
        exact = None if scenario.sampled else find_exact(prepared, lanes)
        if not scenario.sampled and not plan.exact:
            exact = add_by_diagram(prepared, exact)
        if exact is not None:
            figures = figures.with_exact(exact.rows, exact.middle, prepared)
            low, high = low.copy(), high.copy()
            low[exact.rows], high[exact.rows] = exact.low, exact.high
        lanes.release(wiring=False)
        work, notes = Work(counted.form, arcs, *lanes.taken), counted.notes
    else:
        from knockon.graph.analysis.timed_tallies import count_times

        timed = count_times(prepared, plan, timeline, watch)
        figures, low, high, stopped = timed, timed.low, timed.high, timed.stopped
        outer = tuple(Worlds(total, timed.weight) for total in timed.outer_totals)
        work, notes = Work(timed.form, arcs), timed.notes
        hours = HoursDown(timed.start, timed.down, timed.down_p50, timed.down_p95, timed.curve)
    low = np.minimum(low, figures.middle)  # sums of floats may differ in the last digit
    high = np.maximum(high, figures.middle)
    return Spread(
        figures=figures,
        outer=outer,
        low=low,
        high=high,
        sure_low=low,
        sure_high=high,
        exact=plan.exact,
        stopped=stopped,
        sure=plan.exact
        or (drew_no_hours and not any(len(run.uncertain) for run in (runs[0], runs[-1]))),
        work=work,
        notes=notes,
        hours=hours,
    ), lanes


def find_ways(prepared: Prepared, found: Spread, lanes: Lanes) -> Ways:
    """The most probable chain to each entity, in the form of the lanes, which are let go."""
    circuit, nodes = prepared.circuit, prepared.nodes
    wiring = None
    if lanes.compiled:
        wiring = lanes.wiring() if lanes.circuit is circuit else wire(circuit)
    lanes.release()
    routes = find_routes(circuit, prepared.on_route, prepared.origins, wiring)
    node_of = nodes.least(routes.zeros, routes.cost, routes.depth)
    mass = np.zeros(len(circuit.entity))
    mass[node_of] = np.where(prepared.is_origin, 0.0, found.figures.middle)
    return Ways(routes, node_of, nodes.join(routes.carried(mass, circuit.entity), np.add))


def make_timeline(prepared: Prepared) -> "Timeline | None":
    """What times the outages of a scenario with hours; None without."""
    scenario = prepared.scenario
    if scenario.hours is None:
        return None
    from knockon.graph.engine.times import Timeline

    return Timeline(
        prepared.graph, prepared.kernel, prepared.draws, prepared.origins, scenario.hours,
        scenario.seed, rings=scenario.rollout, halt=scenario.halt,
        fractional=not prepared.whole, executor=choose_for(scenario),
    )  # fmt: skip
