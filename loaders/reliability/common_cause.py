"""Common causes: one event for each set of members that fails together, exactly.

https://open-psa.github.io/mef/mef/fault_tree_layer.html, and A. Mosleh and others,
NUREG/CR-5485, 1998. Q is the probability of each member to fail by whatever cause; Q_k that of a
cause that fails k certain members of n and no others.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import combinations

MOST_MEMBERS = 12  # 4,095 causes
MODELS = ("beta-factor", "MGL", "alpha-factor", "phi-factor")


def find_levels(model: str) -> int:
    """The level of the first factor of a model."""
    return 1 if model in ("alpha-factor", "phi-factor") else 2


def find_chances(
    model: str, total: float, factors: Mapping[int, float], n: int
) -> dict[int, float]:
    """Q_k by k, of those k that can happen.

    total: Q; factors: by level; n: how many members
    """
    if model == "beta-factor":
        beta = factors[max(factors)]
        return {1: (1 - beta) * total, n: beta * total}
    if model == "MGL":
        passed, found = 1.0, {}
        for k in range(1, n + 1):
            passed *= factors[k] if k > 1 else 1.0
            stays = 1 - factors.get(k + 1, 0.0)
            found[k] = passed * stays * total / math.comb(n - 1, k - 1)
        return found
    if model == "alpha-factor":
        weighed = math.fsum(k * a for k, a in factors.items())
        return {
            k: k * factors[k] / weighed * total / math.comb(n - 1, k - 1) for k in range(1, n + 1)
        }
    return {k: factors[k] * total for k in range(1, n + 1)}


def list_causes(members: list[str], levels: Iterable[int]) -> list[tuple[str, ...]]:
    """The sets of members that one cause fails, smallest first."""
    return [some for k in sorted(levels) for some in combinations(members, k)]
