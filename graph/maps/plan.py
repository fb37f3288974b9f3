"""What a map shows: the strongest carriers by name, everybody else counted once, on their route.

The routes of all entities within reach form a forest. Its strongest nodes become boxes of their
own; the entities behind a named box that are not named are counted by kind, first those that hang
on it directly (with what they pass on within their kind), then what lies behind these.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from knockon.graph.analysis.whatif import Impact

BOXES = 34  # a stranger reads no more in ten seconds
NAMED = (24, 18, 14, 11, 8, 6, 4, 2)  # carriers named, as many as fit
KINDS = (5, 3, 2)  # kinds told apart, the rest is counted as "other"
LEVELS = 5  # columns of carriers named
ORIGINS = 6  # origins drawn one by one
OTHER = "other"


@dataclass(frozen=True)
class Box:
    """One mark: an entity, or several of one kind. Figures are sums over its members.

    key: `e5` is entity 5, `e5/service` services right behind it, `e5/service/site` sites behind
    these. members: numbers of the entities; behind: entities on routes through it
    """

    key: str
    kind: str
    members: tuple[int, ...]
    behind: int
    low: float
    middle: float
    high: float
    origin: bool

    @property
    def single(self) -> bool:
        return len(self.members) == 1


@dataclass(frozen=True)
class Line:
    """The failure passes from one box to another, to `count` entities there and behind it.

    known: share of its strengths that are stated. beside: no route, but one more way to fail.
    """

    tail: str
    head: str
    count: int
    known: float
    beside: bool = False


@dataclass(frozen=True)
class Plan:
    """Boxes and lines, each in order of drawing; `left_out`: lines beside the routes not drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int = 0


class _Forest:
    """The routes of an answer: parent (-1 at origins), depth and subtree size of each entity."""

    def __init__(self, impact: "Impact") -> None:
        found = impact.spread
        routes, entity = found.routes, found.circuit.entity
        row = np.full(impact.graph.size, -1)
        row[found.entity] = np.arange(len(found.entity))
        before = routes.before[found.node_of]
        self.parent = np.where(before >= 0, row[entity[before]], -1).tolist()
        depth = routes.depth[found.node_of]
        self.top_down = np.lexsort((found.entity, depth, routes.cost[found.node_of])).tolist()
        self.number = found.entity.tolist()
        self.roots = [i for i, o in enumerate(found.origin.tolist()) if o]
        self.children: dict[int, list[int]] = defaultdict(list)
        self.behind = [0] * len(self.parent)
        for e in self.top_down:
            if self.parent[e] >= 0:
                self.children[self.parent[e]].append(e)
        for e in reversed(self.top_down):
            if self.parent[e] >= 0:
                self.behind[self.parent[e]] += self.behind[e] + 1
        stated = ~np.isnan(impact.graph.dependencies["probability"].to_numpy())
        arc = routes.arc[found.node_of]
        dependency = found.circuit.dependency[found.circuit.member]
        known = np.ones(len(arc), bool)
        known[arc >= 0] = stated[dependency[arc[arc >= 0]]]
        self.known = known.tolist()
        self.kinds = impact.graph.entities["kind"].gather(found.entity).to_list()
        self.depth = int(depth.max(initial=0))
        self.middle = found.middle.tolist()

    def carriers(self, number: int) -> set[int]:
        """The origins, and as many entities that most of the blast runs through, from them on."""
        named = set(self.roots)
        queue = [(self._rank(c), 1, c) for r in self.roots for c in self.children[r]]
        heapq.heapify(queue)
        while queue and len(named) < number + len(self.roots):
            _, level, entity = heapq.heappop(queue)
            if not self.behind[entity]:
                break
            named.add(entity)
            if level < LEVELS:
                below = self.children[entity]
                for child in below:
                    heapq.heappush(queue, (self._rank(child), level + 1, child))
        return named

    def _rank(self, e: int) -> tuple[int, float, int]:
        return (-self.behind[e], -self.middle[e], e)


def plan_map(impact: "Impact", boxes: int = BOXES) -> Plan:
    """The plan that names as many carriers and tells as many kinds apart as the boxes hold."""
    forest = _Forest(impact)
    everybody = set(range(len(forest.parent)))
    if len(everybody) <= boxes and forest.depth <= LEVELS + 1:
        return _draft(impact, forest, _owners(forest, everybody, forest.kinds))
    told = [_few_kinds(forest.kinds, number) for number in KINDS]
    for named in NAMED:
        carriers = forest.carriers(named)
        for kinds in told:
            owner = _owners(forest, carriers, kinds)
            if len(set(owner)) <= boxes:
                return _draft(impact, forest, owner)
    return _draft(impact, forest, _owners(forest, carriers, _few_kinds(forest.kinds, 0)))


def _few_kinds(kinds: list[str], number: int) -> list[str]:
    """The kind of each entity, the rare ones as OTHER."""
    common = sorted(Counter(kinds).items(), key=lambda kv: (-kv[1], kv[0]))
    kept = {k for k, _ in (common if len(common) <= number + 1 else common[:number])}
    return [k if k in kept else OTHER for k in kinds]


def _owners(forest: _Forest, named: set[int], kinds: list[str]) -> list[str]:
    """The key of the box of each entity."""
    owner = [""] * len(forest.parent)
    crowd = len(forest.roots) > ORIGINS
    for e in forest.top_down:
        kind, parent = kinds[e].replace("/", "_"), forest.parent[e]
        if e in named:
            owner[e] = "origins" if crowd and parent < 0 else f"e{forest.number[e]}"
        elif parent in named:
            owner[e] = f"{owner[parent]}/{kind}"
        else:
            first = "/".join(owner[parent].split("/")[:2])
            owner[e] = first if first.endswith(f"/{kind}") else f"{first}/{kind}"
    return owner


def _draft(impact: "Impact", forest: _Forest, owner: list[str]) -> Plan:
    members: dict[str, list[int]] = defaultdict(list)
    for e in forest.top_down:
        members[owner[e]].append(e)
    boxes = {key: _box(impact, forest, key, rows) for key, rows in members.items()}
    lines = []
    for key, rows in members.items():
        entering = [e for e in rows if forest.parent[e] >= 0]
        if entering:
            tail = key.rpartition("/")[0] or owner[forest.parent[rows[0]]]
            known = sum(forest.known[e] for e in entering) / len(entering)
            lines.append(Line(tail, key, len(rows) + boxes[key].behind, known))
    beside, left_out = _beside(impact, boxes.values(), {(w.tail, w.head) for w in lines})
    lines.sort(key=lambda w: (-w.count, -boxes[w.head].middle, w.tail, w.head))
    rank = {w.head: i for i, w in enumerate(lines)}
    drawn = sorted(boxes.values(), key=lambda b: (rank.get(b.key, -1), b.key))
    return Plan(tuple(drawn), (*lines, *beside), left_out)


def _box(impact: "Impact", forest: _Forest, key: str, rows: list[int]) -> Box:
    found, inside = impact.spread, set(rows)
    kinds = {forest.kinds[e] for e in rows}
    return Box(
        key=key,
        kind=kinds.pop() if len(kinds) == 1 else OTHER,
        members=tuple(forest.number[e] for e in rows),
        behind=sum(forest.behind[e] + 1 for e in rows if forest.parent[e] not in inside)
        - len(rows),
        low=float(found.low[rows].sum()),
        middle=float(found.middle[rows].sum()),
        high=float(found.high[rows].sum()),
        origin=forest.parent[rows[0]] < 0,
    )


def _beside(
    impact: "Impact", boxes: Iterable[Box], drawn: set[tuple[str, str]]
) -> tuple[list[Line], int]:
    """The other dependencies that may carry the failure, and how many are too many to draw.

    Beside aggregates they would be some of many, so there are none.
    """
    boxes = list(boxes)
    if not all(b.single for b in boxes):
        return [], 0
    box_of = {b.members[0]: b.key for b in boxes}
    circuit = impact.spread.circuit
    stated = ~np.isnan(impact.graph.dependencies["probability"].to_numpy())
    tail = circuit.entity[circuit.provider]
    head = circuit.entity[circuit.targets]
    known = stated[circuit.dependency[circuit.member]]
    origins = {b.members[0] for b in boxes if b.origin}
    more: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for a, b, sure in zip(tail.tolist(), head.tolist(), known.tolist(), strict=True):
        ends = (box_of[a], box_of[b])
        if b not in origins and ends not in drawn:
            more[ends].append(sure)
    if len(more) > BOXES:
        return [], len(more)
    lines = [Line(*ends, 0, sum(k) / len(k), beside=True) for ends, k in sorted(more.items())]
    return lines, 0
