"""The impact map as one SVG document: a headline, the boxes and lines of the plan, a legend."""

import math
from typing import Any

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.errors import some
from knockon.graph.maps.arrows import KNOWLEDGE, KNOWN, draw_arrow, draw_swatch, make_dashes
from knockon.graph.maps.layout import Layout, lay_out
from knockon.graph.maps.page import MARGIN, NAME, SMALL, Point, document, heading, legend_rows, text
from knockon.graph.maps.phrases import describe_source, name_carriers
from knockon.graph.maps.plan import OTHER, Box, Line, Plan, plan_map
from knockon.graph.maps.style import INK, LINE, MUTED, ORIGIN, SCALE, fill, outline
from knockon.graph.maps.text import clean, fit, width, wrap, xml
from knockon.graph.words import (
    chance,
    duration,
    kind_name,
    kind_name_among,
    percent,
    range_of,
    sampled_percent,
    share_in_full,
)

_PAD = 12.0
_LEAST, _MOST = 110.0, 250.0  # width of a box
_TOOLTIP_NAMES = 12
_LOWER = {
    "enterprise": 1.5,
    "site": 2.0,
    "data_store": 4.0,
}  # text clear of what the shape has on top


def render_map(impact: Impact) -> str:
    """The map of an answer. The same answer gives the same bytes. Raises RenderError."""
    plan = plan_map(impact)
    labels = {b.key: _label(impact, b) for b in plan.boxes}
    sizes = {b.key: _size(labels[b.key]) for b in plan.boxes}
    layout = lay_out(sizes, [(w.tail, w.head, not w.beside) for w in plan.lines])
    legend = _legend(plan, name_middle(impact))
    page = max(layout.width, 760.0) + 2 * MARGIN
    carriers = name_carriers(impact, _strongest(impact, plan))
    sentences = (impact.assumption, impact.question, carriers)
    head, top = heading(impact.headline, sentences, page)
    rows, below = legend_rows(legend, page)
    feet, height = _footer(impact, plan, page, top + layout.height + 16, rows, below)
    body = [
        f'<g transform="translate({MARGIN:g},{top:.1f})">',
        *(_line(impact, plan, layout, w) for w in plan.lines),
        *(_box(impact, b, labels[b.key], sizes[b.key], layout.boxes[b.key]) for b in plan.boxes),
        "</g>",
    ]
    return document(page, height, impact.headline, impact.assumption, [*head, *body, *feet])


def _label(impact: Impact, box: Box) -> tuple[list[str], str]:
    """The name on one or two lines, and the small line under it."""
    number = len(box.members)
    carried = f" · {box.behind:,} behind" if box.behind else ""
    if box.origin and box.single:
        name = clean(_cell(impact, box.members[0], "name"))
        small = f"{_describe_failing(impact, box)}{carried}"
    elif box.single:
        name = clean(_cell(impact, box.members[0], "name"))
        error = _cell(impact, box.members[0], "std_error")
        small = chance(box.low, box.middle, box.high, error) + carried
    else:
        name = f"{number:,} {'entities' if box.origin else kind_name(box.kind, number)}"
        small = f"fail{carried}" if box.origin else range_of(box.low, box.middle, box.high, number)
        if not box.origin:
            small += carried
    return wrap(name, NAME, _MOST - 2 * _PAD, 2), small


def _size(label: tuple[list[str], str]) -> Point:
    names, small = label
    longest = max([*(width(n, NAME) for n in names), width(small, SMALL)])
    return min(max(longest, _LEAST - 2 * _PAD), _MOST) + 2 * _PAD, 16.0 * len(names) + 14 + 12


def _box(impact: Impact, box: Box, label: tuple[list[str], str], size: Point, at: Point) -> str:
    (names, small), (w, h) = label, size
    share = box.middle / len(box.members)
    unsure = _is_unsure(box)
    colour = ORIGIN if box.origin else fill(share)
    ink = "#ffffff" if box.origin else INK
    dash = ' stroke-dasharray="5 3"' if unsure else ""
    shape = outline(box.kind, w, h)
    edge = f'stroke="{INK if box.origin else MUTED}" stroke-width="1.2"{dash}'
    parts = [f'<g class="box" transform="translate({at[0] - w / 2:.1f},{at[1] - h / 2:.1f})">']
    parts.append(f"<title>{xml(_tooltip(impact, box))}</title>")
    if not box.single:
        back = f'fill="{colour}" fill-opacity="0.5" stroke="{LINE}" stroke-width="1"'
        parts.append(f'<path transform="translate(4,4)" d="{shape}" {back}/>')
    parts.append(f'<path d="{shape}" fill="{colour}" {edge}/>')
    y = (h - 16.0 * len(names) - 13) / 2 + 12 + _LOWER.get(box.kind, 0)
    for i, name in enumerate(names):
        weight = ' font-weight="bold"' if box.origin else ""
        parts.append(
            f'<text x="{w / 2:.1f}" y="{y + 16 * i:.1f}" text-anchor="middle" '
            f'font-size="{NAME:g}" fill="{ink}"{weight}>{xml(name)}</text>'
        )
    parts.append(
        f'<text x="{w / 2:.1f}" y="{y + 16 * len(names) - 1:.1f}" text-anchor="middle" '
        f'font-size="{SMALL:g}" fill="{ink}">{xml(fit(small, SMALL, w - 8))}</text></g>'
    )
    return "".join(parts)


def _is_unsure(box: Box) -> bool:
    """Whether it is not known that most of them are hit, or that most are not."""
    half = 0.5 * len(box.members)
    return not box.origin and (box.unknown or box.low < half <= box.high)


def _tooltip(impact: Impact, box: Box) -> str:
    if box.single:
        row = box.members[0]
        name, identifier = _cell(impact, row, "name"), _cell(impact, row, "id")
        error = _cell(impact, row, "std_error")
        what = f"{name} ({kind_name(box.kind, 1)}, {identifier})"
        figure = (
            _describe_failing(impact, box)
            if box.origin
            else f"hit in {chance(box.low, box.middle, box.high, error)} of all worlds"
            + (
                f", {sampled_percent(box.middle, error)} {name_middle(impact)}"
                if percent(box.low) != percent(box.high)
                else ""
            )
        )
    else:
        names = [clean(_cell(impact, m, "name"), 60) for m in box.members[:_TOOLTIP_NAMES]]
        more = len(box.members) - len(names)
        listed = "; ".join(names) + (f"; and {more:,} more" if more else "")
        what = f"{len(box.members):,} {kind_name(box.kind, len(box.members))}: {listed}"
        figure = range_of(box.low, box.middle, box.high, len(box.members))
    behind = f"; {box.behind:,} more are within reach through it" if box.behind else ""
    return f"{what} - {figure}{_when(impact, box)}{behind}"


def _describe_failing(impact: Impact, box: Box) -> str:
    """`fails`, or `fails by 30 %` where the origin loses a part only."""
    identifier = _cell(impact, box.members[0], "id")
    share = next(o.severity for o in impact.scenario.origins if o.id == identifier)
    return "fails" if share == 1 else f"fails by {share_in_full(share)}"


def _cell(impact: Impact, row: int, column: str) -> Any:
    """What the answer says of an entity, by its row in the forest."""
    return impact.entities[column][int(impact.forest["place"][row])]


def _when(impact: Impact, box: Box) -> str:
    """`; down after 1 h for 4 h`, where the answer has hours and the box is one entity."""
    if not box.single:
        return ""
    start, down = (_cell(impact, box.members[0], c) for c in ("start_hours", "down_hours"))
    return "" if start is None else f"; down after {duration(start)} for {duration(down)}"


def _line(impact: Impact, plan: Plan, layout: Layout, line: Line) -> str:
    points = layout.lines.get((line.tail, line.head), ())
    if len(points) < 4:
        return ""
    box = {b.key: b for b in plan.boxes}
    ends = [
        clean(_cell(impact, b.members[0], "name"), 60)
        if b.single
        else f"{len(b.members):,} {kind_name(b.kind, len(b.members))}"
        for b in (box[line.tail], box[line.head])
    ]
    what = "one more way" if line.beside else f"{line.count:,} on this way"
    strength = KNOWN[_knowledge(line)]
    stroke = 1.0 if line.beside else _stroke(line.count)
    dash = make_dashes(_knowledge(line), stroke)
    arrow = draw_arrow(points, stroke, dash, 0.55 if line.beside else 0.8)
    tip = xml(f"{ends[0]} → {ends[1]}: {what}, {strength}")
    return f'<g class="line"><title>{tip}</title>{arrow}</g>'


def _knowledge(line: Line) -> str:
    if line.known == 1:
        return "stated"
    if line.source == "none":
        return "partly" if line.known else "unknown"
    return KNOWLEDGE[line.source]


def _stroke(count: int) -> float:
    return 1.2 + 1.25 * math.log2(max(count, 1))


def _strongest(impact: Impact, plan: Plan) -> list[tuple[str, int]]:
    """(name, entities on routes through it) of the named carriers, strongest first."""
    named = [(b.members[0], b.behind) for b in plan.boxes if b.single and b.behind and not b.origin]
    ordered = sorted(named, key=lambda pair: (-pair[1], pair[0]))
    return [(_cell(impact, row, "name"), behind) for row, behind in ordered]


def _legend(plan: Plan, middle: str) -> list[tuple[str, str]]:
    """(picture in a box of 34 x 16, words) for what is shown, and only that.

    middle: what the colours rest on, as `if unknown counts 0.5`, where anything is unknown
    """
    items: list[tuple[str, str]] = []
    plain = f'fill="#f2f2f2" stroke="{MUTED}" stroke-width="1.2"'
    words_of: dict[str, list[str]] = {}
    for kind in sorted({b.kind for b in plan.boxes}, key=lambda k: (k == OTHER, k)):
        words_of.setdefault(outline(kind, 34, 16), []).append(kind_name_among(kind, 1))
    for shape, kinds in words_of.items():
        items.append((f'<path d="{shape}" {plain}/>', some(kinds)))
    if not all(b.single for b in plan.boxes):
        one = f'<rect width="31" height="13" {plain}/>'
        items.append(
            (f'<g transform="translate(3,3)">{one}</g>{one}', "several, counted once each")
        )
    shown = {fill(b.middle / len(b.members)) for b in plan.boxes if not b.origin}
    if shown:
        lower = 0.0
        for upper, colour in SCALE:
            if colour in shown:
                words = f"{100 * lower:.0f} to {100 * min(upper, 1):.0f} % {middle or 'likely'}"
                items.append((f'<rect width="34" height="16" fill="{colour}"/>', words))
            lower = upper
    if any(_is_unsure(b) for b in plan.boxes):
        pen = f'fill="none" stroke="{MUTED}" stroke-width="1.2" stroke-dasharray="5 3"'
        dashed = f'<rect x="1" y="1" width="32" height="14" {pen}/>'
        items.append((dashed, "not known whether hit"))
    shown_ways = {_knowledge(w) for w in plan.lines}
    items += [
        (draw_swatch(3, make_dashes(k, 3)), words) for k, words in KNOWN.items() if k in shown_ways
    ]
    if len({w.count for w in plan.lines if not w.beside}) > 1:
        items.append((draw_swatch(1.2, "", 4) + draw_swatch(6, "", 11), "wider: more pass here"))
    if any(w.beside for w in plan.lines):
        items.append((draw_swatch(1, ""), "thin: one more way"))
    return items


def _footer(
    impact: Impact, plan: Plan, page: float, y: float, rows: list[str], below: float
) -> tuple[list[str], float]:
    """Legend and the line that says which graph this is; and the height of the page."""
    line = describe_source(impact)
    if plan.left_out:
        line = f"{plan.left_out:,} more dependencies between these are not drawn. " + line
    text_y = y + below + 16
    return [
        f'<path d="M{MARGIN:g},{y - 6:.1f}H{page - MARGIN:.1f}" stroke="#d9d9d9"/>',
        f'<g transform="translate(0,{y + 4:.1f})">',
        *rows,
        "</g>",
        text(MARGIN, text_y, fit(clean(line), SMALL, page - 2 * MARGIN), SMALL, MUTED),
    ], text_y + 16
