"""Tables of strengths of the user's own, in every form that they come in."""

import gzip
import json
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


JSON = json.dumps([{k: v for k, v in row.items() if v is not None} for row in ROWS.to_dicts()])


def test_json_its_lines_and_yaml_say_the_same_as_csv(tmp_path: Path) -> None:
    rows = json.loads(JSON)
    ROWS.write_csv(tmp_path / "a.csv")
    texts = {
        "a.json": JSON,
        "bom.json": "\ufeff" + json.dumps({"schema": 2, "rows": rows, "notes": []}, indent=1),
        "no_suffix": JSON,
        "a.jsonl": "\n".join(["", *map(json.dumps, rows), ""]),
        "one.ndjson": json.dumps(rows[0]),
        "a.yaml": "- {provider: v, low: 0.1, mid: 0.4, high: 0.6, rho: 0.2, source: me}\n"
        "- provider: w\n  low: 0.2\n  mid: 0.5\n  high: 0.7\n  rho: null\n  source: you\n",
    }
    wanted = read_strength_table(tmp_path / "a.csv").rows
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        found = read_strength_table(tmp_path / name).rows
        assert found == (wanted[:1] if name == "one.ndjson" else wanted), name
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(JSON.encode()))
    assert read_strength_table(tmp_path / "a.json.gz").rows == wanted


def test_json_may_leave_out_what_a_row_does_not_say(tmp_path: Path) -> None:
    """The first row states nothing yet, the second counts, the third a range."""
    rows = [
        {"provider": "u", "now_low": 0, "narrows": 3},
        {"provider": "v", "mode": "outage", "exposed": 100, "hit": 60, "source": "own count"},
        {"provider": "w", "low": 0, "mid": 0.5, "high": 1, "source": "me"},
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    table = read_strength_table(tmp_path / "a.json")
    assert [(r.provider, r.incidents) for r in table.rows] == [("v", 1), ("w", 0)]
    assert table.empty == 1


def test_faults_in_json_name_their_lines(tmp_path: Path) -> None:
    good = '{"provider": "v", "low": 0, "mid": 0.5, "high": 1, "source": "me"}'
    cases = {
        f"[{good},\n{good.replace('0.5', '1.5')}]": r"a\.json:2: mid: expected a number from 0",
        f"[{good},\n{good.replace('low', 'low_')}]": r"a\.json:2: .*'low_'; did you mean 'low'\?",
        good.replace("provider", "provder") + "\n" + good: r"a\.json:1: .*mean 'provider'\?",
        f"{good}\n\n{good.replace(chr(34) + 'v' + chr(34), '[1]')}": r"a\.json:3: provider: .*seve",
        f"[{good},\n7]": r"a\.json:.: expected an object by column, got '7'",
        f"[{good},\n{good}]": r"2 rows speak for the same: provider v \(a\.json:1, a\.json:2\)",
        f'[{good[:-1]}, "low": 1}}]': r"a\.json:1: the key 'low' stands twice",
        '{"strengths": []}': r"a\.json: expected a list of rows, or `rows`, got an object of 'str",
        "[]": r"a\.json: expected at least one row of strengths, got none",
        '[{"provider": "v"}]': r"a\.json:1: expected columns low, mid and high.*found 'provider'",
        "[{": r"a\.json:1:.*not readable as JSON",
    }
    for text, wanted in cases.items():
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(InputError, match=wanted):
            read_strength_table(tmp_path / "a.json")
