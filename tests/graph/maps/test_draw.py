"""The map as a document: well-formed, the same bytes, names as text, nothing cut or overlapping."""

import random
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.layout import dot_text, lay_out
from knockon.graph.maps.text import clean, fit, width, wrap
from knockon.graph.model.graph import DependencyGraph

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    '"quoted" & <script>alert(1)</script>', "two\nlines\tand tabs",
    "\u202eright to left\u202c שלום", "x" * 500, "<b>bold</b>",
    r"\N \G &amp; &#60;a&#62;", "日本語の会社名前株式会社", "]]>", "<>", "-->",
    "javascript:alert(1)", "a\x00\x08\ufffeb",
]  # fmt: skip


def drawn(rows: pl.DataFrame, origin: str, **options: object) -> str:
    return render_map(whatif(DependencyGraph.from_polars(rows), origin, **options))


def star(names: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"dependent": names}).with_columns(
        provider=pl.lit("origin"), probability=pl.lit(0.5)
    )


def test_hostile_names_are_text_and_nothing_else() -> None:
    """No element, link or script comes out of a name; every name is there to read."""
    root = ET.fromstring(drawn(star(HOSTILE), "origin"))
    tags = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert tags == {"svg", "title", "desc", "rect", "g", "path", "text"}
    attributes = {name for e in root.iter() for name in e.attrib}
    assert not {a for a in attributes if "href" in a or a.startswith("on")}
    titles = " ".join(e.text or "" for e in root.iter(f"{SVG}title"))
    for name in HOSTILE:
        assert clean(name)[:60] in titles


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_name_leaves_the_document_well_formed(names: list[str]) -> None:
    """Whatever text an entity has as its name, the map is one XML document."""
    kept = sorted({n.strip() for n in names if n.strip() and n.strip() != "origin"})
    if kept:
        ET.fromstring(drawn(star(kept), "origin"))


def test_the_same_answer_gives_the_same_bytes() -> None:
    """The order of rows changes no byte of the map."""
    rows = [(f"n{i:02}", f"n{i // 3:02}") for i in range(1, 60)]
    frames = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        frames.append(
            pl.DataFrame(rows, schema=["dependent", "provider"], orient="row").with_columns(
                probability=pl.lit(None, pl.Float64)
            )
        )
    assert len({drawn(frame, "n00") for frame in frames}) == 1


@pytest.mark.parametrize("number", [5, 40, 300])
def test_boxes_do_not_overlap_and_stand_on_the_page(number: int) -> None:
    """No two boxes share a point, and none leaves the page."""
    rows = pl.DataFrame(
        {
            "dependent": [f"Entity number {i} of some length" for i in range(1, number)],
            "provider": [f"Entity number {i // 4} of some length" for i in range(1, number)],
        }
    ).with_columns(probability=pl.lit(0.9))
    root = ET.fromstring(drawn(rows, "Entity number 0 of some length"))
    page = [float(v) for v in root.attrib["viewBox"].split()]
    shift = _shift(next(g for g in root.iter(f"{SVG}g") if g.attrib.get("class") is None))
    boxes = []
    for group in (g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "box"):
        x, y = _shift(group)
        xs, ys = _extent(group.findall(f"{SVG}path")[-1].attrib["d"])
        boxes.append((x + shift[0], y + shift[1], x + shift[0] + max(xs), y + shift[1] + max(ys)))
    for i, a in enumerate(boxes):
        assert 0 <= a[0] < a[2] <= page[2]
        assert 0 <= a[1] < a[3] <= page[3]
        for b in boxes[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_legend_names_only_what_is_shown() -> None:
    """Where every strength is stated, the legend does not speak of unknown ones."""
    svg = drawn(star(["a"]), "origin")
    assert "strength stated" in svg
    assert "strength unknown" not in svg
    assert "counted once" not in svg


def test_unknown_is_visibly_different_from_sure() -> None:
    """An unknown strength draws a dashed line and a dashed box, and says the range."""
    rows = pl.DataFrame({"dependent": ["a"], "provider": ["o"]})
    svg = drawn(rows, "o")
    assert svg.count("stroke-dasharray") >= 3  # line, box, legend
    assert "0 to 100 %" in svg


def test_tooltips_tell_the_hours() -> None:
    """Where the answer has times, each entity says when it is down, and for how long."""
    rows = pl.DataFrame(
        {"dependent": ["a"], "provider": ["o"], "probability": [1.0], "grace_hours": [3.0]}
    )
    assert "; down after 3 h for 1 h" in drawn(rows, "o", hours=4)
    assert "; down after 0 h for 4 h" in drawn(rows, "o", hours=4)
    assert "down after" not in drawn(rows, "o")


def test_a_head_is_wider_than_its_line() -> None:
    """However many pass: the direction is seen, and the line ends at the back of the head."""
    for count in (1, 2, 90):
        rows = pl.DataFrame({"dependent": [f"d{i}" for i in range(count)]}).with_columns(
            provider=pl.lit("o"), probability=pl.lit(1.0)
        )
        root = ET.fromstring(drawn(rows, "o"))
        lines = [g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "line"]
        for curve, head in (g.findall(f"{SVG}path") for g in lines):
            xs, ys = _extent(head.attrib["d"])
            assert max(ys) - min(ys) > float(curve.attrib["stroke-width"]) + 1
            assert _extent(curve.attrib["d"])[0][-1] <= max(xs) - 5


def test_kinds_of_one_shape_share_a_place_in_the_legend() -> None:
    """A shape is explained once, with every kind that has it."""
    kinds = ["dns_provider", "identity_provider", "network", "platform"]
    rows = pl.DataFrame({"dependent": kinds}).with_columns(
        provider=pl.lit("o"), probability=pl.lit(1.0)
    )
    entities = pl.DataFrame({"id": kinds, "kind": kinds})
    svg = render_map(whatif(DependencyGraph.from_polars(rows, entities), "o"))
    assert ">DNS provider, identity provider<" in svg
    assert ">network<" in svg
    assert ">platform<" in svg


def test_dot_text_is_exact_and_holds_no_names() -> None:
    """Graphviz sees numbered boxes of given sizes, in the order given."""
    text = dot_text({"x<y": (72, 36), "b": (144, 36)}, [("x<y", "b", True), ("b", "x<y", False)])
    assert text == (
        "digraph {\n\tgraph [nodesep=0.16 ordering=out rankdir=LR ranksep=0.9]\n"
        '\tnode [fixedsize=true label="" shape=box]\n\tedge [arrowhead=none]\n'
        "\tn0 [height=0.500 width=1.000]\n\tn1 [height=0.500 width=2.000]\n"
        "\tn0 -> n1 [headport=w tailport=e]\n\tn1 -> n0 [constraint=false]\n}\n"
    )


def test_layout_flows_from_left_to_right() -> None:
    """A dependent stands right of its provider."""
    layout = lay_out({"a": (100, 40), "b": (100, 40)}, [("a", "b", True)])
    assert layout.boxes["a"][0] + 100 < layout.boxes["b"][0]
    assert len(layout.lines["a", "b"]) >= 4


def test_text_is_cut_and_wrapped_to_its_room() -> None:
    """No line of text is wider than the room it was given."""
    assert fit("short", 13, 100) == "short"
    assert width(fit("w" * 99, 13, 100), 13) <= 100
    lines = wrap("one two three four five six seven", 13, 80, 3)
    assert len(lines) == 3
    assert all(width(line, 13) <= 80 for line in lines)
    assert wrap("", 13, 80, 2) == [""]


def _shift(group: ET.Element) -> tuple[float, float]:
    x, y = group.attrib["transform"].removeprefix("translate(").rstrip(")").split(",")
    return float(x), float(y)


def _extent(path: str) -> tuple[list[float], list[float]]:
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
    return [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
