"""The kinds of values that fields have: read from text, checked and written as JSON here, once.

What a field is stands in `field`; the fields themselves are the table in `fields`.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.hours import LONGEST, Hours, TooShortError
from knockon.graph.scenario.field import Field, Kind
from knockon.graph.scenario.modes import RULE_COLUMNS, Rule, load_shipped_rules
from knockon.graph.scenario.origins import (
    Origin,
    dump_origin,
    list_entities,
    read_name,
    read_origins,
)
from knockon.graph.scenario.rollout import Ring, format_rollout, read_rollout
from knockon.graph.scenario.strengths import StrengthTable, dump_strengths, read_strengths

MOST_ROWS = 200_000  # of a list beside a graph
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def parse_bytes(text: str) -> int:
    """`8G`, `512 MiB` or `1000000` as bytes; units are powers of 1,024. Raises ScenarioError."""
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,3})?)\s*([kmgt]?)(?:i?b)?\s*", text.lower())
    if not found or not float(found[1]):
        raise ScenarioError(f"memory: expected a size such as 8G or 512M, got {clip(text, 40)!r}")
    return int(float(found[1]) * _UNITS[found[2]])


def _check_number(value: Any, field: Field) -> float:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or value not in field.bounds or not abs(value) <= sys.float_info.max:
        raise field.refuse(value)
    return float(value)


def _check_whole(value: Any, field: Field) -> int:
    """A whole number; 2.0 is one, as JSON has it."""
    whole = isinstance(value, Integral) or (isinstance(value, float) and value.is_integer())
    if not whole or isinstance(value, bool) or value not in field.bounds:
        raise field.refuse(value)
    return int(value)


def _parse_number(text: str, field: Field) -> float:
    try:
        if "_" in text or not text.isascii():  # Python reads both, nobody else does
            raise ValueError
        return float(text)
    except ValueError:
        raise field.refuse(text) from None


def _parse_whole(text: str, field: Field) -> int:
    found = re.fullmatch(r"\s*([+-]?[0-9]{1,4000})(?:\.0+)?\s*", text, re.ASCII)
    if found is None:
        raise field.refuse(text)
    return int(found[1])


def _check_order(value: Any, field: Field) -> int | str:
    """A whole number, or `all`."""
    return "all" if value == "all" else _check_whole(value, field)


def _parse_order(text: str, field: Field) -> int | str:
    return "all" if text.strip().lower() == "all" else _parse_whole(text, field)


def _check_text(value: Any, field: Field) -> str:
    if not isinstance(value, str):
        raise field.refuse(value)
    return value


def _check_hours(value: Any, field: Field) -> Hours:
    try:
        return Hours.of(value)
    except TooShortError:
        raise
    except ScenarioError:
        raise field.refuse(value) from None


def _dump_hours(hours: Hours) -> float | str:
    return hours.low if hours.known else str(hours)


def _check_bytes(value: Any, field: Field) -> int:
    try:
        size = _check_whole(parse_bytes(value) if isinstance(value, str) else value, field)
    except ScenarioError:
        size = 0
    if size < 1:
        raise field.refuse(value)
    return size


def _check_entities(value: Any, field: Field) -> tuple[str, ...]:
    return tuple(read_name(field.name, one) for one in list_entities(field.name, value))


def _check_among(value: Any, field: Field) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else _check_entities(value, field)


def _check_changes(value: Any, field: Field) -> dict[str, Any]:
    """Fields of a scenario by name; each may also be said as `NAME=VALUE`."""
    if isinstance(value, Mapping):
        return {str(name): stated for name, stated in value.items()}
    pairs = [value] if isinstance(value, str) else value
    if not isinstance(pairs, Iterable) or not all(isinstance(p, str) and "=" in p for p in pairs):
        raise field.refuse(value)
    named = (pair.partition("=") for pair in pairs)
    return {name.strip(): text.strip() for name, _, text in named}


def _check_listed(value: Any, field: Field) -> str | list[Any]:
    """Words apart by commas, or rows; what they may say is for the question to check."""
    if hasattr(value, "to_dicts"):
        value = value.to_dicts()  # a frame
    if isinstance(value, str):
        return value
    if not isinstance(value, list | tuple) or not value:
        raise field.refuse(value)
    return list(value)


def _check_origins(value: Any, _: Field) -> tuple[Origin, ...]:
    return read_origins(value)


def _dump_origins(origins: Iterable[Origin]) -> list[dict[str, Any]]:
    return [dump_origin(o) for o in origins]


def _check_rollout(value: Any, _: Field) -> tuple[Ring, ...]:
    return read_rollout(value)


def _check_rules(value: Any, field: Field) -> tuple[Rule, ...]:
    try:
        rules = tuple((mode, relation, becomes) for mode, relation, becomes in value)
    except (TypeError, ValueError):
        raise field.refuse(value) from None
    if not rules or not all(isinstance(word, str) for rule in rules for word in rule):
        raise field.refuse(value)
    return rules


def _dump_rules(rules: tuple[Rule, ...]) -> list[list[str]] | None:
    return None if rules == load_shipped_rules() else [list(rule) for rule in rules]


def _check_names(value: Any, field: Field) -> tuple[str, ...]:
    """Words, each once; of text those between commas."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(n, str) for n in listed):
        raise field.refuse(value)
    words = tuple(dict.fromkeys(n.strip() for n in listed if n.strip()))
    if field.most is not None and len(words) > field.most:
        raise ScenarioError(f"{field.name}: expected at most {field.most:,}, got {len(words):,}")
    return words


def _check_strengths(value: Any, field: Field) -> tuple[StrengthTable, ...]:
    return read_strengths(value, named_only=field.strange)


def _check_flag(value: Any, field: Field) -> bool:
    if not isinstance(value, bool):
        raise field.refuse(value)
    return value


def _parse_flag(text: str, field: Field) -> bool:
    if text.strip().lower() not in ("true", "false"):
        raise field.refuse(text)
    return text.strip().lower() == "true"


def _check_table(value: Any, field: Field) -> tuple[dict[str, str], ...]:
    """Rows of texts by column; of CSV text the first line names the columns."""
    rows = _parse_table(value, field) if isinstance(value, str) else value
    try:
        listed = [dict(row) for row in rows]
    except (TypeError, ValueError):
        raise field.refuse(value) from None
    if len(listed) > MOST_ROWS:
        raise ScenarioError(
            f"{field.name}: expected at most {MOST_ROWS:,} rows, got {len(listed):,}"
        )
    if not all(isinstance(column, str) for row in listed for column in row):
        raise field.refuse(value)
    return tuple({c: "" if v is None else str(v) for c, v in row.items()} for row in listed)


def _parse_table(text: str, field: Field) -> list[dict[str, str]]:
    import csv

    lines = csv.reader(text.lstrip("\ufeff").splitlines(), strict=True)
    try:
        head, *rows = [line for line in lines if any(cell.strip() for cell in line)]
    except (csv.Error, ValueError):
        raise ScenarioError(
            f"{field.name}: expected CSV with a line that names the columns, got {clip(text)!r}"
        ) from None
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            raise ScenarioError(
                f"{field.name}: expected {len(head)} cells in row {number}, got {len(row)}"
            )
    return [dict(zip(head, row, strict=True)) for row in rows]


def _keep(value: Any, _: Field | None = None) -> Any:
    return value


NUMBER = Kind("a number", _check_number, _parse_number, _keep, float, "NUMBER")
WHOLE = Kind("a whole number", _check_whole, _parse_whole, _keep, int, "N")
ORDER = Kind("a whole number", _check_order, _parse_order, _keep, int | str, "K")
TEXT = Kind("text", _check_text, _keep, _keep, str, "TEXT")
PLACE = Kind("text", _check_text, _keep, lambda _: None, str, "TEXT")  # not written down
HOURS = Kind(
    f"a number above 0, at most {LONGEST:,.0f}, or a range such as 2..72",
    _check_hours, _keep, _dump_hours, float | str, "H",
)  # fmt: skip
ROLLOUT = Kind(
    "what is reached in all, and from which hour on, such as 1%@0,10%@4,100%@24",
    _check_rollout, _keep, lambda rings: format_rollout(rings) or None, str, "RINGS", absent=tuple,
)  # fmt: skip
BYTES = Kind("a size such as 8G, or a number of bytes", _check_bytes, _keep, _keep, int, "SIZE")
ENTITIES = Kind("ids or names of entities", _check_entities, _keep, list, list[str], "ENTITY")
AMONG = Kind(
    "a kind of entities, or a list of ids or names of entities",
    _check_among, _keep, lambda value: value if isinstance(value, str) else list(value),
    str | list[str], "KIND|FILE",
)  # fmt: skip
CHANGES = Kind(
    "fields of a scenario, as NAME=VALUE",
    _check_changes, _keep, dict, dict[str, Any], "NAME=VALUE", absent=dict,
)  # fmt: skip
NAMES = Kind("names, with commas between them", _check_names, _keep, list, list[str] | str,
             "A,B", absent=tuple)  # fmt: skip
FLAG = Kind("true or false", _check_flag, _parse_flag, _keep, bool, "")
TABLE = Kind(
    "rows, or the text of a CSV file", _check_table, _keep, list, list[dict[str, str]] | str,
    "FILE.csv",
)  # fmt: skip
LISTED = Kind(
    "words, or a list of rows", _check_listed, _keep, _keep, str | list[Any], "WORD,...|FILE",
)  # fmt: skip
ORIGINS = Kind(
    'ids or names of entities, or {"id": ..., "severity": ...}',
    _check_origins, _keep, _dump_origins, list[dict[str, Any]], "ENTITY",
)  # fmt: skip
STRENGTHS = Kind(
    "names of tables of strengths, or rows of one",
    _check_strengths, _keep, dump_strengths, list[Any] | str, "TABLE", absent=tuple,
)  # fmt: skip
RULES = Kind(
    f"rows of {', '.join(RULE_COLUMNS)}",
    _check_rules, _keep, _dump_rules, list[list[str]], "FILE.csv", absent=load_shipped_rules,
)  # fmt: skip
