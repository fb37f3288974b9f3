"""From an error to what a client is told: a status of HTTP, a title, how to mend the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from knockon.api.service.limits import LimitError
from knockon.graph.errors import (
    AmbiguousEntityError,
    InputError,
    KnockonError,
    MemoryLimitError,
    RenderError,
    ScenarioError,
    StoreError,
    StoreTimeoutError,
    UnknownEntityError,
    clip,
    did_you_mean,
    find_nearest,
)

BEYOND = "Beyond a limit"
STATUS: tuple[tuple[type[KnockonError], int, str], ...] = (
    (UnknownEntityError, 404, "Unknown entity"),
    (AmbiguousEntityError, 409, "Ambiguous entity"),
    (ScenarioError, 422, "Impossible scenario"),
    (InputError, 422, "Contradictory input"),
    (MemoryLimitError, 503, "The question is too large for this server"),
    (RenderError, 503, "The picture could not be drawn"),
    (StoreError, 503, "The store does not answer"),
    (KnockonError, 500, "The question could not be answered"),
)


class UnknownGraphError(KnockonError):
    """No graph of this name is served. `nearest` holds (name, title) of the closest ones."""

    def __init__(self, name: str, graphs: Mapping[str, str]) -> None:
        super().__init__(f"no graph has the name {clip(name)!r}{did_you_mean(name, graphs)}")
        near = find_nearest(name.lower(), graphs, 3, 0.3) or list(graphs)[:3]
        self.nearest = tuple((name, graphs[name]) for name in near)


@dataclass(frozen=True)
class Refusal:
    """Why there is no answer; retry: seconds after which it may be asked again."""

    status: int
    title: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    retry: int | None = None


def refuse(error: KnockonError) -> Refusal:
    """What a client is told of an error."""
    members: dict[str, Any] = {
        member: [{"id": i, "name": n} for i, n in getattr(error, member)]
        for member in ("nearest", "matches")
        if hasattr(error, member)
    }
    if isinstance(error, UnknownGraphError):
        return Refusal(404, "Unknown graph", str(error), members)
    if isinstance(error, LimitError):
        members |= {"limit": error.name, "value": error.value}
        return Refusal(error.status, BEYOND, str(error), members, error.retry)
    retry = None
    if isinstance(error, StoreTimeoutError):
        members |= {"limit": "store_seconds", "value": error.seconds}
        retry = 5
    status, title = next((s, t) for c, s, t in STATUS if isinstance(error, c))
    return Refusal(status, title, str(error), members, retry)
