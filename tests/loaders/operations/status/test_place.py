"""Where a report belongs in a graph: by table, stated address, id and name, in that order."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.place import Placed, place_report
from knockon.loaders.operations.status.reports import UNSTATED, PageReport, Reported
from knockon.loaders.operations.status.table import NO_RULES, Rules, check_rules, read_table


@pytest.fixture(scope="module")
def graph() -> DependencyGraph:
    """A shop that needs Acme's store and mail; Acme states where its status page is."""
    entities = pl.DataFrame(
        {
            "id": ["a1", "acme-store", "mail", "shop"],
            "name": ["Acme Incorporated", "Acme Incorporated Store", "Mail", "Shop"],
            "status_page": ["https://Status.Acme.example/", None, None, None],
        }
    )
    needs = pl.DataFrame({"dependent": ["shop", "shop"], "provider": ["acme-store", "mail"]})
    return DependencyGraph.from_polars(needs, entities)


def place(
    graph: DependencyGraph, name: str, *, rules: Rules = NO_RULES, at: tuple[str, ...] = ()
) -> Placed:
    page = PageReport("Acme", reported=[Reported(name, "p/c1", "Acme", "major_outage", "x")])
    return place_report(graph, page, Findings(), rules, at)


def table(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "placing.csv"
    path.write_text(text)
    return read_table(path)


def test_an_entity_that_states_the_page_is_its_vendor(graph: DependencyGraph) -> None:
    """Its components are found by the vendor's own name, too."""
    assert place(graph, "Store").down == ()
    (down,) = place(graph, "Store", at=("status.acme.example",)).down
    assert (down.entity, down.name, down.severity) == ("acme-store", "Acme Incorporated Store", 1)


@pytest.mark.parametrize("row", ["Acme,Bucket,shop", ",bucket,SHOP", "status.acme.example,c1,Shop",
                                 "https://status.acme.example/api,p/c1,shop"])  # fmt: skip
def test_the_table_goes_before_names(graph: DependencyGraph, tmp_path: Path, row: str) -> None:
    """By name or id of the component, by name or address of the page, or of any page."""
    rules = table(tmp_path, f"page,component,entity\n{row}\n")
    at = ("https://status.acme.example/api", "status.acme.example")
    (down,) = place(graph, "Bucket", rules=rules, at=at).down
    assert (down.entity, down.component, down.status) == ("shop", "Bucket", "major_outage")


def test_the_table_says_what_is_of_no_concern(graph: DependencyGraph, tmp_path: Path) -> None:
    """It is listed as that, never left out; one page goes before any page."""
    rules = table(tmp_path, "component,entity,page\nMail,,Acme\nMail,mail,\n")
    placed = place(graph, "Mail", rules=rules)
    assert (placed.down, placed.foreign, placed.unmatched) == ((), ("Mail",), ())


def test_what_the_table_gives_to_another_graph_is_foreign(graph: DependencyGraph) -> None:
    placed = place(graph, "Mail", rules=Rules({("", "mail"): "elsewhere"}))
    assert placed.foreign == ("Mail",)


def test_the_page_as_a_whole_is_an_entity_by_table(graph: DependencyGraph, tmp_path: Path) -> None:
    rules = table(tmp_path, "page,component,entity\nAcme,,a1\n")
    report = PageReport("Acme", reported=[Reported("Acme", "p", "Acme", "major_outage", "x", True)])
    (down,) = place_report(graph, report, Findings(), rules).down
    assert down.entity == "a1"


def test_what_fits_nothing_is_listed_with_the_nearest(graph: DependencyGraph) -> None:
    ((component, why),) = place(graph, "Mial").unmatched
    assert component == "Mial"
    assert "Mail (mail)" in why


def test_the_worst_of_several_components_counts(graph: DependencyGraph) -> None:
    page = PageReport("Acme", reported=[
        Reported("Mail", "1", "Acme", "partial_outage", "x"),
        Reported("MAIL", "2", "Acme", "major_outage", "x"),
    ])  # fmt: skip
    (down,) = place_report(graph, page, Findings()).down
    assert (down.severity, down.component) == (1.0, "MAIL")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n", ":1: expected the columns page, component, entity"),
        ("page,component,entity,more\n", ":1: expected the columns"),
        ("component,entity\n,x\n", ":2: expected a page or a component"),
        ("component,entity\na,x,y\n", ":2: expected a page or a component"),
        ("component,entity\na,x\nA,y\n", ":3: A stands twice"),
        ('component,entity\n"a,x\n', "expected CSV"),
        ("", "the file is empty"),
    ],
)
def test_faults_of_a_table_have_a_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        table(tmp_path, text)


def test_entities_of_a_table_are_in_some_graph(graph: DependencyGraph) -> None:
    check_rules(Rules({("", "x"): "Mail", ("", "y"): ""}), [graph])
    with pytest.raises(UnknownEntityError, match="nearest: 'Mail'"):
        check_rules(Rules({("", "x"): "Mial"}), [graph])


def test_only_so_much_is_looked_for(graph: DependencyGraph) -> None:
    """A page may report whatever it likes: the nearest names are given for some, titles are read
    up to a number; the others are listed all the same."""
    page = PageReport("P", reported=[
        Reported(f"Mial {n}", f"{n}", "P", "major_outage", "x") for n in range(30)
    ])  # fmt: skip
    unmatched = place_report(graph, page, Findings()).unmatched
    assert [bool(why) for _, why in unmatched] == [True] * 20 + [False] * 10
    feed = PageReport("P", reported=[
        Reported(f"Incident {n} of Mail", f"{n}", "P", UNSTATED, "x") for n in range(203)
    ])  # fmt: skip
    placed = place_report(graph, feed, Findings())
    assert [d.entity for d in placed.down] == ["mail"]
    assert [why for _, why in placed.unmatched] == [
        "not looked for: more than 200 incidents are open"
    ] * 3
