"""A table of any column names as dependencies: by mapping, by guess, or one clear error.

All readers of tables (CSV, Parquet, Excel, JSON) end here. Names that stand for the two ends in
many inventories are guessed, and the guess is told in the report with the direction assumed.
"""

from collections.abc import Mapping

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.conform import is_slip
from knockon.graph.model.tables import ENDS, FILE, LINE, Finding, Tables
from knockon.loaders.assembling.cmdb import direct_relations, fits_relations
from knockon.loaders.assembling.columns import (
    DEPENDENCY_NAMES,
    checked_mapping,
    renamed,
    settled,
    unknown_names,
)
from knockon.loaders.parsing.source import Source

GUESSES = (  # dependent, provider; the first word depends on the second
    ("child", "parent"),
    ("from", "to"),
    ("source", "target"),
    ("src", "dst"),
    ("client", "server"),
    ("caller", "callee"),
    ("consumer", "provider"),
    ("consumer", "producer"),
    ("customer", "provider"),
    ("customer", "vendor"),
    ("customer", "supplier"),
    ("company", "vendor"),
    ("dependent", "dependency"),
    ("dependent", "depends_on"),
    ("service", "depends_on"),
    ("name", "depends_on"),
    ("downstream", "upstream"),
)
_IDS = ("id", "entity", "key", "name")  # what may stand for the id of an entity


def table(
    source: Source,
    dependencies: pl.DataFrame,
    entities: pl.DataFrame | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Tables:
    """The tables of one or two frames as they were read, with the names of their columns settled.

    mapping: {their column: ours}. Raises InputError with the --map line that would help, where
    it is not plain which columns are the two ends.
    """
    said = checked_mapping(mapping)
    report: list[Finding] = []
    entities = pl.DataFrame() if entities is None else entities
    report += unknown_names(said, (*_theirs(dependencies), *_theirs(entities)))
    if entities.width:
        entities = _entities(entities, said, source.name, report)
    if not dependencies.width:
        return Tables(entities=entities, dependencies=dependencies, report=tuple(report))
    native = set(ENDS) <= set(dependencies.columns)  # then a slip in another column is a fault
    frame = dependencies.rename(renamed(dependencies.columns, said, source.name))
    if not set(ENDS) <= set(frame.columns):
        words = {_word(c): c for c in _theirs(frame)}
        settle = direct_relations if fits_relations(frame, words) else _guessed
        frame, found = settle(frame, words, source.name)
        report += found
    if not native and set(ENDS) <= set(frame.columns):
        theirs = [c for c in _theirs(frame) if c not in ENDS]
        frame = frame.rename(settled(theirs, DEPENDENCY_NAMES))
    return Tables(entities=entities, dependencies=frame, report=tuple(report))


def _theirs(frame: pl.DataFrame) -> list[str]:
    return [c for c in frame.columns if c not in (FILE, LINE)]


def _word(column: str) -> str:
    """The name of a column, as guesses spell it: `Depends On` is `depends_on`."""
    return "_".join(column.strip().lower().replace("-", " ").split())


def _guessed(
    frame: pl.DataFrame, words: Mapping[str, str], place: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """The frame with its ends named, where one guess fits, and only one."""
    fitting = [pair for pair in GUESSES if set(pair) <= words.keys() and _fits(pair, frame)]
    if len(fitting) != 1:
        if not fitting and any(is_slip(word, end) for word in words for end in ENDS):
            return frame, []  # `check` says it better
        raise _unclear([(words[a], words[b]) for a, b in fitting], _theirs(frame), place)
    dependent, provider = (words[word] for word in fitting[0])
    if (
        fitting[0] == ("child", "parent") and "callcount" in words
    ):  # calls: the parent is the caller
        dependent, provider = provider, dependent
    reason = f"{clip(dependent, 40)!r} is taken as dependent, {clip(provider, 40)!r} as provider"
    turn = f"--map '{clip(provider, 40)}=dependent' --map '{clip(dependent, 40)}=provider'"
    note = Finding("note", 1, f"{reason}; {turn} turns it round")
    return frame.rename({dependent: ENDS[0], provider: ENDS[1]}), [note]


def _fits(pair: tuple[str, str], frame: pl.DataFrame) -> bool:
    """Whether a guess agrees with an end that is named already: by --map, or by its own name."""
    named = [end in frame.columns for end in ENDS]
    return all(not there or word == end for there, word, end in zip(named, pair, ENDS, strict=True))


def _unclear(fitting: list[tuple[str, str]], columns: list[str], place: str) -> InputError:
    shown = some((repr(clip(c, 40)) for c in columns), 8) or "none"
    what = "expected columns 'dependent' and 'provider'"
    if fitting:
        pairs = " or ".join(f"{clip(a, 40)!r} on {clip(b, 40)!r}" for a, b in fitting)
        what += f"; {len(fitting)} pairs could be meant, {pairs}"
    a, b = fitting[0] if fitting else (*columns, "THEIRS", "THEIRS")[:2]
    return InputError(
        f"{place}: {what}; found {shown}; say which they are, such as "
        f"--map '{clip(a, 40)}=dependent' --map '{clip(b, 40)}=provider'"
    )


def _entities(
    frame: pl.DataFrame, said: Mapping[str, str], place: str, report: list[Finding]
) -> pl.DataFrame:
    """The table of entities; where no column is called `id`, the most likely one is taken."""
    frame = frame.rename(renamed(frame.columns, said, place))
    if "id" in frame.columns:
        return frame
    words = {_word(c): c for c in _theirs(frame)}
    key = next((words[w] for w in _IDS if w in words), None)
    if key is None:
        return frame
    report.append(Finding("note", 1, f"{clip(key, 40)!r} is taken as the id of entities"))
    return frame.with_columns(pl.col(key).alias("id"))
