"""Why nobody else is hit: what stands between a failure and those who depend on what failed.

An empty answer is either good news or an unread file, and the two must not look alike. Reasons are
looked for in the order in which they matter to the asker: the mode, alternatives that hold, times
of grace, protection, strengths of zero, a parent that fails without its children, names like it,
rows that were dropped on the way in.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from knockon.graph.analysis.prepare import build_circuit_of, reach
from knockon.graph.arrays import Ints
from knockon.graph.errors import clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import TO, plain
from knockon.graph.model.tables import UNREAD
from knockon.graph.scenario.modes import UNAIDED, find_barred, list_modes
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.words import join

_NAMED = 3  # entities named in one reason
_ALIKE = 3  # look-alike names offered


def explain_nobody(graph: DependencyGraph, scenario: Scenario) -> tuple[str, ...]:
    """The reasons, each a clause; none where nothing in the graph depends on what failed and
    nothing was dropped."""
    failing = graph.find_all(scenario.origin_ids)
    direct = graph.dependencies.filter(
        pl.Series(np.isin(graph.provider, failing) & ~np.isin(graph.dependent, failing))
    )
    is_barred = pl.col("relation").is_in(find_barred(scenario.mode, scenario.rules))
    crossed = direct.filter(~is_barred)
    return (
        *_explain_mode(graph, scenario, failing, direct.filter(is_barred)),
        *_explain_groups(graph, scenario, crossed),
        *_explain_grace(graph, scenario, crossed),
        *_explain_protection(graph, scenario, crossed),
        *_explain_zero(graph, crossed),
        *_explain_parent(graph, failing),
        *_explain_names(graph, failing, any_direct=direct.height > 0),
        *_explain_unread(graph),
        *_explain_dropped(graph),
    )


def _explain_mode(
    graph: DependencyGraph, scenario: Scenario, failing: Ints, barred: pl.DataFrame
) -> Iterator[str]:
    """Relations that the mode does not cross, and how many another mode would reach.

    barred: the direct dependencies of such relations
    """
    if not barred.height:
        return
    words = barred.group_by("relation").len().sort("relation").iter_rows()
    relations = join([f"{relation} ({count:,} direct)" for relation, count in words])
    others = []
    for mode in list_modes(scenario.rules):
        if mode != scenario.mode:
            count = _count_reached(graph, scenario, failing, mode)
            others += [(count, mode)] if count else []
    best = "".join(
        f"; {'up to ' if i == 0 else ''}{count:,} {'would be ' if i == 0 else ''}by --mode {mode}"
        for i, (count, mode) in enumerate(sorted(others, key=lambda pair: -pair[0])[:2])
    )
    yield f"mode {scenario.mode} does not cross {relations}{best}"


def _count_reached(graph: DependencyGraph, scenario: Scenario, failing: Ints, mode: str) -> int:
    """How many others the same origins would reach in another mode."""
    other = replace(scenario, mode=mode, rollout=(), halt=None, hours=None)
    whole = build_circuit_of(graph, other)
    hit = np.unique(whole.circuit.entity[reach(whole, failing)])
    return len(np.setdiff1d(hit, failing))


def _explain_groups(
    graph: DependencyGraph, scenario: Scenario, direct: pl.DataFrame
) -> Iterator[str]:
    """`payments holds: 1 of its 2 dns left`, for groups that the failure does not break."""
    grouped = direct.filter(pl.col("group").is_not_null())
    if not grouped.height or scenario.mode in UNAIDED:
        return
    sizes = graph.dependencies.filter(pl.col("group").is_not_null()).group_by(
        "dependent", "group"
    ).agg(pl.len().alias("members"), pl.col("needs").first())  # fmt: skip
    lost = grouped.group_by("dependent", "group").agg(pl.len().alias("lost"))
    ids = pl.col("dependent").cast(pl.String)
    both = lost.with_columns(ids).join(sizes.with_columns(ids), on=["dependent", "group"])
    left = both.with_columns(left=pl.col("members") - pl.col("lost")).filter(
        pl.col("left") >= pl.col("needs")
    ).sort("dependent", "group")  # fmt: skip
    said = [
        f"{_name(graph, row['dependent'])} holds: {row['left']} of its {row['members']} "
        f"{clip(row['group'], 40)} left" + (f", it needs {row['needs']}" * (row["needs"] > 1))
        for row in left.iter_rows(named=True)
    ]
    if said:
        yield some(said, _NAMED)


def _explain_grace(
    graph: DependencyGraph, scenario: Scenario, direct: pl.DataFrame
) -> Iterator[str]:
    """Those who get by without it for longer than it is down."""
    if scenario.hours is None:
        return
    longest = scenario.hours.high
    grace = pl.max_horizontal("grace_hours", "grace_hours" + TO)
    held = direct.filter(pl.col("grace_hours") >= longest).sort("dependent")
    said = [
        f"{_name(graph, dependent)} gets by without it for {plain(float(hours))} h"
        for dependent, hours in held.select("dependent", grace).iter_rows()
    ]
    if said:
        yield f"{some(said, _NAMED)} (it is down for {scenario.hours} h)"


def _explain_protection(
    graph: DependencyGraph, scenario: Scenario, direct: pl.DataFrame
) -> Iterator[str]:
    safe = direct.filter(pl.col("dependent").is_in(scenario.protect))
    names = [_name(graph, i) for i in safe["dependent"].unique().sort()]
    if names:
        yield f"{some(names, _NAMED)} {'is' if len(names) == 1 else 'are'} protected"


def _explain_zero(graph: DependencyGraph, direct: pl.DataFrame) -> Iterator[str]:
    never = direct.filter(pl.col("probability") == 0)
    names = [_name(graph, i) for i in never["dependent"].unique().sort()]
    if names:
        yield f"the strength towards {some(names, _NAMED)} is stated as 0"


def _explain_parent(graph: DependencyGraph, failing: Ints) -> Iterator[str]:
    """A parent fails alone: nothing spreads from it to what it owns."""
    ids = [graph.ids[i] for i in failing]
    owned = graph.entities.filter(pl.col("parent").is_in(ids) & ~pl.col("id").is_in(ids))
    if not owned.height:
        return
    numbers = graph.find_all(owned["id"])
    dependents = len(np.unique(graph.dependent[np.isin(graph.provider, numbers)]))
    names = some([clip(n, 60) for n in owned["name"]], _NAMED)
    parent = clip(graph.names[graph.find(owned["parent"][0])], 60)
    on = f", on which {dependents:,} depend" if dependents else ""
    yield f'it is the parent of {names}{on}: --whole "{parent}" asks for all of them together'


def _explain_names(graph: DependencyGraph, failing: Ints, *, any_direct: bool) -> Iterator[str]:
    """Other entities of much the same name that others do depend on."""
    if any_direct:
        return
    used = np.bincount(graph.provider, minlength=graph.size)
    said = []
    for origin in failing:
        for identifier, name in graph.called.nearest(graph.names[origin], 2 * _ALIKE, cutoff=85):
            number = graph.find(identifier)
            if number not in failing and used[number]:
                said.append(f"{clip(name, 60)!r} ({used[number]:,} depend on it)")
    if said:
        yield f"there are names like it: {', '.join(said[:_ALIKE])}"


def _explain_unread(graph: DependencyGraph) -> Iterator[str]:
    """What sources state, but in words that lead nowhere: an address of another file, perhaps."""
    for finding in (f for f in graph.report if f.reason.endswith(UNREAD)):
        places = f" ({some(finding.examples, _NAMED)})" if finding.examples else ""
        yield f"left unread in its sources, {finding.count:,}: {finding.reason}{places}"


def _explain_dropped(graph: DependencyGraph) -> Iterator[str]:
    """Rows that never became part of the graph."""
    count = sum(f.count for f in graph.report if f.action == "dropped")
    if count:
        rows = "1 row of its sources was" if count == 1 else f"{count:,} rows of its sources were"
        yield f"{rows} dropped (`knockon load` tells which and why)"


def _name(graph: DependencyGraph, identifier: str) -> str:
    return clip(graph.names[graph.find(str(identifier))], 60)
