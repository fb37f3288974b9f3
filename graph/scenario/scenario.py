"""What fails, and under which assumptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, Unpack

from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import plain
from knockon.graph.scenario.fields import FIELDS, Options, Values, find_field
from knockon.graph.scenario.fields import WORLDS as WORLDS
from knockon.graph.scenario.modes import list_modes
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.origins import ALONE, WHOLE, Nobody, read_name, read_origins
from knockon.graph.scenario.origins import Origin as Origin
from knockon.graph.scenario.origins import OriginLike as OriginLike

ScenarioLike: TypeAlias = "Scenario | OriginLike | Sequence[OriginLike]"
_NOTHING_FAILS = "origins: expected at least one entity that fails, got none"


@dataclass(frozen=True)
class Scenario(Values):
    """What fails: origins, mode, assumptions. `Scenario.of` makes one from names.

    Its fields are those of the table in `fields`, which says what each means, its default and its
    bounds. `hours`, `rollout` and `memory` may also be said as text, `rules` be None.
    Raises ScenarioError for a value that cannot be, and for values that cannot be together.
    """

    def __post_init__(self) -> None:
        for name in _STORED:
            of_table = find_field(name)
            if name == "mode":  # rules of one's own have modes of their own
                rules = find_field("rules").check(self.rules)
                of_table = replace(of_table, choices=tuple((m, "") for m in list_modes(rules)))
            object.__setattr__(self, name, of_table.check(getattr(self, name)))
        self._check_together()

    def _check_together(self) -> None:
        for origin in self.origins:
            name = f"severity of {clip(origin.id)!r}"
            replace(find_field("severity"), name=name).check(origin.severity)
        both = {o.id for o in self.origins} & set(self.protect)
        if both:
            raise ScenarioError(f"{clip(min(both))!r} cannot both fail and be protected")
        modes = list_modes(self.rules)
        for table, row in ((t, r) for t in self.strengths for r in t.rows if r.mode):
            if row.mode not in modes and not table.shipped:
                hint = did_you_mean(row.mode, modes)
                place = dict(table.places).get(row.mode, table.name)
                raise ScenarioError(f"{place}: unknown mode {clip(row.mode)!r}{hint}")
        if self.precision is not None and self.worlds is not None:
            raise ScenarioError("expected either worlds or precision, got both")
        if self.halt is not None and not self.rollout:
            raise ScenarioError(
                f"halt: expected a rollout that it stops at {plain(self.halt)} hours, "
                "such as 1%@0,100%@24, got none"
            )
        if self.rollout and self.mode != "bad_update":
            raise ScenarioError(
                f"rollout: expected the mode bad_update, got {clip(self.mode)!r}: only an update "
                "comes in rings"
            )

    @property
    def sampled(self) -> bool:
        """Whether random worlds are asked for, however few the cases are: any number but that of
        the default, so that an answer's own scenario asks the same again."""
        return self.worlds not in (None, WORLDS)

    def check_failing(self) -> None:
        """Raises ScenarioError where nothing fails: some questions start from every entity."""
        if not self.origins:
            raise ScenarioError(_NOTHING_FAILS)

    @property
    def origin_ids(self) -> list[str]:
        return [o.id for o in self.origins]

    @classmethod
    @take_options
    def of(
        cls, graph: DependencyGraph, origins: ScenarioLike, **options: Unpack[Options]
    ) -> "Scenario":
        """A scenario on this graph. Entities are given by id or by name.

        origins: one or several; each a text, an Origin, or {"id": ..., "severity": ...}; or a
        Scenario, whose names are looked up on this graph
        {options}
        Raises UnknownEntityError, AmbiguousEntityError or ScenarioError.
        """
        if isinstance(origins, Scenario):
            if options:
                raise ScenarioError(
                    f"{min(options)}: expected it in the scenario, got both a scenario and options"
                )
            return origins.resolve(graph)
        return cls.read(origins, **options).resolve(graph)

    @classmethod
    def read(cls, origins: "OriginLike | Sequence[OriginLike]", **options: Any) -> "Scenario":
        """The same with names that are not looked up yet: `resolve` does that."""
        values = dict(options)
        listed = read_origins(origins, values.pop("severity", find_field("severity").default))
        return (NothingFails if isinstance(origins, Nobody) else cls)(listed, **values)

    def resolve(self, graph: DependencyGraph) -> "Scenario":
        """The same with every name resolved to an id of this graph."""
        return replace(
            self,
            origins=_resolve_origins(graph, self.origins),
            protect=_resolve_protected(graph, self.protect),
        )

    def to_dict(self) -> dict[str, Any]:
        """The scenario as plain JSON, every default filled in; `from_dict` reads it back.

        Rules of one's own are listed; null stands for those that ship.
        """
        return {f.name: f.dump(getattr(self, f.name)) for f in FIELDS if f.name in _STORED}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Scenario":
        """A scenario from plain JSON: of `to_dict`, of a request, of an answer, of a file.

        Names are not looked up yet (`resolve` does that). Beside the fields of the table it may
        hold `exact`, as in an answer, whose `worlds` tell how many were looked at: beside true, or
        beside a precision, they are not asked for. Raises ScenarioError.
        """
        known = [f.name for f in FIELDS] + ["exact"]
        for key in data:
            if key not in known:
                hint = did_you_mean(str(key), known)
                raise ScenarioError(f"scenario: unknown key {clip(str(key))!r}{hint}")
        if "origins" not in data:
            raise ScenarioError(_NOTHING_FAILS)
        values = {name: data[name] for name in _STORED if name in data}
        severity = data.get("severity", find_field("severity").default)
        origins = read_origins(values.pop("origins", ()), severity)
        exact = data.get("exact")
        if exact is not None and not isinstance(exact, bool):
            raise ScenarioError(f"exact: expected true or false, got {clip(repr(exact))}")
        if exact or (exact is not None and values.get("precision") is not None):
            values["worlds"] = None
        return cls(origins, **values)


class NothingFails(Scenario):
    """A scenario in which nobody fails, and that is what is asked: somebody looked."""

    def check_failing(self) -> None:
        """Raises nothing."""


_STORED = tuple(f.name for f in fields(Scenario))


def _resolve_origins(graph: DependencyGraph, origins: Sequence[Origin]) -> tuple[Origin, ...]:
    """The origins by id, in its order. What stands for several is taken apart; one that is also
    named alone keeps the severity given there. Raises ScenarioError for one that is named twice.
    """
    found: dict[str, Origin] = {}
    for origin in (o for o in origins if o.stands_for == ALONE):
        numbers = graph.called.find_several(read_name("origin", origin.id))
        for identifier in map(graph.id_of, numbers):
            if identifier in found and len(numbers) == 1:
                raise ScenarioError(f"{clip(identifier)!r} is named twice among those that fail")
            found.setdefault(identifier, Origin(identifier, origin.severity))
    for origin in (o for o in origins if o.stands_for != ALONE):
        called = graph.called
        several = called.find_whole if origin.stands_for == WHOLE else called.find_named
        for identifier in map(graph.id_of, several(origin.id)):
            found.setdefault(identifier, Origin(identifier, origin.severity))
    return tuple(sorted(found.values(), key=_by_id))


def _resolve_protected(graph: DependencyGraph, names: Sequence[object]) -> tuple[str, ...]:
    return tuple(sorted({_find_id(graph, "protect", name) for name in names}))


def _find_id(graph: DependencyGraph, what: str, name: object) -> str:
    return graph.id_of(graph.find(read_name(what, name)))


def _by_id(origin: Origin) -> str:
    return origin.id
