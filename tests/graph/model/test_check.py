"""The one checked door: faults, all of them at once; findings, so that nothing vanishes."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.errors import SHOWN, InputError
from knockon.graph.model.check import check
from knockon.graph.model.hours import EXPECTED
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENTITY_COLUMNS,
    IDENTITY,
    Finding,
    Tables,
    empty,
)
from tests.strategies import frame, graphs, rows
from tests.toys import graph_of, group


def checked(
    dependencies: dict[str, list[Any]], entities: dict[str, list[Any]] | None = None, **head: Any
) -> Tables:
    frames = (pl.DataFrame(entities or {}), pl.DataFrame(dependencies, strict=False))
    return check(Tables(*frames, **head))


def faults(*args: Any) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        checked(*args)
    return caught.value.faults


def findings(tables: Tables) -> list[tuple[str, int]]:
    return [(f.action, f.count) for f in tables.report]


ONE = {"dependent": ["B"], "provider": ["A"]}
TWO = {"dependent": ["B", "B"], "provider": ["A", "C"]}
GROUP = {**TWO, "group": ["g", "g"]}


# columns


def test_two_columns_are_enough() -> None:
    """Ends alone make a graph: all other columns take their defaults."""
    tables = checked(ONE)
    (row,) = tables.dependencies.to_dicts()
    expected = {c.name: c.default for c in DEPENDENCY_COLUMNS} | {"dependent": "B", "provider": "A"}
    assert row == expected
    assert tables.entities.columns == [c.name for c in ENTITY_COLUMNS]
    assert tables.entities.select("id", "name", "kind", "weight").rows() == [
        ("A", "A", "unknown", 1.0),
        ("B", "B", "unknown", 1.0),
    ]
    assert tables.report == ()


def test_every_column_has_its_type() -> None:
    """Text that holds numbers becomes numbers; numbers that are ids become text."""
    tables = checked(
        {"dependent": [2], "provider": [1], "probability": ["0.5"], "needs": ["1.0"], "loss": [1]},
        {"id": [1, 2], "weight": ["3", ""]},
    )
    assert tables.dependencies.schema == {c.name: c.dtype for c in DEPENDENCY_COLUMNS}
    assert tables.entities.schema == {c.name: c.dtype for c in ENTITY_COLUMNS}
    assert tables.dependencies.select("dependent", "probability", "needs").rows() == [("2", 0.5, 1)]
    assert tables.entities["weight"].to_list() == [3.0, 1.0]


def test_other_columns_are_kept() -> None:
    """What the contract does not know is carried, behind what it knows."""
    tables = checked({**ONE, "ticket": ["T-1"]}, {"id": ["A", "B"], "floor": [1, 2]})
    assert tables.dependencies["ticket"].to_list() == ["T-1"]
    assert tables.dependencies.columns[-1] == "ticket"
    assert tables.entities["floor"].to_list() == [1, 2]


@pytest.mark.parametrize("cell", [None, "", "  ", "\t\n"])
def test_an_empty_cell_is_the_default(cell: str | None) -> None:
    """None and white space mean the same: nothing was stated."""
    tables = checked({**ONE, "relation": [cell], "probability": [cell], "group": [cell]})
    assert tables.dependencies.select("relation", "probability", "group").rows() == [
        ("uses", None, None)
    ]


def test_texts_are_stripped() -> None:
    """Spaces around an id are no part of it."""
    tables = checked({"dependent": [" B"], "provider": ["A\t"]}, {"id": ["B ", "A"]})
    assert tables.dependencies.select("dependent", "provider").rows() == [("B", "A")]
    assert tables.entities["id"].to_list() == ["A", "B"]


@pytest.mark.parametrize(
    ("dependencies", "fault"),
    [
        ({"dependent": ["B"]}, "dependencies need a column 'provider'; found 'dependent'"),
        (
            {"dependant": ["B"], "provider": ["A"]},
            "unknown column 'dependant' in dependencies; did you mean 'dependent'?",
        ),
        (
            {**ONE, "probabilty": [0.5]},
            "unknown column 'probabilty' in dependencies; did you mean 'probability'?",
        ),
        (
            {**ONE, "Loss": [0.5]},
            "unknown column 'Loss' in dependencies; did you mean 'loss'?",
        ),
        (
            {"a": ["B"], "_file": ["d.csv"]},
            "d.csv: dependencies need a column 'dependent'; found 'a'",
        ),
    ],
)
def test_a_missing_or_misspelt_column_is_a_fault(dependencies: dict, fault: str) -> None:
    """What was expected, what came, and the nearest good name."""
    assert faults(dependencies)[0] == fault


# cells


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("probability", 1.5, "a number from 0 to 1, or empty for unknown, got '1.5'"),
        ("probability", -0.1, "a number from 0 to 1, or empty for unknown, got '-0.1'"),
        ("probability", float("nan"), "a number from 0 to 1, or empty for unknown, got 'nan'"),
        ("probability", "high", "a number from 0 to 1, or empty for unknown, got 'high'"),
        (
            "probability",
            "50%",
            "a number from 0 to 1, or empty for unknown, got '50%' (is 0.5 meant?)",
        ),
        ("loss", 0.0, "a number above 0, at most 1, got '0.0'"),
        ("loss", 1.01, "a number above 0, at most 1, got '1.01'"),
        ("grace_hours", -1, f"{EXPECTED}, got '-1'"),
        ("grace_hours", float("inf"), f"{EXPECTED}, got 'inf'"),
        ("switch_hours", "soon", f"{EXPECTED}, got 'soon'"),
        ("switch_probability", 2, "a number from 0 to 1, got '2'"),
        ("needs", 0, "a whole number of at least 1, got '0'"),
        ("needs", 1.5, "a whole number of at least 1, got '1.5'"),
        ("needs", "two", "a whole number of at least 1, got 'two'"),
        ("needs", 2**63, "a whole number of at least 1, got '9223372036854775808'"),
        ("dependent", " ", "the id of the dependent, got nothing"),
        ("provider", None, "the id of the provider, got nothing"),
    ],
)
def test_a_cell_that_cannot_be_is_a_fault(column: str, cell: object, expected: str) -> None:
    """Wrong types and wrong ranges, with the row and what was expected."""
    assert faults({**ONE, column: [cell]}) == (
        f"dependencies row 1: {column}: expected {expected}",
    )


@pytest.mark.parametrize("column", ["weight", "repair_hours", "backlog"])
def test_amounts_of_entities_are_not_negative(column: str) -> None:
    """A negative weight is a contradiction, not a number to compute with."""
    wanted = EXPECTED if column == "repair_hours" else "a number of at least 0, at most 1e+15"
    expected = f"entities row 2: {column}: expected {wanted}, got '-1'"
    assert faults(ONE, {"id": ["A", "B"], column: [1, -1]}) == (expected,)


def test_failures_a_year_are_a_number_or_unknown() -> None:
    """Empty is unknown, not never."""
    expected = (
        "entities row 2: failures_per_year: expected a number of at least 0, at most 1e+15, or "
        "empty for unknown, got '-1'"
    )
    assert faults(ONE, {"id": ["A", "B"], "failures_per_year": [None, -1]}) == (expected,)


def test_a_column_of_lists_is_a_fault() -> None:
    """Nested cells are no cells."""
    expected = "column 'loss': expected a number above 0, at most 1, got List(Float64)"
    assert faults({**ONE, "loss": [[0.5]]}) == (expected,)


def test_faults_name_file_and_line() -> None:
    """Where a loader says so, the fault says so."""
    origin = {"_file": ["d.csv"], "_line": [17]}
    assert faults({**ONE, **origin, "loss": [7]})[0].startswith("d.csv:17: loss: expected")


def test_all_faults_come_at_once() -> None:
    """The exception carries every fault, its message the first few and how many more."""
    with pytest.raises(InputError) as caught:
        checked({"dependent": ["B"] * 9, "provider": ["A"] * 9, "loss": [9] * 9}, {"id": [None]})
    assert len(caught.value.faults) == 10
    assert str(caught.value).startswith(
        "10 faults: entities row 1: id: expected an id, got nothing"
    )
    assert str(caught.value).endswith(f"; and {10 - SHOWN} more")


def test_a_message_stays_one_line() -> None:
    """Cells of any length and with any break are clipped."""
    (fault,) = faults({**ONE, "loss": ["x\ny" * 5000]})
    assert "\n" not in fault
    assert len(fault) < 200


# rows


def test_an_entity_id_stands_once() -> None:
    """Two rows of one id contradict each other, also where spaces hide it."""
    expected = "entity id 'A' stands 2 times: entities row 1, entities row 3"
    assert faults(ONE, {"id": ["A", "B", " A"]}) == (expected,)


def test_a_self_loop_is_dropped_and_reported() -> None:
    """An entity that depends on itself says nothing; the report says where."""
    tables = checked({"dependent": ["B", "C"], "provider": ["A", "C"]})
    assert tables.dependencies.height == 1
    (found,) = tables.report
    assert (found.action, found.count) == ("dropped", 1)
    assert found.examples == ("C at dependencies row 2",)


def test_rows_keep_their_numbers_when_others_are_dropped() -> None:
    """A fault behind a dropped row names the row as it came."""
    found = {"dependent": ["A", "B", "B"], "provider": ["A", "A", "C"], "group": ["g", "g", "g"]}
    (fault,) = faults({**found, "needs": [1, 1, 2]})
    expected = "expected one value of needs, got 1, 2 at dependencies row 2, dependencies row 3"
    assert fault == f"group 'g' of 'B': {expected}"


def test_a_repeated_dependency_is_merged_towards_the_worse() -> None:
    """A stated strength beats unknown, then the more severe value; the report names both rows."""
    tables = checked(
        {
            "dependent": ["C", "B", "B", "B"],
            "provider": ["A", "A", "A", "A"],
            "probability": [1.0, None, 0.3, 0.2],
            "loss": [1.0, 0.9, 0.2, 0.1],
            "grace_hours": [0, 3, 2, 4],
            "switch_hours": [0, 1, 2, 0],
        }
    )
    (row, _) = tables.dependencies.to_dicts()
    assert {c: row[c] for c in ("probability", "loss", "grace_hours", "switch_hours")} == {
        "probability": 0.3,
        "loss": 0.9,
        "grace_hours": 2,
        "switch_hours": 2,
    }
    assert findings(tables) == [("merged", 2)]
    assert tables.report[0].examples[:2] == ("B on A at dependencies row 2",
                                             "B on A at dependencies row 3")  # fmt: skip


def test_rows_differ_by_relation_and_group() -> None:
    """The same ends by another relation, or in another group, are another dependency."""
    tables = checked(
        {
            "dependent": ["B"] * 3,
            "provider": ["A"] * 3,
            "relation": ["uses", "runs", "uses"],
            "group": [None, None, "g"],
        }
    )
    assert tables.dependencies.height == 3
    assert tables.report == ()


def test_an_entity_that_only_dependencies_name_is_invented() -> None:
    """It is added with defaults, and counted."""
    tables = checked(TWO, {"id": ["B"], "kind": ["service"]})
    assert tables.entities.select("id", "kind").rows() == [
        ("A", "unknown"), ("B", "service"), ("C", "unknown"),
    ]  # fmt: skip
    (found,) = tables.report
    assert (found.action, found.count, found.examples) == ("invented", 2, ("A", "C"))


def test_without_a_table_of_entities_nothing_is_invented() -> None:
    """The ends then are the entities: that is no finding."""
    assert checked(TWO).report == ()


def test_the_report_of_the_loader_comes_first() -> None:
    """What reading found is kept in front of what checking finds."""
    read = Finding("dropped", 3, "a row without ends")
    tables = checked({"dependent": ["A"], "provider": ["A"]}, None, report=(read,))
    assert findings(tables) == [("dropped", 3), ("dropped", 1)]


# groups


@pytest.mark.parametrize(
    ("column", "cells", "shown"),
    [("needs", [1, 2], "1, 2"), ("switch_probability", [0.2, 0.75], "0.2, 0.75")],
)
def test_the_rows_of_a_group_agree(column: str, cells: list, shown: str) -> None:
    """`needs` and `switch_probability` are equal within the group."""
    assert faults({**GROUP, column: cells}) == (
        f"group 'g' of 'B': expected one value of {column}, got {shown} "
        "at dependencies row 1, dependencies row 2",
    )


def test_a_group_takes_what_one_of_its_rows_states() -> None:
    """Empty cells of a group mean what the other rows say."""
    tables = checked({**GROUP, "needs": [None, 2], "switch_probability": [0.75, None]})
    assert tables.dependencies["needs"].to_list() == [2, 2]
    assert tables.dependencies["switch_probability"].to_list() == [0.75, 0.75]


def test_groups_of_the_same_name_belong_to_their_dependents() -> None:
    """`g` of B and `g` of C are two groups."""
    tables = checked({"dependent": ["B", "C"], "provider": ["A", "A"], "group": ["g", "g"]})
    assert tables.dependencies["needs"].to_list() == [1, 1]


def test_a_group_cannot_need_more_than_it_has() -> None:
    """Rows that merging or dropping takes away do not count as members."""
    assert faults({**GROUP, "needs": [3, 3]}) == (
        "group 'g' of 'B': needs 3, but has 2 members at dependencies row 1, dependencies row 2",
    )
    twice = {"dependent": ["B", "B"], "provider": ["A", "A"], "group": ["g", "g"], "needs": [2, 2]}
    assert faults(twice)[0].startswith("group 'g' of 'B': needs 2, but has 1 member at")


def test_needs_without_a_group_is_a_fault() -> None:
    """Two of one is none of anything."""
    assert faults({**ONE, "needs": [2]}) == (
        "dependencies row 1: dependency of 'B' needs 2, but no group is named",
    )


# the whole


@given(graphs(most=20))
def test_checking_twice_is_checking_once(graph: Any) -> None:
    """What the door let in, it lets in again, unchanged and without a finding."""
    again = check(Tables(graph.entities, graph.dependencies))
    assert again.entities.equals(graph.entities)
    assert again.dependencies.equals(graph.dependencies)
    assert again.report == ()


@given(rows(most=20), st.randoms(use_true_random=False))
def test_tables_come_out_in_one_order(found: list, random: Any) -> None:
    """Entities by id, dependencies by identity, whatever the order of rows."""
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = (
        check(Tables(pl.DataFrame(), frame(found))),
        check(Tables(pl.DataFrame(), frame(shuffled))),
    )
    assert one.dependencies.equals(other.dependencies)
    assert one.entities.equals(other.entities)
    assert one.dependencies.select(IDENTITY).is_unique().all()
    assert one.entities["id"].is_sorted()


def test_an_empty_table_of_the_contract_has_all_columns() -> None:
    """For loaders that found nothing."""
    tables = check(Tables(empty(ENTITY_COLUMNS), empty(DEPENDENCY_COLUMNS)))
    assert (tables.entities.height, tables.dependencies.height) == (0, 0)
    assert repr(tables) == "<Tables 0 entities, 0 dependencies>"


def test_a_group_of_the_toys_passes_the_door() -> None:
    """The helpers of these tests write sound rows."""
    assert graph_of(*group("D", "PQR", 2)).report == ()


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (Finding("read", 1234, "rows"), "read 1,234: rows"),
        (Finding("dropped", 1, "a row", ("x:1",)), "dropped 1: a row (x:1)"),
        (
            Finding("dropped", 7, "a row", tuple("abcdefg")),
            "dropped 7: a row (a; b; c; d; e) and 2 more",
        ),
    ],
)
def test_a_finding_reads_as_a_line(finding: Finding, line: str) -> None:
    """How many, why, and where."""
    assert str(finding) == line


@pytest.mark.parametrize(
    ("column", "cell", "hint"),
    [
        ("probability", "0,5", " (is 0.5 meant?)"), ("probability", "50 %", " (is 0.5 meant?)"),
        ("probability", "half", ""), ("probability", "1.5", ""), ("probability", "2 h", ""),
        ("grace_hours", "1,5", " (is 1.5 meant?)"), ("grace_hours", "30min", " (is 0.5 meant?)"),
        ("grace_hours", "2 days", " (is 48 meant?)"), ("grace_hours", "50%", ""),
        ("needs", "1,0", " (is 1 meant?)"),
    ],
)  # fmt: skip
def test_a_number_in_another_spelling_is_refused_with_what_it_may_mean(
    column: str, cell: str, hint: str
) -> None:
    """Decimal commas, shares in per cent, units of time: nothing is guessed, everything is told."""
    (told,) = faults({**ONE, column: [cell]})
    assert told.partition(f"got {cell!r}")[2] == hint
