"""Ten answers on the samples, read by a sceptic: no sentence, cell or picture claims more than the
data.

The reader knows the rows (JSON of the same answer) and the tables of the source, and nothing else.
"""

import io
import re
from functools import partial
from typing import Any, NamedTuple

import polars as pl
import pytest

import knockon
from knockon.api.schema import serialize_answer, serialize_whatif
from knockon.api.text.console import format_markdown, make_console
from knockon.api.text.rows import print_answer
from knockon.api.text.tables import print_whatif
from knockon.graph.analysis.answer import list_pictures
from tests.paths import SAMPLES

LARGE = {"worlds": 300}


class Asked(NamedTuple):
    sample: str
    origin: Any
    options: dict[str, Any]


TEN = {
    "falcon": Asked("federal-cloud-2024", "Falcon Platform", LARGE),
    "govcloud": Asked("federal-cloud-2024", "AWS GovCloud", {"hours": "2..72", **LARGE}),
    "two": Asked(
        "federal-cloud-2024", ["Slack", "Tenable.io"], {"protect": "Duo Federal", **LARGE}
    ),
    "update": Asked("crowdstrike-2024", "falcon-cf291", {"mode": "bad_update"}),
    "outage": Asked("crowdstrike-2024", "falcon-cf291", {}),
    "rings": Asked(
        "crowdstrike-2024", "falcon-cf291",
        {"mode": "bad_update", "rollout": "1%@0,10%@4,100%@24", "hours": 8},
    ),
    "part": Asked("crowdstrike-2024", "emis-web", {"severity": 0.3}),
    "register": Asked("dora-register", "Stellwerk Rechenzentren GmbH", {}),
    "incident": Asked("incidents/aws-us-east-1-2025.yaml", "ddb-dns-use1", {"hours": 2.6}),
    "names": Asked("split-vendor/saas", "aws", {}),
}  # fmt: skip


@pytest.fixture(scope="module", params=TEN)
def found(request: pytest.FixtureRequest) -> tuple[Asked, knockon.Impact]:
    asked = TEN[request.param]
    graph = knockon.load(SAMPLES / asked.sample)
    return asked, knockon.whatif(graph, asked.origin, **asked.options)


def read_page(impact: knockon.Impact) -> str:
    page = io.StringIO()
    console = make_console(page)
    console.width = 200
    print_whatif(console, impact, kind=None, top=20)
    return page.getvalue()


def draw_pictures(impact: knockon.Impact) -> list[str]:
    drawn = [impact.to_svg(), impact.exceedance_svg()]
    drawn += [impact.timeline_svg()] if impact.scenario.hours else []
    drawn += [impact.detection_svg()] if impact.scenario.rollout else []
    return drawn


def read_texts(svg: str) -> str:
    """What a reader sees or hovers over."""
    return " ".join(re.findall(r"<(?:text|title|desc)[^>]*>([^<]*)<", svg))


def find_others(impact: knockon.Impact) -> pl.DataFrame:
    return impact.entities.filter((pl.col("rank") > 0) & (pl.col("probability_high") > 0))


def test_nothing_is_expected_or_likely_by_an_assumption(found: Any) -> None:
    """Where unknown strengths leave a range, no sentence expects, and the middle goes by its name:
    in the headline, the table, and every picture."""
    _, impact = found
    others = find_others(impact)
    if (others["probability_low"] == others["probability_high"]).all():
        return
    texts = [impact.headline, impact.assumption, *map(read_texts, draw_pictures(impact))]
    for text in texts:
        assert not re.search(r"\bexpected\b", text), text
        assert not re.search(r"(?<!0 to )\b\d+ % likely\b", text), text
    page = read_page(impact)
    assert "expected hit" not in page
    assert f"counts {impact.scenario.assume:g}" in page


def test_a_range_stands_wherever_a_row_has_one(found: Any) -> None:
    """`0 to 100 %` and verdict unknown, not a half: no bare figure for a row between 0 and 1."""
    _, impact = found
    for row in find_others(impact).iter_rows(named=True):
        low, high = row["probability_low"], row["probability_high"]
        if low < 0.5 <= high:
            assert row["verdict"] == "unknown"
        assert low - 1e-12 <= row["probability"] <= high + 1e-12
    rows = find_others(impact).head(20)
    open_ = rows.filter((pl.col("probability_low") == 0) & (pl.col("probability_high") == 1))
    if open_.height:
        assert "0 to 100 %" in read_page(impact)
        assert not re.search(r"\bspared\b", read_page(impact).partition("verdict")[0])


def test_the_headline_counts_what_the_rows_hold(found: Any) -> None:
    """The most that it names per kind is the sum of the highest probabilities of its rows, and no
    more entities than the graph has; an origin is never among them."""
    _, impact = found
    named = r"(?:(\S+) to |up to )?([\d.,]+) of ([\d,]+) ([a-z ]+?)(?= and|,| are| is| of)"
    ends = re.findall(named, impact.headline)
    by_kind = {row["entities"]: row for row in impact.by_kind.iter_rows(named=True)}
    for _, most, of, _ in ends:
        row = by_kind[int(of.replace(",", ""))]
        assert float(most.replace(",", "")) <= row["hit_high"] + 0.05 <= row["entities"] + 0.05
    everybody = impact.entities.filter(pl.col("rank") > 0)
    assert impact.totals.hit_high == pytest.approx(everybody["probability_high"].sum())


def test_every_text_says_what_was_asked(found: Any) -> None:
    """Hours, protection, severity, mode, date and hindsight, in headline, table, JSON, pictures."""
    asked, impact = found
    said = impact.question
    wanted = {
        "hours": "down for", "protect": "nothing hits", "severity": "severity 30 %",
        "rollout": "rollout to", "mode": "mode bad_update",
    }  # fmt: skip
    for option in set(asked.options) & set(wanted):
        assert wanted[option] in said.lower()
    if impact.graph.as_of:
        assert impact.graph.as_of in impact.headline
    if impact.graph.hindsight:
        assert "hindsight" in impact.headline
    if "hours" in asked.options:
        assert re.search(r"(for|down for) [\d.]+( to [\d.]+)? h", impact.headline)
    if "severity" in asked.options:
        assert "by 30 %" in impact.headline
    first = said.split(";")[0].rstrip(".") if said else ""
    assert first in " ".join(read_page(impact).split())
    assert serialize_whatif(impact)["question"] == said
    for picture in draw_pictures(impact):
        assert first in read_texts(picture).replace("  ", " ")


def test_equal_rows_are_ties_and_no_drawn_share_is_certain(found: Any) -> None:
    """Ranks hold each other; a sampled share reads 0 % or 100 % only where low or high says so."""
    _, impact = found
    ranked = find_others(impact)
    assert (ranked["rank_best"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_worst"]).all()
    same = ranked.group_by("impact", "probability", "std_error", "impact_std_error").agg(
        pl.col("rank_best").n_unique().alias("best"), pl.len()
    )
    assert (same["best"] == 1).all()
    page = read_page(impact)
    drawn = ranked.head(20).filter(pl.col("std_error") > 0)["probability"]
    if (drawn == 1).any():
        assert ">99 %" in page
    if drawn.len() == min(20, ranked.height):  # then none of the rows is certain at the middle
        table = page.partition(" entity ")[2].partition("\n- ")[0]
        assert not re.search(r"(?<!to )\b100 %", table)


def test_percentiles_and_totals_have_low_and_high(found: Any) -> None:
    """Low, middle and high in this order, of hits, impact and every percentile."""
    _, impact = found
    for name in ("hit", "impact", "p50", "p95", "p99"):
        low, middle, high = (
            getattr(impact.totals, f"{name}{end}") for end in ("_low", "", "_high")
        )
        assert low <= middle + 1e-9 <= high + 2e-9, name


def test_loading_is_one_line(found: Any) -> None:
    """What loading did is counted on the terminal, told in full in JSON and by `load`."""
    _, impact = found
    page = " ".join(read_page(impact).split())
    assert page.count("`knockon load` tells which and why") == bool(impact.graph.report)
    for line in impact.graph.report:
        assert line in impact.notes
        assert line not in page


def test_a_ring_after_the_mend_is_said() -> None:
    """The last ring starts at 24 h, the origin is up again after 8: in the answer, on the chart."""
    asked = TEN["rings"]
    impact = knockon.whatif(knockon.load(SAMPLES / asked.sample), asked.origin, **asked.options)
    assert "Rings that start at 24 h may find the update mended" in impact.assumption
    for picture in (impact.detection_svg(), impact.timeline_svg()):
        assert "may find the update mended" in read_texts(picture)


def test_no_chart_of_nothing() -> None:
    """An outage that reaches nobody has words in the place of an empty plot."""
    asked = TEN["outage"]
    impact = knockon.whatif(knockon.load(SAMPLES / asked.sample), asked.origin)
    assert "nobody else is hit" in impact.headline
    assert 'class="curve"' not in impact.exceedance_svg()


VERBS = {
    "rank": lambda g: knockon.rank(g, hours=4, top=5, worlds=64, protect="Slack"),
    "why": lambda g: knockon.why(
        g, "Department of Energy", "Falcon Platform", hours=4, worlds=64, protect="Slack"
    ),
    "cuts": lambda g: knockon.cuts(g, "Department of Energy", order=1, protect="Slack"),
    "harden": lambda g: knockon.harden(g, "Falcon Platform", budget=2, worlds=64, protect="Slack"),
    "compare": lambda g: knockon.compare(
        g, None, "Falcon Platform", worlds=64, after={"protect": ["Slack"]}
    ),
    "concentration": lambda g: knockon.concentration(g, relation="uses"),
    "strengths": lambda g: knockon.strengths(g, "Falcon Platform", protect="Slack"),
}  # fmt: skip
RESTS = {  # nothing is known of any strength: what each headline leads with
    "rank": r"may do most harm \(place 1 to \d+\): up to \d+ others hit, \d+ if unknown counts 0.5",
    "why": "is hit with 0 to 100 %, by more than 5 ways",
    "cuts": "single points of failure of Department of Energy, none for sure",
    "harden": r"2 fixes save up to \d+; if unknown counts 0.5, \d+ of \d+",
    "compare": r"0 to \d+ hit before, 0 to \d+ after",
    "concentration": "is used by",
    "strengths": "none stated",
}


@pytest.fixture(scope="module", params=VERBS)
def answered(request: pytest.FixtureRequest) -> Any:
    return VERBS[request.param](knockon.load(SAMPLES / "federal-cloud-2024"))


def test_a_headline_of_any_verb_leads_with_what_is_known(answered: Any) -> None:
    """The range before the middle, which goes by its assumption; ties; what is sure."""
    assert re.search(RESTS[answered.verb], answered.headline)


def test_any_verb_says_what_it_was_asked_and_the_date_once(answered: Any) -> None:
    """In the table, as Markdown, in JSON and on the picture; the same fields in each."""
    asked = answered.question
    if answered.verb != "concentration":
        assert "nothing hits slack" in asked.lower()
    own = {
        "rank": "down for 4 h", "why": "down for 4 h", "cuts": "order 1", "harden": "budget 2",
        "concentration": "relation uses",
    }  # fmt: skip
    assert own.get(answered.verb, "") in asked.lower()
    assert serialize_answer(answered)["question"] == asked
    pages = [format_markdown(partial(print_answer, top=3), answered), answered.headline + asked]
    if answered.verb in list_pictures():
        pages.append(" ".join(re.findall(r"<text[^>]*>([^<]*)<", answered.to_svg())))
    for page in pages:
        flat = " ".join(page.split())
        assert flat.count("data of 2024-07-17") + flat.count("Data of 2024-07-17") == 1, flat
