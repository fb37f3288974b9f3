"""What fails: entities by id or name, each with the share of its function that it loses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from knockon.graph.errors import ScenarioError, clip

OriginLike: TypeAlias = "str | Mapping[str, Any] | Origin"
_KEYS = {"id", "severity", "name"}  # `name` as in an answer; the id decides
ALONE, WHOLE, NAMED = "alone", "whole", "named"  # what an origin stands for, until it is looked up
_SEVERAL = {"whole": WHOLE, "all_named": NAMED}
_KEY_OF = {ALONE: "id", **{stands_for: key for key, stands_for in _SEVERAL.items()}}


@dataclass(frozen=True)
class Origin:
    """An entity that fails, by id, and the share of its function that it loses, in (0, 1].

    stands_for: ALONE, itself; until it is looked up also WHOLE, a parent or operator and all that
    it stands above, or NAMED, all entities of its name
    """

    id: str
    severity: float = 1.0
    stands_for: str = ALONE


def dump_origin(origin: Origin) -> dict[str, Any]:
    """The origin as plain JSON, which `read_origins` takes back."""
    return {_KEY_OF[origin.stands_for]: origin.id, "severity": origin.severity}


class Nobody(tuple[Any, ...]):
    """Origins of which it is known that there are none: whoever looked found nothing down.

    On the command line a second source may stand among them.
    """


def read_origins(given: object, severity: float = 1.0) -> tuple[Origin, ...]:
    """One or several origins; `severity` is that of those that state none.

    Each is an id or name, an Origin, {"id": ..., "severity": ...}, or in the place of the id
    {"whole": PARENT} or {"all_named": NAME}. Severities are not checked
    here. Raises ScenarioError for anything else.
    """
    several = [given] if isinstance(given, Mapping | Origin) else list_entities("origins", given)
    return tuple(_read_origin(one, severity) for one in several)


def list_entities(what: str, given: object) -> list[Any]:
    """The items of a list of entities; a text is a list of one. Raises ScenarioError."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Iterable):
        raise ScenarioError(
            f"{what}: expected an entity by id or name, or several, got {clip(repr(given))}"
        )
    return list(given)


def read_name(what: str, given: object) -> str:
    """An id or a name, not looked up yet. Raises ScenarioError for what is no text."""
    if not isinstance(given, str):
        raise ScenarioError(
            f"{what}: expected the id or name of an entity, got {clip(repr(given))}"
        )
    return given


def _read_origin(given: OriginLike, severity: float) -> Origin:
    if isinstance(given, Mapping):
        for key, stands_for in _SEVERAL.items():
            if key in given and not set(given) - {key, "severity"}:
                stated = given.get("severity")
                share = severity if stated is None else stated
                return Origin(read_name(key, given[key]), share, stands_for)
        if set(given) - _KEYS or not isinstance(given.get("id"), str):
            raise ScenarioError(
                'origin: expected a name, {"id": ..., "severity": ...}, {"whole": PARENT} or '
                '{"all_named": NAME}, '
                f"got {clip(repr(dict(given)))}"
            )
        stated = given.get("severity")
        return Origin(given["id"], severity if stated is None else stated)
    if isinstance(given, Origin):
        return Origin(read_name("origin", given.id), given.severity, given.stands_for)
    return Origin(read_name("origin", given), severity)
