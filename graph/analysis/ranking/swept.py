"""Every origin swept: by compiled lanes where whatever is hit is lost whole, else one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from knockon.graph.analysis.plan import Plan, Watch, partial_note
from knockon.graph.analysis.prepare import Whole
from knockon.graph.analysis.ranking.counting import Counting
from knockon.graph.analysis.ranking.each import ask_each
from knockon.graph.analysis.ranking.runs import (
    HIGH,
    LOW,
    MIDDLE,
    Figures,
    Swept,
    count_uncertain,
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
from knockon.graph.engine.worlds import EXACT, Run, blocks_of
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

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
        field.scenario.memory,
    )  # fmt: skip
    unknown = find_unknown(circuit, draws, field.everybody.filled)
    return sweeps, list_runs(draws, field.scenario.seed, field.scenario.assume, unknown)


def sweep_lanes(field: Field, watch: Watch | None = None) -> Swept:
    """The same by compiled lanes: worlds outside, one origin after the other in each."""
    sweeps, runs = lay_out(field)
    scenario, k = field.scenario, len(field.origins)
    few = _Looks(sweeps, sampled=scenario.sampled)
    sums = {name: np.zeros((k, 5)) for name in runs}
    drawn: dict[str, Ints] = {}
    for name, run in runs.items():
        looked, chosen = few.find(run, runs)
        rows = np.flatnonzero(looked)
        if len(rows):
            sums[name][rows] = sweeps.look_at_cases(run, chosen, rows)
        drawn[name] = np.flatnonzero(~looked)
    worlds = Plan.of(scenario, exact=False).worlds
    done, stopped = worlds, False
    if any(map(len, drawn.values())):
        done = _draw(sweeps, runs, sums, drawn, worlds, watch)
        stopped = done < worlds
    figures = {}
    for name in runs:
        exact = np.ones(k, np.bool_)
        exact[drawn[name]] = False
        lanes = np.where(exact, 1.0, float(done))
        figures[name] = Figures.of(
            sums[name], lanes, exact, field.counting.of_each, field.counting.scale
        )
    exact = np.ones(k, np.bool_)
    exact[drawn[MIDDLE]] = False
    notes = (partial_note(done, worlds),) if stopped else ()
    return Swept(figures, exact, 0 if exact.all() else done, stopped, notes)


def _draw(
    sweeps: Sweeps, runs: Mapping[str, Run], sums: dict[str, Floats], drawn: Mapping[str, Ints],
    worlds: int, watch: Watch | None,
) -> int:  # fmt: skip
    """Add up worlds, the same for all runs, block by block: how many there were."""
    for block in blocks_of(worlds, WORDS):
        for name, run in runs.items():
            if len(drawn[name]):
                sums[name][drawn[name]] += sweeps.draw(run, block, drawn[name])
        done = min(64 * (block.first + WORDS), worlds)
        if watch and not watch(done, worlds) and done < worlds:
            return done
    return worlds


class _Looks:
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
