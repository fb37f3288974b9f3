"""A rollout in rings: who gets a bad update when, and who never gets it since it was stopped."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.hours import plain

STAGED = ("runs", "contains")  # relations by which an update reaches those in its rings
_EXAMPLE = "1%@0,10%@4,100%@24"


@dataclass(frozen=True)
class Ring:
    """A ring of a rollout: the share of those that run the origin that it alone holds, in (0, 1],
    and the hour at which it gets the update."""

    share: float
    start_hours: float


RolloutLike: TypeAlias = str | Iterable[Ring | Sequence[float]]


def read_rollout(given: RolloutLike) -> tuple[Ring, ...]:
    """The rings of a rollout, by start. Raises ScenarioError for what does not add up.

    A text such as `1%@0,10%@4,100%@24` says what the rollout has reached in all: 1 % at hour 0,
    10 % from hour 4 on, everybody from hour 24 on. That makes rings of 1 %, 9 % and 90 %. Rings,
    or pairs (share, start hour), hold the share of each ring alone: 0.01, 0.09, 0.9.
    """
    if isinstance(given, str):
        return _parse_rings(given) if given.strip() else ()
    try:
        pairs = [(r.share, r.start_hours) if isinstance(r, Ring) else r for r in given]
        rings = [Ring(float(share), float(start)) for share, start in pairs]
    except (TypeError, ValueError, OverflowError):
        raise ScenarioError(
            f"rollout: expected (share, start hour) for each ring, got {clip(repr(given))}"
        ) from None
    for ring in rings:
        if not 0 < ring.share <= 1 or not 0 <= ring.start_hours < math.inf:
            raise ScenarioError(
                "rollout: expected rings with a share above 0, at most 1, and a start hour of at "
                f"least 0, got {ring.share:g} at {ring.start_hours:g}"
            )
    _check_order(rings)
    whole = math.fsum(r.share for r in rings)
    if rings and abs(whole - 1) > 1e-9:
        raise ScenarioError(f"rollout: the shares of the rings add up to {whole:.6g}, not to 1")
    return _complete_shares(rings)


def _complete_shares(rings: list[Ring]) -> tuple[Ring, ...]:
    """The rings, the last one with exactly what is left: thirds of floats do not add up to 1."""
    if not rings:
        return ()
    left = 1 - sum(_spell_share(r) for r in rings[:-1])
    return (*rings[:-1], replace(rings[-1], share=float(left)))


def format_rollout(rings: Sequence[Ring]) -> str:
    """The rollout as `read_rollout` reads it: what is reached in all, from which hour on.

    Written in full: it reads back as the very same rings.
    """
    parts, total = [], Decimal(0)
    for ring in rings:
        total += _spell_share(ring)
        share = Decimal(100) if ring is rings[-1] else 100 * total
        parts.append(f"{share.normalize():f}%@{plain(ring.start_hours)}")
    return ",".join(parts)


def _spell_share(ring: Ring) -> Decimal:
    """The share in the digits that name its float."""
    return Decimal(repr(ring.share))


def sum_shares(rings: Sequence[Ring]) -> Floats:
    """(R,) share that the rollout has reached with each ring; 1 with the last."""
    found = np.round(np.cumsum([r.share for r in rings]), 15)
    if len(found):
        found[-1] = 1.0
    return np.minimum(found, 1.0)


def find_share_reached(rings: Sequence[Ring], halt: float | None) -> float:
    """The share that ever gets the update: the rings that start before the halt."""
    begun = sum(halt is None or r.start_hours < halt for r in rings)
    return float(sum_shares(rings)[begun - 1]) if begun else 0.0


def _parse_rings(text: str) -> tuple[Ring, ...]:
    total: list[Decimal] = []
    starts: list[float] = []
    for part in text.split(","):
        share, at, start = part.strip().partition("@")
        try:
            if not at or not share.strip().endswith("%"):
                raise ValueError
            total.append(Decimal(share.strip()[:-1].strip()))
            starts.append(float(start))
            if not total[-1].is_finite():
                raise ValueError
        except (ValueError, InvalidOperation):
            raise ScenarioError(
                f"rollout: expected what is reached and from which hour on, such as {_EXAMPLE}, "
                f"got {clip(part.strip())!r}"
            ) from None
        if not (0 < total[-1] <= 100) or not 0 <= starts[-1] < math.inf:
            raise ScenarioError(
                "rollout: expected a share above 0 %, at most 100 %, and a start hour of at least "
                f"0, got {clip(part.strip())!r}"
            )
    alone = [b - a for a, b in zip([Decimal(0), *total], total, strict=False)]
    if total[-1] != 100 or min(float(share / 100) for share in alone) <= 0:
        raise ScenarioError(_explain_total(text, total))
    rings = [Ring(float(share / 100), s) for share, s in zip(alone, starts, strict=True)]
    _check_order(rings)
    return tuple(rings)


def _explain_total(text: str, total: list[Decimal]) -> str:
    said = (
        "rollout: expected shares that say what is reached in all, and so rise to 100%, "
        f"got {clip(text)!r}"
    )
    if sum(total) == 100 and len(total) > 1:
        return f"{said}; if these are the shares of each ring alone, add each to those before it"
    return said


def _check_order(rings: Sequence[Ring]) -> None:
    for before, ring in pairwise(rings):
        if ring.start_hours <= before.start_hours:
            raise ScenarioError(
                "rollout: expected rings that start one after another, got "
                f"{plain(ring.start_hours)} after {plain(before.start_hours)} hours"
            )
