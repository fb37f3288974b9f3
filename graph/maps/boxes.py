"""The boxes of a map: one entity, or a stack that names its worst and counts the rest."""

from collections import Counter
from dataclasses import dataclass

from knockon.graph.maps.heads import CELL, PAD
from knockon.graph.maps.marks import (
    Subject,
    choose_fill,
    draw_bar,
    draw_letter,
    draw_shape,
    find_verdict,
    link_to,
)
from knockon.graph.maps.page import Point, text
from knockon.graph.maps.plan import Box
from knockon.graph.maps.style import INK, LINE, MUTED, ON_ORIGIN, PLAIN, fill
from knockon.graph.maps.text import clean, settle, wrap, xml
from knockon.graph.words import (
    chance,
    duration,
    join,
    kind_name,
    kind_name_among,
    percent,
    range_of,
    sampled_percent,
    share_in_full,
)

WORST = 3  # names on a stack
_GLYPH = 21.0  # room of the mark before a name
_BADGE = 20.0  # room of a letter
_SMALL = 10.5
_TOP = {"enterprise": 3.0, "site": 4.0, "data_store": 5.0}  # clear of what the shape has on top
_LISTED = 12  # names in a tooltip


@dataclass(frozen=True)
class Words:
    """A line of text at (x, y) in a box; row: the entity whose mark stands before it, or -1."""

    x: float
    y: float
    said: str
    size: float
    bold: bool = False
    muted: bool = False
    row: int = -1


@dataclass(frozen=True)
class Label:
    """The lines of a box, and how tall they make it."""

    lines: tuple[Words, ...]
    size: Point


def label_box(subject: Subject, box: Box, wide: float) -> Label:
    """What stands in a box of this width."""
    return _label_single(subject, box, wide) if box.single else _label_stack(subject, box, wide)


def _label_single(subject: Subject, box: Box, wide: float) -> Label:
    row = box.members[0]
    room = wide - 2 * PAD - (_BADGE if box.letter else 0)
    names, size = settle(subject.name(row), room)
    lines, y = [], 6.0 + _TOP.get(box.kind, 0)
    for name in names:
        y += size + 2.5
        lines.append(Words(PAD, y, name, size, bold=box.origin))
    if box.origin:
        said = [describe_failing(subject, row)]
    else:
        said = [chance(box.low, box.middle, box.high, subject.cell(row, "std_error"))]
    said += [f"{box.behind:,} behind"] if box.behind else []
    said += [f"also by {join(box.beside)}"] if box.beside else []
    for line in wrap(" · ".join(said), _SMALL, wide - 2 * PAD):
        y += _SMALL + 3
        lines.append(Words(PAD, y, line, _SMALL, muted=True))
    return Label(tuple(lines), (wide, y + (9 if box.origin else 18)))


def _label_stack(subject: Subject, box: Box, wide: float) -> Label:
    """Names in a grid where the stack is open, else of the worst; then the rest in numbers."""
    lines: list[Words] = []
    y = 6.0
    if box.group:
        room = wide - 2 * PAD - (_BADGE if box.letter else 0)
        for line in wrap(clean(box.group.replace("_", " ")), 11.0, room):
            y += 13.5
            lines.append(Words(PAD, y, line, 11.0, bold=True))
    shown = list_shown(box)
    across = max(int((wide - 2 * PAD) // CELL), 1) if box.open else 1
    cell = (wide - 2 * PAD) / across
    room = cell - _GLYPH - 6 - (_BADGE if box.letter and across == 1 else 0)
    for first in range(0, len(shown), across):
        ends = [y]
        for place, row in enumerate(shown[first : first + across]):
            names, size = settle(subject.name(row), room, 3, (11.0, 10.5, 10.0))
            at, left = y + 3, PAD + place * cell
            for number, name in enumerate(names):
                at += size + 1.5
                lines.append(Words(left + _GLYPH, at, name, size, row=row if number == 0 else -1))
            ends.append(at)
        y = max(ends)
    rest = box.members[len(shown) :]
    if rest:
        for line in wrap(f"+ {count_kinds(subject, rest)}", 11.0, wide - 2 * PAD):
            y += 14
            lines.append(Words(PAD, y, line, 11.0, bold=True))
    number = len(box.members)
    said = "fail" if box.origin else range_of(box.low, box.middle, box.high, number)
    said = f"{number:,} in all: {said}" if rest or number > WORST else said
    said += f" · {box.behind:,} behind" if box.behind else ""
    y += 3
    for line in wrap(said, _SMALL, wide - 2 * PAD):
        y += _SMALL + 3
        lines.append(Words(PAD, y, line, _SMALL, muted=True))
    return Label(tuple(lines), (wide, y + (9 if box.origin else 18)))


def count_kinds(subject: Subject, rows: tuple[int, ...]) -> str:
    """`23 enterprises, 4 services and 2 others`."""
    counts = Counter(subject.cell(row, "kind") for row in rows)
    ordered = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
    name = kind_name if len(ordered) == 1 else kind_name_among
    said = [f"{n:,} {name(kind, n)}" for kind, n in ordered[:3]]
    rest = sum(n for _, n in ordered[3:])
    return join([*said, f"{rest:,} {kind_name('other', rest)}"] if rest else said)


def describe_failing(subject: Subject, row: int) -> str:
    """`fails`, or `fails by 30 %` where the origin loses a part only."""
    identifier = subject.cell(row, "id")
    share = next(o.severity for o in subject.impact.scenario.origins if o.id == identifier)
    return "fails" if share == 1 else f"fails by {share_in_full(share)}"


def draw_box(subject: Subject, box: Box, label: Label, at: Point, tall: float) -> str:
    """A box at its upper left corner, as tall as the flow made it."""
    wide, number = label.size[0], len(box.members)
    verdict = find_verdict(box)
    shares = (box.low / number, box.middle / number, box.high / number)
    colour = choose_fill(subject, *shares, verdict)
    if not box.single and _is_mixed(subject, box):
        colour, verdict = PLAIN, "mixed"
    kind = box.kind if box.single else ""
    parts = [f"<title>{xml(write_tooltip(subject, box))}</title>"]
    if not box.single:
        for step in (6, 3):
            parts.append(
                f'<path d="M{step + 4:g},{tall + step:.1f}H{wide + step:.1f}V{step + 4:g}" '
                f'fill="none" stroke="{LINE}"/>'
            )
    parts.append(draw_shape(kind, wide, tall, colour, verdict))
    down = (tall - label.size[1]) / 2
    ink = ON_ORIGIN if box.origin else INK
    for words in label.lines:
        parts.append(_draw_words(subject, box, words, down, ink))
    if not box.origin:
        parts.append(draw_bar(PAD, tall - down - 11, wide - 2 * PAD, 4.5, shares))
    if box.letter:
        parts.append(draw_letter(box.letter, wide - 14, 14))
    drawn = "".join(parts)
    place = f'transform="translate({at[0]:.1f},{at[1]:.1f})"'
    if box.single:
        row = box.members[0]
        inner = link_to(subject, row, drawn)
        known = f'id="e{subject.number[row]}" data-id="{xml(subject.cell(row, "id"))}"'
        return f'<g class="box" {known} {place}>{inner}</g>'
    return f'<g class="box stack" data-stack="{xml(box.key)}" {place}>{drawn}</g>'


def _is_mixed(subject: Subject, box: Box) -> bool:
    """Whether the marks of the members of a stack differ."""
    if not subject.stated or box.origin:
        return find_verdict(box) == "mixed"
    return len({fill(subject.cell(row, "probability")) for row in box.members}) > 1


def list_shown(box: Box) -> tuple[int, ...]:
    """The members that stand in a box by name."""
    if box.open and box.shown:
        return box.members[: box.shown]
    return box.members if box.single or box.open else box.members[:WORST]


def _draw_words(subject: Subject, box: Box, words: Words, down: float, ink: str) -> str:
    faint = words.muted and not subject.stated and find_verdict(box) != "hit"
    colour = MUTED if faint and not box.origin else ink
    said = text(words.x, words.y + down, words.said, words.size, colour, bold=words.bold)
    if words.row < 0 or box.single:
        return said
    row = words.row
    low, middle, high = (
        subject.cell(row, f"probability{which}") for which in ("_low", "", "_high")
    )
    verdict = "fails" if box.origin else subject.cell(row, "verdict")
    colour = choose_fill(subject, low, middle, high, verdict)
    shape = draw_shape(subject.cell(row, "kind"), 34, 18, colour, verdict)
    left, top = words.x - _GLYPH, words.y + down - 8.5
    tip = "" if box.origin else f": hit in {chance(low, middle, high)} of all worlds"
    drawn = (
        f'<g id="e{subject.number[row]}" data-id="{xml(subject.cell(row, "id"))}">'
        f"<title>{xml(subject.name(row) + tip)}</title>"
        f'<g transform="translate({left:.1f},{top:.1f}) scale(0.5)">{shape}</g>{said}</g>'
    )
    return link_to(subject, row, drawn)


def write_tooltip(subject: Subject, box: Box) -> str:
    """Who is in a box, how probably hit, and who is behind."""
    number = len(box.members)
    if box.single:
        row = box.members[0]
        what = f"{subject.name(row)} ({kind_name(box.kind, 1)}, {subject.cell(row, 'id')})"
        error = subject.cell(row, "std_error")
        if box.origin:
            figure = describe_failing(subject, row)
        else:
            figure = f"hit in {chance(box.low, box.middle, box.high, error)} of all worlds"
            if percent(box.low) != percent(box.high):
                figure += f", {sampled_percent(box.middle, error)} {subject.middle}"
    else:
        names = [subject.name(m) for m in box.members[:_LISTED]]
        more = number - len(names)
        listed = "; ".join(names) + (f"; and {more:,} more" if more else "")
        what = f"{count_kinds(subject, box.members)}: {listed}"
        figure = "fail" if box.origin else range_of(box.low, box.middle, box.high, number)
    behind = f"; {box.behind:,} more are within reach through it" if box.behind else ""
    return f"{what} - {figure}{_when(subject, box)}{behind}"


def _when(subject: Subject, box: Box) -> str:
    """`; down after 1 h for 4 h`, where the answer has hours and the box is one entity."""
    if not box.single:
        return ""
    start, down = (subject.cell(box.members[0], c) for c in ("start_hours", "down_hours"))
    return "" if start is None else f"; down after {duration(start)} for {duration(down)}"
