"""Names, taken apart: each part where it belongs, and nothing that a name cannot survive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.loaders.joining.names import make_initials, take_apart


@pytest.mark.parametrize(
    ("text", "core", "legal"),
    [
        ("Amazon Web Services, Inc.", "amazon web services", "inc"),
        ("Cisco Systems Incorporated", "cisco systems", "inc"),
        ("Example Holdings Pty Ltd", "example holdings", "ltd pty"),
        ("Crédit Agricole S.A.", "credit agricole", "sa"),
        ("Novo Nordisk A/S", "novo nordisk", "as"),
        ("Software AG", "software ag", ""),
        ("The Goldman Sachs Group, Inc.", "goldman sachs group", "inc"),
        ("Booz Allen & Hamilton", "booz allen hamilton", ""),
        ("Inc", "inc", ""),
        ("L’Oréal", "loreal", ""),
        ("us-east-1", "us east 1", ""),
        ("ServiceNow, Inc.", "servicenow", "inc"),
        ("Service Now Inc.", "service now", "inc"),
        ("数据 云", "数据 云", ""),
    ],
)
def test_legal_forms_and_punctuation_are_not_the_name(text: str, core: str, legal: str) -> None:
    """What is left is lower case, plain and in order; legal forms go into their own set."""
    taken = take_apart(text)
    assert " ".join(taken.core) == core
    assert " ".join(sorted(taken.legal)) == legal


@pytest.mark.parametrize(
    ("text", "core", "parts", "address"),
    [
        ("AWS (Ohio), 410 Terry Ave", "aws", "ohio", True),
        ("AWS, Inc. 410 Terry Ave N Seattle", "aws", "", True),
        ("Amazon Web Services - 410 Terry Ave. North", "amazon web services", "", True),
        ("SAP SE, Dietmar-Hopp-Allee 16, 69190 Walldorf", "sap", "", True),
        ("Google Ireland Ltd, Gordon House, Barrow Street, Dublin 4", "google", "ireland", True),
        ("Studio 54", "studio 54", "", False),
        ("Wall Street Systems - Treasury", "wall street systems treasury", "", False),
        ("Accenture (UK) Limited", "accenture", "uk", False),
        ("Vodafone Germany", "vodafone", "germany", False),
        ("T-Mobile USA, Inc.", "t mobile", "usa", False),
        ("Air India", "air india", "", False),
        ("Bank of America", "bank of america", "", False),
        ("Example GmbH, 5 Long Street, Springfield", "example", "", True),
        ("National Science Foundation (22-025)", "national science foundation", "025 22", False),
        ("(all in brackets)", "all in brackets", "", False),
    ],
)
def test_places_and_addresses_are_parts(text: str, core: str, parts: str, address: bool) -> None:
    """Brackets, countries at the end and street addresses are kept beside the name."""
    taken = take_apart(text)
    assert " ".join(taken.core) == core
    assert " ".join(sorted(taken.parts)) == parts
    assert taken.address == address


@pytest.mark.parametrize(
    ("text", "core", "other"),
    [
        ("Lumen Technologies f/k/a CenturyLink, Inc.", "lumen technologies", "centurylink"),
        ("Edgio (formerly Limelight Networks)", "edgio", "limelight networks"),
        ("AINS dba OPEXUS", "ains", "opexus"),
        ("Ontario Systems, LLC d/b/a Finvi", "ontario systems", "finvi"),
        ("Twitter (now X)", "twitter", "x"),
        ("Amazon Web Services (AWS)", "amazon web services", "aws"),
        ("AWS (Amazon Web Services)", "aws", "amazon web services"),
    ],
)
def test_former_trade_and_short_names_are_names(text: str, core: str, other: str) -> None:
    """f/k/a, dba, formerly, now, and an abbreviation in brackets give a second name."""
    taken = take_apart(text)
    assert " ".join(taken.core) == core
    assert [" ".join(o) for o in taken.others] == [other]


def test_initials_pass_over_small_words() -> None:
    """Department of Energy is DE; one word has none."""
    assert make_initials(["department", "of", "energy"]) == "de"
    assert make_initials(["energy"]) == ""


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_and_form_does_not_matter(text: str) -> None:
    """No text breaks it; blanks around and case change nothing."""
    taken = take_apart(text)
    assert take_apart(f"  {text}\t") == taken
    assert all(w and w == w.casefold() for w in taken.core)


@pytest.mark.parametrize("text", ["Twine Inc d/b/a Section.io", "Lumen f/k/a CenturyLink"])
def test_a_former_or_trade_name_is_told(text: str) -> None:
    """What a firm was, or trades as, may be another thing than the firm."""
    assert take_apart(text).former
    assert not take_apart("Amazon Web Services (AWS)").former
