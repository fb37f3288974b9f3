"""Which few fixes would help most, against one failure, all single failures, or several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.analysis.filled import describe_middle
from knockon.graph.analysis.hardening.candidates import find_beaten
from knockon.graph.analysis.hardening.failures import (
    SCENARIO,
    list_failures,
    list_fixes,
    without_origins,
)
from knockon.graph.analysis.hardening.fixes import describe_fix, find_change
from knockon.graph.analysis.hardening.report import (
    Report,
    count_all_sources,
    describe_strengths,
    draw_curve,
    name_unit,
    note_fresh,
    write_headline,
    write_notes,
)
from knockon.graph.analysis.hardening.search import find_plan, order_steps
from knockon.graph.analysis.hardening.shorten import shorten
from knockon.graph.analysis.hardening.trial import Ends, Evaluator, Trial
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import build_circuit_of
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike
from knockon.graph.words import number


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Hardening(Answer):
    """The best fixes found.

    rows: one a fix, in the order in which they are made: `step`, `fix`, `dependent`, `provider`,
        `saves` (what it adds to those before it), `saves_alone`, `std_error` (of `saves`, over
        common worlds), `cost`, `saves_low`, `saves_high` (`saves` with unknown strengths at 0 and
        at 1; neither need be the smaller), `spare`, `hours`
    against: `scenario`, `all` or the number of scenarios
    budget: what may be spent; impact: as it is, without a fix; saves: all rows together
    bound: what all candidates together would save; gap: how much more than this plan another of
        the same budget could save at most; 0 where the plan is the best
    candidates: fixes that can matter; method: how the plan was found
    curve: frame `cost`, `saves`: what the first fixes save together, from none on
    plan: the change to the tables, as `Change.from_dict` reads it; words: each fix, in words
    """

    verb: ClassVar[str] = "harden"
    against: str
    budget: float
    impact: float
    saves: float
    bound: float
    gap: float
    candidates: int
    method: str
    curve: pl.DataFrame
    plan: dict[str, Any]
    words: list[str]


@take_options
def harden(
    graph: DependencyGraph,
    origins: ScenarioLike = (),
    *,
    budget: float = 3,
    changeable: Any = None,
    costs: Any = None,
    against: Any = SCENARIO,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Hardening:
    """Which fixes within a budget would help most when these entities fail together.

    origins: one or several entities by id or name, or {"id": ..., "severity": ...}; or a Scenario,
        which has all options in it
    budget: What the fixes may cost together; a fix costs 1 where no cost is given.
    changeable: Kinds of fixes (second_provider, group_member, buffer, repair, safe, halt), or rows
        of fix, dependent, provider, cost, and where wanted spare (an entity of the graph that is
        the second provider or the new member) and hours (of a buffer, a repair, a halt).
    costs: Rows of fix, dependent, provider, cost; an empty cell stands for any.
    against: scenario, all (each entity failing alone, added up), or a list of scenarios, each with
        origins, other options that differ, and weight.
    {options}
    watch: Called with the numbers of sets looked at, and more than that; where it returns False,
        the best found by then is the answer, marked as partial.
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError, InputError, MemoryLimitError.
    """
    scenario = Scenario.of(graph, origins, **options)
    own = find_question("harden").read(
        {"budget": budget, "changeable": changeable, "costs": costs, "against": against}
    )
    failures, notes = list_failures(graph, scenario, own["against"])
    fixes = list_fixes(graph, [f for f, _ in failures], own["changeable"], own["costs"])
    whole = build_circuit_of(graph, scenario) if len(failures) > 1 else None
    shared, ends = {without_origins(scenario): whole}, Ends(graph, fixes, len(failures))
    trials = [
        Trial(graph, f, fixes, weight=w, whole=shared.get(without_origins(f)), ends=ends)
        for f, w in failures
    ]
    return _answer(graph, scenario, trials, own, _Stop(watch), notes)


class _Stop:
    """Whether to go on, as the watch says."""

    def __init__(self, watch: Watch | None) -> None:
        self.watch, self.stopped = watch, False

    def goes(self, asked: int) -> bool:
        if self.watch and not self.stopped:
            self.stopped = not self.watch(asked, asked + max(asked, 64))
        return not self.stopped


def _answer(
    graph: DependencyGraph, scenario: Scenario, trials: Sequence[Trial], own: dict[str, Any],
    stop: _Stop, notes: Sequence[str],
) -> Hardening:  # fmt: skip
    mattering = np.zeros(len(trials[0].fixes) if trials else 0, np.bool_)
    for trial in trials:
        mattering |= trial.matters
    fixes = list(trials[0].fixes) if trials else []
    evaluator = Evaluator(trials, fixes)
    costs = np.array([f.cost for f in fixes], np.float64)
    open_costs = np.where(mattering, costs, np.inf)
    if evaluator.monotone:
        open_costs[find_beaten(fixes)] = np.inf
    left_out = shorten(evaluator, open_costs, own["budget"]) if evaluator.timed else []
    plan = find_plan(evaluator, open_costs, own["budget"], lambda: stop.goes(evaluator.asked))
    steps = order_steps(evaluator, costs, plan.chosen)
    report = Report(trials, fixes)
    rows = report.rows(steps)
    saved = float(rows["saves"].sum()) if rows.height else 0.0
    every = np.flatnonzero(mattering)
    impact = report.impact(())
    together = min(report.bound(evaluator, every), impact)  # on other worlds, of several failures
    bound = max(together, saved)
    if left_out:  # of these only all together is known
        plan = replace(plan, bound=max(plan.bound, bound))
    together_note = f"all {len(every):,} candidates together would save {number(together)}"
    names = dict(graph.entities.select("id", "name").iter_rows())
    chosen = [fixes[i] for i in steps]
    partial = ["partial: the search was stopped before its end"] if stop.stopped else []
    sources = count_all_sources(trials)
    middle = describe_middle(sources, scenario.assume)
    told = write_notes(evaluator, plan, rows, chosen, middle) + note_fresh(report, steps)
    return Hardening(
        **find_head(graph, scenario, "harden", own),
        headline=write_headline(
            rows,
            chosen,
            names,
            impact=impact,
            error=report.std_error((), steps),
            unit=name_unit(graph, trials),
            middle=middle,
        ),
        rows=rows,
        strength_sources=sources,
        notes=(*partial, *notes, *left_out, together_note, *told, *describe_strengths(trials)),
        partial=stop.stopped,
        against=own["against"] if isinstance(own["against"], str) else f"{len(trials)} scenarios",
        budget=own["budget"],
        impact=impact,
        saves=saved,
        bound=bound,
        gap=0.0 if plan.proven else max(0.0, plan.bound - plan.saved),
        candidates=len(every),
        method=plan.method,
        curve=draw_curve(rows),
        plan=find_change(graph, chosen).to_dict(),
        words=[describe_fix(f, names) for f in chosen],
    )
