"""Rows of the tables of one source, counted so that the report adds up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from knockon.graph.model.tables import Finding
from knockon.loaders.assembling.tally import Tally


@dataclass
class RowTally(Tally):
    """A tally that also knows how many rows each table of the source has.

    Of each table's rows, those that were dropped or merged were added with `lose`; the others are
    kept. `findings` begins with one line per table: `12 rows of b_02.02: 10 kept, 2 merged`.
    """

    _read: dict[str, int] = field(default_factory=dict)
    _lost: dict[str, dict[str, int]] = field(default_factory=dict)

    def read(self, table: str, rows: int) -> None:
        self._read[table] = self._read.get(table, 0) + rows

    def lose(self, table: str, action: str, reason: str, place: str, rows: int = 1) -> None:
        """Rows of a table that were `dropped` or `merged`, and one place of them."""
        self.lose_all(table, action, reason, [place], rows)

    def lose_all(
        self, table: str, action: str, reason: str, places: Sequence[str], rows: int
    ) -> None:
        """The same with a few of their places."""
        self.add_all(action, reason, places, rows)
        lost = self._lost.setdefault(table, {})
        lost[action] = lost.get(action, 0) + rows

    def findings(self) -> tuple[Finding, ...]:
        heads = []
        for table, rows in self._read.items():
            lost = self._lost.get(table, {})
            parts = [f"{rows - sum(lost.values()):,} kept"]
            parts += [f"{count:,} {action}" for action, count in sorted(lost.items())]
            heads.append(Finding("read", rows, f"rows of {table}: {', '.join(parts)}"))
        return (*heads, *super().findings())
