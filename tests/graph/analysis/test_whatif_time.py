"""The answer with hours: examples worked out by hand, the figures over worlds, and their laws."""

import math
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference_time import unordered, world_of
from tests.strategies import EVERYDAY
from tests.timed import timed_cases, timed_graph
from tests.toys import dep, group

Asked = tuple[DependencyGraph, Scenario]
WORLDS = 70


def outages(impact: Impact) -> dict[str, tuple[float, float]]:
    """[start, end) of everybody but the origins, where it is down in every world."""
    rows = impact.entities.filter((pl.col("rank") > 0) & (pl.col("probability") == 1))
    columns = rows.select("id", "start_hours", "down_hours").iter_rows()
    return {i: (start, start + lasted) for i, start, lasted in columns}


def down(*rows: dict[str, Any], if_: str = "A", hours: float = 4, **people: Any) -> dict[str, Any]:
    return outages(whatif(timed_graph(*rows, **people), list(if_), hours=hours))


# the worked examples of section 3


def test_example_8_a_grace_that_does_not_save() -> None:
    """hours 4, B on A with grace 3 and repair 2: B down [3, 6)."""
    assert down(dep("B", "A", grace_hours=3), B={"repair_hours": 2}) == {"B": (3, 6)}


def test_example_8_a_grace_that_saves() -> None:
    """With grace 5: B is never hit; nor with 4, as A is up again then."""
    for grace in (5, 4):
        assert down(dep("B", "A", grace_hours=grace), B={"repair_hours": 2}) == {}


def test_example_9_a_backlog() -> None:
    """backlog 0.5 and no grace: B down [0, 6)."""
    assert down(dep("B", "A"), B={"backlog": 0.5}) == {"B": (0, 6)}


# more, by hand


def test_a_backlog_through_two_hops() -> None:
    """B works off 4 h to be back at 6; C waits 1 h, is down 5 h and works 5 more h off."""
    rows = dep("B", "A"), dep("C", "B", grace_hours=1)
    assert down(*rows, B={"backlog": 0.5}, C={"backlog": 1.0}) == {"B": (0, 6), "C": (1, 11)}


def test_a_grace_counts_from_the_start_of_the_provider_not_of_the_origin() -> None:
    """A [0, 4), B [2, 4), C would begin at 4, when B is back."""
    assert down(dep("B", "A", grace_hours=2), dep("C", "B", grace_hours=2)) == {"B": (2, 4)}


def test_a_repair_upstream_breaks_a_grace_downstream() -> None:
    """C outlasts the outage of A, but not the repair of B."""
    rows = dep("B", "A"), dep("C", "B", grace_hours=5)
    assert down(*rows) == {"B": (0, 4)}
    assert down(*rows, B={"repair_hours": 3}) == {"B": (0, 7), "C": (5, 7)}


def test_a_spare_takes_its_time() -> None:
    """P is lost, D is down while it switches to Q, and needs no repair for that."""
    rows = group("D", "PQ", switch_hours=0.5)
    assert down(*rows, if_="P", D={"repair_hours": 9}) == {"D": (0, 0.5)}
    assert down(*group("D", "PQ"), if_="P") == {}


def test_the_outage_of_a_switch_spreads() -> None:
    """E falls with D; F outlasts it."""
    rows = *group("D", "PQ", switch_hours=0.5), dep("E", "D"), dep("F", "D", grace_hours=0.5)
    assert down(*rows, if_="P", E={"repair_hours": 1}) == {"D": (0, 0.5), "E": (0, 1.5)}


def test_two_members_lost_one_after_another() -> None:
    """P from 0 to 4, Q from 3 to 4: a switch at 0, a break from 3 to 4; one hull."""
    rows = [dep("D", "P", group="g", switch_hours=0.5), dep("D", "Q", group="g", grace_hours=3)]
    assert down(*rows, if_="PQ") == {"D": (0, 4)}
    late = [{**row, "switch_hours": 0} for row in rows]
    assert down(*late, if_="PQ") == {"D": (3, 4)}


def test_members_that_are_lost_at_different_times_do_not_break_a_group() -> None:
    """P is back at 4 when Q is lost, from 5 on: one is always up."""
    rows = [dep("P", "A"), dep("Q", "B", grace_hours=5), *group("D", "PQ")]
    graph = timed_graph(dep("B", "A"), *rows, B={"repair_hours": 4})
    assert outages(whatif(graph, "A", hours=4)) == {"B": (0, 8), "P": (0, 4), "Q": (5, 8)}


def test_two_of_three_are_broken_while_two_are_lost() -> None:
    """P [0, 8), Q [2, 8), R [6, 8) of which two must work: from 2 to 8."""
    rows = [dep("D", p, group="g", needs=2, grace_hours=g) for p, g in (("P", 0), ("Q", 2))]
    rows.append(dep("D", "R", group="g", needs=2, grace_hours=6))
    assert down(*rows, if_="PQR", hours=8) == {"D": (2, 8)}
    assert down(*rows, if_="PR", hours=8) == {"D": (6, 8)}


def test_a_failed_switch_breaks_at_the_first_member() -> None:
    """The switch never works: D is down from the loss of P to its end, with repair."""
    rows = group("D", "PQ", switch_hours=0.5, switch_probability=0.0)
    assert down(*rows, if_="P", D={"repair_hours": 1}) == {"D": (0, 5)}


def test_a_switch_that_works_half_of_the_time() -> None:
    """Half an hour or five: the mean over the worlds, and the percentiles."""
    rows = group("D", "PQ", switch_hours=0.5, switch_probability=0.5)
    impact = whatif(timed_graph(*rows, D={"repair_hours": 1}), "P", hours=4)
    (d,) = impact.entities.filter(id="D").to_dicts()
    assert (d["probability"], d["down_hours"], d["impact"]) == (1, 2.75, 2.75)
    assert (d["down_hours_p50"], d["down_hours_p95"]) == (0.5, 5)


def test_two_causes_are_one_outage() -> None:
    """D on B [0, 4) and on C [6, 8): down from 0 to 8, repaired once."""
    rows = [dep("B", "A"), dep("E", "A"), dep("C", "E", grace_hours=6), dep("D", "B"),
            dep("D", "C")]  # fmt: skip
    found = down(*rows, E={"repair_hours": 4}, D={"repair_hours": 1})
    assert found == {"B": (0, 4), "E": (0, 8), "C": (6, 8), "D": (0, 9)}


def test_in_a_cycle_times_stay_finite() -> None:
    """B and C need each other; B fails first and does not wait for C, C waits for B."""
    rows = dep("B", "A"), dep("B", "C"), dep("C", "B", grace_hours=1)
    found = down(*rows, B={"repair_hours": 2}, C={"repair_hours": 3})
    assert found == {"B": (0, 6), "C": (1, 9)}


def test_in_a_cycle_the_later_sees_all_that_failed_before() -> None:
    """B falls by A at 0 and does not see C, which falls by X at 1 and sees B."""
    rows = dep("B", "A"), dep("C", "B", grace_hours=2), dep("B", "C"), dep("C", "X", grace_hours=1)
    found = down(*rows, if_="AX", B={"backlog": 1.0})
    assert found == {"B": (0, 8), "C": (1, 8)}  # C falls by X at 1, B keeps it down to 8


def test_an_origin_in_a_cycle_is_down_for_its_hours() -> None:
    """Example 2 with times: A is down [0, 4) though C comes back to it."""
    rows = dep("B", "A"), dep("C", "B"), dep("A", "C")
    impact = whatif(timed_graph(*rows, B={"repair_hours": 1}), "A", hours=4)
    assert outages(impact) == {"B": (0, 5), "C": (0, 5)}
    assert impact.entities.filter(id="A")["down_hours"].item() == 4


def test_loss_and_hours_multiply_in_the_impact() -> None:
    """Example 7 with hours: 0.5 and 0.2 lost over 4 h of weight 10 and 100."""
    rows = dep("B", "A", loss=0.5), dep("C", "B", loss=0.4)
    impact = whatif(timed_graph(*rows, B={"weight": 10.0}, C={"weight": 100.0}), "A", hours=4)
    found = dict(impact.entities.select("id", "impact").iter_rows())
    assert found == {"A": 4, "B": 20, "C": 80}
    assert impact.totals.impact == impact.totals.p50 == 100
    assert impact.totals.impact_of_origins == 4
    assert impact.exceedance().to_dicts() == [{"impact": 100.0, "probability": 1.0}]


def test_a_switched_group_loses_what_its_lost_member_carries() -> None:
    """While it switches, D is without P, on which 0.3 of it rides."""
    rows = group("D", "PQ", switch_hours=2, loss=0.3)
    impact = whatif(timed_graph(*rows), "P", hours=4)
    (d,) = impact.entities.filter(id="D").to_dicts()
    assert (d["loss"], d["down_hours"], d["impact"]) == (0.3, 2, 0.6)


def test_a_chance_weighs_hours() -> None:
    """B falls one time in four: mean hours are over those worlds, impact over all."""
    impact = whatif(timed_graph(dep("B", "A", probability=0.25)), "A", hours=8)
    (b,) = impact.entities.filter(id="B").to_dicts()
    assert impact.exact
    assert (b["probability"], b["start_hours"], b["down_hours"], b["impact"]) == (0.25, 0, 8, 2)


def test_unknown_strengths_leave_a_range_with_hours_too() -> None:
    """Low, middle and high are looked at in the same cases."""
    rows = dep("B", "A", probability=None), dep("C", "B", probability=0.5)
    impact = whatif(timed_graph(*rows), "A", hours=8)
    names = ("probability_low", "probability", "probability_high")
    found = {r["id"]: tuple(r[n] for n in names) for r in impact.entities.to_dicts()}
    assert impact.exact
    assert found == {"A": (1, 1, 1), "B": (0, 0.5, 1), "C": (0, 0.25, 0.5)}


def test_the_timeline_counts_who_is_down() -> None:
    """Example 9 and a service that is spared one time in two; the origin is left out."""
    graph = timed_graph(
        dep("B", "A"), dep("C", "A", grace_hours=1, probability=0.5),
        B={"backlog": 0.5, "kind": "enterprise"}, C={"kind": "service"},
    )  # fmt: skip
    found = whatif(graph, "A", hours=4).timeline()
    assert found.columns == ["hours", "kind", "down", "down_low", "down_high"]
    for end in ("down_low", "down_high"):
        assert found["down"].equals(found[end], check_dtypes=True)
    assert found.select("hours", "kind", "down").rows() == [
        (0, "enterprise", 1), (0, "service", 0), (1, "enterprise", 1), (1, "service", 0.5),
        (4, "enterprise", 1), (4, "service", 0), (6, "enterprise", 0), (6, "service", 0),
    ]  # fmt: skip


def test_without_hours_there_is_no_time() -> None:
    """The columns are null, and the timeline says what it wants."""
    impact = whatif(timed_graph(dep("B", "A", grace_hours=9)), "A")
    assert impact.entities["down_hours"].is_null().all()
    with pytest.raises(ScenarioError, match="hours=24"):
        impact.timeline()


def test_a_backlog_that_grows_without_end_is_cut_and_said() -> None:
    """Fifty hops that each double the outage end at ten million hours, in a finite answer."""
    rows = [dep(f"n{i + 1:02}", f"n{i:02}") for i in range(50)]
    people = {f"n{i:02}": {"backlog": 1.0} for i in range(51)}
    impact = whatif(timed_graph(*rows, **people), "n00", hours=4)
    assert impact.entities["down_hours"].max() == 10_000_000
    assert "outages are cut at 10,000,000 hours after the origins failed" in impact.notes


def test_what_keeps_no_order_is_not_known_and_named() -> None:
    """B falls by X at 2 and is down to 10, if A on which it may depend does not take it down first:
    from 0 to 3, before C, of its cycle, that would keep it down. D waits 5 hours for it."""
    rows = [
        dep("B", "A", probability=None), dep("B", "C"), dep("C", "X", grace_hours=2),
        dep("C", "B", grace_hours=50), dep("D", "B", grace_hours=5),
    ]  # fmt: skip
    graph = timed_graph(*rows, C={"repair_hours": 7})
    impact = whatif(graph, ["A", "X"], hours=3)
    names = ("probability_low", "probability", "probability_high")
    (d,) = impact.entities.filter(id="D").to_dicts()
    assert tuple(d[n] for n in names) == (0.0, 0.5, 1.0)
    assert d["verdict"] == "unknown"
    (note,) = [n for n in impact.notes if "the range is 0 to 1" in n]
    assert note.endswith("for 3: B, C, D")


# ranges


def test_a_range_of_hours_is_log_uniform() -> None:
    """Over 4,000 worlds of 2..72: the mean is 70 / ln 36, the median 12."""
    impact = whatif(timed_graph(dep("B", "A")), "A", hours="2..72", worlds=4000)
    (b,) = impact.entities.filter(id="B").to_dicts()
    assert not impact.exact
    assert b["down_hours"] == pytest.approx(70 / math.log(36), rel=0.05)
    assert b["down_hours_p50"] == pytest.approx(12, rel=0.1)
    assert b["down_hours_p95"] == pytest.approx(2 * 36**0.95, rel=0.1)
    assert b["impact_std_error"] > 0


def test_a_grace_from_a_range_saves_some_of_the_time() -> None:
    """grace 1..16 against 4 hours: half of the worlds."""
    impact = whatif(timed_graph(dep("B", "A", grace_hours="1..16")), "A", hours=4, worlds=4000)
    (b,) = impact.entities.filter(id="B").to_dicts()
    assert b["probability"] == pytest.approx(0.5, abs=0.04)


# the answer over many worlds, against the twin


@settings(max_examples=60, deadline=None)
@given(timed_cases(relations=EVERYDAY))
def test_the_figures_are_those_of_the_twin(case: Asked) -> None:
    """Means over the first so many worlds, in all three runs."""
    graph, scenario = case
    asked = Scenario(**{**vars(scenario), "worlds": WORLDS})
    impact = whatif(graph, asked)
    if impact.exact:  # nothing is drawn at all: one world
        return
    weight = dict(graph.entities.select("id", "weight").iter_rows())
    times: dict[str, list[tuple[float, float]]] = {i: [] for i in graph.ids}
    low, high = dict.fromkeys(graph.ids, 0), dict.fromkeys(graph.ids, 0)
    loose = unordered(graph, asked)
    totals = []
    for w in range(WORLDS):
        intervals, losses, _ = world_of(graph, asked, w)
        below, _, _ = world_of(graph, asked, w, 0.0)
        above, _, _ = world_of(graph, asked, w, 1.0)
        for i, (start, end) in intervals.items():
            times[i].append((start, end - start))
        for i in graph.ids:
            low[i] += i in below
            high[i] += i in above
        others = {i: v for i, v in intervals.items() if i not in asked.origin_ids}
        totals.append(sum(weight[i] * losses[i] * (b - a) for i, (a, b) in others.items()))
    for row in impact.entities.to_dicts():
        found = times[row["id"]]
        assert row["probability"] == pytest.approx(len(found) / WORLDS)
        bounds = low[row["id"]] / WORLDS, high[row["id"]] / WORLDS
        bounds = (0, 1) if row["id"] in loose else bounds
        assert (row["probability_low"], row["probability_high"]) == pytest.approx(bounds)
        if found:
            lasted = sorted(d for _, d in found)
            assert row["start_hours"] == pytest.approx(np.mean([s for s, _ in found]))
            assert row["down_hours"] == pytest.approx(np.mean(lasted))
            assert row["down_hours_p50"] == lasted[math.ceil(len(lasted) * 0.5) - 1]
            assert row["down_hours_p95"] == lasted[math.ceil(len(lasted) * 0.95 - 1e-9) - 1]
    assert impact.totals.impact == pytest.approx(np.mean(totals))
    curve = impact.timeline()
    assert (curve["down"] >= 0).all()
    area = sum(
        row["probability"] * row["down_hours"]
        for row in impact.entities.to_dicts()
        if row["rank"] and row["down_hours"] is not None
    )
    assert integral(curve) == pytest.approx(area)


def integral(curve: pl.DataFrame) -> float:
    """Entity hours under the curve of all kinds."""
    whole = curve.group_by("hours").agg(pl.col("down").sum()).sort("hours")
    return float(whole["down"].to_numpy()[:-1] @ np.diff(whole["hours"].to_numpy()))


@settings(max_examples=60, deadline=None)
@given(timed_cases(("0",), relations=EVERYDAY))
def test_with_no_delays_the_hit_are_those_without_hours(case: Asked) -> None:
    """Both kernels agree, world by world, on who is hit."""
    graph, scenario = case
    if scenario.rollout:
        return
    plain = whatif(graph, Scenario(**{**vars(scenario), "worlds": WORLDS, "hours": None}))
    timed = whatif(graph, Scenario(**{**vars(scenario), "worlds": WORLDS}))
    assert plain.distribution["hit"].to_list() == timed.distribution["hit"].to_list()
    columns = ("id", "probability", "probability_low", "probability_high")
    known = ~pl.col("id").is_in(unordered(graph, scenario))  # in cycles nothing is known of ranges
    one, other = (i.entities.filter(known).select(columns).sort("id") for i in (plain, timed))
    assert one.equals(other)


@settings(max_examples=60, deadline=None)
@given(timed_cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(case: Asked, random: Random) -> None:
    """Nor do rows that have nothing to do with the origins: the same answer, to the last bit."""
    graph, scenario = case
    number = list(range(graph.dependencies.height))
    random.shuffle(number)
    shuffled = graph.dependencies[number]
    beside = pl.DataFrame({"dependent": ["x"], "provider": ["y"]})
    other = DependencyGraph.from_polars(
        pl.concat([shuffled, beside], how="diagonal"), graph.entities
    )
    asked = Scenario(**{**vars(scenario), "worlds": WORLDS})
    one, again = whatif(graph, asked), whatif(other, asked)
    assert one.entities.equals(again.entities)
    assert one.distribution.equals(again.distribution)
    assert one.timeline().equals(again.timeline())


@settings(max_examples=60, deadline=None)
@given(timed_cases(relations=EVERYDAY))
def test_low_middle_and_high_keep_their_order(case: Asked) -> None:
    """In every answer, whatever was not ordered on the way."""
    graph, scenario = case
    rows = whatif(graph, Scenario(**{**vars(scenario), "worlds": WORLDS})).entities
    assert (rows["probability_low"] <= rows["probability"]).all()
    assert (rows["probability"] <= rows["probability_high"]).all()
    hit = rows.filter(pl.col("probability") > 0)
    assert (hit["down_hours"] >= 0).all()
    assert (hit["down_hours_p50"] <= hit["down_hours_p95"]).all()
