"""Tables of strengths of the user's own, in every form that they come in."""

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.loaders.native.strengths import read_strength_table

ROWS = pl.DataFrame(
    {
        "provider": ["v", "w"], "low": [0.1, 0.2], "mid": [0.4, 0.5], "high": [0.6, 0.7],
        "rho": [0.2, None], "source": ["me", "you"],
    }
)  # fmt: skip


def _write_workbook(path: Path, *sheets: pl.DataFrame) -> None:
    book = openpyxl.Workbook()
    for number, frame in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        assert sheet is not None
        for row in (frame.columns, *frame.rows()):
            sheet.append([*row])
    book.save(path)


def test_csv_parquet_and_a_workbook_say_the_same(tmp_path: Path) -> None:
    ROWS.write_csv(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.csv").read_bytes())
    ROWS.write_parquet(tmp_path / "a.parquet")
    _write_workbook(tmp_path / "a.xlsx", ROWS)
    found = [
        read_strength_table(tmp_path / name).rows
        for name in ("a.csv", "b.csv", "a.parquet", "a.xlsx")
    ]
    assert found[0] == found[1] == found[2] == found[3]
    assert [(r.provider, r.mid, r.rho) for r in found[0]] == [("v", 0.4, 0.2), ("w", 0.5, 0.0)]


def test_faults_in_a_workbook_name_sheet_and_row(tmp_path: Path) -> None:
    _write_workbook(tmp_path / "a.xlsx", ROWS.with_columns(low=pl.lit(0.9)))
    with pytest.raises(InputError, match=r"a.xlsx#Sheet:2: low: expected low <= mid <= high"):
        read_strength_table(tmp_path / "a.xlsx")
    _write_workbook(tmp_path / "two.xlsx", ROWS, ROWS)
    with pytest.raises(InputError, match="expected one sheet with cells, found 'Sheet', 'Sheet1'"):
        read_strength_table(tmp_path / "two.xlsx")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("provider;low;mid;high;source\nv;0,1;0,2;0,3;me\n")
    with pytest.raises(InputError, match="expected commas between columns, found semicolons"):
        read_strength_table(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(InputError, match=r"b\.csv: the file is empty"):
        read_strength_table(tmp_path / "b.csv")
