"""Likeness of names, held to labelled pairs of real names.

The scale was tuned on these pairs: the figures are a bound against regression, not an estimate of
how it does on names that nobody has seen.
"""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.loaders.joining.likeness import SAFE, measure_likeness
from knockon.loaders.joining.names import take_apart

PAIRS = [
    (row["one"], row["other"], row["same"] == "yes")
    for row in csv.DictReader((Path(__file__).parent / "name_pairs.csv").open(encoding="utf-8"))
]
WORDS = st.sampled_from(
    ("Amazon", "Web", "Services", "Inc.", "(Ohio)", "f/k/a", "East", "West", "1", "2", "Oracle",
     "Health", "GmbH", "Germany", "Orakle", ".com", "for", "Government")
)  # fmt: skip
NAMES = st.lists(WORDS, max_size=5).map(" ".join)


def score(one: str, other: str) -> float:
    return measure_likeness(take_apart(one), take_apart(other))[0]


def test_the_labelled_pairs_are_enough_and_of_both_sorts() -> None:
    """At least 150 pairs, each once, no side less than two fifths."""
    assert len(PAIRS) >= 150
    assert len({frozenset(p[:2]) for p in PAIRS}) == len(PAIRS)
    assert 0.4 < sum(same for *_, same in PAIRS) / len(PAIRS) < 0.6


@pytest.mark.parametrize(
    ("threshold", "precision", "recall"),
    [(0.6, 0.79, 0.99), (0.7, 0.92, 0.98), (0.8, 0.97, 0.92), (0.9, 1.0, 0.80), (SAFE, 1.0, 0.43)],
)
def test_proposals_are_as_good_as_they_were(
    threshold: float, precision: float, recall: float
) -> None:
    """Precision and recall on the labelled pairs do not fall below what they are."""
    taken = [(same, score(one, other) >= threshold) for one, other, same in PAIRS]
    right = sum(same and found for same, found in taken)
    assert right / sum(found for _, found in taken) >= precision
    assert right / sum(same for same, _ in taken) >= recall


def test_nothing_false_is_above_the_safe_threshold() -> None:
    """No pair of two things is merged by --join-above 0.97."""
    assert [p for p in PAIRS if not p[2] and score(p[0], p[1]) > SAFE] == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Medallia, Inc.", "MEDALLIA Inc", 0.99),
        ("Google LLC", "Google", 0.98),
        ("Lumen f/k/a CenturyLink", "CenturyLink", 0.96),
        ("Oracle Corp.", "Oracle GmbH", 0.95),
        ("AWS (Ohio), 410 Terry Ave", "aws", 0.93),
        ("aws", "Amazon Web Services", 0.8),
        ("Amazon AWS", "Amazon Web Services, Inc.", 0.8),
        ("Amazon AWS", "AWS", 0.72),
        ("Amazon Web Services", "Amazon Web Services Inc 410 Terry Avenue North", 0.93),
        ("Oracle", "Oracle Fusion", 0.72),
        ("Falcon", "Falcon for Government", 0.6),
        ("us-east-1", "us-east-2", 0.5),
        ("AWS East", "AWS West", 0.5),
        ("Vodafone Germany", "Vodafone Italy", 0.5),
    ],
)
def test_the_steps_of_the_scale(one: str, other: str, expected: float) -> None:
    """Each step is what the docstring says."""
    assert score(one, other) == expected


@given(NAMES, NAMES)
def test_likeness_is_symmetric_and_of_itself_the_highest(one: str, other: str) -> None:
    """Order does not matter, no pair beats a name with itself, all lie in 0..1."""
    a, b = take_apart(one), take_apart(other)
    assert measure_likeness(a, b) == measure_likeness(b, a)
    assert 0 <= measure_likeness(a, b)[0] <= 0.99
    assert measure_likeness(a, a)[0] == (0.99 if a.core else 0.0)


@pytest.mark.parametrize("words", ["d/b/a Section.io", "f/k/a Section", "formerly Section"])
def test_a_former_or_trade_name_is_proposed_not_joined(words: str) -> None:
    """A firm and what it trades as are joined by a decision, not by likeness."""
    assert (
        0.5
        < measure_likeness(take_apart("Twine, Inc"), take_apart(f"Twine, Inc {words}"))[0]
        < 0.97
    )


def test_two_trade_names_of_one_firm_are_not_one_thing() -> None:
    """`Twine dba Bar` and `Twine formerly Foo`: neither names the other; the same twice does."""
    bar, foo = take_apart("Twine, Inc dba Bar"), take_apart("Twine Inc (formerly Foo)")
    assert measure_likeness(bar, foo)[0] < 0.97
    assert measure_likeness(bar, take_apart("TWINE Inc. d/b/a Bar"))[0] > 0.97
