"""The routes of jobs: what is known of one, its events, its answer, and an end to it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from knockon.api.rest.asking import JOBS, JobJson, reply_job, reply_outcome, serialize_job
from knockon.api.rest.openapi import UNDER_WAY, describe_responses
from knockon.api.service.jobs import ENDED, Job
from knockon.api.service.refusals import UnknownGraphError
from knockon.api.service.service import Service

_OFTEN = 0.25  # seconds between two looks at a job
_BEAT = 15.0  # seconds after which a silent stream says that it lives
JobId = Annotated[str, Path(description="Id of a job, from the Location of a 202.")]


def add_jobs(app: FastAPI, service: Service) -> None:
    """Jobs are known to whoever has their id, which nobody can guess."""

    def find(identifier: str) -> Job:
        job = service.jobs.find(identifier)
        try:
            if job is not None:
                service.check_seen(*job.work.graphs)
                return job
        except UnknownGraphError:
            pass
        raise HTTPException(404, "no job has this id; those that ended are kept for a while")

    @app.get(
        f"{JOBS}/{{job}}", operation_id="job", summary="What is known of a job",
        response_model=JobJson, responses=describe_responses("application/json", 404),
    )  # fmt: skip
    async def describe_job(job: JobId) -> Response:
        return reply_job(find(job), 200)

    @app.delete(
        f"{JOBS}/{{job}}", operation_id="cancel_job", summary="Stop a job", status_code=204,
        response_class=Response,
        responses={c: r for c, r in describe_responses("", 404).items() if c not in (200, 304)},
    )  # fmt: skip
    async def cancel_job(job: JobId) -> Response:
        service.jobs.cancel(find(job))
        return Response(status_code=204)

    @app.get(
        f"{JOBS}/{{job}}/result", operation_id="job_result",
        summary="The answer of a job; 202 while it is under way",
        response_class=Response,
        responses=describe_responses(["text/csv"], 404, 409, 422, 503) | {202: UNDER_WAY},
    )  # fmt: skip
    async def answer_job(request: Request, job: JobId) -> Response:
        found = find(job)
        if found.state not in ENDED:
            return reply_job(found, 202)
        return reply_outcome(request, found.future.result(), negotiated=False)

    @app.get(
        f"{JOBS}/{{job}}/events", operation_id="job_events",
        summary="What happens to a job, as server-sent events, until it has ended",
        response_class=StreamingResponse,
        responses=describe_responses(["text/event-stream"], 404),
    )  # fmt: skip
    async def follow_job(job: JobId) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_tell(find(job)), headers=headers, media_type="text/event-stream")


async def _tell(job: Job) -> AsyncIterator[str]:
    """An event `job` for each change, the last of them the end."""
    last: object = None
    silent = 0.0
    while True:
        ended = job.state in ENDED
        now = (job.state, job.progress, job.attempts)
        if now != last:
            yield f"event: job\ndata: {json.dumps(serialize_job(job))}\n\n"
            last, silent = now, 0.0
        elif silent >= _BEAT:
            yield ": still here\n\n"
            silent = 0.0
        if ended:
            return
        await asyncio.sleep(_OFTEN)
        silent += _OFTEN
