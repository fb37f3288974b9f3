"""A back-test on an incident whose figures can be worked out by hand."""

from typing import Any

import polars as pl
import pytest

from knockon.graph.analysis.backtest.backtest import Outcome, backtest, judge, judge_pair
from knockon.graph.analysis.backtest.incidents import Incident, Pair
from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables

# who, how it depends, what was reported
PARTIES: list[dict[str, Any]] = [
    {"id": "maker"},
    {"id": "root", "parent": "maker"},
    {"id": "sister", "parent": "maker"},
    {"id": "other"},
    {"id": "sure", "reported": "hit", "attribution": "stated", "reported_impact": 3},
    {"id": "guess", "reported": "hit", "attribution": "press", "reported_impact": 2},
    {"id": "lost", "reported": "hit", "attribution": "press", "miss_note": "Moved demand"},
    {"id": "spare", "reported": "spared", "attribution": "stated", "spared_because": "redundancy"},
    {"id": "cousin", "reported": "spared", "attribution": "stated"},
    {"id": "false", "reported": "spared", "attribution": "stated"},
    {"id": "rumour", "reported": "spared", "attribution": "tracker"},
]
ON: list[dict[str, Any]] = [
    {"dependent": "sure", "provider": "root", "probability": 1.0},
    {"dependent": "guess", "provider": "root"},
    {"dependent": "spare", "provider": "root", "probability": 1.0, "group": "two"},
    {"dependent": "spare", "provider": "other", "probability": 1.0, "group": "two"},
    {"dependent": "cousin", "provider": "sister", "probability": 1.0},
    {"dependent": "false", "provider": "root", "probability": 1.0},
    {"dependent": "rumour", "provider": "root"},
]


def incident(*paired: Pair, hindsight: str | None = "by hand", **scenario: Any) -> Incident:
    tables = Tables(pl.DataFrame(PARTIES, infer_schema_length=None), pl.DataFrame(ON))
    options = {"origins": ["root"], "assume": 0.75} | scenario
    return Incident("toy", tables, options, paired, hindsight=hindsight)


def cells(outcome: Outcome, reading: str, *, strict: bool = True) -> tuple[int, int, int, int]:
    score = outcome.score(reading, strict=strict)
    return score.hits, score.alarms, score.misses, score.quiet


def test_the_counts() -> None:
    """Each reading, strict and loose, as counted on paper."""
    outcome = judge(incident())
    assert cells(outcome, "predicted") == (2, 1, 1, 2)
    assert cells(outcome, "predicted", strict=False) == (2, 2, 1, 2)
    assert cells(outcome, "sure") == (1, 1, 2, 2)  # the unknown one is no sure hit
    assert cells(outcome, "possible") == (2, 1, 1, 2)
    assert cells(outcome, "reachable") == (2, 2, 1, 1)  # a spare does not count
    assert cells(outcome, "customer") == (2, 3, 1, 0)  # nor that it is another product


def test_below_one_half_an_unknown_dependency_is_no_hit() -> None:
    """`assume` decides: at 0.4 the guess is missed, and no rumour is believed."""
    outcome = judge(incident(assume=0.4))
    assert cells(outcome, "predicted", strict=False) == (1, 1, 2, 3)
    note = dict(zip(outcome.rows["id"], outcome.rows["note"], strict=True))
    assert note["guess"] == "missed: too many unknown strengths lie on the way"


def test_wrong_rows_say_why() -> None:
    """Misses and alarms carry the reason, and what the file says; right rows carry nothing."""
    rows = judge(incident()).rows
    note = dict(zip(rows["id"], rows["note"], strict=True))
    assert note["lost"] == "missed: no dependency in the graph leads to it. Moved demand"
    assert note["false"] == "false alarm: stated dependencies carry the failure to it"
    assert note["rumour"] == "false alarm: a dependency of unknown strength leads to it"
    assert [note[i] for i in ("sure", "guess", "spare", "cousin")] == [None] * 4
    assert "root" not in note  # the origin is not predicted


def test_a_mode_that_does_not_cross_is_named() -> None:
    """What runs the origin survives its outage: a hit there is a miss for that reason."""
    tables = Tables(
        pl.DataFrame(
            [
                {"id": "host", "reported": "hit", "attribution": "stated"},
                {"id": "root", "reported": None, "attribution": None},
            ]
        ),
        pl.DataFrame({"dependent": ["host"], "provider": ["root"], "relation": ["runs"]}),
    )
    rows = judge(Incident("toy", tables, {"origins": ["root"]})).rows
    assert rows["note"].to_list() == ["missed: the mode, a group or the time of grace stops it"]


def test_paired_tests() -> None:
    """Right where the two fall apart, order where only the likelihoods differ, else tie, wrong."""
    frame = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "probability": [1.0, 0.6, 0.2, 0.0],
            "down_hours": [10.0, 9.5, 4.0, None],
            "severity": [1.0, 2.0, 2.0, 0.0],
        }
    )

    def says(worse: str, better: str, measure: str) -> str:
        return judge_pair(Pair("t", "r", worse, better, measure), frame).verdict

    assert says("a", "c", "hit") == "right"
    assert says("a", "b", "hit") == "order"  # both are predicted hit
    assert says("c", "d", "hit") == "order"  # neither is
    assert says("d", "a", "hit") == "wrong"
    assert says("a", "b", "recovery") == "tie"
    assert says("a", "c", "recovery") == "right"
    assert says("c", "d", "recovery") == "right"  # who is not hit is down for no time
    assert says("c", "a", "recovery") == "wrong"
    assert says("b", "a", "impact") == "right"
    assert says("b", "c", "impact") == "tie"


def test_backlog_decides_who_recovers_first() -> None:
    """Four hours of outage; a backlog of 2 makes twelve hours of it: 12 against 4."""
    parties = [
        {"id": "root", "reported": None, "attribution": None},
        {"id": "slow", "reported": "hit", "attribution": "stated", "backlog": 2.0},
        {"id": "fast", "reported": "hit", "attribution": "stated", "backlog": 0.0},
    ]
    on = {"dependent": ["slow", "fast"], "provider": ["root", "root"], "probability": [1.0, 1.0]}
    pair = Pair("t", "root", "slow", "fast", "recovery")
    tables = Tables(pl.DataFrame(parties), pl.DataFrame(on))
    outcome = judge(Incident("toy", tables, {"origins": ["root"], "hours": 4}, (pair,)))
    (found,) = outcome.paired
    assert (found.verdict, found.figure) == ("right", "down_hours")
    assert (found.worse, found.better) == pytest.approx((12.0, 4.0))


def test_pooling_keeps_hindsight_apart() -> None:
    """Counts add up, over all and over those known before alone."""
    found = backtest([incident(), incident(hindsight=None)])
    assert found.pooled().hits == 4
    assert found.pooled(hindsight=True).hits == found.pooled(hindsight=False).hits == 2
    assert found.rows.height == 14
    assert found.headline.startswith(
        "2 incidents, 12 reports (6 of graphs written in hindsight): precision 0.67, recall 0.67, "
    )


def test_no_incident_and_a_scenario_that_cannot_be() -> None:
    """Both are input errors, the latter with the name of the incident."""
    with pytest.raises(InputError, match="at least one incident"):
        backtest([])
    with pytest.raises(InputError, match="toy: scenario: no entity has the id or name 'nobody'"):
        judge(incident(origins=["nobody"]))
    with pytest.raises(InputError, match="toy: scenario: unknown mode 'flood'"):
        judge(incident(mode="flood"))
