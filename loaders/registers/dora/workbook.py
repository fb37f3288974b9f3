"""The tables of a register in a workbook: a sheet per table, a row of codes above the cells.

The template of the European Supervisory Authorities has sheets such as `b_05.02`, a row of codes
such as `b_05.02.0010` below a title, and names and types of the columns below the codes. Tools
export sheets such as `B_05.02` or `RT.05.02`, with `0010` or `c0010` above or below the names.
"""

import re

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.excel import read_sheets
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.dora.columns import TABLES
from knockon.loaders.registers.dora.formats import SHEET

HEAD_ROWS = 30
CODE = re.compile(
    r"(?:(?:b|rt)[ ._]?(\d\d)[._](\d\d)[._ ])?c?(\d{4})(?:\s*[-–:.]\s*\D.*)?", re.IGNORECASE | re.S
)
_TYPES = ("alphanumerical", "date", "monetary", "country", "natural number", "pattern", "currency",
          "closed set of options", "[yes/no]")  # fmt: skip
_LABEL = re.compile(
    r"(lei|name|legal|type|country|currency|date|start|end|identification|additional|contractual|"
    r"overarching|function|rank|recipient|notice|governing|storage|location|sensitiveness|level|"
    r"value|hierarchy|reasons?|substitutability|existence|possibility|impact|are there|alternative|"
    r"licen[cs]ed|criticality|recovery|link|nature|competent|annual|total|ultimate|fill)\b.*\s",
    re.IGNORECASE | re.DOTALL,
)


def column_of(cell: object, table: str) -> str | None:
    """`c0010` of `b_05.02.0010`, `RT.05.02.0010`, `c0010`, `0010` or `0010 - Name`."""
    text = str(cell or "").strip().removesuffix(".0")
    if text.isascii() and text.isdigit() and 1 < len(text) < 4 and text.endswith("0"):
        text = text.zfill(4)  # a number that Excel shows as 0010
    found = CODE.fullmatch(text)
    if not found or (found[1] and table != f"b_{found[1]}.{found[2]}"):
        return None
    return f"c{found[3]}"


def tables_of_workbook(source: Source, findings: RowFindings) -> dict[str, pl.DataFrame]:
    """Every table by name (`b_05.02`), with text columns `c0010` and so on.

    Raises InputError for two sheets of one table, and sheets whose columns cannot be told.
    """
    tables: dict[str, pl.DataFrame] = {}
    for name, sheet in read_sheets(source).items():
        found = SHEET.match(name.strip())
        place = f"{source.name}/{clip(name, 40)}"
        if found is None:
            continue
        table = f"b_{found[1]}.{found[2]}"
        if table in tables:
            raise InputError(f"{source.name}: two sheets hold {table}")
        at = _codes_row(sheet, table)
        if at is not None:
            tables[table] = _cells_below(sheet, at, table, place)
        elif table in TABLES and any(v is not None for row in sheet.iter_rows() for v in row):
            raise InputError(
                f"{place}: expected a row of codes such as {table}.0010 above the cells"
            )
        else:
            findings.add("note", "a sheet without a row of codes above cells; not read", place)
    return tables


def _codes_row(sheet: pl.DataFrame, table: str) -> int | None:
    """Number of the row that names most columns of the table, of the first ones."""
    known = TABLES[table].columns if table in TABLES else {}
    best, most = None, 0
    for number, row in enumerate(sheet.head(HEAD_ROWS).iter_rows()):
        codes = {c for c in (column_of(cell, table) for cell in row) if c}
        if len(codes) > most and ("c0010" in codes or (len(codes) > 1 and codes & known.keys())):
            best, most = number, len(codes)
    return best


def _cells_below(sheet: pl.DataFrame, at: int, table: str, place: str) -> pl.DataFrame:
    """The cells below the row of codes, and below the rows that explain them."""
    wanted = {
        c: column_of(cell, table) for c, cell in zip(sheet.columns, sheet.row(at), strict=True)
    }
    codes = [c for c in wanted.values() if c]
    if len(set(codes)) < len(codes):
        raise InputError(f"{place}:{at + 1}: a code stands twice in the row of codes")
    first = at + 1
    for number, row in enumerate(sheet.slice(at + 1, 3).iter_rows(), at + 1):
        if _explains(row):
            first = number + 1
    cells = sheet.with_row_index(LINE, offset=1).slice(first)
    kept = [
        # dates come with the time of midnight, numbers as floats
        pl.col(c).str.strip_chars().str.replace(r"[ T]00:00:00(\.0+)?$", "")
        .str.replace(r"^(-?\d+)\.0$", "$1").alias(code)
        for c, code in wanted.items() if code
    ]  # fmt: skip
    cells = cells.select(*kept, pl.lit(place).alias(FILE), pl.col(LINE).cast(pl.Int64))
    blank = [pl.col(c).is_null() | (pl.col(c) == "") for c in codes]
    return cells.filter(~pl.all_horizontal(blank))


def _explains(row: tuple[object, ...]) -> bool:
    """Whether a row names or types the columns: most of its cells are words of the template."""
    said = [str(cell).strip() for cell in row if cell is not None and str(cell).strip()]
    types = sum(cell.lower() in _TYPES for cell in said)
    labels = sum(_LABEL.match(cell) is not None for cell in said)
    return types * 2 >= len(said) > 0 or (labels * 2 > len(said) and len(said) > 1)
