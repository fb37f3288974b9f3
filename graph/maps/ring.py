"""The radial form of a flow: what fails in the middle, all whom it hits at one hop around it.

It is drawn where it reads better, by a measure: one origin, more than `FEW` at one hop and nobody
beyond, and around the origin more of them stand by name with a band of their own than in columns,
or as many on a picture that is less tall.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from knockon.graph.maps.boxes import Label, Words, label_box
from knockon.graph.maps.heads import FLOW, PAD, TALL
from knockon.graph.maps.marks import Subject
from knockon.graph.maps.page import Point
from knockon.graph.maps.plan import Box, Line, Plan, plan_one_by_one
from knockon.graph.maps.text import settle, width
from knockon.graph.maps.view import NODES
from knockon.graph.words import chance

FEW = 6  # read well in a column
_APART, _HUB, _WIDE, _SMALL = 7.0, 128.0, 212.0, 10.5
_NEAR, _OUT = 40.0, 60.0  # of the least distance to the hub, and how far the middle ones are beyond
_BAND, _HEAD, _UNDER = 5.0, 9.0, 12.0  # width of a band, length of its head, how far under the hub


@dataclass(frozen=True)
class Spoke:
    """A band from the hub to a box: its area, its head."""

    line: Line
    area: str
    head: str


@dataclass(frozen=True)
class Ring:
    """Places of boxes, clockwise from the top, the first at the right; the hub grown."""

    labels: Mapping[str, Label]
    tops: Mapping[str, Point]
    talls: Mapping[str, float]
    spokes: tuple[Spoke, ...]
    height: float


def try_ring(subject: Subject, height: float) -> tuple[Subject, Ring] | None:
    """The radial form where it reads better than columns of this height."""
    view, boxes = subject.view, subject.plan.boxes
    if view.group_by or view.depth or view.open or view.focus:
        return None
    if len([b for b in boxes if b.origin]) != 1 or max(b.column for b in boxes) != 1:
        return None
    number = sum(len(b.members) for b in boxes if not b.origin)
    if subject.plan.last or not FEW < number <= min(view.max_nodes, NODES):
        return None
    own = sum(b.single for b in boxes if not b.origin)
    around = Subject(subject.impact, plan_one_by_one(subject.impact, view), view)
    ring = lay_out_ring(around)
    better = (number, -ring.height) > (own, -height)
    return (around, ring) if better and ring.height <= TALL else None


def lay_out_ring(subject: Subject) -> Ring:
    """Half of them right of the hub from the top, the others left of it from the bottom."""
    hub, *others = _order(subject)
    labels = {b.key: _label(subject, b) for b in others}
    labels[hub.key] = label_box(subject, hub, _HUB)
    half = (len(others) + 1) // 2
    sides = (others[:half], others[half:][::-1])
    stacks = [sum(labels[b.key].size[1] + _APART for b in side) - _APART for side in sides]
    tall = max(stacks)
    middle = FLOW / 2
    hub_tall = max(labels[hub.key].size[1], tall * 0.5)
    tops: dict[str, Point] = {hub.key: (middle - _HUB / 2, (tall - hub_tall) / 2)}
    ends: list[tuple[Box, bool, Point]] = []
    for right, side, whole in zip((True, False), sides, stacks, strict=True):
        y = (tall - whole) / 2
        for box in side:
            high = labels[box.key].size[1]
            out = (y + high / 2 - tall / 2) / (tall / 2)
            far = _HUB / 2 + _NEAR + _OUT * sqrt(max(1 - out * out, 0.0))
            tops[box.key] = (middle + far if right else middle - far - _WIDE, y)
            ends.append((box, right, (middle + far if right else middle - far, y + high / 2)))
            y += high + _APART
    talls = {key: label.size[1] for key, label in labels.items()} | {hub.key: hub_tall}
    spokes = _draw_spokes(subject.plan, ends, (tops[hub.key], hub_tall))
    return Ring(labels, tops, talls, spokes, tall)


def _order(subject: Subject) -> list[Box]:
    """The hub, then the hardest hit first."""
    place = subject.place
    return sorted(subject.plan.boxes, key=lambda b: (not b.origin, place[b.members[0]]))


def _label(subject: Subject, box: Box) -> Label:
    """A name, and how probably it is hit beside or below it; the bar comes below."""
    row = box.members[0]
    said = chance(box.low, box.middle, box.high, subject.cell(row, "std_error"))
    room, figure = _WIDE - 2 * PAD, width(said, _SMALL)
    names, size = settle(subject.name(row), room - figure - 8, 2, (11.5, 11.0, 10.5, 10.0))
    lines, y = [], 6.0
    for name in names:
        y += size + 2
        lines.append(Words(PAD, y, name, size))
    lines.append(Words(_WIDE - PAD - figure, y, said, _SMALL, muted=True))
    return Label(tuple(lines), (_WIDE, y + 16))


def _draw_spokes(
    plan: Plan, ends: Sequence[tuple[Box, bool, Point]], hub: tuple[Point, float]
) -> tuple[Spoke, ...]:
    """Bands that begin on the sides of the hub in the order of their ends."""
    line_to = {line.head: line for line in plan.lines}
    (left, top), tall = hub
    spokes = []
    for right in (True, False):
        side = [(box, end) for box, of, end in ends if of == right]
        step = tall * 0.86 / max(len(side), 1)
        for place, (box, (x, y)) in enumerate(side):
            start = left + (_HUB - _UNDER if right else _UNDER)
            port = top + tall * 0.07 + step * (place + 0.5)
            back = x - _HEAD if right else x + _HEAD
            w = _BAND / 2
            area = (
                f"M{start:.1f},{port - w:.1f}L{back:.1f},{y - w:.1f}V{y + w:.1f}"
                f"L{start:.1f},{port + w:.1f}Z"
            )
            head = f"M{back:.1f},{y - w - 3:.1f}L{x:.1f},{y:.1f}L{back:.1f},{y + w + 3:.1f}Z"
            spokes.append(Spoke(line_to[box.key], area, head))
    return tuple(spokes)
