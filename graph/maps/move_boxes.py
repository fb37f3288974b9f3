"""The boxes of the map of a comparison: one entity, or a stack of those that changed alike."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from knockon.graph.maps.boxes import WORST, Label, Words, list_shown
from knockon.graph.maps.changed import CHANGES, FAILS, Moves, draw_sign
from knockon.graph.maps.heads import CELL, PAD
from knockon.graph.maps.marks import draw_bar, draw_letter, draw_shape
from knockon.graph.maps.page import Point, text
from knockon.graph.maps.plan import Box
from knockon.graph.maps.style import BLUE, INK, LINE, ON_ORIGIN, ORIGIN, PLAIN
from knockon.graph.maps.text import settle, wrap, xml
from knockon.graph.words import between, chance, join, kind_name, percent

BEFORE, AFTER = "#b3b3b3", BLUE
SIDES = (("before", BEFORE), ("after", AFTER))
_GLYPH, _BADGE, _SMALL = 20.0, 20.0, 10.5
_BARS = 24.0  # room of both bars, below the words
_LISTED = 12


def label_box(moves: Moves, box: Box, wide: float) -> Label:
    """What stands in a box of this width."""
    return _label_single(moves, box, wide) if box.single else _label_stack(moves, box, wide)


def _label_single(moves: Moves, box: Box, wide: float) -> Label:
    row = box.members[0]
    room = wide - 2 * PAD - (_BADGE if box.letter else 0) - (0 if box.origin else _GLYPH)
    names, size = settle(moves.name(row), room)
    lines, y = [], 7.0
    shift = 0.0 if box.origin else _GLYPH
    for number, name in enumerate(names):
        y += size + 2.5
        mark = row if not number and not box.origin else -1
        lines.append(Words(PAD + shift, y, name, size, bold=box.origin, row=mark))
    said = [describe_failing(moves, row) if box.origin else describe_move(moves, row)]
    said += [f"{box.behind:,} behind"] if box.behind else []
    for line in wrap(" · ".join(said), _SMALL, wide - 2 * PAD):
        y += _SMALL + 3
        lines.append(Words(PAD, y, line, _SMALL))
    return Label(tuple(lines), (wide, y + (9 if box.origin else _BARS)))


def describe_failing(moves: Moves, row: int) -> str:
    when = moves.cell(row, "fails")
    return {"before": "failed before only", "after": "fails now only"}.get(when, "fails in both")


def describe_move(moves: Moves, row: int) -> str:
    """`100 %, then 0 %`, with ranges where strengths are unknown."""
    before, after = (describe_side(moves, row, side) for side, _ in SIDES)
    if before != after:
        return f"{before}, then {after}"
    if moves.cell(row, "change") == "same":
        return f"{after}, as before"
    ticks = [percent(moves.cell(row, side)) for side, _ in SIDES]
    return f"{after} in both, at the tick {ticks[0]}, then {ticks[1]}"


def describe_side(moves: Moves, row: int, side: str) -> str:
    figures = find_range(moves, row, side)
    if figures is None:
        return "not in this graph"
    return chance(*figures)


def find_range(moves: Moves, row: int, side: str) -> tuple[float, float, float] | None:
    """Low, middle, high of one side; None where the entity is not in that graph."""
    cells: Any = [moves.cell(row, name) for name in (f"{side}_low", side, f"{side}_high")]
    return None if cells[1] is None else (cells[0], cells[1], cells[2])


def _label_stack(moves: Moves, box: Box, wide: float) -> Label:
    """Names with the signs of their changes, all in a grid where the stack is open; then the rest
    in numbers."""
    lines: list[Words] = []
    y = 6.0
    shown = list_shown(box)
    across = max(int((wide - 2 * PAD) // CELL), 1) if box.open else 1
    cell = (wide - 2 * PAD) / across
    room = cell - _GLYPH - 6 - (_BADGE if box.letter and across == 1 else 0)
    for first in range(0, len(shown), across):
        ends = [y]
        for place, row in enumerate(shown[first : first + across]):
            names, size = settle(moves.name(row), room, 3, (11.0, 10.5, 10.0))
            at, left = y + 4, PAD + place * cell + _GLYPH
            for number, name in enumerate(names):
                at += size + 1.5
                mark = -1 if number or box.origin else row
                lines.append(Words(left, at, name, size, row=mark))
            ends.append(at)
        y = max(ends)
    rest = box.members[len(shown) :]
    if rest:
        for line in wrap(f"+ {count_changes(moves, rest)}", 11.0, wide - 2 * PAD):
            y += 14
            lines.append(Words(PAD, y, line, 11.0, bold=True))
    y += 3
    for line in wrap(describe_sums(moves, box), _SMALL, wide - 2 * PAD):
        y += _SMALL + 3
        lines.append(Words(PAD, y, line, _SMALL))
    return Label(tuple(lines), (wide, y + (9 if box.origin else _BARS)))


def count_changes(moves: Moves, rows: Sequence[int]) -> str:
    """`3 can be hit now, 12 more probable and 40 as before`."""
    counts = Counter(moves.cell(row, "change") for row in rows)
    said = [
        f"{counts[change]:,} {words}" for change, (_, words) in CHANGES.items() if counts[change]
    ]
    return join(said or [f"{len(rows):,} that fail"])


def describe_sums(moves: Moves, box: Box) -> str:
    if box.origin:
        return f"{box.behind:,} behind"
    sums = [_sum(moves, box, side) for side, _ in SIDES]
    said = [between(low, high) for low, _, high in sums]
    number = len(box.members)
    figures = f"{said[1]} hit, as before" if said[0] == said[1] else (
        f"{said[0]} hit, then {said[1]}"
    )  # fmt: skip
    figures = f"{number:,} in all: {figures}" if number > WORST else figures
    return f"{figures} · {box.behind:,} behind" if box.behind else figures


def _sum(moves: Moves, box: Box, side: str) -> tuple[float, float, float]:
    found = [find_range(moves, row, side) or (0.0, 0.0, 0.0) for row in box.members]
    low, middle, high = (sum(column) for column in zip(*found, strict=True))
    return low, middle, high


def draw_box(moves: Moves, box: Box, label: Label, at: Point, tall: float) -> str:
    """A box at its upper left corner, as tall as the flow made it."""
    wide, number = label.size[0], len(box.members)
    change = FAILS if box.origin else moves.change(box)
    colour = ORIGIN if box.origin else CHANGES[change][0] if change in CHANGES else PLAIN
    parts = [f"<title>{xml(_write_tooltip(moves, box))}</title>"]
    if not box.single:
        for step in (6, 3):
            parts.append(
                f'<path d="M{step + 4:g},{tall + step:.1f}H{wide + step:.1f}V{step + 4:g}" '
                f'fill="none" stroke="{LINE}"/>'
            )
    kind = box.kind if box.single else ""
    verdict = FAILS if box.origin else "unknown" if change == "gone" else "hit"
    parts.append(draw_shape(kind, wide, tall, colour, verdict))  # gone: a broken edge
    down = (tall - label.size[1]) / 2
    ink = ON_ORIGIN if box.origin else INK
    for words in label.lines:
        said = text(words.x, words.y + down, words.said, words.size, ink, bold=words.bold)
        if words.row >= 0:
            of, identifier = (moves.cell(words.row, name) for name in ("change", "id"))
            sign = draw_sign(of, words.x - _GLYPH + 7, words.y + down - 4)
            said = sign + said if box.single else f'<g data-id="{xml(identifier)}">{sign}{said}</g>'
        parts.append(said)
    if not box.origin:
        low = tall - down - 18
        for place, (side, fill) in enumerate(SIDES):
            share = tuple(v / number for v in _sum(moves, box, side))
            if not box.single or find_range(moves, box.members[0], side) is not None:
                y = low + 8 * place
                parts.append(draw_bar(PAD, y, wide - 2 * PAD, 4.5, share, fill))  # type: ignore[arg-type]
    if box.letter:
        parts.append(draw_letter(box.letter, wide - 14, 14))
    place_at = f'transform="translate({at[0]:.1f},{at[1]:.1f})"'
    known = f'data-stack="{xml(box.key)}"'
    if box.single:
        known = f'data-id="{xml(moves.cell(box.members[0], "id"))}"'
    name = "box" if box.single else "box stack"
    return f'<g class="{name} {change}" {known} {place_at}>{"".join(parts)}</g>'


def _write_tooltip(moves: Moves, box: Box) -> str:
    if box.single:
        row = box.members[0]
        what = f"{moves.name(row)} ({kind_name(box.kind, 1)}, {moves.cell(row, 'id')})"
        if box.origin:
            return f"{what} - {describe_failing(moves, row)}"
        because = moves.cell(row, "because")
        said = f"{what} - hit in {describe_move(moves, row)} of all worlds"
        return f"{said}; {because}" if because else said
    names = [moves.name(m) for m in box.members[:_LISTED]]
    more = len(box.members) - len(names)
    listed = "; ".join(names) + (f"; and {more:,} more" if more else "")
    return f"{listed} - {describe_sums(moves, box)}"
