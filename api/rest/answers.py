"""The routes of saved answers: save one, show its bytes again, and a page to link to, `/a/ID`."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import Field as Described
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from knockon.api.rest.asking import find_client, reply_outcome, wait_for_work
from knockon.api.rest.desk import Desk
from knockon.api.rest.fields import Text
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import JSON, SVG, reply, reply_json
from knockon.api.rest.kept import SavedJson, SavedPage, VersionsJson
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Keys, Question, WhatifBody, build_verb
from knockon.api.schema import SCHEMA
from knockon.api.service.refusals import UnknownGraphError
from knockon.api.service.served import Served
from knockon.api.service.service import Service
from knockon.api.service.work import WHATIF, Outcome, Reply, Work
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.scenario.questions import QUESTIONS, find_question

ANSWERS = "/v1/answers"
_PAGE_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
AnswerId = Annotated[str, Path(description="Id of a saved answer.")]


class SaveBody(Keys):
    """What to ask and to keep: the verb, and what its POST would be sent."""

    question: Text = WHATIF
    asked: dict[str, Any]
    title: Annotated[Text | None, Described(description="Left out: its headline.")] = None


class SavedQuery(Keys):
    """Which saved answers to list."""

    limit: Annotated[int, Described(ge=1, le=1_000, description="Rows of one page.")] = 100
    cursor: Annotated[
        int | None, Described(ge=1, le=2**53, description="`next_cursor` of the page before.")
    ] = None


def add_answers(app: FastAPI, service: Service, desk: Desk) -> None:
    """Saved answers, where there is a store; else each route says that there is none."""
    models = {q.name: build_verb(q, text=False) for q in QUESTIONS} | {WHATIF: WhatifBody}

    @app.post(
        f"{BASE}/{{graph}}/answers", operation_id="save_answer", status_code=201,
        summary="Ask, and keep the answer with its picture", response_model=SavedJson,
        responses={c: r for c, r in describe_responses("", 400, 404, 409, 413, 422, 429, 503)
                   .items() if c not in (200, 304)},
    )  # fmt: skip
    async def save_answer(request: Request, graph: GraphName, body: SaveBody) -> Response:
        desk.check()
        served = service.served
        served.find_parts(graph)
        work, drawn = _read_works(models, graph, body, served.edition)
        outcomes = [await wait_for_work(request, service, w) for w in (work, drawn) if w]
        if not isinstance(outcomes[0], Reply):
            return reply_outcome(request, outcomes[0], negotiated=False)
        service.check_pace(find_client(request), "saves")
        saved = await desk.ask(
            _save, desk.store, service, served, work, outcomes, body.title, find_client(request)
        )
        headers = {"Location": f"{ANSWERS}/{saved['id']}", "Content-Type": JSON}
        return Response(json.dumps(saved), 201, headers)

    @app.get(
        f"{BASE}/{{graph}}/answers", operation_id="answers", response_model=SavedPage,
        summary="The saved answers about a graph, the latest first, in pages",
        responses=describe_responses([], 404, 422, 503), dependencies=ONCE,
    )  # fmt: skip
    async def list_answers(
        request: Request, graph: GraphName, query: Annotated[SavedQuery, Query()]
    ) -> Response:
        desk.check()
        service.check_seen(graph)
        rows = await desk.ask(desk.store.list_answers, graph, query.limit + 1, query.cursor)
        if not rows:  # there may be some of a graph that is served no more
            service.served.find_parts(graph)
        page = rows[: query.limit]
        cursor = page[-1][0] if len(rows) > query.limit else None
        listed = [row | _link(row["id"]) for row in choose_seen(service, page)]
        return reply_json(
            request, {"schema": SCHEMA, "answers": listed, "next_cursor": cursor}, negotiated=False
        )

    @app.get(
        f"{BASE}/{{graph}}/versions", operation_id="versions", response_model=VersionsJson,
        summary="The versions of a graph, with their load reports, the latest first",
        responses=describe_responses([], 404, 503),
    )  # fmt: skip
    async def list_versions(request: Request, graph: GraphName) -> Response:
        desk.check()
        service.check_seen(graph)
        versions = await desk.ask(desk.store.list_versions, graph)
        if not versions:
            service.served.find_parts(graph)
        found = [
            {"version": v.version, "digest": v.digest, "title": v.title, "entities": v.entities,
             "dependencies": v.dependencies, "report": v.report,
             "sources": _name_sources(v.sources),
             "who": v.who, "program": v.program, "created": v.created, "answers": v.answers}
            for v in versions
        ]  # fmt: skip
        return reply_json(request, {"schema": SCHEMA, "versions": found}, negotiated=False)

    async def find(identifier: str) -> Any:
        desk.check()
        saved = await desk.ask(desk.store.find_answer, identifier)
        if saved is None or not may_see(service, saved.graph.name, saved.door, saved.asked):
            raise HTTPException(404, f"no answer has the id {clip(identifier)!r} in this store")
        return saved

    @app.get(
        f"{ANSWERS}/{{answer}}", operation_id="answer", response_model=SavedJson,
        summary="What a saved answer came from: who, when, program, sources",
        responses=describe_responses([], 404, 503),
    )  # fmt: skip
    async def describe_answer(request: Request, answer: AnswerId) -> Response:
        return reply_json(request, describe_saved(await find(answer)), negotiated=False)

    @app.get(
        f"{ANSWERS}/{{answer}}/result", operation_id="answer_result", response_class=Response,
        summary="The bytes that were saved", responses=describe_responses(["text/csv"], 404, 503),
    )  # fmt: skip
    async def show_answer(request: Request, answer: AnswerId) -> Response:
        saved = await find(answer)
        return reply(request, saved.media, saved.body, file=answer, negotiated=False)

    @app.get(
        f"{ANSWERS}/{{answer}}/picture.svg", operation_id="answer_picture",
        summary="The picture that was saved", response_class=Response,
        responses=describe_responses(SVG, 404, 503),
    )  # fmt: skip
    async def show_picture(request: Request, answer: AnswerId) -> Response:
        saved = await find(answer)
        if saved.picture is None:
            raise HTTPException(404, "this answer was saved without a picture")
        return reply(request, SVG, saved.picture, negotiated=False)

    @app.get("/a/{answer}", include_in_schema=False)
    async def show_page(request: Request, answer: str) -> Response:
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        page = await run_in_threadpool(_write_page, await find(answer))
        return reply(request, "text/html", page, negotiated=False, headers=headers)


def may_see(service: Service, graph: str, door: str, asked: str) -> bool:
    """Whether who asks may see all graphs that a saved answer is about. One that a command saved
    may be about any: only who may see all sees it."""
    names = (graph, *Work(**json.loads(asked)).graphs) if door == "rest" else (graph, "")
    try:
        service.check_seen(*names)
    except UnknownGraphError:
        return False
    return True


def choose_seen(service: Service, rows: Sequence[tuple[int, dict[str, Any]]]) -> list[Any]:
    """The saved answers of a list that who asks may see, without how they were asked."""
    found = []
    for _, row in rows:
        door, asked, graph = (row.pop(name) for name in ("door", "asked", "graph"))
        if may_see(service, graph, door, asked):
            found.append(row)
    return found


def _read_works(
    models: dict[str, type[Question]], graph: str, body: SaveBody, edition: int
) -> tuple[Work, Work | None]:
    """The work of a question, and of its picture where it has one."""
    if body.question not in models:
        hint = did_you_mean(body.question, models)
        raise ScenarioError(f"question: no verb is called {clip(body.question)!r}{hint}")
    try:
        asked = models[body.question].model_validate(body.asked)
    except ValidationError as error:
        faults = [dict(e) | {"loc": ("body", "asked", *e["loc"])} for e in error.errors()]
        raise RequestValidationError(faults) from None
    if body.question == WHATIF:
        stated, own, view = asked.read_whatif(), None, asked.view | asked.carried
    else:
        verb = find_question(body.question)
        stated, own = asked.read_scenario(verb), asked.read_own(verb)
        view = {"top": asked.top, **asked.carried}  # type: ignore[attr-defined]
    pictured = body.question == WHATIF or find_question(body.question).picture
    make = partial(Work.of, graph, body.question, own=own, edition=edition)
    work = make(JSON, stated, view=view)
    return work, make(SVG, stated) if pictured else None


def _save(
    store: Any, service: Service, served: Served, work: Work, outcomes: list[Outcome],
    title: str | None, who: str,
) -> dict[str, Any]:  # fmt: skip
    answer = outcomes[0]
    assert isinstance(answer, Reply)
    told = json.loads(answer.body)
    drawn = outcomes[1] if len(outcomes) > 1 else None
    graph, parts = served.find_graph(work.graph), served.find_parts(work.graph)
    sources = [source for part in parts for source in service.sources.get(part, ())]
    version = store.save_graph(work.graph, graph, sources, who)
    saved = store.save_answer(
        version, door="rest", question=work.verb, asked=json.dumps(vars(work)),
        scenario=json.dumps(told["scenario"], ensure_ascii=False),
        title=title or str(told.get("headline") or work.verb), media=JSON, body=answer.body,
        picture=drawn.body if isinstance(drawn, Reply) else None,
        seed=told["scenario"].get("seed"), who=who,
    )  # fmt: skip
    return describe_saved(saved)


def describe_saved(saved: Any) -> dict[str, Any]:
    """What an answer came from, and where it is."""
    of = saved.graph
    return {
        "schema": SCHEMA, "id": saved.id, "title": saved.title, "question": saved.question,
        "scenario": json.loads(saved.scenario), "seed": saved.seed, "who": saved.who,
        "created": saved.created, "program": saved.program, "sha256": saved.digest,
        "graph": {"name": of.name, "version": of.version, "digest": of.digest,
                  "sources": _name_sources(of.sources)},
        **_link(saved.id), "picture": None if saved.picture is None
        else f"{ANSWERS}/{saved.id}/picture.svg",
    }  # fmt: skip


def _name_sources(sources: Mapping[str, str]) -> dict[str, str]:
    """Digests by name: where they lie on the server is nobody's business."""
    return {FilePath(source).name or "source": digest for source, digest in sources.items()}


def _link(identifier: str) -> dict[str, str]:
    at = f"{ANSWERS}/{identifier}"
    return {"href": at, "result": f"{at}/result", "page": f"/a/{identifier}"}


def _write_page(saved: Any) -> str:
    """A page that needs no script: what was answered, its picture, and what it came from."""
    at, of = f"{ANSWERS}/{saved.id}", saved.graph
    told = json.loads(saved.body) if saved.media == JSON else {}
    drawn = f'<p><img alt="" src="{at}/picture.svg" style="max-width:100%"></p>'
    notes = "".join(f"<li>{escape(str(note))}</li>" for note in told.get("notes", ()))
    facts = (
        f"{saved.question} of {of.name}, version {of.version}, saved by {saved.who} on "
        f"{saved.created}, computed by knockon {saved.program}, seed {saved.seed}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(saved.title)}</title></head>"
        '<body style="font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;'
        'padding:0 1rem">'
        f"<h1>{escape(saved.title)}</h1><p>{escape(str(told.get('question') or ''))}</p>"
        f"{drawn if saved.picture is not None else ''}<ul>{notes}</ul><p>{escape(facts)}.</p>"
        f'<p><a href="{at}/result">The answer as it was</a>, <a href="{at}">what it came from</a>'
        f"<br>sha256 {saved.digest}</p></body></html>\n"
    )
