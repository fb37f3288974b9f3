"""What if this fails? One row per entity within reach, ranked, and the totals."""

from dataclasses import replace
from typing import Unpack

from knockon.graph.analysis.assemble import assemble, find_totals
from knockon.graph.analysis.impact import Impact, Totals
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.rollout_effect import find_rollout_effect
from knockon.graph.analysis.spread import find_ways, run_worlds
from knockon.graph.analysis.verdicts import leave_out_shipped
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.scenario import Scenario, ScenarioLike


@take_options
def whatif(
    graph: DependencyGraph,
    origins: ScenarioLike,
    *,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Impact:
    """What happens to everybody when these entities fail together.

    origins: one or several entities by id or name, or {"id": ..., "severity": ...}; or a Scenario,
        which has all options in it
    {options}
    watch: Called with the numbers of worlds done and in all; where it returns False, what is known
        by then is the answer, marked as partial.
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError, MemoryLimitError.
    """
    return ask_prepared(prepare(graph, Scenario.of(graph, origins, **options)), watch)


def ask_prepared(prepared: Prepared, watch: Watch | None = None) -> Impact:
    """The answer to a failure that is laid out."""
    graph, scenario = prepared.graph, prepared.scenario
    found, lanes = run_worlds(prepared, watch)
    ways = find_ways(prepared, found, lanes)
    del lanes
    found = leave_out_shipped(prepared, found, watch)
    impact = assemble(prepared, found, ways)
    if not scenario.rollout:
        return impact

    def totals(other: Scenario) -> Totals | None:
        if other == scenario:
            return None if impact.partial else impact.totals
        again = prepare(graph, other)
        figures = run_worlds(again, watch)[0]
        return None if figures.stopped else find_totals(again, figures)

    effect = None if impact.partial else find_rollout_effect(graph, scenario, totals)
    if effect is None:
        note = "what the rollout changes is not known: the run was stopped before"
        return replace(impact, notes=(*impact.notes, note))
    return replace(impact, rollout=effect)
