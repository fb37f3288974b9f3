"""Requests and responses without anybody who sends them: what both clients share."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import httpx2

from knockon.client.errors import UnreachableError, build_error

JSON, SVG, CSV, MARKDOWN = "application/json", "image/svg+xml", "text/csv", "text/markdown"
Verb: TypeAlias = Literal[
    "whatif", "rank", "why", "cuts", "harden", "compare", "concentration", "strengths"
]
ENDED = ("done", "failed", "cancelled")
SHORTEST, LONGEST = 0.1, 2.0  # seconds between two looks at a job


@dataclass(frozen=True)
class Call:
    """A request. body: JSON; prefer: how long to wait before it becomes a job (RFC 7240)"""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    accept: str = JSON
    prefer: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """As httpx takes them; what is None is left out of the query."""
        headers = {"Accept": self.accept}
        if self.prefer:
            headers["Prefer"] = self.prefer
        options: dict[str, Any] = {"headers": headers}
        if query := {k: v for k, v in self.query.items() if v is not None}:
            options["params"] = query
        if self.body is not None:
            options["content"] = json.dumps(self.body, allow_nan=False)
            headers["Content-Type"] = JSON
        return options


def at(*parts: str) -> str:
    """An address under /v1, whatever stands in its parts: slashes, dots, percents."""
    return "/".join(("/v1", *(_escape(part) for part in parts)))


def _escape(part: str) -> str:
    dots = not part.strip(".")  # a way up, which would be walked before it is sent
    return part.replace(".", "%2E") if dots else quote(part, safe="")


def build_headers(token: str | None) -> dict[str, str]:
    headers = {"User-Agent": "knockon-client"}
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def ask(graph: str, verb: str, asked: Any, *, accept: str = JSON, prefer: str = "") -> Call:
    """A question, by POST."""
    path = at("graphs", graph, verb)
    return Call("POST", path, body=dict(asked), accept=accept, prefer=prefer)


def check(response: httpx2.Response) -> httpx2.Response:
    """The response, if it is an answer. Raises the ProblemError that it is else."""
    if response.is_success:
        return response
    problem: Any = None
    with suppress(ValueError):
        problem = response.json()
    if not isinstance(problem, dict):
        problem = {"detail": response.text[:200] or response.reason_phrase}
    raise build_error(response.status_code, problem, read_retry(response))


def read_retry(response: httpx2.Response) -> float | None:
    """Seconds of a Retry-After."""
    with suppress(KeyError, ValueError):
        return max(float(response.headers["retry-after"]), 0.0)
    return None


def choose_wait(response: httpx2.Response, waited: float, patience: float) -> float | None:
    """Seconds after which to ask again; None: the response is what there is."""
    if response.status_code not in (429, 503):
        return None
    retry = read_retry(response)
    return retry if retry is not None and waited + retry <= patience else None


def describe(fault: Exception, address: str) -> UnreachableError:
    """What httpx says, as ours."""
    return UnreachableError(f"{address}: {str(fault) or type(fault).__name__}")
