"""What fixes save, by changing the rows of the reference and asking again: no lanes, no gates."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from tests.reference import Case, Model, whatif_reference

Fix = tuple[str, str, str | None]  # kind, dependent, provider


def fix_rows(model: Model, case: Case, fixes: Sequence[Fix]) -> tuple[Model, Case]:
    """The rows, and what is protected, with these fixes made: ideal spares that nothing hits."""
    deps = list(model.deps)
    safe = set(case.protect)
    for number, (kind, dependent, provider) in enumerate(fixes):
        spare = f"spare {number}"
        if kind == "safe":
            safe.add(dependent)
            continue
        for i, d in enumerate(list(deps)):
            if (d.dependent, d.provider) != (dependent, provider):
                continue
            if kind == "second_provider" and d.group is None:
                group = f"{provider} or {spare}, {d.relation}"
                deps[i] = replace(d, group=group, needs=1, switch_probability=1.0)
                deps.append(replace(deps[i], row=len(deps), provider=spare))
            if kind == "group_member" and d.group is not None:
                deps.append(replace(d, row=len(deps), provider=spare))
    return Model(model.weight, tuple(deps)), replace(case, protect=frozenset(safe))


def measure_impact(model: Model, case: Case) -> float:
    """Expected impact on others, over every case."""
    answer = whatif_reference(model, case)
    return sum(float(weight) * total for total, _, weight in answer.totals)


def save_by(model: Model, case: Case, fixes: Sequence[Fix]) -> float:
    """What these fixes save together."""
    changed = fix_rows(model, case, fixes)
    return measure_impact(model, case) - measure_impact(*changed)


def list_fixes(model: Model, case: Case) -> list[Fix]:
    """All fixes of the three kinds, useful or not."""
    found: dict[Any, Fix] = {}
    for d in model.deps:
        if d.group is None:
            found["second", d.dependent, d.provider] = (
                "second_provider", d.dependent, d.provider
            )  # fmt: skip
        else:
            found["member", d.dependent, d.provider] = ("group_member", d.dependent, d.provider)
    for entity in model.weight:
        if entity not in case.severity and entity not in case.protect:
            found["safe", entity] = ("safe", entity, None)
    return list(found.values())


def best_of(model: Model, case: Case, fixes: Sequence[Fix], budget: int) -> float:
    """What the best set of so many fixes saves: all are looked at."""
    sets = [s for size in range(budget + 1) for s in combinations(fixes, size)]
    return max(save_by(model, case, chosen) for chosen in sets)
