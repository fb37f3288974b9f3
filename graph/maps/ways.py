"""The map of a why in four zones: the routes to one target, the alternatives on them, what every
route passes; right, each route step by step, and what would save the target."""

from functools import partial
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
from knockon.graph.maps.layout import grow_for_lines, lay_out, spread_ends
from knockon.graph.maps.marks import HATCHED, draw_bar, draw_shape
from knockon.graph.maps.page import SMALL, Point, text
from knockon.graph.maps.style import BLUE, INK, MUTED, ON_ORIGIN, ORIGIN, PAPER, PLAIN, SURE
from knockon.graph.maps.text import clean, settle, width, wrap, xml
from knockon.graph.maps.way_rows import draw_rows, draw_savers
from knockon.graph.maps.zones import Zones, compose
from knockon.graph.scenario.strengths import SOURCES
from knockon.graph.words import chance, many, percent, relation_name

_MOST, _FEWER, _PAD = 190.0, 150.0, 14.0  # width of a name, where there are many columns; beside it
_SHOWN = 12  # routes drawn
_COLUMNS = 5  # from which on names are narrower
_SIZES = (13.0, 12.0, 11.0, 10.0)
PASSED = "#dceaf7"


def render_ways(answer: Explanation) -> str:
    """The map of an answer, one SVG document; of a target that is spared what holds, in words."""
    rows = list_routes(answer)
    panel = partial(draw_rows, answer, rows)
    if not rows:
        flow, (wide, tall) = _draw_spared(answer)
        legend = [(draw_shape("", 34, 16, PAPER, "spared"), "not hit")]
        return compose(_describe(answer, rows, legend), wide, tall, flow, panel)
    roles = give_roles(answer, rows)
    steps = list_steps(rows)
    spare = list_spare(rows)
    lines = [*steps, *(ends for ends in spare if ends not in steps)]
    most = _MOST if max(len(row["route"]) for row in rows) < _COLUMNS else _FEWER
    labels = {i: _label(answer, i, role, most) for i, role in roles.items()}
    bare = [(tail, head, True) for tail, head in lines]
    sizes = grow_for_lines({i: size for i, (_, _, size) in labels.items()}, bare)
    layout = spread_ends(lay_out(sizes, bare))
    body = []
    for ends in lines:
        points = layout.lines.get(ends, ())
        if len(points) >= 4:
            body.append(_draw_line(answer, ends, points, steps.get(ends), spare.get(ends)))
    for identifier, role in roles.items():
        at, size = layout.boxes[identifier], sizes[identifier]
        body.append(_draw_box(answer, identifier, role, labels[identifier][:2], size, at))
    legend = _list_legend(answer, set(roles.values()), steps, spare)
    zones = _describe(answer, rows, legend)
    below = partial(draw_savers, answer)
    return compose(zones, layout.width, layout.height, body, panel, below)


def list_routes(answer: Explanation) -> list[dict[str, Any]]:
    """The routes that are drawn."""
    return list(answer.rows.head(_SHOWN).iter_rows(named=True))


def list_steps(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Each step of the routes once, by provider and dependent."""
    return {(s["provider"], s["dependent"]): s for row in rows for s in row["steps"]}


def list_spare(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The members of the groups on the routes, each with its dependent, and the group."""
    return {
        (member, group["dependent"]): group
        for row in rows for group in row["groups"] for member in (*group["lost"], *group["left"])
    }  # fmt: skip


def _describe(answer: Explanation, rows: list[dict[str, Any]], legend: list[Any]) -> Zones:
    steps = list_steps(rows)
    open_ = sum(s["strength_source"] != "stated" for s in steps.values())
    unsure = ""
    if open_:
        of = "" if open_ == len(steps) else f" of the {len(steps):,}"
        word = "step" if len(steps) == 1 else "steps"
        rest = "rests on a strength" if open_ == 1 else "rest on strengths"
        unsure = f"{open_:,}{of} {word} drawn {rest} that nobody stated."
        unsure = unsure if of else f"{'The' if open_ == 1 else 'All'} {unsure}"
    more = answer.rows.height - len(rows)
    left = f"{more:,} more routes are not drawn. " if more else ""
    graph = answer.graph
    size = f"{many(graph.entities, 'entity')}, {many(graph.dependencies, 'dependency')}"
    source = f"{left}{graph.title}: {size}. Mode {answer.scenario.mode}. knockon"
    last = [s for s in answer.sentences if s.startswith(("Every way", "No single"))]
    sentences = [unsure, answer.question, *last]
    about = " ".join(answer.sentences)
    return Zones(answer.headline, sentences, about, legend, source)


def _draw_spared(answer: Explanation) -> tuple[list[str], Point]:
    """The target alone, standing."""
    identifier = str(answer.target["id"])
    lines, size = settle(clean(answer.target["name"]), _MOST, 3, _SIZES)
    wide, tall = _MOST + 2 * _PAD, (size + 3) * len(lines) + 34
    kind = answer.kinds.get(identifier, "")
    parts = [draw_shape(kind, wide, tall, PAPER, "spared")]
    y = 10.0
    for line in lines:
        y += size + 3
        parts.append(text(_PAD, y, line, size, bold=True))
    parts.append(text(_PAD, y + 15, "not hit", SMALL, MUTED))
    tip = f"<title>{xml(clean(answer.target['name']))}: not hit</title>"
    shape = "".join(parts)
    return [f'<g class="box" transform="translate(0,18)">{tip}{shape}</g>'], (wide, tall + 18)


def give_roles(answer: Explanation, rows: list[dict[str, Any]]) -> dict[str, str]:
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


def _label(
    answer: Explanation, identifier: str, role: str, most: float
) -> tuple[list[str], float, Point]:
    """The lines of a name, their size, and that of the box around them and what is said below."""
    lines, size = settle(clean(answer.entities.get(identifier, identifier)), most, 3, _SIZES)
    room = max(most * 0.62, 96.0)
    wide = max(room, *(width(line, size) for line in lines)) + 2 * _PAD
    said = len(_wrap_role(answer, role, wide))
    tall = (size + 3) * len(lines) + 13.5 * said + 18 + (10 if role == "target" else 0)
    return lines, size, (wide, tall)


def _wrap_role(answer: Explanation, role: str, wide: float) -> list[str]:
    said = _say_role(answer, role)
    return wrap(said, 10.5, wide - 2 * _PAD) if said else []


def _say_role(answer: Explanation, role: str) -> str:
    target = answer.target
    low, middle, high = (target[f"probability{end}"] for end in ("_low", "", "_high"))
    return {
        "fails": "fails", "passed": "made safe, saves it", "lost": "",
        "left": "is left", "target": f"hit with {chance(low, middle, high, target['std_error'])}",
    }[role]  # fmt: skip


def _draw_box(
    answer: Explanation, identifier: str, role: str, label: tuple[list[str], float], size: Point,
    at: Point,
) -> str:  # fmt: skip
    (w, h), (x, y), (names, letter) = size, at, label
    kind = answer.kinds.get(identifier, "")
    fill, verdict = _choose_fill(answer, role)
    ink = ON_ORIGIN if role == "fails" else INK
    tip = f"{' '.join(names)}: {_WORDS[role]}"
    parts = [
        f'<g class="box" data-id="{xml(identifier)}" '
        f'transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">',
        f"<title>{xml(tip)}</title>", draw_shape(kind, w, h, fill, verdict),
    ]  # fmt: skip
    if role == "passed":  # not by colour alone: a second line around it
        inner = draw_shape(kind, w - 8, h - 8, "none", "hit").replace(MUTED, BLUE)
        parts.append(f'<g transform="translate(4,4)">{inner}</g>')
    said = _wrap_role(answer, role, w)
    whole = (letter + 3) * len(names) + 13.5 * len(said) + (10 if role == "target" else 0)
    at_y = (h - whole) / 2 - 3
    for name in names:
        at_y += letter + 3
        parts.append(text(w / 2, at_y, name, letter, ink, anchor="middle", bold=role in _BOLD))
    for line in said:
        at_y += 13.5
        colour = ink if role in _BOLD else MUTED
        parts.append(text(w / 2, at_y, line, 10.5, colour, anchor="middle"))
    if role == "target":
        figures = tuple(answer.target[f"probability{end}"] for end in ("_low", "", "_high"))
        parts.append(draw_bar(_PAD, at_y + 7, w - 2 * _PAD, 4.5, figures))
    return "".join([*parts, "</g>"])


def _choose_fill(answer: Explanation, role: str) -> tuple[str, str]:
    """The colour of a box, and the verdict that its edge shows."""
    if role != "target":
        return {
            "fails": (ORIGIN, "fails"), "passed": (PASSED, "hit"), "left": (PAPER, "spared"),
            "lost": (PLAIN, "hit"),
        }[role]  # fmt: skip
    low, high = (answer.target[f"probability_{end}"] for end in ("low", "high"))
    verdict = "hit" if low >= 0.5 else "spared" if high < 0.5 else "unknown"
    return {"hit": SURE, "unknown": HATCHED, "spared": PAPER}[verdict], verdict


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
    answer: Explanation, roles: set[str], steps: dict[Any, dict[str, Any]], spare: dict[Any, Any]
) -> list[tuple[str, str]]:
    items = []
    for role, words in _WORDS.items():
        if role in roles:
            swatch = draw_shape("", 34, 16, *_choose_fill(answer, role))
            if role == "passed":
                swatch += f'<rect x="3" y="3" width="28" height="10" fill="none" stroke="{BLUE}"/>'
            items.append((swatch, words))
    figures = tuple(answer.target[f"probability{end}"] for end in ("_low", "", "_high"))
    if figures[0] != figures[2]:
        bar = draw_bar(0, 5, 34, 6, (0.3, 0.5, 0.8))
        items.append((bar, "sure, then not known; tick: at the assumption"))
    sources = {s["strength_source"] for s in steps.values()}
    for knowledge in dict.fromkeys(KNOWLEDGE[s] for s in SOURCES if s in sources):
        also = "; 100 % where no figure stands" if knowledge == "stated" else ""
        swatch = draw_swatch(2.4, make_dashes(knowledge, 2.4))
        items.append((swatch, f"{KNOWN[knowledge]}{also}"))
    if any(ends not in steps for ends in spare):
        items.append((draw_swatch(1.2, ""), "an alternative of one function"))
    return items
