"""DOT as tables: nodes by their id, labels as names, edges from tail to head.

Source: https://graphviz.org/doc/info/lang.html (grammar in `dot.py`). The innermost subgraph with
a name that holds a node is its `cluster`. What Graphviz would merge in a `strict` graph stands as
parallel edges here, which are merged anyway.
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, build_graph_tables
from knockon.loaders.parsing.dot import DotGraph, load_dot
from knockon.loaders.parsing.source import Source, SourceLike

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)  # https://graphviz.org/docs/attr-types/escString
_ESCAPES = {"n": " ", "l": " ", "r": " ", "N": "\0", "G": "\0"}
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
_RECORDS = ("record", "mrecord")  # shapes of fields, of which the first names the node
_FIELDS = re.compile(r"(?<!\\)\|")
_PORT = re.compile(r"(?<!\\)<[^<>|{}]*>")
_UNTOLD = ("", "\\N", "\\G", "\\L", "\\E")  # labels that only stand for the name of the thing


def read_dot(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A DOT file. Raises InputError with the line of what is not DOT."""
    source = Source.of(source)
    return build_graph_tables(source, draw(load_dot(source)), mapping, both_ways)


def draw(graph: DotGraph) -> Drawn:
    """The graph in a DOT text. Arrows drawn against the edge (`dir`) are counted, not followed."""
    label = graph.attributes.get("label", "")
    title = graph.name if label in _UNTOLD else _plain_label(label, graph.name)
    drawn = Drawn(title=title or None)
    cluster = _find_clusters(graph)
    for node in graph.nodes.values():
        given = _drop_empty(node.attributes)
        if "label" in given or "\\n" in node.id:
            label = given.get("label", node.id)
            if str(given.get("shape", "")).lower() in _RECORDS:
                label = _FIELDS.split(_PORT.sub("", label).strip("{} "))[0].strip("{} ") or label
            given["label"] = _plain_label(label, node.id)
        if node.id in cluster:
            given.setdefault("cluster", cluster[node.id])
        drawn.nodes.append((node.id, given, Place(node.line)))
    for edge in graph.edges:
        given = _drop_empty(edge.attributes)
        if "label" in given:
            given["label"] = _plain_label(given["label"])
        drawn.edges.append((edge.tail, edge.head, given, Place(edge.line), graph.directed))
    against = sum(e.attributes.get("dir") in ("back", "both", "none") for e in graph.edges)
    if graph.directed and against:
        reason = "an edge drawn with dir=back, both or none is read as written, from tail to head"
        drawn.report.append(Finding("note", against, reason))
    return drawn


def _drop_empty(attributes: dict[str, str]) -> dict[str, Any]:
    return {k: v for k, v in attributes.items() if k != "label" or v not in _UNTOLD}


def _plain_label(label: str, own: str = "") -> str:
    """The text of a label in one line: `six 1.16` of two lines, of HTML what stands in its cells.

    own: what stands for the name of the thing (`\\N`, `\\G`)
    """
    if label.startswith("<") and _TAG.search(label):
        return " ".join(unescape(_TAG.sub(" ", label)).split())
    text = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]).replace("\0", own), label)
    return " ".join(text.split())


def _find_clusters(graph: DotGraph) -> dict[str, str]:
    """The label, or else the name, of the innermost subgraph of each node: it stands last."""
    return {
        node: _plain_label(subgraph.attributes.get("label", "")) or subgraph.name
        for subgraph in graph.subgraphs
        for node in subgraph.nodes
    }
