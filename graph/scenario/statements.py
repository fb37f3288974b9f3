"""What sources state of strengths in words: a level of reliance, a criticality, a scope.

`statements.csv` says what each word means as low, middle and high, in which modes, where that is
written, and what of it was read (`read`) when it was looked up in November 2026; no figure but 0
and 1 is in it. Words are read where a table of strengths is asked for
(`register` reads nothing else). A word only raises: what a register calls fully relied upon counts
as more than unknown, what it plays down stays unknown. With `trust_register` it lowers, too. The
words stay on the dependencies, so that a table of one's own, which is looked up first, puts back
whatever it says.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from knockon.graph.scenario.strengths import StrengthRow

PERCENT = "%"  # in the place of a word: a number, of hundred


@dataclass(frozen=True)
class Statement:
    """A word of a source, and what it means.

    of: whether the column is one of the dependency or of its provider; word: PERCENT for a number
    modes: of failures in which it means anything
    seen: what of the source was read, and what could not be
    """

    of: str
    column: str
    word: str
    modes: tuple[str, ...]
    low: float
    mid: float
    high: float
    source: str
    note: str
    seen: str

    def read(self, assume: float, *, trust: bool) -> StrengthRow | None:
        """The strengths that it stands for; None where it says no more than unknown."""
        low, mid, high = self.low, self.mid, self.high
        if not trust:
            mid, high = max(assume, mid), 1.0
        if (low, mid, high) == (0.0, assume, 1.0):
            return None
        note = f"{self.column} {self.word}: {self.note}"
        return StrengthRow(low=low, mid=mid, high=high, source=self.source, note=note)


@cache
def load_statements() -> tuple[Statement, ...]:
    """The words that are known. A percentage has no figures of its own: they are 0 here."""
    text = files("knockon.graph.scenario").joinpath("statements.csv").read_text(encoding="utf-8")
    return tuple(
        Statement(
            row["of"], row["column"], row["word"], tuple(row["modes"].split()),
            float(row["low"] or 0), float(row["mid"] or 0), float(row["high"] or 0),
            row["source"], row["note"], row["read"],
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip
