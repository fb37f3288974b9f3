"""The curve of hardening: what the first fixes save together, against what they cost."""

from collections.abc import Sequence

from knockon.graph.analysis.filled import describe_middle
from knockon.graph.analysis.harden import Hardening
from knockon.graph.analysis.question import unit_of
from knockon.graph.maps.axes import (
    Axis,
    amount,
    count_axis,
    drop,
    footer,
    frame,
    path,
    stairs,
)
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, text
from knockon.graph.maps.phrases import describe_band
from knockon.graph.maps.style import BLUE, INK, MUTED
from knockon.graph.maps.text import clean, wrap, xml

_PAGE, _TALL = 960.0, 300.0
_NAMES = 330.0  # room for the words beside the plot
_KEY = "Line: unknown strengths at the assumption; band: from these at 0 to these at 1."


def render_savings(answer: Hardening) -> str:
    """The chart of a plan, one SVG document; in words alone where nothing is saved."""
    costs, saves = answer.curve["cost"].to_list(), answer.curve["saves"].to_list()
    about = [note for note in answer.notes if not note.startswith("all ")]
    ends = _sum_ends(answer)
    middle = describe_middle(answer.strength_sources, answer.scenario.assume)
    key = f"Line: {middle}; band: {describe_band(middle)}."
    if not middle or middle.startswith("if unknown"):
        key = _KEY
    key = key if ends else ""
    head, top = heading(answer.headline, [answer.question, *map(_spell, about[:4]), key], _PAGE)
    if not answer.rows.height or max(answer.bound, *saves) <= 0:
        feet, height = footer(_name_source(answer), _PAGE, top)
        return document(_PAGE, height, answer.headline, " ".join(about), [*head, *feet])
    unit = unit_of(answer.graph.weight_unit or "weight", answer.scenario)
    most = max(answer.bound, *saves, *(value for end in ends for value in end))
    rise = count_axis(most, top + 22 + _TALL, top + 22, unit=unit)
    room = min(answer.rows["cost"]) / 2  # for what holds after the last fix
    along = count_axis(
        max(answer.budget, costs[-1]) + room,
        MARGIN + rise.label_room() + 10,
        _PAGE - MARGIN - _NAMES,
    )
    corners = stairs(along, rise, [*zip(costs, saves, strict=True), (along.stop, saves[-1])])
    body = [
        *head,
        text(MARGIN, top + 6, f"impact saved ({rise.unit})", SMALL),
        *frame(along, rise, x_title="cost of the fixes made"),
        *_draw_band(ends, costs, along, rise, describe_band(middle)),
        *_draw_bound(answer, along, rise, ranged=bool(ends)),
        f'<path class="curve" d="{path(corners)}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        *_draw_steps(answer, along, rise, costs, saves),
    ]
    feet, height = footer(_name_source(answer), _PAGE, rise.low + 44)
    return document(_PAGE, height, answer.headline, " ".join(about), [*body, *feet])


def _sum_ends(answer: Hardening) -> list[list[float]]:
    """What the first fixes save together with all strengths at their ends, from none on, the
    lower one first; empty where these are no other figures."""
    runs = [[0.0, *answer.rows[f"saves_{end}"].cum_sum().to_list()] for end in ("low", "high")]
    if all(spell(low) == spell(high) for low, high in zip(*runs, strict=True)):
        return []
    pairs = [sorted(pair) for pair in zip(*runs, strict=True)]  # neither run need save less
    return [[pair[side] for pair in pairs] for side in (0, 1)]


def _draw_band(
    ends: list[list[float]], costs: Sequence[float], along: Axis, rise: Axis, band: str
) -> list[str]:
    """What lies between both ends, with its edges and their last figures."""
    if not ends:
        return []
    lines = [
        stairs(along, rise, [*zip(costs, end, strict=True), (along.stop, end[-1])]) for end in ends
    ]
    low, high = lines
    span = f"{spell(ends[0][-1])} to {spell(ends[1][-1])}"
    words = f"{band}: {span}"
    out = [
        f'<path class="band" d="{path([*high, *reversed(low)])}Z" fill="{BLUE}" '
        f'fill-opacity="0.18"><title>{words}</title></path>'
    ]
    for name, line in zip(("low", "high"), lines, strict=True):
        out.append(
            f'<path class="{name}" d="{path(line)}" fill="none" stroke="{BLUE}" '
            'stroke-width="1.2" stroke-dasharray="5 3"/>'
        )
    return out


def spell(value: float) -> str:
    """A figure saved; nothing where more is lost than saved."""
    return amount(max(value, 0.0))


def _draw_bound(answer: Hardening, along: Axis, rise: Axis, *, ranged: bool) -> list[str]:
    at = rise.at(answer.bound)
    where = ", at the assumption" if ranged else ""
    words = f"all {answer.candidates:,} candidates together{where}: {amount(answer.bound)}"
    return [
        f'<path class="bound" d="M{along.low:.1f},{at:.1f}H{along.high:.1f}" stroke="{MUTED}" '
        'stroke-dasharray="5 3"/>',
        text(along.low + 6, at - 5, words, SMALL, MUTED),
    ]


def _draw_steps(
    answer: Hardening, along: Axis, rise: Axis, costs: Sequence[float], saves: Sequence[float]
) -> list[str]:
    """A numbered point for each fix, and what it is beside the plot."""
    out: list[str] = []
    y = rise.high + 8
    names = answer.words
    for row, words in zip(answer.rows.iter_rows(named=True), names, strict=True):
        step = row["step"]
        x, level = along.at(costs[step]), rise.at(saves[step])
        tip = f"{step}. {words}: {_describe_step(row)}"
        out += [
            f"<g><title>{xml(tip)}</title>",
            drop(x, level, rise.low),
            f'<circle cx="{x:.1f}" cy="{level:.1f}" r="9" fill="{BLUE}"/>',
            text(x, level + 4, str(step), SMALL, "#ffffff", bold=True, anchor="middle"),
            "</g>",
        ]
        if y > rise.low - 20:
            continue
        for line in wrap(clean(f"{step}. {words}"), NAME, _NAMES - 24):
            out.append(text(along.high + 24, y, line, NAME, INK))
            y += 16
        out.append(text(along.high + 24, y, _describe_step(row), SMALL, MUTED))
        y += 22
    return out


def _describe_step(row: dict[str, float]) -> str:
    """`saves 0 to 96, at the assumption 43.2; alone 43.2`."""
    ends = sorted((row["saves_low"], row["saves_high"]))
    span = " to ".join(dict.fromkeys(map(spell, ends)))
    said = f"saves {span}, at the line {spell(row['saves'])}"
    said = said if spell(ends[0]) != spell(ends[1]) else f"saves {spell(row['saves'])}"
    return f"{said}; alone {spell(row['saves_alone'])}"


def _spell(note: str) -> str:
    return f"{note[0].upper()}{note[1:].rstrip('.')}."


def _name_source(answer: Hardening) -> str:
    against = "" if answer.against == "scenario" else f"Against {answer.against}. "
    return f"{clean(answer.graph.title)}. {against}Budget {answer.budget:g}. knockon"
