"""What a rollout in rings changes: against all at once, and against the hour of its halt."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from knockon.graph.errors import ScenarioError
from knockon.graph.maps.phrases import kind_name
from knockon.graph.model.hours import plain
from knockon.graph.scenario.rollout import STAGED, Ring, covered
from knockon.graph.scenario.scenario import Scenario

if TYPE_CHECKING:
    from knockon.graph.analysis.whatif import Impact
    from knockon.graph.model.graph import DependencyGraph


def rollout_saves(impact: "Impact") -> pl.DataFrame:
    """See `Impact.rollout_saves`."""
    first = _rings(impact)[0].start_hours
    whole = _other(impact, rollout=(Ring(1.0, first),), halt=None)
    found = [("as it was", impact), ("all at once", whole)]
    return pl.DataFrame(
        [
            {"rollout": name, "hit": i.totals.hit, "impact": i.totals.impact,
             "saved": whole.totals.impact - i.totals.impact}
            for name, i in found
        ]
    )  # fmt: skip


def detection(impact: "Impact") -> pl.DataFrame:
    """See `Impact.detection`."""
    rings = _rings(impact)
    last = rings[-1].start_hours
    halts = {r.start_hours for r in rings} | {last + max(1.0, last)}
    if impact.scenario.halt is not None:
        halts.add(float(impact.scenario.halt))
    rows = []
    for halt in sorted(halts):
        totals = _other(impact, halt=halt).totals
        rows.append({"halt_hours": halt, "hit": totals.hit, "std_error": totals.hit_std_error,
                     "impact": totals.impact})  # fmt: skip
    return pl.DataFrame(rows)


def rollout_notes(graph: "DependencyGraph", scenario: Scenario) -> list[str]:
    """What the model takes for granted about the rings."""
    direct = graph.dependencies.filter(pl.col("provider").is_in(scenario.origin_ids))
    staged = direct.filter(pl.col("relation").is_in(STAGED))["dependent"].n_unique()
    share = covered(scenario.rollout, scenario.halt)
    part = f"{100 * share:.6g} %"
    get = f"run the origin get it only with their ring ({part} of them ever do)"
    if staged == 1:
        get = f"runs the origin gets it only with its ring (ever in {part} of the worlds)"
    notes = [
        "the rings are assumed to cover the channel that fails: "
        f"{staged:,} {kind_name('direct dependent', staged)} that {get}; "
        "on 19 July 2024 customers' staged policies did not cover content updates"
    ]
    beside = direct.filter(~pl.col("relation").is_in(STAGED))["dependent"].n_unique()
    if beside:
        notes.append(
            f"no ring covers {beside:,} {kind_name('direct dependent', beside)} by other "
            f"relations: {'it fails' if beside == 1 else 'they fail'} at once"
        )
    late = [
        plain(r.start_hours)
        for r in scenario.rollout
        if scenario.hours is not None
        and r.start_hours >= scenario.hours.low
        and (scenario.halt is None or r.start_hours < scenario.halt)
    ]
    if late:
        notes.append(
            f"rings that start at {', '.join(late)} h may find the update mended: the origin is "
            f"down for {scenario.hours} h, and the hours count from the start of the rollout"
        )
    return notes


def _rings(impact: "Impact") -> tuple[Ring, ...]:
    if not impact.scenario.rollout:
        raise ScenarioError(
            "expected a scenario with a rollout, such as rollout='1%@0,10%@4,100%@24'"
        )
    return impact.scenario.rollout


def _other(impact: "Impact", **changes: Any) -> "Impact":
    from knockon.graph.analysis.whatif import whatif

    return whatif(impact.graph, replace(impact.scenario, **changes))
