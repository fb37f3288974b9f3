"""The routes of an answer as a forest: who stands behind whom, and what is said of each."""

import heapq
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip, did_you_mean


@dataclass(frozen=True)
class Forest:
    """Rows of `Impact.forest`: parent (-1 at origins), and how many stand behind each.

    top_down: rows in focus, providers first; place: rows of `entities`, the worst first
    left_out: how many are out of focus
    """

    rows: pl.DataFrame
    number: list[int]
    place: list[int]
    parent: list[int]
    top_down: list[int]
    children: dict[int, list[int]]
    behind: list[int]
    known: list[bool]
    source: list[int]
    low: Floats
    middle: Floats
    high: Floats
    deepest: int
    left_out: int

    @classmethod
    def of(cls, impact: Impact, focus: str = "") -> "Forest":
        number, place, before, cost, depth, stated, source = impact.forest.get_columns()
        rows = impact.entities[place]
        parent = before.to_list()
        order = (number.to_numpy(), depth.to_numpy(), cost.to_numpy())
        top_down = np.lexsort(order).tolist()
        if focus:
            kept = _find_focus(rows, parent, top_down, focus)
            top_down = [e for e in top_down if e in kept]
        children, behind = count_behind(parent, top_down)
        depths = depth.to_list()
        low, middle, high = (rows[f"probability{w}"].to_numpy() for w in ("_low", "", "_high"))
        return cls(
            rows, number.to_list(), place.to_list(), parent, top_down, children, behind,
            stated.to_list(), source.to_list(), low, middle, high,
            max((depths[e] for e in top_down), default=0), len(parent) - len(top_down),
        )  # fmt: skip

    @property
    def roots(self) -> list[int]:
        return [e for e in self.top_down if self.parent[e] < 0]

    @cached_property
    def kinds(self) -> list[str]:
        return self.values("kind")

    @cached_property
    def ids(self) -> list[str]:
        return self.values("id")

    @cached_property
    def names(self) -> list[str]:
        return self.values("name")

    @cached_property
    def verdicts(self) -> list[str]:
        return self.values("verdict")

    def values(self, column: str) -> list[Any]:
        """What the answer says of each. Raises ScenarioError that names the nearest column."""
        if column not in self.rows.columns:
            hint = did_you_mean(column, self.rows.columns)
            raise ScenarioError(f"group by: the answer has no column {column!r}{hint}")
        found: list[Any] = self.rows[column].to_list()
        return found

    def carriers(self, number: int, levels: int) -> set[int]:
        """The origins, and as many entities that most of the blast runs through, from them on."""
        named = set(self.roots)
        queue = [(self._rank(c), 1, c) for r in self.roots for c in self.children[r]]
        heapq.heapify(queue)
        while queue and len(named) < number + len(self.roots):
            _, level, entity = heapq.heappop(queue)
            if not self.behind[entity] or level >= levels:
                continue
            named.add(entity)
            for child in self.children[entity]:
                heapq.heappush(queue, (self._rank(child), level + 1, child))
        return named

    def _rank(self, e: int) -> tuple[float, float, int]:
        return (-self.behind[e], -float(self.middle[e]), self.number[e])


def count_behind(parent: list[int], top_down: list[int]) -> tuple[dict[int, list[int]], list[int]]:
    """Who stands right behind each, and how many do in all; top_down: providers first."""
    children: dict[int, list[int]] = defaultdict(list)
    behind = [0] * len(parent)
    for e in top_down:
        if parent[e] >= 0:
            children[parent[e]].append(e)
    for e in reversed(top_down):
        if parent[e] >= 0:
            behind[parent[e]] += behind[e] + 1
    return children, behind


def _find_focus(rows: pl.DataFrame, parent: list[int], top_down: list[int], focus: str) -> set[int]:
    """The entity, the route to it, and what stands behind it."""
    at = (rows["id"] == focus).arg_true().to_list()
    at = at or (rows["name"].str.to_lowercase() == focus.lower()).arg_true().to_list()
    if not at:
        hint = did_you_mean(focus, rows["name"].to_list())
        raise ScenarioError(f"focus: {clip(focus)!r} is not within reach of what fails{hint}")
    kept, e = set(at), parent[at[0]]
    for row in top_down:
        if parent[row] in kept:
            kept.add(row)
    while e >= 0:
        kept.add(e)
        e = parent[e]
    return kept
