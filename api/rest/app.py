"""The REST door and the web page: `create_app` for tests and servers, `serve` to run it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from socket import socket
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from starlette.convertors import Convertor, register_url_convertor

from knockon.api.rest import openapi, problems
from knockon.api.rest.answers import add_answers
from knockon.api.rest.desk import Desk
from knockon.api.rest.forecast import add_plan
from knockon.api.rest.graphs import add_entities, add_graphs
from knockon.api.rest.guard import ID, Compression, Guard
from knockon.api.rest.health import add_health
from knockon.api.rest.http import Door, StrictRoute, list_hosts
from knockon.api.rest.jobs import add_jobs
from knockon.api.rest.limits import add_limits
from knockon.api.rest.live import add_live, ask_service
from knockon.api.rest.manual import add_manual
from knockon.api.rest.metrics import Metrics
from knockon.api.rest.page import add_page
from knockon.api.rest.parts import add_parts
from knockon.api.rest.questions import add_questions, add_whatif
from knockon.api.rest.tables import add_tables
from knockon.api.rest.tokens import Token
from knockon.api.rest.turns import Turns
from knockon.api.service.limits import Limits
from knockon.api.service.reading import Reading
from knockon.api.service.service import Service
from knockon.graph.model.graph import DependencyGraph


class _AnyText(Convertor[str]):
    """A rest of a path that may hold everything, line breaks too."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def create_app(
    graphs: Mapping[str, DependencyGraph], hosts: Collection[str] | None = None, *,
    limits: Limits | None = None, processes: bool = False, store: Any = None,
    sources: Mapping[str, Sequence[str]] | None = None, tokens: Sequence[Token] = (),
    cors: Sequence[str] = (), joining: Mapping[str, Any] | None = None,
    reading: Reading | None = None, watch: Any = None,
) -> FastAPI:  # fmt: skip
    """The web application that answers questions about these graphs, by name.

    hosts: names of this server; a request to another one is refused. None: any will do.
    processes: questions are computed in processes of their own, not in threads of this one
    store: keeps answers (`store.Store`); None: none are kept
    sources: what each graph was read from; joining: options of `load_tables` for joined graphs
    reading: looks at the sources again
    tokens: who may come in; none: everybody; cors: sites whose pages may ask
    watch: over status pages (`live.service.Watch`); None: none are read
    Raises InputError for a name that cannot stand in an address.
    """
    service = Service(graphs, limits, processes=processes, sources=sources, joining=joining)
    app = FastAPI(
        title="knockon", version=version("knockon"), description=openapi.ABOUT,
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        lifespan=_run_service,
    )  # fmt: skip
    app.state.service, app.state.store = service, store
    desk = Desk(store, service.limits["store_seconds"])
    app.state.reading, app.state.watch = reading, watch
    metrics, turns = Metrics(), Turns()
    app.state.lag, app.state.turns = metrics.lag, turns
    app.add_middleware(Compression)
    app.add_middleware(Door, hosts=hosts, limits=service.limits)
    app.add_middleware(Guard, metrics=metrics, turns=turns, service=service, tokens=tokens)
    if cors:
        app.add_middleware(
            CORSMiddleware, allow_origins=[*cors], allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "Prefer"],
            expose_headers=["ETag", "Knockon-More", "Link", "Location", "Retry-After", ID],
        )  # fmt: skip
    app.router.route_class = StrictRoute
    problems.install_handlers(app)
    register_url_convertor("anytext", _AnyText())
    add_graphs(app, service)
    add_entities(app, service)
    add_plan(app, service)
    add_tables(app, service)
    add_whatif(app, service)
    add_questions(app, service)
    add_jobs(app, service)
    add_limits(app, service)
    add_answers(app, service, desk)
    add_live(app, service, watch)
    add_health(app, service, metrics, desk)
    add_manual(app)
    add_parts(app, service, desk)
    add_page(app, service, keeps=store is not None, tokens=tokens)
    openapi.extend_document(app, service)
    return app


@asynccontextmanager
async def _run_service(app: FastAPI) -> AsyncIterator[None]:
    """Workers, the watch and the look at sources begin with the server and end with it."""
    service, watch, reading = app.state.service, app.state.watch, app.state.reading
    await run_in_threadpool(service.start)
    probe = asyncio.create_task(app.state.lag.watch())
    if reading is not None:
        reading.start(service)
    if watch is not None:
        watch.start(ask_service(service))
    yield
    probe.cancel()
    if watch is not None:
        await watch.close()
    if reading is not None:
        await run_in_threadpool(reading.close)
    await run_in_threadpool(service.computing.close)


def serve(
    graphs: Mapping[str, DependencyGraph], *, host: str, port: int, listener: socket,
    limits: Limits | None = None, log: str = "text",
    hangup: Callable[[], object] = lambda: None, **options: Any,
) -> None:  # fmt: skip
    """Answer requests until interrupted: those to this host by its name, or from this machine.

    listener: what `listen.open_port` gave for the host and port
    log: `text`, or `json` for a line of JSON a request; hangup: is called on SIGHUP
    options: those of `create_app`
    """
    from knockon.api.rest.server import run_server

    app = create_app(graphs, list_hosts(host), limits=limits, processes=True, **options)
    app.state.service.on_hangup.append(hangup)
    run_server(app, app.state.service, host=host, port=port, listener=listener, log=log)
