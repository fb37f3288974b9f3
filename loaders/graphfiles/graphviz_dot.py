"""DOT as tables: nodes by their id, labels as names, edges from tail to head.

Source: https://graphviz.org/doc/info/lang.html (grammar in `dot.py`). The innermost subgraph with
a name that holds a node is its `cluster`. What Graphviz would merge in a `strict` graph stands as
parallel edges here, which are merged anyway.
"""

from collections.abc import Mapping
from typing import Any

from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, graph_tables
from knockon.loaders.parsing.dot import DotGraph, load_dot
from knockon.loaders.parsing.source import Source, SourceLike

_UNTOLD = ("", "\\N", "\\G", "\\L", "\\E")  # labels that only stand for the name of the thing


def read_dot(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A DOT file. Raises InputError with the line of what is not DOT."""
    source = Source.of(source)
    return graph_tables(source, draw(load_dot(source)), mapping, both_ways)


def draw(graph: DotGraph) -> Drawn:
    """The graph in a DOT text. Arrows drawn against the edge (`dir`) are counted, not followed."""
    label = graph.attributes.get("label", "")
    drawn = Drawn(title=(graph.name if label in _UNTOLD else label) or None)
    cluster = _find_clusters(graph)
    for node in graph.nodes.values():
        given = _drop_empty(node.attributes)
        if node.id in cluster:
            given.setdefault("cluster", cluster[node.id])
        drawn.nodes.append((node.id, given, Place(node.line)))
    for edge in graph.edges:
        given = _drop_empty(edge.attributes)
        drawn.edges.append((edge.tail, edge.head, given, Place(edge.line), graph.directed))
    against = sum(e.attributes.get("dir") in ("back", "both", "none") for e in graph.edges)
    if graph.directed and against:
        reason = "an edge drawn with dir=back, both or none is read as written, from tail to head"
        drawn.report.append(Finding("note", against, reason))
    return drawn


def _drop_empty(attributes: dict[str, str]) -> dict[str, Any]:
    return {k: v for k, v in attributes.items() if k != "label" or v not in _UNTOLD}


def _find_clusters(graph: DotGraph) -> dict[str, str]:
    """The label, or else the name, of the innermost subgraph of each node: it stands last."""
    return {
        node: subgraph.attributes.get("label") or subgraph.name
        for subgraph in graph.subgraphs
        for node in subgraph.nodes
    }
