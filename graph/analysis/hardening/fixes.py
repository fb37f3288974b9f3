"""What a fix is, and what it changes in the tables of a graph."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import polars as pl

from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.change import Change, Edit, copy_row
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import TO

KINDS = {
    "second_provider": "a second provider beside the one it has",
    "group_member": "one more member for a group",
    "buffer": "a longer grace",
    "repair": "a faster repair",
    "safe": "an entity made safe",
    "halt": "the rollout stopped",
}
WITH_HOURS = ("buffer", "repair")  # mean nothing where nothing lasts
AT_DEPENDENCY = ("second_provider", "group_member", "buffer")
AT_ENTITY = ("repair", "safe")
ADDING = ("second_provider", "group_member")
_AT_ONCE = {"needs": 1, "switch_probability": 1.0, "switch_hours": 0.0, f"switch_hours{TO}": None}


@dataclass(frozen=True)
class Fix:
    """Something that may be done, in the words of a row of the answer.

    dependent, provider: ids; None where the kind has none
    spare: an entity of the graph that is the second provider or the new member; None: an ideal one
        that no failure reaches
    hours: the grace of a buffer, the time of a repair, the hour of a halt; None: the default
    """

    kind: str
    dependent: str | None
    provider: str | None
    cost: float = field(default=1.0, compare=False)
    spare: str | None = None
    hours: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """By which fixes are put in order, and ties are broken."""
        return (self.dependent or "", self.provider or "", self.kind, self.spare or "")


def find_change(graph: DependencyGraph, fixes: Iterable[Fix]) -> Change:
    """The change to the tables that these fixes make together. Raises ScenarioError."""
    plan = _Plan(graph)
    for fix in sorted(fixes, key=lambda f: f.key):
        getattr(plan, f"add_{fix.kind}")(fix)
    return plan.change


class _Plan:
    """Fixes put into tables, one by one."""

    def __init__(self, graph: DependencyGraph) -> None:
        self.graph = graph
        self.entities: dict[str, dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.edits: list[Edit] = []
        self.regrouped: dict[int, str] = {}  # the new group of rows that stood alone
        self.safe: list[str] = []
        self.halt: float | None = None

    @property
    def change(self) -> Change:
        return Change(
            tuple(self.entities.values()), tuple(self.rows), tuple(self.edits), tuple(self.safe),
            self.halt,
        )  # fmt: skip

    def add_safe(self, fix: Fix) -> None:
        self.safe.append(str(fix.dependent))

    def add_halt(self, fix: Fix) -> None:
        hour = fix.hours or 0.0
        self.halt = hour if self.halt is None else min(hour, self.halt)

    def add_repair(self, fix: Fix) -> None:
        row = self.graph.entities.row(find_number(self.graph, fix.dependent), named=True)
        values: dict[str, Any] = {}
        for name in ("repair_hours", f"repair_hours{TO}"):
            if row[name] is not None:
                values[name] = row[name] / 2 if fix.hours is None else min(row[name], fix.hours)
        if values.get(f"repair_hours{TO}") == values["repair_hours"]:
            values[f"repair_hours{TO}"] = None
        self.edits.append(Edit("entities", {"id": fix.dependent}, values))

    def add_buffer(self, fix: Fix) -> None:
        for number in find_rows(self.graph, fix):
            row = self.graph.dependencies.row(number, named=True)
            hours = fix.hours or 0.0
            top = row[f"grace_hours{TO}"]
            values = {"grace_hours": max(row["grace_hours"], hours)}
            if top is not None and top <= values["grace_hours"]:
                values[f"grace_hours{TO}"] = None
            where = {name: row[name] for name in ("dependent", "provider", "relation")}
            self.edits.append(Edit("dependencies", {**where, "group": row["group"]}, values))

    def add_second_provider(self, fix: Fix) -> None:
        for number in find_rows(self.graph, fix):
            row = self.graph.dependencies.row(number, named=True)
            if number not in self.regrouped:
                self.regrouped[number] = self._name_group(row)
                where = {name: row[name] for name in ("dependent", "provider", "relation")}
                values = {"group": self.regrouped[number], **_AT_ONCE}
                self.edits.append(Edit("dependencies", {**where, "group": None}, values))
            self._add_member(fix, row | {"group": self.regrouped[number], **_AT_ONCE})

    def add_group_member(self, fix: Fix) -> None:
        for number in find_rows(self.graph, fix):
            self._add_member(fix, self.graph.dependencies.row(number, named=True))

    def _add_member(self, fix: Fix, row: dict[str, Any]) -> None:
        spare = fix.spare or self._add_spare(fix)
        self.rows.append(
            copy_row(row) | {"provider": spare, "source": None, "evidence": None, "as_of": None}
        )

    def _add_spare(self, fix: Fix) -> str:
        """An entity of its own beside the provider, which depends on nothing."""
        dependent, provider = str(fix.dependent), str(fix.provider)
        identifier = self._name_free(f"beside {provider} for {dependent}", fix)
        kind = self.graph.entities["kind"][find_number(self.graph, provider)]
        words = {"id": identifier, "name": identifier, "kind": kind, "weight": 0.0}
        self.entities[identifier] = words
        return identifier

    def _name_free(self, text: str, fix: Fix) -> str:
        text = f"another member {text}" if fix.kind == "group_member" else f"second {text}"
        while text in self.ids:
            text += "'"
        return text

    def _name_group(self, row: dict[str, Any]) -> str:
        """A name that no group of the dependent has: one for each relation to the provider."""
        name = f"{row['provider']} or another, {row['relation']}"
        while (row["dependent"], name) in self.groups:
            name += "'"
        return name

    @cached_property
    def ids(self) -> set[str]:
        return set(self.graph.ids)

    @cached_property
    def groups(self) -> set[tuple[str, str]]:
        """Every group, by dependent and name."""
        grouped = self.graph.dependencies.filter(pl.col("group").is_not_null())
        pairs = grouped.select(pl.col("dependent").cast(pl.String), "group")
        return set(pairs.iter_rows())


def find_rows(graph: DependencyGraph, fix: Fix) -> list[int]:
    """The dependencies that a fix of these ends is about. Raises ScenarioError where none is."""
    rows = list_rows(graph).get((str(fix.dependent), str(fix.provider)), [])
    if fix.kind in ADDING:
        grouped = _list_grouped(graph)
        wanted = fix.kind == "group_member"
        rows = [r for r in rows if grouped[r] == wanted]
    if not rows:
        said = {"group_member": "a group of {} with {} as a member",
                "second_provider": "a dependency of {} on {} that stands in no group"}  # fmt: skip
        expected = said.get(fix.kind, "a dependency of {} on {}")
        ends = (repr(clip(str(end), 60)) for end in (fix.dependent, fix.provider))
        raise ScenarioError(f"{fix.kind}: expected {expected.format(*ends)}, found none")
    return rows


def _list_grouped(graph: DependencyGraph) -> list[bool]:
    """Whether each dependency stands in a group; found once for a graph."""
    if graph not in _GROUPED:
        _GROUPED[graph] = graph.dependencies["group"].is_not_null().to_list()
    return _GROUPED[graph]


def list_rows(graph: DependencyGraph) -> dict[tuple[str, str], list[int]]:
    """The numbers of the dependencies between each two ends; found once for a graph."""
    if graph not in _ROWS:
        rows: dict[tuple[str, str], list[int]] = {}
        ends = graph.dependencies.select(pl.col("dependent", "provider").cast(pl.String))
        for number, (dependent, provider) in enumerate(ends.iter_rows()):
            rows.setdefault((dependent, provider), []).append(number)
        _ROWS[graph] = rows
    return _ROWS[graph]


def find_number(graph: DependencyGraph, identifier: str | None) -> int:
    """The number of the entity with this id; all are looked up once for a graph."""
    if graph not in _NUMBERS:
        _NUMBERS[graph] = {i: number for number, i in enumerate(graph.ids)}
    return _NUMBERS[graph][identifier or ""]


_ROWS: WeakKeyDictionary[DependencyGraph, dict[tuple[str, str], list[int]]] = WeakKeyDictionary()
_GROUPED: WeakKeyDictionary[DependencyGraph, list[bool]] = WeakKeyDictionary()
_NUMBERS: WeakKeyDictionary[DependencyGraph, dict[str, int]] = WeakKeyDictionary()


def describe_fix(fix: Fix, names: dict[str, str]) -> str:
    """What a fix is, in words."""
    dependent, provider, spare = (
        clip(names.get(i or "", i or ""), 60) for i in (fix.dependent, fix.provider, fix.spare)
    )
    match fix.kind:
        case "second_provider":
            return f"a second provider for {dependent} beside {provider}" + (
                f": {spare}" if fix.spare else ""
            )
        case "group_member":
            return f"one more member beside {provider} for {dependent}" + (
                f": {spare}" if fix.spare else ""
            )
        case "buffer":
            return f"a buffer of {fix.hours:g} hours for {dependent} on {provider}"
        case "repair":
            return f"a faster repair of {dependent}"
        case "safe":
            return f"{dependent} made safe"
    return f"the rollout stopped at hour {fix.hours:g}"


def list_words(fixes: Sequence[Fix], names: dict[str, str]) -> str:
    """The fixes in a sentence."""
    from knockon.graph.words import join

    return join([describe_fix(fix, names) for fix in fixes])
