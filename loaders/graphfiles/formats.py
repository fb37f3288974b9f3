"""Tables and graphs of no fixed meaning: edge lists, spreadsheets, graph files."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import HEAD_BYTES, Source

_GROUPS = "rows of one dependent with the same `group`"
_READ_WITH = ("mapping", "both_ways")
_EDGES = "each edge: its source depends on its target"
_DOT = re.compile(
    r"\s*(?:(?://[^\n]*|/\*.*?\*/|\#[^\n]*)\s*)*(?:strict\s+)?(?:di)?graph\b[^\[;={]{0,500}\{",
    re.DOTALL | re.IGNORECASE,
)
_GML = re.compile(r"^\s*graph\s*\[", re.MULTILINE)


def _is_xml(source: Source, root: str) -> bool:
    """By its root element; by its suffix where a document type hides that."""
    hidden = source.suffix == f".{root}" and source.head_text.lstrip().startswith("<")
    return source.xml_root[1] == root or (hidden and not source.xml_root[1])


def _is_dot(source: Source) -> bool:
    return _DOT.match(source.head_text) is not None


def _is_gml(source: Source) -> bool:
    return not source.looks_like_json and _GML.search(source.head_text) is not None


def _is_node_link(source: Source) -> bool:
    """`nodes` with `links` or `edges`; only `nodes` where these fill what was looked at."""
    keys = source.json_keys
    return "nodes" in keys and (
        "links" in keys or "edges" in keys or len(source.head) >= HEAD_BYTES
    )


_ROWS = "each row; ends by column name, by --map, or guessed (child and parent, from and to, ...)"


def _is_excel(source: Source) -> bool:
    """A ZIP archive whose directory names the parts of a workbook."""
    if not source.head.startswith(b"PK\x03\x04"):
        return False
    from knockon.loaders.parsing.unpack import is_workbook

    return is_workbook(source.path)


def _is_servicenow(source: Source) -> bool:
    if "result" not in source.json_keys:
        return False
    relations = (
        '"outbound_relations"' in source.head_text or '"inbound_relations"' in source.head_text
    )
    return relations or all(f'"{word}"' in source.head_text for word in ("parent", "child", "type"))


def _is_ndjson(source: Source) -> bool:
    """An object ends where the first line does, and another begins."""
    if not source.first_line.startswith("{") or not source.first_line.rstrip().endswith("}"):
        return False
    after = source.head_text.lstrip("\r\n")[len(source.first_line) :].lstrip()
    return after.startswith("{") or (not after and source.suffix in (".ndjson", ".jsonl"))


def _is_json(source: Source) -> bool:
    return source.head_text.lstrip().startswith("[") or "dependencies" in source.json_keys


FORMATS: tuple[Format, ...] = (
    Format(
        "graphml", "GraphML", "each node; a node around it is its parent", _EDGES,
        "NetworkX `write_graphml`, Gephi, yEd, igraph, Neo4j `apoc.export.graphml`",
        "XML with root graphml",
        "knockon.loaders.graphfiles.graphml", lambda source: _is_xml(source, "graphml"),
        options=_READ_WITH,
    ),
    Format(
        "gexf", "GEXF", "each node; a node around it is its parent", _EDGES,
        "Gephi: File, Export, Graph file; NetworkX `write_gexf`", "XML with root gexf",
        "knockon.loaders.graphfiles.gexf", lambda source: _is_xml(source, "gexf"),
        options=_READ_WITH,
    ),
    Format(
        "dot", "DOT, the language of Graphviz", "each node; a subgraph is its cluster", _EDGES,
        "what prints DOT: `go mod graph | modgraphviz`, `pydeps`, `bazel query --output graph`",
        "text that begins with digraph NAME { or graph NAME {",
        "knockon.loaders.graphfiles.graphviz_dot", _is_dot,
        options=_READ_WITH,
    ),
    Format(
        "node_link", "Node-link JSON of NetworkX, d3 or vis.js", "each of `nodes`",
        "each of `links` or `edges`: its source depends on its target",
        "NetworkX `node_link_data`", "a JSON object with nodes and links (or edges)",
        "knockon.loaders.graphfiles.node_link", _is_node_link,
        options=_READ_WITH,
    ),
    Format(
        "gml", "GML, the graph modelling language", "each node", _EDGES,
        "NetworkX `write_gml`, Gephi, igraph, the Internet Topology Zoo", "text with graph [",
        "knockon.loaders.graphfiles.gml", _is_gml,
        options=_READ_WITH,
    ),
    Format(
        "excel", "dependencies in an Excel workbook, of any column names",
        "rows of the sheet `entities`, else every dependent and provider",
        f"{_ROWS}; of the sheet `dependencies`, or the only one",
        "save as .xlsx", "an Office document with a workbook",
        "knockon.loaders.tabular.workbook", _is_excel, _GROUPS, ("mapping",), True,
    ),
    Format(
        "servicenow", "ServiceNow: relations of the CMDB as JSON", "each item of a relation",
        "each relation, its direction told by its type",
        "GET /api/now/table/cmdb_rel_ci?sysparm_display_value=all, or "
        "/api/now/cmdb/instance/CLASS/ID; as CSV, the list `cmdb_rel_ci` with parent, child, type",
        "a JSON object with result, holding relations",
        "knockon.loaders.tabular.servicenow", _is_servicenow,
    ),
    Format(
        "ndjson", "dependencies as one JSON object per line", "every dependent and provider", _ROWS,
        "log pipelines, `jq -c`, DuckDB `COPY ... (FORMAT json)`", "JSON objects, one a line",
        "knockon.loaders.tabular.json_tables", _is_ndjson, _GROUPS, ("mapping",),
    ),
    Format(
        "json", "dependencies as a JSON list of objects", "items of `entities` (may be absent)",
        f"{_ROWS}; of the list, or of `dependencies`",
        "what any service answers: a list, or an object with entities and dependencies",
        "a JSON list, or a JSON object with dependencies",
        "knockon.loaders.tabular.json_tables", _is_json, _GROUPS, ("mapping",),
    ),
)  # fmt: skip
