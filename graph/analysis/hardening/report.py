"""The figures of a plan, asked again of the graph that it changes, and the plan in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.fill import Filled
from knockon.graph.analysis.filled import count_sources, describe_filled
from knockon.graph.analysis.hardening.fixes import ADDING, Fix, describe_fix
from knockon.graph.analysis.hardening.search import Plan
from knockon.graph.analysis.hardening.trial import Evaluator, Trial, make_sets
from knockon.graph.analysis.question import unit_of
from knockon.graph.arrays import Floats, Ints, distinct
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import between, join, measure, number, percent

_ROWS = {
    "step": pl.Int64, "fix": pl.String, "dependent": pl.String, "provider": pl.String,
    "saves": pl.Float64, "saves_alone": pl.Float64, "std_error": pl.Float64, "cost": pl.Float64,
    "saves_low": pl.Float64, "saves_high": pl.Float64, "spare": pl.String, "hours": pl.Float64,
}  # fmt: skip


class Report:
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

    def measure_afresh(self, steps: Sequence[int]) -> tuple[float, float, float] | None:
        """What the plan saves on the worlds on which it was chosen, on as many others, and the
        standard error of that; None where nothing is drawn, or failures are several: sets are then
        compared on part of the worlds, and the figures are of all."""
        if len(self.trials) != 1 or not steps:
            return None
        trial = self.trials[0]
        here = trial.measure(()), trial.measure(steps)
        if not any(m.drawn for m in here):
            return None
        elsewhere = replace(trial.scenario, seed=_find_other_seed(trial.scenario.seed))
        other = Trial(trial.graph, elsewhere, self.fixes)
        before, after = other.measure(()), other.measure(steps)
        if len(before.total) == len(after.total):
            error = _error(before.total - after.total)
        else:
            error = (_error(before.total) ** 2 + _error(after.total) ** 2) ** 0.5
        saved, again = (b.totals.impact - a.totals.impact for b, a in (here, (before, after)))
        return trial.weight * saved, trial.weight * again, trial.weight * error

    def bound(self, evaluator: Evaluator, every: "np.ndarray[Any, Any]") -> float:
        """What all candidates together save."""
        if not len(every):
            return 0.0
        if len(self.trials) == 1:
            return self.impact(()) - self.impact(every.tolist())
        return float(evaluator.saved(make_sets(len(self.fixes), [every.tolist()]))[0])


def _find_other_seed(seed: int) -> int:
    return seed - 1 if seed > 0 else seed + 1


def _error(values: Floats) -> float:
    return float(values.std() / np.sqrt(max(len(values), 1)))


def draw_curve(rows: pl.DataFrame) -> pl.DataFrame:
    start = pl.DataFrame({"cost": [0.0], "saves": [0.0]})
    return pl.concat([start, rows.select(pl.col("cost", "saves").cum_sum())])


def name_unit(graph: DependencyGraph, trials: Sequence[Trial]) -> str:
    """What impact counts; empty where it is plain weight."""
    unit = graph.tables.weight_unit or ""
    lasting = next((t.scenario for t in trials if t.scenario.hours is not None), None)
    return unit if lasting is None else unit_of(unit or "weight", lasting)


def write_headline(
    rows: pl.DataFrame, chosen: Sequence[Fix], names: Mapping[str, str], *, impact: float,
    error: float, unit: str, middle: str,
) -> str:  # fmt: skip
    """`3 fixes save 0 to 153; if unknown counts 0.5, 71 of 117 (60 %), give or take 8: ...`.

    impact: of what fails; error: standard error of what all fixes save; middle: what the figures
    between low and high rest on
    """
    if not chosen:
        return "No fix within the budget saves anything"
    fixes = [
        f"{describe_fix(f, dict(names))} ({measure(saves, 2 * error)[0]})"
        for f, saves, error in zip(chosen, rows["saves"], rows["std_error"], strict=True)
    ]
    low, saved, high = (float(rows[n].sum()) for n in ("saves_low", "saves", "saves_high"))
    low, high = min(low, saved, high), max(low, saved, high)
    share = f" ({percent(saved / impact)})" if impact > 0 else ""
    verb = "1 fix saves" if len(fixes) == 1 else f"{len(fixes)} fixes save"
    counted = f" {unit}" if unit else ""
    ranged = number(low) != number(high)
    ends = f" {between(low, high)}; {middle}," if ranged else ""
    figure, sure = measure(saved, 2 * error)
    sure = f", give or take {sure}" if sure else ""
    return f"{verb}{ends} {figure} of {number(impact)}{counted}{share}{sure}: {join(fixes)}"


def count_all_sources(trials: Sequence[Trial]) -> dict[str, int]:
    """How many dependencies within reach of any of the failures have their strength from where."""
    filled, used = _find_used(trials)
    return count_sources(filled, used) if filled else {}


def describe_strengths(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Notes on what filled strengths within reach of any of the failures."""
    filled, used = _find_used(trials)
    return describe_filled(filled, used) if filled else ()


def _find_used(trials: Sequence[Trial]) -> tuple[Filled | None, Ints]:
    bases = [t.base for t in trials]
    used = [b.circuit.dependency for b in bases]
    return bases[0].filled if bases else None, distinct(np.concatenate([[], *used]).astype(int))


def note_fresh(report: Report, steps: Sequence[int]) -> list[str]:
    """How much of what a plan saves is that it was chosen on the worlds on which it is measured."""
    found = report.measure_afresh(steps)
    if found is not None:
        saved, again, error = found
        figure, sure = measure(again, 2 * error)
        ends = f"{figure} ± {sure}" if sure else figure
        apart = f"{number(abs(saved - again))} {'less' if again < saved else 'more'}"
        return [
            "fixes are chosen and measured on the same worlds, which may flatter them: on as many "
            f"others these save {ends}, {apart}"
        ]
    drawn = {t.looks for t in report.trials if t.drawn and t.scenario.worlds is None}
    if len(report.trials) > 1 and steps and drawn:
        return [
            f"sets of fixes are compared on {min(drawn):,} random worlds of each failure; what "
            "those chosen save is measured on all"
        ]
    return []


def write_notes(
    evaluator: Evaluator, plan: Plan, rows: pl.DataFrame, chosen: Sequence[Fix], middle: str
) -> list[str]:
    """What the plan rests on, whether it is the best, and what its fixes take for granted.

    middle: what the middle figures rest on (`describe_middle`)
    """
    notes = []
    low, saved, high = (float(rows[n].sum()) for n in ("saves_low", "saves", "saves_high"))
    if (low, high) != (saved, saved):
        if middle.startswith("if "):
            words = middle.removeprefix("if unknown counts")
            notes.append(
                f"unknown strengths count{words}; if they count 0, these fixes save {number(low)}, "
                f"if they count 1, {number(high)}"
            )
        else:
            notes.append(
                f"{middle}: with all strengths at their low ends these fixes save {number(low)}, "
                f"at their high ends {number(high)}"
            )
    if plan.proven:
        where = " on the worlds drawn" if evaluator.drawn else ""
        notes.append(f"no other set within the budget saves more{where} ({plan.method})")
    else:
        notes.append(
            f"best set found ({plan.method}, {evaluator.asked:,} sets looked at): another within "
            f"the budget could save at most {number(max(0.0, plan.bound - plan.saved))} more"
        )
    if not evaluator.monotone:
        notes.append(
            "a fix more may save less here, where outages run in circles, switches cost hours or "
            "a real spare can be hit: all candidates together are then no bound"
        )
    if any(f.kind in ADDING and f.spare is None for f in chosen):
        notes.append(
            "a second provider or new member without a name is ideal: it shares no cause with the "
            "first and this failure does not reach it; name an entity in the column `spare` of "
            "--changeable to try a real one"
        )
    return notes
