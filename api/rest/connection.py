"""One connection: it ends by a named limit where its client is too slow, silent, or one too many.

What is beyond `header_seconds`, `body_seconds` or `connections` is told so; one that takes no
answer (`write_seconds`) or asks nothing more (`idle`) cannot be told, and is counted and written
down. A client that has gone without a word is found by the system, which asks it (`idle`).
"""

import logging
import socket
import struct
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from knockon.api.rest.problems import build_problem
from knockon.api.service.limits import Limits
from knockon.api.service.refusals import BEYOND

GONE = "knockon.gone"  # in the scope of a request whose client has left
_log = logging.getLogger("knockon.connections")
_CLOSE = {"Connection": "close"}
_SENT = 128 * 1024  # bytes that the system sends ahead: a client that takes some is seen soon
_AT_ONCE = struct.pack("ii", 1, 0)
_ASKED = 3  # times that the system asks a silent client


def build_protocol(limits: Limits, cuts: Counter[str]) -> type[H11Protocol]:
    """The protocol of one connection; cuts: how many were ended, by the name of the limit."""

    class Protocol(H11Protocol):
        _head: Any = None  # timer of a head that is to arrive
        _stall: Any = None  # timer of an answer that is not taken

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits["connections"]:
                self._refuse(503, "connections", "too many connections are open")
                return
            _watch_over(transport.get_extra_info("socket"), limits)
            self._begin_head()

        def data_received(self, data: bytes) -> None:
            waiting = self._waits_for_head()
            super().data_received(data)
            if not self._waits_for_head():
                self._end_head()
            elif waiting and self._head is None:
                self._begin_head()

        def connection_lost(self, error: Exception | None) -> None:
            self._end_head()
            self._end_stall()
            if self.cycle is not None and not self.cycle.response_complete:
                self.scope[GONE] = True  # type: ignore[literal-required]
            super().connection_lost(error)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._begin_stall()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._end_stall()

        def timeout_keep_alive_handler(self) -> None:
            if self.transport.get_write_buffer_size():  # the last piece of an answer
                self._cut("write_seconds")
                return
            if not self.transport.is_closing():
                cuts["idle"] += 1
            super().timeout_keep_alive_handler()

        def _waits_for_head(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _begin_head(self) -> None:
            self._head = self.loop.call_later(limits["header_seconds"], self._give_up)

        def _end_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _begin_stall(self) -> None:
            self._end_stall()
            self._stall = self.loop.call_later(limits["write_seconds"], self._cut, "write_seconds")

        def _end_stall(self) -> None:
            if self._stall is not None:
                self._stall.cancel()
                self._stall = None

        def _cut(self, name: str) -> None:
            """End it at once: what is still to be sent would never arrive."""
            cuts[name] += 1
            client = self.client[0] if self.client else ""
            _log.info("%s: cut off, beyond %s of %g seconds", client, name, limits[name])
            connection = self.transport.get_extra_info("socket")
            if connection is not None:  # nor does the system keep what it was to send
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()

        def _give_up(self) -> None:
            self._head = None
            if self._waits_for_head() and not self.transport.is_closing():
                self._refuse(408, "header_seconds", "the head of the request did not arrive")

        def send_400_response(self, msg: str) -> None:
            self.transport.write(build_wire(build_problem(400, msg, headers=_CLOSE)))
            self._close()

        def _refuse(self, status: int, name: str, what: str) -> None:
            cuts[name] += 1
            headers = _CLOSE | ({"Retry-After": "1"} if status == 503 else {})
            members = {"limit": name, "value": limits[name]}
            problem = build_problem(status, what, title=BEYOND, headers=headers, **members)
            self.transport.write(build_wire(problem))
            self._close()

        def _close(self) -> None:
            """Let what is said arrive, and wait for that no longer than for anything else."""
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self._begin_stall()

    return Protocol


def _watch_over(connection: socket.socket | None, limits: Limits) -> None:
    """Let the system find out that a client takes nothing, or has gone without a word."""
    if connection is None:
        return
    idle = max(1, limits.whole("idle"))
    asked = {"TCP_KEEPIDLE": idle, "TCP_KEEPINTVL": max(1, idle // _ASKED), "TCP_KEEPCNT": _ASKED,
             "TCP_USER_TIMEOUT": 1000 * limits.whole("write_seconds")}  # fmt: skip
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in asked.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def build_wire(response: Response) -> bytes:
    """A response as it goes over the wire, for what never becomes a request."""
    lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + bytes(response.body)
