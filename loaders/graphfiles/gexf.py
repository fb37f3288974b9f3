"""GEXF as tables.

Source: https://gexf.net/schema.html, versions 1.1 to 1.3. Read are nodes (nested ones get the
outer node as `parent`), edges with a type of their own, and attribute values with defaults;
`mutual` edges state both directions. Not read: what draws (`viz`), and times: all are taken
together.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, build_graph_tables
from knockon.loaders.graphfiles.graphml import read_needed
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike

_TYPES = ("directed", "undirected", "mutual")


def read_gexf(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A GEXF file. Raises InputError with the line of what is missing."""
    source = Source.of(source)
    return build_graph_tables(source, draw(source.xml, source.name), mapping, both_ways)


def draw(root: Element, name: str) -> Drawn:
    """The graph in a GEXF tree."""
    graph = root.first("graph")
    if graph is None:
        raise InputError(f"{name}: expected a <graph>, found none")
    meta = root.first("meta")
    drawn = Drawn(title=(meta.text_of("description") or None) if meta is not None else None)
    if graph.attributes.get("mode") == "dynamic":
        drawn.report.append(Finding("note", 1, "a graph over time: all its times taken together"))
    faults: list[str] = []
    keys = _read_keys(graph, "node")
    for node, parent in _walk_nodes(graph):
        given = _read_values(node, keys) | _read_own(node, ("label", "kind"))
        parent = node.attributes.get("pid", parent)
        if parent:
            given.setdefault("parent", parent)
        identifier = read_needed(node, "id", f"{name}:{node.line}", faults)
        drawn.nodes.append((identifier, given, Place(node.line)))
    _read_edges(graph, name, drawn, faults)
    if faults:
        raise InputError.of(faults)
    return drawn


def _read_edges(graph: Element, name: str, drawn: Drawn, faults: list[str]) -> None:
    keys = _read_keys(graph, "edge")
    default = graph.attributes.get("defaultedgetype", "undirected")
    for edge in (e for group in graph.all("edges") for e in group.all("edge")):
        place = f"{name}:{edge.line}"
        source, target = (read_needed(edge, end, place, faults) for end in ("source", "target"))
        kind = edge.attributes.get("type", default)
        if kind not in _TYPES:
            faults.append(f"{place}: type: expected one of {', '.join(_TYPES)}, got {kind[:40]!r}")
        given = _read_values(edge, keys) | _read_own(edge, ("label", "weight", "kind"))
        if "id" in edge.attributes:
            given["key"] = edge.attributes["id"]
        drawn.edges.append((source, target, given, Place(edge.line), kind != "undirected"))
        if kind == "mutual":
            drawn.edges.append((target, source, dict(given), Place(edge.line), True))


def _walk_nodes(graph: Element) -> Iterator[tuple[Element, str]]:
    """Nodes at any depth, each with the node around it."""
    stack = [(group, "") for group in graph.all("nodes")]
    while stack:
        group, parent = stack.pop()
        for node in group.all("node"):
            yield node, parent
            stack += [(inner, node.attributes.get("id", "")) for inner in node.all("nodes")]


def _read_keys(graph: Element, domain: str) -> dict[str, tuple[str, str | None]]:
    found = {}
    for group in graph.all("attributes"):
        if group.attributes.get("class") == domain:
            for key in group.all("attribute"):
                identifier = key.attributes.get("id", "")
                title = key.attributes.get("title") or identifier
                found[identifier] = title, key.text_of("default") or None
    return found


def _read_values(element: Element, keys: Mapping[str, tuple[str, str | None]]) -> dict[str, Any]:
    given: dict[str, Any] = {n: default for n, default in keys.values() if default is not None}
    for value in (v for group in element.all("attvalues") for v in group.all("attvalue")):
        identifier = value.attributes.get("for") or value.attributes.get("id", "")
        given[keys.get(identifier, (identifier, None))[0]] = value.attributes.get("value")
    given.pop("", None)
    return given


def _read_own(element: Element, names: tuple[str, ...]) -> dict[str, Any]:
    return {n: element.attributes[n] for n in names if element.attributes.get(n)}
