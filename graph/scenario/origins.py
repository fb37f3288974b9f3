"""What fails: entities by id or name, each with the share of its function that it loses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from knockon.graph.errors import ScenarioError, clip

OriginLike: TypeAlias = "str | Mapping[str, Any] | Origin"
_KEYS = {"id", "severity", "name"}  # `name` as in an answer; the id decides


@dataclass(frozen=True)
class Origin:
    """An entity that fails, by id, and the share of its function that it loses, in (0, 1]."""

    id: str
    severity: float = 1.0


def read_origins(given: object, severity: float = 1.0) -> tuple[Origin, ...]:
    """One or several origins; `severity` is that of those that state none.

    Each is an id or name, an Origin, or {"id": ..., "severity": ...}. Severities are not checked
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
        if set(given) - _KEYS or not isinstance(given.get("id"), str):
            raise ScenarioError(
                'origin: expected a name or {"id": ..., "severity": ...}, '
                f"got {clip(repr(dict(given)))}"
            )
        stated = given.get("severity")
        return Origin(given["id"], severity if stated is None else stated)
    if isinstance(given, Origin):
        return Origin(read_name("origin", given.id), given.severity)
    return Origin(read_name("origin", given), severity)
