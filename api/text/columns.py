"""Columns of texts as a table, in the width that there is."""

from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from knockon.api.text.console import Out
from knockon.graph.words import join

_GAP = 2  # between columns


@dataclass(frozen=True, eq=False)
class Column:
    """A column as texts.

    said: how a value is said once for all rows, `{}` where it stands
    least: letters to which it gives way where the room is short; None: it does not
    goes: where that is not enough, which column is left out first; 0: never
    folds: long texts go on below; else they are cut
    short: the texts where the whole ones find no room; these fold
    """

    heading: str
    cells: list[str]
    said: str = ""
    right: bool = False
    styles: tuple[str, ...] = ()
    least: int | None = None
    goes: int = 0
    folds: bool = False
    short: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.heading.replace("\n", " ").partition(",")[0]

    @property
    def constant(self) -> bool:
        return bool(self.said) and len(self.cells) > 1 and len(set(self.cells)) == 1

    @property
    def width(self) -> int:
        return max(Text(text).cell_len for text in (*self.heading.split("\n"), *self.cells))


def print_columns(out: Out, columns: list[Column]) -> None:
    """The table of these columns; which of them found no room is said below it."""
    kept, widths = _fit(columns, out.width)
    if any(c.short and room < c.width for c, room in zip(kept, widths, strict=True)):
        columns = [replace(c, cells=[*c.short], folds=True) if c.short else c for c in columns]
        kept, widths = _fit(columns, out.width)
    out.print(_build_table(kept, widths))
    if len(kept) < len(columns):
        left = join([c.name for c in columns if c not in kept])
        out.print(Text(f"{left}: in a wider terminal, or by --format json", style="dim"))


def _build_table(columns: list[Column], widths: list[int]) -> Table:
    from rich.box import SIMPLE_HEAD

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column, room in zip(columns, widths, strict=True):
        table.add_column(
            column.heading, justify="right" if column.right else "left", width=room,
            no_wrap=not column.folds, overflow="fold" if column.folds else "ellipsis",
        )  # fmt: skip
    for number in range(len(columns[0].cells)):
        table.add_row(
            *(Text(c.cells[number], style=c.styles[number] if c.styles else "") for c in columns)
        )
    return table


def _fit(columns: list[Column], width: int) -> tuple[list[Column], list[int]]:
    """The columns that fit, and how wide each is: as many as leave the names readable."""
    kept = columns
    for going in (None, *sorted((c for c in columns if c.goes), key=lambda c: c.goes)):
        kept = [c for c in kept if c is not going]
        widths, over = _share_width(kept, width)
        if not over:
            break
    return kept, widths


def _share_width(columns: list[Column], width: int) -> tuple[list[int], int]:
    """The widths, what is cut or shortened giving way first, then names, the widest of them before
    others; and what is still too much."""
    widths = [c.width for c in columns]
    over = max(sum(widths) + _GAP * (len(columns) - 1) + 2 - width, 0)  # two at the edges
    giving = [i for i, c in enumerate(columns) if c.least is not None]
    for names in (False, True):
        while over:
            room = [
                i for i in giving
                if _is_name(columns[i]) == names and widths[i] > (columns[i].least or 0)
            ]  # fmt: skip
            if not room:
                break
            widths[max(room, key=lambda i: (widths[i], -i))] -= 1
            over -= 1
    return widths, over


def _is_name(column: Column) -> bool:
    return column.folds and not column.short
