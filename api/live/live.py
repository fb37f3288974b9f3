"""The watch over status pages: reads what is due, and says what changed in which graph."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from knockon.api.live.content import Reader, UnreadableError
from knockon.api.live.history import Change, History
from knockon.api.live.pace import Clock, Pace
from knockon.api.live.places import Place
from knockon.api.live.watched import FRESH, Watched
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.operations.status.table import NO_RULES, Rules

_log = logging.getLogger("knockon.live")
_SOONEST = 0.5  # seconds between two rounds


@dataclass
class Changes:
    """What changed in one round: of graphs by name, and of sources by label, as states."""

    graphs: dict[str, list[Change]] = field(default_factory=dict)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.graphs or self.sources)


Tell = Callable[[Changes], Awaitable[None]]


class Live:
    """Watches places for graphs by name.

    rules: which component is which entity, where names do not say it
    draw: a number in [0, 1), for the jitter
    """

    def __init__(
        self, graphs: Mapping[str, DependencyGraph], places: Sequence[Place], reader: Reader, *,
        pace: Pace | None = None, rules: Rules = NO_RULES, clock: Clock | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self.graphs = graphs
        self.pace, self.clock, self.rules = pace or Pace(), clock or Clock(), rules
        self.sources = [Watched(place, self.clock.seconds()) for place in places]
        self.histories = {name: History() for name in graphs}
        self.unkept = ""  # why the latest changes are not kept, where they should be
        self._reader, self._draw = reader, draw
        self._states = {source.label: "waiting" for source in self.sources}

    def state(self, source: Watched) -> str:
        return source.state(self.clock, self.pace)

    async def read_due(self) -> Changes:
        """Look at every source that is due, all at once, and say what changed."""
        now = self.clock.seconds()
        due = [source for source in self.sources if source.due <= now]
        changes = Changes()
        await asyncio.gather(*(self._read(source, changes) for source in due))
        for source in self.sources:
            before, after = self._states[source.label], self.state(source)
            self._states[source.label] = after
            if before != after and not {before, after} <= {*FRESH, "waiting"}:
                changes.sources[source.label] = before, after
        return changes

    async def _read(self, source: Watched, changes: Changes) -> None:
        retry = None
        try:
            content = await self._reader.fetch(source.place, source.content)
            read = await asyncio.to_thread(source.parse, content, self.graphs, self.rules)
        except UnreadableError as fault:
            retry = fault.retry
            source.note_fault(fault, self.clock)
        except Exception as fault:  # of ours: no page may keep the others from being read
            _log.exception("%s could not be read", source.label)
            told = UnreadableError(f"knockon failed to read it: {type(fault).__name__}")
            source.note_fault(told, self.clock)
        else:  # at once, so that nobody sees a page as read whose parts were not found yet
            source.note_read(read, self.clock)
            self._update(source, changes)
        wait = self.pace.wait(source.faults, retry, self._draw())
        source.due = self.clock.seconds() + wait

    def _update(self, source: Watched, changes: Changes) -> None:
        for name, (_, placed) in source.placed.items():
            history = self.histories.setdefault(name, History())
            found = history.update(source.label, placed.down, self.clock.now())
            if found:
                changes.graphs.setdefault(name, []).extend(found)

    def find_next(self) -> float:
        """Seconds until something is due, or what was read becomes stale."""
        now = self.clock.seconds()
        times = [source.due for source in self.sources]
        for source in self.sources:
            if self._states[source.label] in FRESH:
                times.append(source.read_clock + self.pace.stale + 0.1)
        return max(min(times, default=now + self.pace.interval) - now, _SOONEST)

    async def run(self, tell: Tell) -> None:
        """Watch until cancelled; `tell` hears of every round with changes, and of the first."""
        first = True
        while True:
            changes = await self.read_due()
            if changes or first:
                await tell(changes)
            first = False
            await self.clock.sleep(self.find_next())

    async def close(self) -> None:
        await self._reader.close()
