"""The ranked table at every width: names whole, constants said once, nothing cut in figures."""

import io
import re

import polars as pl
import pytest

import knockon
from knockon.api.text.console import make_console
from knockon.api.text.tables import print_whatif
from tests.paths import SAMPLES

ASKED = {
    "federal": ("federal-cloud-2024", "Falcon Platform", {"worlds": 256}),
    "rollout": (
        "crowdstrike-2024", "falcon-cf291",
        {"mode": "bad_update", "rollout": "1%@0,10%@4,100%@24", "halt": 6},
    ),
    "dora": ("dora-register", "Stellwerk Rechenzentren GmbH", {}),
}  # fmt: skip


def show(impact: knockon.Impact, width: int, top: int | None = 20, kind: str | None = None) -> str:
    page = io.StringIO()
    console = make_console(page)
    console.width = width
    print_whatif(console, impact, kind=kind, top=top)
    return page.getvalue()


@pytest.mark.parametrize("hours", [None, 8])
@pytest.mark.parametrize("asked", ASKED)
def test_names_are_whole_and_figures_are_never_cut(asked: str, hours: int | None) -> None:
    """At 80, 120 and 200 columns; no line is longer, and nothing ends in an ellipsis."""
    sample, origin, options = ASKED[asked]
    graph = knockon.load(SAMPLES / sample)
    impact = knockon.whatif(graph, origin, hours=hours, **options)
    names = impact.entities["name"][1:21].to_list()
    for width in (80, 120, 200):
        page = show(impact, width)
        assert max(map(len, page.splitlines())) <= width
        table = page[page.index(" entity ") :].partition(" more row")[0].partition("\n- ")[0]
        letters = re.sub(r"[^\w]", "", page)
        assert all(re.sub(r"[^\w]", "", name[:20]) in letters for name in names)
        if width > 100:
            assert all(name in page for name in names if len(name) < 40)
        assert not re.search(r"(?<![-\w])\d[\d.,]*…|%…|unk…|ver…|im…", table)  # names may be
        assert "…" not in table


def test_what_is_the_same_in_all_rows_is_said_once() -> None:
    """Kind, range, verdict, hours, ties; with a row that differs it is a column again."""
    graph = knockon.load(SAMPLES / "crowdstrike-2024")
    impact = knockon.whatif(graph, "crowdstrike", mode="bad_update", hours=4)
    page = show(impact, 80, kind="enterprise")
    said = " ".join(page[page.index("All 20 rows") :].split("\n \n")[0].split())
    for words in ("kind enterprise", "100 % likely", "verdict hit", "from hour 0 on", "down for 4"):
        assert words in said
    assert "verdict" not in page[page.index(" entity ") :].partition("more rows")[0]
    assert " kind " in show(impact, 120, top=None).partition(" entity ")[2]


def test_a_tie_and_what_is_assumed_are_said_so() -> None:
    """`1 to 3` of equal rows; the range leads, the middle is called by its assumption."""
    rows = {"dependent": [*"abcd"], "provider": ["p"] * 4, "probability": [None] * 3 + [0.2]}
    graph = knockon.DependencyGraph.from_polars(pl.DataFrame(rows))
    page = show(knockon.whatif(graph, "p", assume=0.4), 80)
    assert "1 to 3  a" in page
    assert "0 to 100 %" in page
    assert "counts 0.4" in page
    assert "unlikely" in page
    assert "of unknown kind" in page


@pytest.mark.parametrize("top", [1, 3, 20])
def test_an_assumption_is_no_likelihood(top: int) -> None:
    """Where strengths are unknown no share is "likely": it is what the assumption gives."""
    graph = knockon.load(SAMPLES / "federal-cloud-2024")
    page = show(knockon.whatif(graph, "Falcon Platform", worlds=500), 120, top=top)
    assert not re.search(r"\blikely\b", page)
    assert ("hit in 0 to 100 % of cases" in page) == (top > 1)  # one row has columns only
    assert "if unknown counts 0.5" in page


def test_a_route_that_finds_no_room_says_who_is_nearest_and_how_many_beyond() -> None:
    """The whole chain where it fits; never cut within a name."""
    rows = pl.DataFrame(
        {"dependent": ["first in line", "second in line", "third of the line", "z"],
         "provider": ["o", "first in line", "second in line", "third of the line"]}
    )  # fmt: skip
    impact = knockon.whatif(knockon.DependencyGraph.from_polars(rows), "o")
    assert "third of the line ← second in line ← first in line" in show(impact, 200)
    narrow = " ".join(show(impact, 70).split())
    assert "third of the line ← 2 more" in narrow or "third of the ← 2 more" in narrow


def test_moves_close_to_all_and_to_nothing_are_spelled_out() -> None:
    """A sign before `>99 %` reads as an arrow."""
    from knockon.api.text.layouts import _describe_move

    assert _describe_move(-0.9961, 0.014) == "-99.6 % ± 3 %"
    assert _describe_move(0.99999, 0.0) == "+99.9 %"
    assert _describe_move(0.004, 0.001) == "+0.4 % ± 0.2 %"
    assert _describe_move(1.0, 0.0) == "+100 %"
