"""Counting what a reader drops or notices, with a few places of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from knockon.graph.model.tables import Finding

EXAMPLES = 5


@dataclass
class Tally:
    """Counts oddities by action and reason; `findings` turns them into a report."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, action: str, reason: str, place: str, count: int = 1) -> None:
        self.add_all(action, reason, [place], count)

    def add_all(self, action: str, reason: str, places: Sequence[str], count: int) -> None:
        """So many at once, with a few of their places."""
        key = (action, reason)
        self._counts[key] = self._counts.get(key, 0) + count
        examples = self._examples.setdefault(key, [])
        examples += places[: EXAMPLES - len(examples)]

    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(action, count, reason, tuple(self._examples[action, reason]))
            for (action, reason), count in self._counts.items()
        )
