"""Every origin swept: by compiled lanes where whatever is hit is lost whole, else one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from knockon.graph.analysis.place import choose_for
from knockon.graph.analysis.plan import Plan, Watch, partial_note
from knockon.graph.analysis.prepare import Whole
from knockon.graph.analysis.ranking.counting import Counting
from knockon.graph.analysis.ranking.each import ask_each
from knockon.graph.analysis.ranking.parts import asks_parts
from knockon.graph.analysis.ranking.runs import (
    HIGH,
    LOW,
    MIDDLE,
    Figures,
    Swept,
    count_uncertain,
    find_steady,
    find_unknown,
    list_names,
    list_runs,
)
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.layout import WORDS
from knockon.graph.engine.lanes import MISSED
from knockon.graph.engine.sweeps import Few, Sweeps
from knockon.graph.engine.worlds import EXACT, Block, Run, blocks_of
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

_LARGE = 10**9  # origins times dependencies
_APART = 10**10  # origins whose worlds are alike, times arcs: some seconds
FEWER = 512  # worlds in which other assumptions than the middle one are then looked at
_ASKED_FROM = 300  # origins times runs that pay for the start of the compiled form


@dataclass(frozen=True, eq=False)
class Field:
    """A graph on which every entity may fail, laid out once: who may, and who counts.

    origins: (k,) entities on which somebody depends; whole: whatever is lost is lost whole, at once
    """

    graph: DependencyGraph
    scenario: Scenario
    everybody: Whole
    counting: Counting
    origins: Ints

    @property
    def whole(self) -> bool:
        timed = self.scenario.hours is not None or self.scenario.rollout
        losses = self.graph.dependencies.select((pl.col("loss") == 1).all()).item()
        return bool(losses) and not timed

    def plan_worlds(self, names: Iterable[str]) -> dict[str, int]:
        """How many worlds of each run: fewer of those that only move places, where much is asked"""
        worlds = Plan.of(self.scenario, exact=False).worlds
        large = len(self.origins) * len(self.graph.dependent) >= _LARGE
        fewer = min(worlds, FEWER) if large and not self.scenario.sampled else worlds
        return {name: worlds if name in (MIDDLE, LOW, HIGH) else fewer for name in names}

    @property
    def common(self) -> bool:
        """Whether strengths are the same whatever fails: tables may have others by the mode in
        which a failure arrives."""
        by_mode = self.everybody.filled.by_mode
        return by_mode is None or bool((by_mode == by_mode[0]).all())


def sweep(field: Field, watch: Watch | None = None) -> Swept:
    """The figures of all origins of a field."""
    runs = len(list_names(field.everybody, field.scenario.assume))
    large = len(field.origins) * runs >= _ASKED_FROM
    large &= not asks_parts(field.scenario)  # these are asked about one by one
    if not (field.whole and field.common and large) or not compiled_form_is_there():
        swept = ask_each(
            field.graph, field.scenario, field.everybody, field.counting, field.origins, watch,
            whole=field.whole,
        )  # fmt: skip
        missed = field.whole and field.common and large
        return Swept(swept.runs, swept.exact, swept.worlds, swept.stopped,
                     (*swept.notes, *((MISSED,) if missed else ())))  # fmt: skip
    return sweep_lanes(field, watch)


def lay_out(field: Field) -> tuple[Sweeps, dict[str, Run]]:
    """The sweeps of a field and its runs."""
    circuit = field.everybody.circuit
    draws = Draws.lay_out(
        field.graph, circuit, field.everybody.strengths,
        mode=field.scenario.mode, rho=field.everybody.filled.rho,
    )  # fmt: skip
    sweeps = Sweeps(
        circuit, draws, field.everybody.safe, field.counting.tallied, field.origins,
        field.scenario.memory, choose_for(field.scenario),
    )  # fmt: skip
    unknown = find_unknown(circuit, draws, field.everybody.filled)
    return sweeps, list_runs(draws, field.scenario.seed, field.scenario.assume, unknown)


def sweep_lanes(field: Field, watch: Watch | None = None) -> Swept:
    """The same by compiled lanes: worlds outside, one origin after the other in each."""
    sweeps, runs = lay_out(field)
    looks = Looks(sweeps, sampled=field.scenario.sampled)
    sums = {name: np.zeros((len(field.origins), 5)) for name in runs}
    drawn: dict[str, Ints] = {}
    for name, run in runs.items():
        looked, few = looks.find(run, runs)
        rows = np.flatnonzero(looked)
        if len(rows):
            sums[name][rows] = sweeps.look_at_cases(run, few, rows)
        drawn[name] = np.flatnonzero(~looked)
    worlds = field.plan_worlds(runs)
    most, done = worlds[MIDDLE], dict(worlds)
    if any(map(len, drawn.values())):
        done = _draw(sweeps, runs, sums, drawn, worlds, watch)
    figures = {
        name: summarize(field, sweeps, run, sums[name], drawn[name], done[name])
        for name, run in runs.items()
    }
    exact = np.ones(len(field.origins), np.bool_)
    exact[drawn[MIDDLE]] = False
    stopped = done[MIDDLE] < most
    notes = [*sweeps.executor.notes] if any(map(len, drawn.values())) else []
    if stopped:
        notes.append(partial_note(done[MIDDLE], most))
    if min(worlds.values()) < most and not stopped:
        notes.append(f"other strengths assumed than {field.scenario.assume:g}: in {FEWER:,} worlds")
    return Swept(figures, exact, 0 if exact.all() else done[MIDDLE], stopped, tuple(notes))


def summarize(
    field: Field, sweeps: Sweeps, run: Run, sums: Floats, drawn: Ints, worlds: int
) -> Figures:
    """The figures of a run; drawn: origins for which so many worlds were, not every case."""
    exact = np.ones(len(sums), np.bool_)
    exact[drawn] = False
    lanes = np.where(exact, 1.0, float(worlds))
    unit, scale = field.counting.of_each, field.counting.scale
    steady = np.flatnonzero(find_steady(sums, lanes, exact, unit))
    apart = None
    if len(steady):
        apart = np.zeros_like(sums)
        apart[steady] = _look_apart(sweeps, run, steady)
        apart *= np.array([1.0, 1.0, 1.0, scale, 1.0])
    return Figures.of(sums, lanes, exact, unit, scale, apart)


def _look_apart(sweeps: Sweeps, run: Run, rows: Ints) -> Floats:
    """(rows, SUMS) by how much draws can change the sums of a lane; by one hit where even that is
    too much to look at."""
    if len(rows) * len(sweeps.wiring.arcs.target) > _APART:
        return np.ones((len(rows), 5))
    k = len(sweeps.origins)
    certain = Few(np.ones(k, np.bool_), np.zeros(k + 1, np.int64), np.zeros(0, np.int32))
    most, least = (sweeps.look_at_cases(one, certain, rows) for one in run.widen())
    return most - least


def _draw(
    sweeps: Sweeps, runs: Mapping[str, Run], sums: dict[str, Floats], drawn: Mapping[str, Ints],
    worlds: Mapping[str, int], watch: Watch | None,
) -> dict[str, int]:  # fmt: skip
    """Add up worlds, the same for all runs, block by block: how many of each run."""
    most = max(worlds.values())
    for block in blocks_of(most, WORDS):
        for name, run in runs.items():
            if len(drawn[name]) and 64 * block.first < worlds[name]:
                inside = min(len(block.weight), worlds[name] - 64 * block.first)
                part = Block(block.first, np.ones(inside))
                sums[name][drawn[name]] += sweeps.draw(run, part, drawn[name])
        done = min(64 * (block.first + WORDS), most)
        if watch and not watch(done, most) and done < most:
            return {name: min(done, number) for name, number in worlds.items()}
    return dict(worlds)


class Looks:
    """For which origins all cases are looked at in a run, found once for draws that vary alike."""

    def __init__(self, sweeps: Sweeps, *, sampled: bool) -> None:
        self.sweeps, self.sampled = sweeps, sampled
        self.found: dict[bytes, Few] = {}

    def find(self, run: Run, runs: Mapping[str, Run]) -> tuple[Bools, Few]:
        """(k,) whether, and the draws of each. As in a what-if, those of the middle run decide for
        the low and the high one."""
        k = len(self.sweeps.origins)
        nothing = np.zeros(k + 1, np.int64), np.zeros(0, np.int32)
        outer = [runs[name] for name in (MIDDLE, LOW, HIGH) if name in runs]
        of = runs[MIDDLE] if any(run is one for one in outer) else run
        varies = count_uncertain(of)
        if not count_uncertain(run).any():
            return np.ones(k, np.bool_), Few(np.ones(k, np.bool_), *nothing)
        key = np.packbits(varies).tobytes()
        if key not in self.found:
            able = runs.get(HIGH, of).probability
            self.found[key] = self.sweeps.find_few(able, varies, 0 if self.sampled else EXACT)
        few = self.found[key]
        return few.few, few
