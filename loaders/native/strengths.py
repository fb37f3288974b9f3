"""A table of strengths of the user's own: a CSV file with the columns of the shipped one."""

from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, did_you_mean
from knockon.graph.model.tables import FILE, LINE
from knockon.graph.scenario.strengths import AT, NONE, SHIPPED, StrengthTable
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.faults import one_error


def read_strength_table(path: Path) -> StrengthTable:
    """The table of a file, under the name of the file.

    Raises InputError where there is no such file, and with every fault of its rows.
    """
    if not path.exists():
        hint = did_you_mean(str(path), (*SHIPPED, NONE))
        raise InputError(
            f"--strengths {path}: expected {', '.join(SHIPPED)}, {NONE}, or a CSV file; there is "
            f"no such file{hint}"
        )
    with one_error(path):
        frame = read_csv_table(path)
    rows: list[dict[str, Any]] = []
    for row in frame.iter_rows(named=True):
        at = f"{row.pop(FILE)}:{row.pop(LINE)}"
        rows.append(row | {AT: at})
    if not rows:
        raise InputError(f"{path.name}: expected at least one row of strengths, got none")
    return StrengthTable.of(path.name, rows)
