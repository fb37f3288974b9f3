"""The map in other forms, and shown in other ways: the same answer, nothing in a name is markup."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl
import pytest

import knockon as ko
from knockon.api.cli.files import SKETCHED
from knockon.api.cli.verbs import main
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import ScenarioError
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.forms import draw_form, draw_picture
from knockon.graph.maps.layout import run_graphviz
from knockon.graph.maps.sketches import SKETCHES
from knockon.graph.maps.view import MapView
from knockon.graph.model.graph import DependencyGraph
from tests.paths import SAMPLES

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
    png = draw_picture(impact, "map", "png")
    assert isinstance(png, bytes)
    assert png.startswith(b"\x89PNG")
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [2 * wide, 2 * tall]
    pytest.importorskip("typst")
    pdf = draw_picture(impact, "map", "pdf")
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF")


def test_dot_is_read_by_graphviz_and_names_stay_text(impact: Impact) -> None:
    """Graphviz draws it; the worst of the stack is a label as it is."""
    dot = str(draw_picture(impact, "map", "dot"))
    svg = run_graphviz(dot, "svg").decode()
    said = " ".join(ET.fromstring(svg.encode()).itertext())
    assert "日本" in said
    assert "<b>" in said


def test_no_name_is_markup_of_mermaid(impact: Impact) -> None:
    """What could be read as syntax is written as a number."""
    mermaid = str(draw_picture(impact, "map", "mermaid"))
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


def test_every_picture_has_every_form_that_it_can_have() -> None:
    """Those of boxes and lines as text, too; a chart is none, and says so."""
    graph = ko.load(SAMPLES / "crowdstrike-2024")
    bad = {"mode": "bad_update"}
    safe = {"protect": ["Delta Air Lines"]}
    answers = {
        "why": ko.why(graph, "Delta Air Lines", "falcon-cf291", **bad),
        "cuts": ko.cuts(graph, "Delta Air Lines", order=2, **bad),
        "compare": ko.compare(graph, None, "falcon-cf291", after=safe, **bad),
    }
    assert set(SKETCHED) == set(SKETCHES) == {"map", *answers}
    for name, answer in answers.items():
        drawn = run_graphviz(str(draw_picture(answer, name, "dot")), "svg").decode()
        assert "Delta Air Lines" in " ".join(ET.fromstring(drawn.encode()).itertext())
        mermaid = str(draw_picture(answer, name, "mermaid"))
        assert "flowchart LR" in mermaid
        assert "Delta Air Lines" in mermaid
    savings = ko.harden(graph, "falcon-cf291", budget=1, **bad)
    assert bytes(draw_picture(savings, "harden", "png")).startswith(b"\x89PNG")  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="expected a picture of boxes and lines"):
        draw_picture(savings, "harden", "dot")


def test_verbs_write_their_picture_in_the_place_of_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By --format; charts by the suffix of their file; what no terminal shows needs a file."""
    asked = [str(SAMPLES / "crowdstrike-2024"), "falcon-cf291", "--mode", "bad_update"]
    drawn, chart = tmp_path / "a.png", tmp_path / "b.pdf"
    pytest.importorskip("typst")
    command = ["whatif", *asked, "--format", "png", "-o", str(drawn), "--exceedance", str(chart)]
    assert leave(*command) == 0
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert chart.read_bytes().startswith(b"%PDF")
    assert leave("whatif", *asked, "--format", "dot") == 0
    assert capsys.readouterr().out.startswith("digraph")
    assert leave("whatif", *asked, "--format", "png") == 2
    assert leave("harden", *asked, "--format", "mermaid") == 2
    assert leave("rank", asked[0], "--format", "svg") == 0
    assert "<svg" in capsys.readouterr().out


def leave(*words: str) -> object:
    with pytest.raises(SystemExit) as left:
        main(words)
    return left.value.code


def test_an_opened_stack_of_thousands_is_laid_in_columns_and_bounded(impact: Impact) -> None:
    """Names stand beside each other, as many as ten times the marks of a page; the rest is counted,
    and the picture says so."""
    rows = pl.DataFrame(
        {"dependent": [f"d{i:04}" for i in range(2500)], "provider": ["hub"] * 2500}
    )
    many = whatif(DependencyGraph.from_polars(rows), "hub", worlds=64)
    root = ET.fromstring(render_map(many, MapView(open=("hub",))))
    assert float(root.attrib["height"]) < 2000
    marks = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("id", "")[:1] == "e"]
    assert len(marks) == 401  # and what fails
    said = " ".join(root.itertext())
    assert "+ 2,100" in said
    assert "An opened stack shows its worst 400 by name" in said
    fewer = ET.fromstring(render_map(many, MapView(open=("hub",), max_nodes=8)))
    assert "An opened stack shows its worst 80 by name" in " ".join(fewer.itertext())
    whole = ET.fromstring(render_map(impact, MapView(open=("hub",))))
    assert "An opened stack shows" not in " ".join(whole.itertext())
