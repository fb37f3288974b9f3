"""Proposals: which pairs, how sure, which side stays, and limits that are said."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders.joining import candidates
from knockon.loaders.joining.aliases import find_alike_names, list_proposals, propose
from knockon.loaders.joining.claims import NAMES, TABLE, Claim
from knockon.loaders.joining.likeness import measure_likeness
from knockon.loaders.joining.names import take_apart
from tests.toys import COLUMNS, dep

WORDS = ("Alpha", "Alfa", "Beta", "Systems", "Inc", "GmbH", "(Ohio)", "f/k/a", "East", "1", "AB")


def tables(names: list[str], *dependencies: dict[str, Any], **columns: list[Any]) -> Tables:
    known = pl.DataFrame({"id": [f"i{n}" for n in range(len(names))], "name": names, **columns})
    return check(Tables(known, pl.DataFrame(list(dependencies), schema=COLUMNS)))


def scores(of: Tables, least: float = 0.5) -> dict[tuple[str, str], float]:
    return {(c.alias, c.same_as): c.score for c in propose(of, least)[0]}


def test_the_used_one_stays_and_the_best_come_first() -> None:
    """Claims point to the entity that most depend on, and are sorted by score."""
    of = tables(["AWS", "aws (Ohio)", "Amazon Web Services"], dep("x", "i2"), dep("x", "i1"),
                dep("y", "i1"))  # fmt: skip
    found = propose(of)[0]
    assert [(c.alias, c.same_as, c.score) for c in found] == [
        ("i0", "i1", 0.93),
        ("i2", "i1", 0.8),
        ("i0", "i2", 0.8),
    ]
    assert found[1].why == "initials"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, 0.99),
        ({"kind": ["service", "platform"]}, 0.99),
        ({"kind": ["enterprise", "unknown"]}, 0.99),
        ({"kind": ["enterprise", "component"]}, 0.891),
        ({"kind": ["component", "component"]}, 0.9),
        ({"version": ["1", "2"]}, None),
        ({"version": ["1", "1"]}, 0.99),
        ({"parent": [None, "i0"]}, 0.6),
        ({"_file": ["a/entities.csv", "b/entities.csv"]}, 0.99),
    ],
)
def test_what_the_tables_say_lowers_the_score(
    columns: dict[str, Any], expected: float | None
) -> None:
    """Kinds, versions, ownership and repetition speak against a pair of one name."""
    found = scores(tables(["Falcon!", "falcon"], **columns))
    assert found == ({} if expected is None else {("i1", "i0"): expected})


def test_a_product_stands_not_between_two_organisations() -> None:
    """Of one name, those of one sort of kind are compared with each other."""
    of = tables(["Falcon!", "Falcon", "falcon"], kind=["service", "enterprise", "enterprise"])
    assert scores(of) == {("i2", "i1"): 0.99, ("i1", "i0"): 0.891}


def test_versions_are_compared_with_their_like() -> None:
    """1 with 1, and what states none with each; 1 with 2 never."""
    of = tables(["Falcon!"] * 2 + ["falcon"] * 3, version=["1", "2", "1", "2", None])
    assert set(scores(of)) == {("i2", "i0"), ("i3", "i1"), ("i4", "i0"), ("i4", "i1")}


def test_one_source_that_lists_a_name_twice_means_two() -> None:
    """Exactly one name under two ids of one source is proposed, never joined; of two it is."""
    assert scores(tables(["Falcon", "Falcon"])) == {("i1", "i0"): 0.9}
    two = tables(["Falcon", "Falcon"], _file=["a/entities.csv", "b/entities.csv"])
    assert scores(two) == {("i1", "i0"): 0.99}


def test_names_that_say_nothing_are_never_sure() -> None:
    """`web` of two systems is proposed, not joined."""
    assert scores(tables(["Web", "web"])) == {("i1", "i0"): 0.9}


def test_a_dependency_between_two_says_that_they_are_two() -> None:
    """A vendor and its product of one name are not proposed by default."""
    of = tables(["Sumo Logic", "Sumo Logic, Inc."], dep("i0", "i1"))
    assert scores(of) == {("i0", "i1"): 0.6}
    assert propose(of)[0] == []


def test_many_of_one_name_are_a_star() -> None:
    """A thousand entities of one name give 999 pairs, not half a million."""
    of = tables([f"Falcon{'!' * (n % 3)}" for n in range(1000)])
    assert len(propose(of, 0.9)[0]) == 999


def test_limits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit names are compared in blocks; too large a block is named."""
    names = ["Microsft", "Microsoft", "Alpha Beta", "Gamma Betta", *(f"Beta {c}xyz" for c in "pqr")]
    everything = scores(tables(names))
    monkeypatch.setattr(candidates, "ALL_PAIRS", 3)
    monkeypatch.setattr(candidates, "_BLOCK", 3)
    found, notes = propose(tables(names), 0.5)
    assert ("i1", "i0") in {(c.alias, c.same_as) for c in found}
    assert {(c.alias, c.same_as) for c in found} <= set(everything)
    said = [n.reason for n in notes]
    assert any("limit 3" in reason for reason in said)
    assert any("more than 3 names share: not compared by it" in reason for reason in said)


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), max_size=7))
def test_no_pair_is_missed(names: list[str]) -> None:
    """Twin: of all pairs looked at one by one, each alike joins through what is proposed."""
    kinds = {"kind": ["unknown"] * len(names), "_file": [f"{n}/" for n in range(len(names))]}
    of = tables(names or [""], **(kinds if names else {}))
    found = {frozenset((c.alias, c.same_as)) for c in find_alike_names(of, 0.7)[0]}
    taken = [take_apart(name) for name in of.entities["name"]]
    ids = of.entities["id"].to_list()
    for i, one in enumerate(taken):
        for j in range(i):
            alike = measure_likeness(one, taken[j])[0] >= 0.7
            pair = frozenset((ids[i], ids[j]))
            stands_for = [
                frozenset((ids[k], ids[m]))
                for k, a in enumerate(taken) for m, b in enumerate(taken)
                if (a, b) in ((one, taken[j]), (taken[j], one)) and k != m
            ]  # fmt: skip
            if alike:
                assert pair in found or found & set(stands_for)
            elif one != taken[j]:
                assert pair not in found


def test_proposals_are_a_table_to_edit() -> None:
    """Sure ones say yes, others nothing; decisions stay; both sides are described."""
    of = tables(["AWS", "Amazon Web Services", "Duo", "Duo Inc"], dep("x", "i0"), same_as=[
        None, None, None, "i2"])  # fmt: skip
    claims = propose(of)[0]
    frame = list_proposals(of, claims)
    assert frame.columns[:5] == ["alias", "same_as", "score", "why", "merge"]
    assert frame.select("alias", "same_as", "merge").rows() == [
        ("i3", "i2", "yes"), ("i1", "i0", None),
    ]  # fmt: skip
    row = frame.row(1, named=True)
    assert (row["alias_name"], row["same_as_kind"], row["same_as_dependents"]) == (
        "Amazon Web Services", "unknown", 1,
    )  # fmt: skip
    decided = [(Claim("i0", "i1", TABLE), False), (Claim("i2", "i1", TABLE), True)]
    again = list_proposals(of, claims, decided)
    assert again.select("alias", "same_as", "merge").rows() == [
        ("i3", "i2", "yes"), ("i0", "i1", "no"), ("i2", "i1", "yes"),
    ]  # fmt: skip
    assert all(c.by in (NAMES, "same_as") for c in claims)
