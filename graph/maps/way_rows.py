"""The right third of the map of a why: each route step by step, what would save the target; of one
that is spared, what holds."""

from collections.abc import Sequence
from typing import Any

from knockon.graph.analysis.why import Explanation
from knockon.graph.maps.marks import draw_bar, draw_shape
from knockon.graph.maps.page import text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.style import INK, MUTED, PAPER, RULE
from knockon.graph.maps.text import clean, wrap, xml
from knockon.graph.maps.zones import draw_title
from knockon.graph.words import join, percent, relation_name, sampled_percent

_ROUTES, _SAVERS, _HELD = 6, 6, 8
_BAR = 88.0


def draw_rows(
    answer: Explanation, rows: Sequence[dict[str, Any]], x: float, y: float
) -> tuple[list[str], float]:
    """The rows below each other from y on, and the lower end."""
    if not rows:
        return _draw_held(answer, x, y)
    several = len(rows) > 1
    open_ = any(step["strength_source"] != "stated" for row in rows for step in row["steps"])
    about = "bar: of all that hits it, how much comes by this way"
    about += ", unknown strengths at the assumption" if open_ else ""
    about += "; ways overlap" if several else ""
    out, y = draw_title("by which way", about, x, y)
    for number, row in enumerate(rows[:_ROUTES], 1):
        drawn, y = _draw_route(answer, number, row, x, y)
        out += drawn
    more = answer.rows.height - _ROUTES
    if more > 0:
        y += 14
        out.append(text(x, y, f"+ {more:,} more ways, none more probable", 10.5, MUTED))
    return out, y


def _draw_route(
    answer: Explanation, number: int, row: dict[str, Any], x: float, y: float
) -> tuple[list[str], float]:
    """Number, bar and share, then each step from the target back to what fails."""
    share = row["share"]
    out = [f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>']
    y += 17
    out.append(text(x, y, f"{number}", 12.0, INK, bold=True))
    if share is not None:
        sure = all(step["strength_source"] == "stated" for step in row["steps"])
        out.append(draw_bar(x + 24, y - 8, _BAR, 7, (share if sure else 0.0, share, share)))
        said = sampled_percent(share, row["share_std_error"] or 0.0)
        out.append(text(x + 24 + _BAR + 8, y, f"{said} of it", 11.0, INK))
    steps = "step" if len(row["steps"]) == 1 else "steps"
    words = f"{len(row['steps'])} {steps}"
    out.append(text(x + WIDE, y, words, 11.0, MUTED, anchor="end"))
    y += 4
    for step in reversed(row["steps"]):
        names = [
            clean(answer.entities.get(step[end], step[end])) for end in ("dependent", "provider")
        ]
        said = f"{names[0]} {relation_name(step['relation'])} {names[1]}"
        for line in wrap(said, 11.0, WIDE - 24):
            y += 13.5
            out.append(text(x + 24, y, line, 11.0, INK))
        for line in wrap(_say_strength(step), 10.0, WIDE - 24):
            y += 12
            out.append(text(x + 24, y, line, 10.0, MUTED))
        y += 3
    for group in row["groups"]:
        for line in wrap(_say_group(answer, group), 10.5, WIDE - 24):
            y += 13
            out.append(text(x + 24, y, line, 10.5, INK))
    return out, y + 8


def _say_strength(step: dict[str, Any]) -> str:
    """`strength stated as 100 %, cs01`, or where it is from, with its ends."""
    if step["strength_source"] == "none":
        said = "strength unknown"
    elif step["strength_source"] == "stated":
        said = f"stated as {percent(step['strength'])}"
    else:
        ends = f"{percent(step['strength_low'])} to {percent(step['strength_high'])}"
        where = "typical of past incidents" if step["strength_source"] == "incidents" else (
            f"by the {step['strength_source']}"
        )  # fmt: skip
        said = f"{ends}, {where}"
    proof = [clean(step[name]) for name in ("source", "evidence") if step[name]]
    return "; ".join([said, *proof])


def _say_group(answer: Explanation, group: dict[str, Any]) -> str:
    of = f"{len(group['lost']) + len(group['left'])} {clean(group['group'])}"
    needs = f"needs {group['needs']}"
    if not group["left"]:
        return f"none of {of} left, {needs}"
    left = join([clean(answer.entities.get(i, i)) for i in group["left"][:3]])
    more = len(group["left"]) - 3
    also = f" and {more:,} more" if more > 0 else ""
    return f"{len(group['left'])} of {of} left ({left}{also}), {needs}"


def draw_savers(answer: Explanation, x: float, y: float) -> tuple[list[str], float]:
    """The smallest sets whose safety saves the target."""
    out, y = draw_title("what would save it", "made safe, the smallest sets first", x, y)
    name = answer.entities
    sets = []
    for saver in answer.saved_by:
        if "entities" in saver:
            sets.append(join([clean(name.get(i, i)) for i in saver["entities"]]))
        else:
            ends = [f"{clean(name.get(d, d))} without {clean(name.get(p, p))}"
                    for d, p in saver["dependencies"]]  # fmt: skip
            sets.append(join(ends))
    if not sets:
        return [*out, text(x, y + 10, "nothing but what fails itself", 11.0, MUTED)], y + 20
    for said in sets[:_SAVERS]:
        out.append(f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>')
        glyph = draw_shape("", 24, 12, PAPER, "spared")
        out.append(f'<g transform="translate({x:.1f},{y + 6:.1f})">{glyph}</g>')
        for line in wrap(said, 11.0, WIDE - 34):
            y += 14
            out.append(text(x + 34, y + 2, line, 11.0, INK))
        y += 8
    more = len(sets) - _SAVERS
    if more > 0:
        y += 14
        out.append(text(x, y, f"+ {more:,} more", 10.5, MUTED))
    return out, y + 8


def _draw_held(answer: Explanation, x: float, y: float) -> tuple[list[str], float]:
    """Why a target stands, a reason a row."""
    out, y = draw_title("what holds", "" if answer.held_by else "nothing leads there", x, y)
    for held in answer.held_by[:_HELD]:
        said = clean(str(held.get("said", held["reason"])), 400)
        out.append(f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>')
        out.append(f'<g class="held"><title>{xml(said)}</title>')
        glyph = draw_shape("", 24, 12, PAPER, "spared")
        out.append(f'<g transform="translate({x:.1f},{y + 6:.1f})">{glyph}</g></g>')
        for line in wrap(said, 11.0, WIDE - 34):
            y += 14
            out.append(text(x + 34, y + 2, line, 11.0, INK))
        y += 8
    more = len(answer.held_by) - _HELD
    if more > 0:
        out.append(text(x, y + 14, f"+ {more:,} more reasons", 10.5, MUTED))
        y += 18
    return out, y + 8
