"""The routes of tables: dependencies of a graph in pages, and which relations a mode crosses."""

from typing import Annotated, Any

import polars as pl
from fastapi import FastAPI, Query, Request, Response
from pydantic import Field as Described
from typing_extensions import TypedDict

from knockon.api.rest.fields import Text
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import JSON, choose_media, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Keys
from knockon.api.schema import SCHEMA
from knockon.api.service.service import Service
from knockon.graph.model.tables import DEPENDENCY_COLUMNS
from knockon.graph.scenario.modes import load_shipped_rules


class DependenciesQuery(Keys):
    """Which dependencies to list."""

    dependent: Annotated[Text | None, Described(description="Of this entity: id or name.")] = None
    provider: Annotated[Text | None, Described(description="On this entity: id or name.")] = None
    relation: Annotated[Text | None, Described(description="Of this relation only.")] = None
    limit: Annotated[int, Described(ge=1, le=1_000, description="Rows of one page.")] = 100
    cursor: Annotated[
        int, Described(ge=0, le=2**53, description="Where the page begins, from `next_cursor`.")
    ] = 0


class DependencyPage(TypedDict):
    """A page of dependencies by (dependent, provider, relation, group)."""

    schema: int
    total: int
    dependencies: list[dict[str, Any]]
    next_cursor: int | None


class RuleJson(TypedDict):
    """A relation that a mode crosses, and the mode as which it arrives."""

    mode: str
    relation: str
    becomes: str


class ModesJson(TypedDict):
    """The rules that come with knockon; a relation that no rule lists crosses every mode."""

    schema: int
    rules: list[RuleJson]


def add_tables(app: FastAPI, service: Service) -> None:
    """`/v1/graphs/{graph}/dependencies` and `/v1/modes`."""

    @app.get(
        f"{BASE}/{{graph}}/dependencies", operation_id="dependencies",
        summary="Dependencies, by their ends, in pages", response_model=DependencyPage,
        responses=describe_responses(JSON, 404, 406, 409, 422), dependencies=ONCE,
    )  # fmt: skip
    def list_dependencies(
        request: Request, graph: GraphName, query: Annotated[DependenciesQuery, Query()]
    ) -> Response:
        choose_media(request, [JSON])
        of = service.served.find_graph(graph)
        rows = of.dependencies.select(column.name for column in DEPENDENCY_COLUMNS)
        for name in ("dependent", "provider"):
            if (asked := getattr(query, name)) is not None:
                rows = rows.filter(pl.col(name) == of.id_of(of.find(asked)))
        if query.relation is not None:
            rows = rows.filter(pl.col("relation") == query.relation)
        end = query.cursor + query.limit
        page: DependencyPage = {
            "schema": SCHEMA, "total": rows.height,
            "dependencies": rows[query.cursor : end].to_dicts(),
            "next_cursor": end if end < rows.height else None,
        }  # fmt: skip
        return reply_json(request, page)

    @app.get(
        "/v1/modes", operation_id="modes", summary="Which relations a mode of failure crosses",
        response_model=ModesJson, responses=describe_responses(JSON, 406),
    )  # fmt: skip
    def list_modes(request: Request) -> Response:
        choose_media(request, [JSON])
        rules = [
            {"mode": mode, "relation": relation, "becomes": becomes}
            for mode, relation, becomes in load_shipped_rules()
        ]
        return reply_json(request, {"schema": SCHEMA, "rules": rules})
