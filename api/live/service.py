"""The watch of a server: it runs beside the questions, asks one itself, and tells webhooks."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from knockon.api.live.history import MOST, Memory, Spell
from knockon.api.live.live import Changes, Live
from knockon.api.live.now import NowJson, describe_change, describe_now, list_origins
from knockon.api.live.pace import write_time
from knockon.api.live.watched import FRESH
from knockon.api.schema import SCHEMA
from knockon.graph.errors import KnockonError

if TYPE_CHECKING:
    from knockon.api.live.webhook import Webhook  # it imports httpx

Ask = Callable[[str, list[dict[str, Any]]], Awaitable[tuple[dict[str, Any] | None, str]]]
"""From a graph's name and origins to the what-if as JSON, or None and why there is none."""

_UNASKED = "the server ended before it was asked"
_UNSAVED = 10_000  # changes that wait for the store
_log = logging.getLogger("knockon.live")


async def answer_now(live: Live, name: str, ask: Ask) -> NowJson:
    """What is down in a graph now, with what that hits."""
    origins = list_origins(live, name)
    impact, problem = await ask(name, origins) if origins else (None, "")
    return await asyncio.to_thread(describe_now, live, name, impact, problem)


def format_metrics(live: Live) -> str:
    """Whether each source was read lately, and how many are down in each graph, for Prometheus."""
    lines = ["# TYPE knockon_status_page_fresh gauge"]
    for source in live.sources:
        fresh = int(live.state(source) in FRESH)
        lines.append(f'knockon_status_page_fresh{{source="{_escape(source.label)}"}} {fresh}')
    lines.append("# TYPE knockon_down_now gauge")
    for name in live.graphs:
        down = {spell.down.entity for spell in live.histories[name].current}
        lines.append(f'knockon_down_now{{graph="{_escape(name)}"}} {len(down)}')
    return "\n".join(lines) + "\n"


def _escape(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Watch:
    """Runs a `Live` and its webhooks until it is closed. memory: keeps what was down."""

    def __init__(
        self, live: Live, webhooks: "Sequence[Webhook]" = (), memory: Memory | None = None
    ) -> None:
        self.live, self.webhooks, self.memory = live, tuple(webhooks), memory
        self._unsaved: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_UNSAVED)
        self._begun = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, ask: Ask) -> None:
        """Begin, in the event loop that runs."""
        loops = [self._watch(ask), *(self._deliver(hook) for hook in self.webhooks)]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def close(self) -> None:
        """Stop reading; what webhooks have not taken is tried once more, then logged."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(hook.close() for hook in self.webhooks))
        await self.live.close()

    async def restore(self) -> None:
        """Take up what was down when the server stopped."""
        if self.memory is None:
            return
        sources = {source.label for source in self.live.sources}
        for name, history in self.live.histories.items():
            try:
                rows, older = await asyncio.to_thread(self.memory.load, name, MOST)
            except KnockonError as fault:
                self.live.unkept = str(fault)
                _log.error("what was down is not known: %s", fault)
                return
            history.restore([Spell.from_row(row) for row in rows], sources, older)

    async def _save(self, changes: Changes) -> None:
        """Keep what changed; what cannot be kept now is tried again with the next change."""
        if self.memory is None:
            return
        for name, found in changes.graphs.items():
            self._unsaved.extend((name, change.spell.to_row()) for change in found)
        try:
            while self._unsaved:
                name = self._unsaved[0][0]
                rows = [row for graph, row in self._unsaved if graph == name]
                await asyncio.to_thread(self.memory.save, name, rows)
                others = [one for one in self._unsaved if one[0] != name]
                self._unsaved = deque(others, maxlen=_UNSAVED)
            self.live.unkept = ""
        except KnockonError as fault:
            self.live.unkept = str(fault)
            _log.error("what changed is not kept yet: %s", fault)

    async def tell(self, changes: Changes, ask: Ask) -> None:
        """Keep what changed, and post an event for each graph in which something did, or about
        which less is known.

        An event is kept before what it tells of is, so that a crash at any moment loses none: then
        it says that nobody was asked yet what that hits.
        """
        events = self._write_events(changes) if self.webhooks else []
        for hook, _, event in events:
            await hook.keep(event)
        await self._save(changes)
        found: dict[str, NowJson] = {}
        for hook, name, event in events:
            if name not in found:
                found[name] = await answer_now(self.live, name, ask)
            event["now"] = found[name]
            hook.post(event, kept=await hook.keep(event))

    def _write_events(self, changes: Changes) -> "list[tuple[Webhook, str, dict[str, Any]]]":
        """For each webhook and graph, whose what-if is not asked yet."""
        first, self._begun = not self._begun, True
        events = []
        for name in self.live.graphs:
            if not (first or changes.sources or name in changes.graphs):
                continue
            event = {
                "schema": SCHEMA,
                "type": "start" if first else "change",
                "at": write_time(self.live.clock.now()),
                "graph": name,
                "changes": [describe_change(self.live, c) for c in changes.graphs.get(name, ())],
                "sources": [
                    {"source": label, "before": before, "after": after}
                    for label, (before, after) in changes.sources.items()
                ],
                "now": describe_now(self.live, name, None, _UNASKED),
            }
            for hook in self.webhooks:
                events.append((hook, name, {"id": f"evt_{secrets.token_hex(16)}", **event}))
        return events

    async def _watch(self, ask: Ask) -> None:
        await asyncio.gather(*(hook.restore() for hook in self.webhooks))
        await self.restore()
        while True:
            try:
                await self.live.run(lambda changes: self.tell(changes, ask))
            except Exception:  # a fault of ours must not end the watch: it is stale, and goes on
                _log.exception("the watch over status pages failed, and begins again")
                await self.live.clock.sleep(self.live.pace.interval)

    async def _deliver(self, hook: "Webhook") -> None:
        while True:
            hook.posted.clear()
            try:
                await hook.deliver_due()
            except Exception:
                _log.exception("a webhook failed, and is tried again")
                await self.live.clock.sleep(self.live.pace.interval)
            with suppress(TimeoutError):
                async with asyncio.timeout(hook.find_next()):
                    await hook.posted.wait()
