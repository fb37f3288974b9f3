"""Outside witnesses: other people's code gives the same answer to the same question."""

import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.paths import BENCH
from tests.strategies import cases


@pytest.mark.slow
def test_independent_cascades_of_ndlib_hit_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an R-MAT graph, NDlib's cascades and our worlds agree within five standard errors."""
    pytest.importorskip("ndlib", reason="pip install -e .[bench]")
    monkeypatch.syspath_prepend(str(BENCH))
    import peers
    import rmat

    provider, dependent = rmat.edges(9, 4_000)
    origin, worlds = rmat.hub(provider), 1_500
    theirs, _ = peers.ndlib_worlds(provider, dependent, 0.15, origin, worlds)
    impact = whatif(rmat.graph(provider, dependent, 0.15), str(origin), worlds=30_000)
    ours = impact.distribution["hit"].to_numpy() + 1  # NDlib counts the origin
    error = np.sqrt(theirs.var() / worlds + ours.var() / len(ours))
    assert 5 < ours.mean() < len(set(dependent.tolist()))
    assert abs(theirs.mean() - ours.mean()) < 5 * error
    assert theirs.std() == pytest.approx(ours.std(), rel=0.15)
    assert "ndlib" in sys.modules


@settings(max_examples=60, deadline=None)
@given(cases(most=30))
def test_reach_is_that_of_networkx(case: tuple[DependencyGraph, Scenario]) -> None:
    """With every strength 1 and no group, the entities hit are the ancestors of the origin."""
    rows = case[0].dependencies.select("dependent", "provider").with_columns(probability=1.0)
    graph = DependencyGraph.from_polars(rows, case[0].entities.select("id"))
    network = graph.to_networkx()
    for origin in graph.ids[:5]:
        hit = set(whatif(graph, origin).entities.filter(probability=1.0)["id"])
        assert hit == nx.ancestors(network, origin) | {origin}
