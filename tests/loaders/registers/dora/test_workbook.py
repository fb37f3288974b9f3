"""Registers in workbooks, as the template, other tools and people name sheets and columns."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.loaders.registers.dora.dora_forms import (
    HOST,
    SUPPLIER,
    Register,
    chain,
    fallen,
    reasons,
    small,
)

Head = Callable[[str, str], list[object]]
TITLES = {
    "c0010": "Contractual arrangement reference number",
    "c0020": "LEI of the entity making use of the ICT service(s)",
    "c0030": "Identification code of the ICT third-party service provider",
    "c0040": "Type of code to identify the provider",
    "c0050": "Function identifier",
    "c0060": "Type of ICT services",
    "c0110": "Existence of an exit plan",
}


def register() -> Register:
    """A bank whose payments rest on a subcontractor."""
    return small(b_05_02=chain(("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", SUPPLIER)))


def write(path: Path, name: Callable[[str], str], heads: Callable[[str, list[str]], list[list[object]]]) -> Path:  # fmt: skip  # noqa: E501
    """The register with sheets so named, and these rows above the cells of each."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "Read me"
    for table, rows in register().items():
        sheet = book.create_sheet(name(table))
        for head in heads(table, list(rows[0])):
            sheet.append(head)
        for row in rows:
            sheet.append([row[c] or None for c in rows[0]])
    book.save(path)
    return path


def coded(table: str, columns: list[str]) -> list[list[object]]:
    return [[f"{table}.{c[1:]}" for c in columns]]


NAMES: list[Callable[[str], str]] = [
    str.upper,
    lambda t: t.replace("b_", "RT."),
    lambda t: t.replace("b_", "RT_"),
    lambda t: t.replace("b_", "RT "),
    lambda t: t.replace("b_", "B ").replace(".", "_"),
    lambda t: f" {t.upper()} ",
    lambda t: f"{t.upper()} Sheet",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_sheets(tmp_path: Path, name: Callable[[str], str]) -> None:
    """Capitals, RT, blanks, and words behind the number."""
    path = write(tmp_path / "r.xlsx", name, coded)
    assert find_format(path).name == "dora"
    assert fallen(load_tables([path]), HOST) == {"Payments"}


@pytest.mark.parametrize(
    "heads",
    [
        lambda t, cs: [[f"{t.upper()}.{c[1:]}" for c in cs]],
        lambda t, cs: [[f"{t.replace('b_', 'RT.')}.{c[1:]}" for c in cs]],
        lambda t, cs: [[f"{t.replace('b_', 'RT ')} {c[1:]}" for c in cs]],
        lambda _, cs: [list(cs)],
        lambda _, cs: [[c[1:] for c in cs]],
        lambda _, cs: [[int(c[1:]) for c in cs]],
        lambda _, cs: [[f"{c[1:]} - {TITLES[c]}" for c in cs]],
        lambda _, cs: [[TITLES[c] for c in cs], [c[1:] for c in cs]],
        lambda _, cs: [[c[1:] for c in cs], [TITLES[c] for c in cs]],
        lambda t, cs: [[], [f"TEMPLATE {t}"], [], *coded(t, cs), [TITLES[c] for c in cs],
                       ["Alphanumerical"] * len(cs)],
    ],
)  # fmt: skip
def test_heads_of_columns(
    tmp_path: Path, heads: Callable[[str, list[str]], list[list[object]]]
) -> None:
    """Codes with and without the table, as numbers, before, after and beside the titles."""
    tables = load_tables([write(tmp_path / "r.xlsx", str.upper, heads)])
    assert fallen(tables, HOST) == {"Payments"}
    assert "rows of b_02.02: 1 kept" in reasons(tables)
    assert "rows of b_05.02: 2 kept" in reasons(tables)


def test_a_sheet_whose_columns_cannot_be_told(tmp_path: Path) -> None:
    """Titles alone: one line that says what was expected."""
    path = write(tmp_path / "r.xlsx", str.upper, lambda _, cs: [[TITLES[c] for c in cs]])
    with pytest.raises(InputError, match=r"B_01.02: expected a row of codes such as b_01.02.0010"):
        load_tables([path])


def test_sheets_that_hold_nothing_are_told(tmp_path: Path) -> None:
    """An empty sheet of the template, and one of definitions without codes, do not refuse it."""
    path = tmp_path / "r.xlsx"
    write(path, str.upper, coded)
    from openpyxl import load_workbook

    book = load_workbook(path)
    book.create_sheet("B_01.03")
    book.create_sheet("B_99.01").append(["Low", "means little"])
    book.save(path)
    said = reasons(load_tables([path]))
    assert "note 2: a sheet without a row of codes above cells; not read" in said


def test_one_table_in_two_sheets_is_refused(tmp_path: Path) -> None:
    """Which of them counts, nobody can tell."""
    names = {"b_06.01": "B_05.02 old"}
    path = write(tmp_path / "r.xlsx", lambda t: names.get(t, t), lambda _, cs: [list(cs)])
    with pytest.raises(InputError, match=r"two sheets hold b_05\.02"):
        load_tables([path])


def test_other_workbooks_are_no_register(tmp_path: Path) -> None:
    """One sheet named like a table by chance is not enough."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "B 01.01"
    book.active.append(["dependent", "provider"])
    book.active.append(["a", "b"])
    book.save(tmp_path / "r.xlsx")
    assert find_format(tmp_path / "r.xlsx").name == "excel"


@pytest.mark.parametrize("form", ["RT.05.02.csv", "B_05.02.csv", "b_05.02 (1).csv", "RT_05_02.csv"])
def test_names_of_files(tmp_path: Path, form: str) -> None:
    """The same of the files of a folder."""
    for table, rows in register().items():
        name = form.replace("05", table[2:4]).replace("02", table[5:7])
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    assert find_format(tmp_path).name == "dora"
    assert fallen(load_tables([tmp_path]), HOST) == {"Payments"}


@pytest.mark.parametrize("head", ["{t}.{c}", "{c}", "RT.{n}.{c}", "B_{n}.{c}"])
def test_heads_of_files(tmp_path: Path, head: str) -> None:
    """The same of the columns of a CSV."""
    for table, rows in register().items():
        heads = [head.format(t=table, n=table[2:], c=c[1:]) for c in rows[0]]
        lines = [",".join(heads), *(",".join(row.values()) for row in rows)]
        (tmp_path / f"{table}.csv").write_text("\n".join(lines) + "\n")
    assert fallen(load_tables([tmp_path]), HOST) == {"Payments"}
