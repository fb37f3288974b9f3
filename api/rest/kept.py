"""The JSON of what a store keeps: saved answers, and the versions of graphs."""

from typing import Any

from typing_extensions import TypedDict


class KeptGraph(TypedDict):
    """A version of a graph that was asked. sources: digests by name."""

    name: str
    version: int
    digest: str
    sources: dict[str, Any]


class SavedJson(TypedDict):
    """What a saved answer came from, and where it is: `result` its bytes, `page` to link to."""

    schema: int
    id: str
    title: str
    question: str
    scenario: dict[str, Any]
    seed: int | None
    who: str
    created: str
    program: str
    sha256: str
    graph: KeptGraph
    href: str
    result: str
    page: str
    picture: str | None


class SavedRow(TypedDict):
    """A saved answer in a list."""

    id: str
    title: str
    question: str
    who: str
    created: str
    program: str
    version: int
    href: str
    result: str
    page: str


class SavedPage(TypedDict):
    """Saved answers, the latest first; `next_cursor`: of the page after it."""

    schema: int
    answers: list[SavedRow]
    next_cursor: int | None


class VersionJson(TypedDict):
    """A version of a graph with its load report; `answers`: how many were saved about it."""

    version: int
    digest: str
    title: str
    entities: int
    dependencies: int
    report: list[dict[str, Any]]
    sources: dict[str, Any]
    who: str
    program: str
    created: str
    answers: int


class VersionsJson(TypedDict):
    """The versions of a graph, the latest first."""

    schema: int
    versions: list[VersionJson]
