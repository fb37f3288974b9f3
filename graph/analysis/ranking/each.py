"""One what-if after the other: for scenarios with hours, rings or partial losses, and small work.

Each origin is prepared and run as `whatif` does it, over the same worlds or cases.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from knockon.graph.analysis.plan import Plan, Watch, can_enumerate
from knockon.graph.analysis.prepare import Prepared, Whole, prepare
from knockon.graph.analysis.ranking.counting import Counting
from knockon.graph.analysis.ranking.parts import Wanted, choose_parts, count_parts
from knockon.graph.analysis.ranking.runs import (
    HIGH,
    LOW,
    MIDDLE,
    Figures,
    Swept,
    find_steady,
    find_unknown,
    leave_open,
    list_certain,
    list_names,
    list_runs,
)
from knockon.graph.analysis.spread import make_timeline
from knockon.graph.analysis.tallies import spread_losses
from knockon.graph.analysis.timed_tallies import find_harms
from knockon.graph.analysis.unordered import find_unordered
from knockon.graph.arrays import Bools, Floats, Ints, firsts
from knockon.graph.engine.cluster.choose import cuts_graph
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sums import add_words, weight_rows
from knockon.graph.engine.times import Timeline
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.origins import Origin
from knockon.graph.scenario.scenario import Scenario

SUMS = 5
Seen = tuple[Bools, Floats | None, Floats]  # (E, L) who is hit, what each loses, (L,) weights


def ask_each(
    graph: DependencyGraph, scenario: Scenario, everybody: Whole, counting: Counting, origins: Ints,
    watch: Watch | None = None, *, whole: bool = False,
) -> Swept:  # fmt: skip
    """The figures of these origins, in all runs.

    whole: whatever is hit is lost whole, and no hours are counted, wherever in the graph
    """
    names = list_names(everybody, scenario.assume)
    sums = {name: np.zeros((len(origins), SUMS)) for name in names}
    drawn = {name: np.zeros(len(origins)) for name in names}  # worlds, 0 for exact
    apart = {name: np.zeros((len(origins), SUMS)) for name in names}
    unit, scale = (counting.of_each, counting.scale) if whole else (None, 1.0)
    done, notes = 0, dict[str, None]()
    certain = list_certain(graph, everybody)
    parts: Executor | None = None
    for i, origin in enumerate(origins.tolist()):
        if watch and not watch(i, len(origins)):
            break
        alone = replace(leave_open(scenario), origins=(Origin(graph.id_of(origin)),))
        prepared = prepare(graph, alone, everybody)
        parts = parts or choose_parts(prepared)
        asked = _Asked.of(
            prepared, counting, origin, scenario.assume, certain, whole=whole, parts=parts
        )  # fmt: skip
        found = asked.add_up()
        for name in names:  # what is all stated within reach is the same in all runs
            of = name if name in found else MIDDLE
            sums[name][i], plan = found[of], asked.plans[of]
            drawn[name][i] = 0 if plan.exact else plan.worlds
            lanes = np.array([float(plan.worlds)])
            if find_steady(sums[name][i : i + 1], lanes, np.array([plan.exact]), unit)[0]:
                apart[name][i] = asked.look_apart(of, scale)
        notes |= dict.fromkeys(asked.lanes.notes)
        done = i + 1
    figures = {
        name: Figures.of(
            sums[name], np.maximum(drawn[name], 1.0), drawn[name] == 0, unit, scale, apart[name]
        )
        for name in names
    }  # fmt: skip
    worlds = int(drawn[MIDDLE].max(initial=0))
    notes |= dict.fromkeys(parts.notes if parts else ())
    return Swept(figures, drawn[MIDDLE] == 0, worlds, done < len(origins), tuple(notes))


@dataclass(frozen=True, eq=False)
class _Asked:
    """One origin, prepared. rows: entities within reach by the value they count for."""

    prepared: Prepared
    counting: Counting
    runs: Mapping[str, Run]
    plans: Mapping[str, Plan]
    timeline: Timeline | None
    lanes: Lanes
    order: Ints
    first: Ints
    direct: Bools
    stake: Ints | Floats

    @classmethod
    def of(
        cls, prepared: Prepared, counting: Counting, origin: int, assume: float,
        alike: AbstractSet[str], *, whole: bool, parts: Executor | None,
    ) -> "_Asked":  # fmt: skip
        """alike: the runs that draw nothing, wherever in the graph; parts: what counts the worlds
        by parts of it"""
        draws, scenario = prepared.draws, prepared.scenario
        unknown = find_unknown(prepared.kernel, draws, prepared.filled)
        runs = list_runs(draws, scenario.seed, assume, unknown)
        timeline = make_timeline(prepared)
        certain = timeline is None or timeline.drawn.certain
        outer = [n for n in (MIDDLE, LOW, HIGH) if n in runs]
        few = {name: can_enumerate(scenario, [run]) for name, run in runs.items()}
        few |= dict.fromkeys(outer, can_enumerate(scenario, [runs[name] for name in outer]))
        if timeline is None:
            few |= dict.fromkeys(alike & few.keys(), True)
        plans = {name: Plan.of(scenario, exact=few[name] and certain) for name in runs}
        entity = prepared.nodes.entity
        value, t = counting.tallied.value[entity], counting.tallied
        order = np.lexsort((entity, value))
        order = order[(value[order] >= 0) & (value[order] != t.value[origin])]
        first = np.flatnonzero(firsts(value[order]))
        mine = t.direct[t.first[origin] : t.first[origin + 1]]
        stakes = t.stake if whole else counting.stake
        stake = np.where(entity == origin, 0, stakes[entity])
        words = max(-(-plan.worlds // 64) for plan in plans.values())
        lanes = Lanes(
            prepared.kernel, words, compiled=parts is not None or None, memory=scenario.memory,
            executor=parts,
        )  # fmt: skip
        return cls(
            prepared, counting, runs, plans, timeline, lanes, order, first,
            np.isin(value[order][first], mine), stake,
        )  # fmt: skip

    def add_up(self) -> dict[str, Floats]:
        """(SUMS,) of each run."""
        terms: dict[str, list[Floats]] = {name: [] for name in self.runs}
        for name, of_block in self._list_terms():
            terms[name].append(of_block)
        return {name: add_words(np.concatenate(of, axis=1)) for name, of in terms.items()}

    def _list_terms(self) -> Iterator[tuple[str, Floats]]:
        """Each run with (SUMS, L) of each of its blocks, counted here or by parts."""
        if cuts_graph(self.lanes.executor) is None:
            for name, seen in self._see():
                yield name, self._count(*seen)
            return
        counts = np.zeros(len(self.stake), np.bool_)
        direct = counts.copy()
        counts[self.order[self.first]] = True
        direct[self.order[self.first]] = self.direct
        wanted = Wanted(counts, direct, self.stake)
        for name, run in self.runs.items():
            if self.plans[name].exact:
                for seen in self._see_run(name, run):
                    yield name, self._count(*seen)
                continue
            for of in count_parts(self.prepared, self.lanes, run, self.plans[name], wanted):
                yield name, _square(np.ones(len(of[0])), *of)

    def look_apart(self, name: str, scale: float) -> Floats:
        """(SUMS,) by how much draws can change the sums of a lane in a run, hours aside."""
        prepared, found = self.prepared, []
        hours = prepared.scenario.hours
        lasting = (hours.low + hours.high) / 2 if hours else 1.0
        for run in self.runs[name].widen():
            of_group, live = run.draws.of_group, run.probability > 0
            stuck = np.where(of_group >= 0, ~live[of_group], False)
            nodes = self.lanes.reach(live[run.draws.of_member], stuck, prepared.origins)
            hit = prepared.nodes.join(nodes, np.logical_or)
            found.append(self._count(hit[:, None], None, np.ones(1))[:, 0])
        units = np.array([1.0, 1.0, 1.0, scale * lasting, 1.0])
        apart: Floats = (found[0] - found[1]) * units
        return apart

    def _see(self) -> Iterator[tuple[str, Seen]]:
        """Each run with each of its blocks."""
        if self.timeline is not None:
            yield from self._see_times(self.timeline)
            return
        for name, run in self.runs.items():
            for seen in self._see_run(name, run):
                yield name, seen

    def _see_run(self, name: str, run: Run) -> Iterator[Seen]:
        """Each block of a run."""
        words, origins = self.lanes.words(fractional=not self.prepared.whole), self.prepared.origins
        drawing = None
        for block, nodes in self.lanes.close(run, self.plans[name].blocks(run, words), origins):
            harm = None
            if not self.prepared.whole:
                if self.lanes.compiled:
                    drawing = self.lanes.drawing(run, given=block.cases is not None)
                harm = spread_losses(self.prepared, self.lanes, run, block, drawing)
            hit = self.prepared.nodes.join(nodes, np.bitwise_or)
            yield unpack(hit, len(block.weight)), harm, block.weight

    def _see_times(self, timeline: Timeline) -> Iterator[tuple[str, Seen]]:
        """Low, middle and high world by world; the others by themselves."""
        prepared = self.prepared
        outer = [n for n in (LOW, MIDDLE, HIGH) if n in self.runs]
        runs = [self.runs[name] for name in outer]
        unordered = find_unordered(prepared, timeline) if len(runs) > 1 else None
        compiled = compiled_form_is_there() and timeline.pays(self.plans[MIDDLE].worlds)
        base = self.runs[MIDDLE]
        for weight, harms in find_harms(
            prepared, timeline, runs, base, self.plans[MIDDLE], compiled=compiled
        ):
            if unordered is not None and unordered.any():
                harms = _widen(harms, unordered)
            for name, (hit, harm) in zip(outer, harms, strict=True):
                yield name, (hit, harm, weight)
        for name, run in self.runs.items():
            if name not in outer:
                for weight, [(hit, harm)] in find_harms(
                    prepared, timeline, [run], run, self.plans[name], compiled=compiled
                ):
                    yield name, (hit, harm, weight)

    def _count(self, hit: Bools, harm: Floats | None, weight: Floats) -> Floats:
        """(SUMS, L) what each lane adds to the sums."""
        values = np.zeros((0, len(weight)), np.bool_)
        if len(self.order):
            values = np.logical_or.reduceat(hit[self.order], self.first, axis=0)
        every, direct = (v.sum(axis=0).astype(np.float64) for v in (values, values[self.direct]))
        if self.stake.dtype == np.int64:
            amount = (self.stake @ hit.astype(np.int64)).astype(np.float64)
        else:
            amount = weight_rows(hit if harm is None else harm, self.stake.astype(np.float64))
        return _square(weight, every, direct, amount)


def _square(weight: Floats, every: Floats, direct: Floats, amount: Floats) -> Floats:
    """(SUMS, L) by weight: how many are hit and what is lost with their squares, how many directly
    between."""
    return np.stack(
        [weight * every, weight * every * every, weight * direct, weight * amount,
         weight * amount * amount]
    )  # fmt: skip


def _widen(harms: list[tuple[Bools, Floats]], unordered: Bools) -> list[tuple[Bools, Floats]]:
    """Nothing in the low run, the worst of all in the high one, where more can be less."""
    (low, least), middle, (high, most) = harms
    low, high, least, most = low.copy(), high.copy(), least.copy(), most.copy()
    most[unordered] = np.maximum(np.maximum(least, middle[1]), most)[unordered]
    low[unordered], high[unordered], least[unordered] = False, True, 0.0
    return [(low, least), middle, (high, most)]
