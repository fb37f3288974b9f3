"""How the failure gets there: routes, hops and carriers against their twin."""

from itertools import pairwise

import pytest
from hypothesis import given

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import (
    Case,
    Model,
    routes,
)
from tests.strategies import cases
from tests.toys import dep, graph_of, group

Asked = tuple[DependencyGraph, Scenario]


def column(impact: Impact, name: str) -> dict:
    return dict(impact.entities.drop_nulls("hops").select("id", name).iter_rows())


@given(cases(most=9))
def test_routes_hops_and_carriers_are_those_of_the_twin(case: Asked) -> None:
    """Over all simple chains, the naive twin finds the same most probable one for everybody."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    impact = whatif(graph, scenario)
    expected = routes(model, asked, column(impact, "probability"))
    assert column(impact, "hops") == expected.hops
    assert column(impact, "route") == expected.route
    assert column(impact, "carries") == pytest.approx(expected.carries)


@given(cases(chances=30))
def test_a_route_runs_from_an_origin_along_dependencies(case: Asked) -> None:
    """Each step of a route is a dependency, it starts at an origin and ends where it should."""
    graph, scenario = case
    impact = whatif(graph, scenario)
    steps = set(zip(graph.dependencies["provider"], graph.dependencies["dependent"], strict=True))
    for row in impact.entities.drop_nulls("hops").to_dicts():
        route = row["route"]
        assert route[0] in scenario.origin_ids
        assert route[-1] == row["id"]
        assert set(pairwise(route)) <= steps
        assert len(route) - 1 >= row["hops"]


def route_of(graph: DependencyGraph, target: str, *origins: str, **options: object) -> list[str]:
    return (
        whatif(graph, list(origins), **options).entities.filter(id=target)["route"].item().to_list()
    )


def test_the_likelier_chain_is_shown_though_it_is_longer() -> None:
    """0.9 twice beats 0.8 once; hops still count the short way."""
    graph = graph_of(
        dep("C", "A", probability=0.8),
        dep("B", "A", probability=0.9),
        dep("C", "B", probability=0.9),
    )
    (row,) = whatif(graph, "A").entities.filter(id="C").to_dicts()
    assert (row["route"], row["hops"]) == (["A", "B", "C"], 1)


def test_a_tie_goes_to_fewer_dependencies() -> None:
    """Two chains as likely: the shorter one is shown."""
    graph = graph_of(dep("B", "A"), dep("C", "B"), dep("C", "A"))
    assert route_of(graph, "C", "A") == ["A", "C"]


def test_a_tie_of_equal_length_goes_to_the_smallest_provider_from_the_end() -> None:
    """At each step back from the target the provider with the smallest id is taken."""
    graph = graph_of(
        dep("B", "A"), dep("C", "A"), dep("Z", "B"), dep("Y", "C"), dep("T", "Z"), dep("T", "Y")
    )
    assert route_of(graph, "T", "A") == ["A", "C", "Y", "T"]


def test_of_several_origins_the_likeliest_and_nearest_begins_the_route() -> None:
    """An origin that is itself hit by another needs no route."""
    graph = graph_of(dep("B", "A"), dep("C", "B"))
    assert route_of(graph, "C", "A", "B") == ["B", "C"]
    assert route_of(graph, "B", "A", "B") == ["B"]


def test_unknown_strengths_count_as_assumed_in_routes() -> None:
    """An unknown dependency is preferred to one of 0.4 at 0.5, but not at 0.3."""
    graph = graph_of(
        dep("B", "A", probability=None),
        dep("C", "A", probability=0.4),
        dep("D", "B"),
        dep("D", "C"),
    )
    assert route_of(graph, "D", "A") == ["A", "B", "D"]
    assert route_of(graph, "D", "A", assume=0.3) == ["A", "C", "D"]


def test_an_unknown_strength_assumed_to_be_nothing_is_the_last_resort() -> None:
    """With assume 0 an unknown dependency is only walked where nothing else leads."""
    graph = graph_of(
        dep("B", "A", probability=None),
        dep("C", "A", probability=1e-12),
        dep("D", "B"),
        dep("D", "C"),
    )
    assert route_of(graph, "B", "A", assume=0.0) == ["A", "B"]
    assert route_of(graph, "D", "A", assume=0.0) == ["A", "C", "D"]


def test_who_carries_the_blast() -> None:
    """A hub carries all that fall behind it; leaves carry nothing; the origin carries everybody."""
    graph = graph_of(dep("H", "A"), *(dep(f"L{i}", "H", probability=0.5) for i in range(4)))
    impact = whatif(graph, "A")
    carries = dict(impact.entities.select("id", "carries").iter_rows())
    assert carries == {"A": 3.0, "H": 2.0, **{f"L{i}": 0.0 for i in range(4)}}


def test_a_long_chain_has_a_long_route() -> None:
    """Three thousand steps are walked without recursion."""
    graph = graph_of(*(dep(f"n{i + 1:04}", f"n{i:04}") for i in range(3000)))
    assert len(route_of(graph, "n3000", "n0000")) == 3001


def test_a_long_chain_of_unknowns_assumed_to_be_nothing_has_a_route() -> None:
    """A hundred unknown dependencies in a row, with assume 0, are a route like any other."""
    graph = graph_of(*(dep(f"n{i + 1:03}", f"n{i:03}", probability=None) for i in range(100)))
    assert len(route_of(graph, "n100", "n000", assume=0.0)) == 101


def test_no_route_leads_through_a_group_that_holds() -> None:
    """P is lost but its spare Q never is: D falls by R alone, and R carries it."""
    graph = graph_of(
        dep("P", "A"),
        *group("D", "PQ"),
        dep("R", "A", probability=0.1),
        dep("D", "R"),
    )
    impact = whatif(graph, "A")
    assert route_of(graph, "D", "A") == ["A", "R", "D"]
    assert impact.entities.filter(id="P")["carries"].item() == 0


def test_an_entity_carries_another_once_though_the_route_passes_it_in_two_modes() -> None:
    """X is reached through e as `a`, f, and e again as `b`: e carries f and X, two entities."""
    graph = graph_of(
        dep("e", "O", relation="operated_by"),
        dep("f", "e"),
        dep("e", "f"),
        dep("X", "e", relation="runs"),
    )
    rules = (("a", "operated_by", "a"), ("a", "uses", "b"), ("b", "uses", "b"), ("b", "runs", "b"))
    impact = whatif(graph, "O", mode="a", rules=rules)
    assert impact.entities.filter(id="e")["carries"].item() == 2
