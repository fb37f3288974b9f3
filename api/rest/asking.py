"""How a request waits for its question: at once, as a job, or until the client has gone."""

import asyncio
import json
import re
from typing import Any

from fastapi import Request, Response
from typing_extensions import TypedDict

from knockon.api.rest.http import reply
from knockon.api.rest.problems import Refused, build_refusal
from knockon.api.rest.tokens import name_client
from knockon.api.service.jobs import ENDED, Job
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.refusals import Refusal, refuse
from knockon.api.service.service import Service
from knockon.api.service.work import Outcome, Work

JOBS = "/v1/jobs"
_QUICK = 1.0  # seconds that a client waits who would rather not
_WAIT = re.compile(r"wait=([0-9]{1,6})")


class JobJson(TypedDict):
    """A question under way, or ended. Times in seconds since 1970; `progress` in steps of its own.

    `state`: queued, running, done, failed, cancelled; `problem`: why there is no answer
    """

    id: str
    state: str
    graph: str
    question: str
    done: int | None
    total: int | None
    attempts: int
    created: float
    started: float | None
    ended: float | None
    href: str
    events: str
    result: str
    problem: dict[str, Any] | None


async def answer_work(
    request: Request, service: Service, work: Work, *, negotiated: bool
) -> Response:
    """The answer when it is quick; 202 with the address of a job when the client waited enough.

    A question for which nobody waits any longer is stopped, unless somebody was told its job.
    """
    kept = service.jobs.find_kept(work)
    if kept is not None and kept.state in ENDED:
        return reply_outcome(request, kept.future.result(), negotiated=negotiated)
    job = service.ask(work, find_client(request))
    gone = asyncio.ensure_future(_wait_until_gone(request))
    done = asyncio.wrap_future(job.future)
    try:
        await asyncio.wait(
            (done, gone), timeout=_read_patience(request, service.limits),
            return_when=asyncio.FIRST_COMPLETED,
        )  # fmt: skip
        if job.future.done():
            await request.app.state.turns.wait()  # others may wait for the same answer
            return reply_outcome(request, job.future.result(), negotiated=negotiated)
        if not gone.done():
            service.jobs.keep(job)
            return reply_job(job, 202)
        return Response(status_code=499)  # nobody reads it
    finally:
        service.jobs.leave(job)
        for future in (gone, done):
            future.cancel()


async def wait_for_work(request: Request, service: Service, work: Work) -> Outcome:
    """The outcome of a question that nobody makes a job of. Raises Refused where it takes longer
    than a client may wait."""
    job = service.ask(work, find_client(request))
    done = asyncio.wrap_future(job.future)
    try:
        await asyncio.wait((done,), timeout=service.limits["wait"])
        if not job.future.done():
            what = "the question takes longer than this server waits: ask it as a job first"
            raise Refused(refuse(LimitError("time", service.limits["wait"], what)))
        return job.future.result()
    finally:
        service.jobs.leave(job)
        done.cancel()


async def _wait_until_gone(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def find_client(request: Request) -> str:
    """Who asks: the token's name, else the address."""
    return name_client(request.scope)


def _read_patience(request: Request, limits: Limits) -> float:
    """Seconds that the client waits for an answer, by its `Prefer` (RFC 7240)."""
    stated = ",".join(request.headers.getlist("prefer")).lower()
    words = [word.strip() for word in re.split("[,;]", stated)]
    waits = [float(found[1]) for word in words if (found := _WAIT.fullmatch(word))]
    if waits:
        return min(waits[0], limits["wait"])
    return min(_QUICK, limits["wait"]) if "respond-async" in words else limits["wait"]


def reply_outcome(request: Request, outcome: Outcome, *, negotiated: bool) -> Response:
    """An answer, or the problem that stands in its place."""
    if isinstance(outcome, Refusal):
        return build_refusal(outcome)
    headers = {} if outcome.more is None else {"Knockon-More": str(outcome.more)}
    return reply(
        request, outcome.media, outcome.body, file=outcome.file, negotiated=negotiated,
        headers=headers, tag=outcome.tag,
    )  # fmt: skip


def reply_job(job: Job, status: int) -> Response:
    """What is known of a job; while it is under way with an advice when to ask again."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 202:
        headers |= {"Location": f"{JOBS}/{job.id}", "Retry-After": "1"}
    return Response(json.dumps(serialize_job(job)), status, headers)


def serialize_job(job: Job) -> JobJson:
    """A job as JSON."""
    outcome = job.outcome
    problem = None
    if isinstance(outcome, Refusal):
        problem = json.loads(bytes(build_refusal(outcome).body))
    elif outcome is None and job.state in ENDED:
        problem = {"title": "Internal Server Error", "status": 500}
    done, total = job.progress or (None, None)
    at = f"{JOBS}/{job.id}"
    return {
        "id": job.id, "state": job.state, "graph": job.work.graph, "question": job.work.verb,
        "done": done, "total": total, "attempts": job.attempts, "created": job.created,
        "started": job.started, "ended": job.ended, "href": at, "events": f"{at}/events",
        "result": f"{at}/result", "problem": problem,
    }  # fmt: skip
