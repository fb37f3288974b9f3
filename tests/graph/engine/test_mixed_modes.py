"""Failures that change their mode on the way: pairs of entity and mode, against the twin."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.scenario.scenario import Scenario
from tests.lanes import Lanes, hit_by, lost_by
from tests.reference import Case, Model, closure, coins, losses, routes, whatif_reference
from tests.strategies import graphs

LANES = 70
# a becomes b and c; b and c meet again in c; compromise, which no group helps against, joins in
RULES = (
    ("a", "operated_by", "a"),
    ("a", "runs", "b"),
    ("a", "uses", "c"),
    ("b", "operated_by", "b"),
    ("b", "uses", "c"),
    ("c", "operated_by", "c"),
    ("c", "uses", "c"),
    ("c", "resolved_by", "compromise"),
    ("compromise", "uses", "compromise"),
    ("compromise", "runs", "a"),
)
ASKED = st.sampled_from(({"mode": "bad_update"}, {"mode": "a", "rules": RULES}))
RELATIONS = ("operated_by", "runs", "uses", "resolved_by")
DENSE = graphs(relations=RELATIONS, most=14, entities=6)
SPARSE = graphs(relations=RELATIONS, most=8, entities=5)


@given(DENSE, ASKED, st.integers(0, 2**32), st.data())
def test_both_kernels_are_the_twin(graph: Any, asked: dict, seed: int, data: Any) -> None:
    """Hit and lost world by world, where the members of a group are lost in several modes."""
    origins = data.draw(st.lists(st.sampled_from(graph.ids), min_size=1, max_size=2, unique=True))
    scenario = Scenario.of(graph, origins, severity=0.75, **asked)
    model, case = Model.of(graph), Case.of(scenario)
    lanes = Lanes.at_random(graph, LANES, seed)
    worlds = [lanes.world(graph, i) for i in range(LANES)]
    assert hit_by(graph, scenario, lanes) == [closure(model, case, w) for w in worlds]
    assert lost_by(graph, scenario, lanes) == [losses(model, case, w) for w in worlds]


@given(DENSE, ASKED, st.data())
def test_the_answer_is_that_of_the_twin(graph: Any, asked: dict, data: Any) -> None:
    """Low, middle, high and impact of everybody, enumerated where few draws are uncertain."""
    scenario = Scenario.of(graph, data.draw(st.sampled_from(graph.ids)), **asked)
    model, case = Model.of(graph), Case.of(scenario)
    worlds = None if coins(model, case) <= 6 else 64
    impact = whatif(graph, scenario if worlds is None else Scenario.of(
        graph, scenario.origins, worlds=worlds, **asked))  # fmt: skip
    answer = whatif_reference(model, case, worlds)
    found = {row["id"]: row for row in impact.entities.to_dicts()}
    for i in graph.ids:
        row = found.get(i, {})
        for name, expected in (
            ("probability_low", answer.low),
            ("probability", answer.middle),
            ("probability_high", answer.high),
            ("impact", answer.impact),
        ):
            assert row.get(name, 0.0) == pytest.approx(float(expected[i]), abs=1e-12, rel=1e-12)


@given(SPARSE, ASKED, st.data())
def test_routes_are_those_of_the_twin(graph: Any, asked: dict, data: Any) -> None:
    """Hops and routes of everybody within reach, where chains change their mode."""
    scenario = Scenario.of(graph, data.draw(st.sampled_from(graph.ids)), **asked)
    reached = whatif(graph, scenario).entities.drop_nulls("hops")
    middle = dict(reached.select("id", "probability").iter_rows())
    expected = routes(Model.of(graph), Case.of(scenario), middle)
    assert dict(reached.select("id", "hops").iter_rows()) == expected.hops
    assert dict(reached.select("id", "route").iter_rows()) == expected.route
