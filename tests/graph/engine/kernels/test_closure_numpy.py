"""Who is hit, in one world: the lane kernel against its twin, and the laws of the closure."""

import networkx as nx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.lanes import Lanes, hit_by
from tests.reference import Case, Model, closure, every_world
from tests.strategies import cases, described, frame, graphs, rows, scenarios
from tests.toys import TOYS, Toy, dep, graph_of, group

LANES = 70  # more than one word, and not a whole number of words
seeds = st.integers(0, 2**32)
Asked = tuple[DependencyGraph, Scenario]


@given(cases(), seeds)
def test_the_kernel_hits_whom_the_definition_hits_in_every_world(case: Asked, seed: int) -> None:
    """The lane kernel equals the naive closure, world by world."""
    graph, scenario = case
    model, asked = Model.of(graph), Case.of(scenario)
    lanes = Lanes.at_random(graph, LANES, seed)
    expected = [closure(model, asked, lanes.world(graph, i)) for i in range(LANES)]
    assert hit_by(graph, scenario, lanes) == expected


@pytest.mark.slow
@given(cases(most=30, chances=30), seeds)
def test_the_kernel_equals_the_definition_on_denser_graphs(case: Asked, seed: int) -> None:
    """The same with up to 30 dependencies."""
    test_the_kernel_hits_whom_the_definition_hits_in_every_world.hypothesis.inner_test(case, seed)  # type: ignore[attr-defined]


@pytest.mark.parametrize("toy", TOYS, ids=lambda t: t.name)
def test_the_reference_knows_the_toys(toy: Toy) -> None:
    """The naive closure gives the answers that were worked out by hand: who guards the guards."""
    graph = toy.graph
    model = Model.of(graph)
    asked = Case.of(Scenario.of(graph, toy.origins, **toy.options))
    found = dict.fromkeys(graph.ids, (0, 0, 0))
    for three in every_world(model, asked):
        hits = [closure(model, asked, w) for w in (three.low, three.middle, three.high)]
        for i in graph.ids:
            found[i] = tuple(
                p + (i in h) * three.weight for p, h in zip(found[i], hits, strict=True)
            )
    assert found == {i: toy.expected(i) for i in graph.ids}


@pytest.mark.parametrize("size", range(1, 10))
def test_k_of_n_is_counted_right_for_every_k_and_every_number_of_lost_members(size: int) -> None:
    """A group of n that needs k breaks when more than n - k members are lost, for all k and n."""
    members = "ABCDEFGHI"[:size]
    for needs in range(1, size + 1):
        graph = graph_of(*group("Z", members, needs))
        everything = Lanes.at_random(graph, 1, 0)
        everything.live[:] = True
        for lost in range(1, size + 1):
            (hit,) = hit_by(graph, Scenario.of(graph, list(members[:lost])), everything)
            assert ("Z" in hit) == (size - lost < needs)


def test_groups_of_many_sizes_are_counted_side_by_side() -> None:
    """One sweep counts groups of 1 to 8 members at once, each against its own threshold."""
    found = [dep("A", "H")]
    for size in range(1, 9):
        providers = "ABCDEFGH"[-size:] if size < 8 else "ABCDEFGH"
        found += group(f"Z{size}", providers, needs=max(1, size - 1))
    graph = graph_of(*found)
    lanes = Lanes.at_random(graph, LANES, 7)
    scenario = Scenario.of(graph, ["B", "H"])
    model, asked = Model.of(graph), Case.of(scenario)
    expected = [closure(model, asked, lanes.world(graph, i)) for i in range(LANES)]
    assert hit_by(graph, scenario, lanes) == expected


def test_a_long_ring_is_followed_all_the_way() -> None:
    """Unlimited depth means unlimited: a ring of 300 falls whole."""
    n = 300
    graph = graph_of(*(dep(f"n{(i + 1) % n:03}", f"n{i:03}") for i in range(n)))
    lanes = Lanes.at_random(graph, 1, 0)
    lanes.live[:] = True
    assert hit_by(graph, Scenario.of(graph, "n123"), lanes) == [set(graph.ids)]


# laws, in every world


@given(cases(), seeds, st.data())
def test_more_failures_never_hit_less(case: Asked, seed: int, data: st.DataObject) -> None:
    """One more origin: whoever was hit still is, in every world."""
    graph, scenario = case
    others = sorted(set(graph.ids) - set(scenario.origin_ids) - set(scenario.protect))
    assume(others)
    wider = Scenario.of(
        graph,
        [*scenario.origins, data.draw(st.sampled_from(others))],
        mode=scenario.mode,
        protect=scenario.protect,
    )
    lanes = Lanes.at_random(graph, LANES, seed)
    before, after = hit_by(graph, scenario, lanes), hit_by(graph, wider, lanes)
    assert all(b <= a for b, a in zip(before, after, strict=True))


@given(cases(), seeds, st.data())
def test_a_dependency_that_goes_live_never_hits_less(
    case: Asked, seed: int, data: st.DataObject
) -> None:
    """Raising a strength can only add live worlds, and they only add hits."""
    graph, scenario = case
    assume(len(graph.dependent))
    lanes = Lanes.at_random(graph, LANES, seed)
    before = hit_by(graph, scenario, lanes)
    lanes.live[data.draw(st.integers(0, len(graph.dependent) - 1))] = True
    assert all(b <= a for b, a in zip(before, hit_by(graph, scenario, lanes), strict=True))


@given(cases(), seeds, st.data())
def test_protecting_an_entity_never_hits_more(case: Asked, seed: int, data: st.DataObject) -> None:
    """One more protected entity: whoever was spared still is, and the protected one is."""
    graph, scenario = case
    others = sorted(set(graph.ids) - set(scenario.origin_ids))
    assume(others)
    safe = data.draw(st.sampled_from(others))
    safer = Scenario.of(
        graph, scenario.origins, mode=scenario.mode, protect=[*scenario.protect, safe]
    )
    lanes = Lanes.at_random(graph, LANES, seed)
    before, after = hit_by(graph, scenario, lanes), hit_by(graph, safer, lanes)
    assert all(a <= b - {safe} for b, a in zip(before, after, strict=True))


@given(rows(switches=False), described(), seeds, st.data())
def test_a_spare_never_hurts(found: list, entities, seed: int, data: st.DataObject) -> None:
    """A further member of a group that needs no more than before hits nobody in any world."""
    grouped = [r for r in found if r["group"] is not None]
    assume(grouped)
    one = data.draw(st.sampled_from(grouped))
    taken = {r["provider"] for r in grouped if r["dependent"] == one["dependent"]}
    spares = sorted(set(entities["id"]) - taken - {one["dependent"]})
    assume(spares)
    spare = one | {"provider": data.draw(st.sampled_from(spares)), "relation": "uses"}
    before = DependencyGraph.from_polars(frame(found), entities)
    after = DependencyGraph.from_polars(frame([*found, spare]), entities)
    scenario = data.draw(scenarios(before, modes=("outage", "bad_update")))
    lanes = Lanes.at_random(after, LANES, seed)
    kept = [r != _identity(spare) for r in _identities(after)]
    fewer = Lanes(lanes.live[kept], lanes.failed[: len(Model.of(before).groups)])
    less, more = hit_by(after, scenario, lanes), hit_by(before, scenario, fewer)
    assert all(a <= b for a, b in zip(less, more, strict=True))


def _identity(row: dict) -> tuple:
    return tuple(row[c] for c in ("dependent", "provider", "relation", "group"))


def _identities(graph: DependencyGraph) -> list[tuple]:
    return [_identity(r) for r in graph.dependencies.iter_rows(named=True)]


# a witness from outside


@given(graphs(relations=("uses",), chances=0), st.data())
def test_without_groups_networkx_finds_the_same_entities(
    graph: DependencyGraph, data: st.DataObject
) -> None:
    """Where all is live and nothing is grouped, the hit are the ancestors of the origins."""
    lone = DependencyGraph.from_polars(
        graph.dependencies.with_columns(group=None, needs=1).cast({"group": str}), graph.entities
    )
    scenario = data.draw(scenarios(lone, modes=("outage",)))
    lanes = Lanes.at_random(lone, 1, 0)
    lanes.live[:] = True
    net = nx.DiGraph(
        zip(lone.dependencies["dependent"], lone.dependencies["provider"], strict=True)
    )
    net.add_nodes_from(lone.ids)
    net.remove_nodes_from(scenario.protect)
    expected = set(scenario.origin_ids).union(*(nx.ancestors(net, o) for o in scenario.origin_ids))
    assert hit_by(lone, scenario, lanes) == [expected]
