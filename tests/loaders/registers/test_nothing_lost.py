"""Nothing read is not nothing there: no register is read as empty without a line that says why."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format

FEED = {"meta": {"last_change": "2023-03-01"}}


def feed(**data: object) -> str:
    return json.dumps({**FEED, "data": data})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("as.txt", "3356|64500|0\n", "note 1: two peers: no dependency"),
        (
            "as.txt",
            "3356|64500|1\n",
            "found none, but 1 of siblings: two networks of one organisation",
        ),
        ("as.txt", "1|1|-1\n2|2|-1\n", "found none, but 2 of a network related to itself"),
        (
            "dns-202301",
            "1000,a.org,a.org,Pvt\n",
            "dropped 1: a DNS provider that is the site's own",
        ),
        ("f.json", feed(Products=[]), "expected products with an `id`; found none"),
        ("f.json", feed(Products=[{"fr": "F1"}]), "found 1 records"),
        ("f.json", feed(Products="F1|F2"), "expected a list `Products`; found 'Products'"),
        (
            "s.md",
            "# Sub-processors\n\n|A|B|\n|-|-|\n|x|y|\n",
            "found 1 a row of a table that names no",
        ),
        (
            "s.md",
            "# Sub-processors\n\n- none of them is listed here at present.\n",
            "names no sub-pr",
        ),
        (
            "s.html",
            "<html><h1>Sub-processors</h1><p>AWS, Stripe</p>",
            "expected a table with a col",
        ),
        (
            "subprocessors.csv",
            "Vendor,Purpose\n,Hosting\n",
            "found 1 a row without a sub-processor",
        ),
    ],
)
def test_what_was_seen_and_not_understood(tmp_path: Path, name: str, text: str, told: str) -> None:
    """In the report, or in the one line of the error."""
    (tmp_path / name).write_text(text)
    try:
        said = "\n".join(map(str, load_tables([tmp_path / name]).report))
    except InputError as error:
        said = str(error)
    assert told in said


def test_a_register_of_rows_that_cannot_be_used(tmp_path: Path) -> None:
    """One line; an empty graph would say that nothing depends on anybody."""
    with ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("reports/b_02.02.csv", "c0010,c0020,c0030\nC1,,\n")
    with pytest.raises(InputError, match="a register without a row that can be used"):
        load_tables([tmp_path / "r.zip"])


def test_products_by_id_and_networks_with_their_prefix(tmp_path: Path) -> None:
    """Half a step off the expected form, and plain all the same."""
    (tmp_path / "f.json").write_text(
        feed(Products={"F1": {"csp": "A", "cso": "B", "agency_reuse": ["22-001"]}})
    )
    assert load_tables([tmp_path / "f.json"]).dependencies.height == 2
    (tmp_path / "as.txt").write_text("provider|customer|type\nAS3356|AS64500|-1\nAS1|AS2|0\n")
    assert find_format(tmp_path / "as.txt").name == "as_relationships"
    tables = load_tables([tmp_path / "as.txt"])
    assert tables.dependencies.select("dependent", "provider").rows() == [("AS64500", "AS3356")]
    assert "dropped 1: a line that is no relationship such as" in str(
        "\n".join(map(str, tables.report))
    )
