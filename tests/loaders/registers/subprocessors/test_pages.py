"""Pages as companies really write them: heads, merged cells, sections, footnotes, lists."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registers.subprocessors.heads import columns_of
from knockon.loaders.registry import find_format
from tests.loaders.sums import added_up


def load(folder: Path, name: str, text: str) -> Tables:
    path = folder / name
    path.write_text(text)
    assert find_format(path).name == "subprocessors"
    tables = load_tables([path])
    added_up(tables.report)
    return tables


def uses(tables: Tables) -> dict[str, str | None]:
    """Sub-processor -> purposes."""
    rows = tables.dependencies.select("provider", "purpose").rows()
    found: dict[str, str | None] = {}
    for provider, purpose in rows:
        found[provider] = f"{found[provider]}; {purpose}" if provider in found else purpose
    return found


def said(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


# ---- heads


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("Legal Entity|Location|Purpose", "0,2,1"),
        ("Entity Name|Service Purpose|Entity Country", "0,1,2"),
        ("Processor entity name|Location|Purpose", "0,2,1"),
        ("Third Party Service/Vendor|Location|Purpose", "0,2,1"),
        ("Third-Party Provider|What they do|Data residency", "0,1,2"),
        ("Name|Applicable Services|Type of Service|Location", "0,2,3"),
        ("Name of Entity|Description of Processing|Location of Sub-processor", "0,1,2"),
        ("Company|Location|Processing Purpose", "0,2,1"),
        ("Corporate Location|Legal name|Service", "1,2,0"),
        ("Vendor|Product|Purpose", "0,2,"),
        ("Supplier name|Personal data processed|Purpose|Hosting region", "0,2,3"),
        ("Service Provider|Services Provided|Country", "0,1,2"),
        ("Data Processor|Nature of Processing|Processing location", "0,1,2"),
        ("Partner|Role|Transfer mechanism|Jurisdiction", "0,1,3"),
        ("Organisation|Function|Territory", "0,1,2"),
        ("Subcontractor|Activities|Headquarters", "0,1,2"),
    ],
)
def test_heads_of_real_pages(head: str, found: str) -> None:
    """Numbers of the columns of names, purposes and places, where the page is titled."""
    columns = columns_of(head.split("|"), titled=True)
    told = ",".join(str(columns.get(k, "")) for k in ("subprocessor", "purpose", "location"))
    assert told == found
    assert "company" not in columns


@pytest.mark.parametrize(
    "head",
    ["Date|Change|Notice", "Name|Title|Signature", "Entity|Registration number", "Version|By"],
)
def test_heads_of_other_tables_on_such_pages(head: str) -> None:
    """A table without what for and where is of changes or signatures."""
    assert "subprocessor" not in columns_of(head.split("|"), titled=True)


@pytest.mark.parametrize(
    ("head", "company"),
    [
        ("Customer|Sub-processor", 0), ("Sub-processor|Used by", 1),
        ("Controller|Vendor|Purpose", 0),
        ("Company|Vendor|Purpose", 0), ("Sub-processor|Company|Purpose", None),
        ("Sub-processor|Product|Purpose", None),
    ],
)  # fmt: skip
def test_whose_sub_processor_it_is(head: str, company: int | None) -> None:
    """`Company` behind a name is the legal name of it, not who uses it."""
    assert columns_of(head.split("|"), titled=True).get("company") == company


@pytest.mark.parametrize(
    "head",
    [
        "Unterauftragsverarbeiter;Zweck;Land", "Name des Unterauftragsverarbeiters;Leistung;Sitz",
        "Sous-traitant ultérieur;Finalité;Pays", "Sous-traitants;Activité;Localisation",
        "Subencargado del tratamiento;Finalidad;País", "Sub-responsabile;Finalità;Paese",
    ],
)  # fmt: skip
def test_heads_in_other_languages(tmp_path: Path, head: str) -> None:
    """Name, purpose and place in German, French, Spanish and Italian, as CSV and as Markdown."""
    cells = head.split(";")
    bars = f"| {' | '.join(cells)} |\n|---|---|---|\n| Acme GmbH | Hosting | DE |\n"
    for name, text in (("a.csv", f"{head}\nAcme GmbH;Hosting;DE\n"), ("a.md", bars)):
        path = tmp_path / name
        path.write_text(text)
        tables = load_tables([path])
        rows = tables.dependencies.select("provider", "relation").rows()
        assert [relation for _, relation in rows] == ["hosted_on"]
        assert "Acme GmbH" in set(tables.entities["name"])


def test_words_above_a_table_tell_what_it_lists(tmp_path: Path) -> None:
    """Neither title nor head says so, the sentence above does; the table of cookies is none."""
    tables = load(
        tmp_path, "nimbus.md",
        "Nimbus GmbH engages certain subprocessors, as explained below.\n\n"
        "| Entity Name | Service Purpose | Entity Country |\n| :-- | :-- | :-- |\n"
        "| Hostwerk AG | Cloud hosting | Germany |\n\n## Cookies\n\n"
        "| Provider | Purpose | Expiry |\n|--|--|--|\n| _sid | session | 1 day |\n",
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk AG": "Cloud hosting"}
    assert "dropped 1: a row of a table that names no sub-processors" in said(tables)


# ---- rows that are none


def test_title_rows_above_the_head(tmp_path: Path) -> None:
    """Of a spreadsheet saved as CSV: a title, a date, a blank line, and then the head."""
    tables = load(
        tmp_path, "export.csv",
        "Acme Ltd - Sub-processors,,\nLast updated: 1 March 2026,,\n,,\n"
        "Sub-processor,Purpose,Location\nHostwerk,Hosting,DE\nN/A,Analytics,\n",
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk": "Hosting"}
    assert "a row above the head of a table" in said(tables)
    assert "dropped 1: a row that says that there is no sub-processor (export.csv:6)" in said(
        tables
    )


def test_a_title_above_a_head_of_other_words(tmp_path: Path) -> None:
    """The title says what the table is, the head is one of vendors, a total is nobody."""
    tables = load(
        tmp_path, "saas.csv",
        '"Acme Corp. Subprocessor List"\n"Effective 2026-02-01"\n\n'
        '"Vendor","Service Description","Processing Location"\n"Hostwerk, Inc.","Hosting","US"\n'
        '"Mailhaus (when e-mail is enabled)","E-mail","AT"\n"Total: 2","",""\n',
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk, Inc.": "Hosting", "Mailhaus": "E-mail"}
    assert "a condition in brackets behind the name of a sub-processor" in said(tables)
    assert "a footnote in a row of the table" in said(tables)


def test_the_company_in_the_front_matter(tmp_path: Path) -> None:
    """The heading is `Subprocessors`; the title of the page has the name."""
    text = (
        "---\ntitle: Subprocessors | Acme\n---\n# Subprocessors\n\n|Name|Purpose|\n|-|-|\n|A|DNS|\n"
    )
    assert load(tmp_path, "page.md", text).dependencies["dependent"].to_list() == ["Acme"]


def test_heads_of_two_rows(tmp_path: Path) -> None:
    """Groups of columns above the head proper."""
    tables = load(
        tmp_path, "p.html",
        "<html><h1>Acme sub-processors</h1><table><thead>"
        "<tr><th colspan=2>Entity</th><th colspan=2>Processing</th></tr>"
        "<tr><th>Name</th><th>Country</th><th>Purpose</th><th>Data</th></tr></thead>"
        "<tr><td>Hostwerk</td><td>DE</td><td>Hosting</td><td>all</td></tr></table>",
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk": "Hosting"}
    assert tables.dependencies["location"].to_list() == ["DE"]


SECTIONS = {
    "p.html": "<html><h1>Acme sub-processors</h1><table>"
    "<tr><th colspan=3>Acme, as of May</th></tr><tr><th>Vendor<th>Purpose<th>Country</tr>"
    "<tr><td colspan=3>Infrastructure</td></tr><tr><td rowspan=2>Hostwerk<sup>1</sup><td>Hosting"
    "<td>DE</tr><tr><td>DNS<td>IE</tr><tr><td>Mailhaus*<td>E-mail<td>N/A</tr>"
    "<tr><td>None<td><td></tr><tr><td colspan=3>* EU customers only</td></tr></table>",
    "p.md": "# Acme sub-processors\n\n| Vendor | Purpose | Country |\n|---|---|---|\n"
    "| **Infrastructure** | | |\n| Hostwerk[^1] | Hosting | DE |\n| | DNS | IE |\n"
    "| Mailhaus\\* | E-mail | n/a |\n| Vendor | Purpose | Country |\n| - | | |\n"
    "| \\* EU customers only | | |\n",
    "acme-subprocessors.csv": "Vendor,Purpose,Country\nInfrastructure:,,\nHostwerk [1],Hosting,DE\n"
    "Hostwerk,DNS,IE\nMailhaus*,E-mail,N/A\nVendor,Purpose,Country\nn/a,,\n* EU customers only,,\n",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_footnotes_and_nobody(tmp_path: Path, name: str) -> None:
    """Four rows name a sub-processor for something; all others are counted, none is one."""
    tables = load(tmp_path, name, SECTIONS[name])
    assert uses(tables) == {"Hostwerk": "Hosting; DNS", "Mailhaus": "E-mail"}
    where = dict(tables.dependencies.select("provider", "location").rows())
    assert where["Mailhaus"] is None
    assert set(tables.dependencies["dependent"]) == {"Acme"}


def test_a_table_of_bold_names(tmp_path: Path) -> None:
    """Where all names are bold, one without purpose is no section."""
    tables = load(
        tmp_path, "s.md",
        "# Acme sub-processors\n\n| Name | Purpose |\n|--|--|\n| **Hostwerk** | Hosting |\n"
        "| **Mailhaus** | |\n",
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk": "Hosting", "Mailhaus": None}


def test_several_names_in_a_cell_and_addresses(tmp_path: Path) -> None:
    """A list is several; an address below a name is none; lines without one are told."""
    tables = load(
        tmp_path, "p.html",
        "<html><h1>Acme sub-processors</h1><table><tr><th>Name<th>Purpose</tr>"
        "<tr><td><ul><li>Hostwerk<li>Netz &amp; Co</ul><td>Hosting</tr>"
        "<tr><td>Mailhaus AG<br>Ringstr. 5, Wien<td>E-mail</tr>"
        "<tr><td><p>Big</p><p>Name</p><td><p>Support</p><p>chat</p></tr></table>",
    )  # fmt: skip
    assert uses(tables) == {
        "Hostwerk": "Hosting", "Netz & Co": "Hosting", "Mailhaus AG": "E-mail",
        "Big Name": "Support chat",
    }  # fmt: skip
    assert "a cell that names several sub-processors; each is one" in said(tables)
    assert "an address or note below the name of a sub-processor; left out ('Ringstr. 5" in (
        said(tables)
    )
    assert "a name of a sub-processor over several lines; taken as one ('Big Name'" in said(tables)


# ---- lists


LISTS = {
    "links": "---\ntitle: Acme Subprocessors\n---\n\n# Acme subprocessors\n\n"
    "* [Hostwerk](https://h.example). Cloud services provider.\n"
    "* [Mailhaus](https://m.example): E-mail\n",
    "bold": "# Acme\n\n## Sub-processors we use\n\n- **Hostwerk** - Cloud services provider\n"
    "- **Mailhaus:** E-mail\n\n## Your rights\n\n- **Object** to a new one\n",
    "plain": "# Acme sub-processors\n\n1. Hostwerk (Cloud services provider)\n2. Mailhaus: E-mail\n"
    "3. we review all of them every year.\n",
    "below": "# Acme sub-processors\n\n1. Hostwerk\n- Service: Cloud services provider\n"
    "- Data: all\n\n2. Mailhaus\n   - E-mail\n   - Location: Austria\n",
    "headings": "# Acme sub-processors\n\n## What is a sub-processor?\n\n"
    "- Hosting companies, say\n\n## Current sub-processors\n\n### Hostwerk\n\n"
    "- **Purpose**: Cloud services provider\n"
    "- **Data location**: DE\n\n**Mailhaus**\n- **Purpose**: E-mail\n",
    "groups": "# Acme sub-processors\n\n- Cloud services provider:\n  - Hostwerk\n- E-mail:\n"
    "  - [Mailhaus](x)\n",
    "reversed": "# Acme sub-processors\n\n- **Cloud hosting**: Hostwerk\n- E-mail: Mailhaus\n",
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_in_markdown(tmp_path: Path, kind: str) -> None:
    """Names by links, bold, colons, dashes, brackets; what for beside, below or above."""
    tables = load(tmp_path, "list.md", LISTS[kind])
    hosting = "Cloud hosting" if kind == "reversed" else "Cloud services provider"
    assert uses(tables) == {"Hostwerk": hosting, "Mailhaus": "E-mail"}
    ends = set(tables.dependencies.select("dependent", "provider", "relation").rows())
    assert ends == {("Acme", "Hostwerk", "hosted_on"), ("Acme", "Mailhaus", "uses")}


def test_a_list_on_a_page(tmp_path: Path) -> None:
    """Menus are no list of anybody; what is said below a name is."""
    tables = load(
        tmp_path, "p.html",
        "<!doctype html><title>Acme</title><nav><ul><li><a href=/>Home</a></ul></nav>"
        "<h1>Sub-processors</h1>\n<ul>\n<li><a href=x>Hostwerk</a> - <b>Cloud</b> hosting</li>\n"
        "<li><strong>Mailhaus</strong><ul><li>Purpose: E-mail<li>Country: AT</ul></li></ul>"
        "<h2>How we choose</h2><ul><li>Carefully</ul><footer><ul><li>Jobs</ul></footer>",
    )  # fmt: skip
    assert uses(tables) == {"Hostwerk": "Cloud hosting", "Mailhaus": "E-mail"}
    assert tables.dependencies.filter(provider="Mailhaus")["location"].to_list() == ["AT"]
    assert "an item of a list that is about something else than who they are (p.html" in said(
        tables
    )


def test_sentences_are_no_names(tmp_path: Path) -> None:
    """They are counted; a page of nothing else is one clear line."""
    text = "# Acme sub-processors\n\n- We give 30 days' notice before any change to this list.\n"
    with pytest.raises(InputError, match="found 1 an item of a list that names no sub-processor"):
        load(tmp_path, "s.md", text)
    tables = load(tmp_path, "s.md", text + "- Hostwerk\n")
    assert uses(tables) == {"Hostwerk": None}
    assert "dropped 1: an item of a list that names no sub-processor" in said(tables)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deps.yaml", "# sub-processors\ndependencies:\n- {dependent: A, provider: B}\n"),
        ("sub-processors.yaml", "dependencies:\n- dependent: A\n  provider: B\n"),
    ],
)
def test_other_texts_with_dashes_are_no_list(tmp_path: Path, name: str, text: str) -> None:
    """YAML with such a comment or name is YAML."""
    (tmp_path / name).write_text(text)
    assert find_format(tmp_path / name).name == "yaml"


def test_spans_do_not_multiply_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell of 1,000 rows and columns is a million cells; a page has room for so many."""
    monkeypatch.setattr("knockon.loaders.registers.subprocessors.html_tables.MAX_CELLS", 50_000)
    text = "<html><h1>Sub-processors</h1><table><tr>" + "<th>Name" * 1000
    text += ("<tr><td rowspan=1000 colspan=999>A<td>x" + "<tr><td>b" * 999) * 3
    with pytest.raises(
        InputError, match=r"p\.html:1: cells over several rows and columns make more"
    ):
        load(tmp_path, "p.html", text)


def test_names_in_lower_case(tmp_path: Path) -> None:
    """Spelt as names are, or one marked word; a sentence in lower case is none."""
    items = "* [tCaptcha](https://t.example). Bots.\n* [login0](https://l.example). Sign-in.\n"
    more = "* q8q: automation\n* [contact us](mailto:a@b.example) for a copy\n* see below.\n"
    tables = load(tmp_path, "acme-subprocessors.md", f"# Acme subprocessors\n\n{items}{more}")
    assert sorted(uses(tables)) == ["login0", "q8q", "tCaptcha"]
    assert "dropped 2: an item of a list that names no sub-processor" in said(tables)
