"""A law: who reads nothing says so. A source without dependencies has a line in the report."""

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables

EMPTY = {
    "head.csv": "from,to\n", "head.tsv": "from\tto\n", "ours.csv": "dependent,provider\n",
    "blank.csv": "from,to\n,\n", "ends.csv": "from,to\na,\n,b\n", "none.csv": "from,to\nN/A,-\n",
    "list.json": "[]", "lists.json": '{"dependencies": [], "entities": []}',
    "more.json": '{"dependencies": [], "services": [{"id": "a"}]}',
    "nulls.json": '[{"service": "a", "depends_on": []}]',
    "nulls.ndjson": '{"from": null, "to": null}\n{"from": "a", "to": null}\n',
    "list.yaml": "dependencies: []\n", "a.dot": "digraph {}", "b.dot": "digraph { a; b }",
    "a.gml": "graph [ directed 1 ]", "a.graphml": "<graphml><graph/></graphml>",
    "a.gexf": "<gexf><graph><nodes/></graph></gexf>", "a.json": '{"nodes": [], "links": []}',
    "sn.json": '{"result": [{"parent": "", "type": "", "child": ""}]}',
    "sn.xml": "<unload><cmdb_ci><name>a</name></cmdb_ci></unload>",
    "rels.csv": ":START_ID,:END_ID,:TYPE\n1,2,WATCHES\n",
    "cmdb.csv": "parent,type,child\na,Owned by::Owns,b\n",
}  # fmt: skip


def outcome(path: Path) -> Tables | str:
    try:
        return load_tables([path])
    except InputError as error:
        return str(error)


def hold(found: Tables | str) -> None:
    """One clear line, or a report that tells more than what was read."""
    if isinstance(found, str):
        assert found
        assert "\n" not in found
        return
    assert found.dependencies.height == 0
    assert [f for f in found.report if f.action in ("note", "dropped")]


@pytest.mark.parametrize("name", EMPTY)
def test_a_text_without_dependencies_says_so(tmp_path: Path, name: str) -> None:
    """Tables, lists, graphs and exports of a CMDB, with nothing in them, or nothing understood."""
    (tmp_path / name).write_text(EMPTY[name])
    hold(outcome(tmp_path / name))


def test_other_files_without_dependencies_say_so(tmp_path: Path) -> None:
    """A folder of ours, Parquet, and a workbook of heads alone."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "dependencies.csv").write_text("dependent,provider\n")
    (folder / "entities.csv").write_text("id\na\n")
    hold(outcome(folder))
    pl.DataFrame(schema={"from": pl.String, "to": pl.String}).write_parquet(tmp_path / "a.parquet")
    hold(outcome(tmp_path / "a.parquet"))
    book = openpyxl.Workbook()
    book.active.append(["Application", "Vendor"])
    book.save(tmp_path / "a.xlsx")
    hold(outcome(tmp_path / "a.xlsx"))
