"""The dependency graph: its arrays, its names, and the ways in and out of it."""

from dataclasses import FrozenInstanceError

import networkx as nx
import polars as pl
import pytest
from hypothesis import given

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import AmbiguousEntityError, InputError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph
from tests.reference import Model
from tests.strategies import graphs
from tests.toys import dep, diamond, graph_of, group, ring


def named(**names: str) -> DependencyGraph:
    """Entities with names, and nothing between them."""
    rows = {"id": list(names), "name": list(names.values())}
    return DependencyGraph.from_polars(pl.DataFrame(), pl.DataFrame(rows))


CLOUDS = named(aws="Amazon Web Services", gcp="Google Cloud", az1="Azure", az2="AZURE")


# what it is


@pytest.mark.parametrize(
    ("graph", "line"),
    [
        (diamond.graph, "<Graph 4 entities, 4 dependencies, 0 groups, 0 cycles>"),
        (ring.graph, "<Graph 3 entities, 3 dependencies, 0 groups, 1 cycle>"),
        (graph_of(dep("B", "A")), "<Graph 2 entities, 1 dependency, 0 groups, 0 cycles>"),
        (
            graph_of(*group("D", "PQ"), *group("E", "PQ"), dep("P", "D"), dep("Q", "E")),
            "<Graph 4 entities, 6 dependencies, 2 groups, 1 cycle>",
        ),
        (
            DependencyGraph.from_polars(pl.DataFrame(), pl.DataFrame({"id": ["A"]})),
            "<Graph 1 entity, 0 dependencies, 0 groups, 0 cycles>",
        ),
        (
            graph_of(*(dep(f"D{i:04}", "A") for i in range(1200))),
            "<Graph 1,201 entities, 1,200 dependencies, 0 groups, 0 cycles>",
        ),
    ],
)
def test_a_graph_prints_as_one_honest_line(graph: DependencyGraph, line: str) -> None:
    """How many entities, dependencies, groups and cycles."""
    assert repr(graph) == line


def test_numbers_follow_the_order_of_ids() -> None:
    """Entities are numbered by id, dependencies by their identity, whatever the order of rows."""
    graph = graph_of(dep("C", "B"), dep("B", "A"), dep("C", "A"))
    assert graph.ids == ["A", "B", "C"]
    assert graph.dependent.tolist() == [1, 2, 2]
    assert graph.provider.tolist() == [0, 0, 1]


def test_a_graph_is_frozen() -> None:
    """Neither fields nor arrays can be changed."""
    graph = graph_of(dep("B", "A"))
    with pytest.raises(ValueError, match="read-only"):
        graph.dependent[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        graph.group_of[0] = 1
    with pytest.raises(FrozenInstanceError):
        graph.dependent = graph.provider  # type: ignore[misc]


@given(graphs(most=20))
def test_groups_are_those_of_the_twin(graph: DependencyGraph) -> None:
    """Rows share a number where they share dependent and group; lone rows have their own."""
    model = Model.of(graph)
    numbers = graph.group_of.tolist()
    by_key = {d.key: number for d, number in zip(model.deps, numbers, strict=True)}
    assert [by_key[d.key] for d in model.deps] == numbers
    assert sorted(by_key.values()) == list(range(len(model.groups)))


@given(graphs(most=20))
def test_cycles_are_the_components_of_networkx(graph: DependencyGraph) -> None:
    """A cycle is a strongly connected set of two or more."""
    net = nx.DiGraph(zip(graph.dependent.tolist(), graph.provider.tolist(), strict=True))
    assert graph.cycles == sum(len(c) > 1 for c in nx.strongly_connected_components(net))


# names


@pytest.mark.parametrize(
    ("asked", "identifier"),
    [
        ("aws", "aws"),
        ("Amazon Web Services", "aws"),
        ("amazon web services", "aws"),
        ("  AMAZON  web\tservices ", "aws"),
        ("AWS", "aws"),
        ("az2", "az2"),
    ],
)
def test_entities_are_found_by_id_or_name(asked: str, identifier: str) -> None:
    """By the id, or by the name regardless of case and spaces."""
    assert CLOUDS.ids[CLOUDS.find(asked)] == identifier


def test_an_id_goes_before_a_name() -> None:
    """Where one entity's name is another's id, the id is meant."""
    graph = named(a="b", b="c")
    assert graph.ids[graph.find("b")] == "b"


def test_folding_is_that_of_every_language() -> None:
    """Case folding, not lower case: STRASSE is straße."""
    assert named(x="Straße").find("STRASSE") == 0


def test_a_name_of_several_entities_needs_an_id() -> None:
    """The error lists the ids to choose from."""
    with pytest.raises(AmbiguousEntityError) as caught:
        CLOUDS.find("azure")
    message = "2 entities have the name 'azure'; give the id of one: 'az1', 'az2'; "
    message += "or take all of them with --all-named"
    assert str(caught.value) == message
    assert caught.value.matches == (("az1", "Azure"), ("az2", "AZURE"))


def test_an_unknown_name_comes_with_the_nearest_ones() -> None:
    """What was asked, and the names most like it."""
    with pytest.raises(UnknownEntityError) as caught:
        CLOUDS.find("Amazom Web Service")
    assert caught.value.nearest[0] == ("aws", "Amazon Web Services")
    expected = (
        "no entity has the id or name 'Amazom Web Service'; nearest: 'Amazon Web Services' (aws)"
    )
    assert str(caught.value).startswith(expected)


def test_where_no_name_is_near_all_of_a_few_are_listed() -> None:
    """A graph of ten shows them; one of eleven is too many."""
    ten = [f"name {i}" for i in range(10)]
    with pytest.raises(UnknownEntityError) as caught:
        graph_of(entities=[{"id": name} for name in ten]).find("Z")
    assert [i for i, _ in caught.value.nearest] == ten
    with pytest.raises(UnknownEntityError) as caught:
        graph_of(entities=[{"id": name} for name in [*ten, "one more"]]).find("Z")
    assert str(caught.value) == "no entity has the id or name 'Z'"


@pytest.mark.parametrize("asked", ["", " ", "zzzzqqqq", "x" * 100_000, "\x00", "'; --"])
def test_a_strange_name_is_an_unknown_one(asked: str) -> None:
    """Whatever the text, the error is the same and its message short."""
    with pytest.raises(UnknownEntityError) as caught:
        CLOUDS.find(asked)
    assert len(str(caught.value)) < 400


def test_an_entity_goes_by_its_other_names_too() -> None:
    """also_known_as is a list in JSON, or one name; it finds, suggests, and can be ambiguous."""
    entities = [
        {"id": "a", "name": "Alpha", "also_known_as": '["Old One", "a0", "Beta"]'},
        {"id": "b", "name": "Beta", "also_known_as": "Plain Name"},
        {"id": "c", "name": "Gamma", "also_known_as": '["broken'},
        {"id": "d", "name": "Delta", "also_known_as": None},
    ]
    graph = graph_of(entities=entities)
    assert [graph.find(n) for n in ("old one", "A0", "plain NAME", '["broken')] == [0, 0, 1, 2]
    with pytest.raises(AmbiguousEntityError, match="give the id of one: 'a', 'b'"):
        graph.find("beta")
    assert graph.search("old") == [0]
    with pytest.raises(UnknownEntityError, match=r"nearest: 'Alpha' \(a\)"):
        graph.find("Old Ones")


def test_search_finds_parts_of_ids_and_names() -> None:
    """Regardless of case; what begins with the text comes first."""
    assert [CLOUDS.ids[i] for i in CLOUDS.search("AZ")] == ["az1", "az2", "aws"]
    assert [CLOUDS.ids[i] for i in CLOUDS.search("cloud")] == ["gcp"]


# in and out


@given(graphs())
def test_polars_frames_come_back_as_they_are(graph: DependencyGraph) -> None:
    """The checked tables of a graph make the same graph."""
    again = DependencyGraph.from_polars(graph.dependencies, graph.entities)
    assert again.entities.equals(graph.entities)
    assert again.dependencies.equals(graph.dependencies)
    assert again.report == ()


@given(graphs())
def test_networkx_and_back_is_the_same_graph(graph: DependencyGraph) -> None:
    """Nodes, edges and attributes survive the round trip, parallel edges too."""
    again = DependencyGraph.from_networkx(graph.to_networkx())
    columns = graph.dependencies.columns
    assert again.dependencies.select(columns).equals(graph.dependencies)
    assert again.entities.select(graph.entities.columns).equals(graph.entities)
    origin = graph.ids[0]
    assert whatif(again, origin).entities.equals(whatif(graph, origin).entities)


def test_edges_of_networkx_run_from_dependent_to_provider() -> None:
    """Plain nodes of any type, with attributes as columns; the head comes along."""
    net = nx.DiGraph(title="Two", weight_unit="beds")
    net.add_edge("hospital", 7, relation="runs", probability=0.25, colour="red")
    net.add_node(7, name="Agent", weight=3)
    graph = DependencyGraph.from_networkx(net)
    assert graph.dependencies.select("dependent", "provider", "relation", "probability").rows() == [
        ("hospital", "7", "runs", 0.25)
    ]
    assert graph.dependencies["colour"].to_list() == ["red"]
    assert graph.entities.select("id", "name", "weight").rows() == [
        ("7", "Agent", 3.0),
        ("hospital", "hospital", 1.0),
    ]
    assert (graph.title, graph.tables.weight_unit) == ("Two", "beds")
    back = graph.to_networkx()
    assert list(back.edges(data="probability")) == [("hospital", "7", 0.25)]
    assert back.nodes["7"]["weight"] == 3.0


def test_an_undirected_network_is_refused() -> None:
    """Who depends on whom cannot be guessed."""
    with pytest.raises(InputError, match=r"got an undirected Graph; use .to_directed\(\)"):
        DependencyGraph.from_networkx(nx.Graph([("a", "b")]))


def test_nodes_with_the_same_text_are_refused() -> None:
    """1 and "1" would be one entity."""
    net = nx.DiGraph()
    net.add_nodes_from([1, "1"])
    with pytest.raises(InputError, match="the same text as id"):
        DependencyGraph.from_networkx(net)


def test_an_empty_network_is_an_empty_graph() -> None:
    """Nothing in, nothing out, no error."""
    graph = DependencyGraph.from_networkx(nx.DiGraph())
    assert repr(graph) == "<Graph 0 entities, 0 dependencies, 0 groups, 0 cycles>"


def test_a_graph_without_a_title_is_called_what_it_is() -> None:
    """`title` is never empty."""
    assert graph_of(dep("B", "A")).title == "dependency graph"
    frames = (pl.DataFrame({"dependent": ["B"], "provider": ["A"]}), None)
    assert DependencyGraph.from_polars(*frames, title="Ours").title == "Ours"
