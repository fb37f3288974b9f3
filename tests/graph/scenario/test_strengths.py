"""Tables of strengths: what their rows may say, and what counts of one's own are worth."""

import polars as pl
import pytest

from knockon.graph.errors import InputError, ScenarioError
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import (
    StrengthTable,
    load_shipped_strengths,
    read_strengths,
)

_RANGE = {"low": "0.1", "mid": "0.2", "high": "0.3", "source": "us"}


def _read_row(**stated: object) -> object:
    (row,) = StrengthTable.of("own.csv", [stated]).rows
    return row


def test_shipped_rows_are_ranges_with_source_and_number_of_incidents() -> None:
    """Every shipped row states low <= mid <= high, how many incidents, and what hit meant."""
    for row in load_shipped_strengths().rows:
        assert 0 < row.low <= row.mid <= row.high < 1
        assert 0 < row.rho < 1
        assert row.incidents >= 5
        assert row.source
        assert row.note.startswith("hit: ")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (_RANGE | {"low": "0.3"}, "own.csv row 1: low: expected low <= mid <= high, got 0.3"),
        (_RANGE | {"high": "1.2"}, "own.csv row 1: high: expected a number from 0 to 1, got '1.2'"),
        (_RANGE | {"mid": "half"}, "own.csv row 1: mid: expected a number from 0 to 1, got 'half'"),
        (_RANGE | {"mid": "nan"}, "own.csv row 1: mid: expected a number from 0 to 1, got 'nan'"),
        (_RANGE | {"source": " "}, "own.csv row 1: source: expected where the strength comes from"),
        (_RANGE | {"mid": ""}, "own.csv row 1: mid: expected low, mid and high together"),
        (_RANGE | {"rho": "1"}, "own.csv row 1: rho: expected a number of at least 0, below 1"),
        (_RANGE | {"exposed": "9", "hit": "1"}, "own.csv row 1: low: expected low, mid and high,"),
        ({"mode": "outage", "exposed": 3, "hit": 4, "source": "us"}, "hit: expected at most those"),
        ({"exposed": 3, "hit": 1, "source": "us"}, "own.csv row 1: mode: expected the mode of the"),
        ({"mode": "withdrawal", "exposed": 3, "hit": 1, "source": "us"}, "expected rho too"),
        ({"probability": 1, "source": "us"}, "own.csv row 1: expected columns low, mid and high"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_are_refused_with_place_and_reason(
    row: dict[str, object], fault: str
) -> None:
    """A row that cannot be is named with its place, what was expected, and what came."""
    with pytest.raises(InputError) as refused:
        StrengthTable.of("own.csv", [row])
    assert fault in str(refused.value)


def test_all_faults_of_a_table_are_listed_at_once() -> None:
    """Nobody mends a table one fault at a time."""
    with pytest.raises(InputError) as refused:
        StrengthTable.of("own.csv", [_RANGE | {"low": 1}, _RANGE | {"source": ""}])
    assert [fault.partition(":")[0] for fault in refused.value.faults] == [
        "own.csv row 1", "own.csv row 2",
    ]  # fmt: skip


def test_two_rows_for_the_same_are_refused() -> None:
    """Which of two rows for the same would hold is nobody's to guess."""
    with pytest.raises(InputError, match="2 rows speak for the same: relation uses"):
        StrengthTable.of("own.csv", [_RANGE | {"relation": "uses"}] * 2)


def test_rows_to_fill_in_are_left_out_and_counted() -> None:
    """A row without a strength says nothing yet: it needs no source."""
    table = StrengthTable.of("own.csv", [{"low": "", "mid": None, "high": ""}, _RANGE])
    assert len(table.rows) == 1
    assert table.empty == 1


def test_counts_of_ones_own_weigh_as_many_voices_as_they_have() -> None:
    """n exposed have n / (1 + (n - 1) rho) voices beside those that the shipped range has."""
    shipped = next(r for r in load_shipped_strengths().rows if r.mode == "bad_update")
    assert (shipped.low, shipped.mid, shipped.high, shipped.rho) == (0.05, 0.25, 0.45, 0.4)
    before = 0.25 * 0.75 / (0.4 / (2 * 1.6449)) ** 2 - 1
    voices = 298 / (1 + 297 * 0.4)
    row = _read_row(mode="bad_update", relation="runs", exposed=298, hit=124, source="us")
    expected = (before * 0.25 + voices * 124 / 298) / (before + voices)
    assert row.mid == pytest.approx(expected)  # type: ignore[attr-defined]
    assert row.low < row.mid < row.high  # type: ignore[attr-defined]
    assert row.high - row.low < 0.4  # type: ignore[attr-defined]
    assert row.rho == 0.4  # type: ignore[attr-defined]


def test_counts_can_say_no_more_than_one_voice_over_rho() -> None:
    """A million of one incident fell together: they count as 1 / rho independent ones."""
    few, many = (
        _read_row(mode="outage", exposed=10.0**n, hit=10.0**n, source="us") for n in (4, 9)
    )
    assert many.mid - few.mid < 1e-3  # type: ignore[attr-defined]
    assert few.mid < 0.75  # type: ignore[attr-defined]


def test_more_own_incidents_of_one_key_speak_together() -> None:
    """Two incidents of one key move the middle further than one, and draw the ends closer."""
    once = {"mode": "compromise", "exposed": 40, "hit": 40, "source": "us"}
    (one,) = StrengthTable.of("own", [once]).rows
    (two,) = StrengthTable.of("own", [once, once]).rows
    assert two.mid > one.mid
    assert two.incidents == 2


def test_tables_go_through_json_and_back() -> None:
    """What a scenario writes of its tables is what it reads."""
    rows = [
        _RANGE | {"relation": "uses", "rho": 0.2},
        {"mode": "outage", "exposed": 20, "hit": 3, "source": "us"},
    ]
    scenario = Scenario.read("x", strengths=["incidents", {"name": "own.csv", "rows": rows}])
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert scenario.to_dict()["strengths"][1] == "incidents"


def test_ones_own_tables_come_first() -> None:
    """Whatever the order in which they are named: what one knows oneself beats what is typical."""
    own = pl.DataFrame([_RANGE])
    tables = read_strengths(["incidents", own])
    assert [table.shipped for table in tables] == [False, True]


@pytest.mark.parametrize("value", ["none", None, [], ["none"]])
def test_none_is_no_table(value: object) -> None:
    assert read_strengths(value) == ()  # type: ignore[arg-type]


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'incidents'"):
        read_strengths("incident")


def test_a_mode_that_does_not_exist_is_refused() -> None:
    """A row for a mode that nothing fails in would never be used, in silence."""
    with pytest.raises(ScenarioError, match="table 1 row 1: unknown mode 'bad-update'"):
        Scenario.read("x", strengths=[_RANGE | {"mode": "bad-update"}])


def test_a_column_that_is_nearly_one_is_refused() -> None:
    """Let be, its rows would speak for every provider."""
    row = {"providr": "v", "low": 0.1, "mid": 0.2, "high": 0.3, "source": "me"}
    with pytest.raises(InputError, match="row 1: no column is called 'providr'; did you mean 'pro"):
        StrengthTable.of("mine", [row])
    table = StrengthTable.of("mine", [row | {"provider": "v", "asked": "Ann", "narrows": 3}])
    assert table.unread == ("providr", "asked")  # the rows name a provider; what stays is told


def test_rows_that_speak_for_the_same_are_named_by_place() -> None:
    row = {"provider": "v", "low": 0.1, "mid": 0.2, "high": 0.3, "source": "me"}
    with pytest.raises(InputError, match=r"provider v \(a:2, a:7\)"):
        StrengthTable.of("mine", [row | {"_at": "a:2"}, row | {"_at": "a:7"}])
