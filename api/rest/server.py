"""The server: uvicorn, with an end that lets questions finish, and clients that are too slow."""

import asyncio
import gc
import logging
import os
import signal
from contextlib import suppress
from socket import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from knockon.api.rest.connection import build_protocol
from knockon.api.service.limits import Limits
from knockon.api.service.service import Service

_BACKLOG = 16  # connections that are taken at a time, before others have their turn
_WAITING = 1024  # that the system lets wait


def run_server(
    app: FastAPI, service: Service, *, host: str, port: int, listener: socket, log: str = "text"
) -> None:
    """Answer requests until SIGINT or SIGTERM; then running questions have `drain` seconds."""
    options = {"access_log": False} if log == "json" else {}
    if log == "json":  # each request as a line of JSON
        _write("knockon.access", "%(message)s").propagate = False
    _write("knockon", "%(levelname)s:     knockon: %(message)s")  # of sources and workers
    _collect_rarely()
    server = _Server(configure(app, service.limits, host=host, port=port, **options), service)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _write(name: str, form: str) -> logging.Logger:
    """The log of this name, from now on also on standard error, in this form."""
    log = logging.getLogger(name)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(form))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return log


def configure(app: FastAPI, limits: Limits, **options: Any) -> uvicorn.Config:
    """How uvicorn serves the app."""
    return uvicorn.Config(
        app, use_colors=False if os.environ.get("NO_COLOR") else None, server_header=False,
        http=build_protocol(limits, app.state.service.cuts), backlog=_BACKLOG,
        h11_max_incomplete_event_size=_find_head(limits),
        timeout_keep_alive=limits.whole("idle"),
        timeout_graceful_shutdown=limits.whole("drain") + 5,
        loop="knockon.api.rest.turns:make_loop", lifespan="on", ws="none", **options,
    )  # fmt: skip


def _find_head(limits: Limits) -> int:
    """Bytes of the head of a request, which is read before its parts are looked at."""
    return limits.whole("address") + limits.whole("header")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does; then SIGHUP reads sources and tokens again."""
        await super().startup(sockets)
        for one in sockets or ():
            one.listen(_WAITING)
            host, port, *_ = one.getsockname()
            at = f"[{host}]" if ":" in host else host
            logging.getLogger("uvicorn.error").info("listening on http://%s:%d/", at, port)
        if hasattr(signal, "SIGHUP"):
            heeded = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # else nohup
            began = heeded and _has_terminal()
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up, began)

    def _hang_up(self, began: bool) -> None:
        """A terminal that was closed ends what was begun in it; else somebody means the sources."""
        if began and not _has_terminal():
            self.should_exit = True
        else:
            for call in self.service.on_hangup:
                call()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does, after the questions that run have ended or were stopped."""
        self._close_doors()
        seconds = self.service.limits["drain"]
        stopping = asyncio.ensure_future(run_in_threadpool(self.service.stop, seconds))
        while not stopping.done():
            if self.force_exit:  # Ctrl-C once more: nobody waits
                self.service.jobs.stop_all()
            await asyncio.wait((stopping,), timeout=0.1)
        await super().shutdown(sockets)

    def _close_doors(self) -> None:
        """Nobody new comes in while the last questions run."""
        for server in getattr(self, "servers", ()):
            server.close()


def _collect_rarely() -> None:
    """What is there from the start stays: nobody looks through it for garbage while all wait. What
    comes later is looked through whole only after millions of new objects: that takes 30 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
