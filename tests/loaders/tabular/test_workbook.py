"""Excel workbooks: which sheet, which row, and nothing left out in silence."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing import excel
from knockon.loaders.registry import find_format

NAMES = "http://schemas.openxmlformats.org"


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """The least workbook that Excel would open: inline texts and numbers."""

    def cell(value: object) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    relations = f"{NAMES}/officeDocument/2006/relationships"
    main = f"{NAMES}/spreadsheetml/2006/main"
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1)
    )
    targets = "".join(
        f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    package = f"{NAMES}/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">{targets}</Relationships>',
        )
        for i, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(cell(v) for v in row)}</row>" for row in rows)
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )
    return path


def test_the_only_sheet_with_cells(tmp_path: Path) -> None:
    """Numbers are ids as they are shown; a blank row is left out, and rows keep their numbers."""
    rows = [["from", "to", "probability"], ["a", 7, 0.5], [None, None, None], ["b", "a", None]]
    path = write_xlsx(tmp_path / "a.xlsx", {"Sheet1": rows, "Sheet2": []})
    assert find_format(path).name == "excel"
    tables = load_tables([path])
    columns = ("dependent", "provider", "probability", "_file", "_line")
    assert tables.dependencies.select(columns).rows() == [
        ("a", "7", 0.5, "a.xlsx#Sheet1", 2), ("b", "a", None, "a.xlsx#Sheet1", 4),
    ]  # fmt: skip


def test_named_sheets(tmp_path: Path) -> None:
    """`dependencies` and `entities`, regardless of case, beside any other sheet."""
    sheets: dict[str, list[list[object]]] = {
        "Notes": [["x"]],
        "Entities": [["id", "kind"], ["a", "service"]],
        "Dependencies": [["dependent", "provider"], ["a", "b"]],
    }
    tables = load_tables([write_xlsx(tmp_path / "a.xlsx", sheets)])
    assert tables.entities.select("id", "kind").rows() == [("a", "service"), ("b", "unknown")]
    assert tables.dependencies.height == 1


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        ({"One": [["x"]], "Two": [["y"]]}, "found 2 with cells: 'One', 'Two'"),
        ({"One": []}, "found 0 with cells: none"),
        ({"One": [["from", "to", None], ["a", "b", "c"]]}, "column 3 has cells, but no name"),
        ({"One": [["from", "from"], ["a", "b"]]}, "a.xlsx#One:1: column 'from' stands twice"),
        ({"One": [["p", "q"], ["a", "b"]]}, "found 'p', 'q'; say which they are"),
    ],
)
def test_workbooks_that_are_not_plain(tmp_path: Path, sheets: dict, message: str) -> None:
    """One clear error that names the sheets or the columns."""
    with pytest.raises(InputError) as caught:
        load_tables([write_xlsx(tmp_path / "a.xlsx", sheets)])
    assert message in str(caught.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is counted before anything else reads the archive."""
    monkeypatch.setattr(excel, "MAX_BYTES", 100_000)
    path = write_xlsx(tmp_path / "a.xlsx", {"One": [["x" * 200_000]]})
    with pytest.raises(InputError, match="xml: unpacks to more than"):
        load_tables([path])


def test_a_damaged_workbook(tmp_path: Path) -> None:
    """What calamine cannot read is one InputError."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(InputError, match=r"a\.xlsx: not readable as Excel: .*_rels"):
        load_tables([path])


# sheets as people lay them out


def write_book(
    path: Path, rows: list[list[object]], merged: tuple[str, ...] = (), title: str = "Register"
) -> Path:
    """A workbook of one sheet, and another that holds no dependencies."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.create_sheet("Lists").append(["high"])
    book.save(path)
    return path


def edges(tables: Tables) -> list[tuple[str, str]]:
    return sorted(tables.dependencies.select("dependent", "provider").rows())


def notes(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


REGISTER: list[list[object]] = [
    ["Register of ICT providers"],
    ["as of", "2025-06-30"],
    [],
    ["Application", "Owner", "Provider", None, "Criticality"],
    [None, None, "Name", "Country", None],
    ["Finance"],
    ["Ledger", "Ann", "Oracle", "US", "high"],
    [None, None, "AWS*", "US", "high"],
    ["Operations"],
    ["Fax", "Bob", "N/A", None, "low"],
    ["* in Frankfurt"],
]
MERGED = ("A1:E1", "A4:A5", "B4:B5", "C4:D4", "E4:E5", "A6:E6", "A7:A8", "B7:B8", "A9:E9",
          "A11:E11")  # fmt: skip


def test_a_register_with_titles_groups_sections_and_notes(tmp_path: Path) -> None:
    """Merged cells hold for each of their rows; what is no row is told, with its place."""
    tables = load_tables([write_book(tmp_path / "a.xlsx", REGISTER, MERGED)])
    assert edges(tables) == [("Ledger", "AWS"), ("Ledger", "Oracle")]
    assert set(tables.entities["id"]) == {"Ledger", "AWS", "Oracle", "Fax"}
    assert tables.entities.filter(id="Oracle")["country"].to_list() == ["US"]
    assert tables.dependencies["_line"].to_list() == [8, 7]
    told = notes(tables)
    for said in (
        "note 1: a sheet that is not read, beside 'Register' (--sheet NAME reads another)",
        "a row above the heads in row 5, not read ('Register of ICT providers'",
        "dropped 2: a row that is one cell merged across others: a section, or a note "
        "('Finance' at a.xlsx#Register:6; 'Operations' at a.xlsx#Register:9)",
        "dropped 1: a row of one cell that reads like a section, a total or a note "
        "('* in Frankfurt' at a.xlsx#Register:11)",
        "changed 1: a cell of 'Provider Name' with the mark of a footnote",
        "'Application' is taken as dependent, 'Provider Name' as provider",
    ):
        assert said in told


def test_a_vendor_list_of_one_company(tmp_path: Path) -> None:
    """Sections that are not merged are told by their one cell; `company` says whose list it is."""
    rows: list[list[object]] = [
        ["Vendors"], [], ["Vendor", "Purpose", "Location"], ["Infrastructure"],
        ["AWS", "Hosting", "US"], ["Google (1)", "Mail", "US"], ["Support"],
        ["Zendesk", "Tickets", "US"], ["(1) EU only"],
    ]  # fmt: skip
    path = write_book(tmp_path / "a.xlsx", rows)
    tables = load_tables([path], company="Acme", sheet="register")
    assert edges(tables) == [("Acme", "AWS"), ("Acme", "Google"), ("Acme", "Zendesk")]
    assert "dropped 3: a row of one cell" in notes(tables)


def test_the_row_of_heads_and_the_sheet_can_be_said(tmp_path: Path) -> None:
    """Where they are said, nothing is looked for; what cannot be is an error."""
    rows: list[list[object]] = [["From", "To"], ["draft", "draft"], ["this", "that"], ["a", "b"]]
    path = write_book(tmp_path / "a.xlsx", rows)
    said = {"this": "dependent", "that": "provider"}
    assert edges(load_tables([path], mapping=said)) == [("a", "b")]
    tables = load_tables([path], mapping=said, header_row=3, sheet="Register")
    assert edges(tables) == [("a", "b")]
    with pytest.raises(InputError, match="--header-row 9: the sheet has 4 rows"):
        load_tables([path], header_row=9, sheet="Register")
    with pytest.raises(InputError, match="no sheet with cells is 'Registre'; did you mean"):
        load_tables([path], sheet="Registre")


def test_several_sheets_that_can_be_read_are_not_chosen_from(tmp_path: Path) -> None:
    """Both could be meant: the error names them, and the option."""
    rows = [["from", "to"], ["a", "b"]]
    path = write_xlsx(tmp_path / "a.xlsx", {"One": rows, "Two": rows, "Notes": [["x"]]})
    with pytest.raises(InputError, match="found 2 with cells: 'One', 'Two'; --sheet NAME"):
        load_tables([path])


def test_shared_texts_do_not_multiply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that stands once in the file fills as many cells as name it: these are summed up."""
    plain = write_xlsx(tmp_path / "plain.xlsx", {"One": [["from", "to", "note"]]})
    row = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row>'
    heads = '<row><c t="s"><v>3</v></c><c t="s"><v>4</v></c><c t="s"><v>5</v></c></row>'
    texts = "".join(f"<si><t>{t}</t></si>" for t in ("a", "b", "x" * 1000, "from", "to", "note"))
    path = tmp_path / "a.xlsx"
    main = f"{NAMES}/spreadsheetml/2006/main"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if "sheet1" not in name:
                new.writestr(name, old.read(name))
        sheet = f'<worksheet xmlns="{main}"><sheetData>{heads}{row * 300}</sheetData></worksheet>'
        new.writestr("xl/worksheets/sheet1.xml", sheet)
        new.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{texts}</sst>')
    assert load_tables([path]).dependencies["note"].to_list() == ["x" * 1000]
    monkeypatch.setattr(excel, "MAX_TEXT", 200_000)
    with pytest.raises(
        InputError, match=r"its cells hold 31\d,\d{3} bytes of text; at most 200,000"
    ):
        load_tables([path])


def test_merged_cells_do_not_multiply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merges that lie over each other are bounded."""
    path = write_book(tmp_path / "a.xlsx", [["from", "to"], ["a", "b"]], ("A2:A900", "B2:B900"))
    assert load_tables([path]).dependencies.height == 1
    monkeypatch.setattr(excel, "MAX_CELLS", 1000)
    with pytest.raises(InputError, match="its merged cells cover more than 1,000 rows"):
        load_tables([path])


def test_sheets_beside_ours_are_told(tmp_path: Path) -> None:
    """A workbook of our own sheets may hold others; these are named."""
    rows: dict[str, list[list[object]]] = {
        "dependencies": [["dependent", "provider"], ["a", "b"]],
        "Extra": [["from", "to"], ["c", "d"]],
    }
    told = notes(load_tables([write_xlsx(tmp_path / "a.xlsx", rows)]))
    assert "note 1: a sheet that is not read, beside 'dependencies'" in told
    assert "('Extra')" in told


def test_a_table_that_begins_further_right(tmp_path: Path) -> None:
    """Columns are counted from the first with a value; merged cells fill no cell that has one."""
    book = openpyxl.Workbook()
    sheet = book.active
    for cell, text in (("C3", "Application"), ("D3", "Vendor"), ("C4", "Shop"), ("D4", "Stripe"),
                       ("D5", "Twilio")):  # fmt: skip
        sheet[cell] = text
    sheet.merge_cells("C4:C5")
    book.save(tmp_path / "a.xlsx")
    tables = load_tables([tmp_path / "a.xlsx"])
    assert edges(tables) == [("Shop", "Stripe"), ("Shop", "Twilio")]
    assert sorted(tables.dependencies["_line"].to_list()) == [4, 5]


def test_dependencies_beside_entities_may_be_called_otherwise(tmp_path: Path) -> None:
    """The one sheet that fits is read; two are not chosen from; none is told."""
    rows = [["dependent", "provider"], ["Shop", "Stripe"]]
    heads = {"README": [["how to"]], "Entities": [["id", "weight"], ["Shop", 3]]}
    tables = load_tables([write_xlsx(tmp_path / "a.xlsx", {**heads, "Deps": rows})])
    assert edges(tables) == [("Shop", "Stripe")]
    assert tables.entities.filter(id="Shop")["weight"].to_list() == [3.0]
    assert "a sheet that is not read, beside 'Deps'" in notes(tables)
    with pytest.raises(InputError, match=r"found 2 with cells: 'A', 'B'; --sheet NAME"):
        load_tables([write_xlsx(tmp_path / "b.xlsx", {**heads, "A": rows, "B": rows})])
    alone = load_tables([write_xlsx(tmp_path / "c.xlsx", heads)])
    assert "a sheet that is not read, beside 'entities'" in notes(alone)
