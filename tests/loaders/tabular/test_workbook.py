"""Excel workbooks: which sheet, which row, and nothing left out in silence."""

import zipfile
from pathlib import Path

import pytest

from knockon.graph.errors import InputError
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
