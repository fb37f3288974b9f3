"""Graph files: ids are keys, labels are names, undirected edges on request; networkx agrees."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from tests.paths import DATA

ZOO = DATA / "topologies" / "topology-zoo"


def load(folder: Path, name: str, text: str, **options: Any) -> Tables:
    (folder / name).write_text(text)
    return load_tables([folder / name], **options)


def pairs(tables: Tables) -> list[tuple[str, str]]:
    return tables.dependencies.select("dependent", "provider").rows()


def notes(tables: Tables) -> str:
    return "\n".join(str(f) for f in tables.report)


def adds_up(tables: Tables) -> bool:
    """Rows read are dependencies, or merged, or dropped."""
    read = [f for f in tables.report if f.action == "read" and f.reason.startswith("dependencies")]
    lost = [f for f in tables.report if f.action in ("merged", "dropped")]
    return sum(f.count for f in read) == tables.dependencies.height + sum(f.count for f in lost)


GRAPHML = """\
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="node" attr.name="label"/><key id="d1" for="node" attr.name="Kind"/>
<key id="d2" for="edge" attr.name="relation"><default>runs</default></key>
<key id="d3" for="edge" attr.name="weight"/><key id="d4" for="edge" attr.name="Groups"/>
<graph id="G" edgedefault="directed">
<node id="a"><data key="d0">Shop</data></node>
<node id="b"><data key="d0">Shop</data><data key="d1">platform</data>
  <graph id="b:" edgedefault="directed"><node id="c"/></graph></node>
<edge id="e1" source="a" target="b"><data key="d3">9</data></edge>
<edge source="a" target="b"><data key="d3">7</data><data key="d4">x</data></edge>
<edge source="c" target="a" directed="true"><data key="d2">uses</data></edge>
<edge source="c" target="c"/>
</graph></graphml>
"""


def test_graphml(tmp_path: Path) -> None:
    """Ids, labels as names, defaults, nested nodes, parallel edges, a loop: all accounted for."""
    tables = load(tmp_path, "a.graphml", GRAPHML)
    assert tables.entities.select("id", "name", "kind", "parent").rows() == [
        ("a", "Shop", "unknown", None), ("b", "Shop", "platform", None), ("c", "c", "unknown", "b"),
    ]  # fmt: skip
    rows = tables.dependencies.select("dependent", "provider", "relation", "weight", "_line").rows()
    assert rows == [("a", "b", "runs", "9 | 7", 9), ("c", "a", "uses", None, 11)]
    assert tables.dependencies["attribute_Groups"].to_list() == ["x", None]
    assert "its source depends on its target" in notes(tables)
    assert "put together with '|'" in notes(tables)
    assert adds_up(tables)


GEXF = """\
<gexf xmlns="http://gexf.net/1.3" version="1.3"><graph defaultedgetype="directed">
<attributes class="node"><attribute id="0" title="kind" type="string"><default>site</default>
</attribute></attributes>
<nodes><node id="1" label="One"/><node id="2" label="Two"><attvalues>
<attvalue for="0" value="network"/></attvalues></node></nodes>
<edges><edge id="0" source="1" target="2" weight="2.5"/>
<edge id="1" source="1" target="2" type="mutual"/></edges></graph></gexf>
"""


def test_gexf(tmp_path: Path) -> None:
    """Attribute values with defaults; a mutual edge states both directions."""
    tables = load(tmp_path, "a.gexf", GEXF)
    assert tables.entities.select("id", "name", "kind").rows() == [
        ("1", "One", "site"), ("2", "Two", "network"),
    ]  # fmt: skip
    assert pairs(tables) == [("1", "2"), ("2", "1")]
    assert tables.dependencies["weight"].to_list() == ["2.5", None]
    assert adds_up(tables)


GML = """\
# by hand
graph [ directed 1 label "Shops &amp; more"
  node [ id 1 label "A &quot;b&quot;" graphics [ x 1.5 y -2e3 ] tag "x" tag "y" ]
  node [ id 2 label "B" ]
  edge [ source 1 target 2 probability 0.25 ]
]
"""


def test_gml(tmp_path: Path) -> None:
    """Entities of text, lists within nodes, repeated keys."""
    tables = load(tmp_path, "a.gml", GML)
    row = tables.entities.row(0, named=True)
    assert tables.title == "Shops & more"
    assert (row["name"], row["graphics.x"], row["graphics.y"], row["tag"]) == (
        'A "b"', "1.5", "-2e3", '["x", "y"]'
    )  # fmt: skip
    assert tables.dependencies.select("dependent", "provider", "probability", "_line").rows() == [
        ("1", "2", 0.25, 5)
    ]


def test_dot(tmp_path: Path) -> None:
    """Labels, clusters, and arrows that are drawn the other way."""
    text = (
        'digraph shops {\n a [label="Shop"] b [label="\\N"]\n a -> b [dir=back, relation=runs]\n'
        " subgraph cluster_x { label=\"Zone\"; b }\n b -> c }"
    )  # fmt: skip
    tables = load(tmp_path, "a.dot", text)
    assert tables.entities.select("id", "name", "cluster").rows() == [
        ("a", "Shop", None), ("b", "b", "Zone"), ("c", "c", None),
    ]  # fmt: skip
    assert pairs(tables) == [("a", "b"), ("b", "c")]
    assert "note 1: an edge drawn with dir=back" in notes(tables)
    assert tables.title == "shops"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"directed": True, "nodes": [{"id": 1}, {"id": 0}], "links": [{"source": 1, "target": 0}]},
         [("1", "0")]),
        ({"nodes": [{"name": "x"}, {"name": "y"}], "links": [{"source": 1, "target": 0}]},
         [("y", "x")]),
        ({"nodes": [{"id": "x"}], "edges": [{"from": "x", "to": "z"}]}, [("x", "z")]),
        ({"nodes": [{"id": "x"}], "links": [{"source": {"id": "x"}, "target": {"id": "x2"}}]},
         [("x", "x2")]),
    ],
)  # fmt: skip
def test_node_link_json(tmp_path: Path, document: dict, expected: list) -> None:
    """Ids, places in the list of nodes, objects: what networkx, d3 and vis.js write."""
    tables = load(tmp_path, "a.json", json.dumps(document))
    assert pairs(tables) == expected
    assert ("direction is not stated" in notes(tables)) == ("directed" not in document)
    assert tables.dependencies["_file"][0].startswith("a.json#")


UNDIRECTED = {
    "a.graphml": '<graphml><graph edgedefault="undirected"><node id="a"/><node id="b"/>'
    '<edge source="a" target="b"/><edge source="b" target="b"/></graph></graphml>',
    "a.gexf": '<gexf><graph><nodes><node id="a"/><node id="b"/></nodes><edges>'
    '<edge source="a" target="b"/><edge source="b" target="b"/></edges></graph></gexf>',
    "a.gml": "graph [ node [ id a1 ] ]".replace("a1", '"a"').replace(
        "] ]", '] node [ id "b" ] edge [ source "a" target "b" ] edge [ source "b" target "b" ] ]'
    ),
    "a.dot": "graph { a -- b -- b }",
    "a.json": '{"directed": false, "nodes": [{"id": "a"}, {"id": "b"}], "links": '
    '[{"source": "a", "target": "b"}, {"source": "b", "target": "b"}]}',
}


@pytest.mark.parametrize("name", UNDIRECTED)
def test_undirected_edges_are_refused_or_read_both_ways(tmp_path: Path, name: str) -> None:
    """Never silently directed; with the option each edge is two dependencies, a loop is one."""
    with pytest.raises(InputError, match=f"{name}.*2 of 2 without direction; --both-ways"):
        load(tmp_path, name, UNDIRECTED[name])
    tables = load(tmp_path, name, UNDIRECTED[name], both_ways=True)
    assert pairs(tables) == [("a", "b"), ("b", "a")]
    assert "note 1: an edge without direction is read both ways" in notes(tables)
    assert "dropped 1: an entity that depends on itself" in notes(tables)
    assert adds_up(tables)


def test_a_mixed_graph_is_taken_edge_by_edge(tmp_path: Path) -> None:
    """Only the edge without direction is doubled."""
    text = GRAPHML.replace(
        'target="b"><data key="d3">9', 'target="b" directed="false"><data key="d3">9'
    )
    with pytest.raises(InputError, match=r"a\.graphml:9: .*1 of 4 without direction"):
        load(tmp_path, "a.graphml", text)
    assert pairs(load(tmp_path, "a.graphml", text, both_ways=True)) == [
        ("a", "b"), ("b", "a"), ("c", "a")
    ]  # fmt: skip


def test_edges_are_turned_round_on_request(tmp_path: Path) -> None:
    """`source=provider`, or `target=dependent`, or both; anything else is an error."""
    for mapping in (
        {"source": "provider"}, {"target": "dependent"},
        {"source": "provider", "target": "dependent"},
    ):  # fmt: skip
        assert pairs(load(tmp_path, "a.dot", "digraph { a -> b }", mapping=mapping)) == [("b", "a")]
    for mapping in ({"source": "name"}, {"source": "provider", "target": "provider"}):
        with pytest.raises(InputError, match="the two ends of an edge"):
            load(tmp_path, "a.dot", "digraph { a -> b }", mapping=mapping)


def test_attributes_are_mapped(tmp_path: Path) -> None:
    """--map names attributes of nodes and edges."""
    text = 'digraph { a [title="Shop"]; a -> b [kindly=runs] }'
    tables = load(tmp_path, "a.dot", text, mapping={"title": "name", "kindly": "relation"})
    assert tables.entities["name"].to_list() == ["Shop", "b"]
    assert tables.dependencies["relation"].to_list() == ["runs"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.graphml", "<graphml/>", "expected one graph, found 0"),
        ("a.graphml", "<graphml><graph>\n<node/></graph></graphml>",
         "a.graphml:2: <node>: expected an attribute 'id'"),
        ("a.graphml", "<graphml><graph>\n<hyperedge/></graph></graphml>",
         "hyperedges are not read"),
        ("a.graphml", '<!DOCTYPE a [<!ENTITY b "c">]>\n<graphml/>', "document type"),
        ("a.gexf", "<gexf/>", "expected a <graph>, found none"),
        ("a.gexf", '<gexf><graph><edges><edge source="a" target="b" type="x"/></edges>'
         "</graph></gexf>",
         "type: expected one of directed, undirected, mutual, got 'x'"),
        ("a.gml", "graph [\n node [ label \"x\" ] ]", "a.gml:2: node: expected one value 'id'"),
        ("a.gml", "graph [ node [", "the list has no end"),
        ("a.gml", "graph [\n x \"y ]", "a.gml:2: not readable as GML: text in quotes has no end"),
        ("a.gml", "graph [ 5 ]", "expected a key, found '5'"),
        ("a.gml", "graph [ " + "a [ " * 99 + "] " * 100, "nested deeper than 32 levels"),
        ("a.json", '{"nodes": [1], "links": []}', r"a.json#nodes\[0\]: expected an object with"),
        ("a.json", '{"nodes": [{"name": "x"}], "links": [{"source": 7, "target": 0}]}',
         "expected a place in the list of 1 nodes, got 7"),
        ("a.json", '{"nodes": [], "links": [{"source": 7}]}',
         r"links\[0\]: expected an object with"),
        ("a.dot", "digraph { a -> }", "a.dot:1: not readable as DOT"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    """One clear error with the place."""
    with pytest.raises(InputError, match=message):
        load(tmp_path, name, text)


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "a.graphml": nx.write_graphml_xml,
    "a.gexf": nx.write_gexf,
    "a.gml": nx.write_gml,
    "a.json": lambda graph, path: path.write_text(json.dumps(nx.node_link_data(graph))) and None,
}
IDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=4)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25, deadline=None)
@given(edges=st.lists(st.tuples(IDS, IDS), min_size=1, max_size=8), multi=st.booleans())
def test_what_networkx_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, edges: list, multi: bool
) -> None:
    """Nodes and edges that networkx wrote come back; in GML, the labels are its nodes."""
    graph: Any = (nx.MultiDiGraph if multi else nx.DiGraph)(edges)
    path = tmp_path_factory.getbasetemp() / name
    WRITERS[name](graph, path)
    tables = load_tables([path])
    label = dict(tables.entities.select("id", "name").iter_rows())
    shown = label if name == "a.gml" else {i: i for i in label}
    assert set(shown.values()) == set(graph.nodes)
    assert {(shown[a], shown[b]) for a, b in pairs(tables)} == {(a, b) for a, b in edges if a != b}
    assert adds_up(tables)


@pytest.mark.skipif(not ZOO.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    "path", sorted(ZOO.glob("*.*ml")) if ZOO.exists() else [], ids=lambda p: p.name
)
def test_topologies_add_up(path: Path) -> None:
    """Each edge of the Topology Zoo is there both ways, merged with its parallels, or a loop."""
    with pytest.raises(InputError, match="without direction"):
        load_tables([path])
    tables = load_tables([path], both_ways=True)
    read = nx.read_graphml(path) if path.suffix == ".graphml" else nx.read_gml(path, label="id")
    assert tables.entities["id"].to_list() == sorted(str(n) for n in read.nodes)
    expected = {(str(a), str(b)) for a, b in read.edges() if a != b}
    assert set(pairs(tables)) == expected | {(b, a) for a, b in expected}
    assert adds_up(tables)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        (r'"six\n1.16"', "six 1.16"),
        (r'"\N v2\l"', "b v2"),
        (r'"C:\\temp"', r"C:\temp"),
        ("<<b>six</b><br/>1.16 &amp; up>", "six 1.16 & up"),
        (r'"\N"', "b"),
    ],
)
def test_labels_of_dot_are_names_in_one_line(tmp_path: Path, label: str, name: str) -> None:
    """What Graphviz draws as lines, or as HTML, is one text."""
    (tmp_path / "a.dot").write_text(f"digraph {{ b [label={label}]; a -> b }}")
    tables = load_tables([tmp_path / "a.dot"])
    assert dict(tables.entities.select("id", "name").iter_rows())["b"] == name


WORDED = {
    "directed": True,
    "nodes": [{"id": i} for i in ("esx", "vm", "app", "db", "log")],
    "links": [
        {"source": "esx", "target": "vm", "type": "HOSTS"},
        {"source": "app", "target": "vm", "type": "RUNS_ON"},
        {"source": "app", "target": "db", "type": "DEPENDS_ON"},
        {"source": "log", "target": "app", "type": "WATCHES"},
    ],
}


def test_words_on_edges_tell_who_needs_whom(tmp_path: Path) -> None:
    """`esx HOSTS vm`: the machine needs its host; a word that is not known is told."""
    tables = load(tmp_path, "a.json", json.dumps(WORDED))
    assert set(tables.dependencies.select("dependent", "provider", "relation").rows()) == {
        ("vm", "esx", "hosted_on"), ("app", "vm", "hosted_on"), ("app", "db", "uses"),
        ("log", "app", "uses"),
    }  # fmt: skip
    told = notes(tables)
    assert "note 1: a row whose 'type' says that its second thing needs its first" in told
    assert (
        "note 1: a row with another word in 'type', read without regard to it ('WATCHES')" in told
    )


@pytest.mark.parametrize(
    ("mapping", "edge"),
    [
        ({"WATCHES": "~uses"}, ("app", "log")),
        ({"source": "provider"}, ("app", "log")),
        ({"source": "provider"}, ("vm", "esx")),
        ({"source": "dependent"}, ("esx", "vm")),
    ],
)
def test_a_mapping_beats_the_words_on_edges(
    tmp_path: Path, mapping: dict[str, str], edge: tuple[str, str]
) -> None:
    """Where --map says the direction, it holds for all edges; where it names a word, for those."""
    assert edge in pairs(load(tmp_path, "a.json", json.dumps(WORDED), mapping=mapping))


def test_a_name_is_one_line_whoever_draws_it(tmp_path: Path) -> None:
    """Labels of two lines, as vis.js and yEd break them."""
    document = {
        "nodes": [{"id": 1, "label": "Web\nShop"}, {"id": 2}],
        "edges": [{"from": 1, "to": 2}],
    }
    assert load(tmp_path, "a.json", json.dumps(document)).entities["name"].to_list() == [
        "Web Shop", "2",
    ]  # fmt: skip


def test_a_record_is_named_by_its_first_field(tmp_path: Path) -> None:
    """Of `{<f0> Web|port}` that is `Web`: ports are no text."""
    text = 'digraph { a [shape=record, label="{<f0> Web|port}"]; b [label="x|y"]; a:f0 -> b }'
    assert load(tmp_path, "a.dot", text).entities.select("id", "name").rows() == [
        ("a", "Web"), ("b", "x|y"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [("none", "standard", 0), ("standard", "none", 1), ("none", "none", 1), ("delta", "delta", 1)],
)
def test_arrows_of_yed_against_the_edge_are_told(
    tmp_path: Path, source: str, target: str, told: int
) -> None:
    """yEd calls all edges directed, and draws the direction by arrows alone."""
    text = (
        '<graphml xmlns:y="http://www.yworks.com/xml/graphml"><key for="edge" id="d"/>'
        '<graph edgedefault="directed"><node id="a"/><node id="b"/>'
        '<edge source="a" target="b"><data key="d"><y:PolyLineEdge>'
        f'<y:Arrows source="{source}" target="{target}"/></y:PolyLineEdge></data></edge>'
        "</graph></graphml>"
    )
    tables = load(tmp_path, "a.graphml", text)
    assert pairs(tables) == [("a", "b")]
    assert notes(tables).count("an edge drawn with its arrow") == told
