"""The server: uvicorn, with an end that lets questions finish, and clients that are too slow."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from http import HTTPStatus
from socket import socket
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from fastapi.concurrency import run_in_threadpool
from uvicorn.protocols.http.h11_impl import H11Protocol

from knockon.api.rest.problems import build_problem
from knockon.api.service.limits import Limits
from knockon.api.service.refusals import BEYOND
from knockon.api.service.service import Service

_CLOSE = {"Connection": "close"}


def run_server(
    app: FastAPI, service: Service, *, host: str, port: int, listener: socket, log: str = "text"
) -> None:
    """Answer requests until SIGINT or SIGTERM; then running questions have `drain` seconds."""
    options = {"access_log": False} if log == "json" else {}
    if log == "json":
        _write_lines()
    _write_words()
    server = _Server(configure(app, service.limits, host=host, port=port, **options), service)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _write_lines() -> None:
    """Each request as a line of JSON on standard error."""
    log = logging.getLogger("knockon.access")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _write_words() -> None:
    """What happens to sources and workers, beside what uvicorn says."""
    log = logging.getLogger("knockon")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s:     knockon: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


def configure(app: FastAPI, limits: Limits, **options: Any) -> uvicorn.Config:
    """How uvicorn serves the app."""
    return uvicorn.Config(
        app, use_colors=False if os.environ.get("NO_COLOR") else None, server_header=False,
        http=_build_protocol(limits), h11_max_incomplete_event_size=_find_head(limits),
        timeout_keep_alive=limits.whole("idle"),
        timeout_graceful_shutdown=limits.whole("drain") + 5,
        lifespan="on", ws="none", **options,
    )  # fmt: skip


def _find_head(limits: Limits) -> int:
    """Bytes of the head of a request, which is read before its parts are looked at."""
    return limits.whole("address") + limits.whole("header")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does; then SIGHUP reads the sources again."""
        await super().startup(sockets)
        for one in sockets or ():
            host, port, *_ = one.getsockname()
            at = f"[{host}]" if ":" in host else host
            logging.getLogger("uvicorn.error").info("listening on http://%s:%d/", at, port)
        if hasattr(signal, "SIGHUP"):
            began = _has_terminal()
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up, began)

    def _hang_up(self, began: bool) -> None:
        """A terminal that was closed ends what was begun in it; else somebody means the sources."""
        if began and not _has_terminal():
            self.should_exit = True
        elif self.service.read_again is not None:
            self.service.read_again()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does, after the questions that run have ended or were stopped."""
        self._close_doors(sockets)
        seconds = self.service.limits["drain"]
        stopping = asyncio.ensure_future(run_in_threadpool(self.service.stop, seconds))
        while not stopping.done():
            if self.force_exit:  # Ctrl-C once more: nobody waits
                self.service.jobs.stop_all()
            await asyncio.wait((stopping,), timeout=0.1)
        await super().shutdown(sockets)

    def _close_doors(self, sockets: list[socket] | None) -> None:
        """Nobody new comes in while the last questions run."""
        for server in getattr(self, "servers", ()):
            server.close()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _build_protocol(limits: Limits) -> type[H11Protocol]:
    """The protocol of one connection, which ends where the head of a request does not arrive."""

    class Protocol(H11Protocol):
        _timer: Any = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits["connections"]:
                self._refuse(503, "connections", "too many connections are open")
                return
            self._begin_timer()

        def data_received(self, data: bytes) -> None:
            waiting = self._waits_for_head()
            super().data_received(data)
            if not self._waits_for_head():
                self._end_timer()
            elif waiting and self._timer is None:
                self._begin_timer()

        def connection_lost(self, error: Exception | None) -> None:
            self._end_timer()
            super().connection_lost(error)

        def _waits_for_head(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _begin_timer(self) -> None:
            self._timer = self.loop.call_later(limits["header_seconds"], self._give_up)

        def _end_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            self._timer = None
            if self._waits_for_head() and not self.transport.is_closing():
                self._refuse(408, "header_seconds", "the head of the request did not arrive")

        def send_400_response(self, msg: str) -> None:
            self.transport.write(build_wire(build_problem(400, msg, headers=_CLOSE)))
            self.transport.close()

        def _refuse(self, status: int, name: str, what: str) -> None:
            headers = _CLOSE | ({"Retry-After": "1"} if status == 503 else {})
            members = {"limit": name, "value": limits[name]}
            problem = build_problem(status, what, title=BEYOND, headers=headers, **members)
            self.transport.write(build_wire(problem))
            self.transport.close()

    return Protocol


def build_wire(response: Response) -> bytes:
    """A response as it goes over the wire, for what never becomes a request."""
    lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + bytes(response.body)
