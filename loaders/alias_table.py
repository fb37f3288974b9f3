"""The user's table of aliases: a CSV file that says which entities are one, and which are not.

`knockon aliases SOURCE... -o FILE` writes it with proposals. Columns, of which `alias` and
`same_as` are needed:

alias, same_as: id of an entity, or its name regardless of case; `same_as` is the one to keep
merge: `yes` joins the two, `no` keeps them apart whatever else says that they are one, empty is
    not decided and does nothing; without this column every row joins
score, why and all others: for the reader; not used
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.tables import FILE, LINE, Tables, known_as
from knockon.loaders.claims import TABLE, AliasTable, Claim
from knockon.loaders.native import read_csv_table
from knockon.loaders.probe import probe
from knockon.loaders.registry import one_error
from knockon.loaders.tally import Tally

COLUMNS = ("alias", "same_as", "score", "why", "merge")
_YES, _NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")


def read_aliases(path: Path, tables: Tables) -> AliasTable:
    """The table of a file, its names resolved to ids of the checked tables.

    A row whose alias no entity has is counted and does nothing, for one table may serve many
    inventories; a `same_as` that no entity has still joins its aliases with each other. Raises
    InputError with all faults: a missing column, an empty cell, a decision that is neither yes
    nor no, a name that several entities have, a pair that is both joined and kept apart.
    """
    if probe(path).is_folder:
        raise InputError(f"{path}: expected a CSV file of aliases, found a folder")
    with one_error(path):
        frame = read_csv_table(path)
    _refuse_columns(path, frame)
    finder = _Finder(tables)
    faults: list[str] = []
    tally = Tally()
    said: dict[tuple[str, str], tuple[bool, str]] = {}
    claims: dict[Claim, None] = {}
    merge = pl.col("merge") if "merge" in frame.columns else pl.lit("yes")
    for alias, same_as, told, line in frame.select(
        "alias", "same_as", merge.alias("merge"), LINE
    ).iter_rows():
        where = f"{path.name}:{line}"
        decided = _decision(told, where, faults)
        found = _ends(finder, alias, same_as, where, faults)
        if found is None or decided is None:
            if found is not None and not (told or "").strip():
                tally.add("note", "a row of the table of aliases that is not decided", where)
            continue
        one, other = found
        if not finder.known(one):
            text = f"{clip(one, 60)} at {where}"
            tally.add("note", "an alias that no entity here has as id or name", text)
        elif one == other:
            tally.add("note", "a row of the table of aliases that names one entity twice", where)
        else:
            pair = (min(one, other), max(one, other))
            before, at = said.setdefault(pair, (decided, where))
            if before != decided:
                faults.append(f"{where}: joined and kept apart: {at} says the contrary")
            if decided:
                claims[Claim(one, other, TABLE)] = None
    if faults:
        raise InputError.of(faults)
    return AliasTable(
        tuple(claims),
        tuple(pair for pair, (decided, _) in said.items() if not decided),
        tally.findings(),
    )


class _Finder:
    """Ids of entities by id, name, or former id or name."""

    def __init__(self, tables: Tables) -> None:
        self._ids = set(tables.entities["id"])
        self._by_name: dict[str, list[str]] = {}
        self._by_other: dict[str, list[str]] = {}
        for identifier, name in tables.entities.select("id", "name").iter_rows():
            self._by_name.setdefault(_folded(name), []).append(identifier)
        for identifier, others in known_as(tables.entities).items():
            for other in others:
                self._by_other.setdefault(_folded(other), []).append(identifier)

    def known(self, identifier: str) -> bool:
        return identifier in self._ids

    def find(self, text: str) -> str:
        """The id, or the text itself where no entity has it. Raises InputError for several."""
        for asked in dict.fromkeys((text, _unguarded(text))):
            if asked in self._ids:
                return asked
            for names in (self._by_name, self._by_other):
                found = names.get(_folded(asked), [])
                if len(found) > 1:
                    ids = some(repr(clip(i)) for i in sorted(found))
                    raise InputError(
                        f"{len(found)} entities have the name {clip(text)!r}; give one id: {ids}"
                    )
                if found:
                    return found[0]
        return text


def _ends(
    finder: _Finder, alias: str | None, same_as: str | None, where: str, faults: list[str]
) -> tuple[str, str] | None:
    """The ids of the two of a row; None, with a fault, where there are none."""
    ends: Mapping[str, str] = {"alias": (alias or "").strip(), "same_as": (same_as or "").strip()}
    found = []
    for name, text in ends.items():
        try:
            if not text:
                raise InputError(f"{name}: expected an id or a name, got nothing")
            found.append(finder.find(text))
        except InputError as error:
            faults.append(f"{where}: {error}")
    return (found[0], found[1]) if len(found) == 2 else None


def _decision(told: str | None, where: str, faults: list[str]) -> bool | None:
    word = (told or "").strip().casefold()
    if word and word not in (*_YES, *_NO):
        faults.append(f"{where}: merge: expected yes, no or nothing, got {clip(word)!r}")
    return True if word in _YES else False if word in _NO else None


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


def _unguarded(text: str) -> str:
    """The text without the quote mark that keeps spreadsheets from running it (`api.export`)."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
