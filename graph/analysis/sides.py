"""The two questions of a comparison: one failure as it is asked of each of two graphs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from knockon.graph.errors import KnockonError, ScenarioError, UnknownEntityError
from knockon.graph.model.change import Change
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import FIELDS, Options
from knockon.graph.scenario.kinds import ORIGINS
from knockon.graph.scenario.scenario import Origin, Scenario, ScenarioLike

_BY_NAME = {f.name: f for f in FIELDS if f.kind is not ORIGINS}


def make_plain_scenario(origins: ScenarioLike, options: Options) -> Scenario:
    """The scenario with names that are not looked up yet."""
    if isinstance(origins, Scenario):
        if options:
            raise ScenarioError(
                f"{min(options)}: expected it in the scenario, got both a scenario and options"
            )
        return origins
    values: dict[str, Any] = dict(options)
    return Scenario.read(origins, **values)


def change_scenario(stated: Scenario, after: Mapping[str, Any]) -> Scenario:
    """The scenario with these fields. Raises ScenarioError for one that there is not."""
    changed = {}
    for name, value in after.items():
        if isinstance(value, str):
            value = _read_json(value)
        read = isinstance(value, str) and name in _BY_NAME
        changed[name] = _BY_NAME[name].dump(_BY_NAME[name].parse(value)) if read else value
    return Scenario.from_dict(stated.to_dict() | changed) if changed else stated


def _read_json(text: str) -> Any:
    """The list or the null that a text says; any other text as it is."""
    if text == "null" or text.startswith("["):
        with suppress(ValueError):
            return json.loads(text)
    return text


def add_to_scenario(scenario: Scenario, changes: Sequence[Change]) -> Scenario:
    """The scenario with what the changes make safe, and the hour at which they stop a rollout."""
    safe = dict.fromkeys([*scenario.protect, *(i for c in changes for i in c.safe)])
    halts = [h for h in (scenario.halt, *(c.halt for c in changes)) if h is not None]
    return replace(scenario, protect=tuple(safe), halt=min(halts, default=None))


def keep_known(
    graph: DependencyGraph, other: DependencyGraph, scenario: Scenario
) -> tuple[Scenario, list[str]]:
    """The scenario with the origins and the protected entities that the graph has, and the names
    of the others. Raises UnknownEntityError where nothing that fails is left."""
    origins: list[Origin] = []
    protect: list[str] = []
    faults: dict[str, UnknownEntityError] = {}
    for origin in scenario.origins:
        try:
            origins += _find_in(graph, other, origin)
        except UnknownEntityError as fault:
            faults[origin.id] = fault
    if not origins and faults:
        raise next(iter(faults.values()))
    for name in scenario.protect:
        try:
            protect += [o.id for o in _find_in(graph, other, Origin(name))]
        except UnknownEntityError as fault:
            faults[name] = fault
    return replace(scenario, origins=tuple(origins), protect=tuple(protect)), [*faults]


def _find_in(graph: DependencyGraph, other: DependencyGraph, asked: Origin) -> list[Origin]:
    """The origin in the graph. One that goes by this name in the other only is the same by id:
    names change between editions. Raises UnknownEntityError."""
    try:
        return [*Scenario((asked,)).resolve(graph).origins]
    except UnknownEntityError:
        try:
            there = Scenario((asked,)).resolve(other).origins
        except KnockonError:
            there = ()
        known = set(graph.ids)
        found = [o for o in there if o.id in known]
        if not found:
            raise
        return found
