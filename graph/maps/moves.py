"""The map of a comparison in four zones: the flow of both answers, its marks and bands by change.

Right: who moved most, with both ranges one above the other. A band is split by how many of those
whose routes run through it are new, worse, better, gone, or as before.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from knockon.graph.analysis.comparison import Comparison
from knockon.graph.maps.changed import CHANGES, FAILS, Moves, draw_sign, grow_forest
from knockon.graph.maps.columns import Ribbon, lay_out_flow
from knockon.graph.maps.heads import BETWEEN, TALL, choose_widths, draw_heads
from knockon.graph.maps.marks import PATTERN, draw_bar, draw_letter
from knockon.graph.maps.move_boxes import AFTER, BEFORE, draw_box, label_box
from knockon.graph.maps.move_rows import draw_rows
from knockon.graph.maps.page import MARGIN, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.plan import list_plans_of
from knockon.graph.maps.ribbons import shape_ribbon
from knockon.graph.maps.style import MUTED, ORIGIN, RULE, STILL
from knockon.graph.maps.text import clean, wrap, xml
from knockon.graph.maps.view import PLAIN
from knockon.graph.words import join, many


def render_moves(answer: Comparison) -> str:
    """The map of a comparison, one SVG document; its rows alone where no route is known."""
    if not answer.routes.height:
        return _render_rows(answer)
    forest = grow_forest(answer)
    for plan in list_plans_of(forest, PLAIN):
        moves = Moves(answer, forest, plan)
        widths, gap = choose_widths(plan)
        labels = {b.key: label_box(moves, b, widths[b.column]) for b in plan.boxes}
        flow = lay_out_flow(plan.boxes, plan.lines, {k: w.size for k, w in labels.items()}, gap)
        if flow.height <= TALL:
            break
    page = 2 * MARGIN + sum(widths) + gap * (len(widths) - 1) + BETWEEN + WIDE
    page = max(page, 820.0)
    head, top = heading(answer.headline, _list_sentences(answer, moves), page)
    counts = [sum(len(b.members) for b in plan.boxes if b.column == c) for c in range(len(widths))]
    below = top + 30
    body = [
        *draw_heads(plan, flow.columns, widths, counts, top),
        f'<g class="flow" transform="translate({MARGIN:g},{below:.1f})">',
        *_draw_ribbons(moves, flow.ribbons),
        *(
            draw_box(moves, b, labels[b.key], flow.tops[b.key], flow.sizes[b.key][1])
            for b in plan.boxes
        ),
        "</g>",
    ]
    panel, panel_end = draw_rows(moves, page - MARGIN - WIDE, top)
    end = max(below + flow.height + 20, panel_end)
    feet, height = _draw_footer(moves, page, end)
    return document(
        page, height, answer.headline, " ".join(answer.notes[:6]),
        [f"<defs>{PATTERN}</defs>", *head, *body, *panel, *feet],
    )  # fmt: skip


def _render_rows(answer: Comparison) -> str:
    page = 2 * MARGIN + 772.0
    head, top = heading(answer.headline, [answer.question], page)
    foot, height = _draw_source(answer, page, top + 10)
    return document(page, height, answer.headline, " ".join(answer.notes[:6]), [*head, *foot])


def _list_sentences(answer: Comparison, moves: Moves) -> list[str]:
    """What is unsure, what was asked, what differs between the graphs, and how many moved."""
    between = [_spell(note) for note in answer.notes if note.startswith("between")]
    counts = Counter(moves.forest.values("change"))
    said = [
        f"{counts[change]:,} {words}" for change, (_, words) in CHANGES.items() if counts[change]
    ]
    unsure = ""
    if moves.ranged:
        sides = ("before", "after")
        span = [answer.rows[f"{s}_low"].ne_missing(answer.rows[f"{s}_high"]) for s in sides]
        unsure = (
            f"The figures of {(span[0] | span[1]).sum():,} of these rest on strengths that nobody "
            "stated: bars run from these at 0 to these at 1."
        )
    moved = f"Of {many(sum(counts.values()) - counts[FAILS], 'entity')} in reach of either: "
    return [f"{moved}{join(said)}." if said else "", unsure, answer.question, *between]


def _spell(note: str) -> str:
    return f"{note[0].upper()}{note[1:].rstrip('.')}."


def _draw_ribbons(moves: Moves, ribbons: Sequence[Ribbon]) -> list[str]:
    """Each band, split by the changes of those who pass there."""
    forest, owner = moves.forest, moves.plan.owner
    passing: dict[str, Counter[str]] = defaultdict(Counter)
    changes = forest.values("change")
    for e in reversed(forest.top_down):  # who stands in a box or behind it
        passing[owner[e]][changes[e]] += 1
    behind: dict[str, Counter[str]] = {}
    heads: dict[str, list[str]] = defaultdict(list)
    for line in moves.plan.lines:
        heads[line.tail].append(line.head)

    def add_up(key: str) -> Counter[str]:
        if key not in behind:
            behind[key] = sum((add_up(k) for k in heads[key]), start=Counter(passing[key]))
        return behind[key]

    return [_draw_ribbon(ribbon, add_up(ribbon.line.head)) for ribbon in ribbons]


def _draw_ribbon(ribbon: Ribbon, counts: Counter[str]) -> str:
    shown = {change: counts[change] for change in CHANGES if counts[change]}
    whole = sum(shown.values())
    said = [f"{n:,} {CHANGES[change][1]}" for change, n in shown.items()]
    parts = [f'<g class="line"><title>{xml(f"{join(said)} pass here")}</title>']
    at = 0.0
    for change, number in shown.items():
        area, head = shape_ribbon(ribbon, at / whole, (at + number) / whole)
        colour = STILL if change in ("same", "range") else CHANGES[change][0]
        parts.append(f'<path d="{area}" fill="{colour}"/>')
        at += number
    return "".join([*parts, f'<path d="{head}" fill="{MUTED}"/></g>'])


def _list_legend(moves: Moves) -> list[tuple[str, str]]:
    """What is shown, and only that."""
    boxes = moves.plan.boxes
    shown = set(moves.forest.values("change"))
    items = [
        (f'<rect width="34" height="16" fill="{ORIGIN}"/>', "fails"),
        *(
            (f'<rect width="34" height="16" fill="{colour}" stroke="{MUTED}"/>'
             f"{draw_sign(change, 17, 8)}", words)
            for change, (colour, words) in CHANGES.items() if change in shown
        ),
    ]  # fmt: skip
    share = (0.3, 0.5, 0.8) if moves.ranged else (0.7, 0.7, 0.7)
    for side, colour in (("before", BEFORE), ("after", AFTER)):
        also = ""
        if side == "before":
            also = ", sure, then not known; tick: at the assumption" if moves.ranged else ""
            also = f"{also}" if also else ": how probably hit"
        items.append((draw_bar(0, 5, 34, 6, share, colour), f"{side}{also}"))
    if any(b.letter for b in boxes):
        items.append((draw_letter("A", 17, 8), "passes it on; beside a name: comes by this"))
    if moves.plan.lines:
        band = f'<path d="M0,2H34V7H0Z" fill="{CHANGES["worse"][0]}" stroke="{MUTED}"/>'
        band += f'<path d="M0,7H34V14H0Z" fill="{CHANGES["better"][0]}" stroke="{MUTED}"/>'
        items.append((band, "a band is split by who passes there; wider: more"))
    return items


def _draw_footer(moves: Moves, page: float, y: float) -> tuple[list[str], float]:
    rows, below = legend_rows(_list_legend(moves), page)
    out = [
        f'<path d="M{MARGIN:g},{y - 6:.1f}H{page - MARGIN:.1f}" stroke="{RULE}"/>',
        f'<g transform="translate(0,{y + 4:.1f})">', *rows, "</g>",
    ]  # fmt: skip
    foot, height = _draw_source(moves.answer, page, y + below)
    return [*out, *foot], height


def _draw_source(answer: Comparison, page: float, y: float) -> tuple[list[str], float]:
    """Which graphs answered, and how."""
    ends = dict.fromkeys((answer.graph.title, str(answer.other.get("title", ""))))
    titles = " against ".join(title for title in ends if title)
    how = "exact" if answer.worlds is None else f"{answer.worlds:,} random worlds that both share"
    said = f"{titles}: {many(answer.graph.entities, 'entity')}, then "
    said += f"{answer.other.get('entities', 0):,}. Mode {answer.scenario.mode}; {how}. knockon"
    out = []
    for line in wrap(clean(said), SMALL, page - 2 * MARGIN):
        y += 16
        out.append(text(MARGIN, y, line, SMALL, MUTED))
    return out, y + 16
