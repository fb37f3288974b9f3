"""The story of two editions of the federal market: its table is what `rank` says, its facts stand
in the feed, and the places in `compare` are explained by what can have moved them."""

import json
import re

import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis.compare import compare
from knockon.graph.words import number
from knockon.loaders.registers.fedramp import read_fedramp
from tests.paths import ROOT, SAMPLES

FEEDS = ROOT.parent / "shared" / "data" / "fedramp"
YEARS = {"federal-cloud-2024": "2024-07-17", "federal-cloud-2025": "2025-07-01"}
GRAPHS = [ko.load(SAMPLES / name) for name in YEARS]


def test_the_table_is_what_rank_says() -> None:
    """Both top tens, places from best to worst, agencies hit, and the high ends."""
    first, then = (
        {r["id"]: r for r in ko.rank(g, among="enterprise").rows.to_dicts()} for g in GRAPHS
    )
    ids = dict.fromkeys([*list(first)[:10], *list(then)[:10]])
    text = (SAMPLES / "federal-cloud-2025" / "README.md").read_text()
    told = [line.strip("| ").split(" | ") for line in text.splitlines() if "direct |" in line]
    assert len(told) == len(ids) == 12
    for cells, i in zip(told, ids, strict=True):
        expected = [first[i]["name"]]
        for r in (first[i], then[i]):
            expected.append(f"{r['rank']} ({r['rank_best']} to {r['rank_worst']})")
            hit = number(r["hit_direct"] + r["hit_indirect"])
            expected.append(f"{hit}, {number(r['hit_direct'])} direct")
        expected.append(f"{first[i]['hit_high']:.0f}, then {then[i]['hit_high']:.0f}")
        assert cells == expected
    for rows in (first, then):
        top = list(rows.values())[:10]
        assert sum(r["rank_worst"] <= 10 for r in top) == 4


def test_what_explains_a_move_can_have_made_it() -> None:
    """Without groups, nothing that went makes anything likelier, and nothing that came less so."""
    found = compare(*GRAPHS, "AWS GovCloud").rows.filter(pl.col("because").is_not_null())
    assert found.height > 100
    for change, because in found.select("change", "because").iter_rows():
        assert because.endswith(" came" if change > 0 else " went")


@pytest.mark.parametrize(("name", "edition"), YEARS.items())
def test_the_samples_are_the_feed(name: str, edition: str) -> None:
    """Every dependency of the sample, and no other."""
    feed = FEEDS / f"{edition}.json"
    if not feed.exists():
        pytest.skip("../shared/data is not here")
    ends = ["dependent", "provider", "relation"]
    mine = pl.read_csv(SAMPLES / name / "dependencies.csv", columns=ends, infer_schema=False)
    whole = ko.DependencyGraph.from_tables(read_fedramp(feed)).dependencies
    assert set(mine.iter_rows()) >= set(whole.select(ends).iter_rows())


def test_what_the_feed_leaves_out_is_so() -> None:
    """Its own counters beside its lists, as the story tells them."""
    text = " ".join((SAMPLES / "federal-cloud-2025" / "README.md").read_text().split())
    if not FEEDS.exists():
        pytest.skip("../shared/data is not here")
    for edition, codes, count in (("2024-07-17", 128, 408), ("2025-07-01", 1, 620)):
        products = json.loads((FEEDS / f"{edition}.json").read_text())["data"]["Products"]
        (okta,) = [p for p in products if p["id"] == "F1512167750"]
        assert (len(okta["agency_reuse"]), okta["reuse"]) == (codes, count)
        assert re.search(rf"\b{count}\b", text)
