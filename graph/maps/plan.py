"""What a map shows: the strongest carriers by name, everybody else counted once, on their route.

The routes of all entities within reach form a forest. Its strongest nodes become boxes of their
own; the entities behind a named box that are not named are counted by kind, first those that hang
on it directly (with what they pass on within their kind), then what lies behind these.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.impact import Impact
from knockon.graph.scenario.strengths import SOURCES

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
    these. members: rows of the forest; behind: entities on routes through it
    unknown: whether that is the verdict on all of them
    """

    key: str
    kind: str
    members: tuple[int, ...]
    behind: int
    low: float
    middle: float
    high: float
    origin: bool
    unknown: bool = False

    @property
    def single(self) -> bool:
        return len(self.members) == 1


@dataclass(frozen=True)
class Line:
    """The failure passes from one box to another, to `count` entities there and behind it.

    known: share of its strengths that are stated; source: of the weakest of them.
    beside: no route, but one more way to fail.
    """

    tail: str
    head: str
    count: int
    known: float
    beside: bool = False
    source: str = "none"


@dataclass(frozen=True)
class Plan:
    """Boxes and lines, each in order of drawing; `left_out`: lines beside the routes not drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_out: int = 0


class _Forest:
    """The routes of an answer: parent (-1 at origins), depth and subtree size of each entity."""

    def __init__(self, impact: Impact) -> None:
        number, place, parent, cost, depth, stated, source = impact.forest.get_columns()
        rows = impact.entities[place]
        self.parent = parent.to_list()
        order = (number.to_numpy(), depth.to_numpy(), cost.to_numpy())
        self.top_down = np.lexsort(order).tolist()
        self.number = number.to_list()
        self.roots = (rows["rank"] == 0).arg_true().to_list()
        self.children: dict[int, list[int]] = defaultdict(list)
        self.behind = [0] * len(self.parent)
        for e in self.top_down:
            if self.parent[e] >= 0:
                self.children[self.parent[e]].append(e)
        for e in reversed(self.top_down):
            if self.parent[e] >= 0:
                self.behind[self.parent[e]] += self.behind[e] + 1
        self.known = stated.to_list()
        self.source = source.to_list()
        self.kinds = rows["kind"].to_list()
        self.unknown = (rows["verdict"] == "unknown").to_numpy()
        self.depth = max(depth.to_list(), default=0)
        shares = (rows[f"probability{which}"].to_numpy() for which in ("_low", "", "_high"))
        self.low, self.middle, self.high = shares

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
        return (-self.behind[e], -float(self.middle[e]), e)


def plan_map(impact: Impact, boxes: int = BOXES) -> Plan:
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


def _draft(impact: Impact, forest: _Forest, owner: list[str]) -> Plan:
    members: dict[str, list[int]] = defaultdict(list)
    for e in forest.top_down:
        members[owner[e]].append(e)
    boxes = {key: _box(forest, key, rows) for key, rows in members.items()}
    lines = []
    for key, rows in members.items():
        entering = [e for e in rows if forest.parent[e] >= 0]
        if entering:
            tail = key.rpartition("/")[0] or owner[forest.parent[rows[0]]]
            known = sum(forest.known[e] for e in entering) / len(entering)
            source = SOURCES[max(forest.source[e] for e in entering)]
            lines.append(Line(tail, key, len(rows) + boxes[key].behind, known, source=source))
    beside, left_out = _beside(impact, forest, boxes.values(), {(w.tail, w.head) for w in lines})
    lines.sort(key=lambda w: (-w.count, -boxes[w.head].middle, w.tail, w.head))
    rank = {w.head: i for i, w in enumerate(lines)}
    drawn = sorted(boxes.values(), key=lambda b: (rank.get(b.key, -1), b.key))
    return Plan(tuple(drawn), (*lines, *beside), left_out)


def _box(forest: _Forest, key: str, rows: list[int]) -> Box:
    inside = set(rows)
    kinds = {forest.kinds[e] for e in rows}
    return Box(
        key=key,
        kind=kinds.pop() if len(kinds) == 1 else OTHER,
        members=tuple(rows),
        behind=sum(forest.behind[e] + 1 for e in rows if forest.parent[e] not in inside)
        - len(rows),
        low=float(forest.low[rows].sum()),
        middle=float(forest.middle[rows].sum()),
        high=float(forest.high[rows].sum()),
        origin=forest.parent[rows[0]] < 0,
        unknown=bool(forest.unknown[rows].all()),
    )


def _beside(
    impact: Impact, forest: _Forest, boxes: Iterable[Box], drawn: set[tuple[str, str]]
) -> tuple[list[Line], int]:
    """The other dependencies that may carry the failure, and how many are too many to draw.

    Beside aggregates they would be some of many, so there are none.
    """
    boxes = list(boxes)
    if impact.arcs is None or not all(b.single for b in boxes):
        return [], 0
    box_of = {forest.number[b.members[0]]: b.key for b in boxes}
    origins = {forest.number[b.members[0]] for b in boxes if b.origin}
    more = {
        (box_of[tail], box_of[head]): (stated / count, SOURCES[source])
        for tail, head, count, stated, source in impact.arcs.iter_rows()
        if head not in origins and (box_of[tail], box_of[head]) not in drawn
    }
    if len(more) > BOXES:
        return [], len(more)
    return [
        Line(*ends, 0, known, beside=True, source=source)
        for ends, (known, source) in sorted(more.items())
    ], 0
