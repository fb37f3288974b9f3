"""The routes of questions: a what-if as figures, map, table and charts, by GET and by POST."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from knockon.api.export import format_csv
from knockon.api.rest.charts import CHARTS
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import CSV, JSON, MARKDOWN, SVG, choose_media, reply, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Question, WhatifBody, WhatifQuery, build_verb
from knockon.api.rest.served import Served
from knockon.api.schema import (
    AnswerJson,
    WhatifJson,
    select_rows,
    serialize_answer,
    serialize_whatif,
)
from knockon.graph.analysis.view import carry
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scenario.questions import Question as Verb

_OFFERED = JSON, SVG, CSV, MARKDOWN  # of a what-if
_SUFFIXES = {SVG: ".svg", CSV: ".csv", MARKDOWN: ".md"}


def add_whatif(app: FastAPI, served: Served) -> None:
    """GET and POST, each by Accept header and by suffix, and the charts."""
    for suffix, media in (("", None), (".svg", SVG), (".csv", CSV), (".md", MARKDOWN)):
        form = f", as {suffix[1:].upper()}" if suffix else ""
        answer = partial(_answer_whatif, served=served, media=media)
        routes = (_read_query(WhatifQuery, answer), _read_body(WhatifBody, answer))
        summary = f"Who is hit when these fail together{form}"
        _add_question(app, f"/whatif{suffix}", summary, media, routes)
    for chart, summary, query, body in CHARTS:
        answer = partial(_answer_chart, served=served, chart=chart)
        routes = (_read_query(query, answer), _read_body(body, answer))
        _add_question(app, f"/whatif/{chart}.svg", f"{summary}, as SVG", SVG, routes)


def add_questions(app: FastAPI, served: Served) -> None:
    """Every verb of the table: GET and POST, each by Accept header and by suffix."""
    for verb in QUESTIONS:
        models = build_verb(verb, text=True), build_verb(verb, text=False)
        medias = [JSON, *([SVG] if verb.picture else []), CSV, MARKDOWN]
        suffixes = [("", None), *((_SUFFIXES[media], media) for media in medias[1:])]
        for suffix, media in suffixes:
            answer = partial(_answer_verb, served=served, verb=verb, media=media, offered=medias)
            form = f", as {suffix[1:].upper()}" if suffix else ""
            routes = (_read_query(models[0], answer), _read_body(models[1], answer))
            _add_question(
                app, f"/{verb.name}{suffix}", f"{verb.summary}{form}", media, routes,
                offered=medias, shape=AnswerJson,
            )  # fmt: skip


def _add_question(
    app: FastAPI, path: str, summary: str, media: str | None,
    routes: tuple[Callable[..., Response], Callable[..., Response]], *,
    offered: Sequence[str] = _OFFERED, shape: Any = WhatifJson,
) -> None:  # fmt: skip
    """A question at a path below a graph, by GET and by POST."""
    codes = (404, 409, 422, 503) if media else (404, 406, 409, 422, 503)
    shown: dict[str, Any] = {"response_class": Response} if media else {"response_model": shape}
    for method, handler in zip(("GET", "POST"), routes, strict=True):
        more = codes if method == "GET" else (400, *codes, 413)
        app.add_api_route(
            f"{BASE}/{{graph}}{path}", handler, methods=[method],
            operation_id=f"{re.sub('[./]', '_', path[1:])}_{method.lower()}", summary=summary,
            responses=describe_responses(media or offered, *more),
            dependencies=ONCE if method == "GET" else None, **shown,
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
    media = media or choose_media(request, _OFFERED)
    graph = served.find_graph(name)
    notes = served.check_kind(name, question.view["kind"])
    scenario = question.resolve(graph)
    if media == SVG:
        return reply(request, SVG, served.render(name, scenario), negotiated=negotiated)
    impact, carried = carry(graph, served.ask(name, scenario), **question.carried)
    if media == JSON:
        answer = serialize_whatif(impact, **question.view)
        answer["notes"] += notes
        return reply_json(request, answer, negotiated=negotiated)
    if media == MARKDOWN:
        from knockon.api.text.tables import print_whatif

        view = question.view | {"carried": carried}
        return _reply_markdown(request, print_whatif, impact, negotiated, **view)
    rows, more = select_rows(impact, **question.view)
    return reply(
        request, CSV, format_csv(rows), file=f"{name}-whatif", negotiated=negotiated,
        headers={"Knockon-More": str(more)},
    )  # fmt: skip


def _answer_verb(
    request: Request, name: str, question: Question, *,
    served: Served, verb: Verb, media: str | None, offered: Sequence[str],
) -> Response:  # fmt: skip
    negotiated = media is None
    media = media or choose_media(request, offered)
    graph = served.find_graph(name)
    scenario = question.read_scenario(verb, graph)
    whole = served.answer(name, verb, scenario, question.read_own(verb))
    answer, carried = carry(graph, whole, **question.carried)
    top: int | None = question.top  # type: ignore[attr-defined]
    if media == JSON:
        return reply_json(request, serialize_answer(answer, top=top), negotiated=negotiated)
    if media == SVG:
        return reply(request, SVG, whole.to_svg(), negotiated=negotiated)
    if media == MARKDOWN:
        from knockon.api.text.rows import print_answer

        view = {"top": top, "carried": carried}
        return _reply_markdown(request, print_answer, answer, negotiated, **view)
    rows = answer.rows if top is None else answer.rows.head(top)
    return reply(
        request, CSV, format_csv(rows), file=f"{name}-{verb.name}", negotiated=negotiated,
        headers={"Knockon-More": str(answer.rows.height - rows.height)},
    )  # fmt: skip


def _reply_markdown(
    request: Request, show: Callable[..., None], answer: Any, negotiated: bool, **view: Any
) -> Response:
    from knockon.api.text.console import format_markdown  # it imports rich

    page = format_markdown(partial(show, **view), answer)
    return reply(request, MARKDOWN, page, negotiated=negotiated)
