"""Tables and graphs of no fixed meaning: edge lists, spreadsheets, graph files."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.probe import HEAD_BYTES, Probe

_READ_WITH = ("mapping", "both_ways")
_EDGES = "each edge: its source depends on its target"
_DOT = re.compile(
    r"\s*(?:(?://[^\n]*|/\*.*?\*/|\#[^\n]*)\s*)*(?:strict\s+)?(?:di)?graph\b[^\[;={]{0,500}\{",
    re.DOTALL | re.IGNORECASE,
)
_GML = re.compile(r"^\s*graph\s*\[", re.MULTILINE)


def _is_gml(seen: Probe) -> bool:
    return not seen.looks_like_json and _GML.search(seen.text) is not None


def _is_node_link(seen: Probe) -> bool:
    """`nodes` with `links` or `edges`; only `nodes` where these fill what was looked at."""
    keys = seen.json_keys
    return "nodes" in keys and ("links" in keys or "edges" in keys or len(seen.head) >= HEAD_BYTES)


FORMATS: tuple[Format, ...] = (
    Format(
        "graphml", "GraphML", "each node; a node around it is its parent", _EDGES,
        "NetworkX `write_graphml`, Gephi, yEd, igraph, Neo4j `apoc.export.graphml`",
        "XML with root graphml",
        "knockon.loaders.graphml", lambda seen: seen.xml_root[1] == "graphml",
        options=_READ_WITH,
    ),
    Format(
        "gexf", "GEXF", "each node; a node around it is its parent", _EDGES,
        "Gephi: File, Export, Graph file; NetworkX `write_gexf`", "XML with root gexf",
        "knockon.loaders.gexf", lambda seen: seen.xml_root[1] == "gexf",
        options=_READ_WITH,
    ),
    Format(
        "dot", "DOT, the language of Graphviz", "each node; a subgraph is its cluster", _EDGES,
        "what prints DOT: `go mod graph | modgraphviz`, `pydeps`, `bazel query --output graph`",
        "text that begins with digraph NAME { or graph NAME {",
        "knockon.loaders.graphviz_dot", lambda seen: _DOT.match(seen.text) is not None,
        options=_READ_WITH,
    ),
    Format(
        "node_link", "Node-link JSON of NetworkX, d3 or vis.js", "each of `nodes`",
        "each of `links` or `edges`: its source depends on its target",
        "NetworkX `node_link_data`", "a JSON object with nodes and links (or edges)",
        "knockon.loaders.node_link", _is_node_link,
        options=_READ_WITH,
    ),
    Format(
        "gml", "GML, the graph modelling language", "each node", _EDGES,
        "NetworkX `write_gml`, Gephi, igraph, the Internet Topology Zoo", "text with graph [",
        "knockon.loaders.gml", _is_gml,
        options=_READ_WITH,
    ),
)  # fmt: skip
