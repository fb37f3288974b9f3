"""A failure against which fixes are tried: what comes of it with each of many sets of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.assemble import find_totals
from knockon.graph.analysis.hardening.fixes import (
    ADDING,
    AT_DEPENDENCY,
    AT_ENTITY,
    Fix,
    find_change,
    find_number,
    find_rows,
)
from knockon.graph.analysis.hardening.gates import Gated, Reached, gate
from knockon.graph.analysis.hardening.lanes import Cases, SetLanes, draw_cases
from knockon.graph.analysis.impact import Totals
from knockon.graph.analysis.plan import can_enumerate
from knockon.graph.analysis.prepare import Prepared, Whole, prepare
from knockon.graph.analysis.spread import run_worlds
from knockon.graph.arrays import Bools, Floats
from knockon.graph.engine.sums import weigh_lanes
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import WORLDS, Scenario

_KEPT = 8  # lanes of graphs with fixes in their tables
_COARSE = 512  # worlds of a first look


@dataclass(frozen=True, eq=False)
class Measure:
    """What a failure comes to. total, weight: (L,) by world; drawn: whether any figure is."""

    totals: Totals
    total: Floats
    weight: Floats
    drawn: bool


class Trial:
    """One failure of a graph, how much it counts, and the fixes that may matter to it.

    fixes: of all trials, in one order; sets are rows of booleans over them
    """

    def __init__(
        self, graph: DependencyGraph, scenario: Scenario, fixes: Sequence[Fix], *,
        weight: float = 1.0, whole: Whole | None = None, ends: "Ends | None" = None,
    ) -> None:  # fmt: skip
        self.graph, self.scenario, self.fixes, self.weight = graph, scenario, fixes, weight
        self.base = prepare(graph, scenario, whole)
        timed = scenario.hours is not None
        ends = ends or Ends(graph, fixes)
        self.trials, self.matters = ends.trials, ends.find_mattering(self.base)
        reached = Reached(self.base)
        gated = [m and not timed and reached.can_gate(f)
                 for f, m in zip(fixes, self.matters, strict=True)]  # fmt: skip
        gated = _part_rivals(fixes, gated, self.matters)
        self.gated = np.flatnonzero(gated)
        self.tables = np.flatnonzero(self.matters & ~np.array(gated, np.bool_))
        self._lanes: dict[tuple[Any, ...], SetLanes] = {}

    @property
    def looks(self) -> int:
        """Random worlds in which sets of fixes are compared: the more failures, the fewer each."""
        if self.scenario.worlds is not None:
            return self.scenario.worlds
        return max(_COARSE, WORLDS // self.trials // 64 * 64)

    def save(self, sets: Bools, *, coarse: bool = False) -> Floats:
        """(S,) what each set of fixes saves of the expected impact on others; sets: (S, C).

        coarse: in some of the worlds, where they are many
        """
        found = np.zeros(len(sets))
        used = sets[:, self.matters]
        if not used.shape[1]:
            return found
        _, first, of = np.unique(used, axis=0, return_index=True, return_inverse=True)
        distinct = sets[first]
        saved = np.empty(len(distinct))
        _, variant = np.unique(distinct[:, self.tables], axis=0, return_inverse=True)
        variant = variant.reshape(-1)
        for number in range(int(variant.max(initial=-1)) + 1):
            rows = np.flatnonzero(variant == number)
            saved[rows] = self._save_alike(distinct[rows], coarse)
        found[:] = saved[of.reshape(-1)]
        return found

    def find_base(self, *, coarse: bool = False) -> float:
        """Expected impact on others without a fix."""
        if self.scenario.hours is not None:
            return self._find_timed(())
        return self.lanes(coarse=coarse).base

    def _save_alike(self, sets: Bools, coarse: bool) -> Floats:
        """The same for sets that make the same fixes in the tables."""
        made = [self.fixes[i] for i in self.tables[sets[0, self.tables]].tolist()]
        if self.scenario.hours is not None:
            return np.full(len(sets), self._find_timed(()) - self._find_timed(made))
        lanes = self.lanes(made, len(sets), coarse=coarse)
        saved = lanes.save(sets[:, self.gated])
        return saved + (self.find_base(coarse=coarse) - lanes.base) if made else saved

    def lanes(self, made: Sequence[Fix] = (), sets: int = 64, *, coarse: bool = False) -> SetLanes:
        """The lanes of the graph in which these fixes are made in the tables."""
        key = (tuple(f.key for f in made), sets > 64, coarse)
        if key not in self._lanes:
            while len(self._lanes) > _KEPT:
                self._lanes.pop(next(iter(self._lanes)))
            gated, cases = self._lay_out(made, key)
            run = gated.runs[len(gated.runs) // 2]
            self._lanes[key] = SetLanes(gated, cases, run, sets * self.trials)
        return self._lanes[key]

    def _lay_out(self, made: Sequence[Fix], key: tuple[Any, ...]) -> tuple[Gated, Cases]:
        """The failure with its switches, and its worlds: those of the other lanes where there are
        some for fewer or more sets."""
        fixes, many, coarse = key
        if (other := self._lanes.get((fixes, not many, coarse))) is not None:
            return other.gated, other.cases
        gated = gate(self.prepare_with(made), [self.fixes[i] for i in self.gated.tolist()])
        return gated, self._draw(gated, coarse)

    def _draw(self, gated: Gated, coarse: bool) -> Cases:
        few = can_enumerate(self.scenario, gated.runs)
        worlds = None if few else self.looks
        if worlds is not None and coarse:
            worlds = min(worlds, _COARSE)
        return draw_cases(gated.runs[len(gated.runs) // 2], worlds)

    def prepare_with(self, made: Sequence[Fix]) -> Prepared:
        """The failure on the graph with these fixes."""
        if not made:
            return self.base
        change = find_change(self.graph, made)
        origins = set(self.scenario.origin_ids)
        safe = {*self.scenario.protect, *change.safe} - origins
        scenario = replace(self.scenario, protect=tuple(sorted(safe)))
        if change.halt is not None and scenario.rollout:
            sooner = change.halt if scenario.halt is None else min(scenario.halt, change.halt)
            scenario = replace(scenario, halt=sooner)
        return prepare(change.apply(self.graph), scenario)

    def _find_timed(self, made: Sequence[Fix]) -> float:
        key = tuple(f.key for f in made)
        if key not in self._timed:
            prepared = self.prepare_with(made)
            found = run_worlds(replace(prepared, runs=(prepared.run,)))[0]
            self._timed[key] = weigh_lanes(found.figures.total, found.figures.weight)
        return self._timed[key]

    @cached_property
    def _timed(self) -> dict[tuple[Any, ...], float]:
        return {}

    def measure(self, chosen: Sequence[int]) -> Measure:
        """What a what-if says of the graph with these fixes made."""
        made = [self.fixes[i] for i in chosen if self.matters[i]]
        key = tuple(sorted(f.key for f in made))
        if key not in self._measured:
            prepared = self.prepare_with(made)
            found = run_worlds(prepared)[0]
            figures = found.figures
            drawn = not found.exact and bool(figures.impact_std_error.any())
            totals = find_totals(prepared, found)
            self._measured[key] = Measure(totals, figures.total, figures.weight, drawn)
        return self._measured[key]

    @cached_property
    def _measured(self) -> dict[tuple[Any, ...], Measure]:
        return {}

    @property
    def drawn(self) -> bool:
        """Whether worlds are drawn, not all cases looked at."""
        return not can_enumerate(self.scenario, self.base.runs)

    @cached_property
    def monotone(self) -> bool:
        """Whether a fix more never costs anything: not so where times run in circles or switches
        cost hours, nor where a new member itself can be hit and a switch fail."""
        prepared = self.base
        if any(f.spare for f, m in zip(self.fixes, self.matters, strict=True) if m):
            return False
        if self.scenario.hours is None:
            return True
        from knockon.graph.engine.times import Timeline

        timeline = Timeline(
            prepared.graph, prepared.kernel, prepared.draws, prepared.origins, self.scenario.hours,
            self.scenario.seed, rings=self.scenario.rollout, halt=self.scenario.halt,
        )  # fmt: skip
        waits = prepared.graph.dependencies.select(pl.col("switch_hours").max() > 0).item()
        return not waits and bool((np.diff(timeline.shape.first) <= 1).all())


class Ends:
    """The entities and dependencies that fixes are about, found once for so many trials."""

    def __init__(self, graph: DependencyGraph, fixes: Sequence[Fix], trials: int = 1) -> None:
        self.graph, self.fixes, self.trials = graph, fixes, trials
        at_node = [i for i, f in enumerate(fixes) if f.kind in AT_ENTITY]
        self.at_node = np.array(at_node, np.int64)
        numbers = [find_number(graph, fixes[i].dependent) for i in at_node]
        self.entity = np.array(numbers, np.int64)
        rows = [(i, r) for i, f in enumerate(fixes) if f.kind in AT_DEPENDENCY
                for r in find_rows(graph, f)]  # fmt: skip
        self.at_row = np.array([i for i, _ in rows], np.int64)
        self.group = graph.group_of[np.array([r for _, r in rows], np.int64)]
        self.halts = np.array([f.kind == "halt" for f in fixes], np.bool_)

    def find_mattering(self, prepared: Prepared) -> Bools:
        """(C,) fixes that change anything among what fails: all others save nothing, ever."""
        found = self.halts & bool(prepared.scenario.rollout)
        there = np.zeros(self.graph.size, np.bool_)
        there[prepared.nodes.entity[~prepared.is_origin]] = True
        found[self.at_node] = there[self.entity]
        dependency = prepared.kernel.dependency
        within = np.zeros(int(self.graph.group_of.max(initial=0)) + 1, np.bool_)
        within[self.graph.group_of[dependency[dependency >= 0]]] = True
        np.logical_or.at(found, self.at_row, within[self.group])
        return found


def _part_rivals(fixes: Sequence[Fix], gated: list[bool], matter: Bools) -> list[bool]:
    """Those of one dependent that add members are all switches, or all made in the tables."""
    in_tables = {
        f.dependent
        for f, g, m in zip(fixes, gated, matter, strict=True)
        if m and not g and f.kind in ADDING
    }
    return [
        g and not (f.kind in ADDING and f.dependent in in_tables)
        for f, g in zip(fixes, gated, strict=True)
    ]


class Evaluator:
    """What sets of fixes save over all trials, in units of impact.

    coarse: in some of the worlds, where they are many
    """

    def __init__(
        self, trials: Sequence[Trial], fixes: Sequence[Fix], *, coarse: bool = False
    ) -> None:
        self.trials, self.fixes = [t for t in trials if t.weight > 0], fixes
        self.coarse = coarse
        self.known: dict[bytes, float] = {}
        self.asked = 0  # sets looked at

    @cached_property
    def monotone(self) -> bool:
        """Whether more fixes never save less, so that all together bound every set."""
        return all(t.monotone for t in self.trials)

    @property
    def drawn(self) -> bool:
        """Whether worlds are drawn, not all cases looked at."""
        return any(t.drawn for t in self.trials)

    @property
    def timed(self) -> bool:
        """Whether a set costs a run of its own."""
        return any(t.scenario.hours is not None for t in self.trials)

    @cached_property
    def base(self) -> float:
        """Impact without any fix."""
        return float(sum(t.weight * t.find_base(coarse=self.coarse) for t in self.trials))

    def saved(self, sets: Bools) -> Floats:
        """(S,) what each set saves; sets: (S, C)."""
        keys = [row.tobytes() for row in np.packbits(sets, axis=1)]
        fresh = [i for i, key in enumerate(keys) if key not in self.known]
        if fresh:
            wanted = sets[fresh]
            saved = np.zeros(len(fresh))
            for trial in self.trials:
                saved += trial.weight * trial.save(wanted, coarse=self.coarse)
            self.asked += len(fresh)
            self.known.update(zip((keys[i] for i in fresh), saved.tolist(), strict=True))
        return np.array([self.known[key] for key in keys])

    def saved_by(self, chosen: Sequence[int]) -> float:
        """What one set saves."""
        return float(self.saved(make_sets(len(self.fixes), [chosen]))[0])


def make_sets(fixes: int, chosen: Sequence[Sequence[int]]) -> Bools:
    """(S, C) sets, each of a list of numbers of fixes."""
    sets = np.zeros((len(chosen), fixes), np.bool_)
    for row, numbers in enumerate(chosen):
        sets[row, list(numbers)] = True
    return sets
