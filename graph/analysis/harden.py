"""Which few fixes would help most, against one failure, all single failures, or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.analysis.hardening.bounds import share_out
from knockon.graph.analysis.hardening.candidates import (
    default_kinds,
    find_beaten,
    list_candidates,
    price,
    read_changeable,
    read_rows,
    resolve_rows,
)
from knockon.graph.analysis.hardening.fixes import (
    ADDING,
    WITH_HOURS,
    Fix,
    describe_fix,
    find_change,
)
from knockon.graph.analysis.hardening.search import Plan, find_plan, order_steps
from knockon.graph.analysis.hardening.trial import Evaluator, Trial, make_sets
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import build_circuit_of
from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.modes import UNAIDED, find_reachable_modes
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.origins import Origin
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike
from knockon.graph.words import join, number, percent

SCENARIO, ALL = "scenario", "all"
MOST_TIMED_FIXES = 40  # tried with hours, where each set takes a run of its own
_ROWS = {
    "step": pl.Int64, "fix": pl.String, "dependent": pl.String, "provider": pl.String,
    "saves": pl.Float64, "saves_alone": pl.Float64, "std_error": pl.Float64, "cost": pl.Float64,
    "saves_low": pl.Float64, "saves_high": pl.Float64, "spare": pl.String, "hours": pl.Float64,
}  # fmt: skip


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
    failures, notes = _list_failures(graph, scenario, own["against"])
    fixes, more = _list_fixes(graph, [f for f, _ in failures], own["changeable"], own["costs"])
    whole = build_circuit_of(graph, scenario) if len(failures) > 1 else None
    shared = {_without_origins(scenario): whole}
    trials = [
        Trial(graph, f, fixes, weight=w, whole=shared.get(_without_origins(f))) for f, w in failures
    ]
    return _answer(graph, scenario, trials, own, _Stop(watch), (*notes, *more))


def _without_origins(scenario: Scenario) -> tuple[Any, ...]:
    """What the circuit of everybody hangs on."""
    lasts = scenario.hours is not None
    return (scenario.mode, scenario.rules, lasts, scenario.protect, scenario.assume)


class _Stop:
    """Whether to go on, as the watch says."""

    def __init__(self, watch: Watch | None) -> None:
        self.watch, self.evaluator, self.stopped = watch, None, False

    def goes(self, asked: int) -> bool:
        if self.watch and not self.stopped:
            self.stopped = not self.watch(asked, asked + max(asked, 64))
        return not self.stopped


def _list_failures(
    graph: DependencyGraph, scenario: Scenario, against: Any
) -> tuple[list[tuple[Scenario, float]], list[str]]:
    """The failures to be hardened against, each with its weight, and notes."""
    if against == SCENARIO:
        scenario.check_failing()
        return [(scenario, 1.0)], []
    notes = []
    if scenario.origins:
        notes.append("what is named to fail does not enter: the failures are those of `against`")
    if against == ALL:
        safe = set(scenario.protect)
        providers = {graph.id_of(i) for i in np.unique(graph.provider).tolist()}
        failing = [i for i in graph.ids if i in providers and i not in safe]
        notes.append(
            f"impact is added up over {len(failing):,} failures, each entity on which others "
            "depend failing alone"
        )
        return [(replace(scenario, origins=(Origin(i),)), 1.0) for i in failing], notes
    found = [_read_failure(graph, scenario, one, n) for n, one in enumerate(against, 1)]
    return found, notes


def _read_failure(
    graph: DependencyGraph, scenario: Scenario, given: Any, number: int
) -> tuple[Scenario, float]:
    """A scenario of the list: what it does not say is as in the question."""
    if isinstance(given, Scenario):
        return given.on(graph), 1.0
    if not isinstance(given, Mapping):
        return Scenario.from_dict(scenario.to_dict() | {"origins": given}).on(graph), 1.0
    stated = dict(given)
    weight = stated.pop("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1e15:
        raise ScenarioError(
            f"against: scenario {number}: weight: expected a number of at least 0, got "
            f"{clip(repr(weight))}"
        )
    stated.pop("name", None)
    failure = Scenario.from_dict(scenario.to_dict() | stated).on(graph)
    failure.check_failing()
    return failure, float(weight)


def _list_fixes(
    graph: DependencyGraph, failures: Sequence[Scenario], changeable: Any, costs: Any
) -> tuple[list[Fix], list[str]]:
    """The candidates, in a fixed order, with their costs; and notes."""
    kinds, rows = read_changeable(changeable)
    notes: list[str] = []
    own: dict[tuple[str, str, str, str], float] = {}
    if rows is not None:
        fixes = resolve_rows(graph, rows, failures)
        by_key = {f.key: f for f in fixes}
        for row in rows:
            if row["cost"] is not None:
                one = resolve_rows(graph, [row], failures)[0]
                own[one.key] = row["cost"]
        fixes = list(by_key.values())
    else:
        fixes = _list_of_kinds(graph, failures, kinds or default_kinds(failures))
    listed = read_rows("costs", costs) if costs is not None else []
    return price(graph, fixes, listed, own), notes


def _list_of_kinds(
    graph: DependencyGraph, failures: Sequence[Scenario], kinds: Sequence[str]
) -> list[Fix]:
    from knockon.graph.analysis.prepare import prepare

    found: dict[tuple[str, str, str, str], Fix] = {}
    wholes: dict[tuple[Any, ...], Any] = {}
    for failure in failures:
        key = _without_origins(failure)
        if key not in wholes:
            wholes[key] = build_circuit_of(graph, failure)
        reachable = set(find_reachable_modes(failure.mode, failure.rules))
        useful = [k for k in kinds if not (k in ADDING and reachable <= set(UNAIDED))]
        for fix in list_candidates(prepare(graph, failure, wholes[key]), useful):
            found.setdefault(fix.key, fix)
    return [found[key] for key in sorted(found)]


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
    if evaluator.timed:
        notes = (*notes, *_shorten(evaluator, open_costs, own["budget"]))
    plan = find_plan(evaluator, open_costs, own["budget"], lambda: stop.goes(evaluator.asked))
    steps = order_steps(evaluator, costs, plan.chosen)
    report = _Report(trials, fixes)
    rows = report.rows(steps)
    saved = float(rows["saves"].sum()) if rows.height else 0.0
    every = np.flatnonzero(mattering)
    bound = max(report.bound(evaluator, every), saved)
    names = dict(graph.entities.select("id", "name").iter_rows())
    impact = report.impact(())
    chosen = [fixes[i] for i in steps]
    unit = graph.tables.weight_unit
    return Hardening(
        **find_head(graph, scenario),
        headline=_write_headline(rows, chosen, names, saved, impact, unit),
        rows=rows,
        notes=(*notes, *_write_notes(own, plan, chosen, len(every), bound, saved, evaluator)),
        partial=stop.stopped,
        against=own["against"] if isinstance(own["against"], str) else f"{len(trials)} scenarios",
        budget=own["budget"],
        impact=impact,
        saves=saved,
        bound=bound,
        gap=0.0 if plan.proven else max(0.0, min(plan.bound, bound) - plan.saved),
        candidates=len(every),
        method=plan.method,
        curve=_draw_curve(rows),
        plan=find_change(graph, chosen).to_dict(),
        words=[describe_fix(f, names) for f in chosen],
    )


def _shorten(evaluator: Evaluator, costs: Floats, budget: float) -> list[str]:
    """Where each set takes a run of the timeline, the fixes that promise most without hours; the
    others get a cost that nobody pays, and are named in a note."""
    able = np.flatnonzero(costs <= budget)
    if len(able) <= MOST_TIMED_FIXES:
        return []
    stand_ins = [_stand_in(evaluator.fixes[i]) for i in able.tolist()]
    trials = [
        Trial(t.graph, replace(t.scenario, hours=None), stand_ins, weight=t.weight)
        for t in evaluator.trials
    ]
    proxy = Evaluator(trials, stand_ins, coarse=True)
    alone = proxy.saved(np.eye(len(able), dtype=np.bool_))
    found = share_out(proxy, np.ones(len(able)), (), range(len(able)), budget)
    worth = alone if found is None else np.maximum(alone, found[1])
    order = np.argsort(-worth / np.maximum(costs[able], 1e-9), kind="stable")
    left = able[order[MOST_TIMED_FIXES:]]
    costs[left] = np.inf
    return [
        f"{len(left):,} of {len(able):,} candidates were not tried with hours: without hours they "
        "promise less than the others, or stand in the way of less"
    ]


def _stand_in(fix: Fix) -> Fix:
    """What does without hours at least what the fix does with them."""
    if fix.kind in WITH_HOURS:
        return Fix("safe", fix.dependent, None)
    return fix


class _Report:
    """The figures of the plan, as a what-if of the changed tables says them."""

    def __init__(self, trials: Sequence[Trial], fixes: Sequence[Fix]) -> None:
        self.trials, self.fixes = [t for t in trials if t.weight > 0], fixes

    def impact(self, chosen: Sequence[int], which: str = "impact") -> float:
        """Over all failures, with these fixes made."""
        return float(sum(t.weight * getattr(t.measure(chosen).totals, which) for t in self.trials))

    def rows(self, steps: Sequence[int]) -> pl.DataFrame:
        found = []
        for place, fix in enumerate(steps):
            before, after = steps[:place], steps[: place + 1]
            saves = {
                name: self.impact(before, which) - self.impact(after, which)
                for name, which in (
                    ("saves", "impact"), ("saves_low", "impact_low"), ("saves_high", "impact_high"),
                )
            }  # fmt: skip
            one = self.fixes[fix]
            found.append(
                {
                    "step": place + 1, "fix": one.kind, "dependent": one.dependent,
                    "provider": one.provider, "cost": one.cost, "spare": one.spare,
                    "hours": one.hours, "saves_alone": self.impact(()) - self.impact([fix]),
                    "std_error": self.std_error(before, after), **saves,
                }
            )  # fmt: skip
        return pl.DataFrame(found, schema=_ROWS)

    def std_error(self, before: Sequence[int], after: Sequence[int]) -> float:
        """Of the difference, over common worlds; where failures have other worlds, their errors
        are added up, which is too much rather than too little."""
        differences: dict[int, Floats] = {}
        apart = 0.0
        for trial in self.trials:
            one, other = trial.measure(before), trial.measure(after)
            if not (one.drawn or other.drawn):
                continue
            if len(one.total) != len(other.total):
                apart += trial.weight * (_error(one.total) ** 2 + _error(other.total) ** 2) ** 0.5
                continue
            size = len(one.total)
            difference = trial.weight * (one.total - other.total)
            differences[size] = differences.get(size, np.zeros(size)) + difference
        return apart + sum(map(_error, differences.values()))

    def bound(self, evaluator: Evaluator, every: "np.ndarray[Any, Any]") -> float:
        """What all candidates together save."""
        if not len(every):
            return 0.0
        if len(self.trials) == 1:
            return self.impact(()) - self.impact(every.tolist())
        return float(evaluator.saved(make_sets(len(self.fixes), [every.tolist()]))[0])


def _error(values: Floats) -> float:
    return float(values.std() / np.sqrt(max(len(values), 1)))


def _draw_curve(rows: pl.DataFrame) -> pl.DataFrame:
    start = pl.DataFrame({"cost": [0.0], "saves": [0.0]})
    return pl.concat([start, rows.select(pl.col("cost", "saves").cum_sum())])


def _write_headline(
    rows: pl.DataFrame, chosen: Sequence[Fix], names: Mapping[str, str], saved: float,
    impact: float, unit: str | None,
) -> str:  # fmt: skip
    if not chosen:
        return "No fix within the budget saves anything"
    fixes = [
        f"{describe_fix(f, dict(names))} ({number(s)})"
        for f, s in zip(chosen, rows["saves"].to_list(), strict=True)
    ]
    share = f" ({percent(saved / impact)})" if impact > 0 else ""
    verb = "1 fix saves" if len(fixes) == 1 else f"{len(fixes)} fixes save"
    counted = f" {unit}" if unit else ""
    return f"{verb} {number(saved)} of {number(impact)}{counted}{share}: {join(fixes)}"


def _write_notes(
    own: Mapping[str, Any], plan: Plan, chosen: Sequence[Fix], candidates: int, bound: float,
    saved: float, evaluator: Evaluator,
) -> list[str]:  # fmt: skip
    notes = [f"all {candidates:,} candidates together would save {number(bound)}"]
    if plan.proven:
        notes.append(f"no other set within the budget saves more ({plan.method})")
    else:
        notes.append(
            f"best set found ({plan.method}, {evaluator.asked:,} sets looked at): another within "
            f"the budget could save at most {number(max(0.0, plan.bound - plan.saved))} more"
        )
    ideal = [f for f in chosen if f.kind in ADDING and f.spare is None]
    if ideal:
        notes.append(
            "a second provider or new member without a name is ideal: it shares no cause with the "
            "first and this failure does not reach it; name an entity in the column `spare` of "
            "--changeable to try a real one"
        )
    return notes
