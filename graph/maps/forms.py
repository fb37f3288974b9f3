"""The map in other forms: PNG and PDF of the picture, DOT and Mermaid of its boxes and lines.

PNG is made by resvg (Rust), PDF by Typst, where it is installed. Both draw the SVG as it is.
"""

import re
from collections.abc import Callable
from typing import Any

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.view import carry
from knockon.graph.errors import RenderError
from knockon.graph.maps.boxes import list_shown
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.marks import Subject, find_verdict
from knockon.graph.maps.plan import Box, plan_map
from knockon.graph.maps.ribbons import find_knowledge
from knockon.graph.maps.view import PLAIN, MapView
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import range_of

_SCALE = 2  # pixels of a PNG for each of the picture
_SIZE = re.compile(r'viewBox="0 0 (\d+) (\d+)"')

_PROBE = (  # is there any font at all
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20" '
    'font-family="Helvetica, Arial, sans-serif"><text x="2" y="15" font-size="14">{}</text></svg>'
)


def render_png(svg: str) -> bytes:
    """The picture as PNG, twice as large. Raises RenderError where no font is installed."""
    try:
        import resvg_py
    except ImportError:
        raise RenderError("PNG: expected the package resvg_py: pip install resvg_py") from None
    options: dict[str, Any] = {"zoom": _SCALE}
    probes = (_PROBE.format(said) for said in ("W", ""))
    if len({bytes(resvg_py.svg_to_bytes(svg_string=probe)) for probe in probes}) == 1:
        raise RenderError(
            "PNG: found no font on this machine; expected one such as Liberation Sans or DejaVu "
            "(fonts-liberation); the SVG needs none"
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=_without_style(svg), **options))


def render_pdf(svg: str) -> bytes:
    """The picture as PDF of one page of its size. Raises RenderError where Typst is missing."""
    try:
        import typst
    except ImportError:
        raise RenderError(
            "PDF: expected the package typst: pip install 'knockon[pdf]'; or print the SVG"
        ) from None
    size = _SIZE.search(svg)
    assert size is not None
    wide, tall = size.groups()
    source = (
        f"#set page(width: {wide}pt, height: {tall}pt, margin: 0pt)\n"
        f'#image(bytes(sys.inputs.at("svg")), format: "svg", width: {wide}pt)'
    )
    return bytes(
        typst.compile(source.encode(), format="pdf", sys_inputs={"svg": _without_style(svg)})
    )


def _without_style(svg: str) -> str:
    """Without the rules for screens and paper: what renders once is light."""
    return re.sub(r"<style>.*?</style>", "", svg, count=1, flags=re.S)


def render_dot(impact: Impact, view: MapView = PLAIN) -> str:
    """The boxes and lines of the map as DOT."""
    plan = plan_map(impact, view)
    subject = Subject(impact, plan, view)
    number = {b.key: f"n{i}" for i, b in enumerate(plan.boxes)}
    lines = [
        f"digraph {{\n  label={_quote([impact.headline])}\n  rankdir=LR\n  node [shape=box]",
        *(
            f"  {number[b.key]} [label={_quote(_name(subject, b))}, "
            f"class={_quote([find_verdict(b)])}, "
            f"style={_quote([_STYLES[find_verdict(b)]])}]"
            for b in plan.boxes
        ),
        *(
            f"  {number[w.tail]} -> {number[w.head]} [label={_quote([f'{w.count:,}'])}"
            f"{'' if find_knowledge(w) == 'stated' else ', style=dashed'}]"
            for w in plan.lines
        ),
    ]
    return "\n".join([*lines, "}", ""])


_STYLES = {
    "fails": "bold,filled", "hit": "filled", "unknown": "dashed", "spared": "rounded",
    "mixed": "solid",
}  # fmt: skip


def render_mermaid(impact: Impact, view: MapView = PLAIN) -> str:
    """The boxes and lines of the map as a flowchart of Mermaid."""
    plan = plan_map(impact, view)
    subject = Subject(impact, plan, view)
    number = {b.key: f"n{i}" for i, b in enumerate(plan.boxes)}
    title = _entities(impact.headline)
    lines = [f'---\ntitle: "{title}"\n---\nflowchart LR']
    for box in plan.boxes:
        said = "<br/>".join(_entities(part) for part in _name(subject, box))
        lines.append(f'  {number[box.key]}["{said}"]:::{find_verdict(box)}')
    for line in plan.lines:
        arrow = "-->" if find_knowledge(line) == "stated" else "-.->"
        lines.append(f'  {number[line.tail]} {arrow}|"{line.count:,}"| {number[line.head]}')
    return "\n".join(
        [
            *lines,
            "  classDef fails fill:#7f0000,color:#fff",
            "  classDef hit fill:#f08a5d,color:#1a1a1a",
            "  classDef unknown fill:#fdf6ec,color:#1a1a1a,stroke-dasharray:5 3",
            "  classDef spared fill:#fff,color:#1a1a1a,stroke:#00694b,stroke-width:3px",
            "  classDef mixed fill:#f2f2f2,color:#1a1a1a",
            "",
        ]
    )


def _name(subject: Subject, box: Box) -> list[str]:
    """What stands in a box: names, how many more, how many are hit."""
    names = [subject.name(row) for row in list_shown(box)]
    rest = len(box.members) - len(names)
    said = [f"+ {rest:,} more"] if rest else []
    figure = "fail" if box.origin else range_of(box.low, box.middle, box.high, len(box.members))
    return [*names, *said, figure]


def _quote(parts: list[str]) -> str:
    r"""A string of DOT; `\n` between parts, everything else as it is."""
    escaped = (p.replace("\\", "\\\\").replace('"', '\\"') for p in parts)
    return '"' + "\\n".join(escaped) + '"'


def _entities(said: str) -> str:
    """Text of Mermaid, in which nothing is markup."""
    return "".join(ch if ch.isalnum() or ch in " .,:-()%+" else f"#{ord(ch)};" for ch in said)


FORMS: dict[str, Callable[[Impact, MapView], str | bytes]] = {
    "svg": render_map,
    "png": lambda impact, view: render_png(render_map(impact, view)),
    "pdf": lambda impact, view: render_pdf(render_map(impact, view)),
    "dot": render_dot,
    "mermaid": render_mermaid,
}
"""The forms of a map, by name."""


def draw_form(graph: DependencyGraph, impact: Impact, view: MapView, form: str) -> str | bytes:
    """The map in a form, with the column that it is grouped by from the inventory."""
    if view.group_by and view.group_by not in impact.entities.columns:
        impact, _ = carry(graph, impact, columns=(view.group_by,))
    return FORMS[form](impact, view)
