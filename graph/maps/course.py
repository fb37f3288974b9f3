"""How many are down when: the expected number of each kind over time, and what is restored."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

OTHER = "other"
_KINDS = 5


@dataclass(frozen=True)
class Course:
    """The expected number down over time.

    hours: when a number changes, rising; kinds: the largest first; down: kind to the number from
    each of these hours until the next; low, high: of all kinds, with unknown strengths at 0, at 1;
    empty where these are no other numbers
    """

    hours: tuple[float, ...]
    kinds: tuple[str, ...]
    down: Mapping[str, tuple[float, ...]]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @property
    def total(self) -> list[float]:
        return [sum(together) for together in zip(*self.down.values(), strict=True)]

    def at(self, hour: float) -> int:
        """The number of the row that holds at an hour; -1 before the first."""
        return bisect_right(self.hours, hour) - 1

    def restored(self, down: Sequence[float] | None = None) -> list[float]:
        """From each hour on, the share of the most that are ever down together that is up again
        for good: it never falls. down: the number of another run, in the place of the middle."""
        total = self.total if down is None else down
        worst, share, peak = 0.0, list[float](), max(total, default=0.0)
        for number in reversed(total):
            worst = max(worst, number)
            share.append(1 - worst / peak if peak else 1.0)
        return share[::-1]

    def restored_after(self, share: float) -> float | None:
        """The first hour from which on this share is restored; None if it never is."""
        found = (h for h, r in zip(self.hours, self.restored(), strict=True) if r >= share - 1e-9)
        return next(found, None)


def make_course(down: pl.DataFrame, kinds: int = _KINDS) -> Course:
    """The course of a frame `hours, kind, down`: the kinds of the highest peaks, then `other`.

    A kind that has no row at an hour counts 0 there. `down_low` and `down_high` may be there, too.
    """
    peaks = down.group_by("kind").agg(pl.col("down").max().alias("peak"))
    order = peaks.sort(["peak", "kind"], descending=[True, False])["kind"].to_list()
    kept = order if len(order) <= kinds else order[: kinds - 1]
    named = pl.when(pl.col("kind").is_in(kept)).then("kind").otherwise(pl.lit(OTHER))
    sums = down.group_by("hours", named.alias("kind")).agg(pl.col("down").sort().sum())
    hours = sorted(set(down["hours"].to_list()))
    found = {(h, k): d for h, k, d in sums.select("hours", "kind", "down").iter_rows()}
    shown = kept if len(kept) == len(order) else [*(k for k in kept if k != OTHER), OTHER]
    return Course(
        tuple(hours),
        tuple(shown),
        {k: tuple(found.get((h, k), 0.0) for h in hours) for k in shown},
        *_sum_ends(down),
    )


def _sum_ends(down: pl.DataFrame) -> list[tuple[float, ...]]:
    """The low and the high number of all kinds at each hour, where they differ anywhere."""
    ends = ("down_low", "down_high")
    if not set(ends) <= set(down.columns) or (down[ends[0]] == down[ends[1]]).all():
        return []
    sums = down.group_by("hours").agg(pl.col(*ends).sort().sum()).sort("hours")
    return [tuple(sums[end].to_list()) for end in ends]
