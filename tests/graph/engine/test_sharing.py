"""Shared draws: a pure function of seed, world and cause; marginals as they were; one meaning in
every form of every kernel."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.prepare import prepare
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine import beta
from knockon.graph.engine.beta import find_cell_means, find_quantiles
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sharing import CELLS, Sharing, cells_of_rows, find_cells, tabulate
from knockon.graph.engine.uniforms import text_keys
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import (
    Case,
    Model,
    closure,
    drawn_world,
    shared_strength,
    shared_uniform,
    strength_in,
    text_key,
    whatif_reference,
)
from tests.strategies import rows as any_rows
from tests.toys import dep, graph_of, group

CELL = np.arange(CELLS)
MIDDLES = (CELL + 0.5) / CELLS


def test_quantiles_where_the_distribution_has_a_formula() -> None:
    """Beta(1, b), Beta(a, 1) and the arcsine law."""
    for b in (1.0, 2.0, 7.0):
        rho = 1 / (2 + b)
        mean = 1 / (1 + b)
        assert find_quantiles(mean, rho, MIDDLES) == pytest.approx(1 - (1 - MIDDLES) ** (1 / b))
        assert find_quantiles(1 - mean, rho, MIDDLES) == pytest.approx(MIDDLES ** (1 / b))
    arcsine = find_quantiles(0.5, 0.5, MIDDLES)
    assert arcsine == pytest.approx(np.sin(np.pi * MIDDLES / 2) ** 2)


@pytest.mark.slow
def test_quantiles_are_those_of_scipy() -> None:
    """Also in the far tails, near 0 and near 1."""
    stats = pytest.importorskip("scipy.stats")
    for mean in (0.001, 0.023, 0.25, 0.416, 0.9, 0.9999):
        for rho in (0.001, 0.1, 0.4, 0.9, 0.999):
            size = 1 / rho - 1
            wanted = stats.beta.ppf(MIDDLES, mean * size, (1 - mean) * size)
            assert find_quantiles(mean, rho, MIDDLES) == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("mean", [1e-5, 0.023, 0.416, 0.9, 0.9999])
@pytest.mark.parametrize("rho", [0.001, 0.1, 0.4, 0.9, 0.999])
def test_cells_keep_the_mean_and_ascend(mean: float, rho: float) -> None:
    """Every probability stays what it is without sharing."""
    (means,) = find_cell_means(np.array([mean]), rho, CELLS)
    assert means.mean() == pytest.approx(mean, rel=1e-9)
    assert (np.diff(means) >= -1e-9).all()


def test_a_cell_is_the_mean_of_its_quantiles_by_plain_integration() -> None:
    """The twin integrates the density."""
    for mean, rho in ((0.416, 0.3), (0.1, 0.4)):
        cells = np.array([0, 7, 2048, 4000, 4095])
        wanted = [shared_strength(mean, rho, int(c)) for c in cells]
        (found,) = find_cell_means(np.array([mean]), rho, CELLS)
        assert found[cells] == pytest.approx(wanted, abs=6e-6)


@pytest.mark.parametrize("rho", [0.001, 0.05, 0.2, 0.4, 0.5])
def test_cells_that_are_interpolated_are_those_that_are_found(
    rho: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several laws at a time, far tails among them."""
    means = np.array([1e-5, 0.001, 0.1, 0.416, 0.9, 0.9999])
    few = find_cell_means(means, rho, CELLS)
    monkeypatch.setattr(beta, "_SMOOTH", 0.0)
    assert few == pytest.approx(find_cell_means(means, rho, CELLS), abs=1e-5)


def test_cells_are_the_first_digits_of_the_draw_of_the_cause() -> None:
    """In every world its own, for each cause; the twin has them one by one."""
    keys = text_keys(["one", "two"])
    cells = find_cells(keys, np.array([0, 5]), 3)
    for cause, key in enumerate(("one", "two")):
        for column, world in ((0, 0), (63, 63), (64, 320), (100, 356)):
            v = shared_uniform(text_key(key), 3, world)
            assert cells[cause, column] == int(4096 * v)


def test_two_causes_meet_as_often_as_they_should() -> None:
    """Both high in a quarter of the worlds, within five standard errors, whatever the seed."""
    for seed in range(5):
        one, two = find_cells(text_keys(["one", "two"]), np.arange(64), seed) >= CELLS // 2
        assert (one & two).mean() == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / 4096) ** 0.5)


def test_all_cells_are_equally_likely_in_each_world() -> None:
    """Over all rows and turns, so that no probability moves."""
    cells = cells_of_rows()
    for world in (0, 17, 63):
        turned = np.concatenate([cells[:, (world + turn) % 64] for turn in range(64)])
        assert (np.bincount(turned, minlength=CELLS) == 64 * len(cells) // CELLS).all()


@pytest.mark.parametrize(("mean", "rho"), [(0.1, 0.2), (0.25, 0.4), (0.6, 0.55), (0.01, 0.4)])
def test_worlds_of_a_word_are_as_good_as_independent(mean: float, rho: float) -> None:
    """The variance of their mean strength is that of 64 draws, within a tenth."""
    table, full = tabulate(np.array([[mean, rho]]))
    strength = np.where(full[0] > CELL, table[0] / 2**32, 1.0)
    means = strength[cells_of_rows()].mean(axis=1)
    assert 64 * means.var() == pytest.approx(strength.var(), rel=0.1)


def test_both_forms_draw_the_same_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a threshold is 2^32, and where rho is 1."""
    rng = np.random.default_rng(1)
    laws = [(0.6, 0.55), (0.999, 0.9), (0.001, 0.9), (0.25, 1.0), (0.3, 0.001)]
    size = 20 * len(laws)
    mean, rho = np.array(laws * 20).T
    causes = rng.integers(0, 9, size).astype(np.uint64)
    sharing = Sharing.of(
        np.arange(size), rng.integers(0, 2**64, size, dtype=np.uint64), causes, mean, rho, 3
    )
    assert (sharing.full < CELLS).any()
    assert np.array_equal(sharing.draw(8, 8), sharing.draw(8, 8, compiled=True))
    assert np.array_equal(sharing.draw(8, 8)[:, 2:5], sharing.draw(10, 3))
    monkeypatch.setattr("knockon.graph.engine.sharing._PAYS", 1)  # laws that are laid out
    assert len(sharing.lay_out(8).laws.planes) == len(laws) - 1
    assert np.array_equal(sharing.draw(8, 8), sharing.draw(8, 8, compiled=True))


RHO = st.sampled_from((0.0, 0.3, 1.0))
CAUSE = st.sampled_from((None, None, "flood", "b"))
OF_CAUSE = {"flood": 0.3, "b": 1.0}


@st.composite
def shared_rows(draw: st.DrawFn, **options: Any) -> list[dict[str, Any]]:
    """Any small graph whose dependencies may share a cause."""
    rows = draw(any_rows(**options))
    for row in rows:
        cause = draw(CAUSE)
        rho = draw(RHO) if cause is None else draw(st.sampled_from((0.0, OF_CAUSE[cause])))
        row |= {"rho": rho, "shared_cause": cause}
        if row["probability"] not in (None, 0.0, 1.0):
            row["probability"] = draw(st.sampled_from((0.25, 0.4)))
    return rows


@settings(max_examples=40, deadline=None)
@given(rows=shared_rows(), seed=st.integers(0, 3), laid_out=st.booleans())
def test_every_form_of_every_kernel_draws_the_worlds_of_the_twin(
    rows: Any, seed: int, laid_out: bool
) -> None:
    """Who is hit, world by world, numpy and compiled, whether laws are laid out; low never above
    middle, nor middle high."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knockon.graph.engine.sharing._PAYS", 1 if laid_out else 1 << 40)
        draw_worlds_as_the_twin(rows, seed)


def draw_worlds_as_the_twin(rows: Any, seed: int) -> None:
    graph = graph_of(*rows, dep("b", "a", probability=0.4, rho=0.3))
    prepared = prepare(graph, Scenario.of(graph, "a", seed=seed))
    model, case = Model.of(graph), Case({"a": 1.0}, seed=seed)
    hits = []
    for run, unknown in zip(
        prepared.runs, (0.0, 0.5, 1.0) if len(prepared.runs) > 1 else (0.5,), strict=True
    ):
        found = []
        for compiled in (False, True):
            lanes = Lanes(prepared.kernel, 4, compiled=compiled)
            blocks = run.random_worlds(200, 3)
            parts = [
                unpack(prepared.nodes.join(nodes, np.bitwise_or), len(block.weight))
                for block, nodes in lanes.close(run, blocks, prepared.origins)
            ]
            found.append(np.concatenate(parts, axis=1))
        assert np.array_equal(*found)
        hits.append(found[0])
        for world in (0, 63, 64, 130, 199):
            hit = closure(model, case, drawn_world(model, case, world, unknown))
            ids = [graph.ids[e] for e in prepared.nodes.entity[found[0][:, world]]]
            assert set(ids) == hit
    for lower, upper in pairwise(hits):
        assert not (lower & ~upper).any()


@settings(max_examples=25, deadline=None)
@given(rows=shared_rows())
def test_an_answer_is_that_of_the_twin(rows: Any) -> None:
    """Losses and totals, too; exactly where no two draws share a cause."""
    graph = graph_of(*rows, dep("b", "a", probability=0.4, rho=0.3))
    impact = whatif(graph, "a", worlds=192)
    wanted = whatif_reference(Model.of(graph), Case({"a": 1.0}), None if impact.exact else 192)
    for identifier, low, middle, high in impact.entities.filter(pl.col("rank") > 0).select(
        "id", "probability_low", "probability", "probability_high"
    ).iter_rows():  # fmt: skip
        assert low == pytest.approx(float(wanted.low[identifier]))
        assert middle == pytest.approx(float(wanted.middle[identifier]))
        assert high == pytest.approx(float(wanted.high[identifier]))


@settings(max_examples=20, deadline=None)
@given(rows=shared_rows(), hours=st.sampled_from((2, 5)))
def test_times_draw_the_same_worlds_in_both_forms(rows: Any, hours: int) -> None:
    """Without grace whoever is hit is down; numpy and compiled alike."""
    from knockon.graph.analysis.spread import make_timeline

    graph = graph_of(*rows, dep("b", "a", probability=0.4, rho=0.3))
    prepared = prepare(graph, Scenario.of(graph, "a", hours=hours))
    timeline = make_timeline(prepared)
    assert timeline is not None
    run = prepared.run
    forms = [
        [t.start for _, t in timeline.times(run, run.random_worlds(192, 1), compiled=compiled)]
        for compiled in (False, True)
    ]
    for one, other in zip(*forms, strict=True):
        assert np.array_equal(one, other)
    lanes = Lanes(prepared.kernel, 3, compiled=False)
    for start, (block, nodes) in zip(
        forms[0], lanes.close(run, run.random_worlds(192, 1), prepared.origins), strict=True
    ):
        assert np.array_equal(start < np.inf, unpack(nodes, len(block.weight)))


def test_no_rho_gives_the_bits_of_before() -> None:
    """Without the columns, with rho 0, and with a cause but no rho."""
    rows = [dep(f"b{i}", "a", probability=0.3) for i in range(20)]
    plain = whatif(graph_of(*rows), "a", worlds=640)
    named = whatif(graph_of(*({**r, "shared_cause": "x"} for r in rows)), "a", worlds=640)
    zero = whatif(graph_of(*({**r, "rho": 0.0} for r in rows)), "a", worlds=640)
    assert plain.distribution.equals(named.distribution)
    assert plain.entities.equals(zero.entities)


def test_rho_of_1_on_a_named_cause_is_the_beta_factor_model() -> None:
    """All or none of those of a cause, and each by itself besides: by hand."""
    rows = []
    for number in range(3):
        each = f"P{number}"
        rows += [
            dep(each, "fire", probability=0.25, rho=1.0, shared_cause="fire"),
            dep("D", each, group="g", needs=1),
        ]
    graph = graph_of(*rows)
    impact = whatif(graph, "fire", worlds=64 * 512)
    figures = dict(impact.entities.select("id", "probability").iter_rows())
    assert figures["D"] == figures["P0"] == figures["P1"] == figures["P2"]
    assert figures["D"] == pytest.approx(0.25, abs=0.02)


def test_marginals_stay_and_the_spread_grows() -> None:
    """The acceptance tests of Oasis' correlation: the mean total is the same, the sample
    correlation is rho, a higher rho never thins the tail."""
    tails = []
    for rho in (0.0, 0.1, 0.3, 0.6):
        rows = [dep(f"b{i:03}", "a", probability=0.4, rho=rho) for i in range(100)]
        impact = whatif(graph_of(*rows), "a", worlds=64 * 256)
        hits = impact.distribution["hit"].to_numpy()
        assert hits.mean() == pytest.approx(40, abs=0.5)
        expected = 100 * 0.4 * 0.6 * (1 + 99 * rho)
        assert hits.var() == pytest.approx(expected, rel=0.06)
        tails.append(impact.totals.p95)
    assert tails == sorted(tails)


def test_a_rho_that_is_none_is_refused() -> None:
    """With its place."""
    with pytest.raises(InputError, match="rho"):
        graph_of(dep("B", "A", rho=1.5))


def test_a_cause_has_one_rho() -> None:
    """Two are refused with their places; one that states none is no contradiction."""
    one = dep("B", "A", rho=0.2, shared_cause="x")
    with pytest.raises(InputError, match=r"shared cause 'x': expected one value of rho, got 0.2, "):
        graph_of(one, dep("C", "A", rho=0.3, shared_cause="x"))
    graph_of(one, dep("C", "A", shared_cause="x"), dep("D", "A", rho=0.3, shared_cause="y"))


def test_worlds_are_pure_functions_of_identity() -> None:
    """Other rows and another order change no draw of these."""
    rows = [dep(f"b{i}", "a", probability=0.3, rho=0.4) for i in range(14)]
    first = whatif(graph_of(*rows), "a", worlds=640)
    more = [dep("x", "a", probability=0.5, rho=0.4), *reversed(rows), *group("D", "xy")]
    second = whatif(graph_of(*more), "a", worlds=640)
    figures = [dict(i.entities.select("id", "probability").iter_rows()) for i in (first, second)]
    assert all(figures[1][i] == p for i, p in figures[0].items())


def test_the_strength_of_a_world_is_within_bounds() -> None:
    """Of the twin: between 0 and 1, and q where nothing is shared."""
    graph = graph_of(dep("B", "A", probability=0.4, rho=0.3), dep("C", "A", probability=0.4))
    model, case = Model.of(graph), Case({"A": 1.0})
    for row in model.deps:
        found = {strength_in(row, case, w, 0.5) for w in range(10)}
        assert all(0 <= q <= 1 for q in found)
        assert (len(found) == 1) == (row.dependent == "C")


def test_a_graph_keeps_the_columns() -> None:
    """Through the tables and back."""
    graph = graph_of(dep("B", "A", rho=0.2, shared_cause="x"))
    again = DependencyGraph.from_tables(replace(graph.tables, numbers=None))
    assert again.dependencies.select("rho", "shared_cause").row(0) == (0.2, "x")
