"""The impact map as one SVG document, in four zones.

Above: the headline, what is unsure, what was asked. Left: the flow, in columns by how far from what
fails. Right: who is hit hardest. Below: a legend of what is shown, and which graph it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from knockon.graph.analysis.holding import describe_holding
from knockon.graph.analysis.impact import Impact
from knockon.graph.errors import some
from knockon.graph.maps.boxes import draw_box, label_box, list_shown
from knockon.graph.maps.columns import lay_out_flow
from knockon.graph.maps.heads import BETWEEN, FLOW, TALL, choose_widths, draw_heads
from knockon.graph.maps.held import draw_held
from knockon.graph.maps.marks import (
    HATCHED,
    PATTERN,
    Subject,
    draw_bar,
    draw_letter,
    draw_shape,
    find_verdict,
)
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.panel import WIDE, draw_panel
from knockon.graph.maps.phrases import describe_source, name_carriers
from knockon.graph.maps.plan import list_plans
from knockon.graph.maps.ribbons import (
    KNOWN,
    draw_band,
    draw_ribbon,
    find_knowledge,
    list_patterns,
    swatch,
)
from knockon.graph.maps.ring import Ring, try_ring
from knockon.graph.maps.style import MUTED, PAPER, PLAIN, RULE, SCALE, SURE, fill, outline
from knockon.graph.maps.text import clean, width, wrap
from knockon.graph.maps.view import NODES, MapView
from knockon.graph.maps.view import PLAIN as AS_IT_IS
from knockon.graph.words import kind_name_among


@dataclass(frozen=True)
class _Drawing:
    """The flow of a map: its marks in a box of wide x height, and the heads above it."""

    subject: Subject
    wide: float
    height: float
    marks: list[str]
    draw_heads: Callable[[float], list[str]]


def render_map(impact: Impact, view: MapView = AS_IT_IS) -> str:
    """The map of an answer. The same answer, shown the same way, gives the same bytes."""
    flow = _draw_flow(impact, view)
    subject = flow.subject
    page = max(2 * MARGIN + flow.wide + BETWEEN + WIDE, 820.0)
    carriers = name_carriers(impact, _list_strongest(subject))
    held = describe_holding(impact.holding)
    asked = " ".join(filter(None, (impact.question, view.describe())))
    sentences = (impact.assumption, asked, " ".join(filter(None, (carriers, held))))
    head, top = heading(impact.headline, sentences, page)
    panel, panel_end = draw_panel(subject, page - MARGIN - WIDE, top)
    good, panel_end = draw_held(subject, page - MARGIN - WIDE, panel_end)
    below = top + 30
    body = [
        *flow.draw_heads(top),
        f'<g class="flow" transform="translate({MARGIN:g},{below:.1f})">', *flow.marks, "</g>",
    ]  # fmt: skip
    end = max(below + flow.height + 20, panel_end)
    feet, height = _draw_footer(subject, page, end)
    patterns = f"<defs>{PATTERN}{list_patterns(subject)}</defs>"
    return document(
        page, height, impact.headline, f"{impact.assumption} {impact.question}",
        [patterns, *head, *body, *panel, *good, *feet], linked=bool(view.link),
    )  # fmt: skip


def _draw_flow(impact: Impact, view: MapView) -> _Drawing:
    """In columns, or around what fails where that reads better."""
    for plan in list_plans(impact, view):  # as many carriers by name as the page is tall
        subject = Subject(impact, plan, view)
        widths, gap = choose_widths(plan)
        labels = {b.key: label_box(subject, b, widths[b.column]) for b in plan.boxes}
        flow = lay_out_flow(plan.boxes, plan.lines, {k: w.size for k, w in labels.items()}, gap)
        if flow.height <= TALL * view.max_nodes / NODES:
            break
    found = try_ring(subject, flow.height)
    if found is not None:
        return _draw_ring(*found)
    marks = [
        *(draw_ribbon(subject, ribbon) for ribbon in flow.ribbons),
        *(
            draw_box(subject, b, labels[b.key], flow.tops[b.key], flow.sizes[b.key][1])
            for b in plan.boxes
        ),
    ]
    heads = partial(draw_heads, plan, flow.columns, widths, _count_columns(subject))
    return _Drawing(subject, sum(widths) + gap * (len(widths) - 1), flow.height, marks, heads)


def _draw_ring(subject: Subject, ring: Ring) -> _Drawing:
    """Spokes first, so that they begin under the hub."""
    marks = [
        *(draw_band(subject, spoke.line, spoke.area, spoke.head) for spoke in ring.spokes),
        *(
            draw_box(subject, b, ring.labels[b.key], ring.tops[b.key], ring.talls[b.key])
            for b in subject.plan.boxes
        ),
    ]
    fails, hit = _count_columns(subject)
    words = f"in the middle: fails · {fails:,}; around it: directly hit · {hit:,}"

    def draw(top: float) -> list[str]:
        how = "clockwise from the top, the hardest hit first"
        at = MARGIN + width(words, NAME) + 14
        return [
            text(MARGIN, top + 12, words, NAME, bold=True), text(at, top + 12, how, SMALL, MUTED),
            f'<path d="M{MARGIN:.1f},{top + 18:.1f}h{FLOW:.1f}" stroke="{RULE}" '
            'stroke-width="1.5"/>',
        ]  # fmt: skip

    return _Drawing(subject, FLOW, ring.height, marks, draw)


def _count_columns(subject: Subject) -> list[int]:
    """How many of those in a column are hit in any world."""
    hit = (subject.impact.entities["probability_high"] > 0).to_list()
    counts = [0] * (max(b.column for b in subject.plan.boxes) + 1)
    for box in subject.plan.boxes:
        counts[box.column] += sum(hit[subject.place[row]] for row in box.members)
    return counts


def _list_strongest(subject: Subject) -> list[tuple[str, int]]:
    """(name, entities on routes through it) of the named carriers, strongest first."""
    named = [
        (b.members[0], b.behind)
        for b in subject.plan.boxes
        if b.single and b.behind and not b.origin
    ]
    ordered = sorted(named, key=lambda pair: (-pair[1], pair[0]))
    return [(subject.name(row), behind) for row, behind in ordered]


def _list_legend(subject: Subject) -> list[tuple[str, str]]:
    """(picture in a box of 34 x 16, words) for what is shown, and only that."""
    plan, boxes = subject.plan, subject.plan.boxes
    items = _list_kinds(subject)
    if not all(b.single for b in boxes):
        stack = (
            f'<path d="M7,16H34V3" fill="none" stroke="{MUTED}"/>'
            f'<rect width="30" height="13" fill="{PLAIN}" stroke="{MUTED}"/>'
        )
        items.append((stack, "several, counted once each, the worst by name"))
    items += _list_fills(subject)
    if any(not b.origin for b in boxes):
        bar = draw_bar(0, 5, 34, 6, (0.3, 0.5, 0.8) if subject.middle else (0.5, 0.5, 0.5))
        words = f"sure, then not known; tick: {subject.middle}" if subject.middle else "how likely"
        items.append((bar, words))
    if any(b.letter for b in boxes):
        items.append((draw_letter("A", 17, 8), "passes it on; beside a name: came by this"))
    shown = {find_knowledge(w) for w in plan.lines}
    items += [(swatch(k), words) for k, words in KNOWN.items() if k in shown]
    if len({w.count for w in plan.lines}) > 1:
        items.append((swatch("wider"), "wider: more pass here"))
    return items


def _list_kinds(subject: Subject) -> list[tuple[str, str]]:
    """A shape for each kind that stands on the map, those of one shape together."""
    boxes = subject.plan.boxes
    rows = {row for b in boxes for row in list_shown(b)}
    words_of: dict[str, list[str]] = {}
    for kind in sorted({subject.cell(row, "kind") for row in rows}):
        words_of.setdefault(outline(kind, 34, 16), []).append(kind_name_among(kind, 1))
    plain = f'fill="{PLAIN}" stroke="{MUTED}" stroke-width="1.2"'
    return [(f'<path d="{shape}" {plain}/>', some(kinds)) for shape, kinds in words_of.items()]


def _list_fills(subject: Subject) -> list[tuple[str, str]]:
    boxes = [b for b in subject.plan.boxes if not b.origin]
    items = []
    if subject.stated:
        shown = {fill(subject.cell(row, "probability")) for b in boxes for row in list_shown(b)}
        lower = 0.0
        for upper, colour in SCALE:
            if colour in shown:
                words = f"{100 * lower:.0f} to {100 * min(upper, 1):.0f} % likely"
                items.append((f'<rect width="34" height="16" fill="{colour}"/>', words))
            lower = upper
        return items
    verdicts = {find_verdict(b) for b in boxes}
    for verdict, colour, words in (
        ("hit", SURE, "sure to be hit: 50 % at least"),
        ("unknown", HATCHED, "not known whether hit"),
        ("spared", PAPER, "spared: under 50 % at most"),
        ("mixed", PLAIN, "some of these: the mark before a name says which"),
    ):
        if verdict in verdicts:
            items.append((draw_shape("", 34, 16, colour, verdict), words))
    return items


def _draw_footer(subject: Subject, page: float, y: float) -> tuple[list[str], float]:
    """Legend and the line that says which graph this is; and the height of the page."""
    rows, below = legend_rows(_list_legend(subject), page)
    left_out = subject.plan.left_out
    said = f"{left_out:,} more within reach are out of focus. " if left_out else ""
    most = max((b.shown for b in subject.plan.boxes if b.open), default=0)
    if most:
        said += f"An opened stack shows its worst {most:,} by name: --max-nodes sets how many. "
    out = [
        f'<path d="M{MARGIN:g},{y - 6:.1f}H{page - MARGIN:.1f}" stroke="{RULE}"/>',
        f'<g transform="translate(0,{y + 4:.1f})">',
        *rows,
        "</g>",
    ]
    at = y + below
    for line in wrap(clean(said + describe_source(subject.impact)), SMALL, page - 2 * MARGIN):
        at += 16
        out.append(text(MARGIN, at, line, SMALL, MUTED))
    return out, at + 16
