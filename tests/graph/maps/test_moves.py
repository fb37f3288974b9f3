"""The map of a comparison: every entity once, by what changed, with the figures of its row."""

import random
import re
import xml.etree.ElementTree as ET
from collections import Counter

import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis.comparison import Comparison
from knockon.graph.maps.changed import CHANGES, grow_forest
from knockon.graph.model.graph import DependencyGraph

SVG = "{http://www.w3.org/2000/svg}"


def graph_of(rows: list[tuple[str, str, float | None]]) -> DependencyGraph:
    schema = {"dependent": pl.String, "provider": pl.String, "probability": pl.Float64}
    return DependencyGraph.from_polars(pl.DataFrame(rows, schema=schema, orient="row"))


BEFORE = [("hub", "o", 1.0), ("worse", "hub", 0.2), ("better", "hub", 0.8), ("gone", "hub", 1.0),
          ("same", "hub", 0.5), ("beyond", "gone", 1.0)]  # fmt: skip
AFTER = [("hub", "o", 1.0), ("worse", "hub", 0.6), ("better", "hub", 0.3), ("same", "hub", 0.5),
         ("new", "hub", None), ("gone", "elsewhere", 1.0), ("beyond", "gone", 1.0)]  # fmt: skip


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return ko.compare(graph_of(BEFORE), graph_of(AFTER), "o")


def test_every_entity_is_marked_by_what_changed(compared: Comparison) -> None:
    """New, worse, better, gone and as before; what fails is none of these."""
    forest = grow_forest(compared)
    assert dict(zip(forest.ids, forest.values("change"), strict=True)) == {
        "o": "fails", "hub": "same", "worse": "worse", "better": "better", "gone": "gone",
        "same": "same", "new": "new", "beyond": "gone",
    }  # fmt: skip
    assert forest.parent[forest.ids.index("beyond")] == forest.ids.index("gone")


def test_the_map_shows_each_with_both_figures_and_a_sign(compared: Comparison) -> None:
    """Marks by class, words, and a sign: nothing by colour alone."""
    svg = compared.to_svg()
    root = ET.fromstring(svg)
    boxes = {g.get("data-id"): g for g in root.iter(f"{SVG}g") if "box" in g.get("class", "")}
    marks = {i: g.get("class", "").split()[-1] for i, g in boxes.items()}
    assert marks == {
        "o": "fails", "hub": "same", "worse": "worse", "better": "better", "gone": "gone",
        "same": "same", "new": "new", "beyond": "gone",
    }  # fmt: skip
    words = {i: " ".join(t.text or "" for t in g.iter(f"{SVG}text")) for i, g in boxes.items()}
    assert "20 %, then 60 %" in words["worse"]
    assert "100 %, then 0 %" in words["gone"]
    assert "not in this graph, then 0 to 100 %" in words["new"]
    assert "50 %, as before" in words["same"]
    said = [t.text for t in root.iter(f"{SVG}text")]
    assert all(words in said for change, (_, words) in CHANGES.items() if change != "range")
    assert "moved most" in said


def test_bands_are_split_by_who_passes(compared: Comparison) -> None:
    """The band out of what fails holds everybody, each class by its number."""
    root = ET.fromstring(compared.to_svg())
    tips = [g.findtext(f"{SVG}title") for g in root.iter(f"{SVG}g") if g.get("class") == "line"]
    assert (
        "1 can be hit now, 1 more probable, 1 less probable, 2 can no longer be hit and 2 as "
        "before pass here"
    ) in tips


def test_row_order_changes_no_byte() -> None:
    """However both inventories are sorted, the map of a comparison is the same."""
    before = [(f"n{i:02}", f"n{i // 3:02}", 0.5) for i in range(1, 70)]
    after = [(d, p, 0.9 if i % 3 else None) for i, (d, p, _) in enumerate(before) if i % 7]
    after += [(f"m{i:02}", f"n{i:02}", 0.4) for i in range(20)]
    drawn = set()
    for seed in range(3):
        random.Random(seed).shuffle(before)
        random.Random(seed).shuffle(after)
        drawn.add(ko.compare(graph_of(before), graph_of(after), "n00", worlds=128).to_svg())
    assert len(drawn) == 1


def test_counts_on_the_map_add_up() -> None:
    """Every entity in reach of either stands in one box, and the first line counts all."""
    before = [(f"n{i:03}", f"n{i // 4:03}", 0.5) for i in range(1, 300)]
    after = [(d, p, 0.9) for d, p, _ in before[:250]]
    answer = ko.compare(graph_of(before), graph_of(after), "n000", worlds=64)
    counts = Counter(grow_forest(answer).values("change"))
    svg = answer.to_svg()
    assert counts.total() == 300
    assert f"{counts['gone']:,} can no longer be hit" in svg
    heads = [int(n) for n in re.findall(r">(?:fails|directly hit|through [a-z ]+) · (\d+)<", svg)]
    assert sum(heads) == 300


def test_the_map_of_saved_answers(compared: Comparison) -> None:
    """Two answers in JSON have routes of their own; with rows left out it is a map all the same."""
    from knockon.api.schema import serialize_whatif
    from knockon.graph.analysis.compare_saved import compare_saved

    first, second = (ko.whatif(graph_of(rows), "o") for rows in (BEFORE, AFTER))
    saved = compare_saved(serialize_whatif(first), serialize_whatif(second))
    marks = dict(zip(saved.routes["id"], grow_forest(saved).values("change"), strict=True))
    assert marks["worse"] == "worse"
    assert marks["gone"] == "gone"
    part = compare_saved(serialize_whatif(first, top=2), serialize_whatif(second, top=2))
    ET.fromstring(part.to_svg())


def test_an_answer_sent_and_read_again_draws_the_same(compared: Comparison) -> None:
    """What the map needs goes along, but is no key of the JSON."""
    from knockon.api.schema import serialize_answer

    again = Comparison.from_dict(compared.to_dict())
    assert again.to_svg() == compared.to_svg()
    assert "routes" not in serialize_answer(compared)


def test_a_range_that_opened_is_not_as_before() -> None:
    """The middle stays where it was; that nobody knows the strength any more is shown."""
    before, after = graph_of([("d", "o", 0.5)]), graph_of([("d", "o", None)])
    answer = ko.compare(before, after, "o")
    assert grow_forest(answer).values("change") == ["range", "fails"]
    svg = answer.to_svg()
    assert "50 %, then 0 to 100 %" in svg
    assert "1 of another range, with the same middle" in svg
    assert "as before" not in svg
