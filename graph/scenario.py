"""What fails, and under which assumptions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.graph import DependencyGraph
from knockon.graph.modes import Rule, modes_of, shipped_rules

WORLDS = 2_000  # drawn where the cases are too many to enumerate and the user names no number

OriginLike: TypeAlias = "str | Mapping[str, Any] | Origin"


@dataclass(frozen=True)
class Origin:
    """An entity that fails, by id, and the share of its function that it loses, in (0, 1]."""

    id: str
    severity: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """What fails: origins, mode, assumptions. `Scenario.of` makes one from names.

    assume:  strength at which unknown dependencies count in the middle run, 0..1
    worlds:  random worlds to draw; None: enumerate all cases where they are few, else 2,000
    seed:    of all draws
    protect: ids of entities that nothing hits
    rules:   (mode, relation, becomes): which relations a mode crosses, and as what it arrives
    """

    origins: tuple[Origin, ...]
    mode: str = "outage"
    assume: float = 0.5
    worlds: int | None = None
    seed: int = 0
    protect: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default_factory=shipped_rules)

    def __post_init__(self) -> None:
        if not self.origins:
            raise ScenarioError("expected at least one entity that fails, got none")
        for origin in self.origins:
            if not _is_number(origin.severity) or not 0 < origin.severity <= 1:
                raise ScenarioError(
                    f"severity of {clip(origin.id)!r}: expected a number above 0, at most 1, "
                    f"got {clip(repr(origin.severity))}"
                )
        if self.mode not in modes_of(self.rules):
            hint = did_you_mean(str(self.mode), modes_of(self.rules))
            raise ScenarioError(f"unknown mode {clip(str(self.mode))!r}{hint}")
        if not _is_number(self.assume) or not 0 <= self.assume <= 1:
            raise ScenarioError(f"assume: expected a number from 0 to 1, got {self.assume!r}")
        if self.worlds is not None and (not _is_whole(self.worlds) or self.worlds < 1):
            raise ScenarioError(
                f"worlds: expected a whole number of at least 1, got {self.worlds!r}"
            )
        if not _is_whole(self.seed):
            raise ScenarioError(f"seed: expected a whole number, got {self.seed!r}")
        both = {o.id for o in self.origins} & set(self.protect)
        if both:
            raise ScenarioError(f"{clip(min(both))!r} cannot both fail and be protected")

    @classmethod
    def of(
        cls,
        graph: DependencyGraph,
        origins: "OriginLike | Sequence[OriginLike]",
        *,
        protect: "str | Iterable[str]" = (),
        severity: float = 1.0,
        **options: Any,
    ) -> "Scenario":
        """A scenario on this graph. Entities are given by id or by name.

        origins: one or several; each a text, an Origin, or {"id": ..., "severity": ...}
        severity: of the origins that state none
        Raises UnknownEntityError, AmbiguousEntityError or ScenarioError.
        """
        several = [origins] if isinstance(origins, str | Mapping | Origin) else list(origins)
        found = [_origin(graph, o, severity) for o in several]
        if len({o.id for o in found}) < len(found):
            twice = sorted(o.id for o in found if [p.id for p in found].count(o.id) > 1)
            raise ScenarioError(f"{clip(twice[0])!r} is named twice among those that fail")
        spared = [protect] if isinstance(protect, str) else protect
        safe = sorted({graph.ids[graph.find(p)] for p in spared})
        return cls(tuple(sorted(found, key=lambda o: o.id)), protect=tuple(safe), **options)

    def on(self, graph: DependencyGraph) -> "Scenario":
        """The same with every name resolved to an id of this graph."""
        options = {f: getattr(self, f) for f in ("mode", "assume", "worlds", "seed", "rules")}
        return Scenario.of(graph, self.origins, protect=self.protect, **options)

    @property
    def origin_ids(self) -> list[str]:
        return [o.id for o in self.origins]


def _origin(graph: DependencyGraph, given: OriginLike, severity: float) -> Origin:
    if isinstance(given, str):
        given = Origin(given, severity)
    elif isinstance(given, Mapping):
        strange = set(given) - {"id", "severity"}
        if strange or not isinstance(given.get("id"), str):
            raise ScenarioError(
                'origin: expected a name or {"id": ..., "severity": ...}, '
                f"got {clip(repr(dict(given)))}"
            )
        given = Origin(given["id"], given.get("severity", severity))
    return replace(given, id=graph.ids[graph.find(given.id)])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
