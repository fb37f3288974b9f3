"""What was down, from when to when, as far as it is remembered."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Protocol

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

    def to_row(self) -> dict[str, Any]:
        """As a store keeps it: plain values, times in ISO 8601."""
        ended = self.ended.isoformat() if self.ended else None
        row = {"source": self.source, "began": self.began.isoformat(), "ended": ended}
        return {name: _clean(value) for name, value in (asdict(self.down) | row).items()}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Spell":
        """The spell of a row that a store kept."""
        down = Down(**{field.name: row[field.name] for field in fields(Down)})
        ended = datetime.fromisoformat(row["ended"]) if row["ended"] else None
        return cls(down, row["source"], datetime.fromisoformat(row["began"]), ended)


def _clean(value: Any) -> Any:
    """Texts as every database takes them; those of a page may be anything."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


class Memory(Protocol):
    """What keeps spells over a restart (`store.spells.Spells`)."""

    def load(self, graph: str, most: int) -> tuple[list[dict[str, Any]], int]:
        """All that go on and the latest that are over, as rows; how many older ones there are."""

    def save(self, graph: str, spells: Sequence[Mapping[str, Any]]) -> None:
        """How these stand now. Raises KnockonError where that cannot be."""


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

    def restore(self, spells: Sequence[Spell], sources: Collection[str], older: int) -> None:
        """Begin with what was kept; older: how many more there are. What goes on by a source that
        is not watched any more is not taken for now: nobody would see it end."""
        for spell in spells:
            if spell.ended is None and spell.source in sources:
                self._current.setdefault((spell.down.entity, spell.source), spell)
            else:
                self._add_over(spell)
        self.forgotten += older

    def update(self, source: str, down: Sequence[Down], at: datetime) -> list[Change]:
        """What changed with all that a source reports as down now."""
        reported = {(one.entity, source): one for one in down}
        changes = []
        for key in [k for k in self._current if k[1] == source and k not in reported]:
            spell = replace(self._current.pop(key), ended=at)
            self._add_over(spell)
            changes.append(Change("recovered", spell))
        for key, one in reported.items():
            known = self._current.get(key)
            self._current[key] = Spell(one, source, known.began if known else at)
            if known is None or known.down.severity != one.severity:
                changes.append(Change("severity" if known else "down", self._current[key]))
        return changes

    def _add_over(self, spell: Spell) -> None:
        self.forgotten += len(self.over) == self.over.maxlen
        self.over.append(spell)
