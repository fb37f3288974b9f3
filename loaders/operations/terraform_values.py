"""Dependencies through what is no resource: locals, variables, outputs, modules, providers.

Such a value is nothing that fails: what refers to it depends on the resources behind it. Where that
would make far more dependencies than the file has references, such as a local between two thousand
resources and two thousand others, the values stay as entities between them, and the report says so.
"""

from collections.abc import Callable, Iterable, Mapping

from knockon.graph.errors import clip
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.operations.terraform import Estate

MANY_TIMES = 16  # pairs of resources for each reference of the file, from which values stay
_MADE_OF = "a value is what it is made of"

References = Mapping[str, Mapping[str, str]]
"""By name what it refers to, each with the place: names of values, or addresses of resources."""


def connect_resources(
    estate: Estate, below: References, is_resource: Callable[[str], bool]
) -> None:
    """Each resource with every resource that it refers to, directly or through values."""
    budget = SHARED_FROM + MANY_TIMES * sum(len(heads) for heads in below.values())
    found = _find_pairs(below, is_resource, budget)
    if found is None:
        _keep_values(estate, below, is_resource)
        return
    for resource, providers in found.items():
        estate.need_all(resource, providers)


def _find_pairs(
    below: References, is_resource: Callable[[str], bool], budget: int
) -> dict[str, dict[str, str]] | None:
    """By resource the others that it reaches, with places; None where the budget is not enough.

    budget: references to follow from all resources together
    """
    found: dict[str, dict[str, str]] = {}
    for resource in below:
        if not is_resource(resource):
            continue
        reached: dict[str, str] = {}
        seen: set[str] = set()
        waiting = list(below[resource].items())
        while waiting:
            budget -= 1
            if budget < 0:
                return None
            head, where = waiting.pop()
            if head in seen:
                continue
            seen.add(head)
            if is_resource(head):
                reached.setdefault(head, where)
            else:
                waiting += below.get(head, {}).items()
        reached.pop(resource, None)
        found[resource] = reached
    return found


def _keep_values(estate: Estate, below: References, is_resource: Callable[[str], bool]) -> None:
    """The references as they stand, with those values as entities that lie between resources."""
    heads = [name for name in below if is_resource(name)]
    reached = _spread(heads, lambda name: below.get(name, {}), is_resource)
    above: dict[str, list[str]] = {}
    for tail, listed in below.items():
        for head in listed:
            above.setdefault(head, []).append(tail)
    tails = [name for name in above if is_resource(name)]
    kept = reached & _spread(tails, lambda name: above.get(name, ()), is_resource)
    for tail, listed in below.items():
        for head, where in listed.items():
            if head in kept:
                estate.rows.add_entity(head, where, name=head, kind="value")
            elif not is_resource(head):
                continue
            if is_resource(tail):
                estate.need_all(tail, {head: where})
            elif tail in kept and head != tail:
                estate.rows.depend_by_definition(
                    dependent=tail, provider=head, relation="uses", where=where, how=_MADE_OF
                )
    reason = "a value that stays between the many resources that refer to it and those behind it"
    estate.rows.findings.add_all("note", reason, [clip(k, 60) for k in sorted(kept)], len(kept))


def _spread(
    starts: list[str], near: Callable[[str], Iterable[str]], is_resource: Callable[[str], bool]
) -> set[str]:
    """The values that are reached from some resources without passing others."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        for name in near(waiting.pop()):
            if name not in found and not is_resource(name):
                found.add(name)
                waiting.append(name)
    return found
