"""One service: its graphs, its limits, its jobs, and what computes them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from knockon.api.service.computing import Computing, Threads
from knockon.api.service.jobs import Job, Jobs
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.pool import Processes
from knockon.api.service.served import Served
from knockon.api.service.work import Work
from knockon.graph.model.graph import DependencyGraph

_BURSTS = {"rate": 10, "lookups": 10, "saves": 30}  # times the rate
_CLIENTS = 10_000  # whose pace is remembered


_SEEN: ContextVar[frozenset[str] | None] = ContextVar("graphs that may be seen", default=None)


@contextmanager
def see_only(names: frozenset[str] | None) -> Iterator[None]:
    """What is asked meanwhile, from here, sees no other graphs than these; None: all."""
    before = _SEEN.set(names)
    try:
        yield
    finally:
        _SEEN.reset(before)


class Service:
    """What a door asks.

    sources: what each graph was read from; joining: how graphs are joined (`Served`)
    """

    def __init__(
        self, graphs: Mapping[str, DependencyGraph], limits: Limits | None = None, *,
        processes: bool = False, sources: Mapping[str, Sequence[str]] | None = None,
        joining: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits or Limits.of()
        self._served = Served(graphs, self.limits, joining=joining)
        self.sources = dict(sources or {})
        self.jobs = Jobs(self.limits)
        self.computing: Computing = (
            Processes(self._served, self.jobs) if processes else Threads(self._served, self.jobs)
        )
        self.on_hangup: list[Callable[[], None]] = []  # called on SIGHUP
        self.stale: dict[str, str] = {}  # why the graph of a name is an old one
        self.reads = Counter[str](done=0, failed=0)  # of sources, since the start
        self.cuts = Counter[str]()  # connections that were ended, by the name of the limit
        self.on_adopt: list[Callable[[], None]] = []  # called when graphs were read again
        self._paces: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock, self._adopting = Lock(), Lock()

    @property
    def served(self) -> Served:
        """The graphs, as far as who asks may see them (`see_only`)."""
        names = _SEEN.get()
        return self._served if names is None else self._served.limit(names)

    def check_seen(self, *names: str) -> None:
        """Raise UnknownGraphError for a graph, or one that is joined in it, that who asks may not
        see; a name that is served no more is one of those that it may, or not."""
        seen = _SEEN.get()
        if seen is not None:
            for name in set(names) - seen:
                self.served.find_parts(name)

    def adopt(
        self, graphs: Mapping[str, DependencyGraph], places: Mapping[str, Path] | None = None
    ) -> None:
        """These graphs take the place of those of the same names; questions under way are
        answered from what they were asked of. places: folders of those spooled already."""
        with self._adopting:  # questions are taken meanwhile
            now = self._served
            after = Served(
                {**now.graphs, **graphs}, self.limits, edition=now.edition + 1, joining=now.joining
            )
            self.computing.adopt(after, places or {})
            self._served = after
        for call in self.on_adopt:
            call()

    def start(self) -> None:
        """Begin to answer, again where it was stopped."""
        with self._lock:
            self.jobs.open()
            self.computing.start()

    def ask(self, work: Work, client: str) -> Job:
        """The job of a question; the caller waits for it and leaves it. Raises LimitError."""
        self.check_seen(*work.graphs)
        if self.jobs.find_kept(work) is None:
            self.check_pace(client, "rate")
        with self._lock:
            self.computing.start()
        return self.jobs.submit(work, client)

    def check_pace(self, client: str, name: str) -> None:
        """A bucket for each client, filled at the rate of this limit. Raises LimitError."""
        rate, now, most = self.limits[name], monotonic(), self.limits[name] * _BURSTS[name]
        key = (client, name)
        with self._lock:
            left, last = self._paces.get(key, (most, now))
            left = min(left + (now - last) * rate, most)
            if left < 1:
                what = "this client asks faster"
                raise LimitError(name, rate, what, retry=max(1, round((1 - left) / rate)))
            if key not in self._paces and len(self._paces) >= _CLIENTS:
                self._paces.clear()
            self._paces[key] = (left - 1, now)

    def stop(self, seconds: float) -> None:
        """Take no more questions, let those that run end by then, stop the others.

        Takes at most five seconds more.
        """
        self.jobs.close()
        if not self.jobs.wait_until_idle(seconds):
            self.jobs.stop_all()
            self.jobs.wait_until_idle(2)
        self.computing.close()
