"""A table as a list of sub-processors has it."""

from dataclasses import dataclass, field


@dataclass
class Sheet:
    """A table: the title of the page, the heading above it, its head, and its rows with the line
    on which each begins. An aside is a row that is one cell over all columns.
    """

    page: str = ""
    title: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    asides: list[tuple[int, str]] = field(default_factory=list)
