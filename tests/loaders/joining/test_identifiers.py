"""Identifiers: check digits, hosts, and when one identifier makes two entities one."""

import polars as pl
import pytest

from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.joining.identifiers import find_host, find_identified

# of GLEIF itself, Apple, Deutsche Bank: published by GLEIF
REAL = ("506700GE1G29325QX363", "HWUPKR0MPOU8FGXBT394", "7LTWFZYICNSX8D621K86")


@pytest.mark.parametrize("lei", REAL)
def test_real_leis_hold_and_with_one_wrong_character_do_not(lei: str) -> None:
    """MOD 97-10 finds every single wrong character."""
    assert is_lei(lei)
    for place, letter in enumerate(lei):
        wrong = "7" if letter != "7" else "3"
        assert not is_lei(lei[:place] + wrong + lei[place + 1 :])
    assert not is_lei(lei[:-1])
    assert not is_lei(lei.lower())


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.Example.com/", "example.com"),
        ("example.com.", "example.com"),
        ("http://aws.amazon.com:443", "aws.amazon.com"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://github.com/owner", None),
        ("https://example.com/?q=1", None),
        ("localhost", None),
        ("not a host", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_only_a_whole_website_names_a_host(text: str, host: str | None) -> None:
    """Scheme, www, port and case are no matter; a path, a query, a lone word name nobody."""
    assert find_host(text) == host


def claims(*rows: dict[str, str]) -> list[tuple[str, str, str, float, bool]]:
    tables = check(Tables(pl.DataFrame(list(rows), infer_schema_length=None), pl.DataFrame()))
    return [(c.alias, c.same_as, c.by, c.score, c.sure) for c in find_identified(tables)[0]]


def test_one_lei_is_one_organisation_however_it_is_written() -> None:
    """Case and blanks of an LEI are no matter."""
    spaced = f" {REAL[0][:4].lower()} {REAL[0][4:]} "
    found = claims({"id": "b", "lei": REAL[0]}, {"id": "a", "lei": spaced, "kind": "enterprise"})
    assert found == [("b", "a", "lei", 1.0, True)]


@pytest.mark.parametrize(
    ("one", "other", "score", "sure"),
    [
        (("Atlassian", "security_vendor"), ("Trello", "enterprise"), 0.98, True),
        (("Amazon Web Services", "cloud_provider"), ("aws", "unknown"), 0.98, True),
        (("Jira", "service"), ("Confluence", "service"), 0.9, False),
        (("Jira", "unknown"), ("Confluence", "unknown"), 0.9, False),
        (("CrowdStrike", "security_vendor"), ("Falcon", "platform"), 0.9, False),
        (("us-east-1", "unknown"), ("us-east-2", "unknown"), 0.5, False),
    ],
)
def test_a_domain_is_shared_by_products(
    one: tuple[str, str], other: tuple[str, str], score: float, sure: bool
) -> None:
    """A domain joins organisations, and what is named alike; products of a vendor it does not."""
    rows = [
        {"id": str(number), "name": name, "kind": kind, "website": "https://x.example"}
        for number, (name, kind) in enumerate((one, other))
    ]
    assert claims(*rows) == [("1", "0", "domain", score, sure)]


def test_organisations_find_each_other_beside_a_product() -> None:
    """The product that most depend on stands not between two organisations of one LEI."""
    kinds = {"p": "service", "q": "enterprise", "r": "enterprise"}
    found = claims(*({"id": i, "lei": REAL[0], "kind": kind} for i, kind in kinds.items()))
    assert found == [("r", "q", "lei", 1.0, True), ("p", "q", "lei", 0.9, False)]


def test_what_cannot_be_used_is_counted() -> None:
    """A wrong LEI and a website with a path are notes; a domain stated beside it is used."""
    rows = [
        {"id": "a", "lei": REAL[0][:-1] + "4", "website": "https://github.com/a", "domain": None},
        {"id": "b", "lei": "nonsense", "website": "https://github.com/b", "domain": "b.example"},
    ]
    tables = check(Tables(pl.DataFrame(rows), pl.DataFrame()))
    found, notes = find_identified(tables)
    assert found == []
    assert [(n.count, n.reason) for n in notes] == [
        (2, "an LEI whose form or check digits are wrong; not used"),
        (1, "a website that is no domain alone; not used to join"),
    ]
