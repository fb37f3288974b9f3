"""GraphML as tables.

Source: http://graphml.graphdrawing.org/primer/graphml-primer.html. Read are nodes, also those in
graphs within nodes (they get the outer node as `parent`), edges with a direction of their own, and
data with defaults; of the extension of yEd, the labels, and where arrows point. Hyperedges are
refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, build_graph_tables
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike

_Key = tuple[str, str | None]  # name of an attribute, its default


def read_graphml(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A GraphML file. Raises InputError with the line of what is missing or not read."""
    source = Source.of(source)
    return build_graph_tables(source, draw(source.xml, source.name), mapping, both_ways)


def draw(root: Element, name: str) -> Drawn:
    """The graph in a GraphML tree."""
    graphs = root.all("graph")
    if len(graphs) != 1:
        raise InputError(f"{name}: expected one graph, found {len(graphs)}")
    keys = {domain: _read_keys(root, domain) for domain in ("graph", "node", "edge")}
    about = _read_data(graphs[0], keys["graph"])
    drawn = Drawn(title=about.get("name") or about.get("label") or None)
    faults: list[str] = []
    against = 0
    for element, parent, directed in _walk(graphs[0]):
        place = f"{name}:{element.line}"
        if element.local == "node":
            attributes = _read_data(element, keys["node"])
            if parent:
                attributes.setdefault("parent", parent)
            identifier = read_needed(element, "id", place, faults)
            drawn.nodes.append((identifier, attributes, Place(element.line)))
        elif element.local == "edge":
            ends = [read_needed(element, end, place, faults) for end in ("source", "target")]
            said = element.attributes.get("directed", directed)
            attributes = _read_data(element, keys["edge"])
            if "id" in element.attributes:
                attributes.setdefault("key", element.attributes["id"])
            against += _is_drawn_against(element)
            way = said.strip().lower() in ("true", "directed", "1")
            drawn.edges.append((ends[0], ends[1], attributes, Place(element.line), way))
        elif element.local == "hyperedge":
            faults.append(f"{place}: hyperedges are not read; expected edges of two ends")
    if faults:
        raise InputError.of(faults)
    if against:
        reason = (
            "an edge drawn with its arrow at the source, at both ends or at none is read as "
            "written, from source to target"
        )
        drawn.report.append(Finding("note", against, reason))
    return drawn


def _is_drawn_against(edge: Element) -> bool:
    """Whether yEd draws an edge other than with an arrow at its target: there, all are directed."""
    arrows = next((e for e in edge.walk() if e.local == "Arrows"), None)
    if arrows is None:
        return False
    drawn = [arrows.attributes.get(end, "none") != "none" for end in ("source", "target")]
    return drawn != [False, True]


def _walk(graph: Element) -> Iterator[tuple[Element, str, str]]:
    """Nodes and edges at any depth, with the node around them and the direction by default."""
    stack = [(graph, "", "")]
    while stack:
        outer, parent, directed = stack.pop()
        if outer.local == "graph":
            directed = outer.attributes.get("edgedefault", "undirected")
        for child in outer.children:
            if child.local in ("node", "edge", "hyperedge"):
                yield child, parent, directed
            if child.local == "node":
                stack += [(g, child.attributes.get("id", ""), directed) for g in child.all("graph")]


def _read_keys(root: Element, domain: str) -> dict[str, _Key]:
    """Id of each declared attribute of nodes, or edges: its name and default."""
    found: dict[str, _Key] = {}
    for key in root.all("key"):
        if key.attributes.get("for", "all") in (domain, "all"):
            identifier = key.attributes.get("id", "")
            default = key.first("default")
            name = key.attributes.get("attr.name") or identifier
            found[identifier] = name, default.text.strip() if default is not None else None
    return found


def _read_data(element: Element, keys: Mapping[str, _Key]) -> dict[str, Any]:
    """The attributes of a node or an edge, by name; a label that yEd draws is `label`."""
    given = {name: default for name, default in keys.values() if default is not None}
    for data in element.all("data"):
        name = keys.get(data.attributes.get("key", ""), (data.attributes.get("key", ""), None))[0]
        if not data.children:
            given[name or "data"] = data.text.strip()
            continue
        labels = (d.text.strip() for d in data.walk() if d.local in ("NodeLabel", "EdgeLabel"))
        label = next((text for text in labels if text), None)
        if label is not None:
            given.setdefault("label", label)
    return given


def read_needed(element: Element, name: str, place: str, faults: list[str]) -> str:
    """The attribute of an element, with a fault where it is missing or blank."""
    value = element.attributes.get(name, "").strip()
    if not value:
        faults.append(f"{place}: <{clip(element.local, 40)}>: expected an attribute {name!r}")
    return value
