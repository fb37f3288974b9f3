"""Hostile graph files and tables: whatever comes, the answer is Tables or one InputError.

The generators speak the language of each format, so that most texts get past the first check and
break something further in. The tests marked `slow` look longer.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders import registry
from knockon.loaders.graphfiles import formats as formats_graphs

MANY = 1_500
FEW = 60
ODD = ["a", "b", "", " ", "id", "name", "label", "_file", "_line", "dependent", "provider", "1",
       "1e999", "nan", "-0", "\u202e", "é", "𝄞", "&lt;b&gt;", "0", "true", "parent", "group",
       "loss", "attribute_id", "Country", "needs", "kind", "x" * 300]  # fmt: skip
WORDS = st.sampled_from(ODD)


def cut(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The texts whole, broken off, or with a piece of them replaced."""

    @st.composite
    def broken(draw: st.DrawFn) -> str:
        text = draw(texts)
        if not draw(st.booleans()):
            return text
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(WORDS) + text[at + draw(st.integers(0, 9)) :]

    return broken()


def quoted(word: str) -> str:
    return json.dumps(word)


DOT = st.lists(
    st.sampled_from(["{", "}", "[", "]", "->", "--", "=", ";", ",", ":", "+", "subgraph", "node",
                     "edge", "graph", "<", ">", "/*", "*/", "//", "\n", "#", '"', "\\"])
    | WORDS.map(quoted) | WORDS,
    max_size=30,
).map(lambda tokens: "digraph { " + " ".join(tokens) + " }")  # fmt: skip
GML = st.lists(
    st.sampled_from(["node [", "edge [", "]", "id", "source", "target", "label", "directed 1",
                     "graphics [", "#", '"', "\n", "1", "-1.5e3", "&quot;"])
    | WORDS.map(lambda w: f'"{w}"') | WORDS,
    max_size=30,
).map(lambda tokens: "graph [ " + " ".join(tokens) + " ]")  # fmt: skip


def tags(names: list[str], keys: list[str]) -> st.SearchStrategy[str]:
    """XML elements of these names and attributes, nested."""
    from xml.sax.saxutils import quoteattr

    given_ = st.dictionaries(st.sampled_from(keys), WORDS, max_size=4).map(
        lambda d: "".join(f" {k}={quoteattr(v)}" for k, v in d.items())
    )
    plain = st.sampled_from(["", "x", "&#0;", "&e;", "<![CDATA[y]]>", "<!-- z -->", "7"])
    return st.recursive(
        plain,
        lambda inner: st.builds(
            lambda name, given_, inside: f"<{name}{given_}>{''.join(inside)}</{name}>",
            st.sampled_from(names), given_, st.lists(inner, max_size=4),
        ),
        max_leaves=14,
    )  # fmt: skip


GRAPHML = st.builds(
    '<graphml>{}<graph edgedefault="{}">{}</graph></graphml>'.format,
    tags(["key", "default"], ["id", "for", "attr.name", "attr.type"]),
    st.sampled_from(["directed", "undirected", "x"]),
    tags(["node", "edge", "data", "graph", "port", "hyperedge", "NodeLabel"],
         ["id", "source", "target", "directed", "key"]),
)  # fmt: skip
GEXF = st.builds(
    '<gexf><graph defaultedgetype="{}">{}{}</graph></gexf>'.format,
    st.sampled_from(["directed", "mutual", "undirected", "x"]),
    tags(["attributes", "attribute", "default"], ["class", "id", "title"]),
    tags(["nodes", "node", "edges", "edge", "attvalues", "attvalue"],
         ["id", "label", "source", "target", "type", "for", "value", "pid", "weight"]),
)  # fmt: skip

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=3), max_leaves=6
)
ROWS = st.dictionaries(
    st.sampled_from(["from", "to", "id", "source", "target", "parent", "child", "type", "name",
                     "dependent", "provider", "value", "display_value", "result", "attributes",
                     "outbound_relations", "directed", "loss"]),
    VALUES | st.just("Depends on::Used by"), max_size=5,
)  # fmt: skip
LISTS = st.lists(ROWS, max_size=4) | VALUES
JSON = st.one_of(
    LISTS,
    st.fixed_dictionaries({"nodes": LISTS, "links": LISTS}, optional={"directed": VALUES}),
    st.fixed_dictionaries({"dependencies": LISTS}, optional={"entities": LISTS}),
    st.fixed_dictionaries({"result": LISTS | ROWS}),
).map(json.dumps)
NDJSON = st.lists(ROWS, max_size=4).map(lambda rows: "\n".join(json.dumps(r) for r in rows))
CSV = st.lists(
    st.sampled_from(
        [
            ",",
            "\t",
            ";",
            "\n",
            "\r\n",
            '"',
            "from",
            "to",
            "::",
            "vendor",
            "client",
            "type",
            "relation",
            "N/A",
            "* x",
            '["a","b"]',
            "a;b",
            ":START_ID",
            ":END_ID",
            ":TYPE",
            "_id",
            "_labels",
            "_start",
            "_end",
            "_type",
            "Undirected",
            "used by",
            "sep=;",
            "vendor_name",
            "Depends on::Used by",
            "parent",
            "child",
        ]
    )
    | WORDS,
    max_size=40,
).map("".join)

XML = st.builds(
    "<{0}>{1}</{0}>".format, st.sampled_from(["unload", "xml", "response"]),
    tags(["cmdb_rel_ci", "result", "parent", "child", "type", "display_value", "value", "sys_id"],
         ["display_value", "action"]),
)  # fmt: skip

FORMATS: dict[str, tuple[str, st.SearchStrategy[str]]] = {
    "dot": ("a.dot", DOT), "gml": ("a.gml", GML), "graphml": ("a.graphml", GRAPHML),
    "gexf": ("a.gexf", GEXF), "json": ("a.json", JSON), "ndjson": ("a.ndjson", NDJSON),
    "csv": ("a.csv", CSV), "servicenow": ("a.xml", XML),
}  # fmt: skip
MAPPINGS: list[dict[str, Any]] = [
    {}, {"both_ways": True}, {"mapping": {"from": "provider", "to": "dependent"}},
    {"mapping": {"source": "provider"}, "both_ways": True}, {"mapping": {"label": "id"}},
    {"company": "Acme"}, {"header_row": 2}, {"mapping": {"from": "hosted_on", "a": "~uses"}},
    {"mapping": {"dependent:": "a", "relation:": "uses", "a": "provider", "b": "provider"}},
]  # fmt: skip


def hold(folder: Path, name: str, text: str, options: dict[str, Any]) -> None:
    """Reading, as the format that it looks like, and checking end in Tables or InputError."""
    path = folder / name
    path.write_text(text, encoding="utf-8", errors="replace")
    with suppress(InputError):
        tables = registry.read(path, options)
        assert isinstance(tables, Tables)
        assert isinstance(check(tables), Tables)


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_files(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """A short look, for every day."""
    run(tmp_path_factory.mktemp(name), name, FEW)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FORMATS)
def test_hostile_files_for_longer(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """The same, many times."""
    run(tmp_path_factory.mktemp(name), name, MANY)


def run(folder: Path, name: str, examples: int) -> None:
    file, texts = FORMATS[name]

    @settings(max_examples=examples, deadline=None, database=None)
    @given(text=cut(texts), options=st.sampled_from(MAPPINGS))
    def look(text: str, options: dict[str, Any]) -> None:
        hold(folder, file, text, options)

    look()


@pytest.mark.parametrize("name", [f.name for f in formats_graphs.FORMATS if f.name != "excel"])
def test_every_hand_read_format_has_a_harness(name: str) -> None:
    """A format that is added here is fuzzed here."""
    assert name in FORMATS or name == "node_link"  # that is in the JSON texts
