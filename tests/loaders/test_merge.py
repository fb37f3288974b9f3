"""Several sources as one graph: stated values win, conflicts are said."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables


def folder(root: Path, name: str, entities: str, dependencies: str = "", head: str = "") -> Path:
    path = root / name
    path.mkdir()
    (path / "entities.csv").write_text(entities)
    (path / "dependencies.csv").write_text("dependent,provider,probability\n" + dependencies)
    if head:
        (path / "graph.yaml").write_text(head)
    return path


def said(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


def entity(tables: Tables, identifier: str) -> dict[str, object]:
    return tables.entities.row(by_predicate=pl.col("id") == identifier, named=True)


def test_stated_values_beat_defaults(tmp_path: Path) -> None:
    """A source that leaves a value out, or at its default, does not hide another's."""
    one = folder(tmp_path, "one", "id,name,kind,weight\ncloud,cloud,unknown,1.0\n")
    two = folder(tmp_path, "two", "id,name,kind,weight,site\n cloud ,Cloud,platform,5,Oslo\n")
    tables = load_tables([one, two])
    cloud = entity(tables, "cloud")
    assert (cloud["name"], cloud["kind"], cloud["weight"], cloud["site"]) == (
        "Cloud", "platform", 5.0, "Oslo",
    )  # fmt: skip
    assert "merged 1: an entity that several sources hold" in said(tables)
    assert "differ" not in said(tables)


def test_the_first_source_wins_a_conflict(tmp_path: Path) -> None:
    """Two stated values: the first is kept, and both are named."""
    one = folder(tmp_path, "one", "id,kind\ncloud,platform\n")
    two = folder(tmp_path, "two", "id,kind\ncloud,service\n")
    tables = load_tables([one, two])
    assert entity(tables, "cloud")["kind"] == "platform"
    assert "sources differ on kind; the first is kept (cloud: platform, service)" in said(tables)
    assert entity(load_tables([two, one]), "cloud")["kind"] == "service"


def test_dependencies_are_put_together(tmp_path: Path) -> None:
    """Rows of all sources, repeated ones merged, each with its source before its file."""
    one = folder(
        tmp_path, "one", "id\na\n", "a,b,\n", "title: One\nweight_unit: users\nsources: {x: y}"
    )
    two = folder(tmp_path, "two", "id\na\n", "a,b,0.5\nb,c,1\n", "title: Two\nweight_unit: euros")
    tables = load_tables([one, two])
    rows = tables.dependencies.select("dependent", "provider", "probability", "_file").rows()
    assert rows == [
        ("a", "b", 0.5, "one/dependencies.csv"),
        ("b", "c", 1.0, "two/dependencies.csv"),
    ]
    assert (tables.title, tables.weight_unit, tables.sources) == ("One + Two", "users", {"x": "y"})
    assert "weights of several units are added up as users: users, euros" in said(tables)


def test_formats_mix(tmp_path: Path) -> None:
    """A folder, a YAML file and a lone CSV of the same name elsewhere are one graph."""
    one = folder(tmp_path, "one", "id,weight\na,3\n", "a,b,\n")
    (tmp_path / "g.yaml").write_text("entities: [{id: b, weight: 4}]\ndependencies: []\n")
    lone = [tmp_path / d / "x.csv" for d in ("l", "m")]
    for number, path in enumerate(lone):
        path.parent.mkdir()
        path.write_text(f"dependent,provider\nb,c{number}\n")
    tables = load_tables([one, tmp_path / "g.yaml", *lone])
    assert tables.entities["id"].to_list() == ["a", "b", "c0", "c1"]
    assert tables.entities["weight"].to_list() == [3.0, 4.0, 1.0, 1.0]
    assert set(tables.dependencies["_file"]) == {"one/dependencies.csv", *map(str, lone)}


def test_an_id_twice_in_one_source_stays_a_fault(tmp_path: Path) -> None:
    """Merging across sources does not hide a repeated id within one."""
    one = folder(tmp_path, "one", "id,kind\na,x\na,y\n")
    two = folder(tmp_path, "two", "id,kind\na,z\n")
    with pytest.raises(InputError, match=r"'a' stands 3 times: one/entities\.csv:2, one/ent"):
        load_tables([one, two])


def test_a_fault_says_of_which_source_it_is(tmp_path: Path) -> None:
    """Two folders hold a dependencies.csv: the fault names the folder, too."""
    one = folder(tmp_path, "one", "id\na\n")
    two = folder(tmp_path, "two", "id\na\n", "a,b\n")
    with pytest.raises(InputError, match=r"^two/dependencies\.csv:2: expected 3 cells, got 2$"):
        load_tables([one, two])
    assert load_tables(one).entities.height == load_tables(str(one)).entities.height == 1


def test_no_source_is_an_error() -> None:
    """At least one source is needed."""
    with pytest.raises(InputError, match="at least one source"):
        load_tables([])


def test_lines_of_all_readers_are_numbers(tmp_path: Path) -> None:
    """Readers count lines in whole numbers of several widths; put together they stay numbers."""
    (tmp_path / "a.csv").write_text("dependent,provider\na,b\n")
    (tmp_path / "b.yaml").write_text("dependencies:\n- {dependent: c, provider: d}\n")
    tables = load_tables([tmp_path / "a.csv", tmp_path / "b.yaml"])
    assert tables.dependencies["_line"].to_list() == [2, 2]
