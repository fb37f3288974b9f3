"""Node-link JSON as Cytoscape and older d3 write it; that of NetworkX is in `test_graph_files`."""

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format


def read(tmp_path: Path, document: Any) -> set[tuple[str, str]]:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(document))
    assert find_format(path).name == "node_link"
    tables = load_tables([path])
    assert "id" not in tables.dependencies.columns
    return set(tables.dependencies.select("dependent", "provider").iter_rows())


NODES = [{"data": {"id": name, "name": name.upper()}} for name in ("app", "db")]
EDGE = {"data": {"id": "e1", "source": "app", "target": "db", "weight": 2}}


@pytest.mark.parametrize(
    "elements", [{"nodes": NODES, "edges": [EDGE]}, [*NODES, EDGE], [EDGE, *NODES]]
)
def test_elements_of_cytoscape(tmp_path: Path, elements: Any) -> None:
    assert read(tmp_path, {"elements": elements, "style": []}) == {("app", "db")}


def test_what_networkx_writes_for_cytoscape(tmp_path: Path) -> None:
    graph = nx.DiGraph([("app", "db"), ("shop", "app")])
    document = nx.cytoscape_data(graph)
    assert read(tmp_path, document) == {("app", "db"), ("shop", "app")}


def test_ends_that_are_places_of_nodes_with_ids(tmp_path: Path) -> None:
    """As older d3 has them: all are numbers of nodes, and one is no id."""
    nodes = [{"id": 7, "label": "app"}, {"id": 1, "label": "db"}, {"id": 2, "label": "shop"}]
    links = [{"source": 0, "target": 1}, {"source": 2, "target": 0}]
    assert read(tmp_path, {"nodes": nodes, "links": links}) == {("7", "1"), ("2", "7")}
    links = [{"source": 7, "target": 1}, {"source": 2, "target": 7}]
    assert read(tmp_path, {"nodes": nodes, "links": links}) == {("7", "1"), ("2", "7")}
    links = [{"source": 9, "target": 1}]  # an end that nobody lists is that
    assert read(tmp_path, {"nodes": nodes, "links": links}) == {("9", "1")}
