"""The map of cut sets: every set drawn once, names escaped, the same bytes for the same answer."""

import xml.etree.ElementTree as ET
from itertools import pairwise

from knockon.graph.analysis.cuts import cuts
from knockon.graph.maps.layout import APART, grow_for_lines, lay_out, spread_ends
from knockon.graph.maps.sets import render_sets
from tests.toys import dep, graph_of, group

SVG = "{http://www.w3.org/2000/svg}"


def find(picture: str, kind: str) -> list[str]:
    """The words on hovering over everything of a kind."""
    root = ET.fromstring(picture)
    return [g.findtext(f"{SVG}title", "") for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def test_single_points_and_sets_are_told_apart() -> None:
    """H alone, P and Q together; a line that may hold is dashed."""
    graph = graph_of(
        *group("D", "PQ"), dep("P", "H"), dep("Q", "H"), dep("D", "<b>", probability=0.5),
        entities=[{"id": "H", "failure_probability": 1e-3}],
    )  # fmt: skip
    answer = cuts(graph, "D")
    picture = render_sets(answer)
    assert sorted(find(picture, "box")) == [
        "<b>: alone takes it down", "D: the target", "H: alone takes it down",
        "P: takes it down together with others", "Q: takes it down together with others",
    ]  # fmt: skip
    assert find(picture, "set") == ["2 together"]
    assert "hits it with 50 %" in find(picture, "line")
    assert "probability 0.001" in find(picture, "line")
    assert "stroke-dasharray" in picture
    assert picture == render_sets(cuts(graph, "D"))


def test_without_sets_it_says_so_in_words() -> None:
    """No empty picture."""
    picture = render_sets(cuts(graph_of(dep("B", "A", relation="runs")), "B"))
    assert "No set of up to 3 that fails together hits B" in picture


def test_what_is_not_drawn_is_counted() -> None:
    """Nothing vanishes in silence."""
    providers = "abcdefghijklmnopqrstuvwxyz01234"
    graph = graph_of(*(dep("D", p) for p in providers))
    picture = render_sets(cuts(graph, "D"))
    assert "7 more sets are not drawn" in picture
    assert len(find(picture, "box")) == 25


def test_lines_begin_and_end_apart() -> None:
    """On the edge of a box that many lead to no two lines meet, and their order is that of the
    boxes from which they come."""
    sizes = {"t": (80.0, 20.0), **{f"m{i}": (60.0, 20.0) for i in range(9)}}
    lines = [(f"m{i}", "t", True) for i in range(9)]
    grown = grow_for_lines(sizes, lines)
    layout = spread_ends(lay_out(grown, lines))
    found = sorted((layout.boxes[t][1], layout.lines[t, h][-1][1]) for t, h, _ in lines)
    ends = [end for _, end in found]
    assert all(b - a >= APART - 0.01 for a, b in pairwise(ends))
    top = layout.boxes["t"][1] - grown["t"][1] / 2
    assert top < ends[0] < ends[-1] < top + grown["t"][1]
