"""The map of cut sets: who alone takes a target down, and who only together."""

from typing import Any

from knockon.graph.analysis.cuts import CutSets
from knockon.graph.maps.arrows import draw_arrow, draw_swatch, make_dashes
from knockon.graph.maps.axes import footer
from knockon.graph.maps.layout import grow_for_lines, lay_out, spread_ends
from knockon.graph.maps.page import MARGIN, NAME, SMALL, Point, document, heading, legend_rows, text
from knockon.graph.maps.style import INK, MUTED, ORIGIN, PAPER
from knockon.graph.maps.text import clean, width, wrap, xml
from knockon.graph.words import chance

_SHOWN = 24  # sets drawn, the smallest and most probable
_MOST, _PAD = 200.0, 12.0  # width of a name, room beside it
_BADGE = 40.0, 24.0
_TARGET, _SOME = "#fdd49e", "#f2f2f2"


def render_sets(answer: CutSets) -> str:
    """The map of an answer, one SVG document; in words alone where there is no set."""
    rows = [r for r in answer.rows.head(_SHOWN).iter_rows(named=True) if r["members"]]
    sentences = [answer.question, *answer.notes[:3]]
    if not rows:
        out, end = heading(answer.headline, sentences, 900.0)
        foot, height = footer(clean(answer.graph.title), 900.0, end + 10)
        return document(
            900.0, height, answer.headline, " ".join(filter(None, sentences)), [*out, *foot]
        )
    lines = _list_lines(answer, rows)
    names = {**answer.entities, answer.target: answer.target_name}
    drawn = dict.fromkeys(end[1:] for ends in lines for end in ends if end[0] == "e")
    labels = {f"e{i}": wrap(clean(names[i]), NAME, _MOST) for i in drawn}
    sizes = {i: _measure(label) for i, label in labels.items()}
    sizes |= {f"s{n}": _BADGE for n, row in enumerate(rows) if row["order"] > 1}
    bare = [(tail, head, True) for tail, head in lines]
    sizes = grow_for_lines(sizes, bare) | {k: _BADGE for k in sizes if k[0] == "s"}
    layout = spread_ends(lay_out(sizes, bare))
    page = max(layout.width + 2 * MARGIN, 820.0)
    out, top = heading(answer.headline, sentences, page)
    body = [f'<g transform="translate({MARGIN:g},{top + 6:.1f})">']
    body += [_draw_line(layout.lines.get(ends, ()), row) for ends, row in lines.items()]
    single = {f"e{row['members'][0]}" for row in rows if row["order"] == 1}
    for box, at in layout.boxes.items():
        if box in labels:
            role = "target" if box == f"e{answer.target}" else "alone" if box in single else "some"
            body.append(_draw_box(labels[box], role, sizes[box], at))
        else:
            body.append(_draw_badge(rows[int(box[1:])], at))
    body.append("</g>")
    keys, height = legend_rows(_list_legend(rows), page)
    below = top + layout.height + 22
    body += [f'<g transform="translate(0,{below:.1f})">', *keys, "</g>"]
    more = sum(answer.counts["sets"].to_list()) - len(rows)
    said = f"{more:,.0f} more sets are not drawn. " if more > 0 else ""
    foot, end = footer(said + clean(answer.graph.title), page, below + height + 4)
    return document(
        page, end, answer.headline, " ".join(filter(None, sentences)), [*out, *body, *foot]
    )


def _list_lines(answer: CutSets, rows: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """From members to the target, or to the badge of their set and from there; with the set whose
    hitting a line stands for."""
    lines: dict[tuple[str, str], Any] = {}
    for n, row in enumerate(rows):
        if row["order"] == 1:
            lines[f"e{row['members'][0]}", f"e{answer.target}"] = row
            continue
        for member in row["members"]:
            lines[f"e{member}", f"s{n}"] = None
        lines[f"s{n}", f"e{answer.target}"] = row
    return lines


def _measure(names: list[str]) -> Point:
    return max(width(n, NAME) for n in names) + 2 * _PAD, 16.0 * len(names) + 16


def _say(row: dict[str, Any]) -> str:
    """How probably a set hits, how probably it fails: what is known of both."""
    parts = []
    if row["hits"] is not None and row["hits_low"] < 1:
        parts.append(f"hits it with {chance(row['hits_low'], row['hits'], row['hits_high'])}")
    if row["probability"] is not None:
        parts.append(f"probability {row['probability']:.3g}")
    return "; ".join(parts)


def _draw_line(points: tuple[Point, ...], row: dict[str, Any] | None) -> str:
    if len(points) < 4:
        return ""
    unsure = row is not None and row["hits_low"] is not None and row["hits_low"] < 1
    arrow = draw_arrow(
        points, 2.4 if row else 1.2, make_dashes("partly" if unsure else "stated", 2.4), 0.8
    )
    tip = f"<title>{xml(_say(row))}</title>" if row and _say(row) else ""
    return f'<g class="line">{tip}{arrow}</g>'


def _draw_box(names: list[str], role: str, size: Point, at: Point) -> str:
    (w, h), (x, y) = size, at
    fill = {"target": _TARGET, "alone": ORIGIN}.get(role, _SOME)
    ink = PAPER if role == "alone" else INK
    first = h / 2 + 4 - 8 * (len(names) - 1)
    lines = "".join(
        text(w / 2, first + 16 * i, name, NAME, ink, anchor="middle", bold=role != "some")
        for i, name in enumerate(names)
    )
    return (
        f'<g class="box" transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">'
        f"<title>{xml(' '.join(names))}: {_WORDS[role]}</title>"
        f'<rect width="{w:.1f}" height="{h:.1f}" rx="4" fill="{fill}" stroke="{MUTED}"/>'
        f"{lines}</g>"
    )


def _draw_badge(row: dict[str, Any], at: Point) -> str:
    (w, h), (x, y) = _BADGE, at
    count = f"all {row['order']}"
    said = f"{row['order']} together" + (f": {_say(row)}" if _say(row) else "")
    return (
        f'<g class="set" transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">'
        f"<title>{xml(said)}</title>"
        f'<rect width="{w:.1f}" height="{h:.1f}" rx="12" fill="{PAPER}" stroke="{INK}"/>'
        f"{text(w / 2, 16, count, SMALL, INK, anchor='middle')}</g>"
    )


_WORDS = {
    "alone": "alone takes it down", "some": "takes it down together with others",
    "target": "the target",
}  # fmt: skip


def _list_legend(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    def box(fill: str) -> str:
        return f'<rect width="34" height="16" rx="3" fill="{fill}" stroke="{MUTED}"/>'

    items = [(box(_TARGET), _WORDS["target"])]
    if any(row["order"] == 1 for row in rows):
        items.append((box(ORIGIN), "a single point of failure: " + _WORDS["alone"]))
    if any(row["order"] > 1 for row in rows):
        badge = f'<rect width="34" height="16" rx="8" fill="{PAPER}" stroke="{INK}"/>'
        items += [(box(_SOME), _WORDS["some"]), (badge, "all of these have to fail")]
    if any(row["hits_low"] is not None and row["hits_low"] < 1 for row in rows):
        items.append((draw_swatch(2.4, make_dashes("partly", 2.4)), "may be held on the way"))
    return items
