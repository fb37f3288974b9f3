"""C and I of websites' providers (Kashaf, Sekar, Agarwal 2020) by a script of its own.

It reads the study's tables line by line, with sets and loops, and shares nothing with the reader or
the analysis: sites with what they use, which providers have which domains, who resolves these.
"""

from collections import defaultdict
from pathlib import Path

import pytest

import knockon as ko
from tests.paths import DATA

STUDY = DATA / "web/webdep-us-2023"
ROLE = {"resolved_by": "dns", "delivered_by": "cdn", "certified_by": "ca"}
Uses = dict[str, dict[str, set[str]]]  # role -> site -> its providers; "" is the site itself


def clean(name: str, role: str) -> str:
    name = name.strip(" .").lower()
    return "".join(c for c in name if c not in " .,") if role == "ca" else name


def read_maps(folder: Path) -> tuple[dict[str, dict[str, str]], set[tuple[str, str, str]]]:
    """What each provider is called first, and (role, provider, domain) of what it may own."""
    first: dict[str, dict[str, str]] = defaultdict(dict)
    owned: list[tuple[str, str, str]] = []
    for role in ("dns", "cdn", "ca"):
        for line in (folder / f"{role.upper()}_MAP").read_text().splitlines():
            name, _, words = line.partition(",")
            if not words.strip():
                continue
            main = first[role].get(clean(name, role), clean(name, role))
            first[role].setdefault(main, main)
            for word in words.replace(",", ";").split(";"):
                word = word.strip().strip(".").lower()
                if word and first[role].setdefault(word, main) == main:
                    owned.append((role, main, word))
    for line in (folder / "OCSP_NAMES").read_text().splitlines():
        name, _, host = line.rpartition(",http")
        host = host.partition("://")[2].partition("/")[0].strip().lower()
        if name and host:
            owned.append(("ca", clean(name, "ca"), host))
    domains = {
        (role, provider, ".".join(host.split(".")[i:]))
        for role, provider, host in owned
        for i in range(min(3, host.count(".")))
    }
    return first, domains


def read_uses(folder: Path, first: dict[str, dict[str, str]]) -> tuple[Uses, set[str]]:
    """Who uses what by the tables, and all sites."""
    uses: Uses = {role: defaultdict(set) for role in ROLE.values()}
    sites: set[str] = set()
    for file in sorted(folder.iterdir()):
        role = next((r for r in ROLE.values() if f"us-{r}-" in file.name), None)
        if file.name.startswith("websites"):
            sites |= {line.split(",")[1].strip() for line in file.read_text().splitlines()}
        if role is None:
            continue
        for line in file.read_text().splitlines():
            cells = line.split(",")
            if role == "ca" and len(cells) == 6:
                del cells[2]  # where revocation is checked
            if len(cells) < 4 or not cells[1].strip(" .") or not clean(cells[2], role):
                continue
            site, party = cells[1].strip(" .").lower(), cells[3].strip().lower()
            if not cells[0].strip().isdigit() or party not in ("third", "pvt", "unknown"):
                continue
            provider = clean(cells[2], role)
            uses[role][site].add("" if party == "pvt" else first[role].get(provider, provider))
            sites.add(site)
    for role in uses:
        join_twins(uses[role])
    return uses, sites


def join_twins(uses: dict[str, set[str]]) -> None:
    """`ns-a.net` and `ns-a.co.uk` at one site are one provider, everywhere."""
    alike: dict[str, set[str]] = defaultdict(set)
    for providers in uses.values():
        for label in {p.split(".")[0] for p in providers if "." in p}:
            same = {p for p in providers if "." in p and p.split(".")[0] == label}
            if len(same) > 1:
                alike[label] |= same
    one = {p: min(same) for same in alike.values() for p in same}
    for site in uses:
        uses[site] = {one.get(p, p) for p in uses[site]}


def count(folder: Path) -> tuple[dict[tuple[str, str], tuple[int, int, int, int]], int]:
    """(role, provider) -> users, critical, users indirect, critical indirect; and all sites."""
    first, domains = read_maps(folder)
    uses, sites = read_uses(folder, first)
    direct: dict[tuple[str, str], set[str]] = defaultdict(set)
    alone: dict[tuple[str, str], set[str]] = defaultdict(set)
    for role, by_site in uses.items():
        for site, providers in by_site.items():
            for provider in providers - {""}:
                direct[role, provider].add(site)
                if len(providers) == 1:
                    alone[role, provider].add(site)
    # who resolves the domains of CDNs and authorities: of a domain with one resolver it is critical
    reach, fall = defaultdict(set), defaultdict(set)
    for role, provider, domain in domains:
        resolvers = uses["dns"].get(domain, set()) - {""}
        if role == "dns" or (role, provider) not in direct:
            continue
        for resolver in resolvers:
            reach["dns", resolver] |= direct[role, provider]
            if len(resolvers) == 1:
                fall["dns", resolver] |= alone[role, provider]
    found = {}
    for key in direct.keys() | reach.keys():
        use, need = direct[key] | reach[key], alone[key] | fall[key]
        found[key] = (
            len(direct[key]), len(alone[key]), len(use) - len(direct[key]),
            len(need) - len(alone[key]),
        )  # fmt: skip
    return {key: figures for key, figures in found.items() if any(figures)}, len(sites)


def ask(folder: Path) -> tuple[dict[tuple[str, str], tuple[int, int, int, int]], int]:
    """The same by knockon."""
    answer = ko.concentration(ko.load(folder))
    rows = answer.rows.iter_rows(named=True)
    names = ("users", "critical", "users_indirect", "critical_indirect")
    found = {
        (ROLE[row["relation"]], row["id"].partition(":")[2]): tuple(row[n] for n in names)
        for row in rows
    }
    return found, int(answer.hhi["users"][0])  # type: ignore[return-value]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Six sites. a, b, c on CDN x, whose domain one resolver serves; d on x and y."""
    files = {
        "us-dns-202401": (
            "1000,a.org,dyna,Third\n1000,b.org,dyna,Third\n1000,b.org,route.net,Third\n"
            "1000,c.org,c.org,Pvt\n5000,d.org,d.org,Pvt\n5000,d.org,dyna,Third\n"
            "5000,x.net,dyna,Third\n5000,y.net,dyna,Third\n5000,y.net,route.net,Third\n"
            "5000,t.com,route.net,unknown\n"
        ),
        "us-cdn-202401": "1000,a.org,x,Third\n1000,b.org,x,Third\n1000,c.org,x,Third\n"
                         "5000,d.org,x,Third\n5000,d.org,y,Third\n",
        "us-ca-202401": "1000,a.org,trust,Third,True\n1000,c.org,trust,Third,False\n",
        "websites_us_202401": "1000,a.org\n5000,quiet.org\n",
        "DNS_MAP": "dyna,dyna.net\n", "CDN_MAP": "x,cdn.x.net\ny,y.net\n",
        "CA_MAP": "trust,ocsp.t.com\n", "OCSP_NAMES": "trust,http://ocsp.t.com\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_small_tables_by_hand(small: Path) -> None:
    """dyna: a, b, d and the domains x.net, y.net themselves; c through x, which dyna alone
    resolves: critical for a (itself), b and c; of y.net it is one of two."""
    found, sites = ask(small)
    assert sites == 8
    assert found["dns", "dyna"] == (5, 2, 1, 2)
    assert found["cdn", "x"] == (4, 3, 0, 0)
    assert found["ca", "trust"] == (2, 2, 0, 0)
    assert found["dns", "route.net"] == (3, 1, 3, 2)
    assert (found, sites) == count(small)


@pytest.mark.skipif(not STUDY.is_dir(), reason=f"the study is not at {STUDY}")
def test_the_study_by_a_script_of_its_own() -> None:
    """Every provider of 7,977 sites, all four figures."""
    found, sites = ask(STUDY)
    expected, all_sites = count(STUDY)
    assert sites == all_sites == 7_977
    assert found == expected
    assert found["dns", "cloudflare"] == (2_477, 2_459, 0, 0)
    assert found["dns", "amazon.com"] == (1_609, 1_582, 178, 153)
