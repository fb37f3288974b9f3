"""Where answers for people go: a terminal, a file of text, or Markdown.

All are printed to alike: texts and tables, one after the other, in the width that there is.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH = 120  # where the output is no terminal and COLUMNS is not set
_ENDLESS = 100_000  # Markdown breaks no line
_LIVELY = re.compile(r"(?<!\w)[@#]\w|://|\bwww\.|\w@\w", re.IGNORECASE)


class Out(Protocol):
    """What answers are printed to."""

    @property
    def width(self) -> int:
        """Columns of a line."""

    def print(self, what: Any, /) -> None:
        """Print a Text or a Table."""


def make_console(file: Any = None) -> Console:
    """A console that never reads markup or control characters out of names."""
    made = Console(file=file, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in made._environ:
        made.width = _PIPE_WIDTH
    return made


class Markdown:
    """Texts and tables as Markdown (GitHub's), for tickets and pull requests."""

    width = _ENDLESS

    def __init__(self) -> None:
        self._blocks: list[str] = []

    def print(self, what: Any, /) -> None:
        """A paragraph, an item of a list where the text begins with `- `, or a table."""
        if isinstance(what, Table):
            self._blocks.append(_format_table(what))
            return
        text: str = what.plain
        if text.startswith("- "):
            self._blocks.append(f"- {escape(text[2:])}")
        else:
            self._blocks.append(f"**{escape(text)}**" if what.style == "bold" else escape(text))

    def text(self) -> str:
        """All that was printed; items of one list stand together."""
        parts = []
        for before, block in zip(["", *self._blocks], self._blocks, strict=False):
            together = before.startswith("- ") and block.startswith("- ")
            parts.append(("\n" if together else "\n\n" if before else "") + block)
        return "".join(parts) + "\n"


def format_markdown(show: Callable[[Out, Any], None], answer: Any) -> str:
    """What `show` prints of an answer, as Markdown."""
    page = Markdown()
    show(page, answer)
    return page.text()


def escape(text: str, *, cell: bool = False) -> str:
    """A text as Markdown that shows it: no markup, no link, nobody who is called by it.

    cell: of a table, which a bar would end even within code
    """
    line = " ".join(text.split())
    if _LIVELY.search(line):  # a backslash before these does not help
        code = line.replace("`", "'")
        return f"`{code.replace('|', chr(92) + '|') if cell else code}`"
    line = re.sub(r"([\\`*_\[\]<>&|~$#])", r"\\\1", line)
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", line)  # what begins a list or underlines a title


def _format_table(table: Table) -> str:
    columns = [[_join_lines(column.header), *map(_plain, column.cells)] for column in table.columns]
    rules = ["--:" if column.justify == "right" else "---" for column in table.columns]
    head, *rows = (
        [escape(text, cell=True) for text in line] for line in zip(*columns, strict=True)
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rules, *rows))


def _join_lines(header: Any) -> str:
    """A heading in one line, words that were broken whole again."""
    return _plain(header).replace("-\n", "").replace("\n", " ")


def _plain(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
