"""Routes for those who look after a server: does it live, is it ready, what has it counted."""

import json

from fastapi import FastAPI, Response

from knockon.api.live.service import format_metrics
from knockon.api.rest.desk import Desk
from knockon.api.rest.metrics import MEDIA, Metrics
from knockon.api.rest.problems import build_problem
from knockon.api.service.service import Service
from knockon.graph.errors import KnockonError

_QUICK = 2.0  # seconds: who asks whether a server is ready does not wait for long


def add_health(app: FastAPI, service: Service, metrics: Metrics, desk: Desk) -> None:
    """`/healthz`, `/readyz`, `/metrics`: outside the document, for machines of the house."""

    @app.get("/healthz", include_in_schema=False)
    async def is_alive() -> Response:
        return _say({"status": "alive"})

    @app.get("/readyz", include_in_schema=False)
    async def is_ready() -> Response:
        if service.jobs.closing:
            return build_problem(503, "the server is stopping", headers={"Retry-After": "5"})
        if desk.store is not None:
            try:
                await desk.ask(desk.store.check, seconds=_QUICK)
            except KnockonError as error:
                return build_problem(503, str(error), headers={"Retry-After": "5"})
        computing = service.computing.describe()
        if not computing["ready"]:
            detail = f"none of {computing['workers']} workers has begun yet"
            return build_problem(503, detail, headers={"Retry-After": "1"})
        told = {"status": "ready", **computing, **service.jobs.count()}
        return _say(told | {"stale_graphs": len(service.stale)})  # which ones: metrics, log

    @app.get("/metrics", include_in_schema=False)
    def show_metrics() -> Response:
        watch = app.state.watch
        text = metrics.format(service) + (format_metrics(watch.live) if watch else "")
        return Response(text, headers={"Content-Type": MEDIA})


def _say(what: object) -> Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(json.dumps(what), headers=headers)
