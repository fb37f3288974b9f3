"""Hours that are known, `4`, or that lie somewhere in a range, `2..72`.

A range is drawn log-uniformly, once for each identity and world: as likely between 2 and 12 as
between 12 and 72. In a table the low end stands in the column, the high end beside it in the same
column with `_to` after its name (null: no range); a cell `2..72` says both at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip

LONGEST = 10_000_000.0  # hours, some 1,100 years: no outage is counted for longer
RANGED = {
    "entities": ("repair_hours",),
    "dependencies": ("grace_hours", "switch_hours"),
}  # columns that may hold ranges
TO = "_to"
EXPECTED = f"a number of at least 0, at most {LONGEST:,.0f}, or a range such as 2..72"
_RANGE = r"^\s*(.+?)\s*\.\.\s*(.+?)\s*$"


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


def split_ranges(
    frame: pl.DataFrame, table: str, where: Callable[[int], str], faults: list[str]
) -> pl.DataFrame:
    """The frame with every cell `2..72` of a column that may hold ranges split in two columns.

    Other cells stay as they are, for the check of the column. A range must rise, from above 0.
    """
    for name in RANGED[table]:
        if name not in frame.columns or frame[name].dtype not in (pl.String, pl.Categorical):
            continue
        text = frame[name].cast(pl.String)
        ranged = text.str.contains(r"\.\.").fill_null(False)
        if not ranged.any():
            continue
        ends = [text.str.extract(_RANGE, i).cast(pl.Float64, strict=False) for i in (1, 2)]
        good = (ends[0] > 0) & (ends[1] >= ends[0]) & ends[1].is_finite()
        bad = ranged & ~good.fill_null(False)
        for i in bad.arg_true():
            faults.append(f"{where(i)}: {name}: expected {EXPECTED}, got {clip(text[i])!r}")
        stated = frame[name + TO].cast(pl.String) if name + TO in frame.columns else None
        beside = pl.Series([None] * frame.height, dtype=pl.String) if stated is None else stated
        low = ends[0].cast(pl.String)
        frame = frame.with_columns(
            pl.select(
                pl.when(bad).then(None).when(ranged).then(low).otherwise(text).alias(name)
            ).to_series(),
            pl.select(
                pl.when(ranged & ~bad).then(ends[1].cast(pl.String)).otherwise(beside)
            ).to_series().alias(name + TO),
        )  # fmt: skip
    return frame


def settle_ranges(
    frame: pl.DataFrame, table: str, where: Callable[[int], str], faults: list[str]
) -> pl.DataFrame:
    """The cast frame with a high end only where it lies above the low one; else a fault."""
    for name in RANGED[table]:
        if frame.select(pl.col(name + TO).is_null().all()).item():
            continue
        low, high = frame[name], frame[name + TO]
        bad = high.is_not_null() & ~((low > 0) & (high >= low)).fill_null(False)
        for i in bad.arg_true():
            got = f"{plain(low[i])}..{plain(high[i])}"
            faults.append(f"{where(i)}: {name}: expected {EXPECTED}, got {got!r}")
        frame = frame.with_columns(high.set(high == low, None))
    return frame


def joined_ranges(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as people write it: `2..72` in one column wherever a row holds a range."""
    for name in (n for names in RANGED.values() for n in names):
        if name + TO not in frame.columns:
            continue
        if frame[name + TO].is_not_null().any():
            both = pl.col(name).cast(pl.String) + ".." + pl.col(name + TO).cast(pl.String)
            alone = pl.col(name).cast(pl.String)
            frame = frame.with_columns(both.fill_null(alone).alias(name))
        frame = frame.drop(name + TO)
    return frame


def _ends(text: str) -> tuple[Any, Any]:
    low, dots, high = text.partition("..")
    try:
        return float(low), float(high if dots else low)
    except ValueError:
        return text, text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
