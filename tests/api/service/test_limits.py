"""The table of limits: parsed, refused in words, and the same in the docs."""

import pytest

from knockon.api.service.limits import LIMITS, Limits
from knockon.graph.errors import InputError
from tests.paths import ROOT


def test_limits_are_set_by_name() -> None:
    """The last counts; zeros are found on this machine; all others stay."""
    limits = Limits.parse(["queue=5", "header-seconds=2.5", "queue=7"])
    assert (limits["queue"], limits["header_seconds"], limits["body"]) == (7, 2.5, 2**20)
    assert 2 <= limits["workers"] <= 4
    assert limits["memory"] >= 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("que=5", "no limit is called 'que'; did you mean 'queue'"),
        ("queue", "expected queue=NUMBER of at least 0, got 'queue'"),
        ("rows=0", "expected rows=NUMBER of at least 1, got 'rows=0'"),
        ("rows=nan", "got 'rows=nan'"),
        ("time=inf", "got 'time=inf'"),
    ],
)
def test_what_is_no_limit_is_refused(text: str, said: str) -> None:
    """With the nearest name, and what was expected."""
    with pytest.raises(InputError, match=said):
        Limits.parse([text])


def format_table() -> str:
    """The limits as docs/http.md shows them."""
    rows = [
        f"| `{limit.name}` | {limit.default:,.10g} | {limit.unit} {limit.help} | "
        f"{limit.status or ''} |"
        for limit in LIMITS
    ]
    return "\n".join(["| limit | default | | beyond |", "|---|---|---|---|", *rows])


def test_the_docs_show_the_table() -> None:
    """Paste it where it is not the same."""
    assert format_table() in (ROOT / "docs" / "http.md").read_text()
