"""Shares of which not everything is known: as narrow a range as what is known allows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Truth: TypeAlias = bool | None  # None: not known


def all_of(values: Iterable[Truth]) -> Truth:
    """Whether all hold (Kleene): false where one does not, whatever is unknown."""
    listed = list(values)
    return False if False in listed else None if None in listed else True


def any_of(values: Iterable[Truth]) -> Truth:
    """Whether one holds (Kleene): true where one does, whatever is unknown."""
    listed = list(values)
    return True if True in listed else None if None in listed else False


@dataclass(frozen=True)
class Part:
    """One of those of whom a share is taken.

    amount: what it counts, None where that is not known
    counted: whether it is among those asked about; belongs: whether it is of the whole at all
    """

    amount: float | None
    counted: Truth
    belongs: Truth = True


@dataclass(frozen=True)
class Share:
    """From low to high; exact, so that 10 % of 10 is not 9.99 %."""

    low: Fraction
    high: Fraction

    @property
    def known(self) -> bool:
        return self.low == self.high

    def reaches(self, least: Fraction) -> Truth:
        """Whether it is at least so much."""
        return True if self.low >= least else False if self.high < least else None


def find_share(parts: Iterable[Part], total: float | None = None) -> Share:
    """The share of those that are counted, by their amounts.

    total: of the whole, where it is known from elsewhere; None: the parts that belong to it. Of
    nothing the share is 0.
    """
    listed = [p for p in parts if p.belongs is not False]
    sure = [p for p in listed if p.counted is True and p.belongs is True]
    maybe = [p for p in listed if p.counted is not False]
    least, most = _add(sure, 0.0), _add(maybe, math.inf)
    if total is not None:
        return Share(_divide(least, total), _divide(most, total))
    # who may be counted and is not, and who may belong and does, make the share smaller
    rest = _add([p for p in listed if p.counted is not True], math.inf)
    others = _add([p for p in listed if p.counted is False and p.belongs is True], 0.0)
    low = Fraction(0) if rest == math.inf else _divide(least, least + rest)
    high = Fraction(1) if most == math.inf else _divide(most, most + others)
    return Share(low, high)


def _add(parts: Iterable[Part], unknown: float) -> float:
    return math.fsum(unknown if p.amount is None else p.amount for p in parts)


def _divide(part: float, whole: float) -> Fraction:
    if part == math.inf:
        return Fraction(1)
    return Fraction(part) / Fraction(whole) if whole > 0 else Fraction(0)
