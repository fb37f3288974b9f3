"""Outages that last: the worked examples, more by hand, the twin, and the laws."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference_time import world_of
from tests.timed import RANGES, timed_cases, times_of

Asked = tuple[DependencyGraph, Scenario]


@settings(max_examples=180, deadline=None)
@given(timed_cases(), st.sampled_from((0.0, 0.5, 1.0)))
def test_the_kernel_finds_the_times_of_the_twin(case: Asked, unknown: float) -> None:
    """Intervals and losses of every world, to the last bit: cycles, groups, modes, rings."""
    graph, scenario = case
    down, lost, _ = times_of(graph, scenario, 4, unknown, compiled=False)
    for world in range(4):
        intervals, losses, _ = world_of(graph, scenario, world, unknown)
        assert down[world] == intervals
        assert lost[world] == losses


@settings(max_examples=100, deadline=None)
@given(timed_cases(RANGES, ("2..72", "1..8", 4)))
def test_ranges_are_drawn_as_the_twin_draws_them(case: Asked) -> None:
    """Hours of grace, repair, switch and of the origins, each by its identity."""
    graph, scenario = case
    down, _, _ = times_of(graph, scenario, 3, 0.5, compiled=False)
    for world in range(3):
        intervals, _, _ = world_of(graph, scenario, world, 0.5)
        assert down[world].keys() == intervals.keys()
        for entity, interval in intervals.items():
            assert down[world][entity] == pytest.approx(interval, rel=1e-12)
