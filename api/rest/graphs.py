"""The routes of graphs and their entities."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Depends, FastAPI, Path, Query, Request, Response

from knockon.api.export import format_csv
from knockon.api.rest import resources
from knockon.api.rest.http import CSV, JSON, choose_media, reply, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import EntitiesQuery, EntityQuery, refuse_repeats
from knockon.api.schema import SCHEMA, serialize_graph_head
from knockon.api.service.served import Served
from knockon.api.service.service import Service
from knockon.graph.analysis.answer import GraphHead

BASE = "/v1/graphs"
GraphName = Annotated[
    str, Path(description="Name of a graph, from /v1/graphs; a+b: of both, joined.")
]
EntityId = Annotated[str, Path(description="Id of an entity; it may hold slashes.")]
ONCE = [Depends(refuse_repeats)]


def add_graphs(app: FastAPI, service: Service) -> None:
    """The list of graphs, and what each holds."""

    @app.get(
        BASE, operation_id="graphs", summary="The graphs that are served",
        response_model=resources.GraphsJson, responses=describe_responses(JSON, 406),
    )  # fmt: skip
    def list_graphs(request: Request) -> Response:
        choose_media(request, [JSON])
        return reply_json(request, resources.serialize_graphs(service.served.graphs, BASE))

    @app.get(
        f"{BASE}/{{graph}}", operation_id="graph", summary="What a graph holds",
        response_model=resources.GraphJson, responses=describe_responses(JSON, 404, 406),
    )  # fmt: skip
    def describe_graph(request: Request, graph: GraphName) -> Response:
        choose_media(request, [JSON])
        return reply_json(
            request, resources.serialize_graph(graph, service.served.find_graph(graph))
        )


def add_entities(app: FastAPI, service: Service) -> None:
    """The entities of a graph in pages, and each with its dependencies."""
    at = f"{BASE}/{{graph}}/entities"

    @app.get(
        at, operation_id="entities", summary="Entities, by id, in pages",
        response_model=resources.EntitiesJson,
        responses=describe_responses([JSON, CSV], 404, 406, 422), dependencies=ONCE,
    )  # fmt: skip
    def list_entities(
        request: Request, graph: GraphName, query: Annotated[EntitiesQuery, Query()]
    ) -> Response:
        media = choose_media(request, [JSON, CSV])
        return _answer_entities(request, service.served, graph, query, media, negotiated=True)

    @app.get(
        f"{at}.csv", operation_id="entities_csv", summary="The same as CSV",
        response_class=Response, responses=describe_responses(CSV, 404, 422), dependencies=ONCE,
    )  # fmt: skip
    def list_entities_csv(
        request: Request, graph: GraphName, query: Annotated[EntitiesQuery, Query()]
    ) -> Response:
        return _answer_entities(request, service.served, graph, query, CSV, negotiated=False)

    @app.get(
        at + "/{entity:anytext}", operation_id="entity",
        summary="An entity, what it depends on, and what depends on it",
        response_model=resources.EntityDetailJson,
        responses=describe_responses(JSON, 404, 406, 409, 422), dependencies=ONCE,
    )  # fmt: skip
    def describe_entity(
        request: Request,
        graph: GraphName,
        entity: EntityId,
        query: Annotated[EntityQuery, Query()],
    ) -> Response:
        choose_media(request, [JSON])
        of = service.served.find_graph(graph)
        return reply_json(request, resources.serialize_detail(of, of.find(entity), query.limit))


def _answer_entities(
    request: Request,
    served: Served,
    name: str,
    query: EntitiesQuery,
    media: str,
    *,
    negotiated: bool,
) -> Response:
    graph = served.find_graph(name)
    served.check_kind(name, query.kind)
    limit = query.limit or (None if media == CSV else resources.PAGE)
    rows = resources.select_entities(graph, query)
    page, more, cursor = resources.cut_page(rows, query, limit)
    link = _link_next(request, query, cursor) if cursor else None
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    if media == CSV:
        text = format_csv(page.select(c for c in page.columns if not c.startswith("_")))
        file = f"{name}-entities"
        return reply(request, CSV, text, file=file, negotiated=negotiated, headers=headers)
    answer: resources.EntitiesJson = {
        "schema": SCHEMA,
        "graph": serialize_graph_head(GraphHead.of(graph)),
        "total": rows.height,
        "more": more,
        "entities": [resources.serialize_entity(row) for row in page.iter_rows(named=True)],
        "next": link,
        "next_cursor": cursor,
    }
    return reply_json(request, answer, negotiated=negotiated, headers=headers)


def _link_next(request: Request, query: EntitiesQuery, cursor: str) -> str:
    """The address of the next page of the same list."""
    parameters = query.model_dump(exclude_defaults=True) | {"cursor": cursor}
    return f"{quote(request.url.path)}?{urlencode(parameters, doseq=True)}"
