"""Hours that are known, `4`, or that lie somewhere in a range, `2..72`.

A range is drawn log-uniformly, once for each identity and world: as likely between 2 and 12 as
between 12 and 72. In a table the low end stands in the column, the high end beside it in the same
column with `_to` after its name (null: no range); a cell `2..72` says both at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip

LONGEST = 10_000_000.0  # hours, some 1,100 years: no outage is counted for longer
SHORTEST = 1e-6  # hours, some 4 ms: a shorter outage is no outage, and no axis has room for it
RANGED = {
    "entities": ("repair_hours",),
    "dependencies": ("grace_hours", "switch_hours"),
}  # columns that may hold ranges
TO = "_to"
EXPECTED = f"a number of at least 0, at most {LONGEST:,.0f}, or a range such as 2..72"


class TooShortError(ScenarioError):
    """Hours that are above 0, but not by enough."""


@dataclass(frozen=True)
class Hours:
    """From `low` to `high` hours; where both are equal, the hours are known."""

    low: float
    high: float

    @classmethod
    def of(cls, given: "Hours | float | str | tuple[float, float]") -> "Hours":
        """Hours from a number, a text (`4`, `2..72`) or a pair. Raises ScenarioError."""
        if isinstance(given, Hours):
            low, high = given.low, given.high
        elif isinstance(given, str):
            low, high = _ends(given)
        elif isinstance(given, tuple | list) and len(given) == 2:
            low, high = given
        else:
            low = high = given
        if not (_is_number(low) and _is_number(high) and 0 < low <= high <= LONGEST):
            raise ScenarioError(
                f"hours: expected a number above 0, at most {LONGEST:,.0f}, or a range such as "
                f"2..72, got {clip(str(given))!r}"
            )
        if low < SHORTEST:
            raise TooShortError(f"hours: expected at least {SHORTEST:f} (4 ms), got {low!r}")
        return cls(float(low), float(high))

    @property
    def known(self) -> bool:
        return self.low == self.high

    def __str__(self) -> str:
        return plain(self.low) if self.known else f"{plain(self.low)}..{plain(self.high)}"


def plain(value: float) -> str:
    """The shortest text that reads back as the number: `4`, `0.5`."""
    return str(int(value)) if value.is_integer() else repr(value)


def log_uniform(low: Floats, high: Floats, u: Floats) -> Floats:
    """(k, L) values: low * (high / low)^u for each row and its draws u in [0, 1)."""
    span = np.log(high) - np.log(low)
    drawn = np.exp(np.log(low)[:, None] + span[:, None] * u)
    return np.clip(drawn, low[:, None], high[:, None])


def _ends(text: str) -> tuple[Any, Any]:
    low, dots, high = text.partition("..")
    try:
        return float(low), float(high if dots else low)
    except ValueError:
        return text, text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
