"""The curve of hardening: what the first fixes save together, against what they cost."""

from collections.abc import Sequence

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
from knockon.graph.maps.style import BLUE, INK, MUTED
from knockon.graph.maps.text import clean, wrap, xml

_PAGE, _TALL = 960.0, 300.0
_NAMES = 330.0  # room for the words beside the plot


def render_savings(answer: Hardening) -> str:
    """The chart of a plan, one SVG document; in words alone where nothing is saved."""
    costs, saves = answer.curve["cost"].to_list(), answer.curve["saves"].to_list()
    about = [note for note in answer.notes if not note.startswith("all ")]
    head, top = heading(answer.headline, [answer.question, *map(_spell, about[:4])], _PAGE)
    if not answer.rows.height or max(answer.bound, *saves) <= 0:
        feet, height = footer(_name_source(answer), _PAGE, top)
        return document(_PAGE, height, answer.headline, " ".join(about), [*head, *feet])
    unit = unit_of(answer.graph.weight_unit or "weight", answer.scenario)
    rise = count_axis(max(answer.bound, *saves), top + 22 + _TALL, top + 22, unit=unit)
    along = count_axis(
        max(answer.budget, costs[-1]), MARGIN + rise.label_room() + 10, _PAGE - MARGIN - _NAMES
    )
    corners = stairs(along, rise, [*zip(costs, saves, strict=True), (along.stop, saves[-1])])
    body = [
        *head,
        text(MARGIN, top + 6, f"impact saved ({rise.unit})", SMALL),
        *frame(along, rise, x_title="cost of the fixes made"),
        *_draw_bound(answer, along, rise),
        f'<path class="curve" d="{path(corners)}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        *_draw_steps(answer, along, rise, costs, saves),
    ]
    feet, height = footer(_name_source(answer), _PAGE, rise.low + 44)
    return document(_PAGE, height, answer.headline, " ".join(about), [*body, *feet])


def _draw_bound(answer: Hardening, along: Axis, rise: Axis) -> list[str]:
    at = rise.at(answer.bound)
    words = f"all {answer.candidates:,} candidates together: {amount(answer.bound)}"
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
        tip = f"{step}. {words}: saves {amount(max(row['saves'], 0))}, {_spell_alone(row)}"
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
        said = f"saves {amount(max(row['saves'], 0))}; {_spell_alone(row)}"
        out.append(text(along.high + 24, y, said, SMALL, MUTED))
        y += 22
    return out


def _spell_alone(row: dict[str, float]) -> str:
    return f"alone {amount(max(row['saves_alone'], 0))}"


def _spell(note: str) -> str:
    return f"{note[0].upper()}{note[1:].rstrip('.')}."


def _name_source(answer: Hardening) -> str:
    against = "" if answer.against == "scenario" else f"Against {answer.against}. "
    return f"{clean(answer.graph.title)}. {against}Budget {answer.budget:g}. knockon"
