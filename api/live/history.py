"""What was down, from when to when, as far as it is remembered."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from knockon.loaders.operations.status.place import Down

MOST = 1000  # spells that are over, of one graph


@dataclass(frozen=True)
class Spell:
    """One entity, down by one source.

    began: when it was first read as down; ended: when it was first read as not down any more
    """

    down: Down
    source: str
    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What changed: `down`, `severity`, `recovered`."""

    what: str
    spell: Spell


class History:
    """The spells of one graph: all that go on, and the latest that are over."""

    def __init__(self, most: int = MOST) -> None:
        self.over: deque[Spell] = deque(maxlen=most)
        self.forgotten = 0
        self._current: dict[tuple[str, str], Spell] = {}

    @property
    def current(self) -> list[Spell]:
        """Those that go on, by entity and source."""
        spells = list(self._current.items())  # at once: other threads may look, too
        return [spell for _, spell in sorted(spells, key=lambda item: item[0])]

    def update(self, source: str, down: Sequence[Down], at: datetime) -> list[Change]:
        """What changed with all that a source reports as down now."""
        reported = {(one.entity, source): one for one in down}
        changes = []
        for key in [k for k in self._current if k[1] == source and k not in reported]:
            spell = replace(self._current.pop(key), ended=at)
            self.forgotten += len(self.over) == self.over.maxlen
            self.over.append(spell)
            changes.append(Change("recovered", spell))
        for key, one in reported.items():
            known = self._current.get(key)
            self._current[key] = Spell(one, source, known.began if known else at)
            if known is None or known.down.severity != one.severity:
                changes.append(Change("severity" if known else "down", self._current[key]))
        return changes
