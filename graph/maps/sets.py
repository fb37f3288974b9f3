"""The map of cut sets in four zones: who alone takes a target down, and who only together; right,
the sets, how probably each hits, how probably each fails."""

from dataclasses import replace
from functools import partial
from typing import Any

from knockon.graph.analysis.cuts import CutSets
from knockon.graph.maps.arrows import draw_arrow, draw_swatch, make_dashes
from knockon.graph.maps.layout import grow_for_lines, lay_out, spread_ends
from knockon.graph.maps.marks import HATCHED, draw_bar, draw_shape
from knockon.graph.maps.page import NAME, SMALL, Point, text
from knockon.graph.maps.set_rows import draw_rows, say
from knockon.graph.maps.style import INK, MUTED, ON_ORIGIN, ORIGIN, PAPER, PLAIN
from knockon.graph.maps.text import clean, settle, width, xml
from knockon.graph.maps.zones import Zones, compose
from knockon.graph.words import many

_SHOWN = 24  # sets drawn, the smallest and most probable
_MOST, _PAD = 200.0, 14.0  # width of a name, room beside it
_BADGE = 40.0, 24.0
_TARGET = "#fdd49e"


def render_sets(answer: CutSets) -> str:
    """The map of an answer, one SVG document; the target alone where there is no set."""
    rows = list_drawn(answer)
    lines = list_lines(answer, rows)
    names = {**answer.entities, answer.target: answer.target_name}
    drawn = dict.fromkeys(end[1:] for ends in lines for end in ends if end[0] == "e")
    labels = {f"e{i}": _label(names[i]) for i in drawn or (answer.target,)}
    sizes = {i: _measure(*label) for i, label in labels.items()}
    together = any(row["order"] > 1 for row in rows)
    if not together:  # one column, whose lines bend alike and so share no point
        wide = max(w for w, _ in sizes.values())
        sizes = {i: (wide, tall) for i, (_, tall) in sizes.items()}
    sizes |= {f"s{n}": _BADGE for n, row in enumerate(rows) if row["order"] > 1}
    bare = [(tail, head, True) for tail, head in lines]
    sizes = grow_for_lines(sizes, bare) | {k: _BADGE for k in sizes if k[0] == "s"}
    layout = spread_ends(lay_out(sizes, bare))
    if not together:
        layout = replace(layout, lines={k: _bend(line) for k, line in layout.lines.items()})
    body = [_draw_line(layout.lines.get(ends, ()), row) for ends, row in lines.items()]
    single = {f"e{r['members'][0]}": may_hold(r) for r in rows if r["order"] == 1}
    for box, at in layout.boxes.items():
        if box in labels:
            role = "may" if single.get(box) else "alone" if box in single else "some"
            role = "target" if box == f"e{answer.target}" else role
            kind = answer.kinds.get(box[1:], "")
            body.append(_draw_box(kind, labels[box], role, sizes[box], at))
        else:
            body.append(_draw_badge(rows[int(box[1:])], at))
    panel = partial(draw_rows, answer, rows)
    return compose(_describe(answer, rows), layout.width, layout.height, body, panel)


def list_drawn(answer: CutSets) -> list[dict[str, Any]]:
    """The sets that are drawn."""
    return [r for r in answer.rows.head(_SHOWN).iter_rows(named=True) if r["members"]]


def _describe(answer: CutSets, rows: list[dict[str, Any]]) -> Zones:
    notes = [f"{n[0].upper()}{n[1:].rstrip('.')}." for n in answer.notes[:3]]
    sentences = [answer.question, *notes]
    more = sum(answer.counts["sets"].to_list()) - len(rows)
    left = f"{more:,.0f} more sets are not drawn. " if more > 0 and rows else ""
    graph = answer.graph
    size = f"{many(graph.entities, 'entity')}, {many(graph.dependencies, 'dependency')}"
    source = f"{left}{graph.title}: {size}. Mode {answer.scenario.mode}. knockon"
    about = " ".join(filter(None, sentences))
    return Zones(answer.headline, sentences, about, _list_legend(rows), source)


def list_lines(answer: CutSets, rows: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
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


def _label(name: str) -> tuple[list[str], float]:
    return settle(clean(name), _MOST, 3, (NAME, 12.0, 11.0, 10.0))


def _measure(names: list[str], size: float) -> Point:
    return max(width(n, size) for n in names) + 2 * _PAD, (size + 3) * len(names) + 18


def _bend(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """One curve between the ends of a line, that bends half way."""
    (x, y), (end, low) = points[0], points[-1]
    middle = (x + end) / 2
    return (x, y), (middle, y), (middle, low), (end, low)


def _draw_line(points: tuple[Point, ...], row: dict[str, Any] | None) -> str:
    if len(points) < 4:
        return ""
    unsure = row is not None and row["hits_low"] is not None and row["hits_low"] < 1
    arrow = draw_arrow(
        points, 2.4 if row else 1.2, make_dashes("partly" if unsure else "stated", 2.4), 0.8
    )
    tip = f"<title>{xml(say(row))}</title>" if row and say(row) else ""
    return f'<g class="line">{tip}{arrow}</g>'


def may_hold(row: dict[str, Any]) -> bool:
    """Whether it is not known that the target falls with these: never shown as sure."""
    return row["hits_low"] is None or row["hits_low"] < 0.5


def _draw_box(kind: str, label: tuple[list[str], float], role: str, size: Point, at: Point) -> str:
    (w, h), (x, y), (names, letter) = size, at, label
    fill = {"target": _TARGET, "alone": ORIGIN, "may": HATCHED}.get(role, PLAIN)
    verdict = {"alone": "fails", "may": "unknown"}.get(role, "hit")
    ink = ON_ORIGIN if role == "alone" else INK
    first = h / 2 + 4 - (letter + 3) / 2 * (len(names) - 1)
    lines = "".join(
        text(
            w / 2, first + (letter + 3) * i, name, letter, ink, anchor="middle",
            bold=role != "some",
        )
        for i, name in enumerate(names)
    )  # fmt: skip
    return (
        f'<g class="box" transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">'
        f"<title>{xml(' '.join(names))}: {_WORDS[role]}</title>"
        f"{draw_shape(kind, w, h, fill, verdict)}{lines}</g>"
    )


def _draw_badge(row: dict[str, Any], at: Point) -> str:
    (w, h), (x, y) = _BADGE, at
    count = f"all {row['order']}"
    said = f"{row['order']} together" + (f": {say(row)}" if say(row) else "")
    return (
        f'<g class="set" transform="translate({x - w / 2:.1f},{y - h / 2:.1f})">'
        f"<title>{xml(said)}</title>"
        f'<rect width="{w:.1f}" height="{h:.1f}" rx="12" fill="{PAPER}" stroke="{INK}"/>'
        f"{text(w / 2, 16, count, SMALL, INK, anchor='middle')}</g>"
    )


_WORDS = {
    "alone": "alone takes it down", "may": "alone may take it down: not known",
    "some": "takes it down together with others",
    "target": "the target",
}  # fmt: skip


def _list_legend(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    def box(fill: str) -> str:
        return f'<rect width="34" height="16" rx="3" fill="{fill}" stroke="{MUTED}"/>'

    items = [(box(_TARGET), _WORDS["target"])]
    single = [may_hold(row) for row in rows if row["order"] == 1]
    if not all(single):
        items.append((box(ORIGIN), "a single point of failure: " + _WORDS["alone"]))
    if any(single):
        items.append((draw_shape("", 34, 16, HATCHED, "unknown"), _WORDS["may"]))
    if any(row["order"] > 1 for row in rows):
        badge = f'<rect width="34" height="16" rx="8" fill="{PAPER}" stroke="{INK}"/>'
        items += [(box(PLAIN), _WORDS["some"]), (badge, "all of these have to fail")]
    unsure = [r for r in rows if r["hits_low"] is not None and r["hits_low"] < 1]
    if unsure:
        items.append((draw_swatch(2.4, make_dashes("partly", 2.4)), "may be held on the way"))
    if any(row["hits_low"] != row["hits_high"] for row in unsure):
        items.append((draw_bar(0, 5, 34, 6, (0.3, 0.5, 0.8)), "hits it: sure, then not known"))
    return items
