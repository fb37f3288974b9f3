"""What a reader drops or notices, counted while it reads, with a few places of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from knockon.graph.model.tables import Finding

EXAMPLES = 5


@dataclass
class Findings:
    """What is noticed, counted by action and reason; `report` is what a load says of itself."""

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

    def report(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(action, count, reason, tuple(self._examples[action, reason]))
            for (action, reason), count in self._counts.items()
        )


@dataclass
class RowFindings(Findings):
    """Findings that also know how many rows each table of the source has.

    Of each table's rows, those that were dropped or merged were added with `lose`; the others are
    kept. The report begins with one line per table: `12 rows of b_02.02: 10 kept, 2 merged`.
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

    def report(self) -> tuple[Finding, ...]:
        heads = []
        for table, rows in self._read.items():
            lost = self._lost.get(table, {})
            parts = [f"{rows - sum(lost.values()):,} kept"]
            parts += [f"{count:,} {action}" for action, count in sorted(lost.items())]
            heads.append(Finding("read", rows, f"rows of {table}: {', '.join(parts)}"))
        return (*heads, *super().report())
