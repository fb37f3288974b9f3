"""The limits of a server: one table that the command line, `/v1/limits` and the docs show."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knockon.graph.errors import InputError, KnockonError, clip, did_you_mean

MIB = 2**20


@dataclass(frozen=True)
class Limit:
    """One limit.

    default: 0 where `help` says how it is found; status: of HTTP, for what is beyond it
    advice: what a client can do about it
    """

    name: str
    default: float
    unit: str
    help: str
    status: int = 0
    advice: str = ""
    least: float = 1


LIMITS = (
    Limit("workers", 0, "processes", "compute questions; 0: one a core, two at least, four at most",
          least=0),
    Limit("queue", 128, "questions", "wait for a worker", 503, "ask again later", least=0),
    Limit("per_client", 64, "questions", "of one client wait or run at once", 429,
          "ask one after the other"),
    Limit("rate", 100, "questions a second", "of one client are computed, ten times as many in a "
          "burst; answers that are kept count for nothing", 429, "ask more slowly"),
    Limit("lookups", 500, "requests a second", "of one client are answered, of whatever kind (only "
          "the files of the page, /healthz and /readyz count for nothing), ten times as many in a "
          "burst", 429, "ask more slowly"),
    Limit("saves", 2, "answers a second", "of one client are saved, thirty times as many in a "
          "burst", 429, "save what is to stay", least=0.01),
    Limit("wait", 100, "seconds", "pass before a question that is not answered becomes a job (202)",
          least=0),
    Limit("time", 600, "seconds", "one question may compute", 503,
          "ask for fewer worlds, a lower order, or fewer rows"),
    Limit("memory", 0, "MiB", "one question may take beside the graphs; 0: its share of what is "
          "free", 503, "ask for fewer worlds, or less at a time", least=0),
    Limit("store_seconds", 10, "seconds", "the store may take to answer", 503, "ask again later",
          least=0.1),
    Limit("worlds", 100_000, "worlds", "one question may draw", 422, "ask for fewer worlds"),
    Limit("origins", 200, "entities", "may fail together, or be protected", 422,
          "name fewer; the command line has no limit"),
    Limit("rows", 200_000, "rows", "one answer may hold", 422,
          "say how many with top, or which with kind or where"),
    Limit("joined", 4, "graphs", "may be joined in one question", 422, "join fewer"),
    Limit("joined_rows", 500_000, "entities and dependencies", "graphs may have together that "
          "are joined in one question", 422, "let the server read them as one source"),
    Limit("body", MIB, "bytes", "a request may have", 413, "send less"),
    Limit("nesting", 64, "levels", "JSON of a request may have", 400, "send flatter JSON"),
    Limit("address", 64 * 1024, "bytes", "an address may have", 414, "send the question by POST"),
    Limit("header", 64 * 1024, "bytes", "the headers of a request may have", 431, "send fewer"),
    Limit("header_seconds", 10, "seconds", "the head of a request may take to arrive", 408,
          "send it at once"),
    Limit("body_seconds", 30, "seconds", "the body of a request may take to arrive", 408,
          "send it at once"),
    Limit("write_seconds", 30, "seconds", "a client may take nothing of an answer before it is cut "
          "off; less than about 100 KiB is nothing"),
    Limit("idle", 30, "seconds", "a connection may stay open between two requests"),
    Limit("connections", 2000, "connections", "may be open at once", 503, "ask again later"),
    Limit("kept", 256, "MiB", "of answers and jobs are kept, the latest ones"),
    Limit("drain", 10, "seconds", "running questions have to end when the server is stopped", 503,
          "ask again when it is back", least=0),
)  # fmt: skip
KNOWN = {limit.name: limit for limit in LIMITS}


class LimitError(KnockonError):
    """A request or a question is beyond a limit of the server.

    retry: seconds after which it may be asked again; None where that would not help
    """

    def __init__(self, name: str, value: float, what: str, *, retry: int | None = None) -> None:
        limit = KNOWN[name]
        super().__init__(f"{what}; this server allows {value:,.15g} {limit.unit}: {limit.advice}")
        self.name, self.value, self.retry = name, value, retry
        self.status = limit.status


@dataclass(frozen=True)
class Limits:
    """The limits of one server: those that were stated, else the defaults."""

    values: Mapping[str, float]

    @classmethod
    def of(cls, **stated: float) -> "Limits":
        """These limits, all others at their defaults."""
        return cls({name: limit.default for name, limit in KNOWN.items()} | stated).settle()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Limits":
        """Limits as `name=value`, the last of a name counts. Raises InputError."""
        return cls.of(**dict(_parse_one(text) for text in texts))

    def settle(self) -> "Limits":
        """With what is found on this machine in the place of zeros."""
        values = dict(self.values)
        if not values["workers"]:
            values["workers"] = min(max(os.cpu_count() or 1, 2), 4)
        if not values["memory"]:
            from knockon.graph.engine.memory import SHARE, free_bytes

            values["memory"] = max(SHARE * free_bytes() // values["workers"] // MIB, 64)
        return Limits(values)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def whole(self, name: str) -> int:
        return int(self.values[name])

    def check(self, name: str, number: float, what: str) -> None:
        """Raise LimitError where the number is beyond the limit; what: there is so much of."""
        if number > self.values[name]:
            raise LimitError(name, self.values[name], what)


def _parse_one(text: str) -> tuple[str, float]:
    name, equals, value = (part.strip() for part in text.partition("="))
    name = name.replace("-", "_")
    if name not in KNOWN:
        raise InputError(f"--limit: no limit is called {clip(name)!r}{did_you_mean(name, KNOWN)}")
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    limit = KNOWN[name]
    if not equals or not limit.least <= number < float("inf"):
        least = f"of at least {limit.least:g}"
        raise InputError(f"--limit {name}: expected {name}=NUMBER {least}, got {clip(text)!r}")
    return name, number
