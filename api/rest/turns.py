"""Turns on the event loop, so that many at once never keep it from looking up; and how late it is.

What a request does by itself takes a millisecond or two. Hundreds that arrive, or are answered,
in one round of the loop would keep everything else waiting for all of them.
"""

import asyncio
import selectors
from bisect import bisect_left
from collections import deque
from time import thread_time

_AT_ONCE = 4  # requests that go on in one round
_LOOK = 0.01  # seconds between two looks at the clock
BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)  # seconds


class Turns:
    """Lets a few go on in each round of the event loop, in the order in which they came."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self.at_once, self._left = at_once, at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def wait(self) -> None:
        """Return when it is one's turn."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # an app may be started again
            self._loop, self._left = loop, self.at_once
            self._waiting.clear()
        if self._left == self.at_once and not self._waiting:
            loop.call_soon(self._begin_round)
        if self._left and not self._waiting:
            self._left -= 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _begin_round(self) -> None:
        self._left = self.at_once
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its client may have gone
                turn.set_result(None)
                self._left -= 1
        if self._left < self.at_once and self._loop is not None:
            self._loop.call_soon(self._begin_round)


class Histogram:
    """Counts of seconds by bounds, and the largest."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = self.most = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
        self.most = max(self.most, seconds)

    def format(self, name: str) -> list[str]:
        """As Prometheus reads it."""
        lines, so_far = [f"# TYPE {name} histogram"], 0
        for bound, count in zip((*BOUNDS, "+Inf"), self.counts, strict=True):
            so_far += count
            shown = bound if isinstance(bound, str) else f"{bound:g}"
            lines.append(f'{name}_bucket{{le="{shown}"}} {so_far}')
        lines += [f"{name}_sum {self.total:.6f}", f"{name}_count {so_far}"]
        return [*lines, f"# TYPE {name}_max gauge", f"{name}_max {self.most:.6f}"]


class Lag:
    """How late the event loop comes round. late: by the clock, whatever kept it, also other
    programs of the machine; busy: seconds of processor that its thread took from look to look."""

    def __init__(self) -> None:
        self.late, self.busy = Histogram(), Histogram()

    async def watch(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        clock, used = loop.time(), thread_time()
        while True:
            await asyncio.sleep(_LOOK)
            now, using = loop.time(), thread_time()
            self.late.add(max(now - clock - _LOOK, 0.0))
            self.busy.add(using - used)
            clock, used = now, using

    def format(self) -> list[str]:
        """As Prometheus reads it."""
        return [*self.late.format("knockon_event_loop_lag_seconds"),
                *self.busy.format("knockon_event_loop_busy_seconds")]  # fmt: skip


class FewAtOnce(selectors.DefaultSelector):
    """Hands over so many of the connections that have something to say, the others in the next
    round: hundreds that speak at once do not keep the loop from everything else."""

    most = 24
    _first = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the system does; who is left over is still ready the next time."""
        ready = super().select(timeout)
        if len(ready) <= self.most:
            return ready
        first = self._first % len(ready)
        self._first = first + self.most
        return (ready[first:] + ready[:first])[: self.most]


def make_loop() -> asyncio.AbstractEventLoop:
    """The event loop of a server."""
    return asyncio.SelectorEventLoop(FewAtOnce())
