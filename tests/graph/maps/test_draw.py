"""The map as a document: well-formed, the same bytes, names as text, nothing cut or overlapping."""

import random
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.analysis.whatif import whatif
from knockon.graph.maps.columns import lay_out_flow
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.layout import dot_text, lay_out
from knockon.graph.maps.plan import plan_map
from knockon.graph.maps.style import (
    DARK,
    HATCH,
    INK,
    MUTED,
    ON_ORIGIN,
    ORIGIN,
    PAPER,
    PLAIN,
    SCALE,
    SURE,
    UNKNOWN,
)
from knockon.graph.maps.text import clean, settle, width, wrap
from knockon.graph.maps.view import MapView
from knockon.graph.model.graph import DependencyGraph
from tests.paths import GOLDEN, SAMPLES

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
    assert tags == {
        "svg", "title", "desc", "style", "defs", "pattern", "rect", "g", "path", "circle", "text",
    }  # fmt: skip
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
    shift = _shift(next(g for g in root.iter(f"{SVG}g") if g.attrib.get("class") == "flow"))
    boxes = []
    for group in (g for g in root.iter(f"{SVG}g") if "box" in g.attrib.get("class", "").split()):
        x, y = _shift(group)
        shape = next(p for p in group.iter(f"{SVG}path") if p.get("stroke-width") == "1.2")
        xs, ys = _extent(shape.attrib["d"])
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
        for band, head in (g.findall(f"{SVG}path") for g in lines):
            xs, ys = _extent(head.attrib["d"])
            points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", band.attrib["d"])
            wide = float(points[-1][1]) - float(points[0][1])
            assert max(ys) - min(ys) > wide + 1
            assert max(float(x) for x, _ in points) <= max(xs) - 5


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


def test_text_is_wrapped_to_its_room_and_never_cut() -> None:
    """No line of text is wider than the room it was given, and no character is lost."""
    for said in ("one two three four five six seven", "w" * 99, "short", ""):
        lines = wrap(said, 13, 80)
        assert all(width(line, 13) <= 80 for line in lines)
        assert "".join(lines).replace(" ", "") == said.replace(" ", "")
    assert settle("short", 100) == (["short"], 12.0)
    assert settle("a name that is somewhat longer than others", 100)[1] < 12
    lines, size = settle("w" * 99, 100)
    assert "".join(lines) == "w" * 99
    assert size == 10.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([None, 0.2, 1.0])), min_size=1, max_size=90
    ),
    st.integers(1, 4),
)
def test_boxes_and_bands_share_no_point(tree: list[tuple[int, float | None]], depth: int) -> None:
    """In a map of any tree no two boxes overlap, and no two bands between two columns."""
    rows = pl.DataFrame(
        [(f"n{i + 1}", f"n{p % (i + 1)}", q) for i, (p, q) in enumerate(tree)],
        schema={"dependent": pl.String, "provider": pl.String, "probability": pl.Float64},
        orient="row",
    )
    impact = whatif(DependencyGraph.from_polars(rows), "n0", worlds=64)
    plan = plan_map(impact, MapView(depth=depth, max_nodes=20))
    sizes = {b.key: (150.0, 30.0 + 7 * len(b.members) % 90) for b in plan.boxes}
    flow = lay_out_flow(plan.boxes, plan.lines, sizes, 50.0)
    places = [(*flow.tops[b.key], *flow.sizes[b.key]) for b in plan.boxes]
    for i, (x, y, w, h) in enumerate(places):
        assert 0 <= y <= y + h <= flow.height + 0.01
        for other_x, other_y, other_w, other_h in places[:i]:
            apart = x + w <= other_x or other_x + other_w <= x
            assert apart or y + h <= other_y or other_y + other_h <= y
    for i, band in enumerate(flow.ribbons):
        for other in flow.ribbons[:i]:
            if band.x == other.x:  # between the same columns: ordered alike at both ends
                first, second = sorted((band, other), key=lambda r: r.top)
                assert first.top + first.wide < second.top
                assert first.head_top + first.wide < second.head_top


def test_a_stranger_reads_who_failed_who_is_worst_who_carries_it_and_what_is_unsure() -> None:
    """All four are text on the map, and no entity stands there because it is alone."""
    rows = [("hub", "o"), ("alone", "c"), ("c", "o")]
    rows += [(f"leaf {i:02}", "hub") for i in range(60)]
    frame = pl.DataFrame(rows, schema=["dependent", "provider"], orient="row").with_columns(
        probability=pl.when(pl.col("dependent") == "hub").then(0.9).otherwise(None)
    )
    heavy = {"leaf 41": 9.0, "leaf 07": 8.0, "leaf 33": 7.0}
    entities = pl.DataFrame({"id": list(heavy), "weight": list(heavy.values())})
    root = ET.fromstring(render_map(whatif(DependencyGraph.from_polars(frame, entities), "o")))
    said = [e.text or "" for e in root.iter(f"{SVG}text")]
    whole = " ".join(said)
    assert said[0].startswith("If o fails")
    assert "are of unknown strength" in whole
    assert "Carried on most by hub (60 of the 63 within reach)" in whole
    assert said.count("leaf 41") == said.count("leaf 07") == said.count("leaf 33") == 2
    assert "hit hardest" in said
    assert "directly hit · 2" in said
    assert "through one · 61" in said


def test_every_option_that_is_not_the_default_is_said() -> None:
    """What changes the figures stands on the picture."""
    svg = drawn(star(["a", "b"]), "origin", hours=4, assume=0.3, seed=7, severity=0.4, worlds=50)
    for words in ("4 h", "unknown counts 0.3", "seed 7", "everity 40 %", "50 random worlds"):
        assert words in svg


def test_colours_can_be_read_in_light_and_dark() -> None:
    """Text has a contrast of 4.5 to what it stands on, on light and on dark screens."""
    grounds = (PAPER, PLAIN, UNKNOWN, HATCH, SURE, *(colour for _, colour in SCALE))
    pairs = [(INK, ground) for ground in grounds]
    pairs += [(MUTED, ground) for ground in (PAPER, PLAIN, UNKNOWN, HATCH)]
    pairs += [(ON_ORIGIN, ORIGIN)]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink, ground)
        assert contrast(DARK.get(ink, ink), DARK[ground]) >= 4.5, ("dark", ink, ground)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""

    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def _shift(group: ET.Element) -> tuple[float, float]:
    x, y = group.attrib["transform"].removeprefix("translate(").rstrip(")").split(",")
    return float(x), float(y)


def _extent(path: str) -> tuple[list[float], list[float]]:
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
    return [float(x) for x, _ in pairs], [float(y) for _, y in pairs]


def test_no_picture_of_a_sample_cuts_a_word() -> None:
    """No ellipsis in any committed picture, nor in those that the verbs draw of a sample."""
    drawn = [path.read_text() for path in (*SAMPLES.glob("*/*.svg"), *GOLDEN.glob("*.svg"))]
    graph = ko.load(SAMPLES / "crowdstrike-2024")
    asked = ("falcon-cf291",)
    bad = {"mode": "bad_update"}
    drawn += [
        ko.whatif(graph, *asked, hours=4, **bad).to_svg(),
        ko.whatif(graph, *asked, hours=4, **bad).timeline_svg(),
        ko.why(graph, "Discover Financial Services", *asked, **bad).to_svg(),
        ko.compare(graph, None, *asked, after={"protect": ["Delta Air Lines"]}, **bad).to_svg(),
        ko.cuts(graph, "Delta Air Lines", **bad).to_svg(),
        ko.concentration(graph).to_svg(),
        ko.harden(graph, *asked, budget=2, **bad).to_svg(),
    ]
    assert not any("…" in svg or "..." in svg for svg in drawn)
