"""Names, kinds and countries in columns beside the ids that they describe; tables of entities."""

from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables


def csv(folder: Path, text: str, name: str = "a.csv", **options: Any) -> Tables:
    (folder / name).write_text(text)
    return load_tables([folder / name], **options)


def names(tables: Tables) -> dict[str, str]:
    return dict(tables.entities.select("id", "name").iter_rows())


@pytest.mark.parametrize(
    "heads",
    ["company,companyLabel,supplier,supplierLabel", "customer,customer_name,vendor,vendor_name",
     "customer_id,customer,vendor_id,vendor", "client.id,client.name,provider.id,provider.name",
     "application_id,application_title,vendor_id,vendor_title",
     "client,client display name,supplier,supplier display name"],
)  # fmt: skip
def test_labels_beside_ids_are_names(tmp_path: Path, heads: str) -> None:
    """The id is the id, the text beside it the name, guessed or mapped."""
    text = f"{heads}\nQ1,Shop,Q2,Stripe\nQ1,Shop,Q3,Twilio\n"
    first, _, second, _ = heads.split(",")
    for mapping in (None, {first: "dependent", second: "provider"}):
        tables = csv(tmp_path, text, mapping=mapping)
        assert names(tables) == {"Q1": "Shop", "Q2": "Stripe", "Q3": "Twilio"}
        assert tables.dependencies.height == 2


def test_other_columns_that_describe_an_end(tmp_path: Path) -> None:
    """Kind and country of a vendor are its own, not the dependency's."""
    text = "dependent,provider,provider_kind,provider country\na,b,platform,IE\n"
    tables = csv(tmp_path, text)
    row = tables.entities.filter(id="b").row(0, named=True)
    assert (row["kind"], row["country"]) == ("platform", "IE")
    assert "a column that describes an end" in "\n".join(map(str, tables.report))


def test_a_bare_key_has_the_name_beside_it(tmp_path: Path) -> None:
    """`Key, Name, Depends On`: the row is about what its key identifies."""
    tables = csv(tmp_path, "Key,Name,Depends On\nIT-1,Shop,IT-2\nIT-2,Base,\n")
    assert names(tables) == {"IT-1": "Shop", "IT-2": "Base"}


def test_rows_that_differ_are_told(tmp_path: Path) -> None:
    """The first name is kept, and the report shows both."""
    text = "client,vendor,vendor_name\na,v,Stripe\nb,v,Stripe Inc\n"
    tables = csv(tmp_path, text)
    assert names(tables)["v"] == "Stripe"
    assert "rows differ on the name of an entity; the first is kept (v: Stripe, Stripe Inc)" in (
        "\n".join(map(str, tables.report))
    )


def test_a_list_takes_no_name_from_its_neighbour(tmp_path: Path) -> None:
    """The label of a list is no name of its items."""
    text = 'client,vendor,vendor_name\na,"v;w",Both of them\nb,v,Stripe\n'
    assert names(csv(tmp_path, text)) == {"a": "a", "b": "b", "v": "Stripe", "w": "w"}


# tables of entities


def test_gephi_tables(tmp_path: Path) -> None:
    """Edges with a Type, nodes with labels by `entities`."""
    (tmp_path / "nodes.csv").write_text("Id,Label,timeset\na,Alpha,\nb,Beta,\nc,Gamma,\n")
    text = "Source,Target,Type,Id,Label,Weight\na,b,Directed,0,,1.0\nb,c,{},1,,1.0\n"
    nodes = {"entities": [tmp_path / "nodes.csv"]}
    tables = csv(tmp_path, text.format("Directed"), **nodes)
    assert names(tables) == {"a": "Alpha", "b": "Beta", "c": "Gamma"}
    assert tables.dependencies.select("dependent", "provider").rows() == [("a", "b"), ("b", "c")]
    with pytest.raises(InputError, match=r"a\.csv:3: .* 1 of 2 without direction; --both-ways"):
        csv(tmp_path, text.format("Undirected"), **nodes)
    for kind in ("Undirected", "Mutual"):
        tables = csv(tmp_path, text.format(kind), both_ways=True, **nodes)
        assert tables.dependencies.height == 3


def test_gephi_edges_keep_their_direction_under_a_mapping(tmp_path: Path) -> None:
    """Undirected edges are refused also where --map names the ends."""
    text = "Source,Target,Type\na,b,undirected\n"
    with pytest.raises(InputError, match="--both-ways"):
        csv(tmp_path, text, mapping={"Source": "dependent", "Target": "provider"})


NEO4J = ":START_ID(Service),since:int,:END_ID(Host),:TYPE\n1,2020,1,RUNS_ON\n1,2021,9,DEPENDS_ON\n"


def test_neo4j_bulk_files(tmp_path: Path) -> None:
    """Ids of two id spaces stay apart; labels are kinds; types tell the direction."""
    (tmp_path / "s.csv").write_text("id:ID(Service),name,:LABEL\n1,Shop,BusinessService;Web\n")
    (tmp_path / "h.csv").write_text(
        "h:ID(Host),name:string,:LABEL,x:IGNORE\n1,esx,Host,\n9,db,Host,\n"
    )
    files = [tmp_path / "s.csv", tmp_path / "h.csv"]
    tables = csv(tmp_path, NEO4J + "1,2022,9,WATCHES\n", entities=files)
    assert names(tables) == {"Service/1": "Shop", "Host/1": "esx", "Host/9": "db"}
    assert set(tables.dependencies.select("dependent", "provider", "relation").rows()) == {
        ("Service/1", "Host/1", "hosted_on"), ("Service/1", "Host/9", "uses")
    }  # fmt: skip
    assert tables.entities.filter(id="Service/1")["kind"].to_list() == ["business_service"]
    told = "\n".join(map(str, tables.report))
    assert "dropped 1: a relationship of a type that says nothing of who needs whom" in told
    tables = csv(tmp_path, NEO4J + "1,2022,9,WATCHES\n", mapping={"WATCHES": "~uses"})
    assert ("Host/9", "Service/1") in tables.dependencies.select("dependent", "provider").rows()


def test_neo4j_files_that_do_not_say_enough(tmp_path: Path) -> None:
    """Nodes alone, and relationships without a type, are told what is missing."""
    with pytest.raises(InputError, match=r"these are nodes for Neo4j; .* --entities FILE"):
        csv(tmp_path, "id:ID,name\n1,x\n")
    text = ":START_ID,:END_ID\n1,2\n"
    with pytest.raises(InputError, match="without a :TYPE: it is not said who needs whom"):
        csv(tmp_path, text)
    turned = {":START_ID": "provider", ":END_ID": "dependent"}
    tables = csv(tmp_path, text, mapping=turned)
    assert tables.dependencies.select("dependent", "provider").rows() == [("2", "1")]


def test_a_file_of_entities_needs_ids(tmp_path: Path) -> None:
    """What came, and how to name the column."""
    (tmp_path / "e.csv").write_text("what,where\na,b\n")
    with pytest.raises(InputError, match=r"e\.csv: --entities: expected a column of ids"):
        csv(tmp_path, "from,to\na,b\n", entities=[tmp_path / "e.csv"])
    tables = csv(tmp_path, "from,to\na,b\n", entities=[tmp_path / "e.csv"],
                 mapping={"what": "id", "where": "country"})  # fmt: skip
    assert tables.entities.filter(id="a")["country"].to_list() == ["b"]


APOC = """"_id","_labels","name","tier","_start","_end","_type","since"
"0",":Service:Web","Shop","1",,,,
"1",":VmHost","esx",,,,,
"2",":Service","","2",,,,
,,,,"0","1","RUNS_ON","2020"
,,,,"2","0","DEPENDS_ON","2021"
,,,,"2","1","WATCHES","2022"
"""


def test_an_export_of_nodes_and_relationships_in_one_file(tmp_path: Path) -> None:
    """APOC's CSV: nodes by their name, or their number; relationships by their type."""
    tables = csv(tmp_path, APOC)
    assert set(tables.dependencies.select("dependent", "provider", "relation").rows()) == {
        ("Shop", "esx", "hosted_on"), ("node 2", "Shop", "uses")
    }  # fmt: skip
    kinds = dict(tables.entities.select("id", "kind").iter_rows())
    assert kinds == {"Shop": "service", "esx": "vm_host", "node 2": "service"}
    assert tables.entities.filter(id="Shop")["tier"].to_list() == ["1"]
    assert "(WATCHES: 1)" in "\n".join(map(str, tables.report))
