"""Entities as people call them."""

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import AmbiguousEntityError, InputError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph


def graph_of(
    entities: list[dict[str, str | None]], *pairs: tuple[str, str], relation: str = "uses"
) -> DependencyGraph:
    dependencies = pl.DataFrame(
        {"dependent": [a for a, _ in pairs], "provider": [b for _, b in pairs]},
        schema={"dependent": pl.String, "provider": pl.String},
    ).with_columns(relation=pl.lit(relation))
    return DependencyGraph.from_polars(dependencies, pl.DataFrame(entities))


AGENCIES = graph_of(
    [
        {"id": "a1", "name": "Department of Health and Human Services"},
        {"id": "a2", "name": "Department of Homeland Security"},
        {"id": "a3", "name": "Tennessee Valley Authority"},
        {"id": "s1", "name": "GovCloud", "parent": "op"},
        {"id": "s2", "name": "Commercial Cloud", "parent": "op"},
        {"id": "op", "name": "Amazon Web Services"},
    ],
    ("a1", "s1"), ("a2", "s1"), ("a3", "s2"), ("a2", "s2"), ("a1", "s2"),
)  # fmt: skip


def search(graph: DependencyGraph, text: str) -> list[str]:
    return [graph.ids[i] for i in graph.search(text)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("HHS", ["a1"]),  # initials, with or without the small words
        ("DHS", ["a2"]),
        ("TVA", ["a3"]),
        ("security homeland", ["a2"]),  # words in any order
        ("amazon", ["op", "s2", "s1"]),  # the operator's name finds its services
        ("amazon commercial", ["s2"]),
        ("tenessee vally", ["a3"]),  # a slip a word
        ("cloud", ["s2", "s1"]),  # best first: the one that most depend on
        ("zzz", []),
        ("", []),
    ],
)
def test_search_finds_what_people_type(asked: str, found: list[str]) -> None:
    """Words in any order, initials, operators, slips; best first by how many depend on it."""
    assert search(AGENCIES, asked) == found


SERVICES = graph_of(
    [
        {"id": "cf:dns", "name": "cloudflare (DNS)", "parent": "cloudflare"},
        {"id": "cf:cdn", "name": "cloudflare (CDN)", "parent": "cloudflare"},
        {"id": "nimbus", "name": "Nimbus Holding"},
        {"id": "n1", "name": "Cumulus", "parent": "nimbus"},
        {"id": "n2", "name": "Stratus", "parent": "n1"},
        {"id": "shop", "name": "Shop"},
        {"id": "bank", "name": "Bank"},
        {"id": "mail", "name": "Mail"},
    ],
    ("shop", "cf:dns"), ("bank", "cf:cdn"), ("mail", "n2"),
)  # fmt: skip


def test_a_parent_fails_whole() -> None:
    """All below it, however deep; a parent that is no entity of its own too."""
    answer = whatif(SERVICES, {"whole": "Cloudflare"})
    assert answer.scenario.origin_ids == ["cf:cdn", "cf:dns"]
    assert answer.totals.hit_high == 2
    assert whatif(SERVICES, {"whole": "nimbus holding"}).scenario.origin_ids == [
        "n1",
        "n2",
        "nimbus",
    ]
    named = whatif(SERVICES, [{"id": "n2", "severity": 0.5}, {"whole": "nimbus"}])
    assert {o.id: o.severity for o in named.scenario.origins} == {"n1": 1, "n2": 0.5, "nimbus": 1}


def test_an_operator_stands_above_what_it_operates() -> None:
    """Whole, it takes its services along for certain."""
    graph = graph_of(
        [{"id": "op", "name": "Op"}, {"id": "s", "name": "S"}], ("s", "op"), relation="operated_by"
    )
    assert whatif(graph, {"whole": "op"}).scenario.origin_ids == ["op", "s"]


def test_whole_is_offered_and_refused_in_words() -> None:
    """An unknown name that is a parent says so; what stands above nothing is refused."""
    with pytest.raises(UnknownEntityError, match='parent: --whole "cloudflare"'):
        SERVICES.find("CloudFlare")
    with pytest.raises(InputError, match="'shop' stands above no other entity"):
        whatif(SERVICES, {"whole": "shop"})
    with pytest.raises(UnknownEntityError, match="no entity has the id or name 'nonsuch'"):
        whatif(SERVICES, {"whole": "nonsuch"})


LOG4J = [f"pkg:maven/org.apache/log4j-core@{v}" for v in ("2.9.1", "2.14.1", "2.17.0", "3.0-beta")]
PACKAGES = graph_of(
    [{"id": i, "name": "log4j-core"} for i in LOG4J]
    + [{"id": "pkg:npm/left-pad@1.0.0", "name": "left-pad"}, {"id": "app", "name": "app"}],
    ("app", LOG4J[1]),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("pkg:maven/org.apache/log4j-core", LOG4J),
        ("pkg:maven/org.apache/log4j-core@<2.17", LOG4J[:2]),
        ("pkg:maven/org.apache/log4j-core@>=2.10,<=2.17.0", LOG4J[1:3]),
        ("pkg:maven/org.apache/log4j-core@vers:maven/>=2.10|<2.17.0", LOG4J[1:2]),
        (LOG4J[2], [LOG4J[2]]),
        ("pkg:npm/left-pad", ["pkg:npm/left-pad@1.0.0"]),
    ],
)
def test_all_versions_of_a_package_at_once(asked: str, found: list[str]) -> None:
    """Without a version all, with a range those in it, by the rules of the kind of package."""
    assert whatif(PACKAGES, asked).scenario.origin_ids == sorted(found)


def test_all_of_one_name() -> None:
    """Each entity of the name fails; the error for one of several offers it."""
    answer = whatif(PACKAGES, {"all_named": "LOG4J-core"})
    assert answer.scenario.origin_ids == sorted(LOG4J)
    with pytest.raises(InputError, match=r"no version of .* lies in this range; there are"):
        whatif(PACKAGES, "pkg:maven/org.apache/log4j-core@<1")
    with pytest.raises(InputError, match=r"expected a range of versions such as <2\.17"):
        whatif(PACKAGES, "pkg:maven/org.apache/log4j-core@<>[")


@pytest.mark.parametrize(
    "text", ["a1", "A1", "govcloud", "GOV  CLOUD", "GovCloud", "op", "a2", "none", ""]
)
def test_many_are_found_as_one_is(text: str) -> None:
    """In one pass: the id, else the name, else the id in another case; all of several, or none."""
    graph = graph_of(
        [{"id": "a1", "name": "op"}, {"id": "b", "name": "GovCloud"}, {"id": "A2", "name": "x"},
         {"id": "c", "name": "govcloud"}, {"id": "op", "name": "A2"}],
        ("a1", "b"),
    )  # fmt: skip
    found = graph.called.find_many([text, "b"])
    assert found["b"] == [graph.ids.index("b")]
    try:
        wanted = [graph.find(text)]
    except AmbiguousEntityError as several:
        wanted = [graph.ids.index(i) for i, _ in several.matches]
    except UnknownEntityError:
        wanted = []
    assert found[text] == wanted
