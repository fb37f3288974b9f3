"""The table of modes: what crosses what, and as what it arrives."""

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.scenario.modes import (
    find_reachable_modes,
    index_rules,
    list_modes,
    load_shipped_rules,
)
from tests.reference import BECOMES
from tests.toys import dep, graph_of, group


def hit(*rows: dict, mode: str, **options: object) -> set[str]:
    """Who is hit for sure when A fails."""
    impact = whatif(graph_of(*rows), "A", mode=mode, **options)
    return set(impact.entities.filter(probability=1.0, rank=impact.entities["rank"])["id"]) - {"A"}


def test_the_rules_are_those_of_the_page() -> None:
    """Every mode crosses what section 3 says, and arrives as it says."""
    assert index_rules(load_shipped_rules()) == BECOMES


def test_modes_are_known_in_their_order() -> None:
    """outage, bad_update, compromise, withdrawal."""
    modes = ["outage", "bad_update", "compromise", "withdrawal"]
    assert list_modes(load_shipped_rules()) == modes


def test_a_bad_update_can_become_an_outage_and_nothing_else() -> None:
    """The modes that each mode can change into on the way."""
    found = {
        mode: find_reachable_modes(mode, load_shipped_rules())
        for mode in list_modes(load_shipped_rules())
    }
    assert found == {
        "outage": ["outage"],
        "bad_update": ["bad_update", "outage"],
        "compromise": ["compromise"],
        "withdrawal": ["withdrawal", "outage"],
    }


def test_rules_may_lead_in_circles() -> None:
    """Modes that turn into each other are found once."""
    rules = (("a", "uses", "b"), ("b", "uses", "c"), ("c", "uses", "a"))
    assert find_reachable_modes("b", rules) == ["b", "c", "a"]


def test_a_rule_may_be_repeated_but_not_contradicted() -> None:
    """The same rule twice is one rule; two answers are an error that names both."""
    rule = ("outage", "uses", "outage")
    assert index_rules([rule, rule]) == {("outage", "uses"): "outage"}
    with pytest.raises(InputError, match="outage across uses becomes both outage and calm"):
        index_rules([rule, ("outage", "uses", "calm")])


@pytest.mark.parametrize("relation", [r for m, r in BECOMES if m == "bad_update"])
@pytest.mark.parametrize("mode", ["outage", "bad_update", "compromise", "withdrawal"])
def test_a_mode_crosses_what_its_rules_list(mode: str, relation: str) -> None:
    """One dependency of each relation under each mode: hit or spared as the table says."""
    expected = {"B"} if (mode, relation) in BECOMES else set()
    assert hit(dep("B", "A", relation=relation), mode=mode) == expected


def test_software_survives_its_vendors_outage_but_not_its_bad_update() -> None:
    """`runs` is crossed by a bad update alone, which arrives as an outage and goes on as one."""
    rows = [dep("B", "A", relation="runs"), dep("C", "B"), dep("D", "B", relation="runs")]
    assert hit(*rows, mode="outage") == set()
    assert hit(*rows, mode="bad_update") == {"B", "C"}


def test_a_bad_update_goes_on_through_operators() -> None:
    """An operator ships the bad update on to what it operates, and so to those who run that."""
    rows = [
        dep("B", "A", relation="operated_by"),
        dep("C", "B", relation="operated_by"),
        dep("D", "C", relation="runs"),
        dep("E", "D", relation="contains"),
    ]
    assert hit(*rows, mode="bad_update") == {"B", "C", "D"}


def test_an_entity_may_be_hit_in_two_modes() -> None:
    """B is out through one dependency and updated through another: both go on from it."""
    rows = [
        dep("B", "A", relation="hosted_on"),
        dep("B", "A", relation="operated_by"),
        dep("C", "B", relation="runs"),
    ]
    assert hit(*rows, mode="bad_update") == {"B", "C"}
    assert hit(*rows[::2], mode="bad_update") == {"B"}


def test_groups_help_against_bad_updates_but_not_against_compromise() -> None:
    """One of two: a bad update of one is survived, a compromise of one is not."""
    rows = group("D", "AB", relation="runs")
    assert hit(*rows, mode="bad_update") == set()
    assert hit(*rows, mode="compromise") == {"D"}


def test_an_unlisted_relation_crosses_every_mode_unchanged() -> None:
    """It arrives as the mode that it was."""
    rows = [dep("B", "A", relation="prays_to"), dep("C", "B", relation="runs")]
    assert hit(*rows, mode="outage") == {"B"}
    assert hit(*rows, mode="bad_update") == {"B", "C"}
    assert hit(*rows, mode="compromise") == {"B", "C"}


def test_users_may_bring_their_own_rules() -> None:
    """A table with other modes and relations replaces the one that ships."""
    rules = (("fire", "near", "fire"), ("fire", "below", "flood"), ("flood", "below", "flood"))
    rows = [
        dep("B", "A", relation="near"),
        dep("C", "B", relation="below"),
        dep("D", "C", relation="below"),
        dep("E", "C", relation="near"),
        dep("F", "A", relation="uses"),
    ]
    assert hit(*rows, mode="fire", rules=rules) == {"B", "C", "D", "F"}  # uses is unlisted now
    assert hit(*rows, mode="flood", rules=rules) == {"F"}


def test_a_withdrawn_package_takes_along_what_cannot_be_built_without_it() -> None:
    """Through `runs` and `contains` as a withdrawal, with alternatives; beyond as an outage."""
    graph = graph_of(
        dep("app", "lib", relation="contains"), dep("site", "app", relation="runs"),
        dep("shop", "site"), *group("tool", ("lib", "fork"), needs=1, relation="runs"),
    )  # fmt: skip
    answer = whatif(graph, "lib", mode="withdrawal")
    hit = answer.entities.filter(pl.col("probability") > 0)["id"].to_list()
    assert sorted(hit) == ["app", "lib", "shop", "site"]
    assert answer.headline.startswith("If lib is withdrawn: 3 of 5")
