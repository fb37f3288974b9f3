"""A table as a list of sub-processors has it."""

from dataclasses import dataclass, field

ITEM = "\n• "
MAX_PROSE = 2_000  # characters


@dataclass
class Sheet:
    """A table: the title of the page, the heading above it, its head, and its rows with the line
    on which each begins. An aside is a row that is one cell over all columns.

    front: the title in the front matter of Markdown
    prose: what is written between the heading and the table
    continues: a row without a name belongs to the one above, as people write merged cells
    Within a cell, `\n` is a line of its own, and ITEM begins an item of a list.
    """

    page: str = ""
    title: str = ""
    prose: str = ""
    front: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    asides: list[tuple[int, str]] = field(default_factory=list)
    continues: bool = False
