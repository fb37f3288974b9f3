"""When a source is looked at again, and how old what was read there may be. And the clock."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

INTERVAL = 60.0  # seconds
LEAST = 5.0
_JITTER = 0.1  # of the interval, either way, so that many watchers do not ask at once
_SLOWEST = 900.0  # seconds, or the interval where that is longer
_LONGEST = 3600.0  # seconds that a server may ask to be left alone
_DOUBLINGS = 10


class Clock:
    """The time of day, seconds that only go forward, and waiting."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Pace:
    """Every `interval` seconds; what is older than `stale` seconds is not taken for now."""

    interval: float = INTERVAL

    @property
    def stale(self) -> float:
        return 3 * self.interval + 30

    def wait(self, faults: int, retry: float | None, draw: float) -> float:
        """Seconds until the next look.

        faults: how often in a row it could not be read: each doubles the interval
        retry: seconds for which the server asked; draw: in [0, 1)
        """
        slowest = max(_SLOWEST, self.interval)
        seconds = min(self.interval * 2.0 ** min(faults, _DOUBLINGS), slowest)
        seconds *= 1 + _JITTER * (2 * draw - 1)
        return max(seconds, min(retry or 0.0, _LONGEST))


def write_time(when: datetime) -> str:
    """`2026-11-28T10:00:00Z`."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
