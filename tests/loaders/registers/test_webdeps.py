"""What websites stand on: small tables written here, and the study's tables of April 2023."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.loaders.sums import added_up
from tests.paths import DATA

STUDY = DATA / "web/webdep-us-2023"
real = pytest.mark.skipif(not STUDY.is_dir(), reason=f"the study is not at {STUDY}")

DNS = """\
1000,shop.example,cloudy,Third
1000,shop.example,cloudy,Third
1000,news.example,cloudy,Third
1000,news.example,routed.net,Third
1000,own.example,own.example,Pvt
5000,both.example,own-dns,Pvt
5000,both.example,cloudy.com,Third
5000,,cloudy,Third
5000,odd.example,cloudy
5000,odd.example,.,unknown
5000,twin.example,ns-a.net,unknown
5000,twin.example,ns-a.co.uk,unknown
5000,speedy.net,routed.net,Third
"""
CDN = "1000,shop.example,Speedy,Third\n1000,\n"
CA = """\
1000,shop.example,trustyinc,Third,True
1000,news.example,ocsp.trusty.org,Trusty Inc.,Third,False
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / name.replace("__", "-")).write_text(text)
    return tmp_path


def study(tmp_path: Path) -> Path:
    return folder(
        tmp_path,
        us__dns__202401=DNS, us__cdn__202401=CDN, us__ca__202401=CA,
        websites_us_202401="1000,shop.example\n10000,quiet.example\n",
        DNS_MAP="cloudy,cloudy.com;cloudy.net\n", CDN_MAP="Speedy,cdn.speedy.net;speedy\n",
        CA_MAP="trustyinc,ocsp.trusty.org\nno domain\n", OCSP_NAMES="Trusty, Inc.,http://t.org\n",
    )  # fmt: skip


def hit(tables: Tables, *origins: str) -> set[str]:
    graph = DependencyGraph.from_tables(tables)
    rows = whatif(graph, list(origins), assume=1.0).entities
    return set(rows.filter(pl.col("probability") == 1, pl.col("rank") > 0)["name"])


def test_sites_and_their_providers(tmp_path: Path) -> None:
    """Who stands on one provider falls with it; who has two, or its own beside it, does not."""
    tables = load_tables([study(tmp_path)])
    assert tables.title == "What websites stand on, 2024-01"
    assert hit(tables, "cloudy (DNS)") == {"shop.example"}
    assert hit(tables, "cloudy (DNS)", "routed.net (DNS)") >= {"shop.example", "news.example"}
    assert "both.example" not in hit(tables, "cloudy (DNS)", "routed.net (DNS)")
    assert hit(tables, "trustyinc (CA)") == {"shop.example", "news.example"}
    assert "own.example" not in set(tables.dependencies["dependent"])
    quiet = tables.entities.filter(pl.col("name") == "quiet.example")
    assert quiet["rank"].to_list() == [10000]


def test_a_chain_from_provider_to_provider(tmp_path: Path) -> None:
    """The CDN's domain is a site of the DNS table: its DNS takes the CDN and its sites down."""
    tables = load_tables([study(tmp_path)])
    assert hit(tables, "routed.net (DNS)") == {"speedy (CDN)", "speedy.net", "shop.example"}


def test_name_servers_of_one_operator_are_no_spare(tmp_path: Path) -> None:
    """ns-a.net beside ns-a.co.uk is one provider in two top-level domains."""
    tables = load_tables([study(tmp_path)])
    rows = tables.dependencies.filter(pl.col("dependent") == "site:twin.example")
    assert rows["provider"].to_list() == ["dns:ns-a.co.uk"]
    assert rows["group"].to_list() == [None]


def test_the_report_adds_up(tmp_path: Path) -> None:
    """Broken, repeated and own rows, by hand."""
    tables = load_tables([study(tmp_path)])
    assert added_up(tables.report) == {
        "us-dns-202401": (13, 7), "us-cdn-202401": (2, 1), "us-ca-202401": (2, 2),
        "websites_us_202401": (2, 2), "DNS_MAP": (1, 1), "CDN_MAP": (1, 1), "CA_MAP": (2, 1),
        "OCSP_NAMES": (1, 1),
    }  # fmt: skip
    said = "\n".join(map(str, tables.report))
    assert "dropped 4: a row that is not rank, site, provider, party" in said
    assert "'5000,odd.example,cloudy' at us-dns-202401:9" in said
    assert "merged 2: a provider of a site that stands before" in said
    assert "dropped 1: a DNS provider that is the site's own: no dependency (own.example" in said


def test_one_table_and_a_head(tmp_path: Path) -> None:
    """A single file is a source, with or without a head; its name tells the service."""
    (tmp_path / "my-dns.csv").write_text("rank,site,provider,party\n1000,a.org,x,Third\n")
    assert find_format(tmp_path / "my-dns.csv").name == "webdeps"
    tables = load_tables([tmp_path / "my-dns.csv"])
    assert tables.dependencies["relation"].to_list() == ["resolved_by"]
    (tmp_path / "table").write_text("1000,a.org,x,Third\n")
    with pytest.raises(InputError, match="table: of which service are these providers"):
        load_tables([tmp_path / "table"])


def test_the_newest_table_of_a_folder_counts(tmp_path: Path) -> None:
    """Two months of one service: the later is read, the rows of the other are counted."""
    folder(tmp_path, dns__202301="1,a.org,x,Third\n", dns__202302="1,a.org,y,Third\n")
    tables = load_tables([tmp_path])
    assert tables.dependencies["provider"].to_list() == ["dns:y"]
    assert added_up(tables.report)["dns-202301"] == (1, 0)


def test_files_of_a_folder_that_are_not_read(tmp_path: Path) -> None:
    """They are named."""
    folder(tmp_path, dns__202301="1,a.org,x,Third\n", readme="about\n", cdn__202301="what\n")
    said = "\n".join(map(str, load_tables([tmp_path]).report))
    assert "note 2: a file of the folder that is not read (cdn-202301; readme)" in said


# ---- the study


def plain_rows(name: str, party: int) -> set[tuple[str, str, str]]:
    """Site, provider and party of the rows that are whole: a loop, and no map of names."""
    with (STUDY / name).open(newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > party and row[1]]
    return {(r[1].lower(), r[party - 1].strip(" .").lower(), r[party]) for r in rows}


@real
def test_direct_users_equal_a_plain_count() -> None:
    """The largest providers serve as many sites as a loop over the files counts."""
    tables = load_tables([STUDY])
    added_up(tables.report)
    users: dict[str, set[str]] = defaultdict(set)
    for dependent, provider in tables.dependencies.select("dependent", "provider").iter_rows():
        users[provider].add(dependent)
    for name, role in (("us-dns-202304", "dns"), ("us-ca-202304", "ca"), ("us-cdn-202304", "cdn")):
        rows = plain_rows(name, 3)
        wanted = Counter(p for _, p, party in rows if party == "Third")
        for provider, count in wanted.most_common(3):
            found = sum(user.startswith("site:") for user in users[f"{role}:{provider}"])
            # rows of unknown party and of other names for the provider come on top
            assert count <= found <= count * 1.05, (provider, count, found)


@real
def test_shares_are_those_of_the_study() -> None:
    """Concentrated as the study found: three providers of each service hold over half its users."""
    tables = load_tables([STUDY])
    third = tables.dependencies.filter(pl.col("party") == "third")
    for relation, least in (("resolved_by", 0.7), ("delivered_by", 0.7), ("certified_by", 0.7)):
        rows = third.filter(pl.col("relation") == relation)
        top = rows.group_by("provider").len().sort("len", descending=True)["provider"].head(3)
        held = rows.filter(pl.col("provider").is_in(top.implode()))["dependent"].n_unique()
        assert least < held / rows["dependent"].n_unique() < 0.8
    sites = tables.entities.filter(pl.col("kind") == "site").height
    sites_of = third.filter(pl.col("dependent").str.starts_with("site:"))
    sole = sites_of.filter(pl.col("group").is_null())["dependent"].n_unique()
    assert (sites, sole) == (7977, 7479)


def test_a_company_can_fail_whole(tmp_path: Path) -> None:
    """Its DNS and its CDN together; the error for its bare name offers that."""
    tables = "1000,shop.example,cloudy,Third\n1000,news.example,cloudy,Third\n"
    cdn = "1000,odd.example,cloudy,Third\n"
    source = folder(tmp_path, us__dns__202401=tables, us__cdn__202401=cdn)
    graph = DependencyGraph.from_tables(load_tables([source]))
    answer = whatif(graph, {"whole": "Cloudy"}, assume=1.0)
    assert answer.scenario.origin_ids == ["cdn:cloudy", "dns:cloudy"]
    assert answer.totals.hit == 3
    with pytest.raises(UnknownEntityError, match='--whole "cloudy"'):
        whatif(graph, "Cloudy")
