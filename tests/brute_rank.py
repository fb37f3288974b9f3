"""A ranking by the reference alone: every origin by itself, in every world, row by row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tests.reference import Case, Model, closure, drawn_worlds, every_world, losses


@dataclass(frozen=True)
class Harm:
    """What one failure does: expected counts, direct and in all, low, high, and what is lost."""

    direct: float
    hit: float
    low: float
    high: float
    impact: float


def rank_reference(
    model: Model, case: Case, origin: str, *, worlds: int | None = None,
    counts: Collection[str] | None = None, value: Mapping[str, str] | None = None,
) -> Harm:  # fmt: skip
    """What happens to those that count when the origin alone fails, over every world or those
    drawn; value: of each entity, what it counts as."""
    case = replace(case, severity={origin: 1.0})
    counted = set(model.weight if counts is None else counts)
    of = value or {entity: entity for entity in model.weight}
    mine = [d for d in model.deps if d.provider == origin != d.dependent]
    users = {of[d.dependent] for d in mine if d.dependent in counted}
    sums = dict.fromkeys(("direct", "hit", "low", "high", "impact", "mass"), 0.0)
    three = every_world(model, case) if worlds is None else drawn_worlds(model, case, worlds)
    for world in three:
        share = float(world.weight)
        sums["mass"] += share
        for name, one in (("low", world.low), ("hit", world.middle), ("high", world.high)):
            values = {of[e] for e in closure(model, case, one) & counted} - {of[origin]}
            sums[name] += share * len(values)
            if name == "hit":
                sums["direct"] += share * len(values & users)
        lost = losses(model, case, world.middle)
        sums["impact"] += share * sum(
            model.weight[e] * x for e, x in lost.items() if e != origin and e in counted
        )
    mass = sums.pop("mass")
    return Harm(**{name: value / mass for name, value in sums.items()})
