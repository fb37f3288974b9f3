"""Which relations a mode of failure crosses, and as what it arrives: data to be replaced.

The table ships as `rules.csv` (mode, relation, becomes); `--rules FILE` or `Scenario.rules` takes
its place. Relations that no rule lists cross every mode.
"""

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from knockon.graph.errors import InputError

Rule: TypeAlias = tuple[str, str, str]  # mode, relation, becomes
RULE_COLUMNS = ("mode", "relation", "becomes")
UNAIDED = ("compromise",)  # modes against which no group helps: every member counts alone
_MEANING = {
    "outage": "it stops working",
    "bad_update": "it breaks what runs it",
    "compromise": "an attacker holds it",
    "withdrawal": "it is removed, and what needs it cannot be installed or built",
}


@cache
def load_shipped_rules() -> tuple[Rule, ...]:
    """The rules that come with knockon."""
    text = files("knockon.graph.scenario").joinpath("rules.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple((row["mode"], row["relation"], row["becomes"]) for row in rows)


def find_barred(mode: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The relations that a mode does not cross; those without a rule cross every mode."""
    crossed = {relation for m, relation, _ in rules if m == mode}
    return tuple(sorted({relation for _, relation, _ in rules} - crossed))


def list_modes(rules: Iterable[Rule]) -> list[str]:
    """The modes that the rules know, in their order."""
    return list(dict.fromkeys(mode for rule in rules for mode in (rule[0], rule[2])))


def describe_modes() -> tuple[tuple[str, str], ...]:
    """The modes of the shipped rules, each with what it means."""
    return tuple((mode, _MEANING.get(mode, "")) for mode in list_modes(load_shipped_rules()))


def find_reachable_modes(mode: str, rules: Iterable[Rule]) -> list[str]:
    """The mode itself and every mode that it can change into on the way, in order of discovery."""
    rules = tuple(rules)
    found = [mode]
    for current in found:
        found += sorted({b for m, _, b in rules if m == current} - set(found))
    return found


def index_rules(rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    """(mode, relation) -> mode on arrival. Raises InputError where two rules disagree."""
    table: dict[tuple[str, str], str] = {}
    for mode, relation, becomes in rules:
        if table.setdefault((mode, relation), becomes) != becomes:
            raise InputError(
                f"rules: {mode} across {relation} becomes both {table[mode, relation]} "
                f"and {becomes}"
            )
    return table
