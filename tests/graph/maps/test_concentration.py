"""The picture of a concentration: what it says, and that names are never markup."""

import xml.etree.ElementTree as ET

import pytest

import knockon as ko
from knockon.graph.analysis.concentration import concentration
from tests.paths import SAMPLES
from tests.toys import dep, graph_of, group

SVG = "{http://www.w3.org/2000/svg}"


def draw(**asked: object) -> ET.Element:
    graph = graph_of(
        *(dep(u, "P") for u in "abc"), *group("d", "PQ"), dep("P", "R"), dep("e", "<b>&\"x"),
        entities=[{"id": u, "kind": "site", "sector": "x" if u < "c" else "y"} for u in "abcde"],
    )  # fmt: skip
    return ET.fromstring(concentration(graph, **asked).to_svg())


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_bars_and_curves_say_the_figures() -> None:
    """P: used by four, critical for three; R through chains only; three curves."""
    root = draw()
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert "P: used by 4 (80 %), 0 of these through chains only; critical for 3 (60 %)" in titles
    assert any(t.startswith("R: used by 4 (80 %), 4 of these through chains only") for t in titles)
    assert len([e for e in root.iter(f"{SVG}path") if e.get("class") == "curve"]) == 3
    assert "5 of 5 use any; 4 providers; HHI 0.500, as 2 equal ones" in texts(root)


def test_who_has_a_spare_is_a_band() -> None:
    """Between those for whom it is critical and all who use it; none where nobody has a spare."""
    root = draw()
    assert [e for e in root.iter(f"{SVG}path") if e.get("class") == "band"]
    assert "3 to 4 (80 %)" in texts(root)
    plain = concentration(graph_of(dep("a", "P"), dep("b", "P"))).to_svg()
    assert 'class="band"' not in plain


def test_a_name_is_never_markup() -> None:
    """It stands in the picture as it is."""
    assert '<b>&"x' in texts(draw())


def test_each_segment_of_users_is_a_market() -> None:
    """By sector: two panels, each named."""
    assert {"uses, x", "uses, y"} <= set(texts(draw(per="sector")))


def test_the_same_answer_is_the_same_bytes() -> None:
    """And curves may be left out."""
    assert ET.tostring(draw()) == ET.tostring(draw())
    assert not [e for e in draw(unions=0).iter(f"{SVG}path") if e.get("class") == "curve"]


@pytest.mark.parametrize(
    ("listed", "open_"), [(None, 21), ("lei,status\n999900LINDENBANK0040,G-SII\n", 7)]
)
def test_a_designation_is_a_table_of_tests(listed: str | None, open_: int) -> None:
    """Yes, no, or open. Assets are stated nowhere (5 open), two have no assessment (2), 2.1 and 2.2
    need a list (10), and but for Wachturm all hang on these (4); with a list 2.2 is met by none."""
    graph = ko.load(SAMPLES / "dora-register")
    root = ET.fromstring(concentration(graph, designation=True, systemic=listed).to_svg())
    words = texts(root)
    assert "Kernbuch Software AG, used by 1" in words
    assert words.count("open") == open_
    assert {"1.1 and 1.2", "2.1", "2.2", "4.1 or 4.2", "all"} <= set(words)
