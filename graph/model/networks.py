"""To and from networkx, and what networkx computes for us."""

from typing import Any

import networkx as nx
import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables

_HEAD = ("title", "weight_unit", "hindsight")


def read_network(graph: "nx.Graph[Any]", **head: Any) -> Tables:
    """Nodes as entities, edges (dependent -> provider) as dependencies, attributes as columns."""
    if not graph.is_directed():
        raise InputError(
            "expected a directed networkx graph (edges from dependent to provider), "
            f"got an undirected {type(graph).__name__}; use .to_directed() if both ways hold"
        )
    entities = [{**_plain(data), "id": str(node)} for node, data in graph.nodes(data=True)]
    dependencies = [
        {**_plain(data), "dependent": str(a), "provider": str(b)}
        for a, b, data in graph.edges(data=True)
    ]
    head = {name: graph.graph.get(name) for name in _HEAD} | head
    if len({row["id"] for row in entities}) < len(entities):
        raise InputError("two nodes of the networkx graph have the same text as id")
    return Tables(_frame(entities), _frame(dependencies), **head)


def make_network(tables: Tables) -> "nx.MultiDiGraph[str]":
    """Entities as nodes, dependencies as edges to the provider, columns as attributes."""
    head = {name: getattr(tables, name) for name in _HEAD}
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph(**head)
    for row in tables.entities.iter_rows(named=True):
        made.add_node(row.pop("id"), **_drop_blanks(row))
    for row in tables.dependencies.iter_rows(named=True):
        made.add_edge(row.pop("dependent"), row.pop("provider"), **_drop_blanks(row))
    return made


def count_cycles(dependent: Ints, provider: Ints, n: int) -> int:
    """The number of strongly connected components of two or more entities.

    Entities on no cycle are peeled off first, so that networkx sees the core alone.
    """
    core = np.ones(len(dependent), bool)
    while core.any():
        leads = np.bincount(dependent[core], minlength=n) > 0
        led = np.bincount(provider[core], minlength=n) > 0
        kept = core & leads[provider] & led[dependent]
        if kept.sum() == core.sum():
            break
        core = kept
    small: nx.DiGraph[int] = nx.DiGraph()
    small.add_edges_from(zip(dependent[core].tolist(), provider[core].tolist(), strict=True))
    return sum(len(c) > 1 for c in nx.strongly_connected_components(small))


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    try:
        return pl.DataFrame(rows, infer_schema_length=None)
    except (TypeError, pl.exceptions.PolarsError):  # one attribute of several types: as text
        text = [{k: None if v is None else str(v) for k, v in row.items()} for row in rows]
        return pl.DataFrame(text, infer_schema_length=None)


def _plain(data: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(k): v if isinstance(v, str | int | float | None) else str(v) for k, v in data.items()
    }


def _drop_blanks(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if v is not None and not k.startswith("_")}
