"""Hours that are known and hours from a range: in scenarios, in tables, and on disk."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.engine.uniforms import DIGITS, hours_keys, identity_keys, text_keys, uniforms
from knockon.graph.errors import InputError, ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import Hours, log_uniform
from knockon.loaders.native.folder import read_folder
from knockon.loaders.native.write import write_folder, write_yaml
from knockon.loaders.native.yaml import read_yaml
from tests.reference import identity_key, mix, text_key, uniform
from tests.timed import RANGES, timed_graphs

EXPECTED = "expected a number of at least 0, at most 10,000,000, or a range such as 2..72"


@pytest.mark.parametrize(
    ("said", "low", "high", "text"),
    [
        (4, 4, 4, "4"), ("4", 4, 4, "4"), ("0.5", 0.5, 0.5, "0.5"), ("2..72", 2, 72, "2..72"),
        (" 2 .. 72 ", 2, 72, "2..72"), ((2, 72), 2, 72, "2..72"), ("3..3", 3, 3, "3"),
    ],
)  # fmt: skip
def test_hours_of_a_scenario(said: Any, low: float, high: float, text: str) -> None:
    """A number, a text, or a pair."""
    hours = Hours.of(said)
    assert (hours.low, hours.high, str(hours)) == (low, high, text)
    assert Hours.of(text) == hours


@pytest.mark.parametrize(
    "said",
    [0, -1, "72..2", "0..3", "x", "", "..", "2..", "1..2..3", float("nan"), "inf", 1e9, True],
)
def test_hours_that_cannot_be(said: Any) -> None:
    """One message says what was expected and what came."""
    with pytest.raises(ScenarioError, match=r"a range such as 2\.\.72, got"):
        Hours.of(said)


# draws


@given(st.integers(0, 2**64 - 1), st.integers(-(2**70), 2**70), st.integers(0, 10**9))
def test_the_numbers_drawn_are_those_of_the_twin(key: int, seed: int, block: int) -> None:
    """All 32 digits of u."""
    found = uniforms(np.array([key], np.uint64), np.array([block]), seed)[0]
    for i in (0, 1, 31, 63):
        assert found[i] == float(uniform(key, seed, 64 * block + i))
        assert found[i] * 2**DIGITS == int(found[i] * 2**DIGITS)


def test_the_key_of_hours_hangs_on_their_row_and_column() -> None:
    """mix of the identity and the name behind a NUL."""
    identity = identity_keys(text_keys(["hospital"]))
    found = hours_keys(identity, "repair_hours").tolist()
    assert found == [mix(identity_key("hospital") ^ text_key("\x00repair_hours"))]
    assert found != hours_keys(identity, "grace_hours").tolist()


@given(st.floats(1e-6, 1e6), st.floats(1, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_log_uniform_number_lies_in_its_range(low: float, factor: float, u: float) -> None:
    """From the low end at u = 0 to below the high end; the middle is the geometric mean."""
    high = low * factor
    found = log_uniform(np.array([low]), np.array([high]), np.array([[u, 0.0, 0.5]]))[0]
    assert low <= found[0] <= high
    assert found[1] == pytest.approx(low)
    assert found[2] == pytest.approx((low * high) ** 0.5)


# tables


def graph_with(**cells: Any) -> DependencyGraph:
    return DependencyGraph.from_polars(
        pl.DataFrame({"dependent": ["B"], "provider": ["A"], **cells})
    )


def test_a_range_becomes_two_columns() -> None:
    """The low end in the column, the high end beside it; plain numbers stay alone."""
    frame = pl.DataFrame(
        {"dependent": ["B", "C"], "provider": ["A", "A"], "grace_hours": ["2..72", "4"]}
    )
    rows = DependencyGraph.from_polars(frame).dependencies
    assert rows.select("grace_hours", "grace_hours_to").rows() == [(2, 72), (4, None)]
    assert rows.schema["grace_hours"] == rows.schema["grace_hours_to"] == pl.Float64


def test_both_columns_may_be_given() -> None:
    """As the checked tables have them; equal ends are a number."""
    found = graph_with(
        grace_hours=[2.0], grace_hours_to=[72.0], switch_hours=[3], switch_hours_to=[3]
    )
    names = ("grace_hours", "grace_hours_to", "switch_hours", "switch_hours_to")
    assert found.dependencies.select(names).rows() == [(2, 72, 3, None)]


@pytest.mark.parametrize(
    "cell", ["72..2", "-1", "-2..3", "0..3", "x", "2..", "..4", "1..inf", "1...4"]
)
@pytest.mark.parametrize("column", ["grace_hours", "switch_hours"])
def test_a_range_that_cannot_be_is_a_fault(column: str, cell: str) -> None:
    """With the row, what was expected, and what came."""
    with pytest.raises(InputError) as fault:
        graph_with(**{column: [cell]})
    assert str(fault.value) == f"dependencies row 1: {column}: {EXPECTED}, got {cell!r}"


def test_ends_given_apart_must_rise_too() -> None:
    """And a range cannot begin at 0, from where no log-uniform draw leads."""
    for low, high in ((5.0, 2.0), (0.0, 2.0)):
        with pytest.raises(InputError, match=EXPECTED):
            graph_with(grace_hours=[low], grace_hours_to=[high])


def test_repeated_ranges_are_merged_to_the_more_severe() -> None:
    """The shorter grace and the longer switch, end by end; a number counts as both its ends."""
    frame = pl.DataFrame(
        {"dependent": ["B"] * 2, "provider": ["A"] * 2, "grace_hours": ["2..72", "4"],
         "switch_hours": ["2..72", "80"]}
    )  # fmt: skip
    (row,) = DependencyGraph.from_polars(frame).dependencies.to_dicts()
    assert (row["grace_hours"], row["grace_hours_to"]) == (2, 4)
    assert (row["switch_hours"], row["switch_hours_to"]) == (80, None)


@given(timed_graphs(RANGES))
def test_ranges_survive_the_disk(tmp_path_factory: Any, graph: DependencyGraph) -> None:
    """CSV, Parquet and YAML read back as the same tables."""
    folder: Path = tmp_path_factory.mktemp("tables")
    for form in ("csv", "parquet"):
        write_folder(graph.tables, folder / form, form)
    write_yaml(graph.tables, folder / "graph.yaml")
    for tables in (
        read_folder(folder / "csv"), read_folder(folder / "parquet"),
        read_yaml(folder / "graph.yaml"),
    ):  # fmt: skip
        again = DependencyGraph.from_tables(tables)
        assert again.entities.select(graph.entities.columns).equals(graph.entities)
        assert again.dependencies.select(graph.dependencies.columns).equals(graph.dependencies)


def test_a_range_is_written_as_people_write_it(tmp_path: Path) -> None:
    """`2..72` in one column."""
    write_folder(graph_with(grace_hours=["2..72"]).tables, tmp_path)
    assert "2.0..72.0" in (tmp_path / "dependencies.csv").read_text()
