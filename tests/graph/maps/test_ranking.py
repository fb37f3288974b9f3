"""The picture of a ranking: its bars are the figures, ties are marked, names are whole."""

import xml.etree.ElementTree as ET

import polars as pl
import pytest

from knockon.graph.analysis.rank import Ranking, rank
from tests.toys import dep, graph_of

SVG = "{http://www.w3.org/2000/svg}"
TOY = graph_of(
    dep("a", "P"), dep("b", "P"), dep("c", "P", probability=None), dep("d", "c"), dep("e", "Q"),
    dep("f", "R"),
    entities=[{"id": "P", "kind": "cloud_provider", "name": "Plain & <bold> \"P\""}],
)  # fmt: skip


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def find_rows(root: ET.Element) -> list[ET.Element]:
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == "origin"]


def measure_boxes(row: ET.Element) -> list[tuple[float, float, bool]]:
    """From where to where each box goes, and whether it is dashed."""
    boxes = [(float(r.get("x", 0)), float(r.get("width", 0)), r) for r in row.iter(f"{SVG}rect")]
    return [(x, x + wide, r.get("stroke-dasharray") is not None) for x, wide, r in boxes]


def test_bars_are_the_figures_direct_and_indirect_apart() -> None:
    """P: two for sure, c in half of all worlds and d with it; at most four. Of 40 pixels each."""
    answer = rank(TOY)
    rows = find_rows(ET.fromstring(answer.to_svg()))
    assert len(rows) == 4  # P, c, Q, R; others hit nobody
    title = rows[0].find(f"{SVG}title")
    assert title is not None
    assert title.text == (
        'Plain & <bold> "P" (cloud provider), place 1: 3 others hit, 2.5 directly and 0.5 through '
        "these (if unknown counts 0.5); 2 to 4 whatever is assumed"
    )
    boxes = measure_boxes(rows[0])
    begin = boxes[0][0]
    unit = (boxes[-1][1] - begin) / 4  # the high end
    ends = [((a - begin) / unit, (b - begin) / unit, dashed) for a, b, dashed in boxes]
    assert ends == [
        (0, pytest.approx(2, abs=0.01), False),
        (pytest.approx(2, abs=0.01), pytest.approx(2.5, abs=0.01), True),
        (pytest.approx(2.5, abs=0.01), pytest.approx(3, abs=0.01), True),
        (pytest.approx(3, abs=0.01), pytest.approx(4, abs=0.01), True),
    ]
    assert {"2 to 4", "tick 3, 2.5 direct", "+5 more that may fail"} <= set(texts(rows[0])) | {
        t for t in texts(ET.fromstring(answer.to_svg())) if t.startswith("+")
    }


def test_ties_are_marked_and_what_is_sure_is_too() -> None:
    """c, Q and R hit one each: places 2 to 4; P is the first whatever is assumed."""
    root = ET.fromstring(rank(TOY).to_svg())
    assert [texts(row)[0] for row in find_rows(root)] == ["1", "2 to 4", "2 to 4", "2 to 4"]
    dots = [row.find(f"{SVG}circle") for row in find_rows(root)]
    assert len({dot.get("fill") for dot in dots[1:] if dot is not None}) == 1
    assert dots[0] is not None
    assert dots[1] is not None
    assert dots[0].get("fill") != dots[1].get("fill")
    assert {"a tie: its place can move so far", "its place, whatever is assumed"} <= set(
        texts(root)
    )


def test_a_legend_says_what_is_shown_only() -> None:
    """Where all is stated and every place is sure: no dashes, no ticks, no ties."""
    graph = graph_of(dep("a", "P"), dep("b", "P"), dep("c", "Q"))
    said = texts(ET.fromstring(rank(graph, top=2).to_svg()))
    assert not [t for t in said if t.startswith(("dashed", "tick", "a tie", "up to"))]
    assert "2 hit" in said


def test_what_is_lost_has_bars_of_its_own_where_it_is_not_the_count() -> None:
    """By weight: two axes, and the order is that of what is lost."""
    graph = graph_of(
        dep("a", "P"), dep("b", "P"), dep("c", "Q"), entities=[{"id": "c", "weight": 9.0}]
    )
    root = ET.fromstring(rank(graph).to_svg())
    rows = find_rows(root)
    assert [texts(row)[2] for row in rows] == ["1 hit; 9 lost", "2 hit; 2 lost"]
    assert "lost (weight)" in texts(root)


def test_as_many_rows_as_were_asked_for() -> None:
    """And an answer kept as plain data draws the same bytes."""
    answer = rank(TOY, top=1)
    svg = answer.to_svg()
    assert len(find_rows(ET.fromstring(svg))) == 1
    assert Ranking.from_dict(answer.to_dict()).to_svg() == svg


def test_names_stand_whole() -> None:
    """Over three lines in small type, where two do not hold them."""
    name = "Platform Products and underlying Infrastructure of the Cloud of a Vendor"
    graph = graph_of(dep("a", "P"), entities=[{"id": "P", "name": name}])
    (row,) = find_rows(ET.fromstring(rank(graph).to_svg()))
    assert name in " ".join(texts(row))
    assert "…" not in rank(graph).to_svg()


def test_nobody_is_said_in_words() -> None:
    """Without a chart."""
    svg = rank(graph_of(dep("B", "A", relation="runs"))).to_svg()
    assert "None of the 2 that may fail hits anybody else" in svg
    assert not find_rows(ET.fromstring(svg))
    assert isinstance(rank(TOY).rows, pl.DataFrame)
