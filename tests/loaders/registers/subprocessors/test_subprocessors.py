"""Lists of sub-processors, in the shapes in which companies publish them; all written here."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.heads import columns_of
from knockon.loaders.registers.subprocessors.reader import read_subprocessors, relation_of
from knockon.loaders.registers.subprocessors.sheet import Sheet
from knockon.loaders.registers.subprocessors.tables import read_sheets
from knockon.loaders.registry import find_format
from tests.loaders.sums import added_up

ROWS = {
    ("Acme", "Wolkenwerk, Inc.", "hosted_on"),
    ("Acme", "Türsteher | Sign-on", "authenticates_with"),
    ("Acme", "Schalterhilfe", "uses"),
}
CSV = """\
Sub-processor,Purpose,Location
"Wolkenwerk, Inc.",Cloud hosting,Ireland
Türsteher | Sign-on,Single sign-on for customers,"Austria,
Germany"
Schalterhilfe,Customer support,Portugal
"""
SEMICOLONS = """\
No.;Sub-processor;Purpose
1;Wolkenwerk, Inc.;Cloud hosting
2;Türsteher | Sign-on;Single sign-on
3;Schalterhilfe;"Support; by phone"
"""
TSV = (
    "Purpose\tSubprocessor Name\tCountry\nHosting\tWolkenwerk, Inc.\tIE\n"
    "User authentication\tTürsteher | Sign-on\tAT\nTicket support\tSchalterhilfe\tPT\n"
)
MARKDOWN = """\
# Acme's list of sub-processors

We | inform | you.

## Infrastructure

| Entity name | What for | Purpose | Where |
|:--|---|---|--:|
| [Wolkenwerk, Inc.](https://example.org) | - | Data centre | **Ireland** |
| Türsteher \\| Sign-on | - | Login | AT |

## Support

Name | Service
--- | ---
Schalterhilfe | Tickets<br>and chat
"""
HTML = """\
<!DOCTYPE html><html><head><title>Subprocessors | Acme</title><style>td {a: b}</style></head>
<body><h1>Our sub-processors</h1><script>var x = "<table><tr><td>no</td></tr></table>";</script>
<table><thead><tr><th>Third-party</th><th>Purpose</th><th>Location</th></tr></thead>
<tr><td><a href="x">Wolkenwerk, Inc.</a></td><td>Hosting<td>Ireland
<tr><td>T&uuml;rsteher | Sign-on<td>Identity provider<td><ul><li>AT</li><li>DE</li></ul></tr>
<tr><td>Schalterhilfe</td><td>Support</td></tr>
</table></body></html>
"""


def edges(tables: Tables) -> set[tuple[str, str, str]]:
    return set(tables.dependencies.select("dependent", "provider", "relation").iter_rows())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme-subprocessors.csv", CSV),
        ("acme-subprocessors.csv", SEMICOLONS),
        ("acme_sub_processors.tsv", TSV),
        ("list.md", MARKDOWN),
        ("page.html", HTML),
    ],
    ids=["csv", "semicolons", "tsv", "markdown", "html"],
)
def test_every_shape_gives_the_same_dependencies(tmp_path: Path, name: str, text: str) -> None:
    """Names, relations and the company are those of the list, whatever its shape."""
    path = tmp_path / name
    path.write_text(text)
    assert find_format(path).name == "subprocessors"
    tables = load_tables([path])
    assert edges(tables) == ROWS
    assert tables.title == "Sub-processors of Acme"
    kinds = dict(tables.entities.select("id", "kind").iter_rows())
    assert kinds == {
        "Acme": "enterprise", "Wolkenwerk, Inc.": "cloud_provider", "Schalterhilfe": "service",
        "Türsteher | Sign-on": "identity_provider",
    }  # fmt: skip
    added_up(tables.report)
    assert tables.dependencies["probability"].is_null().all()


def rows_of(folder: Path, name: str, text: str) -> list[Sheet]:
    (folder / name).write_text(text)
    return read_sheets(Source.of(folder / name))


def test_cells_over_several_rows_and_columns(tmp_path: Path) -> None:
    """A cell counts in every row and column that it reaches; one over all columns is no row."""
    (sheet,) = rows_of(
        tmp_path, "s.html",
        "<html><table><tr><th>Sub-processor<th>Purpose<th>Place</tr>\n"
        "<tr><td rowspan=3>A<td>hosting<td rowspan='2'>US</tr>\n<tr><td>DNS\n"
        "<tr><td colspan=2>mail</tr><tr><td colspan=3>Only\nfor <b>some</b></tr>\n<tr><td>B",
    )  # fmt: skip
    assert sheet.head == ["Sub-processor", "Purpose", "Place"]
    assert sheet.rows == [
        (2, ["A", "hosting", "US"]), (3, ["A", "DNS", "US"]), (4, ["A", "mail", "mail"]),
        (6, ["B"]),
    ]  # fmt: skip
    assert sheet.asides == [(4, "Only for some")]
    tables = load_tables([tmp_path / "s.html"])
    assert added_up(tables.report) == {"s.html": (5, 4)}
    assert "a row that is one cell over all columns ('Only for some' at s.html:4)" in str(
        "\n".join(map(str, tables.report))
    )


def test_pages_are_parsed_as_browsers_do(tmp_path: Path) -> None:
    """Comments, scripts, omitted end tags, tables in tables, marks closed in the wrong order."""
    inner, outer = sorted(
        rows_of(
            tmp_path, "s.html",
            "<!doctype html><title>T</title><!-- <table><tr><td>no --><h2>Our <i>own</i></h2>"
            "<script>'<table>'</script><table><caption>C</caption><tr><th>Name<th>x\n"
            "<tr><td title='a > b'>A<table><tr><td>inner<tr><td>more</table>B<td><b>1<i>2</b>3</i>",
        ),
        key=lambda sheet: len(sheet.head),
    )  # fmt: skip
    assert (outer.page, outer.title, outer.head) == ("T", "C", ["Name", "x"])
    assert outer.rows == [(2, ["AB", "123"])]
    assert (inner.head, inner.rows) == (["inner"], [(2, ["more"])])


@pytest.mark.parametrize("part", ["<font a={}>", "<a><b x={}>", "<div></p>", "<div><x{}></x{}>"])
def test_pages_that_would_take_minutes_are_refused(tmp_path: Path, part: str) -> None:
    """Parsers look through all that is open again and again; a page that nests so is none."""
    text = "<table>" + "".join(part.replace("{}", str(i)) for i in range(100_000))
    with pytest.raises(InputError, match=r"s\.html:1: elements nested deeper than 2,000"):
        rows_of(tmp_path, "s.html", text)


def test_markdown_outside_of_tables(tmp_path: Path) -> None:
    """Front matter and code are no tables; lines count all the same; no cell is left out."""
    (sheet,) = rows_of(
        tmp_path, "s.md",
        "---\ntitle: a | b\n---\n\n```\n| x |\n|---|\n| y |\n```\n## Acme `co`\n\n"
        "Name | What\n-|:-:\n[A & B](http://x) | *ho*st<br>ing &amp; \\| more\n"
        "C | d | e | f\n| D |\n",
    )  # fmt: skip
    assert (sheet.page, sheet.head) == ("Acme co", ["Name", "What"])
    assert sheet.rows == [
        (14, ["A & B", "host; ing & | more"]), (15, ["C", "d", "", ""]), (16, ["D", ""]),
    ]  # fmt: skip


def test_a_column_for_the_company(tmp_path: Path) -> None:
    """One list may tell of several companies; names match regardless of case and blanks."""
    path = tmp_path / "all.csv"
    path.write_text(
        "Company,Subprocessor,Purpose\nAcme,Beta  Hosting,hosting\nBeta hosting,Gamma,DNS\n"
        "ACME,gamma,support\n"
    )
    tables = load_tables([path])
    assert edges(tables) == {
        ("Acme", "Beta Hosting", "hosted_on"), ("Beta Hosting", "Gamma", "resolved_by"),
        ("Acme", "Gamma", "uses"),
    }  # fmt: skip
    kinds = dict(tables.entities.select("id", "kind").iter_rows())
    assert kinds == {"Acme": "enterprise", "Beta Hosting": "enterprise", "Gamma": "dns_provider"}


def test_rows_that_do_not_count(tmp_path: Path) -> None:
    """Blank, repeated and overlong rows and the company itself are counted with their line."""
    path = tmp_path / "acme-subprocessors.csv"
    path.write_text(
        "Subprocessor,Purpose,Since\nA,hosting,2020\n,x,2020\nA,servers hosting,2021\n"
        "Acme,support,2020\nB,mail,1,2\n\nC\n"
    )
    tables = read_subprocessors(path)
    assert added_up(tables.report) == {"acme-subprocessors.csv": (6, 2)}
    said = "\n".join(map(str, tables.report))
    for text in (
        "dropped 1: a row without a sub-processor (acme-subprocessors.csv:3)",
        "merged 1: a sub-processor that stands before with a purpose of the same kind (A at acme-",
        "dropped 1: a company that lists itself",
        "dropped 1: a row with more cells than the table has columns (acme-subprocessors.csv:6)",
        "note 1: a column that is not read ('Since'",
    ):
        assert text in said
    row = tables.dependencies.filter(pl.col("provider") == "A").row(0, named=True)
    assert row["purpose"] == "hosting; servers hosting"


@pytest.mark.parametrize(
    ("purpose", "relation"),
    [
        ("Hosting of the platform", "hosted_on"), ("Cloud storage", "hosted_on"),
        ("Data center services", "hosted_on"), ("IaaS", "hosted_on"),
        ("Infrastructure monitoring", "uses"), ("Cloud-based customer support", "uses"),
        ("Content delivery network", "delivered_by"), ("CDN", "delivered_by"),
        ("DNS and CDN", "resolved_by"), ("Authentication", "authenticates_with"),
        ("SSO", "authenticates_with"), ("User log-in", "authenticates_with"),
        ("TLS certificates", "certified_by"), ("E-mail", "uses"), ("Ghost writing", "uses"),
        ("", "uses"),
    ],
)  # fmt: skip
def test_purposes_become_relations(purpose: str, relation: str) -> None:
    """Only where a purpose tells how one depends; the most fundamental of several counts."""
    assert relation_of(purpose.lower().replace("log-in", "login"))[0] == relation


@pytest.mark.parametrize(
    ("head", "titled", "found"),
    [
        (["Subprocessor", "Service", "Country"], False,
         {"subprocessor": 0, "purpose": 1, "location": 2}),
        (["Name of sub-processor", "Processing location", "Nature of processing"], False,
         {"subprocessor": 0, "location": 1, "purpose": 2}),
        (["Vendor", "Use case"], True, {"subprocessor": 0, "purpose": 1}),
        (["Company", "Purpose"], True, {"subprocessor": 0, "purpose": 1}),
        (["Company", "Sub_processor"], True, {"company": 0, "subprocessor": 1}),
        (["Vendor", "Use case"], False, {"purpose": 1}),
    ],
)  # fmt: skip
def test_heads_tell_what_columns_hold(head: list[str], titled: bool, found: dict[str, int]) -> None:
    """The words that companies use."""
    assert columns_of(head, titled) == found


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("subprocessors.html", "<html><body>none yet</body></html>", "expected a table with a col"),
        ("subprocessors.md", "a | b\n--- | ---\n1 | 2\n", "expected a table with a column"),
        ("s.csv", 'Subprocessor,Purpose\n"A,hosting\n', r"s\.csv:2: not readable as CSV"),
    ],
)
def test_lists_that_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    """One clear line."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        load_tables([tmp_path / name])


def test_other_tables_are_left_to_other_readers(tmp_path: Path) -> None:
    """knockon's own CSV is its own, whatever the file is called."""
    path = tmp_path / "subprocessors.csv"
    path.write_text("dependent,provider\nA,B\n")
    assert find_format(path).name == "csv"
