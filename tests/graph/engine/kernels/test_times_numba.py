"""The compiled form of the timeline: bit for bit the numpy one, and chosen by work alone."""

import numpy as np
import pytest
from hypothesis import given, settings

from knockon.graph.analysis import timed_tallies as timed_module
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine import components as components_module
from knockon.graph.engine import times as timeline_module
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.timed import RANGES, timed_cases, timed_graph, times_of
from tests.toys import dep

pytest.importorskip("numba")
Asked = tuple[DependencyGraph, Scenario]
pytestmark = pytest.mark.timeout(300)  # the first run on a machine compiles


@settings(max_examples=100, deadline=None)
@given(timed_cases(RANGES, ("2..72", 4), most=20, chances=20))
def test_both_forms_find_the_same_times(case: Asked) -> None:
    """The same bits in every world: intervals, members that count, what groups became."""
    graph, scenario = case
    plain, numba = (times_of(graph, scenario, 70, 0.5, compiled=c) for c in (False, True))
    assert plain[:2] == numba[:2]
    for one, other in zip(plain[2], numba[2], strict=True):
        assert np.array_equal(one.start, other.start)
        assert np.array_equal(one.end, other.end)
        for a, b in ((one.counts, other.counts), (one.state, other.state)):
            assert (a is None and b is None) or np.array_equal(a, b)


def test_large_work_takes_the_compiled_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form goes by arcs times worlds; the answer is the same, and says which one ran."""
    graph = timed_graph(dep("B", "A", probability=0.5, grace_hours="1..9"), dep("C", "B"))
    small = whatif(graph, "A", hours=4, worlds=600)
    monkeypatch.setattr(timeline_module, "COMPILED_FROM", 0)
    large = whatif(graph, "A", hours=4, worlds=600)
    assert (small.form, large.form) == ("numpy", "numba")
    assert small.entities.equals(large.entities)
    assert small.timeline().equals(large.timeline())


def test_without_numba_large_work_runs_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The absence of the compiled form is a note in the answer, not hidden."""
    monkeypatch.setattr(timeline_module, "COMPILED_FROM", 0)
    monkeypatch.setattr(timed_module, "compiled_form_is_there", lambda: False)
    monkeypatch.setattr(components_module, "compiled_form_is_there", lambda: False)
    impact = whatif(timed_graph(dep("B", "A", probability=0.5)), "A", hours=4, worlds=100)
    assert impact.form == "numpy"
    assert any("pip install 'knockon[fast]'" in note for note in impact.notes)
