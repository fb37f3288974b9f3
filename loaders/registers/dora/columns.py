"""Columns of the register's tables by name, and what tells the rows of each apart.

Names and numbers are those of Implementing Regulation (EU) 2024/2956, as the taxonomies of the
European Banking Authority have them; keys are the keys of those taxonomies, where the type of a
code is part of the provider's id (`keys.py`).
"""

from dataclasses import dataclass

import polars as pl

from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.registers.dora.lists import BLANKS, NO_VALUE, in_words


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
        "0010 lei 0020 name 0030 country 0040 type 0050 hierarchy 0060 parent 0070 updated "
        "0080 integrated 0090 deleted 0100 currency 0110 total_assets",
        "lei", "lei", "country type hierarchy currency",
    ),
    "b_01.03": _table(
        "0010 branch 0020 lei 0030 name 0040 country", "branch lei", "branch", "country"
    ),
    "b_02.01": _table(
        "0010 contract 0020 type 0030 overarching 0040 currency 0050 cost",
        "contract", "contract", "type currency",
    ),
    "b_02.02": _table(
        "0010 contract 0020 lei 0030 provider 0040 code_type 0050 function 0060 service "
        "0070 starts 0080 ends 0090 end_reason 0100 notice_entity 0110 notice_provider "
        "0120 governing_law 0130 provided_from 0140 stores_data 0150 stored_in 0160 managed_in "
        "0170 sensitivity 0180 reliance",
        "contract lei provider function service provided_from stored_in managed_in",
        "contract lei provider",
        "service end_reason governing_law provided_from stores_data stored_in managed_in "
        "sensitivity reliance",
    ),
    "b_02.03": _table(
        "0010 contract 0020 linked 0030 link", "contract linked", "contract linked", "link"
    ),
    "b_03.01": _table("0010 contract 0020 lei 0030 link", "contract lei", "contract lei", "link"),
    "b_03.02": _table(
        "0010 contract 0020 provider 0030 code_type 0045 link", "contract provider",
        "contract provider", "link",
    ),
    "b_03.03": _table("0010 contract 0020 lei 0031 link", "contract lei", "contract lei", "link"),
    "b_04.01": _table(
        "0010 contract 0020 lei 0030 nature 0040 branch", "contract lei branch", "contract lei",
        "nature",
    ),
    "b_05.01": _table(
        "0010 provider 0020 code_type 0030 other_code 0040 other_code_type 0050 name "
        "0060 latin_name 0070 person 0080 country 0090 currency 0100 cost 0110 parent "
        "0120 parent_code_type",
        "provider", "provider", "person country currency",
    ),
    "b_05.02": _table(
        "0010 contract 0020 service 0030 provider 0040 code_type 0050 rank 0060 recipient "
        "0070 recipient_code_type",
        "contract service provider rank recipient", "contract provider", "service",
    ),
    "b_06.01": _table(
        "0010 function 0020 activity 0030 name 0040 lei 0050 critical 0060 reason 0070 assessed "
        "0080 rto_hours 0090 rpo_hours 0100 impact",
        "lei function", "function lei", "activity critical impact",
    ),
    "b_07.01": _table(
        "0010 contract 0020 provider 0030 code_type 0040 service 0050 substitutability "
        "0060 substitution_obstacle 0070 last_audit 0080 exit_plan 0090 reintegration 0100 impact "
        "0110 alternatives 0120 alternative",
        "contract provider service", "contract provider service",
        "service substitutability substitution_obstacle exit_plan reintegration impact "
        "alternatives",
    ),
}  # fmt: skip
# b_05.01 before taxonomy 4.0, and in the template of the dry run
_EARLY_PROVIDERS = _columns(
    "0010 provider 0020 code_type 0030 name 0040 person 0050 country 0060 currency 0070 cost "
    "0080 parent 0090 parent_code_type"
)
# b_06.01 as the text of the regulation numbers it: it leaves out 0050
_TEXT_FUNCTIONS = _columns(
    "0010 function 0020 activity 0030 name 0040 lei 0060 critical 0070 reason 0080 assessed "
    "0090 rto_hours 0100 rpo_hours 0110 impact"
)
_LATE = {"c0100", "c0110", "c0120"}
_IS_COUNTRY = r"(?i)^(eba_ga:.*|[a-z]{2})$"


def name_columns(frame: pl.DataFrame, table: str, findings: RowFindings) -> pl.DataFrame:
    """The table with its columns by name, trimmed, blanks null, codes of closed lists in words.

    Columns that no edition of the table has are left out, and told.
    """
    known = TABLES[table]
    columns = _edition(frame, table)
    held = {code: name for code, name in columns.items() if code in frame.columns}
    text = frame.select(
        *(pl.col(c).cast(pl.String).str.strip_chars().alias(name) for c, name in held.items()),
        FILE, LINE,
    ).with_columns(
        pl.when(_is_blank(name)).then(None).otherwise(pl.col(name)).alias(name)
        for name in held.values()
    )  # fmt: skip
    for code in frame.columns:
        if code not in (*held, FILE, LINE) and not frame[code].is_null().all():
            findings.add("note", f"a column of {table} that is not read", code)
    missing = [n for n in columns.values() if n not in text.columns]
    text = text.with_columns(pl.lit(None, pl.String).alias(n) for n in missing)
    return in_words(text, known.lists, table, findings)


def _edition(frame: pl.DataFrame, table: str) -> dict[str, str]:
    """Code -> name, of the edition of the table that this is."""
    if table == "b_06.01" and "c0110" in frame.columns:
        return _TEXT_FUNCTIONS
    if table != "b_05.01" or _LATE & set(frame.columns):
        return TABLES[table].columns
    if "c0050" not in frame.columns:
        return _EARLY_PROVIDERS if "c0030" in frame.columns else TABLES[table].columns
    cells = frame["c0050"].cast(pl.String).str.strip_chars().drop_nulls()
    cells = cells.filter(cells != "")
    early = cells.len() > 0 and cells.str.contains(_IS_COUNTRY).all()
    return _EARLY_PROVIDERS if early else TABLES[table].columns


def _is_blank(name: str) -> pl.Expr:
    folded = pl.col(name).str.to_lowercase()
    return folded.is_in(BLANKS) | folded.str.contains(f"^({NO_VALUE.pattern})$")
