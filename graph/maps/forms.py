"""Every picture in every form: PNG and PDF of the SVG, DOT and Mermaid of boxes and lines.

PNG is made by resvg (Rust), PDF by Typst, where it is installed. Both draw the SVG as it is.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from knockon.graph.analysis.answer import render_picture
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.view import carry
from knockon.graph.errors import RenderError, ScenarioError
from knockon.graph.maps.sketch import write_dot, write_mermaid
from knockon.graph.maps.sketches import SKETCHES
from knockon.graph.maps.view import PLAIN, MapView
from knockon.graph.model.graph import DependencyGraph

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


def draw_picture(answer: Any, name: str, form: str = "svg", view: MapView = PLAIN) -> str | bytes:
    """The picture of this name of an answer in one of `FORMS`; view: of a map.

    Raises ScenarioError where a chart is to be boxes and lines, and RenderError where what makes a
    form is not installed.
    """
    if form in ("dot", "mermaid"):
        if name not in SKETCHES:
            raise ScenarioError(
                f"{form}: expected a picture of boxes and lines ({', '.join(SKETCHES)}), got the "
                f"chart of {name}: ask for svg, png or pdf"
            )
        sketch = SKETCHES[name](answer, view)
        return write_dot(sketch) if form == "dot" else write_mermaid(sketch)
    look = {f.name: getattr(view, f.name) for f in fields(view)} if name == "map" else {}
    svg = render_picture(answer, name, **look)
    return svg if form == "svg" else _RENDER[form](svg)


_RENDER: dict[str, Callable[[str], bytes]] = {"png": render_png, "pdf": render_pdf}


def draw_form(graph: DependencyGraph, impact: Impact, view: MapView, form: str) -> str | bytes:
    """The map in a form, with the column that it is grouped by from the inventory."""
    if view.group_by and view.group_by not in impact.entities.columns:
        impact, _ = carry(graph, impact, columns=(view.group_by,))
    return draw_picture(impact, "map", form, view)
