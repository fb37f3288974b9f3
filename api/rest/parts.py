"""Pieces of the web page, which the server builds: `/v1/graphs/GRAPH/page/...`, as HTML.

They hold what a person reads; the page puts them in their places. No part of the interface.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from knockon.api.markup.build import button, tag
from knockon.api.markup.inventory import (
    render_entities,
    render_entity,
    render_start,
    render_suggestions,
)
from knockon.api.markup.menu import (
    address,
    build_comparison,
    leave_out,
    read_pairs,
    render_later,
    render_menu,
    render_picture,
)
from knockon.api.markup.saved import render_kept, render_saved
from knockon.api.rest import resources
from knockon.api.rest.answers import choose_seen, describe_saved, may_see
from knockon.api.rest.asking import answer_work
from knockon.api.rest.desk import Desk
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import HTML, JSON, reply
from knockon.api.rest.scenario import EntitiesQuery, Question, WhatifQuery, build_verb
from knockon.api.service.service import Service
from knockon.api.service.work import WHATIF, Work
from knockon.graph.errors import clip
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scenario.questions import Question as Verb

_Answer: TypeAlias = Callable[..., Awaitable[Response]]
_SUGGESTED, _LISTED, _MOVED = 8, 20, 100
_ENDS = 40  # of the dependencies of an entity, and of those on it


def add_parts(app: FastAPI, service: Service, desk: Desk) -> None:
    """A part for each answer, for the start, for lists of entities and for one of them."""
    at = f"{BASE}/{{graph}}/page"
    hidden: dict[str, Any] = {"include_in_schema": False, "dependencies": ONCE}

    @app.get(f"{at}/start", include_in_schema=False)
    def show_start(request: Request, graph: GraphName) -> Response:
        served = service.served
        about = resources.serialize_graph(graph, served.find_graph(graph))
        parts = served.find_parts(graph)
        text = render_start(about, served.graphs, parts, keeps=desk.store is not None)
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/entities", **hidden)
    def show_entities(
        request: Request, graph: GraphName, query: Annotated[EntitiesQuery, Query()]
    ) -> Response:
        found = resources.select_entities(service.served.find_graph(graph), query)
        page, more, cursor = resources.cut_page(found, query, query.limit or resources.PAGE)
        rows = page.select("id", "name", "kind", "sector").to_dicts()
        text = render_entities(graph, request.url.query, rows, found.height, more, cursor)
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/suggestions", include_in_schema=False)
    def suggest(request: Request, graph: GraphName, q: Annotated[str, Query()]) -> Response:
        of = service.served.find_graph(graph)
        found = resources.select_entities(of, EntitiesQuery(q=q))
        rows = found.head(_SUGGESTED).select("id", "name", "kind").to_dicts()
        text = render_suggestions(rows, found.height)
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/entity", include_in_schema=False)
    def show_entity(
        request: Request, graph: GraphName, entity: Annotated[str, Query(alias="id")],
        origin: Annotated[list[str] | None, Query()] = None,
    ) -> Response:  # fmt: skip
        of = service.served.find_graph(graph)
        detail = resources.serialize_detail(of, of.find(entity), _ENDS)
        failing = [of.ids[of.find(one)] for one in origin or ()]
        text = render_entity(detail, graph, request.url.query, failing)
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/map", include_in_schema=False)
    def show_map(request: Request, graph: GraphName) -> Response:
        service.served.find_parts(graph)
        pairs = read_pairs(request.url.query)
        tools = [
            button(text, data_view=view, title=title, aria_label=title)
            for text, view, title in (("+", "+", "Zoom in"), ("−", "-", "Zoom out"),
                                      ("Fit", "0", "Fit the picture"))
        ]  # fmt: skip
        menu = render_menu(graph, "/whatif", pairs, "Save the map", forms=("svg", "md"))
        at = address(graph, "/whatif.svg", pairs)
        text = render_picture(at, "Map of who is hit", wide=True,
                              within=tag("div", tools, menu, class_="tools"))  # fmt: skip
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/pinned", include_in_schema=False)
    def show_pinned(request: Request, graph: GraphName, pin: str) -> Response:
        service.served.find_parts(graph)
        after = leave_out(read_pairs(request.url.query), "pin")
        asked = [*build_comparison(read_pairs(pin), after), ("top", str(_MOVED))]
        text = render_later(address(graph, "/page/compare", asked))
        return reply(request, HTML, text, negotiated=False)

    @app.get(f"{at}/saved", include_in_schema=False)
    async def show_saved(request: Request, graph: GraphName, saved: str = "") -> Response:
        desk.check()
        service.check_seen(graph)
        if not saved:
            listed = await desk.ask(desk.store.list_answers, graph, _LISTED, None)
            rows = choose_seen(service, listed)
            return reply(request, HTML, render_saved(graph, rows), negotiated=False)
        kept = await desk.ask(desk.store.find_answer, saved)
        if kept is None or not may_see(service, kept.graph.name, kept.door, kept.asked):
            raise HTTPException(404, f"no answer has the id {clip(saved)!r} in this store")
        text = await run_in_threadpool(_render_kept, kept)
        return reply(request, HTML, text, negotiated=False)

    for part in ("", "rows", "draft"):
        path = f"{at}/{part or WHATIF}"
        app.add_api_route(path, _answer_whatif(service, part), **hidden)
    for verb in QUESTIONS:
        app.add_api_route(f"{at}/{verb.name}", _answer_verb(service, verb, ""), **hidden)
        if verb.name in ("rank", "concentration"):
            app.add_api_route(
                f"{at}/{verb.name}.card", _answer_verb(service, verb, "card"), **hidden
            )


def _render_kept(kept: Any) -> str:
    told = json.loads(kept.body) if kept.media == JSON else {}
    return render_kept(describe_saved(kept), told)


def _answer_whatif(service: Service, part: str) -> _Answer:
    in_query = Annotated[WhatifQuery, Query()]  # type: ignore[valid-type]

    async def answer(request: Request, graph: GraphName, query: in_query) -> Response:
        service.served.find_parts(graph)
        asked: Question = query
        view = asked.view | asked.carried | asked.page | {"query": request.url.query}
        if part == "rows":
            view = {"find": "", "sector": None, "sort": "rank", "cursor": 0} | view
        edition = service.served.edition
        work = Work.of(
            graph, WHATIF, HTML, asked.read_whatif(), view=view, chart=part, edition=edition
        )
        return await answer_work(request, service, work, negotiated=False)

    return answer


def _answer_verb(service: Service, verb: Verb, part: str) -> _Answer:
    model = build_verb(verb, text=True)
    in_query = Annotated[model, Query()]  # type: ignore[valid-type]

    async def answer(request: Request, graph: GraphName, query: in_query) -> Response:
        service.served.find_parts(graph)
        asked: Question = query
        view = {"top": asked.top, **asked.carried, "query": request.url.query}  # type: ignore[attr-defined]
        own, stated = asked.read_own(verb), asked.read_scenario(verb)
        edition = service.served.edition
        work = Work.of(
            graph, verb.name, HTML, stated, own=own, view=view, chart=part, edition=edition
        )
        return await answer_work(request, service, work, negotiated=False)

    return answer
