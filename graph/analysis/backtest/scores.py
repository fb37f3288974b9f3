"""How well a prediction agrees with what happened: counts, and agreement of order."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

MIN_RANKED = 4  # with fewer pairs a rank correlation says nothing
TIE = 0.1  # of the larger: closer predictions are a tie, several standard errors of 2,000 worlds


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


def spearman(predicted: Sequence[float | None], reported: Sequence[float | None]) -> float | None:
    """Spearman's rank correlation, -1..1, over the pairs in which both are given.

    Ties share the mean of their ranks; predictions within TIE of each other are ties, so that the
    noise of sampling is no order. None for fewer than MIN_RANKED pairs, and where one side is the
    same everywhere: it then has no order to compare.
    """
    pairs = [
        (p, r) for p, r in zip(predicted, reported, strict=True) if p is not None and r is not None
    ]
    if len(pairs) < MIN_RANKED:
        return None
    left, right = _levels([p for p, _ in pairs]), [float(r) for _, r in pairs]
    if len(set(left)) < 2 or len(set(right)) < 2:
        return None
    ranked = pl.DataFrame({"left": left, "right": right}).select(pl.all().rank("average"))
    return float(ranked.select(pl.corr("left", "right")).item())


def _levels(values: Sequence[float]) -> list[float]:
    """Each value as the smallest one that it ties with, from the smallest up."""
    level: dict[float, float] = {}
    floor = None
    for value in sorted(values):
        if floor is None or not is_tied(floor, value):
            floor = value
        level[value] = floor
    return [level[v] for v in values]


def is_tied(one: float, other: float) -> bool:
    """Whether two predictions of at least 0 are closer than TIE of the larger."""
    return abs(one - other) <= TIE * max(one, other)
