"""The routes of what is down now: as JSON, as history, and as a page that needs no script."""

import asyncio
import json
from collections.abc import Sequence
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field as Described
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict

from knockon.api.live.now import NowJson, SpellJson, describe_history
from knockon.api.live.service import Ask, Watch, answer_now
from knockon.api.rest.asking import find_client
from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import JSON, choose_media, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Keys
from knockon.api.schema import SCHEMA, GraphHead, serialize_graph_head
from knockon.api.service.limits import LimitError
from knockon.api.service.service import Service
from knockon.api.service.work import WHATIF, Reply, Work, dump_json
from knockon.graph.analysis import answer as answers

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TOP = 20
_WATCHER = "watch"  # the client by whose name the server asks itself
_LEAST = 30.0  # seconds that it waits for itself, however soon others are given a job
_NONE = "this server watches no status pages: knockon serve --watch URL"


class NowQuery(Keys):
    """How much of what is hit to show."""

    top: Annotated[int, Described(ge=0, le=10_000, description="Rows of the impact.")] = _TOP


class HistoryJson(TypedDict):
    """What was down, from when to when, the latest first; `forgotten`: older spells, not kept."""

    schema: int
    graph: GraphHead
    spells: list[SpellJson]
    forgotten: int


def ask_service(service: Service, client: str = _WATCHER, top: int = _TOP) -> Ask:
    """What asks this server's own workers for the what-if of all that is down."""

    async def ask(name: str, origins: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
        edition = service.served.edition
        stated, view = {"origins": origins}, {"top": top}
        work = Work.of(name, WHATIF, JSON, stated, view=view, edition=edition)
        try:
            job = service.ask(work, client)
        except LimitError as error:
            return None, str(error)
        done = asyncio.wrap_future(job.future)
        try:
            await asyncio.wait((done,), timeout=max(service.limits["wait"], _LEAST))
            if not job.future.done():
                return None, "it takes longer than this server waits"
            outcome = job.future.result()
            if isinstance(outcome, Reply):
                return await run_in_threadpool(json.loads, outcome.body), ""
            return None, outcome.detail
        finally:
            service.jobs.leave(job)
            done.cancel()

    return ask


def add_live(app: FastAPI, service: Service, watch: Watch | None) -> None:
    """What is down now, where status pages are watched; else each route says that none are."""
    if watch is not None:
        look = watch.live

        def adopt() -> None:
            look.graphs = service.served.graphs

        adopt()
        service.on_adopt.append(adopt)

    def open_watch() -> Watch:
        if watch is None:
            raise HTTPException(404, _NONE)
        return watch

    @app.get(
        f"{BASE}/{{graph}}/now", operation_id="now", dependencies=ONCE, response_model=NowJson,
        summary="What status pages report as down now, and what of the graph that hits",
        responses=describe_responses(JSON, 404, 406, 422),
    )  # fmt: skip
    async def show_now(
        request: Request, graph: GraphName, query: Annotated[NowQuery, Query()]
    ) -> Response:
        choose_media(request, [JSON])
        service.served.find_one(graph)
        ask = ask_service(service, find_client(request), query.top)
        found = await answer_now(open_watch().live, graph, ask)
        headers = {"Cache-Control": "no-store"}
        body = await run_in_threadpool(dump_json, found)
        return Response(body, headers=headers, media_type=JSON)

    @app.get(
        f"{BASE}/{{graph}}/now/history", operation_id="history", response_model=HistoryJson,
        summary="What was down, from when to when, as far as it is remembered",
        responses=describe_responses(JSON, 404),
    )  # fmt: skip
    async def show_history(request: Request, graph: GraphName) -> Response:
        found, live = service.served.find_one(graph), open_watch().live
        answer: HistoryJson = {
            "schema": SCHEMA, "graph": serialize_graph_head(answers.GraphHead.of(found)),
            "spells": describe_history(live, graph),
            "forgotten": live.histories[graph].forgotten,
        }  # fmt: skip
        return reply_json(request, answer, negotiated=False)

    @app.get("/now", include_in_schema=False)
    async def show_page(request: Request) -> Response:
        live = open_watch().live
        ask = ask_service(service, find_client(request))
        names = [*service.served.graphs]
        nows = await asyncio.gather(*(answer_now(live, name, ask) for name in names))
        found = list(zip(names, nows, strict=True))
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer",
                   "Cache-Control": "no-store"}  # fmt: skip
        page = await run_in_threadpool(write_page, found, round(live.pace.interval))
        return Response(page, headers=headers, media_type="text/html; charset=utf-8")


def write_page(found: list[tuple[str, NowJson]], seconds: int) -> str:
    """The page: each graph with what is down, what that hits, and what is not known."""
    style = (
        ":root{color-scheme:light dark}"
        "body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600}"
        "td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}"
        "tr{border-bottom:1px solid #ccc}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{seconds}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(_title(found))}</title><style>{style}</style></head><body>"
        f"<h1>Down now</h1>{''.join(_write_graph(name, now) for name, now in found)}"
        "</body></html>\n"
    )


def _title(found: list[tuple[str, NowJson]]) -> str:
    down = sum(len({spell["id"] for spell in now["down"]}) for _, now in found)
    unknown = "" if all(now["complete"] for _, now in found) else "?"
    return f"({down}{unknown}) down now"


def _write_graph(name: str, now: NowJson) -> str:
    impact: dict[str, Any] = now["impact"] or {"entities": [], "more": 0}
    hit = [row for row in impact["entities"] if row["rank"] > 0]
    spells = [
        (d["name"], f"{d['severity']:.0%}", d["since"],
         f"{d['component']}: {d['status'].replace('_', ' ')}",
         d["source"] + (" (not read lately)" if d["stale"] else ""))
        for d in now["down"]
    ]  # fmt: skip
    over = [(d["name"], d["since"], d["until"] or "", d["source"]) for d in now["recovered"]]
    rows = [(_rank(row), row["name"], row["kind"], _range(row), row["verdict"]) for row in hit]
    sources = [
        (s["source"], s["page"] or "", s["state"], s["last_read"] or "never", s["fault"] or "")
        for s in now["sources"]
    ]
    more = f", {impact['more']:,} more not shown" if impact["more"] else ""
    return (
        f"<section><h2>{escape(now['graph']['title'] or name)}</h2>"
        f"<p><strong>{escape(now['headline'])}</strong></p>{_link(name, now)}"
        + _write_table("Down", ("what", "lost", "since", "reported as", "by"), spells)
        + _write_table(
            f"Who that hits{more}", ("rank", "who", "kind", "probability", "verdict"), rows
        )
        + _write_table("Status pages", ("source", "page", "state", "last read", "fault"), sources)
        + _write_table("Over", ("what", "since", "until", "by"), over)
        + f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in now['notes'])}</ul>"
        f"<p>As of {escape(now['at'])}.</p></section>"
    )


def _rank(row: dict[str, Any]) -> str:
    """`1`, or `1 to 4` where these are a tie."""
    best, worst = row["rank_best"], row["rank_worst"]
    return f"{row['rank']:,}" if best == worst else f"{best:,} to {worst:,}"


def _link(name: str, now: NowJson) -> str:
    """The same question on the page that one can ask from."""
    ids = list(dict.fromkeys(spell["id"] for spell in now["down"]))
    if not ids:
        return ""
    query = urlencode({"graph": name, "origin": ids}, doseq=True)
    return f'<p><a href="/?{escape(query)}">Ask further about what is down</a></p>'


def _range(row: dict[str, Any]) -> str:
    low, high = row["probability_low"], row["probability_high"]
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"


def _write_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, none where it has no rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
