"""The REST door and the web page: `create_app` for tests and servers, `serve` to run it."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from starlette.convertors import Convertor, register_url_convertor

from knockon.api.export import csv_text
from knockon.api.rest import openapi, problems, resources
from knockon.api.rest.charts import CHARTS
from knockon.api.rest.http import (
    CSV,
    JSON,
    SVG,
    Door,
    StrictRoute,
    hosts_of,
    reply,
    reply_json,
    wanted,
)
from knockon.api.rest.page import add_page
from knockon.api.rest.scenario import (
    EntitiesQuery,
    EntityQuery,
    Question,
    WhatifBody,
    WhatifQuery,
    refuse_repeats,
)
from knockon.api.schema import SCHEMA, WhatifJson, graph_head, shown_rows, whatif_json
from knockon.graph.analysis.impact import GraphHead, Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

BASE = "/v1/graphs"
_KEPT = 8  # answers kept: a page asks for the figures and for the map of one question
SERVER: dict[str, Any] = {
    "server_header": False,
    "h11_max_incomplete_event_size": 4 * 2**20,  # a link may name as many entities as a body
}

GraphName = Annotated[str, Path(description="Name of a graph, from /v1/graphs.")]
EntityId = Annotated[str, Path(description="Id of an entity; it may hold slashes.")]

_ONCE = [Depends(refuse_repeats)]


class _AnyText(Convertor[str]):
    """A rest of a path that may hold everything, line breaks too."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Served:
    """The graphs by name, and the latest answers."""

    def __init__(self, graphs: Mapping[str, DependencyGraph]) -> None:
        for name in graphs:
            if not name or "/" in name or name in (".", "..") or not name.isprintable():
                raise InputError(f"name of a graph: expected text without '/', got {clip(name)!r}")
        self.graphs = dict(graphs)
        self.kinds = {n: sorted(set(g.entities["kind"])) for n, g in graphs.items()}
        self.impact = lru_cache(maxsize=_KEPT)(self._impact)
        self.svg = lru_cache(maxsize=2 * _KEPT)(self._svg)

    def graph(self, name: str) -> DependencyGraph:
        if name not in self.graphs:
            raise problems.UnknownGraphError(name, {n: g.title for n, g in self.graphs.items()})
        return self.graphs[name]

    def check_kind(self, name: str, kind: str | None) -> list[str]:
        """A note where no entity of the graph is of the kind, but some of another graph.

        Raises ScenarioError, naming the nearest kind, where none is of it anywhere.
        """
        here = self.kinds[name]
        if kind is None or kind in here:
            return []
        if kind not in set().union(*self.kinds.values()):
            hint = did_you_mean(kind, here)
            raise ScenarioError(f"no entity is of the kind {clip(kind)!r}{hint}")
        return [f"no entity of this graph is of the kind {clip(kind)!r}; known: {', '.join(here)}"]

    def _impact(self, name: str, scenario: Scenario) -> Impact:
        return whatif(self.graphs[name], scenario)

    def _svg(self, name: str, scenario: Scenario, chart: str | None = None) -> str:
        """The map, or a chart by its name in an address."""
        impact = self.impact(name, scenario)
        drawn: str = impact.to_svg() if chart is None else getattr(impact, f"{chart}_svg")()
        return drawn


def create_app(
    graphs: Mapping[str, DependencyGraph], hosts: Collection[str] | None = None
) -> FastAPI:
    """The web application that answers questions about these graphs, by name.

    hosts: names of this server; a request to another one is refused. None: any will do.
    Raises InputError for a name that cannot stand in an address.
    """
    served = _Served(graphs)
    app = FastAPI(
        title="knockon", version=version("knockon"), description=openapi.ABOUT,
        docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    app.add_middleware(Door, hosts=hosts)
    app.router.route_class = StrictRoute
    problems.install(app)
    register_url_convertor("anytext", _AnyText())
    _add_graphs(app, served)
    _add_entities(app, served)
    _add_whatif(app, served)
    add_page(app)
    openapi.describe(app, served.graphs)
    return app


def serve(graphs: Mapping[str, DependencyGraph], *, host: str, port: int) -> None:
    """Answer requests until interrupted: those to this host by its name, or from this machine."""
    import uvicorn

    uvicorn.run(create_app(graphs, hosts_of(host)), host=host, port=port, **SERVER)


def _add_graphs(app: FastAPI, served: _Served) -> None:
    @app.get(
        BASE, operation_id="graphs", summary="The graphs that are served",
        response_model=resources.GraphsJson, responses=openapi.answers(JSON, 406),
    )  # fmt: skip
    def graphs(request: Request) -> Response:
        wanted(request, [JSON])
        return reply_json(request, resources.graphs_json(served.graphs, BASE))

    @app.get(
        f"{BASE}/{{graph}}", operation_id="graph", summary="What a graph holds",
        response_model=resources.GraphJson, responses=openapi.answers(JSON, 404, 406),
    )  # fmt: skip
    def graph(request: Request, graph: GraphName) -> Response:
        wanted(request, [JSON])
        return reply_json(request, resources.graph_json(graph, served.graph(graph)))


def _add_entities(app: FastAPI, served: _Served) -> None:
    at = f"{BASE}/{{graph}}/entities"

    @app.get(
        at, operation_id="entities", summary="Entities, by id, in pages",
        response_model=resources.EntitiesJson,
        responses=openapi.answers([JSON, CSV], 404, 406, 422), dependencies=_ONCE,
    )  # fmt: skip
    def entities(
        request: Request, graph: GraphName, query: Annotated[EntitiesQuery, Query()]
    ) -> Response:
        media = wanted(request, [JSON, CSV])
        return _entities(request, served, graph, query, media, chosen=True)

    @app.get(
        f"{at}.csv", operation_id="entities_csv", summary="The same as CSV",
        response_class=Response, responses=openapi.answers(CSV, 404, 422), dependencies=_ONCE,
    )  # fmt: skip
    def entities_csv(
        request: Request, graph: GraphName, query: Annotated[EntitiesQuery, Query()]
    ) -> Response:
        return _entities(request, served, graph, query, CSV, chosen=False)

    @app.get(
        at + "/{entity:anytext}", operation_id="entity",
        summary="An entity, what it depends on, and what depends on it",
        response_model=resources.EntityDetailJson,
        responses=openapi.answers(JSON, 404, 406, 409, 422), dependencies=_ONCE,
    )  # fmt: skip
    def detail(
        request: Request,
        graph: GraphName,
        entity: EntityId,
        query: Annotated[EntityQuery, Query()],
    ) -> Response:
        wanted(request, [JSON])
        of = served.graph(graph)
        return reply_json(request, resources.detail_json(of, of.find(entity), query.limit))


def _entities(
    request: Request, served: _Served, name: str, query: EntitiesQuery, media: str, *, chosen: bool
) -> Response:
    graph = served.graph(name)
    served.check_kind(name, query.kind)
    limit = query.limit or (None if media == CSV else resources.PAGE)
    rows = resources.chosen(graph, query)
    page, more, cursor = resources.page_of(rows, query, limit)
    link = _next(request, query, cursor) if cursor else None
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    if media == CSV:
        text = csv_text(page.select(c for c in page.columns if not c.startswith("_")))
        file = f"{name}-entities"
        return reply(request, CSV, text, file=file, chosen=chosen, headers=headers)
    answer: resources.EntitiesJson = {
        "schema": SCHEMA,
        "graph": graph_head(GraphHead.of(graph)),
        "total": rows.height,
        "more": more,
        "entities": [resources.entity_json(row) for row in page.iter_rows(named=True)],
        "next": link,
        "next_cursor": cursor,
    }
    return reply_json(request, answer, chosen=chosen, headers=headers)


def _next(request: Request, query: EntitiesQuery, cursor: str) -> str:
    """The address of the next page of the same list."""
    given = query.model_dump(exclude_defaults=True) | {"cursor": cursor}
    return f"{quote(request.url.path)}?{urlencode(given, doseq=True)}"


def _add_whatif(app: FastAPI, served: _Served) -> None:
    """GET and POST, each by Accept header and by suffix, and the charts."""
    for suffix, media in (("", None), (".svg", SVG), (".csv", CSV)):
        form = f", as {suffix[1:].upper()}" if suffix else ""
        answer = partial(_whatif, served=served, media=media)
        asked = (_read_query(WhatifQuery, answer), _read_body(WhatifBody, answer))
        _add_question(app, suffix, f"Who is hit when these fail together{form}", media, asked)
    for chart, summary, query, body in CHARTS:
        answer = partial(_chart, served=served, chart=chart)
        asked = (_read_query(query, answer), _read_body(body, answer))
        _add_question(app, f"/{chart}.svg", f"{summary}, as SVG", SVG, asked)


def _add_question(
    app: FastAPI, suffix: str, summary: str, media: str | None,
    asked: tuple[Callable[..., Response], Callable[..., Response]],
) -> None:  # fmt: skip
    """A question at `/whatif` and a suffix, by GET and by POST."""
    codes = (404, 409, 422, 503) if media else (404, 406, 409, 422, 503)
    shape: dict[str, Any] = (
        {"response_class": Response} if media else {"response_model": WhatifJson}
    )
    for method, handler in zip(("GET", "POST"), asked, strict=True):
        more = codes if method == "GET" else (400, *codes, 413)
        app.add_api_route(
            f"{BASE}/{{graph}}/whatif{suffix}", handler, methods=[method],
            operation_id=f"whatif{re.sub('[./]', '_', suffix)}_{method.lower()}", summary=summary,
            responses=openapi.answers(media or [JSON, SVG, CSV], *more),
            dependencies=_ONCE if method == "GET" else None, **shape,
        )  # fmt: skip


def _read_query(model: type[Question], answer: Callable[..., Response]) -> Callable[..., Response]:
    """A route that reads a scenario from the query string."""
    in_query = Annotated[model, Query()]  # type: ignore[valid-type]

    def by_query(request: Request, graph: GraphName, query: in_query) -> Response:
        return answer(request, graph, query)

    return by_query


def _read_body(model: type[Question], answer: Callable[..., Response]) -> Callable[..., Response]:
    """A route that reads a scenario from a JSON body."""

    def by_body(request: Request, graph: GraphName, scenario: model) -> Response:  # type: ignore[valid-type]
        return answer(request, graph, scenario)

    return by_body


def _chart(
    request: Request, name: str, asked: Question, *, served: _Served, chart: str
) -> Response:
    graph = served.graph(name)
    served.check_kind(name, asked.view["kind"])
    return reply(request, SVG, served.svg(name, asked.resolve(graph), chart), chosen=False)


def _whatif(
    request: Request, name: str, asked: Question, *, served: _Served, media: str | None
) -> Response:
    chosen = media is None
    media = media or wanted(request, [JSON, SVG, CSV])
    graph = served.graph(name)
    notes = served.check_kind(name, asked.view["kind"])
    scenario = asked.resolve(graph)
    if media == SVG:
        return reply(request, SVG, served.svg(name, scenario), chosen=chosen)
    impact = served.impact(name, scenario)
    if media == JSON:
        answer = whatif_json(impact, **asked.view)
        answer["notes"] += notes
        return reply_json(request, answer, chosen=chosen)
    rows = shown_rows(impact, **asked.view)
    more = {"Knockon-More": str(impact.entities.height - rows.height)}
    return reply(request, CSV, csv_text(rows), file=f"{name}-whatif", chosen=chosen, headers=more)
