"""Columns of the register's tables by name, and their closed lists in words."""

from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.tally_rows import RowTally
from knockon.loaders.registers.dora.package import meanings

BLANK = ("", "not applicable", "n/a", "na", "-")


@dataclass(frozen=True)
class Table:
    """columns: code -> name; keys: what tells rows apart; needed: what no row can do without;
    lists: columns of closed lists."""

    columns: dict[str, str]
    keys: tuple[str, ...]
    needed: tuple[str, ...]
    lists: tuple[str, ...] = ()


def _columns(words: str) -> dict[str, str]:
    """`0010 lei 0020 name` as {"c0010": "lei", "c0020": "name"}."""
    parts = words.split()
    return {f"c{code}": name for code, name in zip(parts[::2], parts[1::2], strict=True)}


def _table(words: str, keys: str, needed: str, lists: str = "") -> Table:
    return Table(_columns(words), tuple(keys.split()), tuple(needed.split()), tuple(lists.split()))


TABLES = {
    "b_01.01": _table(
        "0010 lei 0020 name 0030 country 0040 type 0050 authority 0060 date",
        "lei", "lei", "country type",
    ),
    "b_01.02": _table(
        "0010 lei 0020 name 0030 country 0040 type 0050 hierarchy 0060 parent 0090 deleted",
        "lei", "lei", "country type hierarchy",
    ),
    "b_01.03": _table(
        "0010 branch 0020 lei 0030 name 0040 country", "branch", "branch", "country"
    ),
    "b_02.01": _table(
        "0010 contract 0020 type 0030 overarching 0040 currency 0050 cost",
        "contract", "contract", "type currency",
    ),
    "b_02.02": _table(
        "0010 contract 0020 lei 0030 provider 0050 function 0060 service 0070 start 0080 end "
        "0130 provided_from 0180 reliance",
        "contract lei provider function service", "contract lei provider",
        "service provided_from reliance",
    ),
    "b_02.03": _table("0010 contract 0020 linked", "contract linked", "contract linked"),
    "b_03.01": _table("0010 contract 0020 lei", "contract lei", "contract lei"),
    "b_03.02": _table("0010 contract 0020 provider", "contract provider", "contract provider"),
    "b_03.03": _table("0010 contract 0020 lei", "contract lei", "contract lei"),
    "b_04.01": _table(
        "0010 contract 0020 lei 0030 nature 0040 branch", "contract lei branch", "contract lei",
        "nature",
    ),
    "b_05.01": _table(
        "0010 provider 0020 code_type 0050 name 0080 country 0090 currency 0100 cost 0110 parent",
        "provider", "provider", "country currency",
    ),
    "b_05.02": _table(
        "0010 contract 0020 service 0030 provider 0050 rank 0060 recipient",
        "contract service provider rank recipient", "contract provider", "service",
    ),
    "b_06.01": _table(
        "0010 function 0020 activity 0030 name 0040 lei 0050 critical 0060 reason 0080 rto_hours "
        "0090 rpo_hours 0100 impact",
        "lei function", "function lei", "activity critical impact",
    ),
    "b_07.01": _table(
        "0010 contract 0020 provider 0040 service 0050 substitutability "
        "0060 substitution_obstacle 0070 last_audit 0080 exit_plan 0090 reintegration 0100 impact "
        "0110 alternatives 0120 alternative",
        "contract provider service", "contract provider service",
        "service substitutability substitution_obstacle exit_plan reintegration impact "
        "alternatives",
    ),
}  # fmt: skip
# b_05.01 before taxonomy 4.0, and in the template of the dry run
_EARLY = _columns(
    "0010 provider 0020 code_type 0030 name 0050 country 0060 currency 0070 cost 0080 parent"
)
_LATE = {"c0100", "c0110", "c0120"}


def named(frame: pl.DataFrame, table: str, tally: RowTally) -> pl.DataFrame:
    """The table with its columns by name, trimmed, blanks null, codes of closed lists in words.

    Codes that no list holds are kept as they are, and counted. Countries are ISO 3166 codes,
    currencies ISO 4217 codes, types of ICT services `S01` to `S19`.
    """
    known = TABLES[table]
    columns = known.columns
    if table == "b_05.01" and not _LATE & set(frame.columns):
        columns = _EARLY
    held = {code: name for code, name in columns.items() if code in frame.columns}
    text = frame.select(
        *(pl.col(c).cast(pl.String).str.strip_chars().alias(name) for c, name in held.items()),
        FILE, LINE,
    ).with_columns(
        pl.when(pl.col(name).str.to_lowercase().is_in(BLANK)).then(None).otherwise(pl.col(name))
        .alias(name) for name in held.values()
    )  # fmt: skip
    missing = [n for n in columns.values() if n not in text.columns]
    text = text.with_columns(pl.lit(None, pl.String).alias(n) for n in missing)
    for name in known.lists:
        text = _in_words(text, name, table, tally)
    return text


def _in_words(frame: pl.DataFrame, name: str, table: str, tally: RowTally) -> pl.DataFrame:
    prefix = {"country": "eba_GA:", "provided_from": "eba_GA:", "currency": "eba_CU:",
              "service": "eba_TA:"}.get(name)  # fmt: skip
    if prefix is not None:
        return frame.with_columns(pl.col(name).str.strip_prefix(prefix))
    lists = meanings()
    words = set(lists.values())
    strange = frame.filter(
        pl.col(name).is_not_null() & ~pl.col(name).is_in([*lists, *words])
    ).select(name, FILE, LINE)
    for value, file, line in strange.iter_rows():
        what = f"a code of {table} {name} that no list holds; kept"
        tally.add("note", what, f"{clip(value, 40)} at {str(file).rpartition('/')[2]}:{line}")
    return frame.with_columns(pl.col(name).replace(lists))
