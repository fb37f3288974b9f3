"""One register in the forms that readers meet: header form, datapoint form, Excel template."""

import csv
import io
import json
from pathlib import Path
from zipfile import ZipFile

import polars as pl
from openpyxl import Workbook

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registers.dora.package import _points
from tests.paths import ROOT

SAMPLE = ROOT / "samples/dora-register"
_SINCE_4 = ("c0030", "c0040", "c0060")
Register = dict[str, list[dict[str, str]]]
# taxonomy 4.0: where the template of the dry run has another number
_EARLY = {"c0050": "c0030", "c0070": "c0040", "c0080": "c0050", "c0090": "c0060",
          "c0100": "c0070", "c0110": "c0080", "c0120": "c0090"}  # fmt: skip


def sample() -> Register:
    """The rows of the sample, by table and column."""
    return {
        path.stem: list(csv.DictReader(path.open(newline="")))
        for path in sorted((SAMPLE / "reports").glob("b_*.csv"))
    }


def lei(stem: str) -> str:
    """An LEI of an invented entity, with valid check digits (ISO 7064 MOD 97-10)."""
    body = ("999900" + stem.upper()).ljust(18, "0")[:18]
    number = int("".join(str(int(c, 36)) for c in body) + "00")
    return f"{body}{98 - number % 97:02d}"


BANK, SUPPLIER, HOST, OTHER = map(lei, ("BANK", "SUPPLIER", "HOST", "OTHER"))


def fallen(tables: Tables, origin: str) -> set[str]:
    """Names of the critical functions that the origin can take with it."""
    impact = whatif(DependencyGraph.from_tables(tables), [origin], assume=1.0)
    rows = impact.entities.filter(
        pl.col("kind") == "critical_function", pl.col("probability_high") > 0
    )
    return set(rows["name"])


def small(**tables: list[dict[str, str]]) -> Register:
    """A bank with one critical function on one contract, and what the test adds or replaces."""
    given = {name.replace("_", ".").replace("b.", "b_"): rows for name, rows in tables.items()}
    return {
        "b_01.02": [{"c0010": BANK, "c0020": "Bank"}],
        "b_02.02": [
            {"c0010": "C1", "c0020": BANK, "c0030": SUPPLIER, "c0050": "F1", "c0060": "eba_TA:S19"}
        ],
        "b_05.01": [{"c0010": SUPPLIER, "c0050": "Supplier", "c0110": ""}],
        "b_06.01": [{"c0010": "F1", "c0030": "Payments", "c0040": BANK, "c0050": "eba_BT:x28"}],
        **given,
    }


def chain(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    """Rows of b_05.02 under contract C1: type of service, provider, rank, recipient."""
    return [
        {"c0010": "C1", "c0020": service, "c0030": provider, "c0050": rank, "c0060": recipient}
        for service, provider, rank, recipient in rows
    ]


def read_small(tmp_path: Path, **tables: list[dict[str, str]]) -> Tables:
    return load_tables([header_zip(small(**tables), tmp_path / "register.zip")])


def reasons(tables: Tables) -> str:
    return "\n".join(str(f) for f in tables.report)


def header_zip(register: Register, path: Path, folder: str = "P/reports/") -> Path:
    """A package with a column per item; tables without a row are left out."""
    with ZipFile(path, "w") as archive:
        archive.writestr("P/META-INF/reportPackage.json", "{}")
        archive.writestr(f"{folder}parameters.csv", "name,value\nrefPeriod,2026-03-31\n")
        for table, rows in register.items():
            if rows:
                cells = [list(rows[0]), *(list(row.values()) for row in rows)]
                archive.writestr(f"{folder}{table}.csv", _text(cells))
    return path


def datapoint_zip(register: Register, path: Path) -> Path:
    """The same with a row per datapoint, the keys in columns named by their dimensions."""
    with ZipFile(path, "w") as archive:
        archive.writestr("P/reports/report.json", json.dumps({}))
        archive.writestr("P/reports/parameters.csv", "name,value\nrefPeriod,2026-03-31\n")
        for table, rows in register.items():
            archive.writestr(f"P/reports/{table}.csv", _text(_facts(table, rows)))
    return path


def _facts(table: str, rows: list[dict[str, str]]) -> list[list[str]]:
    points = _points()[table]
    # of several taxonomies the newest: its datapoints have the highest numbers
    newest = {column: key for key, column in sorted(points.items(), key=_number)}
    keys = {c: k for c, k in newest.items() if not k.isdigit()}
    keys |= {c: k for k, c in points.items() if not k.isdigit() and c in rows[0]}
    if table in ("b_02.02", "b_03.02", "b_05.01", "b_05.02", "b_07.01"):
        keys = {c: k for c, k in keys.items() if k != "TIM"}  # no key since 4.0
    facts = [["datapoint", "factValue", *keys.values()]]
    for row in rows:
        at = [row.get(column, "") for column in keys]
        for column, value in row.items():
            if column not in keys and value and column in newest:
                facts.append([f"dp{newest[column]}", value, *at])
    return facts


def _number(item: tuple[str, str]) -> int:
    return int(item[0]) if item[0].isdigit() else -1


def workbook(register: Register, path: Path) -> Path:
    """The template of the dry run, filled in: a title, codes, names, types, and then the cells."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "Instructions"
    for table, rows in register.items():
        sheet = book.create_sheet(table)
        sheet["B2"] = f"TEMPLATE RT{table[1:]}"
        early = _EARLY if table == "b_05.01" else {}
        unheld = _SINCE_4 if table == "b_05.01" else ()
        columns = [c for c in sorted(rows[0]) if c not in unheld]
        for number, column in enumerate(columns, 2):
            sheet.cell(4, number, f"{table}.{early.get(column, column)[1:]}")
            sheet.cell(5, number, "What it is")
            sheet.cell(6, number, "Alphanumerical")
            for line, row in enumerate(rows, 7):
                sheet.cell(line, number, row[column] or None)
    book.save(path)
    return path


def _text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
