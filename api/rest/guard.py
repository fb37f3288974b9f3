"""What surrounds every request: an id, who asks, what is counted and written down, compression."""

import gzip
import json
import logging
import re
import secrets
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from backports import zstd
from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from knockon.api.rest.connection import GONE
from knockon.api.rest.metrics import Metrics
from knockon.api.rest.problems import build_problem, build_refusal
from knockon.api.rest.tokens import Token, find_scope, find_token, name_client
from knockon.api.rest.turns import Turns
from knockon.api.service.limits import LimitError
from knockon.api.service.refusals import refuse
from knockon.api.service.service import Service, see_only

ID = "X-Request-ID"
_SOUND = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SMALL = 16 * 1024  # bytes that are sent as they are: a dozen packets
_LARGE = 64 * 1024  # bytes that are compressed aside from the event loop
_PIECE = 64 * 1024  # bytes of a large answer that are sent at a time
_TEXTS = ("application/json", "application/problem+json", "image/svg+xml", "text/")
_OF_ALL = {"/metrics"}  # names all graphs
_log = logging.getLogger("knockon.access")


class Guard:
    """ASGI middleware: gives each request an id, lets in who may, counts and writes down.

    tokens: who may come in; none: everybody. Each client has a pace (`lookups`); who may see some
    graphs only sees, and asks, as if there were no others. What is written down holds no query, no
    body and no header: these may hold secrets.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, turns: Turns, service: Service,
        tokens: Sequence[Token] = (),
    ) -> None:  # fmt: skip
        self.app, self.metrics, self.turns, self.tokens = app, metrics, turns, tokens
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, length = perf_counter(), 500, 0
        headers = dict(scope["headers"])
        given = headers.get(ID.lower().encode(), b"")
        identifier = given.decode() if _SOUND.fullmatch(given) else secrets.token_hex(8)

        async def sent(message: Message) -> None:
            nonlocal status, length
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID] = identifier
            else:
                length += len(message.get("body", b""))
            for piece in _cut_message(message):
                await send(piece)

        try:
            await self.turns.wait()
            if scope.get(GONE):  # many may have come and gone before it was their turn
                status = 499
                return
            app, graphs = self._admit(scope, headers)
            with see_only(graphs):
                await app(scope, receive, sent)
        finally:
            seconds = perf_counter() - begun
            route = _find_route(scope)
            self.metrics.count(scope["method"] if route != "other" else "*", route, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                _log.info(_format_line(scope, identifier, status, length, seconds))

    def _admit(
        self, scope: MutableMapping[str, Any], headers: dict[bytes, bytes]
    ) -> tuple[ASGIApp, frozenset[str] | None]:
        """The app and which graphs it may show, or the problem of who may not come in."""
        needed = find_scope(scope["method"], scope["path"])
        if needed is None:
            return self.app, None
        token = None
        if self.tokens:
            token = find_token(self.tokens, headers.get(b"authorization", b"").decode("latin-1"))
            if token is not None and not token.is_expired:
                scope["knockon.client"] = token.name
        try:
            self.service.check_pace(name_client(scope), "lookups")
        except LimitError as error:
            return build_refusal(refuse(error)), None
        if not self.tokens:
            return self.app, None
        if token is None or token.is_expired:
            return _challenge(token), None
        if needed not in token.scopes:
            may = f"this token may {' and '.join(sorted(token.scopes))} only"
            return build_problem(403, may), None
        if token.graphs is not None and scope["path"] in _OF_ALL:
            return build_problem(403, "this is about all graphs, and this token for some"), None
        return self.app, token.graphs


def _challenge(token: Token | None) -> Response:
    """A 401 as RFC 6750 has it: without a token, or with one that is good no longer."""
    if token is None or token.expires is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="knockon"'}
        detail = "expected a token: Authorization: Bearer TOKEN"
        return build_problem(401, detail, headers=challenge)
    told = f"this token expired on {token.expires.isoformat(timespec='seconds')}"
    words = f'Bearer realm="knockon", error="invalid_token", error_description="{told}"'
    return build_problem(401, told, headers={"WWW-Authenticate": words})


def _cut_message(message: Message) -> Iterator[Message]:
    """A large body in pieces, so that it is sent as fast as the client takes it, and no faster."""
    body = message.get("body", b"")
    if len(body) <= _PIECE:
        yield message
        return
    whole = memoryview(body)
    for start in range(0, len(body), _PIECE):
        more = start + _PIECE < len(body) or message.get("more_body", False)
        yield {**message, "body": whole[start : start + _PIECE], "more_body": more}


def _find_route(scope: Scope) -> str:
    """The address as the route has it, with names in the place of what they stand for."""
    route = scope.get("knockon.route") or getattr(scope.get("route"), "path", None)
    return str(route).replace('"', "") if route else "other"


def _format_line(scope: Scope, identifier: str, status: int, length: int, seconds: float) -> str:
    client = scope.get("knockon.client") or (scope.get("client") or ("",))[0]
    return json.dumps({
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"), "id": identifier,
        "method": scope["method"], "path": scope["path"], "status": status, "bytes": length,
        "ms": round(1000 * seconds, 2), "client": client,
    })  # fmt: skip


class Compression:
    """ASGI middleware: texts are sent as zstd or gzip to who takes them.

    The tag stays that of the content: a tag for each coding would matter for ranges of bytes only,
    which are not served, and Vary keeps codings apart.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = _choose_encoding(scope) if scope["type"] == "http" else None
        if accepted is None:
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def sent(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                first, start = start, None
                if not message.get("more_body") and _is_worth_it(first, message):
                    message = await _compress(first, message, accepted)
                await send(first)
            await send(message)

        await self.app(scope, receive, sent)


def _choose_encoding(scope: Scope) -> str | None:
    """The better of those that the client takes."""
    stated = b",".join(v for name, v in scope["headers"] if name == b"accept-encoding").decode(
        "latin-1"
    )
    taken = {}
    for part in stated.lower().split(","):
        name, _, quality = part.partition(";")
        taken[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((name for name in ("zstd", "gzip") if taken.get(name)), None)


def _is_worth_it(start: Message, message: Message) -> bool:
    headers = MutableHeaders(scope=start)
    media = headers.get("content-type", "")
    is_text = media.startswith(_TEXTS) and not media.startswith("text/event-stream")
    return is_text and len(message.get("body", b"")) >= _SMALL


async def _compress(start: Message, message: Message, encoding: str) -> Message:
    body = message["body"]
    pack = _PACK[encoding]
    packed = pack(body) if len(body) < _LARGE else await run_in_threadpool(pack, body)
    headers = MutableHeaders(scope=start)
    headers["Content-Encoding"] = encoding
    headers["Content-Length"] = str(len(packed))
    headers.add_vary_header("Accept-Encoding")
    return {**message, "body": packed}


_PACK: dict[str, Any] = {
    "zstd": lambda body: zstd.compress(body, 3),
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
}
