"""The failures that a graph is hardened against, and the fixes that are tried."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from knockon.graph.analysis.hardening.candidates import (
    default_kinds,
    list_candidates,
    price,
    read_changeable,
    read_rows,
    resolve_rows,
)
from knockon.graph.analysis.hardening.fixes import ADDING, Fix
from knockon.graph.analysis.prepare import build_circuit_of, prepare
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import find_field
from knockon.graph.scenario.kinds import NUMBER, WHOLE
from knockon.graph.scenario.modes import UNAIDED, find_reachable_modes
from knockon.graph.scenario.origins import Origin
from knockon.graph.scenario.scenario import Scenario

SCENARIO, ALL = "scenario", "all"
_AT = "_at"  # of a row of a file: where it stands


def without_origins(scenario: Scenario) -> tuple[Any, ...]:
    """What the circuit of everybody hangs on."""
    lasts = scenario.hours is not None
    return (scenario.mode, scenario.rules, lasts, scenario.protect, scenario.assume)


def list_failures(
    graph: DependencyGraph, scenario: Scenario, against: Any
) -> tuple[list[tuple[Scenario, float]], list[str]]:
    """The failures to be hardened against, each with its weight, and notes."""
    if against == SCENARIO:
        scenario.check_failing()
        return [(scenario, 1.0)], []
    notes = []
    if scenario.origins:
        notes.append("what is named to fail does not enter: the failures are those of `against`")
    if against == ALL:
        safe = set(scenario.protect)
        providers = {graph.id_of(i) for i in np.unique(graph.provider).tolist()}
        failing = [i for i in graph.ids if i in providers and i not in safe]
        notes.append(
            f"impact is added up over {len(failing):,} failures, each entity on which others "
            "depend failing alone"
        )
        return [(replace(scenario, origins=(Origin(i),)), 1.0) for i in failing], notes
    if isinstance(against, str):
        hint = did_you_mean(against, [SCENARIO, ALL])
        raise ScenarioError(
            "against: expected scenario, all, or a list of scenarios, got "
            f"{clip(repr(against))}{hint}"
        )
    found = []
    for number, one in enumerate(against, 1):
        try:
            found.append(_read_failure(graph, scenario, one))
        except ScenarioError as fault:
            raise ScenarioError(f"against: scenario {number}: {fault}") from None
    return found, notes


def _read_failure(graph: DependencyGraph, scenario: Scenario, given: Any) -> tuple[Scenario, float]:
    """A scenario of the list: what it does not say is as in the question."""
    if isinstance(given, Scenario):
        return given.resolve(graph), 1.0
    if not isinstance(given, Mapping):
        return Scenario.from_dict(scenario.to_dict() | {"origins": given}).resolve(graph), 1.0
    stated = {key: _read_text(key, value) for key, value in given.items() if key != _AT}
    weight = stated.pop("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1e15:
        raise ScenarioError(f"weight: expected a number of at least 0, got {clip(repr(weight))}")
    stated.pop("name", None)
    failure = Scenario.from_dict(scenario.to_dict() | stated).resolve(graph)
    failure.check_failing()
    return failure, float(weight)


def _read_text(key: str, value: Any) -> Any:
    """A figure that a file says as text."""
    if not isinstance(value, str):
        return value
    try:
        if key == "weight":
            return float(value)
        field = find_field(key)
    except (KeyError, ValueError):
        return value
    return field.dump(field.parse(value)) if field.kind in (NUMBER, WHOLE) else value


def list_fixes(
    graph: DependencyGraph, failures: Sequence[Scenario], changeable: Any, costs: Any
) -> list[Fix]:
    """The candidates, in a fixed order, with their costs."""
    kinds, rows = read_changeable(changeable)
    fixes = (
        _list_of_kinds(graph, failures, kinds or default_kinds(failures))
        if rows is None
        else resolve_rows(graph, rows, failures)
    )
    return price(graph, fixes, read_rows("costs", costs) if costs is not None else [])


def _list_of_kinds(
    graph: DependencyGraph, failures: Sequence[Scenario], kinds: Sequence[str]
) -> dict[Fix, float | None]:
    found: dict[tuple[str, str, str, str], Fix] = {}
    wholes: dict[tuple[Any, ...], Any] = {}
    for failure in failures:
        key = without_origins(failure)
        if key not in wholes:
            wholes[key] = build_circuit_of(graph, failure)
        reachable = set(find_reachable_modes(failure.mode, failure.rules))
        useful = [k for k in kinds if not (k in ADDING and reachable <= set(UNAIDED))]
        for fix in list_candidates(prepare(graph, failure, wholes[key]), useful):
            found.setdefault(fix.key, fix)
    return {found[key]: None for key in sorted(found)}
