"""What the registry knows of a format, and what a user may say of how to read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from knockon.loaders.parsing.source import Source


@dataclass(frozen=True)
class Format:
    """A kind of source: how to tell it, what it becomes, and where to get it.

    module:  holds a function `read_<name>(path, **options) -> Tables`, imported when chosen
    sign:    what `matches` looks for, in words
    groups:  what becomes a group of alternatives, in words; empty where nothing does
    options: names of the keyword options that the reader takes (`OPTIONS`)
    binary:  it is no text: `matches` is asked although the bytes are not
    """

    name: str
    what: str
    entities: str
    dependencies: str
    export: str
    sign: str
    module: str
    matches: Callable[[Source], bool] = field(repr=False)
    groups: str = ""
    options: tuple[str, ...] = ()
    binary: bool = False


class ReaderOptions(TypedDict, total=False):
    """What may be said of how to read a source; each reader takes some of it.

    mapping: {their column: ours}; both_ways: undirected edges are read both ways; strict: a bill of
    materials is held to its schema; query: of a database, what returns the rows of dependencies
    """

    mapping: Mapping[str, str] | None
    both_ways: bool
    strict: bool
    query: str | None


OPTIONS = {
    "mapping": "--map",
    "both_ways": "--both-ways",
    "strict": "--validate",
    "query": "--query",
}
"""Options of readers, and what the command line calls them."""
