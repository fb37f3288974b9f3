"""Tables of any column names: mapped, guessed and told, or one error that shows the way."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling import coded
from knockon.loaders.assembling.ends import PAIRS
from knockon.loaders.assembling.relation_words import WORDS
from knockon.loaders.merge import load_tables
from knockon.loaders.tabular import servicenow
from tests.paths import DATA

SERVICENOW = DATA / "servicenow"


@pytest.fixture(autouse=True, params=[1 << 17, 1], ids=["texts", "categories"])
def _many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tables of few rows are read, and as those of many are."""
    monkeypatch.setattr(coded, "_MANY", request.param)


GUESSES = (
    *PAIRS, ("consumer", "provider"), ("customer", "provider"), ("customer", "vendor"),
    ("customer", "supplier"), ("company", "vendor"), ("dependent", "dependency"),
    ("dependent", "depends_on"), ("service", "depends_on"), ("name", "depends_on"),
    ("downstream", "upstream"), ("client", "vendor"), ("application", "supplier"),
    ("business service", "upstream"),
)  # fmt: skip


def csv(folder: Path, text: str, name: str = "a.csv", **options: Any) -> Tables:
    (folder / name).write_text(text)
    return load_tables([folder / name], **options)


def pairs(tables: Tables) -> list[tuple[str, str]]:
    return tables.dependencies.select("dependent", "provider").rows()


def notes(tables: Tables) -> str:
    return "\n".join(str(f) for f in tables.report)


def test_a_mapping_names_columns(tmp_path: Path) -> None:
    """`--map` names ends, and any other column of ours; what is left keeps its name."""
    text = "needy,giver,how,chance,Groups\na,b,runs,0.5,x\n"
    mapping = {"needy": "dependent", "giver": "provider", "how": "relation",
               "chance": "probability"}  # fmt: skip
    tables = csv(tmp_path, text, mapping=mapping)
    row = tables.dependencies.row(0, named=True)
    assert (row["dependent"], row["provider"], row["relation"], row["probability"]) == (
        "a", "b", "runs", 0.5
    )  # fmt: skip
    assert (row["attribute_Groups"], row["group"], row["_line"]) == ("x", None, 2)


@pytest.mark.parametrize(("dependent", "provider"), GUESSES)
@pytest.mark.parametrize("spell", [str, str.title, lambda w: f" {w.upper().replace('_', ' ')} "])
def test_guesses_are_told_with_their_direction(
    tmp_path: Path, dependent: str, provider: str, spell: Any
) -> None:
    """The obvious names are guessed, however they are spelt, and the report says how to turn."""
    tables = csv(tmp_path, f"{spell(provider)},{spell(dependent)},note\np,d,x\n")
    assert pairs(tables) == [("d", "p")]
    assert "is taken as dependent" in notes(tables)
    assert f"--map '{spell(provider).strip()}=dependent'" in notes(tables)


def test_a_guess_is_turned_round_as_its_note_says(tmp_path: Path) -> None:
    """The --map lines of the note do what the note says."""
    turned = {"parent": "dependent", "child": "provider"}
    assert pairs(csv(tmp_path, "parent,child\np,c\n")) == [("c", "p")]
    assert pairs(csv(tmp_path, "parent,child\np,c\n", mapping=turned)) == [("p", "c")]


def test_calls_run_from_parent_to_child(tmp_path: Path) -> None:
    """With a count of calls, the parent is the caller: it needs the child."""
    assert pairs(csv(tmp_path, "parent,child,callCount\np,c,9\n")) == [("p", "c")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "found 'a', 'b'; say which they are, such as --map 'COLUMN=dependent'"),
        (
            "from,to,client,server\n1,2,3,4\n",
            "2 pairs could be meant, 'from' on 'to' or 'client' on 'server'",
        ),
        ("dependant,provider\n1,2\n", "did you mean 'dependent'?"),
    ],
)
def test_unclear_columns_are_one_error(tmp_path: Path, text: str, message: str) -> None:
    """The error shows what came and which --map would help."""
    with pytest.raises(InputError) as caught:
        csv(tmp_path, text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"a": "dependant"}, "no column of ours is 'dependant'; did you mean 'dependent'?"),
        ({"a": "dependent", "b": "dependent"}, "makes 'dependent' of two columns: 'a', 'b'"),
    ],
)
def test_a_mapping_that_cannot_be(tmp_path: Path, mapping: dict, message: str) -> None:
    """A slip in --map is an error of its own."""
    with pytest.raises(InputError, match=message):
        csv(tmp_path, "a,b\n1,2\n", mapping=mapping)


def test_a_name_that_is_not_there_is_noted(tmp_path: Path) -> None:
    """Another source may have it; the nearest name of this one is told."""
    tables = csv(tmp_path, "from,to,cost\n1,2,3\n", mapping={"cots": "loss"})
    assert "a column that --map names is not in this source ('cots'; did you mean" in notes(tables)


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_other_separators(tmp_path: Path, mark: str) -> None:
    """The separator is that of the first line; quotes hold what they hold."""
    text = f'from{mark}to\n"a, b"{mark}c\n'
    assert pairs(csv(tmp_path, text, "a.tsv" if mark == "\t" else "a.csv")) == [("a, b", "c")]


def test_one_table_in_every_form(tmp_path: Path) -> None:
    """CSV, TSV, Parquet, Excel, JSON and NDJSON of the same rows give the same dependencies."""
    rows = [{"from": "a", "to": "7", "probability": "0.5"}, {"from": "b", "to": "a"}]
    frame = pl.DataFrame(rows)
    frame.write_csv(tmp_path / "t.csv")
    frame.write_csv(tmp_path / "t.tsv", separator="\t")
    frame.write_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.ndjson").write_text("\n".join(json.dumps(r) for r in rows))
    seen = [
        load_tables([tmp_path / f"t.{end}"]).dependencies.drop("_file", "_line", strict=False)
        for end in ("csv", "tsv", "parquet", "json", "ndjson")
    ]
    assert all(other.equals(seen[0]) for other in seen)
    assert seen[0].select("dependent", "provider", "probability").rows() == [
        ("a", "7", 0.5), ("b", "a", None)
    ]  # fmt: skip


def test_json_of_two_lists(tmp_path: Path) -> None:
    """Entities beside dependencies; nested values stay as JSON text, places as paths."""
    document = {
        "entities": [{"key": "a", "weight": 3, "tags": ["x"]}],
        "dependencies": [{"client": "a", "server": "b"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    tables = load_tables([tmp_path / "a.json"])
    row = tables.entities.row(0, named=True)
    assert (row["id"], row["weight"], row["tags"]) == ("a", 3.0, '["x"]')
    assert tables.dependencies["_file"].to_list() == ["a.json#dependencies[0]"]
    assert "'key' is taken as the id of entities" in notes(tables)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", r"a\.json#\[0\]: expected an object, got '1'"),
        ('{"dependencies": {"x": 1}}', "expected a list 'dependencies'"),
        ('[{"_file": "x"}]', "the key '_file' is reserved"),
        ("[]", "dependencies need a column|dependencies"),
        ('{"a": 1}\n{"a": [2]}\n{"b"', "cannot be read|not readable|expected"),
    ],
)
def test_json_that_is_no_table(tmp_path: Path, text: str, message: str) -> None:
    """One clear error with the path."""
    (tmp_path / "a.json").write_text(text)
    if text == "[]":
        assert load_tables([tmp_path / "a.json"]).dependencies.height == 0
        return
    with pytest.raises(InputError, match=message):
        load_tables([tmp_path / "a.json"])


# ServiceNow


def test_types_of_relations_tell_the_direction(tmp_path: Path) -> None:
    """`Depends on::Used by`: the parent needs the child; `Runs::Runs on`: the child the parent."""
    text = (
        "parent,child,type\napp,db,Depends on::Used by\nhost,db,Runs::Runs on\n"
        "db,host2,Runs on::Runs\nrack,host,Houses::Located in\nx,y,Owned by::Owns\n"
    )
    tables = csv(tmp_path, text)
    assert set(tables.dependencies.select("dependent", "provider", "relation").rows()) == {
        ("app", "db", "uses"), ("db", "host", "hosted_on"), ("db", "host2", "hosted_on"),
        ("host", "rack", "hosted_on"),
    }  # fmt: skip
    assert "dropped 1: a relation of a type that says nothing" in notes(tables)
    assert "Owned by::Owns: 1" in notes(tables)


def test_both_halves_of_a_type_agree() -> None:
    """A type and its mirror name the same dependent: if `runs on` needs, then `runs` is needed."""
    halves = [("depends on", "used by"), ("runs on", "runs"), ("hosted on", "hosts"),
              ("contains", "contained by"), ("members", "member of"), ("managed by", "manages"),
              ("provided by", "provides"), ("located in", "houses")]  # fmt: skip
    for one, other in halves:
        assert WORDS[one][0] != WORDS[other][0]
        assert WORDS[one][1] == WORDS[other][1]


def test_relations_of_the_table_api(tmp_path: Path) -> None:
    """Items are known by sys_id, their names are names; a type by its sys_id alone is a fault."""
    record = {
        "parent": {"display_value": "Shop", "value": "1a"},
        "child": {"display_value": "Shop", "value": "2b"},
        "type": {"display_value": "Depends on::Used by", "value": "9"},
    }
    (tmp_path / "a.json").write_text(json.dumps({"result": [record]}))
    tables = load_tables([tmp_path / "a.json"])
    assert pairs(tables) == [("1a", "2b")]
    assert tables.entities["name"].to_list() == ["Shop", "Shop"]
    record["type"] = {"value": "9"}  # type: ignore[assignment]
    (tmp_path / "a.json").write_text(json.dumps({"result": [record]}))
    with pytest.raises(InputError, match=r"a\.json#result\[0\]\.type: expected a type such as"):
        load_tables([tmp_path / "a.json"])


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"attributes": {}, "outbound_relations": []},
            "attributes: expected an item with a sys_id",
        ),
        ({"attributes": {"sys_id": "1"}, "inbound_relations": "x"}, "relations: expected a list"),
        ({"attributes": {"sys_id": "1"}, "inbound_relations": ["x"]}, r"\[0\]: expected an object"),
    ],
)
def test_items_that_are_none(tmp_path: Path, record: dict, message: str) -> None:
    """What is missing is told by its path."""
    (tmp_path / "a.json").write_text(json.dumps({"result": record}))
    with pytest.raises(InputError, match=rf"a\.json#result.*{message}"):
        servicenow.read_servicenow(tmp_path / "a.json")


@pytest.mark.skipif(not SERVICENOW.exists(), reason="needs ../shared/data")
def test_a_real_item_of_the_instance_api() -> None:
    """A cluster with two members, used by a router."""
    tables = load_tables([SERVICENOW / "cmdb_record_details.json"])
    name = dict(tables.entities.select("id", "name").iter_rows())
    found = {(name[a], name[b]) for a, b in pairs(tables)}
    assert found == {
        ("SAP-LB-Win-Cluster", "SAP LB1"), ("SAP-LB-Win-Cluster", "SAP LB2"),
        ("IP-Router-3", "SAP-LB-Win-Cluster"),
    }  # fmt: skip


# JSON lines: fast by polars, exact where that cannot be


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"from":"a","to":"b"}\n\n{"from":"c","to":"d","to":"e"}',
            "a.ndjson:3: the key 'to' stands",
        ),
        (
            '{"from":"a","to":["b"]}\n{"from":"c","to":"d","to":"e"}',
            "a.ndjson:2: the key 'to' stands",
        ),
        ('{"from":"a","to":"b"}\n{"from":"c","x":{"y":1,"y":2}}', "a.ndjson:2: the key 'y' stands"),
        ('{"from":"a","to":"b"}\n[1]', r"a.ndjson:2: expected an object, got '\[1\]'"),
        ('{"from":"a","to":"b"}\n{"from"', "a.ndjson:2:8: not readable as JSON"),
    ],
)
def test_json_lines_lose_nothing(tmp_path: Path, text: str, message: str) -> None:
    """A key that stands twice is an error, wherever it is, with its line."""
    (tmp_path / "a.ndjson").write_text(text)
    with pytest.raises(InputError, match=message):
        load_tables([tmp_path / "a.ndjson"])


def test_json_lines_keep_their_lines(tmp_path: Path) -> None:
    """Blank lines, a byte-order mark, nested keys of one name: rows stand where they stood."""
    text = '\ufeff{"from":"a","to":"b","x":{"from":1}}\n\n{"from":"c","to":"d"}\n'
    (tmp_path / "a.ndjson").write_text(text, encoding="utf-8")
    tables = load_tables([tmp_path / "a.ndjson"])
    assert tables.dependencies["_line"].to_list() == [1, 3]
    assert tables.dependencies["x"].to_list() == ['{"from":1}', None]


def test_keys_beside_the_lists_of_json_are_told(tmp_path: Path) -> None:
    """What is not read has a line in the report."""
    document = {"dependencies": [{"from": "a", "to": "b"}], "more": [{"from": "c", "to": "d"}]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert "note 1: a key beside the lists that is not read (more)" in notes(
        load_tables([tmp_path / "a.json"])
    )


def test_the_line_of_heads_of_a_csv_file(tmp_path: Path) -> None:
    """What stands above it is not read; lines stay those of the file."""
    text = "Vendor register\n\nApplication;Vendor\nShop;Stripe\n"
    tables = csv(tmp_path, text, header_row=3)
    assert pairs(tables) == [("Shop", "Stripe")]
    assert tables.dependencies["_line"].to_list() == [4]
    with pytest.raises(InputError, match="--header-row 9: the file has 4 lines"):
        csv(tmp_path, text, header_row=9)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Vendor register,,\n,,\nApplication,Vendor,Country\nShop,Stripe,US\n", 4),
        ("Vendor register\n\nApplication;Vendor;Country\nShop;Stripe;US\n", 4),
        ('"Register\nof vendors"\nApplication;Vendor\nShop;Stripe\n', 4),
        ("sep=;\nApplication;Vendor\nShop;Stripe\n", 3),
        ("#TYPE Selected.System.Object\nApplication,Vendor\nShop,Stripe\n", 3),
        ("Application,Vendor,,\nShop,Stripe,,\n", 2),
        (",Application,Vendor\n,Shop,Stripe\n", 2),
        ("\ufeffApplication\tVendor\r\nShop\tStripe\r\n", 2),
    ],
)
def test_csv_as_spreadsheets_write_it(tmp_path: Path, text: str, line: int) -> None:
    """Titles above the heads, a line that names the separator, columns without name and cells."""
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    tables = load_tables([tmp_path / "a.csv"])
    assert pairs(tables) == [("Shop", "Stripe")]
    assert tables.dependencies["_line"].to_list() == [line]
    assert ("not read ('" in notes(tables)) == ("egister" in text)


def test_a_cell_in_a_column_without_a_name(tmp_path: Path) -> None:
    """It is not dropped: its line is told."""
    with pytest.raises(InputError, match=r"a\.csv:3: column 3 of 3 has no name, but a cell"):
        csv(tmp_path, "Application,Vendor,\nShop,Stripe,\nWiki,AWS,x\n")


def test_row_numbers_before_all_columns(tmp_path: Path) -> None:
    """As pandas writes its index; a first column of anything else still needs a name."""
    path = tmp_path / "a.csv"
    path.write_text(",Source,Target\n0,web,db\n1,api,db\n")
    ends = load_tables([path]).dependencies.select("dependent", "provider").rows()
    assert sorted(ends) == [("api", "db"), ("web", "db")]
    path.write_text(",Source,Target\nx,web,db\n")
    with pytest.raises(InputError, match="column 1 of 3 has no name"):
        load_tables([path])


def test_relationships_alone_as_apoc_exports_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("_rid,_type,_start,_end\n0,USES,16,19\n1,OF_MAKER,17,19\n")
    tables = load_tables([path])
    assert tables.dependencies.select("dependent", "provider").rows() == [("16", "19")]
    assert "OF_MAKER" in "\n".join(map(str, tables.report))
