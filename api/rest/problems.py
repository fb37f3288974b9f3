"""Errors as RFC 9457 problem details: one table from error class to HTTP status."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NotRequired

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from typing_extensions import TypedDict

from knockon.api.service.limits import LimitError
from knockon.api.service.refusals import Refusal, refuse
from knockon.graph.errors import KnockonError, clip

MEDIA_TYPE = "application/problem+json"
_EXPECTED = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "list_type": "expected a list",
    "string_too_short": "expected some text",
    "string_pattern_mismatch": "expected what `next_cursor` of a page said",
    "none_required": "expected nothing",
}
_WORDS = {
    404: "there is nothing at this address; /v1/openapi.json lists what there is",
    500: "the server failed to answer; the fault is logged there",
}


class EntityName(TypedDict):
    """An entity by id and name."""

    id: str
    name: str


class Fault(TypedDict):
    """One fault of a request: what is wrong, and where."""

    detail: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]


class Problem(TypedDict):
    """Problem details (RFC 9457). `nearest`, `matches` and `errors` say how to mend the request;
    `limit` and `value` which limit of `/v1/limits` it is beyond."""

    type: str
    title: str
    status: int
    detail: str
    nearest: NotRequired[list[EntityName]]
    matches: NotRequired[list[EntityName]]
    errors: NotRequired[list[Fault]]
    limit: NotRequired[str]
    value: NotRequired[float]


class Refused(HTTPException):
    """A refusal, raised where only exceptions of HTTP pass."""

    def __init__(self, refusal: Refusal, *, close: bool = False) -> None:
        headers = {"Connection": "close"} if close else {}
        super().__init__(refusal.status, refusal.detail, headers)
        self.refusal = refusal

    @classmethod
    def beyond(cls, name: str, value: float, what: str, *, close: bool = False) -> "Refused":
        """Something is beyond a limit."""
        return cls(refuse(LimitError(name, value, what)), close=close)


def build_problem(
    status: int, detail: str, *, title: str = "", headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:  # fmt: skip
    """A response that tells what went wrong; `members` extend the problem."""
    body = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status,
            "detail": detail, **members}  # fmt: skip
    return Response(json.dumps(body), status, headers, MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Every error of the app becomes a problem."""
    app.add_exception_handler(KnockonError, _answer_knockon_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)


def build_refusal(refusal: Refusal, **more: str) -> Response:
    """A refusal as a response, with Retry-After where asking again may help."""
    headers = more | ({} if refusal.retry is None else {"Retry-After": str(refusal.retry)})
    return build_problem(
        refusal.status, refusal.detail, title=refusal.title, headers=headers, **refusal.members
    )


def _answer_knockon_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, KnockonError)
    return build_refusal(refuse(error))


def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if isinstance(error, Refused):
        return build_refusal(error.refusal, **headers)
    detail = error.detail
    if error.status_code == 405:
        allowed = _list_methods(request)
        headers["Allow"] = ", ".join(allowed)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        detail = f"{request.method} is not possible here, only {' and '.join(allowed)}"
    elif detail == HTTPStatus(error.status_code).phrase:
        detail = _WORDS.get(error.status_code, detail)
    return build_problem(error.status_code, detail, headers=headers)


def _list_methods(request: Request) -> list[str]:
    """The methods that some route takes at this address."""
    methods: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= set(getattr(route, "methods", None) or ())
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _answer_invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_build_fault(e) for e in error.errors()]
    shown = "; ".join(f["detail"] for f in faults[:3])
    more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
    return build_problem(422, shown + more, title="Invalid request", errors=faults)


def _build_fault(error: Mapping[str, Any]) -> Fault:
    """What pydantic found, in our words and without its marks of union members."""
    place, *path = (str(p) for p in error["loc"] if p not in ("text", "object"))
    if error["type"] == "unknown_key":
        path.append(error["ctx"]["name"])
    name = place if error["type"] == "json_invalid" else _name_place(path) or place
    detail = _explain(error, name)
    if place == "body":
        keys = [] if error["type"] == "json_invalid" else path
        return {"detail": detail, "pointer": "#" + "".join(f"/{_escape_key(k)}" for k in keys)}
    return {"detail": detail, "parameter": ".".join(path)}


def _explain(error: Mapping[str, Any], name: str) -> str:
    kind, message, got = error["type"], str(error["msg"]), error.get("input")
    if kind == "json_invalid":
        return f"the body is not JSON: {(error.get('ctx') or {}).get('error', 'it cannot be read')}"
    if kind in ("unknown_key", "scenario"):
        return message
    if kind == "missing":
        return f"{name}: expected, but missing"
    if kind == "stated":
        return f"{name}: {message}"
    if kind == "model_attributes_type":
        return f"{name}: expected a JSON object, sent as application/json"
    expected = _EXPECTED.get(kind) or message.replace("Input should be", "expected")
    return f"{name}: {expected}, got {clip(_show_value(got), 60)}"


def _show_value(value: Any) -> str:
    """As JSON writes it, where Python has a word of its own."""
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _name_place(path: Sequence[str]) -> str:
    """`severity`, or `origins[0]` for an item of a list."""
    if len(path) > 1 and path[-1].isdecimal():
        return f"{clip(path[-2])}[{path[-1]}]"
    return clip(path[-1]) if path else ""


def _escape_key(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
