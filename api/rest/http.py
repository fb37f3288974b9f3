"""HTTP manners: which representation a client wants, ETag, HEAD, limits on what comes in."""

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from ipaddress import ip_address
from time import monotonic
from typing import Any

import numpy as np
from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from knockon.api.rest.problems import Refused, build_problem, build_refusal
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.refusals import refuse
from knockon.api.service.work import CSV as CSV
from knockon.api.service.work import HTML as HTML
from knockon.api.service.work import JSON as JSON
from knockon.api.service.work import MARKDOWN as MARKDOWN
from knockon.api.service.work import SVG as SVG
from knockon.api.service.work import dump_json, tag_content
from knockon.graph.errors import clip

_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:\[\]]*)(:[0-9]*)?")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # linear, also without an end
_OPENING, _CLOSING = np.frombuffer(b"[{", np.uint8), np.frombuffer(b"]}", np.uint8)
_SMALL = 16 * 1024  # bytes of JSON that are read at once, larger ones aside
_log = logging.getLogger("knockon.rest")


def choose_media(request: Request, offered: Sequence[str]) -> str:
    """The media type among those offered that the client likes best, by its Accept header.

    The first offered wins among equals. Raises HTTPException 406 where none is acceptable.
    """
    accept = ",".join(request.headers.getlist("accept")).strip() or "*/*"
    ranges = [_parse_range(part) for part in accept.split(",") if part.strip()]
    quality = {media: _rate(media, ranges) for media in offered}
    best = max(offered, key=lambda m: quality[m])
    if quality[best] <= 0:
        raise HTTPException(406, f"expected to be asked for {' or '.join(offered)}")
    return best


def _parse_range(part: str) -> tuple[str, float]:
    media, *parameters = (p.strip().lower() for p in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return media, quality


def _rate(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """What the most specific range that fits says."""
    fits = {media: 3, media.partition("/")[0] + "/*": 2, "*/*": 1}
    found = [(fits[r], q) for r, q in ranges if r in fits]
    return max(found)[1] if found else 0.0


def reply(
    request: Request, media: str, body: str | bytes, *, file: str = "", negotiated: bool = True,
    headers: Mapping[str, str] | None = None, tag: str = "",
) -> Response:  # fmt: skip
    """A 200 with its ETag, or a 304 where the client has it already.

    tag: `tag_content` of the body, where it was found before
    file: name under which a CSV is saved; negotiated: the Accept header had a say
    """
    content = body.encode() if isinstance(body, str) else body
    tag = f'"{tag or tag_content(content)}"'
    extra = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if negotiated:
        extra["Vary"] = "Accept"
    if media == SVG:
        extra["Content-Security-Policy"] = _SVG_POLICY
    if media == CSV:
        extra["Content-Disposition"] = f'attachment; filename="{_clean_name(file)}.csv"'
    if request.method == "GET" and _match_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=extra)
    charset = "; charset=utf-8" if media.startswith("text/") else ""
    return Response(content, headers={**extra, "Content-Type": media + charset})


def reply_json(request: Request, answer: Any, **options: Any) -> Response:
    """The answer as JSON, refusing what JSON cannot say."""
    return reply(request, JSON, dump_json(answer), **options)


class StrictRoute(APIRoute):
    """A route that refuses a JSON body in which a key is repeated: JSON would drop the first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly


class _StrictRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        most = self.scope["app"].state.service.limits["nesting"]
        if len(body) <= _SMALL:
            return _parse_json(body, most)
        return await run_in_threadpool(_parse_json, body, most)


def _parse_json(body: bytes, most: float) -> Any:
    levels = _count_levels(body)
    if levels > most:
        raise Refused.beyond("nesting", most, f"JSON of {levels:,} levels")
    return json.loads(body, object_pairs_hook=_refuse_odd_keys)


def _count_levels(body: bytes) -> int:
    """How deep lists and objects of JSON stand in each other."""
    if len(body) < 2:
        return 0
    marks = np.frombuffer(_STRINGS.sub(b"", body), dtype=np.uint8)
    steps = np.isin(marks, _OPENING).astype(np.int8) - np.isin(marks, _CLOSING).astype(np.int8)
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def _refuse_odd_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(key for key, _ in pairs)
    for key, count in counts.items():
        if count > 1:
            raise HTTPException(400, f"{clip(key)}: expected once, got {count} times")
        if any("\ud800" <= letter <= "\udfff" for letter in key):
            raise HTTPException(400, "a key: expected text, got half of a surrogate pair")
    return dict(pairs)


def _match_tag(header: str, tag: str) -> bool:
    listed = [t.strip().removeprefix("W/") for t in header.split(",")]
    return tag in listed or header.strip() == "*"


def _clean_name(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)[:80]


class Door:
    """ASGI middleware: HEAD answers as GET without a body, too much is refused, faults a 500.

    Every response forbids browsers to guess its type. A request to another host than one of
    `hosts` (None: any) is a 421, so that no site can have its own name lead here.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None = None, limits: Limits | None = None
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.limits = limits or Limits.of()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head, started = scope["method"] == "HEAD", False

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message.get("headers", ()), (b"x-content-type-options", b"nosniff")
                ]  # fmt: skip
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if (refusal := self._refuse(scope)) is not None:
            await refusal(scope, receive, sent)
            return
        inner = {**scope, "method": "GET"} if head else scope
        try:
            await self.app(inner, _limit_body(scope, receive, self.limits), sent)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            detail = "the server failed to answer; the fault is logged there"
            await build_problem(500, detail)(scope, receive, sent)

    def _refuse(self, scope: Scope) -> Response | None:
        """The problem of a request whose head alone will not do."""
        if self.hosts is not None and (stray := _find_stray_host(scope, self.hosts)) is not None:
            known = ", ".join(sorted(self.hosts))
            return build_problem(421, f"expected a request to {known}, got {_show_host(stray)}")
        address = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        header = sum(len(name) + len(value) for name, value in scope["headers"])
        try:
            self.limits.check("address", address, f"an address of {address:,} bytes")
            self.limits.check("header", header, f"headers of {header:,} bytes")
        except LimitError as error:
            return build_refusal(refuse(error))
        return None


def _show_host(stray: str) -> str:
    return f"the host {clip(stray)!r}"


def list_hosts(host: str) -> frozenset[str] | None:
    """The hosts under which a server on this address may be asked; None: under any."""
    bare = host.strip("[]")
    try:
        address = ip_address(bare)
    except ValueError:
        return frozenset({*_LOCAL, bare.lower()})
    if address.is_unspecified:
        return None
    return frozenset({*_LOCAL, f"[{address}]" if address.version == 6 else bare})


def _find_stray_host(scope: Scope, hosts: Collection[str]) -> str | None:
    """What the Host header says, where that is none of these, whatever the port; else None."""
    names = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    found = _HOST.fullmatch(names[0]) if len(names) == 1 else None
    return None if found and found["name"].lower() in hosts else ", ".join(names)


def _limit_body(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """What arrives, up to the limits of size and time; beyond them, reading raises."""
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    count = int(stated) if stated.isdigit() and len(stated) < 20 else 0
    most, begun = limits["body"], monotonic()
    read, whole = 0, False

    async def received() -> Message:
        nonlocal read, whole
        if whole:
            return await receive()
        try:
            left = limits["body_seconds"] - (monotonic() - begun)
            async with asyncio.timeout(max(left, 0.001)):
                message = await receive()
        except TimeoutError:
            what = "the body of the request did not arrive"
            raise Refused.beyond("body_seconds", limits["body_seconds"], what, close=True) from None
        read += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if max(read, count) > most:
            raise Refused.beyond("body", most, f"a body of {max(read, count):,} bytes", close=True)
        return message

    return received
