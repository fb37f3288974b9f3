"""What reading a place gives: content, or why there is none."""

from dataclasses import dataclass
from typing import Protocol

from knockon.api.live.places import Place
from knockon.graph.errors import KnockonError


class UnreadableError(KnockonError):
    """A place could not be read. retry: seconds after which its server says to ask again."""

    def __init__(self, what: str, retry: float | None = None) -> None:
        super().__init__(what)
        self.retry = retry


@dataclass(frozen=True)
class Content:
    """What was read at a place.

    tag, modified: what its server gave for asking whether it is still the same
    """

    data: bytes
    digest: str
    tag: str = ""
    modified: str = ""


class Reader(Protocol):
    """What reads places (`fetch.Fetcher`)."""

    async def fetch(self, place: Place, known: Content | None = None) -> Content:
        """What is there; `known` itself where it is still the same. Raises UnreadableError."""

    async def close(self) -> None:
        """Read no more."""
