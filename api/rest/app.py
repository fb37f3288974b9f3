"""The REST door and the web page: `create_app` for tests and servers, `serve` to run it."""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from importlib.metadata import version
from socket import socket
from typing import Any

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor

from knockon.api.rest import openapi, problems
from knockon.api.rest.graphs import add_entities, add_graphs
from knockon.api.rest.http import Door, StrictRoute, list_hosts
from knockon.api.rest.page import add_page
from knockon.api.rest.questions import add_questions, add_whatif
from knockon.api.rest.served import Served
from knockon.graph.model.graph import DependencyGraph

SERVER: dict[str, Any] = {
    "server_header": False,
    "h11_max_incomplete_event_size": 4 * 2**20,  # a link may name as many entities as a body
}


class _AnyText(Convertor[str]):
    """A rest of a path that may hold everything, line breaks too."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def create_app(
    graphs: Mapping[str, DependencyGraph], hosts: Collection[str] | None = None
) -> FastAPI:
    """The web application that answers questions about these graphs, by name.

    hosts: names of this server; a request to another one is refused. None: any will do.
    Raises InputError for a name that cannot stand in an address.
    """
    served = Served(graphs)
    app = FastAPI(
        title="knockon", version=version("knockon"), description=openapi.ABOUT,
        docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json", redirect_slashes=False,
    )  # fmt: skip
    app.add_middleware(Door, hosts=hosts)
    app.router.route_class = StrictRoute
    problems.install_handlers(app)
    register_url_convertor("anytext", _AnyText())
    add_graphs(app, served)
    add_entities(app, served)
    add_whatif(app, served)
    add_questions(app, served)
    add_page(app)
    openapi.extend_document(app, served.graphs)
    return app


def serve(graphs: Mapping[str, DependencyGraph], *, host: str, port: int, listener: socket) -> None:
    """Answer requests until interrupted: those to this host by its name, or from this machine.

    listener: what `listen.open_port` gave for the host and port
    """
    import uvicorn

    colors = False if os.environ.get("NO_COLOR") else None
    app = create_app(graphs, list_hosts(host))
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, use_colors=colors, **SERVER))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
