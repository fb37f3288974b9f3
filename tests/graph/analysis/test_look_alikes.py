"""Who depends on another spelling of what failed is in no figure: the answer says so."""

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from tests.toys import dep, graph_of

SPELT = (
    "Amazon AWS", "AWS (Ohio), 410 Terry Ave", "Amazon Web Services, Inc.", "AWS",
    "Paws Ltd", "Awsome", "aws-sdk", "Azure",
)  # fmt: skip


def ask(origin: str, *names: str, **options: object) -> Impact:
    rows = [dep(f"{name} user", name, probability=None) for name in (origin, *names)]
    return whatif(graph_of(*rows), origin, **options)  # type: ignore[arg-type]


def test_other_spellings_of_what_failed_are_named_with_who_depends_on_them() -> None:
    """AWS is three more names here; words that only begin alike, and parts of ids, are none."""
    found = ask("AWS", *SPELT[:3], *SPELT[4:])
    assert found.assumption.endswith(
        "Not counted: 3 others depend on names like it: AWS (Ohio), 410 Terry Ave (1), Amazon AWS "
        "(1) and Amazon Web Services, Inc. (1); `knockon aliases` tells which may be one."
    )
    assert "Not counted: 3 others" in " ".join(found.to_svg().split())


@pytest.mark.parametrize(
    ("origin", "other", "alike"),
    [
        ("Amazon Web Services, Inc.", "AWS", True),
        ("Amazon Web Services, Inc.", "aws", False),  # a word in small letters is no acronym
        ("Cisco Systems, Inc.", "Cisco Systems Inc", True),
        ("Slack", "Slack for Government", True),
        ("Stripe", "Strife", False),
        ("12", "12 Main Street", False),
        ("api", "api-db", False),
        ("IT", "IT Services", False),
    ],
)
def test_what_is_a_name_like_it(origin: str, other: str, alike: bool) -> None:
    """The words of the name, what it abbreviates, its own initials."""
    assert ("Not counted" in ask(origin, other).assumption) is alike


def test_nothing_is_said_of_what_is_counted_or_owned_or_used_by_nobody() -> None:
    """A look-alike within reach, the maker of what failed, and a name that nobody depends on."""
    within = graph_of(dep("Slack Enterprise", "Slack"), dep("B", "Slack Enterprise"))
    assert "Not counted" not in whatif(within, "Slack").assumption
    maker = graph_of(dep("B", "Slack"), dep("Slack", "Slack Technologies"))
    assert "Not counted" not in whatif(maker, "Slack").assumption
    people = pl.DataFrame({"id": ["Slack Two"]})
    idle = DependencyGraph.from_polars(
        pl.DataFrame({"dependent": ["B"], "provider": ["Slack"]}), people
    )
    assert "Not counted" not in whatif(idle, "Slack").assumption
