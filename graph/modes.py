"""Which relations a mode of failure crosses, and as what it arrives: data to be replaced."""

from collections.abc import Iterable
from typing import TypeAlias

from knockon.graph.errors import InputError
from knockon.graph.tables import RELATIONS

Rule: TypeAlias = tuple[str, str, str]  # mode, relation, becomes

_ENDURING = ("runs", "contains")  # what one has on one's own machines survives its maker's outage
_TRUSTED = ("runs", "contains", "operated_by", "authenticates_with", "hosted_on", "uses")

RULES: tuple[Rule, ...] = (
    *(("outage", r, "outage") for r in RELATIONS if r not in _ENDURING),
    *(("bad_update", r, "bad_update" if r == "operated_by" else "outage") for r in RELATIONS),
    *(("compromise", r, "compromise") for r in _TRUSTED),
)
UNAIDED = ("compromise",)  # modes against which no group helps: every member counts alone


def modes_of(rules: Iterable[Rule]) -> list[str]:
    """The modes that the rules know, in their order."""
    return list(dict.fromkeys(mode for rule in rules for mode in (rule[0], rule[2])))


def reachable_modes(mode: str, rules: Iterable[Rule]) -> list[str]:
    """The mode itself and every mode that it can change into on the way, in order of discovery."""
    rules = tuple(rules)
    found = [mode]
    for current in found:
        found += sorted({b for m, _, b in rules if m == current} - set(found))
    return found


def crossing(rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    """(mode, relation) -> mode on arrival. Raises InputError where two rules disagree."""
    table: dict[tuple[str, str], str] = {}
    for mode, relation, becomes in rules:
        if table.setdefault((mode, relation), becomes) != becomes:
            raise InputError(
                f"rules: {mode} across {relation} becomes both {table[mode, relation]} "
                f"and {becomes}"
            )
    return table
