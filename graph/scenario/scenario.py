"""What fails, and under which assumptions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import LONGEST, Hours, plain
from knockon.graph.scenario.modes import Rule, modes_of, shipped_rules
from knockon.graph.scenario.rollout import Ring, rollout_of

WORLDS = 2_000  # drawn where the cases are too many to enumerate and the user names no number
FINEST = 1e-5  # precision that may be asked for: 2.5 billion worlds

_OPTIONS = (
    "mode", "assume", "worlds", "precision", "memory", "seed", "rules", "hours", "rollout", "halt",
)  # fmt: skip

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
    precision: draw until no probability has a larger standard error; instead of `worlds`
    memory:  bytes that the lanes may take; None: half of what is free
    seed:    of all draws
    protect: ids of entities that nothing hits
    rules:   (mode, relation, becomes): which relations a mode crosses, and as what it arrives
    hours:   how long the origins are down: a number, or a range such as "2..72"; None: no times
    rollout: rings in which a bad update reaches those that run it: rings, pairs (share of the ring,
             start hour), or a text that says what is reached in all: "1%@0,10%@4,100%@24"
    halt:    hour at which the rollout is stopped: a ring that starts then or later is spared
    """

    origins: tuple[Origin, ...]
    mode: str = "outage"
    assume: float = 0.5
    worlds: int | None = None
    precision: float | None = None
    memory: int | None = None
    seed: int = 0
    protect: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default_factory=shipped_rules)
    hours: Hours | None = None
    rollout: tuple[Ring, ...] = ()
    halt: float | None = None

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
        self._check_precision()
        if not _is_whole(self.seed):
            raise ScenarioError(f"seed: expected a whole number, got {self.seed!r}")
        both = {o.id for o in self.origins} & set(self.protect)
        if both:
            raise ScenarioError(f"{clip(min(both))!r} cannot both fail and be protected")
        if self.hours is not None:
            object.__setattr__(self, "hours", Hours.of(self.hours))
        object.__setattr__(self, "rollout", rollout_of(self.rollout or ()))
        self._check_rollout()

    def _check_rollout(self) -> None:
        if self.halt is not None and not (_is_number(self.halt) and 0 <= self.halt <= LONGEST):
            raise ScenarioError(
                f"halt: expected a number of hours of at least 0, got {clip(repr(self.halt))}"
            )
        if self.halt is not None and not self.rollout:
            raise ScenarioError(
                f"halt: expected a rollout that it stops at {plain(float(self.halt))} hours, "
                "such as 1%@0,100%@24, got none"
            )
        if self.rollout and self.mode != "bad_update":
            raise ScenarioError(
                f"rollout: expected the mode bad_update, got {clip(self.mode)!r}: only an update "
                "comes in rings"
            )

    def _check_precision(self) -> None:
        if self.precision is not None:
            if not _is_number(self.precision) or not FINEST <= self.precision < 1:
                raise ScenarioError(
                    f"precision: expected a standard error from {FINEST:g} to 1, "
                    f"got {self.precision!r}"
                )
            if self.worlds is not None:
                raise ScenarioError("expected either worlds or precision, got both")
        if self.memory is not None and (not _is_whole(self.memory) or self.memory < 1):
            raise ScenarioError(f"memory: expected a number of bytes, got {self.memory!r}")

    @property
    def sampled(self) -> bool:
        """Whether random worlds are asked for, however few the cases are."""
        return self.worlds is not None

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
        alone = isinstance(origins, str | Mapping | Origin)
        several = _listed("origins", [origins] if alone else origins)
        found = [_origin(graph, o, severity) for o in several]
        if len({o.id for o in found}) < len(found):
            twice = sorted(o.id for o in found if [p.id for p in found].count(o.id) > 1)
            raise ScenarioError(f"{clip(twice[0])!r} is named twice among those that fail")
        spared = _listed("protect", [protect] if isinstance(protect, str) else protect)
        safe = sorted({_id_of(graph, "protect", p) for p in spared})
        return cls(tuple(sorted(found, key=lambda o: o.id)), protect=tuple(safe), **options)

    def on(self, graph: DependencyGraph) -> "Scenario":
        """The same with every name resolved to an id of this graph."""
        options = {f: getattr(self, f) for f in _OPTIONS}
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
    elif not isinstance(given, Origin):
        raise _no_entity("origin", given)
    return replace(given, id=_id_of(graph, "origin", given.id))


def _listed(what: str, given: object) -> list[Any]:
    if not isinstance(given, Iterable):
        raise ScenarioError(
            f"{what}: expected an entity by id or name, or several, got {clip(repr(given))}"
        )
    return list(given)


def _id_of(graph: DependencyGraph, what: str, given: object) -> str:
    if not isinstance(given, str):
        raise _no_entity(what, given)
    return graph.id_of(graph.find(given))


def _no_entity(what: str, given: object) -> ScenarioError:
    return ScenarioError(f"{what}: expected the id or name of an entity, got {clip(repr(given))}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
