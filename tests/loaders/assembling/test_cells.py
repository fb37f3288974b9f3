"""Lists in cells, cells that say that there is nothing, and rows of one end, in every format."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling import cells, coded
from knockon.loaders.merge import load_tables

FORMATS = ("csv", "tsv", "parquet", "json", "ndjson", "xlsx")


@pytest.fixture(autouse=True, params=[1 << 17, 1], ids=["texts", "categories"])
def _many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tables of few rows are read, and as those of many are."""
    monkeypatch.setattr(coded, "_MANY", request.param)


def write(folder: Path, suffix: str, heads: tuple[str, str], rows: list[tuple[Any, Any]]) -> Path:
    """One table in a format; lists as the format has them, in flat ones as JSON text."""
    path = folder / f"t.{suffix}"
    dicts = [dict(zip(heads, row, strict=True)) for row in rows]
    flat = [[json.dumps(c) if isinstance(c, list) else c for c in row] for row in rows]
    if suffix == "json":
        path.write_text(json.dumps(dicts))
    elif suffix == "ndjson":
        path.write_text("\n".join(map(json.dumps, dicts)))
    elif suffix == "xlsx":
        book = openpyxl.Workbook()
        for row in [list(heads), *flat]:
            book.active.append(row)
        book.save(path)
    elif suffix == "parquet":
        lists = [[v if isinstance(v, list) else [v] if v else None for v in c]
                 for c in zip(*rows, strict=True)]  # fmt: skip
        pl.DataFrame({heads[0]: [c[0] for c in rows], heads[1]: lists[1]}).write_parquet(path)
    else:
        frame = pl.DataFrame(flat, schema=dict.fromkeys(heads, pl.String), orient="row")
        frame.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    return path


def edges(tables: Tables) -> list[tuple[str, str]]:
    return sorted(tables.dependencies.select("dependent", "provider").rows())


def csv(folder: Path, text: str, **options: Any) -> Tables:
    (folder / "a.csv").write_text(text)
    return load_tables([folder / "a.csv"], **options)


def notes(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_item_of_a_list_is_a_dependency(tmp_path: Path, suffix: str) -> None:
    """A list is read item by item, an empty one names nobody, and its row keeps its entity."""
    rows = [("shop", ["db", "cache"]), ("db", []), ("cache", ["san"]), ("lone", None)]
    tables = load_tables([write(tmp_path, suffix, ("service", "depends_on"), rows)])
    assert edges(tables) == [("cache", "san"), ("shop", "cache"), ("shop", "db")]
    assert set(tables.entities["id"]) == {"shop", "db", "cache", "san", "lone"}
    assert "note 1: a row with a list in a cell: 2 dependencies, one for each item" in notes(tables)
    assert "note 2: a row without a provider: its dependent is kept" in notes(tables)


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_lists_at_both_ends_and_of_several_types(tmp_path: Path, suffix: str) -> None:
    """A text here and a list there, lists of lists on neither side, and numbers are ids."""
    rows = [(["a", "b"], ["c", 7]), ("d", "c")]
    tables = load_tables([write(tmp_path, suffix, ("client", "vendor"), rows)])
    assert edges(tables) == [("a", "7"), ("a", "c"), ("b", "7"), ("b", "c"), ("d", "c")]


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_objects_in_lists_are_read_by_their_id(tmp_path: Path, suffix: str) -> None:
    """`{"id": ..., "name": ...}` is an entity with its name."""
    rows = [({"id": "s1", "name": "Shop"}, [{"id": "d1", "name": "Base"}, {"ref": "d2"}])]
    tables = load_tables([write(tmp_path, suffix, ("service", "depends_on"), rows)])
    assert edges(tables) == [("s1", "d1"), ("s1", "d2")]
    names = dict(tables.entities.select("id", "name").iter_rows())
    assert names == {"s1": "Shop", "d1": "Base", "d2": "d2"}


@pytest.mark.parametrize("cell", [[["x"]], [{"odd": "x"}], {"odd": 1}])
def test_what_names_nothing_is_a_fault_with_its_place(tmp_path: Path, cell: Any) -> None:
    """Not dropped, and no traceback."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"service": "a", "depends_on": cell}]))
    with pytest.raises(InputError, match=r"a\.json#\[0\]: provider: expected"):
        load_tables([path])


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("db; cache", ["cache", "db"]),
        ("db;", ["db"]),
        ("db\ncache", ["cache", "db"]),
        ("• db\n• cache\n", ["cache", "db"]),
        ("db | cache", ["cache", "db"]),
        ('["db", "cache"]', ["cache", "db"]),
        ("['db', 'cache']", ["cache", "db"]),
        ("{db,cache}", ["cache", "db"]),
        ("[db, cache]", ["cache", "db"]),
        ("Stripe, Inc.; Twilio, Inc.", ["Stripe, Inc.", "Twilio, Inc."]),
        ("Stripe, Inc., Twilio LLC", ["Stripe, Inc.", "Twilio LLC"]),
        ("Amazon Web Services, Inc.", ["Amazon Web Services, Inc."]),
        ("Smith, Jones & Co", ["Smith, Jones & Co"]),
        ("AT&amp;T", ["AT&amp;T"]),
        ("[prod] db", ["[prod] db"]),
        ("a|b", ["a|b"]),
        ("Known, other", ["Known", "other"]),
    ],
)
def test_separators_in_a_cell(tmp_path: Path, cell: str, parts: list[str]) -> None:
    """Semicolons and lines part a list; commas only where legal forms or known names say so."""
    quoted = '"' + cell.replace('"', '""') + '"'
    tables = csv(tmp_path, f"Application,Vendor\nShop,{quoted}\nWiki,Known\n")
    assert [p for d, p in edges(tables) if d == "Shop"] == parts
    if len(parts) == 1 and ("," in cell or "|" in cell) and "Inc" not in cell:
        assert "note 1: a cell with a separator is read as one name" in notes(tables)


def test_a_column_of_lists_is_parted_at_commas(tmp_path: Path) -> None:
    """The head says that there are several: `depends_on`, `vendors`."""
    tables = csv(tmp_path, 'service,depends on\nshop,"db, cache"\n')
    assert edges(tables) == [("shop", "cache"), ("shop", "db")]
    tables = csv(tmp_path, 'vendor,customers\nStripe,"Shop, Wiki"\n')
    assert edges(tables) == [("Shop", "Stripe"), ("Wiki", "Stripe")]


def test_lists_do_not_multiply_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists at both ends of a row make a product: it is bounded, and the bound is told."""
    monkeypatch.setattr(cells, "MAX_PRODUCT", 100)
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"client": list(range(11)), "vendor": list(range(20, 30))}]))
    with pytest.raises(InputError, match="make 110 dependencies; at most 100 are read"):
        load_tables([path])


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("nothing", ["N/A", "n/a", "None", "-", " — ", "TBD"])
def test_a_cell_may_say_that_there_is_none(tmp_path: Path, suffix: str, nothing: str) -> None:
    """Two applications without a vendor do not share the vendor N/A."""
    rows = [("Shop", "Stripe"), ("Wiki", nothing), ("Fax", nothing)]
    path = write(tmp_path, suffix, ("Application", "Vendor"), rows)
    tables = load_tables([path])
    assert edges(tables) == [("Shop", "Stripe")]
    assert set(tables.entities["id"]) == {"Shop", "Stripe", "Wiki", "Fax"}
    if suffix != "parquet":  # there it stands in a list
        assert "note 2: a cell of 'Vendor' that says that there is none" in notes(tables)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_row_of_one_end_keeps_its_entity(tmp_path: Path, suffix: str) -> None:
    """Neither an error nor a loss: the report names the row."""
    rows = [("Shop", "Stripe"), ("Wiki", None), (None, "Twilio")]
    tables = load_tables([write(tmp_path, suffix, ("Application", "Vendor"), rows)])
    assert edges(tables) == [("Shop", "Stripe")]
    assert set(tables.entities["id"]) == {"Shop", "Stripe", "Wiki", "Twilio"}
    assert "a row without a provider: its dependent is kept, without a dependency (Wiki" in notes(
        tables
    )
    assert "a row without a dependent: its provider is kept, without a dependency (Twilio" in notes(
        tables
    )


def test_sections_and_footnotes_are_no_rows(tmp_path: Path) -> None:
    """A row of one cell is a section where most rows say more; a note by its words."""
    text = (
        "Vendor,Purpose,Country\nInfrastructure,,\nAWS,hosting,US\nStripe*,payments,US\n"
        "Support:,,\nZendesk,tickets,US\nTotal: 3,,\n* in Ireland,,\n"
    )
    tables = csv(tmp_path, text, company="Acme")
    assert [p for _, p in edges(tables)] == ["AWS", "Stripe", "Zendesk"]
    assert "dropped 4: a row of one cell that reads like a section" in notes(tables)
    assert "changed 1: a cell of 'Vendor' with the mark of a footnote" in notes(tables)


def test_a_dependent_alone_is_no_section(tmp_path: Path) -> None:
    """An application of which nothing else is known is one, all the same."""
    text = "Application,Vendor,Owner\nShop,Stripe,Ann\nWiki,,\nMail,AWS,Bob\nNote: all of it,,\n"
    tables = csv(tmp_path, text)
    assert set(tables.entities["id"]) == {"Shop", "Stripe", "Wiki", "Mail", "AWS"}


def test_an_empty_table_says_so(tmp_path: Path) -> None:
    """Nothing read is not nothing there: the report has a line."""
    assert "a table without rows below its heads" in notes(csv(tmp_path, "from,to\n"))
    (tmp_path / "a.json").write_text("[]")
    assert "an empty list: no dependency is stated" in notes(load_tables([tmp_path / "a.json"]))


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("AWS / Azure", ["AWS", "Azure"]),
        ("AWS/Azure", ["AWS", "Azure"]),
        ("AWS and Azure", ["AWS", "Azure"]),
        ("AWS & Azure", ["AWS", "Azure"]),
        ("AWS + Azure", ["AWS", "Azure"]),
        ("AWS Azure", ["AWS Azure"]),
        ("AWS/GCP", ["AWS/GCP"]),
        ("Johnson & Johnson", ["Johnson & Johnson"]),
        ("Mail", ["Mail"]),
    ],
)
def test_weak_separators_part_what_stands_alone_elsewhere(
    tmp_path: Path, cell: str, parts: list[str]
) -> None:
    """A slash is part of many names: it parts only what is known by itself."""
    text = f"Application,Vendor\nShop,{cell}\nWiki,AWS\nBlog,Azure\nShop Mail,Mail\nMail,Shop\n"
    tables = csv(tmp_path, text)
    assert [p for d, p in edges(tables) if d == "Shop"] == parts
    assert "Shop Mail" in tables.entities["id"].to_list()


def test_blanks_part_a_column_of_lists(tmp_path: Path) -> None:
    """`depends_on` of names without blanks, as shells write them."""
    tables = csv(tmp_path, "service,depends_on\nshop,db cache\ndb,san\ncache,big san\n")
    assert edges(tables) == [
        ("cache", "big san"), ("db", "san"), ("shop", "cache"), ("shop", "db")
    ]  # fmt: skip


def test_keys_of_items_that_are_not_read_are_told(tmp_path: Path) -> None:
    """An item of a list names what is needed; what else it says has a line."""
    rows = [{"name": "a", "dependsOn": [{"id": "b", "type": "hard"}, {"id": "c", "port": 1}]}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    told = notes(load_tables([tmp_path / "a.json"]))
    assert "note 2: a key of an item in a list that is not read (type: 1; port: 1)" in told
