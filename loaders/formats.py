"""What the registry knows of a format, and what a user may say of how to read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from knockon.loaders.parsing.source import Source


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of source: how to tell it, what it becomes, and where to get it.

    module:       holds `read_<name>(source, **options) -> Tables`, imported when chosen
    sign:         what `matches` looks for, in words
    entities, dependencies, groups: what becomes one of ours, in words; no groups where nothing does
    export:       how to get such a source out of its home system
    options:      names of the keyword options that the reader takes (`OPTIONS`)
    binary:       it is no text: `matches` is asked although the bytes are not
    inside:       it describes the parts of one system: its dependencies have `inside` true
    general:      its sign is one that files of other formats may bear, too: asked after those
    """

    name: str
    what: str
    entities: str
    dependencies: str
    groups: str = ""
    export: str
    sign: str
    module: str
    matches: Callable[[Source], bool] = field(repr=False)
    options: tuple[str, ...] = ()
    binary: bool = False
    inside: bool = False
    general: bool = False


class ReaderOptions(TypedDict, total=False):
    """What may be said of how to read a source; each reader takes some of it.

    mapping: {their column: ours}, {their word: our relation}, {"dependent:": a constant};
    both_ways: undirected edges are read both ways; entities: CSV files that describe the entities;
    sheet: of a workbook; header_row: the row, or line, that names the columns; company: whose list
    it is, the dependent of all rows; strict: a bill of materials is held to its schema; query: of a
    database, what returns the rows of dependencies; no_environment: what only environment
    variables, arguments and settings say is left out
    """

    mapping: Mapping[str, str] | None
    both_ways: bool
    entities: Sequence[Path | str]
    sheet: str | None
    header_row: int | None
    company: str | None
    strict: bool
    query: str | None
    no_environment: bool


OPTIONS = {
    "mapping": "--map",
    "both_ways": "--both-ways",
    "entities": "--entities",
    "sheet": "--sheet",
    "header_row": "--header-row",
    "company": "--company",
    "strict": "--validate",
    "query": "--query",
    "no_environment": "--no-environment",
}
"""Options of readers, and what the command line calls them."""

TABLE = ("mapping", "both_ways", "entities", "company")
"""Options of readers of tables of any column names."""
ROWS = (
    "each row, each item of a list in a cell; ends by --map, by name (vendor, client), or guessed "
    "(child and parent, from and to, ...)"
)
GROUPS = "rows of one dependent with the same `group`"
"""What tables of any column names become, in words."""
