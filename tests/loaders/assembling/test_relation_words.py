"""Words between two things: who needs whom, in both readings, by --map, and told where unknown."""

from pathlib import Path
from typing import Any

import pytest

from knockon.graph.model.tables import RELATIONS, Tables
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.loaders.assembling.columns import Meaning
from knockon.loaders.assembling.relation_words import WORDS, read_word
from knockon.loaders.merge import load_tables

# as ServiceNow delivers them: does the parent need the child
TYPES = {
    "Depends on::Used by": True, "Uses::Used by": True, "Used by::Uses": False,
    "Used by::Depends on": False, "Runs on::Runs": True, "Runs::Runs on": False,
    "Hosted on::Hosts": True, "Hosts::Hosted on": False, "Virtualized by::Virtualizes": True,
    "Contains::Contained by": True, "Contained by::Contains": False, "Members::Member of": True,
    "Cluster of::Cluster": False, "Connects to::Connected by": True,
    "Connected by::Connects": False,
    "Applicative Flow To::Applicative Flow From": True,
    "Use End Point To::Use End Point From": True,
    "Implement End Point To::Implement End Point From": True,
    "Receives data from::Sends data to": True, "Sends data to::Receives data from": False,
    "Powered by::Powers": True, "Feeds::Fed by": False, "Cools::Cooled by": False,
    "Managed by::Manages": True, "Manages::Managed by": False, "Provided by::Provides": True,
    "Provides::Provided by": False, "Located in::Houses": True, "Rack contains::In Rack": False,
    "In Rack::Rack contains": True, "Room contains::In Room": False,
    "Registered on::Has registered": True, "Instantiates::Instantiated by": True,
    "Defines resources for::Gets resources from": False, "Allocated to::Allocated from": False,
    "Provides storage for::Stored on": False, "Provisioned from::Provisioned": True,
    "Consumes::Consumed by": True, "Subscribes to::Subscribed by": True,
    "Impacts::Impacted by": False, "Controlled by::Controls": True,
    "Distributed by::Distributes": True,
}  # fmt: skip
SILENT = ("Owned by::Owns", "Exchanges data with::Exchanges data with", "Monitors::Monitored by",
          "IP Connection::IP Connection", "Backs up::Backed up by",
          "Redundancy provided by::Provides redundancy for")  # fmt: skip


@pytest.mark.parametrize(("kind", "parent_needs"), TYPES.items())
def test_the_usual_types(kind: str, parent_needs: bool) -> None:
    """Each type, however it is spelt, and its mirror say the same."""
    for spelt in (kind, kind.upper(), kind.replace(" ", "_")):
        found = read_word(spelt, {})
        assert found is not None
        assert found.first_needs == parent_needs
    parent, child = kind.split("::")
    mirrored = read_word(f"{child}::{parent}", {})
    assert mirrored is not None
    assert mirrored.first_needs != parent_needs
    assert found.relation == mirrored.relation


@pytest.mark.parametrize("kind", SILENT)
def test_types_that_do_not_say_who_needs_whom(kind: str) -> None:
    """They are not guessed."""
    assert read_word(kind, {}) is None


def test_every_word_carries_an_outage() -> None:
    """A CMDB speaks of things that run: no type is read as the parts of a bill of materials."""
    crossed = {relation for mode, relation, _ in load_shipped_rules() if mode == "outage"}
    assert {relation for _, relation in WORDS.values()} <= crossed & set(RELATIONS)


def table(folder: Path, kind: str, **options: Any) -> Tables:
    (folder / "a.csv").write_text(f"Parent,Type,Child\np,{kind},c\nx,Depends on::Used by,y\n")
    return load_tables([folder / "a.csv"], **options)


@pytest.mark.parametrize(
    ("kind", "said", "edge"),
    [
        (
            "Rack contains::In Rack",
            {"Rack contains::In Rack": "hosted_on"},
            ("c", "p", "hosted_on"),
        ),
        ("Shelf holds::In Shelf", {"Shelf holds::In Shelf": "hosted_on"}, ("c", "p", "hosted_on")),
        ("Bolted on::Carries", {"Bolted on::Carries": "hosted_on"}, ("p", "c", "hosted_on")),
        ("Likes::Liked by", {"Likes::Liked by": "uses"}, ("p", "c", "uses")),
        ("Likes::Liked by", {"likes": "uses"}, ("p", "c", "uses")),
        ("Likes::Liked by", {"Likes::Liked by": "~uses"}, ("c", "p", "uses")),
        ("Runs::Runs on", {"Runs::Runs on": "runs"}, ("c", "p", "runs")),
    ],
)
def test_a_mapping_says_what_a_type_means(
    tmp_path: Path, kind: str, said: dict, edge: tuple[str, str, str]
) -> None:
    """A known type keeps its direction; an unknown one runs from parent to child, unless its own
    words, or `~`, say otherwise.
    """
    tables = table(tmp_path, kind, mapping=said)
    assert edge in tables.dependencies.select("dependent", "provider", "relation").rows()


def test_what_is_not_understood_is_told_and_kept_in_sight(tmp_path: Path) -> None:
    """The type is counted, the line that would read it is shown, and its two things are there."""
    tables = table(tmp_path, "Likes::Liked by")
    assert set(tables.entities["id"]) == {"p", "c", "x", "y"}
    told = "\n".join(map(str, tables.report))
    assert "dropped 1: a relation of a type that says nothing of who needs whom, of 2" in told
    assert "--map 'Likes::Liked by=uses'" in told
    assert "(Likes::Liked by: 1)" in told


def test_what_two_do_to_each_other_is_read_both_ways_on_demand(tmp_path: Path) -> None:
    """`Exchanges data with` has no direction, as an undirected edge has none."""
    tables = table(tmp_path, "Exchanges data with::Exchanges data with", both_ways=True)
    assert {("p", "c"), ("c", "p")} <= set(
        tables.dependencies.select("dependent", "provider").rows()
    )


@pytest.mark.parametrize(
    ("heads", "row", "edge"),
    [
        ("from,to,relation", "db,app,used by", ("app", "db", "uses")),
        ("source,target,type", "esx,vm,hosts", ("vm", "esx", "hosted_on")),
        ("src,dst,relationship", "vm,esx,Runs on", ("vm", "esx", "hosted_on")),
        ("parent,child,type", "app,db,Depends on", ("app", "db", "uses")),
        ("from,to,relation", "a,b,contains", ("a", "b", "contains")),
        ("dependent,provider,relation", "a,b,Hosted On", ("a", "b", "hosted_on")),
        ("dependent,provider,relation", "a,b,used by", ("a", "b", "used by")),
        ("client,vendor,type", "a,b,premium", ("a", "b", "uses")),
    ],
)
def test_a_row_of_three_is_read_as_a_sentence(
    tmp_path: Path, heads: str, row: str, edge: tuple[str, str, str]
) -> None:
    """Where the ends say no side by themselves, the word between them does; else it does not."""
    (tmp_path / "a.csv").write_text(f"{heads}\n{row}\n")
    tables = load_tables([tmp_path / "a.csv"])
    assert tables.dependencies.select("dependent", "provider", "relation").rows() == [edge]


def test_our_relations_by_their_words() -> None:
    """`own` reads the names of our relations as these."""
    for relation in RELATIONS:
        found = read_word(relation.replace("_", " "), {}, own=True)
        assert found is not None
        assert (found.first_needs, found.relation) == (True, relation)
    meant = read_word("Sits in", {"sits in": Meaning("hosted_on")})
    assert meant is not None
    assert meant.relation == "hosted_on"


def test_a_mapped_column_of_words(tmp_path: Path) -> None:
    """`--map how=relation` and a word of it; ends that are named keep their sides."""
    (tmp_path / "a.csv").write_text("x,y,how\nvm,esx,sits in\nesx,vm,hosts\n")
    ends = {"x": "dependent", "y": "provider", "how": "relation"}
    tables = load_tables([tmp_path / "a.csv"], mapping={**ends, "sits in": "hosted_on"})
    assert ("vm", "esx", "hosted_on") in tables.dependencies.select(
        "dependent", "provider", "relation"
    ).rows()
    assert "is not in this source" not in "\n".join(map(str, tables.report))
    for meant, edge in (("hosted_on", ("esx", "vm")), ("~hosted_on", ("vm", "esx"))):
        tables = load_tables([tmp_path / "a.csv"], mapping={**ends, "hosts": meant})
        rows = tables.dependencies.filter(relation="hosted_on")
        assert rows.select("dependent", "provider").rows() == [edge]


@pytest.mark.parametrize(
    ("word", "first_needs"),
    [("dependsOn", True), ("isUsedBy", False), ("is hosted by", True), ("is_needed_by", False),
     ("consumesFrom", True), ("hostedOn", True), ("DEPENDENCY_OF", False)],
)  # fmt: skip
def test_words_of_other_spellings(word: str, first_needs: bool) -> None:
    """Of triples, whose words have no blanks, and of sentences, which begin with `is`."""
    found = read_word(word, {})
    assert found is not None
    assert found.first_needs == first_needs
