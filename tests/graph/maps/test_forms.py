"""The map in other forms, and shown in other ways: the same answer, nothing in a name is markup."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import ScenarioError
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.forms import FORMS, draw_form
from knockon.graph.maps.layout import run_graphviz
from knockon.graph.maps.view import MapView
from knockon.graph.model.graph import DependencyGraph

HOSTILE = 'Ba"d ]]> <b>&amp;</b> \\N --> `x` {y} #1; 日本'


@pytest.fixture
def graph() -> DependencyGraph:
    rows = pl.DataFrame(
        {"dependent": [f"d{i}" for i in range(60)] + ["x"], "provider": ["hub"] * 60 + ["d0"]}
    ).with_columns(probability=pl.lit(None, pl.Float64))
    entities = pl.DataFrame(
        {"id": [f"d{i}" for i in range(60)],
         "name": [HOSTILE] + [f"Shop {i}" for i in range(1, 60)],
         "country": ["DE", "FR", None] * 20, "weight": [9.0] + [1.0] * 59}
    )  # fmt: skip
    return DependencyGraph.from_polars(rows, entities)


@pytest.fixture
def impact(graph: DependencyGraph) -> Impact:
    return whatif(graph, "hub", worlds=64)


def test_a_png_and_a_pdf_hold_the_picture(impact: Impact) -> None:
    """Twice as many pixels as the picture has; one page of its size."""
    root = ET.fromstring(render_map(impact))
    wide, tall = (int(root.attrib[side]) for side in ("width", "height"))
    png = FORMS["png"](impact, MapView())
    assert isinstance(png, bytes)
    assert png.startswith(b"\x89PNG")
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [2 * wide, 2 * tall]
    pytest.importorskip("typst")
    pdf = FORMS["pdf"](impact, MapView())
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF")


def test_dot_is_read_by_graphviz_and_names_stay_text(impact: Impact) -> None:
    """Graphviz draws it; the worst of the stack is a label as it is."""
    dot = str(FORMS["dot"](impact, MapView()))
    svg = run_graphviz(dot, "svg").decode()
    said = " ".join(ET.fromstring(svg.encode()).itertext())
    assert "日本" in said
    assert "<b>" in said


def test_no_name_is_markup_of_mermaid(impact: Impact) -> None:
    """What could be read as syntax is written as a number."""
    mermaid = str(FORMS["mermaid"](impact, MapView()))
    named = next(line for line in mermaid.splitlines() if "日本" in line)
    assert re.fullmatch(r'  n\d+\["(?:[^"<>`{}\[\]\\]|<br/>)*"\]:::\w+', named)


def test_a_column_of_the_inventory_tells_stacks_apart(
    graph: DependencyGraph, impact: Impact
) -> None:
    """By country, with those of none; and the picture says so."""
    svg = str(draw_form(graph, impact, MapView(group_by="country"), "svg"))
    for words in (">DE<", ">FR<", ">none stated<", "Shown: stacks by country."):
        assert words in svg
    with pytest.raises(ScenarioError, match="countri"):
        draw_form(graph, impact, MapView(group_by="countri"), "svg")


def test_marks_lead_where_the_template_says(impact: Impact) -> None:
    """An id is quoted; no address but a plain one is taken."""
    view = MapView.of({"link": "https://cmdb.example/ci/{id}?name={name}"})
    root = ET.fromstring(render_map(impact, view))
    links = [a.attrib["href"] for a in root.iter("{http://www.w3.org/2000/svg}a")]
    assert "https://cmdb.example/ci/hub?name=hub" in links
    worst = next(link for link in links if "/d0?" in link)
    assert not set(worst.partition("name=")[2]) & set("<>\"'` {}")
    for bad in ("javascript:alert(1)", "data:text/html,x"):
        with pytest.raises(ScenarioError, match="link: expected an address"):
            MapView.of({"link": bad})
    assert MapView.of({"link": "none"}).link == ""
    with pytest.raises(ScenarioError, match="did you mean"):
        MapView.of({"focuss": "a"})


def test_every_entity_stands_at_one_place_with_its_id(impact: Impact) -> None:
    """No id twice in the document, and the stack opens by its key, its provider's id or name."""
    for view in (MapView(), MapView(open=("hub",)), MapView(max_nodes=400)):
        root = ET.fromstring(render_map(impact, view))
        ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
    flow = ET.fromstring(render_map(impact, MapView(open=("HUB",))))
    marks = {e.attrib["data-id"] for e in flow.iter() if e.get("id", "").startswith("e")}
    assert {f"d{i}" for i in range(60)} <= marks


def test_a_small_answer_imports_neither_renderer() -> None:
    """SVG alone starts neither resvg nor Typst."""
    code = (
        "import sys, polars as pl\n"
        "from knockon.graph.model.graph import DependencyGraph as G\n"
        "from knockon.graph.analysis.whatif import whatif\n"
        "rows = pl.DataFrame({'dependent': ['a'], 'provider': ['b']})\n"
        "whatif(G.from_polars(rows), 'b').to_svg()\n"
        "assert not {'resvg_py', 'typst'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
