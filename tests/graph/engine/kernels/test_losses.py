"""How much is lost, in one world: the loss kernel against its twin, and its laws."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knockon.graph.engine.kernels.losses_numpy import _find_largest
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.lanes import Lanes, hit_by, lost_by
from tests.reference import Case, Model, losses
from tests.strategies import cases
from tests.toys import dep, graph_of, group

LANES = 70
seeds = st.integers(0, 2**32)
Asked = tuple[DependencyGraph, Scenario]


def lost(graph: DependencyGraph, scenario: Scenario) -> dict[str, float]:
    """What is lost where every dependency is live and every switch works."""
    lanes = Lanes.at_random(graph, 1, 0)
    lanes.live[:], lanes.failed[:] = True, False
    (found,) = lost_by(graph, scenario, lanes)
    return found


@given(cases(), seeds)
def test_the_kernel_loses_what_the_definition_loses_in_every_world(case: Asked, seed: int) -> None:
    """The loss kernel equals the naive fixpoint, to the last bit, world by world."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    lanes = Lanes.at_random(graph, LANES, seed)
    expected = [losses(model, asked, lanes.world(graph, i)) for i in range(LANES)]
    assert lost_by(graph, scenario, lanes) == expected


@given(cases(), seeds)
def test_both_kernels_agree_on_who_is_hit(case: Asked, seed: int) -> None:
    """The hit are those that lose something, in every world."""
    graph, scenario = case
    lanes = Lanes.at_random(graph, LANES, seed)
    assert [set(x) for x in lost_by(graph, scenario, lanes)] == hit_by(graph, scenario, lanes)


@given(cases(), seeds, st.data())
def test_more_failures_never_lose_less(case: Asked, seed: int, data: st.DataObject) -> None:
    """One more origin that fails whole: nobody loses less, in any world.

    One that is stated to lose less is a fact, too: it then loses that, and no more.
    """
    graph, scenario = case
    others = sorted(set(graph.ids) - set(scenario.origin_ids) - set(scenario.protect))
    assume(others)
    more = data.draw(st.sampled_from(others))
    wider = Scenario.of(
        graph, [*scenario.origins, more], mode=scenario.mode, protect=scenario.protect
    )
    lanes = Lanes.at_random(graph, LANES, seed)
    pairs = zip(lost_by(graph, scenario, lanes), lost_by(graph, wider, lanes), strict=True)
    assert all(after.get(i, 0) >= x for before, after in pairs for i, x in before.items())


def test_shares_multiply_along_a_chain() -> None:
    """Half of B rides on A, 0.4 of C on B: C loses 0.2."""
    graph = graph_of(dep("B", "A", loss=0.5), dep("C", "B", loss=0.4))
    assert lost(graph, Scenario.of(graph, "A")) == {"A": 1.0, "B": 0.5, "C": 0.2}


def test_the_severity_of_the_origin_scales_everything() -> None:
    """An origin that loses half of its function takes half as much from the others."""
    graph = graph_of(dep("B", "A"), dep("C", "B", loss=0.4))
    found = lost(graph, Scenario.of(graph, "A", severity=0.5))
    assert found == {"A": 0.5, "B": 0.5, "C": 0.2}


@pytest.mark.parametrize(("needs", "expected"), [(1, 0.2), (2, 0.5), (3, 0.8)])
def test_a_group_loses_its_needs_th_smallest_member_loss(needs: int, expected: float) -> None:
    """With members that lose 0.2, 0.5 and 0.8, needs decides which counts."""
    shares = zip("PQR", (0.5, 0.2, 0.8), strict=True)
    graph = graph_of(*(dep("D", p, group="g", needs=needs, loss=share) for p, share in shares))
    assert lost(graph, Scenario.of(graph, ["P", "Q", "R"]))["D"] == expected


def test_a_working_member_loses_nothing() -> None:
    """While one member of two works, the group that needs one loses nothing."""
    graph = graph_of(*group("D", "PQ", loss=0.5))
    assert "D" not in lost(graph, Scenario.of(graph, "P"))


@pytest.mark.parametrize("origins", ["P", "PQ"])
def test_after_a_failed_switch_the_largest_member_loss_counts(origins: str) -> None:
    """A failed switch costs the largest member loss, whether or not the group holds."""
    shares = zip("PQ", (0.8, 0.3), strict=True)
    rows = [dep("D", p, group="g", loss=s, switch_probability=0.0) for p, s in shares]
    graph = graph_of(*rows)
    lanes = Lanes.at_random(graph, 1, 0)
    lanes.live[:] = lanes.failed[:] = True
    (found,) = lost_by(graph, Scenario.of(graph, list(origins)), lanes)
    assert found["D"] == 0.8


def test_an_entity_loses_the_most_that_any_of_its_groups_takes() -> None:
    """Losses through several dependencies do not add: the largest counts."""
    graph = graph_of(dep("D", "A", loss=0.3), dep("D", "B", loss=0.4))
    assert lost(graph, Scenario.of(graph, ["A", "B"]))["D"] == 0.4


def test_a_circle_never_adds() -> None:
    """A ring with shares below 1 converges to the chain around it."""
    graph = graph_of(dep("B", "A", loss=0.5), dep("C", "B", loss=0.5), dep("A", "C", loss=0.5))
    assert lost(graph, Scenario.of(graph, "A", severity=0.8)) == {"A": 0.8, "B": 0.4, "C": 0.2}


def test_an_origin_is_a_fact() -> None:
    """It loses what is stated, whatever it depends on."""
    graph = graph_of(dep("B", "A"), dep("C", "B"))
    scenario = Scenario.of(graph, ["A", {"id": "B", "severity": 0.1}])
    assert lost(graph, scenario) == {"A": 1.0, "B": 0.1, "C": 0.1}


def test_the_largest_of_each_part_is_what_reduceat_finds() -> None:
    """Of parts of one row, of short ones and of long ones."""
    draw = np.random.default_rng(1)
    for most in (1, 2, 5, 8, 9, 30):
        for _ in range(20):
            sizes = draw.integers(1, most + 1, 12)
            rows = draw.random((int(sizes.sum()), 3))
            first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
            expected = np.maximum.reduceat(rows, first, axis=0)
            assert np.array_equal(_find_largest(rows, first), expected)
