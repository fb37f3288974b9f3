"""Every picture of every verb: however an inventory is sorted, not one byte of it changes."""

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.model.graph import DependencyGraph

ASKED = {"hours": 6, "worlds": 64}
RINGS = {"mode": "bad_update", "rollout": "1%@0,100%@3", "halt": 2, "worlds": 64}
PICTURES: dict[str, Callable[[DependencyGraph], Any]] = {
    "map": lambda g: ko.whatif(g, "o", worlds=64).to_svg(),
    "grouped": lambda g: ko.whatif(g, "o", worlds=64).to_svg(group_by="kind"),
    "opened": lambda g: ko.whatif(g, "o", worlds=64).to_svg(open="hub"),
    "exceedance": lambda g: ko.whatif(g, "o", worlds=64).exceedance_svg(),
    "timeline": lambda g: ko.whatif(g, "o", **ASKED).timeline_svg(),
    "detection": lambda g: ko.whatif(g, "o", **RINGS).detection_svg(),
    "why": lambda g: ko.why(g, "beyond", "o", worlds=64).to_svg(),
    "why not": lambda g: ko.why(g, "beyond", "o", protect=["hub", "spare"], worlds=64).to_svg(),
    "cuts": lambda g: ko.cuts(g, "beyond", order=2).to_svg(),
    "rank": lambda g: ko.rank(g, worlds=64, top=5).to_svg(),
    "harden": lambda g: ko.harden(g, "o", budget=1, worlds=64).to_svg(),
    "concentration": lambda g: ko.concentration(g).to_svg(),
    "compare": lambda g: ko.compare(g, None, "o", without=["leaf 07"], worlds=64).to_svg(),
}


def build(seed: int) -> DependencyGraph:
    """A hub with leaves, a pair of which one must work, and what lies beyond."""
    leaves = [(f"leaf {i:02}", "hub", [None, 0.5, 1.0][i % 3], None) for i in range(18)]
    rows = [*leaves, ("hub", "o", 0.8, None), ("spare", "o", None, None),
            ("beyond", "hub", 1.0, "either"), ("beyond", "spare", 1.0, "either")]  # fmt: skip
    names = ["o", "hub", "spare", "beyond", *(f"leaf {i:02}" for i in range(18))]
    random.Random(seed).shuffle(rows)
    random.Random(seed).shuffle(names)
    schema = {"dependent": pl.String, "provider": pl.String, "probability": pl.Float64,
              "group": pl.String}  # fmt: skip
    kinds = {"o": "cloud_provider", "hub": "platform", "spare": "platform"}
    entities = pl.DataFrame(
        {"id": names, "kind": [kinds.get(n, "enterprise") for n in names],
         "weight": [1.0 + len(n) % 3 for n in names]}
    )  # fmt: skip
    return DependencyGraph.from_polars(pl.DataFrame(rows, schema=schema, orient="row"), entities)


@pytest.mark.parametrize("name", PICTURES)
def test_row_order_changes_no_byte_of_any_picture(name: str) -> None:
    """Three orders, one document."""
    assert len({PICTURES[name](build(seed)) for seed in range(3)}) == 1


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)), st.sampled_from([None, 0.3, 1.0]))
def test_any_order_of_a_star_gives_the_same_ring(order: list[int], strength: float | None) -> None:
    """The radial form, too."""

    def draw(numbers: list[int]) -> str:
        rows = [(f"leaf {i:02}", "o", strength if i % 2 else 0.7) for i in numbers]
        schema = {"dependent": pl.String, "provider": pl.String, "probability": pl.Float64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return ko.whatif(DependencyGraph.from_polars(frame), "o", worlds=64).to_svg()

    assert draw(order) == draw(sorted(order))
