"""What a map shows: who carries the failure by name, everybody else counted once, on their route.

The routes of all entities within reach form a forest. Its strongest carriers become boxes of their
own; the others right behind a box are one stack, which names its worst and counts the rest. Behind
a stack stands one stack. Columns are dependencies from what failed; the last holds all beyond.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.maps.forest import Forest
from knockon.graph.maps.view import PLAIN, MapView
from knockon.graph.scenario.strengths import SOURCES

ALONE = 16  # entities that all stand in boxes of their own
NAMED = (14, 11, 9, 7, 5, 4, 3, 2, 1)  # carriers named, as many as fit
LEVELS = 3  # columns right of what fails; the last holds what lies beyond, too
DEEP = 5  # the same where few are within reach
ORIGINS = 6  # origins drawn one by one
OPENED = 10  # times as many names as a page has marks, in an opened stack
OTHER = "other"
NONE = "none stated"


@dataclass(frozen=True)
class Box:
    """One mark: an entity, or a stack of several. Figures are sums over its members.

    key: `e5` is entity 5, `e5/*` the stack right behind it, `e5/*/*` the one behind that; with a
        column to group by `e5/VALUE`
    members: rows of the forest, the worst first; behind: entities on routes through it
    column: 0 for what fails; group: the value that its members share; open: all by name
    shown: how many of an open one stand there by name, the worst; 0: all
    sure, unknown: how many are hit for sure, and not known; the others are spared
    """

    key: str
    kind: str
    members: tuple[int, ...]
    behind: int
    low: float
    middle: float
    high: float
    origin: bool
    column: int
    sure: int
    unknown: int
    group: str = ""
    open: bool = False
    shown: int = 0
    letter: str = ""
    beside: tuple[str, ...] = ()  # letters of boxes by which it may come, too

    @property
    def single(self) -> bool:
        return len(self.members) == 1


@dataclass(frozen=True)
class Line:
    """The failure passes from one box to another, to `count` entities there and behind it.

    known: share of its strengths that are stated; source: of the weakest of them.
    """

    tail: str
    head: str
    count: int
    known: float
    source: str = "none"


@dataclass(frozen=True)
class Plan:
    """Boxes from left to right and from top to bottom, and the lines between them.

    last: number of the last column where it also holds what lies beyond, else 0
    owner: key of the box of each row of the forest; left_out: entities out of focus
    """

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    last: int
    owner: tuple[str, ...]
    left_out: int = 0

    @cached_property
    def letters(self) -> dict[str, str]:
        return {b.key: b.letter for b in self.boxes}

    def find_letter(self, parent: Sequence[int], row: int) -> str:
        """The letter of the box by which an entity came; nothing where it stands in no box.

        row, parent: of the forest; -1 for none
        """
        mine = self.owner[row] if row >= 0 else ""
        if not mine:
            return ""
        while row >= 0 and self.owner[row] == mine:
            row = parent[row]
        return self.letters.get(self.owner[row], "") if row >= 0 else ""


def plan_map(impact: Impact, view: MapView = PLAIN) -> Plan:
    """The plan that names as many carriers as a page has marks for."""
    return next(iter(list_plans(impact, view)))


def plan_one_by_one(impact: Impact, view: MapView = PLAIN) -> Plan:
    """The plan in which everybody right behind what fails stands in a box of their own."""
    forest = Forest.of(impact, view.focus)
    return _draft(impact.arcs, forest, view, set(forest.top_down), 1, whole=True)


def list_plans(impact: Impact, view: MapView = PLAIN) -> Iterator[Plan]:
    """Plans that name fewer and fewer carriers; those of too many marks are left out."""
    return list_plans_of(Forest.of(impact, view.focus), view, impact.arcs)


def list_plans_of(
    forest: Forest, view: MapView, arcs: pl.DataFrame | None = None
) -> Iterator[Plan]:
    """The same of a forest; arcs: ways beside its routes, where they are known."""
    number = len(forest.top_down)
    levels = LEVELS if number > ALONE else DEEP
    depth = min(view.depth or levels, max(forest.deepest, 1))
    if number <= view.max_nodes:
        named = set(forest.top_down) if number <= ALONE else forest.carriers(number, depth)
        yield _draft(arcs, forest, view, named, depth, whole=True)
        return
    few = len(forest.roots) if len(forest.roots) <= ORIGINS else 1
    most = max(min(view.max_nodes, 8 * depth + 4), few + 1)
    for carriers in NAMED:
        plan = _draft(arcs, forest, view, forest.carriers(carriers, depth), depth)
        if len(plan.boxes) <= most or carriers == NAMED[-1]:
            yield plan


def _draft(
    arcs: pl.DataFrame | None, forest: Forest, view: MapView, named: set[int], depth: int, *,
    whole: bool = False,
) -> Plan:  # fmt: skip
    owner, column, beyond = _assign(forest, view, named, depth)
    members: dict[str, list[int]] = defaultdict(list)
    for e in forest.top_down:
        members[owner[e]].append(e)
    lines = [
        _line(forest, owner, key, rows) for key, rows in members.items()
        if any(forest.parent[e] >= 0 and owner[forest.parent[e]] != key for e in rows)
    ]  # fmt: skip
    opened = {name.casefold() for name in view.open}
    boxes = {}
    for key, rows in members.items():
        box = _box(forest, key, rows, column[rows[0]])
        if view.group_by and len(rows) > 1:
            box = replace(box, group=_group(forest, view, rows[0]))
        shown = 0 if whole else OPENED * view.max_nodes
        opens = whole or bool(opened & _names_of(forest, owner, box))
        boxes[key] = replace(box, open=opens, shown=shown if len(rows) > shown else 0)
    ordered = _order(boxes, lines)
    letters = _letter(ordered, {w.tail for w in lines})
    done = [replace(b, letter=letters.get(b.key, "")) for b in ordered]
    if all(b.single for b in done):
        done = _add_beside(arcs, forest, done, {(w.tail, w.head) for w in lines}, letters)
    place = {b.key: i for i, b in enumerate(done)}
    lines.sort(key=lambda w: (place[w.tail], place[w.head]))
    return Plan(tuple(done), tuple(lines), depth if beyond else 0, tuple(owner), forest.left_out)


def _assign(
    forest: Forest, view: MapView, named: set[int], depth: int
) -> tuple[list[str], list[int], bool]:
    """The key of the box of each row, its column, and whether some lie beyond the last."""
    owner, column = [""] * len(forest.parent), [0] * len(forest.parent)
    crowd, beyond = len(forest.roots) > ORIGINS, False
    for e in forest.top_down:
        parent = forest.parent[e]
        if parent < 0:
            owner[e] = "origins" if crowd else f"e{forest.number[e]}"
            continue
        column[e] = column[parent] + 1
        if column[e] > depth:
            owner[e], column[e], beyond = owner[parent], depth, True
        elif e in named and not (column[e] == depth and forest.behind[e]):
            owner[e] = f"e{forest.number[e]}"
        else:
            group = _group(forest, view, e).replace("/", "_") if view.group_by else "*"
            owner[e] = f"{owner[parent]}/{group}"
    return owner, column, beyond


def _group(forest: Forest, view: MapView, e: int) -> str:
    return str(forest.values(view.group_by)[e] or NONE)


def _names_of(forest: Forest, owner: Sequence[str], box: Box) -> set[str]:
    """What a stack may be called when it is to be opened: its key, what it stands behind."""
    if box.single:
        return set()
    first = box.members[0]
    parent = forest.parent[first]
    names = {box.key.casefold()}
    if parent >= 0 and "/" not in owner[parent]:
        names |= {forest.ids[parent].casefold(), forest.names[parent].casefold()}
    return names


def _line(forest: Forest, owner: Sequence[str], key: str, rows: list[int]) -> Line:
    entering = [e for e in rows if forest.parent[e] >= 0 and owner[forest.parent[e]] != key]
    inside = set(rows)
    behind = sum(forest.behind[e] + 1 for e in rows if forest.parent[e] not in inside)
    known = sum(forest.known[e] for e in entering) / len(entering)
    source = SOURCES[max(forest.source[e] for e in entering)]
    return Line(owner[forest.parent[entering[0]]], key, behind, known, source)


def _box(forest: Forest, key: str, rows: list[int], column: int) -> Box:
    inside = set(rows)
    kinds = {forest.kinds[e] for e in rows}
    worst = sorted(rows, key=lambda e: forest.place[e])
    verdicts = Counter(forest.verdicts[e] for e in rows)
    return Box(
        key=key,
        kind=kinds.pop() if len(kinds) == 1 else OTHER,
        members=tuple(worst),
        behind=sum(forest.behind[e] + 1 for e in rows if forest.parent[e] not in inside)
        - len(rows),
        low=float(forest.low[worst].sum()),
        middle=float(forest.middle[worst].sum()),
        high=float(forest.high[worst].sum()),
        origin=forest.parent[rows[0]] < 0,
        column=column,
        sure=verdicts["hit"],
        unknown=verdicts["unknown"],
    )


def _order(boxes: dict[str, Box], lines: Sequence[Line]) -> list[Box]:
    """By column; within it those behind one box together, who carries most first, stacks last."""
    children: dict[str, list[Box]] = defaultdict(list)
    counts = {w.head: w.count for w in lines}
    for line in lines:
        children[line.tail].append(boxes[line.head])

    def place(box: Box) -> tuple[bool, int, float, str]:
        return (not box.single, -counts.get(box.key, box.behind), -box.middle, box.key)

    row = sorted((b for b in boxes.values() if b.column == 0), key=place)
    ordered: list[Box] = []
    while row:
        ordered += row
        row = [child for b in row for child in sorted(children[b.key], key=place)]
    return ordered


def _letter(boxes: Sequence[Box], tails: set[str]) -> dict[str, str]:
    """A, B, C, ... on what passes the failure on, in the order of reading."""
    found: dict[str, str] = {}
    for box in boxes:
        if box.key in tails:
            number = len(found)
            first = chr(64 + number // 26) if number >= 26 else ""
            found[box.key] = first + chr(65 + number % 26)
    return found


def _add_beside(
    arcs: pl.DataFrame | None, forest: Forest, boxes: list[Box], drawn: set[tuple[str, str]],
    letters: dict[str, str],
) -> list[Box]:  # fmt: skip
    """The boxes with the letters of others by which the failure may come, too."""
    if arcs is None:
        return boxes
    key_of = {forest.number[b.members[0]]: b.key for b in boxes}
    more: dict[str, set[str]] = defaultdict(set)
    for tail, head in arcs.select("tail", "head").iter_rows():
        if tail in key_of and head in key_of and (key_of[tail], key_of[head]) not in drawn:
            more[key_of[head]].add(key_of[tail])
    free = iter(_spare_letters(letters))
    for box in boxes:  # who passes on beside routes only has a letter, too
        if any(box.key in tails for tails in more.values()) and box.key not in letters:
            letters[box.key] = next(free)
    return [
        replace(
            b, letter=letters.get(b.key, ""),
            beside=() if b.origin else tuple(sorted(letters[t] for t in more[b.key])),
        )
        for b in boxes
    ]  # fmt: skip


def _spare_letters(letters: dict[str, str]) -> list[str]:
    alphabet = [chr(65 + i) for i in range(26)]
    return [a for a in [*alphabet, *(f"A{a}" for a in alphabet)] if a not in letters.values()]
