"""Rollouts in rings: what they are read from, whom they spare, and what they save."""

from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine.lanes import Lanes
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.rollout import Ring, find_share_reached, format_rollout, read_rollout
from knockon.graph.scenario.scenario import Scenario
from tests.reference_time import ring_start
from tests.timed import ROLLOUTS, prepared_with, timed_cases, timed_graph
from tests.toys import dep

Asked = tuple[DependencyGraph, Scenario]
EXAMPLE = "1%@0,10%@4,100%@24"
RINGS = (Ring(0.01, 0), Ring(0.09, 4), Ring(0.9, 24))


def updated(*rows: dict[str, Any], rollout: Any = EXAMPLE, **options: Any) -> Impact:
    """What a bad update of A does."""
    people = options.pop("people", {})
    options = {"mode": "bad_update", "rollout": rollout} | options
    return whatif(timed_graph(*rows, **people), "A", **options)


def runs(*names: str) -> list[dict[str, Any]]:
    return [dep(name, "A", relation="runs") for name in names]


# reading


@pytest.mark.parametrize(
    "given_", [EXAMPLE, RINGS, [(0.01, 0), (0.09, 4), (0.9, 24)], " 1 % @ 0 , 10%@4.0, 100%@24"]
)
def test_a_text_says_what_is_reached_and_rings_hold_their_own_share(given_: Any) -> None:
    """Both say the same three rings of 1 %, 9 % and 90 %."""
    assert read_rollout(given_) == RINGS
    assert format_rollout(read_rollout(given_)) == EXAMPLE


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("1%@0,99%@24", "rise to 100%, got '1%@0,99%@24'; if these are the shares of each ring"),
        ("1%@0,9%@4", "rise to 100%"),
        ("10%@0,10%@4,100%@5", "rise to 100%"),
        ("50%@4,100%@4", "start one after another, got 4 after 4"),
        ("50%@4,100%@0", "start one after another, got 0 after 4"),
        ("1@0,100%@4", "such as 1%@0,10%@4,100%@24, got '1@0'"),
        ("100%", "got '100%'"),
        ("100%@soon", "got '100%@soon'"),
        ("101%@0", "at most 100 %"),
        ("nan%@0", "got 'nan%@0'"),
        ("100%@-1", "at least 0"),
        ("100%@inf", "at least 0"),
        ([(0.5, 0), (0.4, 1)], "add up to 0.9, not to 1"),
        ([(1.5, 0)], "at most 1"),
        ([(1.0,)], "expected (share, start hour) for each ring, got [(1.0,)]"),
        ([(0.5, 3), (0.5, 1)], "one after another"),
        (7, "for each ring, got 7"),
        ([(1, 10**400)], "for each ring, got [(1, 1000"),
        (f"0.{'0' * 400}1%@0,100%@4", "rise to 100%"),
    ],
)
def test_what_does_not_add_up_is_refused(given_: Any, expected: str) -> None:
    """With what was expected and what came."""
    with pytest.raises(ScenarioError) as fault:
        read_rollout(given_)
    assert expected in str(fault.value)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_any_rollout_reads_back_as_written(parts: list[int]) -> None:
    """To nine digits of its shares."""
    rings = read_rollout([(p / sum(parts), float(i)) for i, p in enumerate(parts)])
    again = read_rollout(format_rollout(rings))
    assert [r.share for r in again] == pytest.approx([r.share for r in rings], abs=1e-9)
    assert [r.start_hours for r in again] == [r.start_hours for r in rings]


@pytest.mark.parametrize(
    ("halt", "share"), [(0, 0), (0.1, 0.01), (4, 0.01), (4.1, 0.1), (24, 0.1), (25, 1), (None, 1)]
)
def test_a_ring_that_starts_at_the_halt_is_spared(halt: float | None, share: float) -> None:
    """And so are all later ones."""
    assert find_share_reached(RINGS, halt) == share


def test_only_a_bad_update_comes_in_rings() -> None:
    """An outage with a rollout, and a halt without one, are refused."""
    graph = timed_graph(*runs("B"))
    with pytest.raises(ScenarioError, match="expected the mode bad_update, got 'outage'"):
        whatif(graph, "A", rollout=EXAMPLE)
    with pytest.raises(ScenarioError, match="expected a rollout that it stops at 2 hours"):
        whatif(graph, "A", mode="bad_update", halt=2)
    with pytest.raises(ScenarioError, match="from 0 to 10,000,000"):
        whatif(graph, "A", mode="bad_update", rollout=EXAMPLE, halt=-1)


# whom it spares


def test_one_percent_of_8_5_million_devices() -> None:
    """A first ring of 1 % held for 60 minutes, a stop after 36: about 85,000 devices fail."""
    devices = {"weight": 8_500_000.0}
    impact = updated(*runs("devices"), rollout="1%@0,100%@1", halt=0.6, people={"devices": devices})
    (row,) = impact.entities.filter(id="devices").to_dicts()
    assert impact.exact
    assert (row["probability"], row["impact"]) == (0.01, 85_000)
    saves = impact.rollout_saves()
    assert saves.columns == ["rollout", "hit", "impact", "saved"]
    assert saves["rollout"].to_list() == ["as it was", "all at once"]
    assert saves["hit"].to_list() == [0.01, 1.0]
    assert saves["saved"].to_list() == pytest.approx([8_415_000, 0])


def test_rings_hold_for_those_that_run_it_alone() -> None:
    """C is hosted on A and falls at once; D falls with B, which waits for its ring."""
    rows = [*runs("B"), dep("C", "A", relation="hosted_on"), dep("D", "B")]
    impact = updated(*rows, rollout="25%@0,100%@9", halt=1)
    found = dict(impact.entities.select("id", "probability").iter_rows())
    assert found == {"A": 1, "B": 0.25, "C": 1, "D": 0.25}
    assert any(
        "no ring covers 1 direct dependent by other relations: it fails" in note
        for note in impact.notes
    )
    alone = (
        "1 direct dependent that runs the origin gets it only with its ring (ever in 25 % of the"
    )
    assert any(f"assumed to cover the channel that fails: {alone}" in n for n in impact.notes)
    several = updated(*runs("B"), *runs("C"), rollout="25%@0,100%@9")
    both = "2 direct dependents that run the origin get it only with their ring (100 % of them"
    assert any(both in note for note in several.notes)


def test_one_ring_for_all_that_an_entity_runs() -> None:
    """B runs two things that fail: its ring is drawn once."""
    rows = [*runs("B"), dep("B", "E", relation="contains"), dep("C", "E", relation="runs")]
    graph = timed_graph(*rows)
    impact = whatif(graph, ["A", "E"], mode="bad_update", rollout="50%@0,100%@1", halt=1)
    found = dict(impact.entities.select("id", "probability").iter_rows())
    assert found == {"A": 1, "E": 1, "B": 0.5, "C": 0.5}


def test_routes_and_hops_do_not_show_the_rings() -> None:
    """The chain runs from A to B to D, as without a rollout."""
    rows = [*runs("B"), dep("D", "B")]
    staged, plain = updated(*rows), whatif(timed_graph(*rows), "A", mode="bad_update")
    columns = ("id", "hops", "route")
    assert staged.entities.select(columns).equals(plain.entities.select(columns))
    halted = updated(*rows, halt=1)
    carries = dict(halted.entities.select("id", "carries").iter_rows())
    assert carries == {"A": 0.02, "B": 0.01, "D": 0}


def test_staged_rings_with_a_halt_between_them() -> None:
    """Who is in the ring at 0 falls then, at 4 then, at 24 never: 1 % and 9 %, drawn."""
    names = [f"n{i:03}" for i in range(300)]
    impact = updated(*runs(*names), hours=10, halt=6, worlds=200)
    curve = impact.timeline()
    assert curve["hours"].to_list() == [0, 4, 10]
    assert curve["down"].to_list() == pytest.approx([3, 30, 0], rel=0.1)
    assert impact.entities["start_hours"].drop_nulls().max() <= 4


def test_a_ring_after_the_outage_gets_a_mended_update() -> None:
    """The origin is down for 10 hours: the ring at 24 finds it up, which is noted."""
    impact = updated(*runs("B"), rollout="50%@0,100%@24", hours=10, worlds=2000)
    assert impact.entities.filter(id="B")["probability"].item() == pytest.approx(0.5, abs=0.05)
    assert any("rings that start at 24 h may find the update mended" in n for n in impact.notes)


def test_the_earlier_the_halt_the_fewer_fail() -> None:
    """By the hour of detection, over the same worlds; the halt of the scenario is among them."""
    impact = updated(*runs("B", "C"), dep("D", "B"), halt=5)
    found = impact.detection()
    figures = ["hit", "hit_low", "hit_high", "std_error", "impact"]
    assert found.columns == ["halt_hours", *figures]
    assert found["halt_hours"].to_list() == [0, 4, 5, 24, 48]
    assert found["hit"].to_list() == pytest.approx([0, 0.03, 0.3, 0.3, 3])
    with pytest.raises(ScenarioError, match="rollout='1%@0"):
        whatif(timed_graph(*runs("B", "C")), "A").detection()


# the kernels


@settings(max_examples=80, deadline=None)
@given(timed_cases(("0",), most=20, chances=20))
def test_both_forms_of_the_lane_kernel_spare_the_same(case: Asked) -> None:
    """Bit for bit, rings and all."""
    pytest.importorskip("numba")
    graph, scenario = case
    asked, run, _ = prepared_with(graph, scenario, 0.5)
    numpy, numba = (
        [h for _, h in Lanes(asked.kernel, 1, compiled=c).close(
            run, run.random_worlds(130, 8), asked.origins)]
        for c in (False, True)
    )  # fmt: skip
    assert all((a == b).all() for a, b in zip(numpy, numba, strict=True))


@given(st.sampled_from(ROLLOUTS[1:]), st.sampled_from((None, 0.5, 1, 2.5, 9)), st.integers(0, 99))
def test_who_gets_the_update_is_drawn_for_each_dependent(
    rollout: str, halt: float | None, seed: int
) -> None:
    """World by world as the twin draws it, with and without hours."""
    graph = timed_graph(*runs("B", "C"))
    options = {"mode": "bad_update", "rollout": rollout, "halt": halt, "seed": seed, "worlds": 90}
    for hours in (None, 9):
        impact = whatif(graph, "A", hours=hours, **options)
        if impact.exact:
            continue
        starts = [[ring_start(impact.scenario, i, w) for i in "BC"] for w in range(90)]
        expected = [sum(s is not None for s in world) for world in starts]
        assert impact.distribution["hit"].to_list() == expected


@given(st.integers(0, 2**40))
def test_a_later_halt_never_spares_more(seed: int) -> None:
    """In every world: the hit of an earlier halt are hit by a later one too."""
    rows = [*runs("B", "C"), dep("D", "B"), dep("D", "C", probability=0.5)]
    options = {"rollout": "30%@0,60%@1,100%@2", "seed": seed, "worlds": 64, "hours": 3}
    hits = [updated(*rows, halt=h, **options).distribution["hit"] for h in (0, 1, 2, 3)]
    assert all((a <= b).all() for a, b in pairwise(hits))
    assert pl.Series(hits[0]).sum() == 0
