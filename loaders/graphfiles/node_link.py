"""Node-link JSON as tables: what networkx, d3 and vis.js write and read.

Sources: networkx.readwrite.json_graph.node_link_data, https://d3js.org/d3-force/link. `nodes` is a
list of objects with `id` (or `name`); `links` or `edges` is a list of objects with `source` and
`target`, or `from` and `to`. Ends of links may be objects with an id, as d3 leaves them, or places
in the list of nodes where nodes have no ids, or none that is such a number. Cytoscape keeps both
lists under `elements`, or one that mixes them, and each object under `data`. networkx writes
`directed`; where nothing is said, the edges are read as directed, and the report says so.
"""

from collections.abc import Mapping
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, build_graph_tables
from knockon.loaders.parsing.source import Source, SourceLike

EDGES = ("links", "edges")
_ENDS = (("source", "target"), ("from", "to"))


def read_node_link(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A node-link JSON file. Raises InputError with the path of what is missing."""
    source = Source.of(source)
    return build_graph_tables(source, draw(source.json, source.name), mapping, both_ways)


def open_cytoscape(document: Any) -> Any:
    """The same as nodes and edges, where it is of Cytoscape (https://js.cytoscape.org/#notation)."""
    elements = document.get("elements") if isinstance(document, dict) else None
    if isinstance(elements, list):
        data = [
            one["data"]
            for one in elements
            if isinstance(one, dict) and isinstance(one.get("data"), dict)
        ]
        if len(data) < len(elements):
            return document
        lists = {
            "nodes": [one for one in data if not {"source", "target"} <= one.keys()],
            "edges": [one for one in data if {"source", "target"} <= one.keys()],
        }
    elif isinstance(elements, dict) and isinstance(elements.get("nodes"), list):
        lists = {
            key: [
                one["data"] if isinstance(one, dict) and isinstance(one.get("data"), dict) else one
                for one in _list(elements.get(key))
            ]
            for key in ("nodes", "edges")
        }
    else:
        return document
    lists["edges"] = [  # their ids are of the drawing
        {k: v for k, v in e.items() if k != "id"} if isinstance(e, dict) else e
        for e in lists["edges"]
    ]
    return {key: value for key, value in document.items() if key != "elements"} | lists


def draw(document: Any, name: str) -> Drawn:
    """The graph in a JSON value."""
    document = open_cytoscape(document)
    edges_key = next((k for k in EDGES if isinstance(document, dict) and k in document), "links")
    lists = {}
    for key in ("nodes", edges_key):
        value = document.get(key) if isinstance(document, dict) else None
        if not isinstance(value, list):
            raise InputError(f"{name}: expected a list {key!r}")
        lists[key] = value
    about = document.get("graph")
    title = about.get("name") if isinstance(about, dict) else None
    drawn = Drawn(title=title if isinstance(title, str) else None)
    faults: list[str] = []
    ids = _add_nodes(lists["nodes"], name, drawn, faults)
    if not ids and not faults and _are_places(lists[edges_key], drawn):
        ids = [identifier for identifier, *_ in drawn.nodes]
        reason = "a link whose ends are places in the list of nodes: no id is such a number"
        drawn.report.append(Finding("note", len(lists[edges_key]), reason))
    directed = document.get("directed")
    if directed is None and lists[edges_key]:
        reason = "an edge whose direction is not stated (no `directed`): read as directed"
        drawn.report.append(Finding("note", len(lists[edges_key]), reason))
    for i, edge in enumerate(lists[edges_key]):
        place = f"{edges_key}[{i}]"
        pair = next((p for p in _ENDS if isinstance(edge, dict) and set(p) <= edge.keys()), None)
        if pair is None:
            faults.append(f"{name}#{place}: expected an object with `source` and `target`")
            continue
        source, target = (_end(edge[end], ids, f"{name}#{place}.{end}", faults) for end in pair)
        given = {k: v for k, v in edge.items() if k not in pair}
        way = edge.get("directed", True if directed is None else directed)
        drawn.edges.append((source, target, given, Place(path=place), bool(way)))
    if faults:
        raise InputError.of(faults)
    return drawn


def _add_nodes(nodes: list[Any], name: str, drawn: Drawn, faults: list[str]) -> list[str]:
    """Adds the nodes; their ids where ends are places in this list, else nothing."""
    numbered = not any(isinstance(node, dict) and "id" in node for node in nodes)
    key = "name" if numbered else "id"
    for i, node in enumerate(nodes):
        place = f"nodes[{i}]"
        identifier = _read_id(node.get(key)) if isinstance(node, dict) else None
        if identifier is None:
            faults.append(f"{name}#{place}: expected an object with {key!r}, text or a number")
            continue
        given = {k: v for k, v in node.items() if k != "id"}
        drawn.nodes.append((identifier, given, Place(path=place)))
    return [identifier for identifier, *_ in drawn.nodes] if numbered and not faults else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _are_places(edges: list[Any], drawn: Drawn) -> bool:
    """Whether ends of links are places of nodes, as older d3 writes them: all are such numbers, and
    one of them is no id."""
    ends = [
        edge.get(end)
        for edge in edges
        if isinstance(edge, dict)
        for pair in _ENDS
        if set(pair) <= edge.keys()
        for end in pair
    ]
    known = {identifier for identifier, *_ in drawn.nodes}
    numbers = [e for e in ends if isinstance(e, int) and not isinstance(e, bool)]
    if not ends or len(numbers) < len(ends):
        return False
    whole = all(0 <= e < len(drawn.nodes) for e in numbers)
    return whole and any(str(e) not in known for e in numbers)


def _end(value: Any, ids: list[str], place: str, faults: list[str]) -> str:
    """The id that one end of a link means."""
    if isinstance(value, dict):
        value = value.get("id", value.get("name"))
    elif ids and isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < len(ids):
            faults.append(
                f"{place}: expected a place in the list of {len(ids):,} nodes, got {value}"
            )
            return ""
        return ids[value]
    identifier = _read_id(value)
    if identifier is None:
        faults.append(f"{place}: expected the id of a node, got {clip(str(value), 40)!r}")
    return identifier or ""


def _read_id(value: Any) -> str | None:
    """Text or a number as an id; nothing for anything else, and for blanks."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None
