"""Graph files: nodes and edges of no fixed meaning."""

import re
from typing import Any

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_READ_WITH = ("mapping", "both_ways")
_EDGES = "each edge: its source depends on its target"
_DOT = re.compile(
    r"\s*(?:(?://[^\n]*|/\*.*?\*/|\#[^\n]*)\s*)*(?:strict\s+)?(?:di)?graph\b[^\[;={]{0,500}\{",
    re.DOTALL | re.IGNORECASE,
)
_GML = re.compile(  # comments, and keys with a number, a text or a list, come before the graph
    r"""\s*(?:(?:\#[^\n]*|[A-Za-z]\w*[ \t]+(?:[-+.\w]+|"[^"]*"|\[[^\[\]"]*\]))\s+)*?graph\s*\[""",
)


def _is_xml(source: Source, root: str) -> bool:
    """By its root element; by its suffix where a document type hides that."""
    hidden = source.suffix == f".{root}" and source.head_text.lstrip().startswith("<")
    return source.xml_root[1] == root or (hidden and not source.xml_root[1])


def _is_dot(source: Source) -> bool:
    return _DOT.match(source.head_text) is not None


def _is_gml(source: Source) -> bool:
    return not source.looks_like_json and _GML.match(source.head_text) is not None


def _is_node_link(source: Source) -> bool:
    keys = source.json_keys
    if "nodes" in keys and ("links" in keys or "edges" in keys):
        return True
    return {"elements.nodes", "elements.edges"} <= {*keys} or _is_cytoscape(source.parsed_json)


def _is_cytoscape(graph: Any) -> bool:
    """Whether it holds nodes and edges in one list, each below `data`."""
    elements = graph.get("elements") if isinstance(graph, dict) else None
    return isinstance(elements, list) and any(
        isinstance(one, dict) and isinstance(one.get("data"), dict) for one in elements
    )


FORMATS = (
    Format(
        name="graphml",
        what="GraphML",
        entities="each node; a node around it is its parent",
        dependencies=_EDGES,
        export="NetworkX `write_graphml`, Gephi, yEd, igraph, Neo4j `apoc.export.graphml`",
        sign="XML with root graphml",
        module="knockon.loaders.graphfiles.graphml",
        matches=lambda source: _is_xml(source, "graphml"),
        options=_READ_WITH,
    ),
    Format(
        name="gexf",
        what="GEXF",
        entities="each node; a node around it is its parent",
        dependencies=_EDGES,
        export="Gephi: File, Export, Graph file; NetworkX `write_gexf`",
        sign="XML with root gexf",
        module="knockon.loaders.graphfiles.gexf",
        matches=lambda source: _is_xml(source, "gexf"),
        options=_READ_WITH,
    ),
    Format(
        name="dot",
        what="DOT, the language of Graphviz",
        entities="each node; a subgraph is its cluster",
        dependencies=_EDGES,
        export="what prints DOT: `go mod graph | modgraphviz`, `pydeps --reverse`, "
        "`bazel query --output graph`",
        sign="text that begins with digraph NAME { or graph NAME {",
        module="knockon.loaders.graphfiles.graphviz_dot",
        matches=_is_dot,
        options=_READ_WITH,
    ),
    Format(
        name="node_link",
        what="Node-link JSON of NetworkX, d3, vis.js or Cytoscape",
        entities="each of `nodes`",
        dependencies="each of `links` or `edges`: its source depends on its target",
        export="NetworkX `node_link_data`",
        sign="a JSON object with nodes and links (or edges), perhaps below elements",
        module="knockon.loaders.graphfiles.node_link",
        matches=_is_node_link,
        options=_READ_WITH,
    ),
    Format(
        name="gml",
        what="GML, the graph modelling language",
        entities="each node",
        dependencies=_EDGES,
        export="NetworkX `write_gml`, Gephi, igraph, the Internet Topology Zoo",
        sign="text with graph [",
        module="knockon.loaders.graphfiles.gml",
        matches=_is_gml,
        options=_READ_WITH,
    ),
)
