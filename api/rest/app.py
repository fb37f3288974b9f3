"""The REST door and the web page: `create_app` for tests and servers, `serve` to run it."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from socket import socket

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor

from knockon.api.rest import openapi, problems
from knockon.api.rest.graphs import add_entities, add_graphs
from knockon.api.rest.http import Door, StrictRoute, list_hosts
from knockon.api.rest.jobs import add_jobs
from knockon.api.rest.limits import add_limits
from knockon.api.rest.page import add_page
from knockon.api.rest.questions import add_questions, add_whatif
from knockon.api.service.limits import Limits
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
    limits: Limits | None = None, processes: bool = False,
) -> FastAPI:  # fmt: skip
    """The web application that answers questions about these graphs, by name.

    hosts: names of this server; a request to another one is refused. None: any will do.
    processes: questions are computed in processes of their own, not in threads of this one
    Raises InputError for a name that cannot stand in an address.
    """
    service = Service(graphs, limits, processes=processes)
    app = FastAPI(
        title="knockon", version=version("knockon"), description=openapi.ABOUT,
        docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json", redirect_slashes=False,
        lifespan=_run_service,
    )  # fmt: skip
    app.state.service = service
    app.add_middleware(Door, hosts=hosts, limits=service.limits)
    app.router.route_class = StrictRoute
    problems.install_handlers(app)
    register_url_convertor("anytext", _AnyText())
    add_graphs(app, service.served)
    add_entities(app, service.served)
    add_whatif(app, service)
    add_questions(app, service)
    add_jobs(app, service)
    add_limits(app, service)
    add_page(app)
    openapi.extend_document(app, service.served.graphs)
    return app


@asynccontextmanager
async def _run_service(app: FastAPI) -> AsyncIterator[None]:
    """Workers begin with the server and end with it."""
    service: Service = app.state.service
    await run_in_threadpool(service.computing.start)
    yield
    await run_in_threadpool(service.computing.close)


def serve(
    graphs: Mapping[str, DependencyGraph], *, host: str, port: int, listener: socket,
    limits: Limits | None = None,
) -> None:  # fmt: skip
    """Answer requests until interrupted: those to this host by its name, or from this machine.

    listener: what `listen.open_port` gave for the host and port
    """
    from knockon.api.rest.server import run_server

    app = create_app(graphs, list_hosts(host), limits=limits, processes=True)
    run_server(app, app.state.service, host=host, port=port, listener=listener)
