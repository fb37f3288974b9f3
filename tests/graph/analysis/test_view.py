"""What the inventory knows beside the rows of an answer, and recovery times that are exceeded."""

import polars as pl
import pytest

from knockon.api.schema import select_rows
from knockon.graph.analysis.concentration import concentration
from knockon.graph.analysis.recovery import read_recovery
from knockon.graph.analysis.view import carry
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph

GRAPH = DependencyGraph.from_polars(
    pl.DataFrame(
        {"dependent": ["pay", "lend", "shop", "mail"], "provider": ["S"] * 4,
         "probability": [1.0] * 4}
    ),
    pl.DataFrame(
        {
            "id": ["pay", "lend", "shop", "mail", "S"],
            "kind": ["critical_function", "critical_function", "service", "service", "service"],
            "owner": ["Anna", None, "Ben", "Ben", "Cloud"],
            "impact": ["high", "low", None, "none", None],
            "rto_hours": ["2", "0", None, "12", None],
            "repair_hours": [1.0, 0.0, 0.0, 0.0, 0.0],
        }
    ),
)  # fmt: skip


def test_columns_of_entities_stand_beside_the_rows() -> None:
    """Those of a name that the rows have are called entity.NAME."""
    impact = whatif(GRAPH, "S")
    shown, added = carry(GRAPH, impact, columns=("owner", "impact"))
    assert added == ("owner", "entity.impact")
    owners = dict(shown.entities.select("id", "owner").iter_rows())
    assert owners == {"S": "Cloud", "pay": "Anna", "lend": None, "shop": "Ben", "mail": "Ben"}
    assert shown.entities.drop(added).equals(impact.entities)
    assert shown.totals == impact.totals


def test_rows_that_do_not_fit_are_counted() -> None:
    """What fails is shown anyway; whom the inventory does not tell about is counted apart."""
    shown, _ = carry(GRAPH, whatif(GRAPH, "S"), where="owner = 'Ben' and entity.impact is null")
    assert select_rows(shown)[0]["id"].to_list() == ["S", "shop"]
    shown, _ = carry(GRAPH, whatif(GRAPH, "S"), where="owner = 'Ben'")
    rows, more = select_rows(shown, top=1)
    assert (rows["id"].to_list(), more) == (["S", "mail"], 1)
    assert rows.columns == whatif(GRAPH, "S").entities.columns
    assert shown.notes[0] == "2 of 5 rows do not fit \"owner = 'Ben'\" and are not shown"
    assert shown.notes[1].startswith("of 1 of these nobody states owner")


def test_any_answer_about_entities_carries() -> None:
    """Concentration, too."""
    shown, added = carry(GRAPH, concentration(GRAPH), columns=["owner"], where="share > 0.5")
    assert (shown.rows["owner"].to_list(), added) == (["Cloud"], ("owner",))


@pytest.mark.parametrize(
    ("columns", "where", "said"),
    [
        (["ownr"], None, "columns: no column 'ownr' among those of entities; did you mean 'owner'"),
        ([], "ownr = 'x'", "where: no column 'ownr'; did you mean 'owner'"),
        (["_line"], None, "no column '_line'"),
    ],
)
def test_a_wrong_column_is_one_error(columns: list[str], where: str | None, said: str) -> None:
    """It names the nearest."""
    with pytest.raises(ScenarioError, match=said):
        carry(GRAPH, whatif(GRAPH, "S"), columns=columns, where=where)


def test_recovery_times_that_the_outage_exceeds() -> None:
    """4 hours, and 1 of repair: pay (2 h) exceeds, mail (12 h) does not, lend (0) states none."""
    impact = whatif(GRAPH, "S", hours=4)
    rows = impact.recovery.select("id", "recovery_hours", "down_hours", "exceeds").rows()
    assert rows == [("pay", 2.0, 5.0, True), ("mail", 12.0, 4.0, False)]
    assert impact.notes[0] == (
        "Where hit, 1 of the 2 within reach that state a recovery time is down for longer "
        "(pay: 2 h stated, down for 5 h)."
    )
    assert not whatif(GRAPH, "S").recovery.height
    longest = whatif(GRAPH, "S", hours="2..72").recovery
    assert longest["exceeds"].to_list() == [True, True]


@pytest.mark.parametrize(
    ("column", "cell", "hours"),
    [
        ("recovery_hours", "4", 4.0), ("rtoInSecs", "7200", 2.0), ("rto_in_seconds", "60", 1 / 60),
        ("RTO (hours)", "0.5", 0.5), ("rto", "PT1H30M", 1.5), ("rto", "1 h 30 min", 1.5),
        ("recovery_time_objective", "P1D", 24.0), ("rto_hours", "2 days", 48.0),
        ("rto_minutes", "90", 1.5), ("rto", "4", None), ("rto", "soon", None),
        ("rto_hours", "-1", None), ("rto_hours", "nan", None), ("rpo_hours", "4", None),
        ("repair_hours", "4", None), ("recovery_plan", "4", None),
    ],
)  # fmt: skip
def test_recovery_times_are_read(column: str, cell: str, hours: float | None) -> None:
    """The unit stands in the name of the column, or in the cell; else it is no time."""
    graph = DependencyGraph.from_polars(
        pl.DataFrame({"dependent": ["a"], "provider": ["b"]}),
        pl.DataFrame({"id": ["a"], column: [cell]}),
    ) if column != "repair_hours" else GRAPH  # fmt: skip
    found = read_recovery(graph)["recovery_hours"].to_list()
    if column == "repair_hours":
        assert sorted(found) == [2.0, 12.0]
    else:
        assert found == ([] if hours is None else [pytest.approx(hours)])
