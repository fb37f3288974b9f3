"""What if this fails: the worked examples of the design, the twin, and the laws of the answer."""

from fractions import Fraction
from math import sqrt
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine import lanes as lanes_module
from knockon.graph.errors import InputError, ScenarioError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import WORLDS, Origin, Scenario
from tests.reference import Answer, Case, Model, coins, every_world, whatif_reference
from tests.strategies import cases, described, frame, graphs, rows, scenarios
from tests.toys import TOYS, Toy, dep, graph_of, group, island

Asked = tuple[DependencyGraph, Scenario]
NEAR = 1e-12
WORLDS_DRAWN = 100  # more than one word, and not a whole number of words


def column(impact: Impact, name: str) -> dict[str, Any]:
    return dict(impact.entities.select("id", name).iter_rows())


def hit(impact: Impact) -> dict[str, float]:
    """The probability of everybody but the origins, where it is not 0."""
    rows = impact.entities.filter(pl.col("rank") > 0).select("id", "probability").iter_rows()
    return {identifier: p for identifier, p in rows if p}


# the worked examples of section 3


def test_example_1_a_chain_falls_to_its_end() -> None:
    """chain A <- B <- C: origin A hits B, C."""
    assert hit(whatif(graph_of(dep("B", "A"), dep("C", "B")), "A")) == {"B": 1, "C": 1}


def test_example_2_a_ring_falls_whole_and_once() -> None:
    """ring A <- B <- C <- A: origin A hits all, once."""
    impact = whatif(graph_of(dep("B", "A"), dep("C", "B"), dep("A", "C")), "A")
    assert hit(impact) == {"B": 1, "C": 1}
    assert (impact.totals.hit, impact.totals.impact, impact.totals.impact_of_origins) == (2, 2, 1)


@pytest.mark.parametrize(
    ("origins", "expected"), [("P", {}), ("PQ", {"D": 1}), ("H", {"D": 1, "P": 1, "Q": 1})]
)
def test_example_3_a_spare_helps_until_both_share_a_cause(origins: str, expected: dict) -> None:
    """D needs 1 of {P, Q}: P alone spares D; P and Q hit D; their common host H hits D."""
    graph = graph_of(
        *group("D", "PQ"), dep("P", "H", relation="hosted_on"), dep("Q", "H", relation="hosted_on")
    )
    assert hit(whatif(graph, list(origins))) == expected


@pytest.mark.parametrize("origins", ["PQ", "PR", "QR", "PQR"])
def test_example_4_two_of_three_fall_with_any_two(origins: str) -> None:
    """D needs 2 of {P, Q, R}: any two hit D."""
    assert hit(whatif(graph_of(*group("D", "PQR", 2)), list(origins))) == {"D": 1}


def test_example_4_two_of_three_stand_with_any_one_lost() -> None:
    """D needs 2 of {P, Q, R}: one alone spares D."""
    for origin in "PQR":
        assert hit(whatif(graph_of(*group("D", "PQR", 2)), origin)) == {}


def test_example_5_two_chances_of_a_half() -> None:
    """B, C on A with 0.5 each, D needs B and C: P(D) = 0.75."""
    graph = graph_of(
        dep("B", "A", probability=0.5),
        dep("C", "A", probability=0.5),
        dep("D", "B"),
        dep("D", "C"),
    )
    impact = whatif(graph, "A")
    assert impact.exact
    assert hit(impact) == {"B": 0.5, "C": 0.5, "D": 0.75}


def test_example_5_two_chances_of_a_half_with_a_spare() -> None:
    """The same, but D needs 1 of {B, C}: P(D) = 0.25."""
    chances = [dep(x, "A", probability=0.5) for x in "BC"]
    assert hit(whatif(graph_of(*chances, *group("D", "BC")), "A"))["D"] == 0.25


@pytest.mark.parametrize(("spare", "middle"), [(False, 0.75), (True, 0.25)])
def test_example_6_unknown_strengths_leave_a_range(spare: bool, middle: float) -> None:
    """The same with both strengths null: low 0, high 1, and at assume 0.5 as above."""
    needed = group("D", "BC") if spare else [dep("D", "B"), dep("D", "C")]
    impact = whatif(graph_of(*(dep(x, "A", probability=None) for x in "BC"), *needed), "A")
    (d,) = impact.entities.filter(id="D").to_dicts()
    assert (d["probability_low"], d["probability"], d["probability_high"]) == (0, middle, 1)
    assert d["verdict"] == "unknown"


def test_example_7_shares_of_loss_multiply() -> None:
    """B on A with loss 0.5, C on B with loss 0.4: x(B) = 0.5, x(C) = 0.2."""
    impact = whatif(graph_of(dep("B", "A", loss=0.5), dep("C", "B", loss=0.4)), "A")
    assert column(impact, "loss") == {"A": 1.0, "B": 0.5, "C": 0.2}


# toys and the twin


@pytest.mark.parametrize("toy", TOYS, ids=lambda t: t.name)
def test_every_toy_gets_the_answer_worked_out_by_hand(toy: Toy) -> None:
    """Low, middle and high are exact for everybody; those without a row are spared."""
    impact = whatif(toy.graph, list(toy.origins), **toy.options)
    names = ("probability_low", "probability", "probability_high")
    found = {row["id"]: tuple(row[n] for n in names) for row in impact.entities.to_dicts()}
    assert impact.exact
    assert {i: found.get(i, (0, 0, 0)) for i in toy.graph.ids} == {
        i: toy.expected(i) for i in toy.graph.ids
    }


@pytest.mark.parametrize("toy", TOYS, ids=lambda t: t.name)
def test_every_toy_drawn_comes_near(toy: Toy) -> None:
    """A thousand random worlds agree with the answer worked out by hand within five errors."""
    impact = whatif(toy.graph, list(toy.origins), worlds=1000, **toy.options)
    for identifier, p in column(impact, "probability").items():
        expected = toy.expected(identifier)[1]
        assert abs(p - expected) <= 5 * sqrt(expected * (1 - expected) / 1000)


def agree(impact: Impact, answer: Answer, near: float) -> None:
    """Every figure of the answer is that of the twin; who has no row is never hit."""
    found = {row["id"]: row for row in impact.entities.to_dicts()}
    for i in answer.middle:
        if i not in found:
            assert answer.high[i] == 0
            continue
        row = found[i]
        assert row["probability_low"] == pytest.approx(float(answer.low[i]), abs=near, rel=0)
        assert row["probability"] == pytest.approx(float(answer.middle[i]), abs=near, rel=0)
        assert row["probability_high"] == pytest.approx(float(answer.high[i]), abs=near, rel=0)
        assert row["impact"] == pytest.approx(answer.impact[i], abs=NEAR, rel=NEAR)
        if answer.middle[i] > 1e-9:  # rarer than that, the quotient of two tiny sums is noise
            assert row["loss"] == pytest.approx(answer.loss[i], rel=1e-9)
    totals = impact.totals
    assert totals.hit == pytest.approx(float(answer.hit), abs=NEAR * 10)
    others = {i: v for i, v in answer.impact.items() if i not in impact.scenario.origin_ids}
    assert totals.impact == pytest.approx(sum(others.values()), abs=NEAR * 100)


@given(cases())
def test_enumeration_equals_the_twin(case: Asked) -> None:
    """With few uncertain draws the answer is exact: that of the naive twin within 1e-12."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    assume(coins(model, asked) <= 8)
    impact = whatif(graph, scenario)
    assert impact.exact
    agree(impact, whatif_reference(model, asked), NEAR)


@given(cases({"worlds": WORLDS_DRAWN, "seed": 7}, chances=30))
def test_drawn_worlds_equal_the_twin_bit_for_bit(case: Asked) -> None:
    """Over the same worlds the probabilities are those of the naive twin, to the last bit."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    impact = whatif(graph, scenario)
    answer = whatif_reference(model, asked, WORLDS_DRAWN)
    if impact.exact:  # nothing within reach is uncertain: one world is enough
        assert impact.worlds == 1
    else:
        assert impact.worlds == WORLDS_DRAWN
        totals = impact.distribution["impact"].to_list()
        assert totals == pytest.approx([t for t, _, _ in answer.totals], abs=NEAR * 100)
        assert impact.distribution["hit"].to_list() == [n for _, n, _ in answer.totals]
    agree(impact, answer, 0.0)


@pytest.mark.slow
@given(cases({"worlds": 20_000}, chances=10))
def test_drawing_comes_near_the_enumeration(case: Asked) -> None:
    """Twenty thousand worlds lie within six standard errors of the exact answer."""
    graph, scenario = case
    exact, drawn = whatif(graph, Scenario.of(graph, scenario.origins, mode=scenario.mode)), whatif(
        graph, Scenario.of(graph, scenario.origins, mode=scenario.mode, worlds=20_000)
    )  # fmt: skip
    for i, p in column(exact, "probability").items():
        assert abs(column(drawn, "probability")[i] - p) <= 6 * sqrt(p * (1 - p) / 20_000) + NEAR


@given(graphs(relations=("uses",), chances=8, switches=False), st.data())
def test_networkx_finds_the_same_reliability(graph: DependencyGraph, data: st.DataObject) -> None:
    """Without groups: the probability of a directed path from the origins, summed by networkx."""
    lone = DependencyGraph.from_polars(
        graph.dependencies.select("dependent", "provider", "probability"), graph.entities
    )
    origins = data.draw(st.lists(st.sampled_from(lone.ids), min_size=1, max_size=2, unique=True))
    scenario = Scenario.of(lone, origins)
    model, case = Model.of(lone), Case.of(scenario)
    expected = dict.fromkeys(lone.ids, Fraction(0))
    for three in every_world(model, case):
        live = [(d.provider, d.dependent) for d in model.deps if d.row in three.middle.live]
        net = nx.DiGraph(live)
        net.add_nodes_from(origins)
        for i in set(origins).union(*(nx.descendants(net, o) for o in origins)):
            expected[i] += three.weight
    found = column(whatif(lone, scenario), "probability")
    for i in lone.ids:
        assert found.get(i, 0.0) == pytest.approx(float(expected[i]), abs=NEAR)


# laws of the answer


@given(cases(chances=30), st.sampled_from((None, 64, 65, 300)))
def test_low_is_at_most_middle_is_at_most_high(case: Asked, worlds: int | None) -> None:
    """The three runs keep their order for every entity, and so do the totals."""
    graph, scenario = case
    impact = whatif(graph, Scenario.of(graph, scenario.origins, mode=scenario.mode, worlds=worlds))
    low, middle, high = (
        impact.entities[c] for c in ("probability_low", "probability", "probability_high")
    )
    assert ((low >= 0) & (low <= middle) & (middle <= high) & (high <= 1)).all()
    assert impact.totals.hit_low <= impact.totals.hit <= impact.totals.hit_high


@given(cases(chances=30), st.sampled_from((None, 130)))
def test_counts_add_up(case: Asked, worlds: int | None) -> None:
    """Totals are the sums of the rows, by kind, by sector, along the routes and over worlds."""
    graph, scenario = case
    impact = whatif(graph, Scenario.of(graph, scenario.origins, mode=scenario.mode, worlds=worlds))
    others = impact.entities.filter(pl.col("rank") > 0)
    totals, near = impact.totals, 1e-9
    assert totals.hit == pytest.approx(others["probability"].sum(), abs=near)
    assert totals.hit_low == pytest.approx(others["probability_low"].sum(), abs=near)
    assert totals.hit_high == pytest.approx(others["probability_high"].sum(), abs=near)
    assert totals.impact == pytest.approx(others["impact"].sum(), abs=near)
    failing = impact.entities.filter(pl.col("rank") == 0)
    assert totals.impact_of_origins == pytest.approx(failing["impact"].sum(), abs=near)
    for table in (impact.by_kind, impact.by_sector):
        assert table["hit"].sum() == pytest.approx(totals.hit, abs=near)
        assert table["hit_low"].sum() == pytest.approx(totals.hit_low, abs=near)
        assert table["hit_high"].sum() == pytest.approx(totals.hit_high, abs=near)
        assert table["impact"].sum() == pytest.approx(others["impact"].sum(), abs=near)
        assert (table["within_reach"] <= table["entities"]).all()
    carried = impact.entities.filter(pl.col("rank") == 0)["carries"].sum()
    assert carried == pytest.approx(totals.hit, abs=near)
    worlds_seen = impact.distribution
    assert worlds_seen["weight"].sum() == pytest.approx(1, abs=near)
    mean = (worlds_seen["hit"] * worlds_seen["weight"]).sum()
    drawn = 6 * totals.hit_std_error  # of the worlds; rows that need no drawing are exact
    assert mean == pytest.approx(totals.hit, abs=near + drawn * (worlds is None))
    assert totals.p50 <= totals.p95 <= totals.p99 <= impact.distribution["impact"].max()


@given(cases())
def test_percentiles_and_the_exceedance_curve_are_those_of_the_twin(case: Asked) -> None:
    """P50, P95 and P99 are totals reached by that share of the worlds; the curve falls from 1."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    assume(coins(model, asked) <= 6)
    impact = whatif(graph, scenario)
    answer = whatif_reference(model, asked)
    reached = [
        sum(w for t, _, w in answer.totals if t <= total + NEAR) for total, _, _ in answer.totals
    ]
    for share, found in ((0.5, impact.totals.p50), (0.95, impact.totals.p95)):
        if all(abs(float(r) - share) > 1e-9 for r in reached):  # no tie to be broken by rounding
            assert found == pytest.approx(answer.quantile(share), abs=1e-9)
    curve = impact.exceedance()
    for total, p in curve.iter_rows():
        expected = sum(w for t, _, w in answer.totals if t >= total - 1e-9)
        assert p == pytest.approx(float(expected), abs=1e-9)


@given(rows(chances=30), described(), st.data(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    found: list, entities: pl.DataFrame, data: st.DataObject, random: Any
) -> None:
    """Shuffled tables give the same frames, bit for bit, drawn and enumerated."""
    graph = DependencyGraph.from_polars(frame(found), entities)
    scenario = data.draw(scenarios(graph, worlds=data.draw(st.sampled_from((None, 100)))))
    shuffled = list(found)
    random.shuffle(shuffled)
    again = DependencyGraph.from_polars(frame(shuffled), entities.reverse())
    assert_same(whatif(graph, scenario), whatif(again, scenario))


@given(rows(chances=30, entities=5), described(), st.data())
def test_unrelated_rows_change_nothing(
    found: list, entities: pl.DataFrame, data: st.DataObject
) -> None:
    """Rows that share no entity with what fails change no bit of any figure."""
    graph = DependencyGraph.from_polars(frame(found), entities)
    origins = data.draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=2, unique=True))
    scenario = Scenario.of(graph, origins, worlds=data.draw(st.sampled_from((None, 100))))
    apart = [dep("0", "f"), dep("g", "f", probability=None), *group("zz", "xyw", 2)]
    wider = DependencyGraph.from_polars(
        frame([*found, *apart]), entities
    )  # ids before, between and after those of the graph
    assert_same(whatif(graph, scenario), whatif(wider, scenario))


@given(cases(chances=30), st.sampled_from((None, 100)))
def test_the_same_question_twice_gets_the_same_answer(case: Asked, worlds: int | None) -> None:
    """Nothing but the question enters the answer."""
    graph, scenario = case
    asked = Scenario.of(graph, scenario.origins, mode=scenario.mode, worlds=worlds)
    assert_same(whatif(graph, asked), whatif(graph, asked))


@given(cases())
def test_renaming_entities_changes_no_exact_answer(case: Asked) -> None:
    """Names are only names: with all ids replaced, in reversed order, every figure stays."""
    graph, scenario = case
    assume(coins(Model.of(graph), Case.of(scenario)) <= 12)
    new = {i: f"e{25 - ord(i) + ord('a'):02}" for i in graph.ids}
    renamed = DependencyGraph.from_polars(
        graph.dependencies.with_columns(pl.col("dependent", "provider").replace_strict(new)),
        graph.entities.with_columns(pl.col("id").replace_strict(new), name=None),
    )
    same = Scenario.of(
        renamed,
        [Origin(new[o.id], o.severity) for o in scenario.origins],
        mode=scenario.mode,
        assume=scenario.assume,
        protect=[new[p] for p in scenario.protect],
    )
    before, after = whatif(graph, scenario), whatif(renamed, same)
    for name in ("probability", "probability_low", "probability_high", "impact", "hops"):
        found = column(after, name)
        for i, value in column(before, name).items():
            assert found[new[i]] == (None if value is None else pytest.approx(value, abs=1e-9))


def assert_same(one: Impact, other: Impact) -> None:
    assert one.entities.equals(other.entities)
    assert one.totals == other.totals
    assert one.distribution.equals(other.distribution)


@given(graphs(chances=8), st.data())
def test_without_partial_losses_whoever_is_hit_loses_all(
    graph: DependencyGraph, data: st.DataObject
) -> None:
    """Severity 1 and losses of 1 make a loss of 1."""
    whole = DependencyGraph.from_polars(graph.dependencies.with_columns(loss=1.0), graph.entities)
    impact = whatif(whole, data.draw(scenarios(whole, severities=(1.0,))))
    found = impact.entities.filter(pl.col("probability") > 1e-6)["loss"].to_list()
    assert found == pytest.approx([1.0] * len(found), abs=1e-9)


@given(rows(chances=6), described(), st.data())
def test_against_compromise_no_group_helps(
    found: list, entities: pl.DataFrame, data: st.DataObject
) -> None:
    """Every member counts alone: the answer is that of rows without groups that hold."""
    grouped = DependencyGraph.from_polars(frame(found), entities)
    alone = [r | {"group": f"g{i}", "needs": 1} for i, r in enumerate(found)]
    lone = DependencyGraph.from_polars(frame(alone), entities)
    scenario = data.draw(scenarios(grouped, modes=("compromise",)))
    before = column(whatif(grouped, scenario), "probability")
    after = column(whatif(lone, scenario), "probability")
    assert before == pytest.approx(after, abs=NEAR)


@given(cases(chances=30), st.data())
def test_protecting_an_entity_lowers_no_one_elses_chances_of_standing(
    case: Asked, data: st.DataObject
) -> None:
    """Over the same worlds, one more protected entity never raises a probability or a loss."""
    graph, scenario = case
    others = sorted(set(graph.ids) - set(scenario.origin_ids))
    assume(others)
    options: dict[str, Any] = {"mode": scenario.mode, "worlds": 100}
    safe = data.draw(st.sampled_from(others))
    before = whatif(graph, scenario.origins, **options)
    after = whatif(graph, scenario.origins, protect=[safe], **options)
    for name in ("probability_low", "probability", "probability_high", "impact"):
        was = column(before, name)
        for i, value in column(after, name).items():
            assert value <= was.get(i, 0.0) + NEAR
    assert column(after, "probability").get(safe, 0.0) == 0.0


@given(cases(chances=30))
def test_the_size_of_blocks_changes_nothing(case: Asked) -> None:
    """Worlds in one block or in many: the same probabilities, bit for bit."""
    graph, scenario = case
    asked = Scenario.of(graph, scenario.origins, mode=scenario.mode, worlds=300)
    whole = whatif(graph, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes_module, "_CELLS", 1)
        pieces = whatif(graph, asked)
    for name in ("probability_low", "probability", "probability_high"):
        assert column(pieces, name) == column(whole, name)
    assert pieces.totals.impact == pytest.approx(whole.totals.impact, abs=1e-9)
    assert pieces.distribution["hit"].equals(whole.distribution["hit"])


@given(cases())
def test_ranks_follow_impact_then_probability_then_id(case: Asked) -> None:
    """Origins first with rank 0; then impact, probability, probability_high and id decide."""
    impact = whatif(*case)
    order = [
        (r["rank"] > 0, -r["impact"], -r["probability"], -r["probability_high"], r["id"])
        for r in impact.entities.to_dicts()
    ]
    assert order == sorted(order)
    assert impact.entities.filter(pl.col("rank") > 0)["rank"].to_list() == list(
        range(1, len(order) - len(impact.scenario.origins) + 1)
    )


# figures one by one


def test_standard_errors_are_those_of_a_share() -> None:
    """sqrt(p (1 - p) / worlds), and 0 where nothing was drawn."""
    graph = graph_of(dep("B", "A", probability=0.5), entities=[{"id": "B", "weight": 4.0}])
    (row,) = whatif(graph, "A", worlds=1000).entities.filter(id="B").to_dicts()
    p = row["probability"]
    assert row["std_error"] == pytest.approx(sqrt(p * (1 - p) / 1000))
    assert row["impact_std_error"] == pytest.approx(4 * sqrt(p * (1 - p) / 1000))
    assert whatif(graph, "A").entities["std_error"].to_list() == [0.0, 0.0]


def test_weights_count_in_the_impact() -> None:
    """Impact is weight times loss, averaged over the worlds; origins stand alone."""
    graph = graph_of(
        dep("B", "A", probability=0.5, loss=0.5),
        entities=[{"id": "A", "weight": 3.0}, {"id": "B", "weight": 8.0}],
    )
    impact = whatif(graph, "A", severity=0.5)
    assert column(impact, "impact") == {"A": 1.5, "B": 1.0}
    assert column(impact, "loss") == {"A": 0.5, "B": 0.25}
    assert (impact.totals.p50, impact.totals.p99) == (0.0, 2.0)
    assert impact.totals.impact_of_origins == 1.5
    assert impact.exceedance().rows() == [(0.0, 1.0), (2.0, 0.5)]


@pytest.mark.parametrize(
    ("probability", "verdict"), [(0.5, "hit"), (0.49, "spared"), (None, "unknown"), (0.0, "spared")]
)
def test_the_verdict_says_hit_spared_or_unknown(probability: float | None, verdict: str) -> None:
    """hit where low is at least a half, spared where high is below, else unknown."""
    impact = whatif(graph_of(dep("B", "A", probability=probability)), "A")
    assert impact.entities.filter(id="B")["verdict"].item() == verdict


def test_a_spared_neighbour_has_a_row_and_a_stranger_has_none() -> None:
    """Who depends on the hit but stands is listed; the island is not."""
    graph = graph_of(*group("D", "PQ"), entities=[{"id": "X"}])
    rows = whatif(graph, "P").entities.filter(id="D").to_dicts()
    assert [(r["verdict"], r["hops"], r["loss"], r["route"]) for r in rows] == [
        ("spared", None, None, [])
    ]
    assert "X" not in whatif(graph, "P").entities["id"]


def test_nobody_depends_on_an_island() -> None:
    """An origin without dependents is the whole answer."""
    impact = whatif(island.graph, "Y")
    assert impact.entities["id"].to_list() == ["Y"]
    assert (impact.totals.hit, impact.totals.impact_of_origins) == (0.0, 9.0)
    assert impact.headline == "If Y fails, nobody else is hit (3 other entities)"


def test_a_graph_without_dependencies_has_an_answer() -> None:
    """No rows of dependencies at all: the origin alone."""
    graph = DependencyGraph.from_polars(pl.DataFrame(), pl.DataFrame({"id": ["A", "B"]}))
    assert whatif(graph, "A").entities["id"].to_list() == ["A"]


def test_many_uncertain_draws_are_sampled_unless_few() -> None:
    """Up to 12 uncertain draws are enumerated; beyond, 2,000 worlds are drawn."""
    few = graph_of(*(dep(f"D{i:02}", "A", probability=0.5) for i in range(12)))
    many = graph_of(*(dep(f"D{i:02}", "A", probability=0.5) for i in range(13)))
    assert (whatif(few, "A").exact, whatif(few, "A").worlds) == (True, 4096)
    assert (whatif(many, "A").exact, whatif(many, "A").worlds) == (False, WORLDS)


def test_seeds_draw_other_worlds() -> None:
    """Another seed, other worlds; the seed may be any whole number."""
    graph = graph_of(*(dep(f"D{i}", "A", probability=0.5) for i in range(5)))
    answers = [whatif(graph, "A", worlds=500, seed=s).totals for s in (0, 1, -1, 2**64, 10**30)]
    assert answers[0] == answers[3]  # seeds count modulo 2^64
    assert len({a.impact for a in answers[:3]}) == 3


def test_two_scenarios_compare_on_the_same_worlds() -> None:
    """A dependency is live in the same worlds whatever fails and whatever else is in the graph."""
    rows = [dep("B", "A", probability=0.5), dep("C", "B", probability=0.5), dep("A", "Z")]
    one = whatif(graph_of(*rows[:2]), "A", worlds=640)
    other = whatif(graph_of(*rows), "Z", worlds=640)
    for i in "BC":
        assert column(one, "probability")[i] == column(other, "probability")[i]


def test_an_unlisted_relation_is_reported() -> None:
    """A relation without a rule crosses every mode, and a note says so."""
    impact = whatif(graph_of(dep("B", "A", relation="prays_to")), "A")
    assert hit(impact) == {"B": 1}
    assert any("'prays_to' has no rule" in note for note in impact.notes)


def test_a_dependency_too_deep_for_floats_is_still_hit() -> None:
    """Who is hit does not hang on the size of the loss, however small."""
    shown = whatif(graph_of(*(dep(f"n{i + 1}", f"n{i}", loss=0.5) for i in range(100))), "n0")
    assert shown.totals.hit == 100


def test_losses_that_underflow_are_hits_all_the_same() -> None:
    """A chain of 200 with losses of 0.01 is hit to its end, though floats end at 1e-323."""
    rows = [dep(f"n{i + 1:03}", f"n{i:03}", loss=0.01) for i in range(200)]
    impact = whatif(graph_of(*rows), "n000")
    assert impact.totals.hit == 200
    assert impact.entities.filter(id="n200")["verdict"].item() == "hit"


def test_a_group_counts_its_lost_members_whatever_their_mode() -> None:
    """Both operators of D are down, one by the bad update and one by the outage after it."""
    graph = graph_of(
        dep("P", "A", relation="operated_by"),
        dep("Q", "A", relation="runs"),
        *group("D", "PQ", relation="operated_by"),
    )
    assert hit(whatif(graph, "A", mode="bad_update")) == {"P": 1, "Q": 1, "D": 1}


# what cannot be asked


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "outrage"}, "unknown mode 'outrage'; did you mean 'outage'?"),
        ({"assume": 1.5}, "assume: expected a number from 0 to 1, got 1.5"),
        ({"assume": float("nan")}, "assume: expected a number from 0 to 1, got nan"),
        ({"worlds": 0}, "worlds: expected a whole number of at least 1, got 0"),
        ({"worlds": 2.5}, "worlds: expected a whole number of at least 1, got 2.5"),
        ({"seed": "x"}, "seed: expected a whole number, got 'x'"),
        ({"severity": 0}, "severity of 'A': expected a number above 0, at most 1, got 0"),
        ({"severity": True}, "severity of 'A': expected a number above 0, at most 1, got True"),
        ({"protect": ["A"]}, "'A' cannot both fail and be protected"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(options: dict, message: str) -> None:
    """Each field is checked, with what was expected and what came."""
    with pytest.raises(ScenarioError) as caught:
        whatif(graph_of(dep("B", "A")), "A", **options)
    assert str(caught.value) == message


def test_nothing_fails_is_no_scenario() -> None:
    """At least one entity must fail, and none twice."""
    graph = graph_of(dep("B", "A"))
    with pytest.raises(ScenarioError, match="at least one entity that fails, got none"):
        whatif(graph, [])
    with pytest.raises(ScenarioError, match="'A' is named twice"):
        whatif(graph, ["A", "a"])
    with pytest.raises(ScenarioError, match=r'expected a name, {"id": ..., "severity": ...}, '):
        whatif(graph, {"id": "A", "strength": 1})


@pytest.mark.parametrize(
    ("origins", "options", "message"),
    [
        (None, {}, "origins: expected an entity by id or name, or several, got None"),
        (3, {}, "origins: expected an entity by id or name, or several, got 3"),
        ([None], {}, "origin: expected the id or name of an entity, got None"),
        (["A", 3], {}, "origin: expected the id or name of an entity, got 3"),
        (Origin(3), {}, "origin: expected the id or name of an entity, got 3"),
        ("A", {"protect": 3}, "protect: expected an entity by id or name, or several, got 3"),
        ("A", {"protect": None}, "protect: expected an entity by id or name, or several, got None"),
        ("A", {"protect": [None]}, "protect: expected the id or name of an entity, got None"),
    ],
)
def test_what_is_no_name_fails_nothing(origins: Any, options: dict, message: str) -> None:
    """In Python anything may be given; it is refused with what was expected and what came."""
    with pytest.raises(ScenarioError) as caught:
        whatif(graph_of(dep("B", "A")), origins, **options)
    assert str(caught.value) == message


def test_origins_may_be_names_mappings_or_origins() -> None:
    """A text, a mapping and an Origin name the same; each may have its own severity."""
    graph = graph_of(dep("B", "A"), dep("B", "C"), entities=[{"id": "A", "name": "Acme Cloud"}])
    expected = (Origin("A", 0.5), Origin("C", 1.0))
    assert Scenario.of(graph, ["C", {"id": "acme cloud", "severity": 0.5}]).origins == expected
    assert Scenario.of(graph, [Origin("C"), Origin("A", 0.5)]).origins == expected


def test_an_unknown_origin_or_protected_entity_is_refused() -> None:
    """Names are looked up when the question is asked."""
    graph = graph_of(dep("B", "A"))
    for ask in (lambda: whatif(graph, "Q"), lambda: whatif(graph, "A", protect=["Q"])):
        with pytest.raises(UnknownEntityError, match="no entity has the id or name 'Q'"):
            ask()


def test_a_scenario_made_elsewhere_is_resolved_on_the_graph() -> None:
    """A Scenario may hold names: they become ids."""
    graph = graph_of(dep("B", "A"), entities=[{"id": "A", "name": "Acme"}])
    impact = whatif(graph, Scenario((Origin("ACME"),), seed=3))
    assert impact.scenario.origin_ids == ["A"]
    assert impact.scenario.seed == 3


def test_rules_that_contradict_each_other_are_refused() -> None:
    """One relation cannot arrive as two modes."""
    rules = (("outage", "uses", "outage"), ("outage", "uses", "compromise"))
    with pytest.raises(InputError, match="outage across uses becomes both outage and compromise"):
        whatif(graph_of(dep("B", "A")), "A", rules=rules)


def test_an_answer_prints_as_one_honest_line() -> None:
    """The repr is the headline; html escapes what names hold."""
    graph = graph_of(dep("B", "A"), entities=[{"id": "A", "name": "<A>"}])
    impact = whatif(graph, "A")
    assert repr(impact) == "<Impact If <A> fails: 1 of 1 entity is hit>"
    assert "<p>If &lt;A&gt; fails: 1 of 1 entity is hit</p>" in impact._repr_html_()
    assert np.isclose(impact.distribution["weight"].sum(), 1)
