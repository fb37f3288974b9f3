"""The map of a why: the routes to one target, the alternatives on them, what every route passes."""

from typing import Any

from knockon.graph.analysis.why import Explanation
from knockon.graph.maps.arrows import (
    KNOWLEDGE,
    KNOWN,
    draw_arrow,
    draw_swatch,
    find_middle,
    make_dashes,
)
from knockon.graph.maps.axes import footer
from knockon.graph.maps.layout import grow_for_lines, lay_out, spread_ends
from knockon.graph.maps.page import MARGIN, NAME, SMALL, Point, document, heading, legend_rows, text
from knockon.graph.maps.style import BLUE, INK, MUTED, ORIGIN, PAPER
from knockon.graph.maps.text import clean, width, wrap, xml
from knockon.graph.scenario.strengths import SOURCES
from knockon.graph.words import percent, relation_name

_MOST, _PAD = 190.0, 12.0  # width of a name, room beside it
_SHOWN = 12  # routes drawn
_HEAD = 34.0  # room above the boxes for what stands on them
TARGET, PASSED, LEFT = "#fdd49e", "#dceaf7", PAPER


def render_ways(answer: Explanation) -> str:
    """The map of an answer, one SVG document; of a target that is spared the reasons in words."""
    rows = list(answer.rows.head(_SHOWN).iter_rows(named=True))
    sentences = [answer.question, *answer.sentences[:4]]
    if not rows:
        out, end = heading(answer.headline, sentences, 900.0)
        foot, height = footer(clean(answer.graph.title), 900.0, end + 10)
        return document(900.0, height, answer.headline, " ".join(sentences), [*out, *foot])
    roles = _give_roles(answer, rows)
    steps = {(s["provider"], s["dependent"]): s for row in rows for s in row["steps"]}
    spare = {
        (member, group["dependent"]): group
        for row in rows for group in row["groups"] for member in (*group["lost"], *group["left"])
    }  # fmt: skip
    lines = [*steps, *(ends for ends in spare if ends not in steps)]
    labels = {i: wrap(clean(answer.entities.get(i, i)), NAME, _MOST) for i in roles}
    sizes = {i: _size(label) for i, label in labels.items()}
    bare = [(tail, head, True) for tail, head in lines]
    sizes = grow_for_lines(sizes, bare)
    layout = spread_ends(lay_out(sizes, bare))
    page = max(layout.width + 2 * MARGIN, 820.0)
    out, top = heading(answer.headline, sentences, page)
    body = [f'<g transform="translate({MARGIN:g},{top + _HEAD:.1f})">']
    for ends in lines:
        points = layout.lines.get(ends, ())
        if len(points) >= 4:
            body.append(_draw_line(answer, ends, points, steps.get(ends), spare.get(ends)))
    for identifier, role in roles.items():
        at, size = layout.boxes[identifier], sizes[identifier]
        body.append(_draw_box(labels[identifier], role, size, at))
    body.append("</g>")
    keys, height = legend_rows(_list_legend(set(roles.values()), steps, spare), page)
    below = top + _HEAD + layout.height + 16
    body += [f'<g transform="translate(0,{below:.1f})">', *keys, "</g>"]
    more = answer.rows.height - len(rows)
    said = f"{more:,} more routes are not drawn. " if more else ""
    foot, end = footer(said + clean(answer.graph.title), page, below + height + 4)
    return document(page, end, answer.headline, " ".join(answer.sentences), [*out, *body, *foot])


def _give_roles(answer: Explanation, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Who is drawn, and as what: `fails`, `target`, `passed` (it alone, made safe, saves
    the target), `lost`, `left`."""
    roles: dict[str, str] = {}
    for row in rows:
        for identifier in row["route"]:
            roles.setdefault(identifier, "lost")
        for group in row["groups"]:
            for identifier in group["lost"]:
                roles.setdefault(identifier, "lost")
            for identifier in group["left"]:
                roles.setdefault(identifier, "left")
    roles |= {i: "passed" for i in answer.dominators if i in roles}
    roles |= {row["route"][0]: "fails" for row in rows}
    return roles | {str(answer.target["id"]): "target"}


def _size(names: list[str]) -> Point:
    return max(width(n, NAME) for n in names) + 2 * _PAD, 16.0 * len(names) + 16


def _draw_box(names: list[str], role: str, size: Point, at: Point) -> str:
    (w, h), (x, y) = size, at
    fill = {"fails": ORIGIN, "target": TARGET, "passed": PASSED, "left": LEFT}.get(role, "#f2f2f2")
    ink = "#ffffff" if role == "fails" else INK
    pen = f'stroke="{BLUE if role == "passed" else MUTED}" stroke-width="1.4"'
    ring = ' rx="8" stroke-dasharray="2 2"' if role == "left" else ' rx="4"'
    tip = f"{' '.join(names)}: {_WORDS[role]}"
    parts = [
        f'<g class="box" transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">',
        f"<title>{xml(tip)}</title>",
        f'<rect width="{w:.1f}" height="{h:.1f}" fill="{fill}" {pen}{ring}/>',
    ]
    if role == "passed":  # not by colour alone: a second line around it
        parts.append(
            f'<rect x="3" y="3" width="{w - 6:.1f}" height="{h - 6:.1f}" fill="none" '
            f'stroke="{BLUE}" rx="3"/>'
        )
    for line, name in enumerate(names):
        parts.append(
            text(
                w / 2,
                h / 2 + 4 + 16 * line - 8 * (len(names) - 1),
                name,
                NAME,
                ink,
                anchor="middle",
                bold=role in _BOLD,
            )
        )
    return "".join([*parts, "</g>"])


_BOLD = ("fails", "target")
_WORDS = {
    "fails": "what fails", "target": "the target", "passed": "made safe, it alone saves the target",
    "lost": "on a route", "left": "an alternative that is left",
}  # fmt: skip


def _draw_line(
    answer: Explanation, ends: tuple[str, str], points: tuple[Point, ...],
    step: dict[str, Any] | None, group: dict[str, Any] | None,
) -> str:  # fmt: skip
    """A step with its strength in words; a thin line for a member that is on no drawn route."""
    names = [clean(answer.entities.get(i, i)) for i in ends]
    known = step is None or step["strength_source"] != "none"
    said = f"{names[1]} {relation_name(step['relation'])} {names[0]}" if step else " → ".join(names)
    if group:
        said += f"; one of {len(group['lost']) + len(group['left'])} {clean(group['group'])}, "
        said += f"of which it needs {group['needs']}"
    stroke = 1.2 if step is None else 2.4
    knowledge = KNOWLEDGE[step["strength_source"]] if step else "stated"
    arrow = draw_arrow(points, stroke, make_dashes(knowledge, stroke), 0.8)
    label = ""
    if step is not None and known and step["strength"] < 1:
        x, y = find_middle(points)
        label = text(x, y - 9, percent(step["strength"]), SMALL, MUTED, anchor="middle")
    return f'<g class="line"><title>{xml(said)}</title>{arrow}{label}</g>'


def _list_legend(
    roles: set[str], steps: dict[Any, dict[str, Any]], spare: dict[Any, Any]
) -> list[tuple[str, str]]:
    fills = {"fails": ORIGIN, "target": TARGET, "passed": PASSED, "lost": "#f2f2f2", "left": LEFT}
    items = []
    for role, words in _WORDS.items():
        if role in roles:
            pen = BLUE if role == "passed" else MUTED
            dash = ' stroke-dasharray="2 2"' if role == "left" else ""
            swatch = (
                f'<rect width="34" height="16" rx="3" fill="{fills[role]}" stroke="{pen}"{dash}/>'
            )
            items.append((swatch, words))
    sources = {s["strength_source"] for s in steps.values()}
    for knowledge in dict.fromkeys(KNOWLEDGE[s] for s in SOURCES if s in sources):
        also = "; 100 % where no figure stands" if knowledge == "stated" else ""
        swatch = draw_swatch(2.4, make_dashes(knowledge, 2.4))
        items.append((swatch, f"{KNOWN[knowledge]}{also}"))
    if any(ends not in steps for ends in spare):
        items.append((draw_swatch(1.2, ""), "an alternative of one function"))
    return items
