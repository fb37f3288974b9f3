"""How well a prediction agrees with what happened: counts, and agreement of order."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

MIN_RANKED = 4  # with fewer pairs a rank correlation says nothing


@dataclass(frozen=True)
class Confusion:
    """Predicted against reported, over the rows that have a report.

    hits: predicted hit and hit; alarms: predicted hit, but spared; misses: predicted spared, but
    hit; quiet: predicted spared and spared
    """

    hits: int = 0
    alarms: int = 0
    misses: int = 0
    quiet: int = 0

    @classmethod
    def of(cls, predicted: Sequence[bool], happened: Sequence[bool]) -> "Confusion":
        """The counts over rows, both as booleans: whether it was hit."""
        pairs = list(zip(predicted, happened, strict=True))
        return cls(*(pairs.count(p) for p in _CELLS))

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(
            self.hits + other.hits,
            self.alarms + other.alarms,
            self.misses + other.misses,
            self.quiet + other.quiet,
        )

    @property
    def rows(self) -> int:
        return self.hits + self.alarms + self.misses + self.quiet

    @property
    def precision(self) -> float | None:
        """Share of the predicted hits that were hit; None where nothing was predicted hit."""
        return _share(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float | None:
        """Share of those hit that were predicted; None where nobody was hit."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def spared_right(self) -> float | None:
        """Share of the spared that were predicted spared; None where nobody was spared."""
        return _share(self.quiet, self.quiet + self.alarms)


_CELLS = ((True, True), (True, False), (False, True), (False, False))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def spearman(left: Sequence[float | None], right: Sequence[float | None]) -> float | None:
    """Spearman's rank correlation, -1..1, over the pairs in which both are given.

    Ties share the mean of their ranks. None for fewer than MIN_RANKED pairs, and where one side
    is the same everywhere: it then has no order to compare.
    """
    pairs = pl.DataFrame({"left": left, "right": right}, schema=dict.fromkeys(_SIDES, pl.Float64))
    pairs = pairs.drop_nulls()
    if pairs.height < MIN_RANKED or any(pairs[side].n_unique() < 2 for side in _SIDES):
        return None
    ranked = pairs.select(pl.col(side).round(9).rank("average") for side in _SIDES)
    found = ranked.select(pl.corr(*_SIDES)).item()
    return float(found)


_SIDES = ("left", "right")
