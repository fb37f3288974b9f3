"""The routes of questions: a what-if as figures, map, table and charts, by GET and by POST."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeAlias

from fastapi import FastAPI, Query, Request, Response

from knockon.api.rest.asking import answer_work
from knockon.api.rest.charts import CHARTS
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import CSV, JSON, MARKDOWN, SVG, choose_media
from knockon.api.rest.openapi import UNDER_WAY, describe_responses
from knockon.api.rest.scenario import Question, WhatifBody, WhatifQuery, build_verb
from knockon.api.schema import AnswerJson, WhatifJson
from knockon.api.service.service import Service
from knockon.api.service.work import WHATIF, Work
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scenario.questions import Question as Verb

_Answer: TypeAlias = Callable[..., Awaitable[Response]]
_OFFERED = JSON, SVG, CSV, MARKDOWN  # of a what-if
_SUFFIXES = {SVG: ".svg", CSV: ".csv", MARKDOWN: ".md"}


def add_whatif(app: FastAPI, service: Service) -> None:
    """GET and POST, each by Accept header and by suffix, and the charts."""
    for suffix, media in (("", None), (".svg", SVG), (".csv", CSV), (".md", MARKDOWN)):
        form = f", as {suffix[1:].upper()}" if suffix else ""
        answer = partial(_answer_whatif, service=service, media=media)
        routes = (_read_query(WhatifQuery, answer), _read_body(WhatifBody, answer))
        summary = f"Who is hit when these fail together{form}"
        _add_question(app, f"/whatif{suffix}", summary, media, routes)
    for chart, summary, query, body in CHARTS:
        answer = partial(_answer_whatif, service=service, media=SVG, chart=chart)
        routes = (_read_query(query, answer), _read_body(body, answer))
        _add_question(app, f"/whatif/{chart}.svg", f"{summary}, as SVG", SVG, routes)


def add_questions(app: FastAPI, service: Service) -> None:
    """Every verb of the table: GET and POST, each by Accept header and by suffix."""
    for verb in QUESTIONS:
        models = build_verb(verb, text=True), build_verb(verb, text=False)
        medias = [JSON, *([SVG] if verb.picture else []), CSV, MARKDOWN]
        suffixes = [("", None), *((_SUFFIXES[media], media) for media in medias[1:])]
        for suffix, media in suffixes:
            answer = partial(_answer_verb, service=service, verb=verb, media=media, offered=medias)
            form = f", as {suffix[1:].upper()}" if suffix else ""
            routes = (_read_query(models[0], answer), _read_body(models[1], answer))
            _add_question(
                app, f"/{verb.name}{suffix}", f"{verb.summary}{form}", media, routes,
                offered=medias, shape=AnswerJson,
            )  # fmt: skip


def _add_question(
    app: FastAPI, path: str, summary: str, media: str | None,
    routes: tuple[Callable[..., Awaitable[Response]], Callable[..., Awaitable[Response]]], *,
    offered: Sequence[str] = _OFFERED, shape: Any = WhatifJson,
) -> None:  # fmt: skip
    """A question at a path below a graph, by GET and by POST."""
    codes = (404, 409, 422, 429, 503) if media else (404, 406, 409, 422, 429, 503)
    shown: dict[str, Any] = {"response_class": Response} if media else {"response_model": shape}
    for method, handler in zip(("GET", "POST"), routes, strict=True):
        more = codes if method == "GET" else (400, *codes, 413)
        app.add_api_route(
            f"{BASE}/{{graph}}{path}", handler, methods=[method],
            operation_id=f"{re.sub('[./]', '_', path[1:])}_{method.lower()}", summary=summary,
            responses=describe_responses(media or offered, *more) | {202: UNDER_WAY},
            dependencies=ONCE if method == "GET" else None, **shown,
        )  # fmt: skip


def _read_query(model: type[Question], answer: _Answer) -> Callable[..., Awaitable[Response]]:
    """A route that reads a scenario from the query string."""
    in_query = Annotated[model, Query()]  # type: ignore[valid-type]

    async def by_query(request: Request, graph: GraphName, query: in_query) -> Response:
        return await answer(request, graph, query)

    return by_query


def _read_body(model: type[Question], answer: _Answer) -> Callable[..., Awaitable[Response]]:
    """A route that reads a scenario from a JSON body."""

    async def by_body(request: Request, graph: GraphName, scenario: model) -> Response:  # type: ignore[valid-type]
        return await answer(request, graph, scenario)

    return by_body


async def _answer_whatif(
    request: Request, name: str, question: Question, *,
    service: Service, media: str | None, chart: str = "",
) -> Response:  # fmt: skip
    negotiated = media is None
    media = media or choose_media(request, _OFFERED)
    served = service.served
    served.find_parts(name)
    view = question.look if media == SVG else question.view | question.carried | question.page
    if media == SVG:
        served.check_kind(name, question.view["kind"])
    work = Work.of(
        name, WHATIF, media, question.read_whatif(), view=view, chart=chart, edition=served.edition
    )
    return await answer_work(request, service, work, negotiated=negotiated)


async def _answer_verb(
    request: Request, name: str, question: Question, *,
    service: Service, verb: Verb, media: str | None, offered: Sequence[str],
) -> Response:  # fmt: skip
    negotiated = media is None
    media = media or choose_media(request, offered)
    served = service.served
    served.find_parts(name)
    top: int | None = question.top  # type: ignore[attr-defined]
    view = {} if media == SVG else {"top": top, **question.carried}
    own = question.read_own(verb)
    work = Work.of(
        name, verb.name, media, question.read_scenario(verb), own=own, view=view,
        edition=served.edition,
    )  # fmt: skip
    return await answer_work(request, service, work, negotiated=negotiated)
