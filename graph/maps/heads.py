"""The columns of a flow: how wide they are, and what is written above them."""

from collections.abc import Sequence
from math import ceil

from knockon.graph.maps.page import MARGIN, NAME, text
from knockon.graph.maps.plan import Plan
from knockon.graph.maps.style import RULE

FLOW = 768.0  # two thirds of a page
TALL = 860.0  # of a flow of stacks, where fewer names make it so
BETWEEN = 30.0  # between flow and panel
_FIRST = 134.0  # width of the first of many columns
PAD, CELL = 13.0, 165.0  # beside what stands in a box; least width of a name in a grid
_LINE = 26.0  # height of a name there, about
_FEW, _ACROSS = 2, 8  # names beside each other: as many fit anyhow, and at most
_LEAST, _MOST = 150.0, 240.0  # width of a column
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def choose_widths(plan: Plan) -> tuple[list[float], float]:
    """How wide each column is, and the gap between two; names in a grid have the rest."""
    number = max(b.column for b in plan.boxes) + 1
    gap = 64.0 if number <= 3 else 44.0
    wide = min(max((FLOW - gap * (number - 1)) / number, _LEAST), _MOST)
    widths = [wide] * number
    if number > 3:
        spared = (wide - _FIRST) / (number - 1)
        widths = [_FIRST, *[wide + spared] * (number - 1)]
    rest = FLOW - sum(widths) - gap * (number - 1)
    grid = max((len(b.members) for b in plan.boxes if b.open), default=0)
    if grid > 8 and rest > 0:
        widths[-1] += rest
    for column in range(1, number):  # hundreds of names stand beside each other, too
        opened = [b for b in plan.boxes if b.column == column and b.open and not b.single]
        names = sum(b.shown or len(b.members) for b in opened)
        across = min(ceil(names * _LINE / TALL), _ACROSS)
        if across > _FEW:
            widths[column] = max(widths[column], across * CELL + 2 * PAD)
    return widths, gap


def name_column(column: int, last: int) -> str:
    """`fails`, `directly hit`, `through one`; the last with what lies beyond `or more`."""
    if not column:
        return "fails"
    if column == 1:
        return "directly hit, or through others" if last == 1 else "directly hit"
    number = _NUMBERS[column - 2] if column - 2 < len(_NUMBERS) else str(column - 1)
    return f"through {number}{' or more' if column == last else ''}"


def draw_heads(
    plan: Plan, lefts: Sequence[float], widths: Sequence[float], counts: Sequence[int], top: float
) -> list[str]:
    """What each column holds, and how many."""
    out = []
    for column, (left, wide) in enumerate(zip(lefts, widths, strict=True)):
        words = f"{name_column(column, plan.last)} · {counts[column]:,}"
        x = MARGIN + left
        out.append(text(x, top + 12, words, NAME, bold=True))
        out.append(
            f'<path d="M{x:.1f},{top + 18:.1f}h{wide:.1f}" stroke="{RULE}" stroke-width="1.5"/>'
        )
    return out
