"""The user's table of aliases: a CSV file that says which entities are one, and which are not.

`knockon aliases SOURCE... -o FILE` writes it with proposals. Columns, of which `alias` and
`same_as` are needed:

alias, same_as: id or name of an entity, regardless of case; `same_as` is the one to keep
merge: `yes` joins the two, `no` keeps them apart whatever else says that they are one, empty is
    not decided and does nothing; without this column every row joins
score, why and all others: for the reader; not used
"""

from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE, Tables, known_as
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.joining.claims import TABLE, AliasTable, Claim
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source

COLUMNS = ("alias", "same_as", "merge", "why")  # that are read
_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")


def read_aliases(path: Path, tables: Tables) -> AliasTable:
    """The table of a file, its names resolved to ids of the checked tables.

    A row whose alias no entity has is counted and does nothing, for one table may serve many
    inventories; a `same_as` that no entity has still joins its aliases with each other. Raises
    InputError with all faults: a missing column, an empty cell, a decision that is neither yes
    nor no, a name that several entities have, a pair that is both joined and kept apart.
    """
    if Source.of(path).is_folder:
        raise InputError(f"{path}: expected a CSV file of aliases, found a folder")
    with one_error(path):
        frame = read_csv_table(path)
    _refuse_columns(path, frame)
    for column, value in (("merge", "yes"), ("why", None)):
        if column not in frame.columns:
            frame = frame.with_columns(pl.lit(value, pl.String).alias(column))
    reading = _Reading(_Finder(tables))
    for alias, same_as, told, why, line in frame.select(*COLUMNS, LINE).iter_rows():
        reading.add(alias or "", same_as or "", told or "", why or "", f"{path.name}:{line}")
    return reading.table()


class _Reading:
    """What the rows of a table say, gathered while they are read."""

    def __init__(self, finder: "_Finder") -> None:
        self._finder = finder
        self._faults: list[str] = []
        self._findings = Findings()
        self._said: dict[frozenset[str], tuple[bool, str]] = {}
        self._claims: dict[tuple[str, str], tuple[Claim, bool]] = {}
        self._idle: list[tuple[Claim, bool | None]] = []

    def add(self, alias: str, same_as: str, told: str, why: str, where: str) -> None:
        """One row: what it claims or keeps apart, or what is wrong with it."""
        before = len(self._faults)
        decided = self._read_decision(told, where)
        one, other = self._end("alias", alias, where), self._end("same_as", same_as, where)
        if len(self._faults) > before:
            return
        claim = Claim(one, other, TABLE, why=why.strip())
        if decided is None:
            self._findings.add("note", "a row of the table of aliases that is not decided", where)
            self._idle.append((claim, None))
        elif not self._finder.has(one):
            text = f"{clip(one, 60)} at {where}"
            self._findings.add("note", "an alias that no entity here has as id or name", text)
            self._idle.append((claim, decided))
        elif one == other:
            reason = "a row of the table of aliases that names one entity twice"
            self._findings.add("note", reason, where)
        else:
            first, at = self._said.setdefault(frozenset((one, other)), (decided, where))
            if first != decided:
                self._faults.append(f"{where}: joined and kept apart: {at} says the contrary")
            self._claims.setdefault((one, other), (claim, decided))

    def table(self) -> AliasTable:
        if self._faults:
            raise InputError.of(self._faults)
        said = self._claims.values()
        return AliasTable(
            tuple(claim for claim, joins in said if joins),
            tuple(claim for claim, joins in said if not joins),
            tuple(self._idle),
            self._findings.report(),
        )

    def _read_decision(self, told: str, where: str) -> bool | None:
        word = told.strip().casefold()
        if word and word not in (*_YES, *_NO):
            self._faults.append(f"{where}: merge: expected yes, no or nothing, got {clip(word)!r}")
        return True if word in _YES else False if word in _NO else None

    def _end(self, column: str, cell: str, where: str) -> str:
        text = cell.strip()
        try:
            if text:
                return self._finder.find(text)
            self._faults.append(f"{where}: {column}: expected an id or a name, got nothing")
        except InputError as error:
            self._faults.append(f"{where}: {error}")
        return text


class _Finder:
    """Ids of entities by id, name, or former id or name."""

    def __init__(self, tables: Tables) -> None:
        self._ids = set(tables.entities["id"])
        self._by_name: dict[str, list[str]] = {}
        self._by_id: dict[str, list[str]] = {}
        self._by_other: dict[str, list[str]] = {}
        for identifier, name in tables.entities.select("id", "name").iter_rows():
            self._by_name.setdefault(_fold(name), []).append(identifier)
            self._by_id.setdefault(_fold(identifier), []).append(identifier)
        for identifier, others in known_as(tables.entities).items():
            for other in others:
                self._by_other.setdefault(_fold(other), []).append(identifier)

    def has(self, identifier: str) -> bool:
        return identifier in self._ids

    def find(self, text: str) -> str:
        """The id, or the text itself where no entity has it. Raises InputError for several."""
        for asked in dict.fromkeys((text, _strip_guard(text))):
            if asked in self._ids:
                return asked
            for names in (self._by_name, self._by_id, self._by_other):
                found = names.get(_fold(asked), [])
                if len(found) > 1:
                    ids = some(repr(clip(i)) for i in sorted(found))
                    raise InputError(
                        f"{len(found)} entities have the name {clip(text)!r}; give one id: {ids}"
                    )
                if found:
                    return found[0]
        return text


def _refuse_columns(path: Path, frame: pl.DataFrame) -> None:
    columns = [c for c in frame.columns if c not in (FILE, LINE)]
    for needed in ("alias", "same_as"):
        if needed not in columns:
            have = some(repr(clip(c, 30)) for c in columns)
            raise InputError(f"{path.name}: aliases need a column {needed!r}; found {have}")
    for column in columns:
        hint = did_you_mean(column, ["merge"])
        if "merge" not in columns and "did you mean" in hint:
            raise InputError(f"{path.name}: unknown column {clip(column)!r}{hint}")


def _strip_guard(text: str) -> str:
    """The text without the quote mark that keeps spreadsheets from running it (`api.export`)."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
