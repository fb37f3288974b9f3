"""The radial form: drawn where it reads better, everybody once, nothing on top of anything."""

import itertools
import random
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.marks import Subject
from knockon.graph.maps.plan import plan_map
from knockon.graph.maps.ring import lay_out_ring, try_ring
from knockon.graph.maps.view import MapView
from knockon.graph.model.graph import DependencyGraph

RADIAL = "in the middle: fails"


def star(number: int, *, deep: bool = False, shuffle: int = 0) -> Impact:
    rows = [(f"leaf {i:02}", "hub", [1.0, None, 0.3][i % 3]) for i in range(number)]
    rows += [("beyond", "leaf 00", 1.0)] if deep else []
    random.Random(shuffle).shuffle(rows)
    schema = {"dependent": pl.String, "provider": pl.String, "probability": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    weights = pl.DataFrame(
        {"id": [f"leaf {i:02}" for i in range(number)], "weight": [1.0 + i for i in range(number)]}
    )
    return whatif(DependencyGraph.from_polars(frame, weights), "hub", worlds=64)


@pytest.mark.parametrize(("number", "radial"), [(3, False), (6, False), (7, True), (12, True),
                                                (24, True), (40, True), (41, False)])  # fmt: skip
def test_many_at_one_hop_stand_around_what_fails(number: int, radial: bool) -> None:
    """More than six, and as many as a page has marks for; all by name, each with a band."""
    svg = render_map(star(number))
    assert (RADIAL in svg) == radial
    if radial:
        root = ET.fromstring(svg)
        groups = [g.get("class") for g in root.iter("{http://www.w3.org/2000/svg}g")]
        assert groups.count("line") == number
        assert groups.count("box") == number + 1


def test_what_lies_beyond_or_is_asked_for_otherwise_is_drawn_in_columns() -> None:
    """A second hop, a depth, groups: a ring would not show them."""
    assert RADIAL not in render_map(star(12, deep=True))
    for view in (MapView(group_by="kind"), MapView(depth=1), MapView(max_nodes=8)):
        assert RADIAL not in render_map(star(12), view)


def test_it_is_chosen_by_how_many_have_a_band_then_by_height() -> None:
    """Against columns in which as many have bands of their own the lower picture wins."""
    impact = star(12)
    subject = Subject(impact, plan_map(impact), MapView())
    ring = lay_out_ring(subject)
    assert try_ring(subject, ring.height + 1) is not None
    assert try_ring(subject, ring.height - 1) is None
    stacked = Subject(star(24), plan_map(star(24)), MapView())
    assert try_ring(stacked, 1.0) is not None  # one stack has one band, however low it is


@pytest.mark.parametrize("number", [7, 8, 23, 40])
def test_boxes_and_spokes_share_no_point(number: int) -> None:
    """Boxes stand apart; bands on one side begin and end in one order and cross none."""
    impact = star(number)
    subject = Subject(impact, plan_map(impact), MapView())
    found = try_ring(subject, 10_000.0)
    assert found is not None
    subject, ring = found
    hub = next(b.key for b in subject.plan.boxes if b.origin)
    places = [(*ring.tops[k], w.size[0], ring.talls[k]) for k, w in ring.labels.items()]
    for i, (x, y, w, h) in enumerate(places):
        for a, b, c, d in places[:i]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y
    middle = ring.tops[hub][0] + ring.labels[hub].size[0] / 2
    for right in (True, False):
        ends = []
        for spoke in ring.spokes:
            points = [float(v) for v in re.findall(r"-?\d+\.\d", spoke.area)]
            if (points[2] > middle) == right:
                ends.append((points[1], points[3]))
        assert [e for _, e in sorted(ends)] == sorted(e for _, e in ends)
        starts = sorted(s for s, _ in ends)
        assert all(b - a >= 5 for a, b in itertools.pairwise(starts))


def test_the_hardest_hit_stands_first_and_row_order_changes_no_byte() -> None:
    """Clockwise from the top; the same document however the inventory is sorted."""
    assert len({render_map(star(20, shuffle=seed)) for seed in range(3)}) == 1
    impact = star(20)
    found = try_ring(Subject(impact, plan_map(impact), MapView()), 10_000.0)
    assert found is not None
    subject, ring = found
    others = [b for b in subject.plan.boxes if not b.origin]
    right = [b for b in others if ring.tops[b.key][0] > ring.tops["e0"][0]]
    first = min(right, key=lambda b: ring.tops[b.key][1])
    assert subject.name(first.members[0]) == impact.entities["name"][1]
