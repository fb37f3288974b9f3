"""A row of a table of the register, and where it stands."""

from typing import Any, TypeAlias

from knockon.graph.model.tables import FILE, LINE

Row: TypeAlias = dict[str, Any]


def place(row: Row) -> str:
    """`b_05.02.csv:7`."""
    return f"{str(row.get(FILE)).rpartition('/')[2]}:{row.get(LINE)}"


def distinct(values: list[Any]) -> str | None:
    """The values that are there, each once, as one text."""
    return "; ".join(dict.fromkeys(str(v) for v in values if v)) or None
