"""The bands of a map: how many pass from one box to the next, and what is known of the strengths.

A band is an area between two curves that bend alike, so that neighbours never touch; it ends in a
head wider than itself.
"""

from knockon.graph.maps.arrows import KNOWLEDGE, KNOWN
from knockon.graph.maps.columns import HEAD, Ribbon
from knockon.graph.maps.marks import Subject
from knockon.graph.maps.plan import Line
from knockon.graph.maps.style import BAND, FAINT, MUTED
from knockon.graph.maps.text import xml
from knockon.graph.words import percent

_DIAGONAL = '<path d="M-1,{1}L{1},-1M-1,1L1,-1M{2},{1}L{1},{2}" stroke="{0}" stroke-width="{3}"/>'
_TEXTURES = {  # size, strokes
    "table": (4, '<path d="M0,1.5H4" stroke="{0}" stroke-width="2.5"/>'),
    "typical": (5, '<circle cx="2.5" cy="2.5" r="1.7" fill="{0}"/>'),
    "partly": (9, _DIAGONAL.format("{0}", 10, 8, 5)),
    "unknown": (6, _DIAGONAL.format("{0}", 7, 5, 1.6)),
}

__all__ = ["KNOWN", "draw_ribbon", "find_knowledge", "list_patterns", "swatch"]


def find_knowledge(line: Line) -> str:
    """What is known of the strengths on a line, a key of `KNOWN`."""
    if line.source != "none":
        return "stated" if line.known == 1 else KNOWLEDGE[line.source]
    return "partly" if line.known else "unknown"


def _fill(knowledge: str) -> str:
    return f"url(#knockon-{knowledge}-band)" if knowledge in _TEXTURES else BAND


def list_patterns(subject: Subject) -> str:
    """The definitions that the bands of this map need."""
    made = []
    for knowledge in sorted({find_knowledge(w) for w in subject.plan.lines} & set(_TEXTURES)):
        size, strokes = _TEXTURES[knowledge]
        made.append(
            f'<pattern id="knockon-{knowledge}-band" width="{size}" height="{size}" '
            f'patternUnits="userSpaceOnUse"><rect width="{size}" height="{size}" fill="{FAINT}"/>'
            f"{strokes.format(BAND)}</pattern>"
        )
    return "".join(made)


def draw_ribbon(subject: Subject, ribbon: Ribbon) -> str:
    """The band of a line with its head."""
    return draw_band(subject, ribbon.line, *shape_ribbon(ribbon))


def draw_band(subject: Subject, line: Line, area: str, head: str) -> str:
    """A band of these shapes, filled by what is known of its strengths."""
    knowledge = find_knowledge(line)
    return (
        f'<g class="line" data-from="{xml(line.tail)}" data-to="{xml(line.head)}">'
        f"<title>{xml(_say(subject, line, knowledge))}</title>"
        f'<path d="{area}" fill="{_fill(knowledge)}"/><path d="{head}" fill="{MUTED}"/></g>'
    )


def shape_ribbon(ribbon: Ribbon, first: float = 0.0, last: float = 1.0) -> tuple[str, str]:
    """The paths of the part of a band between two shares of its width, and of its head."""
    x, end, bend = ribbon.x, ribbon.end, (ribbon.x + ribbon.end) / 2
    wide = ribbon.wide * (last - first)
    top, head_top = (y + ribbon.wide * first for y in (ribbon.top, ribbon.head_top))
    area = (
        f"M{x:.1f},{top:.1f}C{bend:.1f},{top:.1f} {bend:.1f},{head_top:.1f} "
        f"{end:.1f},{head_top:.1f}V{head_top + wide:.1f}C{bend:.1f},{head_top + wide:.1f} "
        f"{bend:.1f},{top + wide:.1f} {x:.1f},{top + wide:.1f}Z"
    )
    head = (
        f"M{end:.1f},{ribbon.head_top - 3:.1f}"
        f"L{end + HEAD:.1f},{ribbon.head_top + ribbon.wide / 2:.1f}"
        f"L{end:.1f},{ribbon.head_top + ribbon.wide + 3:.1f}Z"
    )
    return area, head


def _say(subject: Subject, line: Line, knowledge: str) -> str:
    """`Slack → 57 entities: 57 pass here; strength unknown`."""
    boxes = {b.key: b for b in subject.plan.boxes}
    ends = [
        subject.name(b.members[0]) if b.single else f"{len(b.members):,} entities"
        for b in (boxes[line.tail], boxes[line.head])
    ]
    said = f"{ends[0]} → {ends[1]}: {line.count:,} {'passes' if line.count == 1 else 'pass'} here"
    share = f" ({percent(line.known)} of strengths stated)" if knowledge == "partly" else ""
    return f"{said}; {KNOWN[knowledge]}{share}"


def swatch(knowledge: str) -> str:
    """A piece of such a band, for a legend."""
    if knowledge == "wider":
        return f'<path d="M0,4H34V6H0ZM0,10H34V16H0Z" fill="{BAND}"/>'
    return f'<path d="M0,3H34V13H0Z" fill="{_fill(knowledge)}"/>'
