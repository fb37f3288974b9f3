"""The user's table of aliases: what it says, and every way in which it can be wrong."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders.joining.alias_table import AliasTable, read_aliases

TABLES = check(
    Tables(
        pl.DataFrame(
            {
                "id": ["a", "b", "c", "=d", "x1", "x2"],
                "name": ["Alpha", "Beta", "Gamma", "Delta", "Twin", "twin"],
                "also_known_as": ['["Old Alpha", "a0"]', "Old Beta", None, None, None, None],
            }
        ),
        pl.DataFrame(),
    )
)


def read(tmp_path: Path, text: str) -> AliasTable:
    path = tmp_path / "aliases.csv"
    path.write_text(text, encoding="utf-8")
    return read_aliases(path, TABLES)


def pairs(table: AliasTable) -> list[tuple[str, str]]:
    return [(c.alias, c.same_as) for c in table.claims]


def test_ids_names_and_former_names_are_found(tmp_path: Path) -> None:
    """A cell is an id, a name regardless of case, or what the entity was called before."""
    table = read(tmp_path, "alias,same_as\na,b\n GAMMA ,old alpha\na0,c\nOld Beta,'=d\n")
    assert pairs(table) == [("a", "b"), ("c", "a"), ("a", "c"), ("b", "=d")]
    assert table.report == ()


def test_yes_joins_no_keeps_apart_empty_does_nothing(tmp_path: Path) -> None:
    """Only decided rows count; the others are a note."""
    table = read(tmp_path, "alias,same_as,merge\na,b,Yes\nb,c,NO\nc,a,\n")
    assert pairs(table) == [("a", "b")]
    assert [(c.alias, c.same_as) for c in table.apart] == [("b", "c")]
    assert [str(f) for f in table.report] == [
        "note 1: a row of the table of aliases that is not decided (aliases.csv:4)"
    ]


def test_aliases_of_other_inventories_are_noted(tmp_path: Path) -> None:
    """One table serves many inventories: what is not here does nothing."""
    table = read(tmp_path, "alias,same_as\nzeta,a\na,Alpha\nb,Elsewhere\n")
    assert pairs(table) == [("b", "Elsewhere")]
    assert [f.reason for f in table.report] == [
        "an alias that no entity here has as id or name",
        "a row of the table of aliases that names one entity twice",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alias,sameas\na,b\n", "aliases need a column 'same_as'; found 'alias', 'sameas'"),
        ("alias,same_as,mrege\na,b,no\n", "unknown column 'mrege'; did you mean 'merge'"),
        ("alias,same_as\n,b\n", r"aliases\.csv:2: alias: expected an id or a name, got nothing"),
        ("alias,same_as,merge\na,b,maybe\n", "aliases.csv:2: merge: expected yes, no or nothing"),
        ("alias,same_as\na,TWIN\n", "2 entities have the name 'TWIN'; give one id: 'x1', 'x2'"),
        ("alias,same_as,merge\na,b,yes\nb,a,no\n", "aliases.csv:3: joined and kept apart: al"),
        ("alias,same_as\na,b,c\n", r"aliases\.csv:2: expected 2 cells, got 3"),
        ("alias;same_as\na;b\n", "expected commas between columns, found semicolons"),
        ("alias,same_as\na,TWIN\n,b\n", "2 faults: "),
        ("", "the file is empty"),
        ("%PDF-1.7", "expected CSV text, found a PDF document"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    """Every fault is one clear InputError."""
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_a_folder_or_nothing_is_no_table(tmp_path: Path) -> None:
    """The path has to be a file that is there."""
    with pytest.raises(InputError, match="expected a CSV file of aliases, found a folder"):
        read_aliases(tmp_path, TABLES)
    with pytest.raises(InputError, match="no such file"):
        read_aliases(tmp_path / "aliases.csv", TABLES)
