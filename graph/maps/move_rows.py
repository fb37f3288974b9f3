"""The right third of the map of a comparison: who moved most, each with what was and what is."""

import polars as pl

from knockon.graph.maps.changed import CHANGES, FAILS, Moves, draw_sign
from knockon.graph.maps.marks import draw_bar, draw_letter
from knockon.graph.maps.move_boxes import SIDES, describe_side, find_range
from knockon.graph.maps.page import NAME, text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.style import INK, MUTED, RULE
from knockon.graph.maps.text import settle, wrap, xml
from knockon.graph.words import kind_name

ROWS = 12
_NAME_AT, _NAME_WIDE = 44.0, 150.0
_BAR_AT, _BAR_WIDE = 202.0, 92.0


def draw_rows(moves: Moves, x: float, y: float) -> tuple[list[str], float]:
    """The rows below each other from y on, and the lower end."""
    forest = moves.forest
    mark = pl.Series(forest.values("change"))
    moved = (mark != "same") & (mark != FAILS)
    order = forest.rows.with_row_index("at").filter(moved).sort("place")["at"].to_list()
    out = [text(x, y + 12, "moved most", NAME, bold=True)]
    if not order:
        return [*out, text(x, y + 32, "nobody: all is as before", NAME, MUTED)], y + 40
    y += 16
    tick = "; tick: at the assumption" if moves.ranged else ""
    said = f"by how much more or less probable; bars: before, and after below it{tick}"
    for line in wrap(said, 10.5, WIDE):
        y += 13.5
        out.append(text(x, y, line, 10.5, MUTED))
    y += 8
    for row in order[:ROWS]:
        drawn, tall = _draw_row(moves, row, x, y)
        out.append(drawn)
        y += tall
    more, still = len(order) - ROWS, mark.to_list().count("same")
    parts = [f"+ {more:,} more moved, none by more"] if more > 0 else []
    parts += [f"{still:,} as before"] if still else []
    for line in wrap("; ".join(parts), 10.5, WIDE) if parts else ():
        y += 16
        out.append(text(x, y, line, 10.5, MUTED))
    return out, y + 10


def _draw_row(moves: Moves, row: int, x: float, y: float) -> tuple[str, float]:
    """Sign, letter, name, both bars, the change; and how tall that is."""
    names, size = settle(moves.name(row), _NAME_WIDE, 3, (12.0, 11.0, 10.0))
    step = size + 2.0
    tall = max(step * len(names) + 14, 42.0)
    middle = y + tall / 2
    kind, identifier = moves.cell(row, "kind"), moves.cell(row, "id")
    change = moves.cell(row, "change")
    sides = [describe_side(moves, row, side) for side, _ in SIDES]
    because = moves.cell(row, "because")
    tip = f"{moves.name(row)} ({kind_name(kind, 1)}, {identifier}): {CHANGES[change][1]}; before "
    tip += f"{sides[0]}, after {sides[1]}" + (f"; {because}" if because else "")
    parts = [f"<title>{xml(tip)}</title>", draw_sign(change, x + 8, middle)]
    letter = moves.plan.find_letter(moves.forest.parent, row)
    if letter:
        parts.append(draw_letter(letter, x + 30, middle))
    first = middle + 4 - (len(names) - 1) / 2 * step
    for number, name in enumerate(names):
        parts.append(text(x + _NAME_AT, first + number * step, name, size, INK, bold=True))
    for place, (side, colour) in enumerate(SIDES):
        figures, at = find_range(moves, row, side), middle - 12 + 15 * place
        if figures is not None:
            parts.append(draw_bar(x + _BAR_AT, at, _BAR_WIDE, 7, figures, colour))
        room = WIDE - _BAR_AT - _BAR_WIDE - 8 - 44 if figures is not None else 150.0
        start = x + _BAR_AT + (_BAR_WIDE + 8 if figures is not None else 0)
        lines, small = settle(sides[place], room, 1, (10.0, 9.0, 8.0))
        parts += [text(start, at + 7 + 9 * i, line, small, MUTED) for i, line in enumerate(lines)]
    value = moves.cell(row, "after") or 0.0
    value -= moves.cell(row, "before") or 0.0
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    said = f"{sign}{100 * abs(value):.{0 if abs(value) >= 0.095 else 1}f} %"
    parts.append(text(x + WIDE, middle + 4, said, 12, INK, bold=True, anchor="end"))
    rule = f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>'
    return f'{rule}<g class="move {change}" data-id="{xml(identifier)}">{"".join(parts)}</g>', tall
