"""What a rollout in rings changes: against all at once, and against the hour of its halt."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from knockon.graph.analysis.impact import RolloutEffect, Totals
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import plain
from knockon.graph.scenario.rollout import STAGED, Ring, find_share_reached
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.words import kind_name


def find_rollout_effect(
    graph: DependencyGraph, scenario: Scenario, totals: Callable[[Scenario], Totals | None]
) -> RolloutEffect | None:
    """The same update sent to all at once, and stopped at other hours.

    totals: of a scenario over the same worlds; None where the run was stopped, and so is this
    """
    alike: dict[Any, Totals | None] = {}

    def change(**changes: Any) -> Totals | None:
        other = replace(scenario, **changes)
        begun = sum(other.halt is None or r.start_hours < other.halt for r in other.rollout)
        key = other.rollout, begun
        if key not in alike:  # a halt between the same two rings changes nothing
            alike[key] = totals(other)
        return alike[key]

    as_it_was = change()
    whole = change(rollout=(Ring(1.0, scenario.rollout[0].start_hours),), halt=None)
    stops = [(halt, change(halt=halt)) for halt in _halts(scenario)]
    if as_it_was is None or whole is None:
        return None
    rows = []
    for halt, found in stops:
        if found is None:
            return None
        rows.append({"halt_hours": halt, "hit": found.hit, "hit_low": found.hit_low,
                     "hit_high": found.hit_high, "std_error": found.hit_std_error,
                     "impact": found.impact})  # fmt: skip
    saves = [
        {"rollout": name, "hit": t.hit, "impact": t.impact, "saved": whole.impact - t.impact}
        for name, t in (("as it was", as_it_was), ("all at once", whole))
    ]
    notes = describe_rollout(graph, scenario)
    return RolloutEffect(pl.DataFrame(saves), pl.DataFrame(rows), tuple(notes))


def _halts(scenario: Scenario) -> list[float]:
    """The hours at which rings start, that of the halt, and one after all rings."""
    last = scenario.rollout[-1].start_hours
    halts = {r.start_hours for r in scenario.rollout} | {last + max(1.0, last)}
    return sorted(halts if scenario.halt is None else halts | {float(scenario.halt)})


def describe_rollout(graph: DependencyGraph, scenario: Scenario) -> list[str]:
    """What the model takes for granted about the rings."""
    return describe_rings_of(*count_direct(graph, scenario.origin_ids), scenario)


def count_direct(graph: DependencyGraph, origins: Sequence[str]) -> tuple[int, int]:
    """How many depend on the origins by relations that come in rings, and how many by others."""
    direct = graph.dependencies.filter(pl.col("provider").is_in(origins))
    staged = pl.col("relation").is_in(STAGED)
    return (
        direct.filter(staged)["dependent"].n_unique(),
        direct.filter(~staged)["dependent"].n_unique(),
    )


def describe_rings_of(staged: int, beside: int, scenario: Scenario) -> list[str]:
    """The same of so many (`count_direct`)."""
    share = find_share_reached(scenario.rollout, scenario.halt)
    part = f"{100 * share:.6g} %"
    get = f"run the origin get it only with their ring ({part} of them ever do)"
    if staged == 1:
        get = f"runs the origin gets it only with its ring (ever in {part} of the worlds)"
    notes = [
        "the rings are assumed to cover the channel that fails: "
        f"{staged:,} {kind_name('direct dependent', staged)} that {get}; "
        "on 19 July 2024 customers' staged policies did not cover content updates"
    ]
    if beside:
        notes.append(
            f"no ring covers {beside:,} {kind_name('direct dependent', beside)} by other "
            f"relations: {'it fails' if beside == 1 else 'they fail'} at once"
        )
    late = describe_late_rings(scenario)
    return [*notes, late] if late else notes


def describe_late_rings(scenario: Scenario) -> str:
    """Which rings start when what failed is mended, and so may hit nobody; empty where none."""
    hours = scenario.hours
    late = [
        plain(r.start_hours)
        for r in scenario.rollout
        if hours is not None
        and r.start_hours >= hours.low
        and (scenario.halt is None or r.start_hours < scenario.halt)
    ]
    if not late:
        return ""
    return (
        f"rings that start at {', '.join(late)} h may find the update mended: the origin is "
        f"down for {hours} h, and the hours count from the start of the rollout"
    )
