"""Groups of common cause of an Open-PSA model: their members, and how probably each cause fails.

https://open-psa.github.io/mef/mef/fault_tree_layer.html; `common_cause.py` has the arithmetic.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from knockon.graph.errors import clip, did_you_mean
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.reliability.common_cause import (
    MODELS,
    MOST_MEMBERS,
    find_chances,
    find_levels,
)
from knockon.loaders.reliability.definitions import SILENT, Names, Values

_ROUNDED = 1e-4  # what factors that are written in decimals may miss 1 by


class Group(NamedTuple):
    """What fails together. chances: of each cause that fails so many members; None where unknown"""

    members: list[str]
    chances: dict[int, float | None]


@dataclass
class GroupReader:
    """Reads group after group; an event is in one at most. What is wrong goes into `faults`."""

    events: Names
    values: Values
    faults: list[str]
    taken: set[str] = field(default_factory=set)

    def read(self, group: Element, path: tuple[str, ...]) -> Group | None:
        """The group that is said within a path; None with faults noted."""
        before, name = len(self.faults), clip(group.attributes.get("name", ""))
        where = f"line {group.line}: group {name!r} of common cause"
        model = group.attributes.get("model", "").strip()
        if model not in MODELS:
            hint = did_you_mean(model, MODELS)
            self.faults.append(f"{where}: unknown model {clip(model, 40)!r}{hint}")
            return None
        members = self._list_members(group, path, where)
        stated = group.first("distribution")
        total = None
        if stated and stated.children:
            total = self.values.find_chance(stated.children[0], path)
        n = len(members)
        levels = [n] if model == "beta-factor" else list(range(find_levels(model), n + 1))
        factors = self._read_factors(group, path, levels[:1])
        if model != "beta-factor" and factors:  # the highest ones may be left out
            factors |= dict.fromkeys((k for k in levels if k > max(factors)), 0.0)
        self._check_factors(factors, levels, where)
        if model == "phi-factor" and abs(sum(factors.values()) - 1) > _ROUNDED:
            self.faults.append(
                f"{where}: expected factors that sum to 1, got {sum(factors.values()):g}"
            )
        if len(self.faults) > before:
            return None
        self.taken.update(members)
        if total is not None and (found := find_chances(model, total, factors, n)):
            return Group(members, {**found})
        return Group(members, dict.fromkeys((1, n) if model == "beta-factor" else range(1, n + 1)))

    def _list_members(self, group: Element, path: tuple[str, ...], where: str) -> list[str]:
        listed = group.first("members")
        members = [self._name_member(m, path) for m in listed.children] if listed else []
        if not 2 <= len(set(members)) == len(members) <= MOST_MEMBERS:
            self.faults.append(
                f"{where}: expected 2 to {MOST_MEMBERS} different members, got {len(members)}"
            )
        for member in members:
            if member in self.taken:
                self.faults.append(f"{where}: {clip(member)!r} is in another group, too")
        return members

    def _name_member(self, element: Element, path: tuple[str, ...]) -> str:
        name = element.attributes.get("name", "").strip()
        place = self.events.find(name, path)
        return place.identifier if place is not None else name  # a fault, told before

    def _read_factors(
        self, group: Element, path: tuple[str, ...], first: list[int]
    ) -> dict[int, float]:
        """The factors by their level: stated, or the one after that of the factor before."""
        holder = group.first("factors") or group
        found: dict[int, float] = {}
        for place, factor in enumerate(holder.all("factor"), 1):
            following = max(found, default=(first or [1])[0] - 1) + 1
            level = factor.attributes.get("level", str(following)).strip()
            said = [c for c in factor.children if c.local not in SILENT]
            value = self.values.evaluate(said[0], path) if said else None
            if not level.isascii() or not level.isdigit() or value is None:
                self.faults.append(
                    f"line {factor.line}: factor {place}: expected a level and a number"
                )
                continue
            found[int(level[:9])] = value
        return found

    def _check_factors(self, factors: dict[int, float], levels: list[int], where: str) -> None:
        if sorted(factors) != levels:
            self.faults.append(
                f"{where}: expected factors of level {', '.join(map(str, levels))}, "
                f"got {', '.join(map(str, sorted(factors))) or 'none'}"
            )
        elif not all(0 <= f <= 1 for f in factors.values()) or not sum(factors.values()):
            self.faults.append(f"{where}: expected factors from 0 to 1, not all 0")
