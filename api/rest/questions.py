"""The routes of questions: a what-if as figures, map, table and charts, by GET and by POST."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from knockon.api.export import format_csv
from knockon.api.rest.charts import CHARTS
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import CSV, JSON, SVG, choose_media, reply, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Question, WhatifBody, WhatifQuery
from knockon.api.rest.served import Served
from knockon.api.schema import WhatifJson, select_rows, serialize_whatif


def add_whatif(app: FastAPI, served: Served) -> None:
    """GET and POST, each by Accept header and by suffix, and the charts."""
    for suffix, media in (("", None), (".svg", SVG), (".csv", CSV)):
        form = f", as {suffix[1:].upper()}" if suffix else ""
        answer = partial(_answer_whatif, served=served, media=media)
        routes = (_read_query(WhatifQuery, answer), _read_body(WhatifBody, answer))
        _add_question(app, suffix, f"Who is hit when these fail together{form}", media, routes)
    for chart, summary, query, body in CHARTS:
        answer = partial(_answer_chart, served=served, chart=chart)
        routes = (_read_query(query, answer), _read_body(body, answer))
        _add_question(app, f"/{chart}.svg", f"{summary}, as SVG", SVG, routes)


def _add_question(
    app: FastAPI, suffix: str, summary: str, media: str | None,
    routes: tuple[Callable[..., Response], Callable[..., Response]],
) -> None:  # fmt: skip
    """A question at `/whatif` and a suffix, by GET and by POST."""
    codes = (404, 409, 422, 503) if media else (404, 406, 409, 422, 503)
    shape: dict[str, Any] = (
        {"response_class": Response} if media else {"response_model": WhatifJson}
    )
    for method, handler in zip(("GET", "POST"), routes, strict=True):
        more = codes if method == "GET" else (400, *codes, 413)
        app.add_api_route(
            f"{BASE}/{{graph}}/whatif{suffix}", handler, methods=[method],
            operation_id=f"whatif{re.sub('[./]', '_', suffix)}_{method.lower()}", summary=summary,
            responses=describe_responses(media or [JSON, SVG, CSV], *more),
            dependencies=ONCE if method == "GET" else None, **shape,
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


def _answer_chart(
    request: Request, name: str, question: Question, *, served: Served, chart: str
) -> Response:
    graph = served.find_graph(name)
    served.check_kind(name, question.view["kind"])
    return reply(
        request, SVG, served.render(name, question.resolve(graph), chart), negotiated=False
    )


def _answer_whatif(
    request: Request, name: str, question: Question, *, served: Served, media: str | None
) -> Response:
    negotiated = media is None
    media = media or choose_media(request, [JSON, SVG, CSV])
    graph = served.find_graph(name)
    notes = served.check_kind(name, question.view["kind"])
    scenario = question.resolve(graph)
    if media == SVG:
        return reply(request, SVG, served.render(name, scenario), negotiated=negotiated)
    impact = served.ask(name, scenario)
    if media == JSON:
        answer = serialize_whatif(impact, **question.view)
        answer["notes"] += notes
        return reply_json(request, answer, negotiated=negotiated)
    rows, more = select_rows(impact, **question.view)
    return reply(
        request, CSV, format_csv(rows), file=f"{name}-whatif", negotiated=negotiated,
        headers={"Knockon-More": str(more)},
    )  # fmt: skip
