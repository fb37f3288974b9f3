"""The JSON of graphs and entities, as REST lists them. Answers are in `schema`."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import polars as pl
from typing_extensions import TypedDict

from knockon.api.rest.scenario import EntitiesQuery
from knockon.api.schema import SCHEMA, GraphHead, serialize_graph_head
from knockon.graph.analysis import answer as answers
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import ENTITY_COLUMNS

PAGE = 100
MOST_NEEDED = 10


class GraphLink(TypedDict):
    """A graph that is served."""

    name: str
    title: str
    entities: int
    dependencies: int
    href: str


class GraphsJson(TypedDict):
    """The graphs that are served, in the order in which the server was given them."""

    schema: int
    graphs: list[GraphLink]


class KindCount(TypedDict):
    """How many entities are of a kind."""

    kind: str
    entities: int


class SectorCount(TypedDict):
    """How many entities are of a sector; those that state none are not counted."""

    sector: str
    entities: int


class CountryCount(TypedDict):
    """How many entities are of a country; those that state none are not counted."""

    country: str
    entities: int


class NeededEntity(TypedDict):
    """An entity, and how many others depend on it themselves."""

    id: str
    name: str
    kind: str
    dependents: int


class RelationCount(TypedDict):
    """How many dependencies are of a relation; `unknown`: of these, without a stated strength."""

    relation: str
    dependencies: int
    unknown: int


class FindingJson(TypedDict):
    """Something that reading or checking did to the rows."""

    action: str
    count: int
    reason: str
    examples: list[str]


class GraphJson(TypedDict):
    """What a graph holds, where it came from, and what was dropped, merged or invented."""

    schema: int
    name: str
    title: str
    entities: int
    dependencies: int
    groups: int
    kinds: list[KindCount]
    sectors: list[SectorCount]
    countries: list[CountryCount]
    most_needed: list[NeededEntity]
    relations: list[RelationCount]
    weight_unit: str | None
    sources: dict[str, str]
    report: list[FindingJson]


class EntityJson(TypedDict):
    """One entity. `other` holds the columns that only its source knows.

    `repair_hours_to`: where the hours are a range, its upper end; likewise in dependencies.
    """

    id: str
    name: str
    kind: str
    parent: str | None
    sector: str | None
    country: str | None
    weight: float
    repair_hours: float
    repair_hours_to: float | None
    backlog: float
    failure_probability: float | None
    failures_per_year: float | None
    other: dict[str, Any]


class EntitiesJson(TypedDict):
    """A page of entities by id. `total` counts all pages, `more` those after this one."""

    schema: int
    graph: GraphHead
    total: int
    more: int
    entities: list[EntityJson]
    next: str | None
    next_cursor: str | None


class DependencyJson(TypedDict):
    """A dependency of or on an entity; `id`, `name` and `kind` are those of the other end."""

    id: str
    name: str
    kind: str
    relation: str
    probability: float | None
    loss: float
    grace_hours: float
    grace_hours_to: float | None
    group: str | None
    needs: int
    switch_hours: float
    switch_hours_to: float | None
    switch_probability: float
    shared_cause: str | None
    rho: float
    source: str | None
    evidence: str | None
    as_of: str | None


class DependenciesJson(TypedDict):
    """Dependencies of one direction. `total` counts all, `more` those not shown."""

    total: int
    more: int
    rows: list[DependencyJson]


class EntityDetailJson(TypedDict):
    """An entity, what it depends on, and what depends on it."""

    schema: int
    graph: GraphHead
    entity: EntityJson
    dependencies: DependenciesJson
    dependents: DependenciesJson


def serialize_graphs(graphs: Mapping[str, DependencyGraph], base: str) -> GraphsJson:
    links: list[GraphLink] = [
        {
            "name": name,
            **serialize_graph_head(answers.GraphHead.of(graph)),
            "href": f"{base}/{quote(name)}",
        }
        for name, graph in graphs.items()
    ]
    return {"schema": SCHEMA, "graphs": links}


def serialize_graph(name: str, graph: DependencyGraph) -> GraphJson:
    rows = graph.dependencies
    relations = rows.group_by("relation").agg(
        pl.len().alias("dependencies"), pl.col("probability").is_null().sum().alias("unknown")
    )
    grouped = rows.filter(pl.col("group").is_not_null()).select("dependent", "group")
    return {
        "schema": SCHEMA,
        "name": name,
        **serialize_graph_head(answers.GraphHead.of(graph)),
        "groups": grouped.n_unique() if grouped.height else 0,
        "kinds": _count_entities(graph, "kind"),  # type: ignore[typeddict-item]
        "sectors": _count_entities(graph, "sector"),  # type: ignore[typeddict-item]
        "countries": _count_entities(graph, "country"),  # type: ignore[typeddict-item]
        "most_needed": _list_most_needed(graph),  # type: ignore[typeddict-item]
        "relations": relations.sort(
            ["dependencies", "relation"], descending=[True, False]
        ).to_dicts(),  # type: ignore[typeddict-item]
        "weight_unit": graph.tables.weight_unit,
        "sources": dict(graph.tables.sources),
        "report": [
            {"action": f.action, "count": f.count, "reason": f.reason, "examples": [*f.examples]}
            for f in graph.report
        ],
    }


def _count_entities(graph: DependencyGraph, column: str) -> list[dict[str, Any]]:
    """How many entities have each value of a column, most first."""
    stated = graph.entities.filter(pl.col(column).is_not_null())
    counts = stated.group_by(column).agg(pl.len().alias("entities"))
    return counts.sort(["entities", column], descending=[True, False]).to_dicts()


def _list_most_needed(graph: DependencyGraph) -> list[dict[str, Any]]:
    """The entities on which most others depend themselves, most first."""
    dependents = _count_dependents(graph)
    first = np.argsort(-dependents, kind="stable")[:MOST_NEEDED]
    numbers = first[dependents[first] > 0]
    heads = graph.entities[numbers].select("id", "name", "kind")
    return heads.with_columns(pl.Series("dependents", dependents[numbers])).to_dicts()


def select_entities(graph: DependencyGraph, query: EntitiesQuery) -> pl.DataFrame:
    """The entities that a query asks for, on all pages: by id; best first where it has text."""
    rows = graph.entities
    if query.q:
        rows = rows[list(graph.search(query.q))]
    for column in ("kind", "sector", "country"):
        value = getattr(query, column)
        if value is not None:
            rows = rows.filter(pl.col(column) == value)
    if query.id:
        rows = rows.filter(pl.col("id").is_in(query.id))
    return rows if query.sort == "id" else _sort_entities(graph, rows, query.sort)


def _sort_entities(graph: DependencyGraph, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The same in another order; equal ones as they were."""
    if key == "dependents":
        counts = pl.DataFrame({"id": graph.ids, "_by": _count_dependents(graph)})
        ordered = rows.join(counts, on="id", maintain_order="left")
        return ordered.sort("_by", descending=True, maintain_order=True).drop("_by")
    by = pl.col(key).str.to_lowercase() if key != "weight" else pl.col(key)
    return rows.sort(by, descending=key == "weight", maintain_order=True)


def _count_dependents(graph: DependencyGraph) -> npt.NDArray[np.intp]:
    """How many others depend on each entity themselves, by number."""
    pairs = np.unique(np.column_stack([graph.provider, graph.dependent]), axis=0)
    return np.bincount(pairs[:, 0], minlength=graph.size)


def cut_page(
    rows: pl.DataFrame, query: EntitiesQuery, limit: int | None
) -> tuple[pl.DataFrame, int, str | None]:
    """The rows of one page, how many come after it, and the cursor of the next page."""
    after, start = bytes.fromhex(query.cursor), 0
    if after and (query.q or query.sort != "id"):  # it goes on behind the row of the cursor
        place = rows["id"].index_of(after.decode(errors="replace"))
        start = rows.height if place is None else place + 1
    elif after:
        start = bisect_right(rows["id"].to_list(), after, key=str.encode)
    page = rows[start : None if limit is None else start + limit]
    more = rows.height - start - page.height
    return page, more, page["id"][-1].encode().hex() if more and page.height else None


def serialize_entity(row: Mapping[str, Any]) -> EntityJson:
    known = [c.name for c in ENTITY_COLUMNS]
    other = {k: v for k, v in row.items() if k not in known and not k.startswith("_")}
    return {**{k: row[k] for k in known}, "other": other}  # type: ignore[typeddict-item]


def serialize_detail(graph: DependencyGraph, number: int, limit: int) -> EntityDetailJson:
    return {
        "schema": SCHEMA,
        "graph": serialize_graph_head(answers.GraphHead.of(graph)),
        "entity": serialize_entity(graph.entities.row(number, named=True)),
        "dependencies": _list_ends(graph, graph.dependent == number, graph.provider, limit),
        "dependents": _list_ends(graph, graph.provider == number, graph.dependent, limit),
    }


def _list_ends(graph: DependencyGraph, mine: Any, other: Any, limit: int) -> DependenciesJson:
    """The dependencies where `mine` is set, named by their other end."""
    places = np.flatnonzero(mine)
    shown = places[:limit]
    columns = [k for k in DependencyJson.__annotations__ if k not in ("id", "name", "kind")]
    ends = graph.entities[other[shown]].select("id", "name", "kind")
    rows = pl.concat([ends, graph.dependencies[shown].select(columns)], how="horizontal")
    return {"total": len(places), "more": len(places) - len(shown), "rows": rows.to_dicts()}
