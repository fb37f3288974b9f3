"""Charts as documents: true to their frames, well-formed, the same bytes, names as text."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.maps.axes import amount, count_axis, share_axis, stairs, time_axis
from knockon.graph.maps.course import make_course
from knockon.graph.maps.detection import draw_detection, find_hit_at
from knockon.graph.maps.exceedance import draw_exceedance, quantile
from knockon.graph.maps.text import clean, width
from knockon.graph.maps.timeline import draw_timeline
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import duration, number
from tests.graph.maps.test_draw import HOSTILE
from tests.paths import GOLDEN

SVG = "{http://www.w3.org/2000/svg}"
FAILS = "Vendor fails"

CURVE = pl.DataFrame({"impact": [2.0, 3.0, 10.0], "probability": [1.0, 0.5, 0.05]})
DOWN = pl.DataFrame(
    [(0.0, "service", 2.0), (0.0, "enterprise", 0.0), (1.0, "service", 2.0),
     (1.0, "enterprise", 6.0), (4.0, "service", 0.0), (4.0, "enterprise", 4.0),
     (9.0, "service", 0.0), (9.0, "enterprise", 0.0)],
    schema=["hours", "kind", "down"], orient="row",
)  # fmt: skip
ENTITIES = pl.DataFrame(
    [(0, "Vendor", "security_vendor", 1.0, 0.0, 1.0, 1.0),
     (1, "Shop", "enterprise", 0.5, 1.0, 3.0, 8.0),
     (2, "Mail", "service", 1.0, 0.0, 4.0, 4.0),
     (3, "Bank", "enterprise", 0.0, None, None, None)],
    schema=["rank", "name", "kind", "probability", "start_hours", "down_hours", "down_hours_p95"],
    orient="row",
).with_columns(probability_low="probability", probability_high="probability")  # fmt: skip
HALTS = pl.DataFrame(
    {"halt_hours": [0.0, 2.0, 4.0, 24.0, 48.0], "hit": [0.0, 1.0, 1.0, 10.0, 100.0],
     "std_error": [0.0, 0.1, 0.1, 0.5, 1.0], "impact": [0.0, 1.0, 1.0, 10.0, 100.0]}
)  # fmt: skip
RINGS = [(0.01, 0.0), (0.1, 4.0), (1.0, 24.0)]


def exceedance(curve: pl.DataFrame = CURVE, unit: str = "users") -> str:
    return draw_exceedance(curve, condition=FAILS, unit=unit, assumed=["All stated."], foot="Foot.")


def timeline(down: pl.DataFrame = DOWN, entities: pl.DataFrame = ENTITIES, top: int = 20) -> str:
    return draw_timeline(
        down, entities, condition=FAILS, assumed=["All stated."], foot="Foot.", top=top
    )


def detection(halts: pl.DataFrame = HALTS, halt: float | None = 2.0) -> str:
    return draw_detection(
        halts, RINGS, halt, condition=FAILS, assumed=["All stated."], foot="Foot."
    )


CHARTS = {"exceedance": exceedance, "timeline": timeline, "detection": detection}


@pytest.mark.parametrize("name", CHARTS)
def test_a_small_chart_is_exact(name: str) -> None:
    """Byte for byte the document that was looked at; write it anew after a change that is meant."""
    assert CHARTS[name]() == (GOLDEN / f"{name}.svg").read_text()


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_one_plain_document(name: str) -> None:
    """Elements of a drawing only, with a title, tooltips, and no script and no link."""
    root = ET.fromstring(CHARTS[name]())
    tags = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "g", "path", "text", "defs", "pattern", "style"}
    assert root[0].tag == f"{SVG}title"
    assert (root[0].text or "").startswith(f"If {FAILS}")
    assert len(list(root.iter(f"{SVG}title"))) > 10


@pytest.mark.parametrize("name", CHARTS)
def test_text_stands_on_the_page_and_not_on_other_text(name: str) -> None:
    """No line of text leaves the page, and no two share a place."""
    root = ET.fromstring(CHARTS[name]())
    boxes = [_extent(e) for e in root.iter(f"{SVG}text")]
    _, _, right, bottom = (float(v) for v in root.attrib["viewBox"].split())
    for i, a in enumerate(boxes):
        assert 0 <= a[0] < a[2] <= right
        assert 0 <= a[1] < a[3] <= bottom
        for b in boxes[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def _extent(text: ET.Element) -> tuple[float, float, float, float]:
    """Left, upper, right and lower end of what the letters cover."""
    x, y, size = (float(text.attrib[k]) for k in ("x", "y", "font-size"))
    wide = width(text.text or "", size) / 1.10  # without the slack
    x -= {"end": wide, "middle": wide / 2}.get(text.attrib.get("text-anchor", ""), 0.0)
    return x, y - 0.72 * size, x + wide, y


def test_the_marks_are_the_percentiles() -> None:
    """P50 is the least impact that half of the worlds do not exceed: worked out by hand."""
    values, shares = CURVE["impact"].to_list(), CURVE["probability"].to_list()
    assert [quantile(values, shares, q) for q in (0.5, 0.95, 0.99)] == [2.0, 3.0, 10.0]
    svg = exceedance()
    assert "at most 2 (users) in half of all worlds, 3 in 19 of 20, 10 in 99 of 100" in svg
    assert "impact (users)" in svg


@given(
    st.lists(
        st.tuples(st.floats(0, 1e9), st.integers(1, 99)),
        min_size=1, max_size=20, unique_by=lambda pair: pair[0],
    )
)  # fmt: skip
@settings(deadline=None)
def test_percentiles_are_those_of_the_worlds(drawn: list[tuple[float, int]]) -> None:
    """The curve gives back what sorting all worlds gives."""
    drawn.sort()
    worlds = sorted(v for v, n in drawn for _ in range(n))
    values = [v for v, _ in drawn]
    shares = [sum(n for v, n in drawn if v >= value) / len(worlds) for value in values]
    for q in (0.5, 0.95, 0.99):
        at = next(i for i in range(len(worlds)) if (i + 1) / len(worlds) >= q - 1e-9)
        assert quantile(values, shares, q) == worlds[at]


@pytest.mark.parametrize(
    ("chart", "rises"), [(exceedance, True), (detection, False)], ids=["exceedance", "detection"]
)
def test_the_curve_never_turns_back(chart, rises: bool) -> None:
    """An exceedance curve falls and a detection curve rises, from left to right."""
    (curve,) = [e for e in ET.fromstring(chart()).iter() if e.attrib.get("class") == "curve"]
    corners = [
        tuple(map(float, c.split(","))) for c in re.findall(r"[\d.]+,[\d.]+", curve.attrib["d"])
    ]
    assert len(corners) > 4
    for (a, b), (c, d) in pairwise(corners):
        assert c >= a
        assert (d >= b) if rises else (d <= b)  # downwards is larger


def test_one_world_is_one_sentence() -> None:
    """A certain impact is said to be so, not as three percentiles."""
    svg = exceedance(pl.DataFrame({"impact": [7.0], "probability": [1.0]}))
    assert f"If {FAILS}: the impact is 7 (users) in every world" in svg
    nothing = exceedance(pl.DataFrame({"impact": [0.0], "probability": [1.0]}))
    assert f"If {FAILS}: no world has an impact (users), so there is no curve to draw" in nothing
    assert 'class="curve"' not in nothing
    rare = exceedance(pl.DataFrame({"impact": [7.0, 90.0], "probability": [1.0, 0.005]}))
    assert f"If {FAILS}: the impact is at most 7 (users) in 99 of 100 worlds" in rare


def test_the_band_lies_between_low_and_high() -> None:
    """Three curves on one axis; headline and percentiles lead with the ranges."""
    low = pl.DataFrame({"impact": [0.0], "probability": [1.0]})
    high = pl.DataFrame({"impact": [2.0, 40.0], "probability": [1.0, 0.5]})
    svg = draw_exceedance(
        CURVE, condition=FAILS, unit="users", outer=(low, high), middle="if unknown counts 0.5"
    )
    assert "at most 0 to 2 (users) in half of all worlds, 0 to 40 in 19 of 20, 0 to 40" in svg
    assert "Line: if unknown counts 0.5; band: from unknown counts 0 (low)" in svg
    root = ET.fromstring(svg)
    corners = {
        e.attrib["class"]: [
            tuple(map(float, c.split(","))) for c in re.findall(r"[\d.]+,[\d.]+", e.attrib["d"])
        ]
        for e in root.iter(f"{SVG}path")
        if e.attrib.get("class")
    }
    assert set(corners) == {"band", "low", "curve", "high"}
    assert max(x for x, _ in corners["low"]) < max(x for x, _ in corners["curve"])
    assert max(x for x, _ in corners["curve"]) < max(x for x, _ in corners["high"])
    assert set(corners["band"]) == {*corners["low"], *corners["high"]}


def test_an_axis_that_does_not_begin_at_zero_says_so() -> None:
    """Worlds that differ little are told apart, and nobody is misled."""
    assert "the axis begins" not in exceedance()
    svg = exceedance(pl.DataFrame({"impact": [950.0, 1000.0], "probability": [1.0, 0.4]}))
    assert "the axis begins at 950" in svg


def test_restored_is_what_stays_up() -> None:
    """8 down at the peak; 4 from hour 4 on, none from hour 9 on."""
    course = make_course(DOWN)
    assert course.kinds == ("enterprise", "service")
    assert course.total == [2.0, 8.0, 4.0, 0.0]
    assert course.restored() == [0.0, 0.0, 0.5, 1.0]
    assert [course.restored_after(s) for s in (0.5, 0.9, 0.99)] == [4.0, 9.0, 9.0]
    svg = timeline()
    assert "after 1 h, 8 entities are expected to be down; half of that" in svg
    assert "is restored after 4 h, 99 % after 9 h" in svg
    assert "not in the time shown" not in svg


def test_what_is_down_at_once_is_said_so() -> None:
    """A peak at the very beginning has no hour, one end for all has one figure."""
    svg = timeline(pl.DataFrame({"hours": [0.0, 5.0], "kind": ["a", "a"], "down": [4.0, 0.0]}))
    assert "4 entities are expected to be down at once; that is restored after 5 h" in svg


def test_a_relapse_is_not_restored() -> None:
    """What goes down again was not restored before, however low the number was between."""
    down = pl.DataFrame({"hours": [0.0, 1, 2, 3], "kind": ["a"] * 4, "down": [4.0, 0, 4, 0]})
    course = make_course(down)
    assert course.restored() == [0.0, 0.0, 0.0, 1.0]


def test_what_is_never_restored_is_said() -> None:
    """A number that does not fall to zero has no moment of 99 %."""
    svg = timeline(pl.DataFrame({"hours": [0.0, 5.0], "kind": ["a", "a"], "down": [4.0, 2.0]}))
    assert "50 % after 5 h" in svg
    assert svg.count("not in the time shown") == 2


def test_rare_kinds_are_one_band_and_nothing_is_lost() -> None:
    """Beyond a few kinds the rest is `other`; the sum at every hour stays the same."""
    rows = [(float(h), f"kind_{k}", float(k + h)) for k in range(9) for h in range(3)]
    course = make_course(pl.DataFrame(rows, schema=["hours", "kind", "down"], orient="row"))
    assert course.kinds == ("kind_8", "kind_7", "kind_6", "kind_5", "other")
    assert course.total == [36.0, 45.0, 54.0]


def test_every_entity_that_falls_is_counted() -> None:
    """Origins come first; what has no bar is counted by kind; the spared are not."""
    root = ET.fromstring(timeline(top=1))
    bars = [e for e in root.iter(f"{SVG}g") if e.attrib.get("class") == "bar"]
    assert [b[2].text for b in bars] == ["Vendor", "Shop"]
    assert "+1 more that may be down: 1 service" in timeline(top=1)
    assert "more that may be down" not in timeline()
    assert "Bank" not in timeline()
    many = pl.concat([ENTITIES.head(1)] * 9 + [ENTITIES.tail(3)])
    assert timeline(entities=many).count(">Vendor<") == 6
    assert "+3 more that fail; +1 more that may be down: 1 service" in timeline(
        entities=many, top=1
    )


def test_a_bar_spans_its_hours() -> None:
    """On the time axis, from start to mean end, and a line on to the end in 1 world of 20."""
    root = ET.fromstring(timeline())
    bars = [e for e in root.iter(f"{SVG}g") if e.attrib.get("class") == "bar"]
    boxes = [[float(b.find(f"{SVG}rect").attrib[k]) for k in ("x", "width")] for b in bars]
    hour = boxes[0][1]  # the vendor is down for one hour
    assert boxes[1] == pytest.approx([boxes[0][0] + hour, 3 * hour], abs=0.11)
    assert boxes[2] == pytest.approx([boxes[0][0], 4 * hour], abs=0.11)
    (whisker,) = [p for p in bars[1].iter(f"{SVG}path") if "m0,-4v8" in p.attrib["d"]]
    late = float(re.search(r"H([\d.]+)", whisker.attrib["d"]).group(1))
    assert late == pytest.approx(boxes[0][0] + 9 * hour, abs=0.11)


def test_a_rare_long_outage_does_not_press_the_rest_flat() -> None:
    """A line far beyond the rest ends in an arrow at the edge; its figure stands beside it."""
    late = pl.when(pl.col("name") == "Shop").then(9_000.0).otherwise("down_hours_p95")
    svg = timeline(entities=ENTITIES.with_columns(down_hours_p95=late))
    assert "m-5,-4l5,4l-5,4" in svg
    assert ">3 h (375 d)<" in svg
    assert ">18<" in svg  # the axis ends at twice what the rest needs


def test_nobody_down_is_a_chart_too() -> None:
    """An answer in which only the origin is down has its bar and says so."""
    nobody = DOWN.clear()
    assert "nobody is down" in timeline(nobody, ENTITIES.head(1))


def test_a_halt_spares_the_ring_that_starts_with_it() -> None:
    """Stopped at hour 4, the second ring never gets it; a moment later it has."""
    hours, hit = HALTS["halt_hours"].to_list(), HALTS["hit"].to_list()
    assert [find_hit_at(h, hours, hit) for h in (0, 0.1, 4, 4.1, 24, 25, 99)] == [
        0, 1, 1, 10, 10, 100, 100,
    ]  # fmt: skip
    svg = detection()
    assert "1 is expected to be hit if it is stopped after 2 h, 100 if nobody stops it" in svg
    assert svg.count('class="ring"') == 3
    assert "before the second ring" in detection(halt=None)


def test_the_order_of_rows_changes_nothing() -> None:
    """A shuffled frame draws the same bytes."""
    assert timeline(DOWN.sample(fraction=1, shuffle=True, seed=3)) == timeline()
    assert timeline(entities=ENTITIES.reverse()) == timeline()


@pytest.mark.parametrize("name", CHARTS)
def test_hostile_words_stay_text(name: str) -> None:
    """Neither what fails, nor the unit, nor an entity or a kind is ever markup."""
    for word in HOSTILE:
        entities = ENTITIES.with_columns(name=pl.lit(word), kind=pl.lit(word))
        down = DOWN.with_columns(kind=pl.lit(word)).unique(["hours"])
        svg = {
            "exceedance": lambda w=word: draw_exceedance(CURVE, condition=w, unit=w, foot=w),
            "timeline": lambda w=word, d=down, e=entities: draw_timeline(d, e, condition=w),
            "detection": lambda w=word: draw_detection(HALTS, RINGS, 2.0, condition=w),
        }[name]()
        tags = {e.tag.removeprefix(SVG) for e in ET.fromstring(svg).iter()}
        assert tags <= {
            "svg",
            "title",
            "desc",
            "rect",
            "g",
            "path",
            "text",
            "defs",
            "pattern",
            "style",
        }
        assert clean(word)[:30] in " ".join(ET.fromstring(svg).itertext())


@given(st.floats(1e-9, 1e18), st.floats(0, 0.99), st.integers(2, 9))
@settings(deadline=None)
def test_ticks_are_round_few_and_enclose_the_values(most: float, part: float, parts: int) -> None:
    """Each tick is 1, 2 or 5 times a power of ten times a whole number, and labels differ."""
    axis = count_axis(most, 0, 100, least=part * most, parts=parts)
    values = [v for v, _ in axis.ticks]
    assert axis.start <= part * most * (1 + 1e-9)
    assert axis.stop >= most * (1 - 1e-9)
    assert 2 <= len(values) <= parts + 2
    assert f"{values[1] - values[0]:.3e}"[0] in "125"


@pytest.mark.parametrize(
    ("most", "unit", "labels"),
    [
        (1.3, "minutes", ["0", "10", "20", "30", "40", "50", "60", "70", "80"]),
        (9, "hours", ["0", "2", "4", "6", "8", "10"]),
        (140, "days", ["0", "1", "2", "3", "4", "5", "6"]),
        (0, "minutes", ["0", "10", "20", "30", "40", "50", "60"]),
    ],
)
def test_time_is_told_in_the_unit_that_reads_best(most, unit, labels) -> None:
    """78 minutes are minutes, nine hours are hours, six days are days."""
    axis = time_axis(most, 0, 100)
    assert (axis.unit, [label for _, label in axis.ticks]) == (unit, labels)


def test_figures_are_short() -> None:
    """No figure is longer than a reader takes in."""
    said = {0.0: "0", 0.004: "0.004", 12.5: "12.5", 303.2: "303", 85_000: "85,000",
            8.5e6: "8.5 million", 3.2e9: "3.2 billion", 4.1e18: "4.1e+18"}  # fmt: skip
    assert {v: amount(v) for v in said} == said
    counts = {0.0: "0", 0.02: "<0.1", 0.1: "0.1", 1.02: "1", 66.54: "66.5", 303.2: "303"}
    assert {v: number(v) for v in counts} == counts
    times = {0: "0 h", 0.6: "36 min", 1.3: "1.3 h", 4: "4 h", 24: "1 d", 140: "5.8 d",
             1 / 200: "<1 min", 9e6: "375,000 d"}  # fmt: skip
    assert {h: duration(h) for h in times} == times


def test_stairs_keep_every_level() -> None:
    """A jump stands at its hour, and the level before it is drawn up to there."""
    x, y = time_axis(8, 0, 80), share_axis(100, 0)
    points = [(0, 0.0), (2, 0.5), (8, 1.0)]
    assert stairs(x, y, points) == [(0, 100), (20, 100), (20, 50), (80, 50), (80, 0)]
    assert stairs(x, y, points, ahead=True) == [(0, 100), (0, 50), (20, 50), (20, 0), (80, 0)]


def test_bars_that_look_alike_share_one_row() -> None:
    """With a count and every name on hovering; the rest is counted without them."""
    rows = [(0, "Vendor", "security_vendor", 1.0, 0.0, 1.0, 1.0)]
    rows += [(1 + i, f"Shop {i:02}", "enterprise", 0.5, 1.0, 3.0 + i / 500, 8.0) for i in range(30)]
    rows += [(40 + i, f"Mail {i:02}", "service", 0.9, 0.0, 1.0 + 2 * i, 9.0) for i in range(4)]
    entities = pl.DataFrame(rows, schema=ENTITIES.columns[:7], orient="row").with_columns(
        probability_low="probability", probability_high="probability"
    )
    root = ET.fromstring(timeline(entities=entities, top=3))
    bars = [e for e in root.iter(f"{SVG}g") if e.attrib.get("class") == "bar"]
    said = [[t.text for t in bar.iter(f"{SVG}text")] for bar in bars]
    assert [s[0] for s in said] == ["Vendor", "Shop 00", "Mail 00", "Mail 01"]
    assert "+ 29 alike" in said[1]
    assert any(str(words).startswith("≈ 3 h") for words in said[1])
    tip = bars[1].findtext(f"{SVG}title") or ""
    assert all(f"Shop {i:02}" in tip for i in range(30))
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert "+2 more that may be down: 2 services" in texts


def test_savings_show_what_unknown_strengths_leave_open() -> None:
    """A band from low to high, and both ends beside each step; none where all is stated."""
    rows = pl.DataFrame(
        {"dependent": [*"bcd", "e"], "provider": ["a", "b", "b", "c"],
         "probability": [0.9, None, None, None]}
    )  # fmt: skip
    plan = ko.harden(DependencyGraph.from_polars(rows), "a", budget=1)
    root = ET.fromstring(plan.to_svg())
    classes = [p.get("class") for p in root.iter(f"{SVG}path")]
    assert {"band", "low", "high", "curve"} <= set(classes)
    texts = " ".join(t.text or "" for t in root.iter(f"{SVG}text"))
    low, high = sorted(plan.rows.row(0, named=True)[f"saves_{end}"] for end in ("low", "high"))
    assert f"saves {amount(low)} to {amount(high)}, at the line" in texts
    assert "together, at the assumption" in texts
    stated = rows.with_columns(probability=pl.lit(0.5))
    closed = ko.harden(DependencyGraph.from_polars(stated), "a", budget=1).to_svg()
    assert 'class="band"' not in closed
