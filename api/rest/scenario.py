"""What clients may ask: the scenario as a JSON body and as a query string."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from knockon.api.rest.fields import (
    MAX_NAMED,
    Halt,
    HoursBody,
    HoursQuery,
    Name,
    Names,
    Precision,
    Rollout,
    Text,
    Worlds,
    few,
    whole,
)
from knockon.graph.errors import clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import modes_of, shipped_rules
from knockon.graph.scenario.scenario import Scenario

TOP = 20
_MAX_ROWS = 2**31 - 1
_MAX_SEED = 2**53 - 1  # the whole numbers that every JSON reader keeps exact
_ONCE = {"uniqueItems": True}


class Asked(BaseModel):
    """Keys that a client may give. Another key is an error that names the nearest one."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _no_other_key(cls, given: Any) -> Any:
        strange = [k for k in given if k not in cls.model_fields] if _is_keyed(given) else []
        if strange:
            hint = did_you_mean(strange[0], cls.model_fields)
            raise PydanticCustomError(
                "unknown_key", "unknown key {key}{hint}",
                {"key": repr(clip(strange[0])), "hint": hint, "name": strange[0]},
            )  # fmt: skip
        return given


def _is_keyed(given: Any) -> bool:
    return isinstance(given, Mapping)


class Assumptions(Asked):
    """What both forms of a scenario share."""

    mode: Annotated[
        Text,
        Field(description="How it fails.", json_schema_extra={"enum": modes_of(shipped_rules())}),
    ] = "outage"
    severity: Annotated[
        float,
        Field(gt=0, le=1, description="Share of its function that an origin loses, if not said."),
    ] = 1.0
    assume: Annotated[
        float, Field(ge=0, le=1, description="Strength at which unknown dependencies count.")
    ] = 0.5
    worlds: Annotated[
        Worlds | None,
        Field(
            description="Random worlds to draw; left out: all cases where they are few, "
            "else a default that the answer tells."
        ),
    ] = None
    precision: Annotated[
        Precision | None,
        Field(
            description="Draw until no probability has a larger standard error; instead of worlds."
        ),
    ] = None
    seed: Annotated[
        int,
        Field(ge=-_MAX_SEED, le=_MAX_SEED, description="Seed of all draws."),
        BeforeValidator(whole),
    ] = 0
    top: Annotated[
        Annotated[int, Field(ge=0, le=_MAX_ROWS)] | None,
        Field(description="Rows to show, null: all; `more` counts the others."),
        BeforeValidator(whole),
    ] = TOP
    kind: Annotated[Text | None, Field(description="Show rows of this kind only.")] = None
    hours: HoursQuery = None
    rollout: Rollout = None
    halt: Halt = None

    def scenario(self, graph: DependencyGraph) -> Scenario:
        """The scenario on this graph, every name resolved to an id."""
        return Scenario.of(
            graph, self.failing(), protect=self.protect_these(), severity=self.severity,
            mode=self.mode, assume=self.assume, worlds=self.drawn(),
            precision=self.precision, seed=self.seed, hours=self.hours,
            rollout=self.rollout or (), halt=self.halt,
        )  # fmt: skip

    def drawn(self) -> int | None:
        """Random worlds that are asked for."""
        return self.worlds

    def failing(self) -> list[str | Mapping[str, Any]]:
        raise NotImplementedError

    def protect_these(self) -> list[str]:
        raise NotImplementedError


class WhatifQuery(Assumptions):
    """A scenario in a query string, for links: `origin` and `protect` are repeated."""

    origin: Annotated[
        Names,
        Field(min_length=1, description="What fails; repeated.", json_schema_extra=_ONCE),
    ]
    protect: Annotated[Names, Field(description="Entities that nothing hits.")] = []

    def failing(self) -> list[str | Mapping[str, Any]]:
        return [*self.origin]

    def protect_these(self) -> list[str]:
        return self.protect


class OriginBody(Asked):
    """An entity that fails, and the share of its function that it loses."""

    model_config = ConfigDict(strict=True)

    id: Name
    severity: Annotated[float | None, Field(gt=0, le=1)] = None
    name: Annotated[Text | None, Field(description="As in an answer; the id decides.")] = None


OriginLike = Annotated[
    Annotated[Name, Tag("text")] | Annotated[OriginBody, Tag("object")],
    Discriminator(lambda given: "object" if _is_keyed(given) else "text"),
]


class WhatifBody(Assumptions):
    """A scenario: what fails, how, and under which assumptions."""

    model_config = ConfigDict(strict=True)

    origins: Annotated[
        list[OriginLike],
        Field(
            min_length=1, max_length=MAX_NAMED, description="What fails.", json_schema_extra=_ONCE
        ),
        BeforeValidator(few),
    ]
    protect: Annotated[Names, Field(description="Entities that nothing hits.")] = []
    hours: HoursBody = None
    exact: Annotated[
        bool | None,
        Field(
            description="As in the scenario of an answer, whose `worlds` tells how many were "
            "looked at: beside true, or beside a precision, they are not asked for."
        ),
    ] = None

    def drawn(self) -> int | None:
        told = self.exact or (self.exact is not None and self.precision is not None)
        return None if told else self.worlds

    def failing(self) -> list[str | Mapping[str, Any]]:
        return [
            o if isinstance(o, str) else o.model_dump(exclude_none=True, exclude={"name"})
            for o in self.origins
        ]

    def protect_these(self) -> list[str]:
        return self.protect


class EntitiesQuery(Asked):
    """Which entities to list."""

    q: Annotated[Text, Field(description="Part of an id or name, in any case.")] = ""
    kind: Annotated[Text | None, Field(description="Of this kind only.")] = None
    id: Annotated[
        list[Text],
        Field(max_length=MAX_NAMED, description="Only those with these ids; repeated."),
        BeforeValidator(few),
    ] = []  # fmt: skip
    limit: Annotated[
        int | None,
        Field(ge=1, le=1_000, description="Rows of one page; left out: 100, in CSV all."),
    ] = None
    cursor: Annotated[
        str,
        Field(pattern="^([0-9a-f][0-9a-f])*$", description="Where the page begins, from `next`."),
    ] = ""


class EntityQuery(Asked):
    """How much of an entity to show."""

    limit: Annotated[
        int, Field(ge=0, le=10_000, description="Rows of each list; `more` counts the others.")
    ] = 100


_LISTS = {"origin", "protect", "id"}  # parameters that may be repeated


def each_once(request: Request) -> None:
    """Raises RequestValidationError for a parameter that is given twice and is no list."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        {"type": "said", "loc": ("query", name), "msg": f"expected once, got {count} times"}
        for name, count in given.items()
        if count > 1 and name not in _LISTS
    ]
    if faults:
        raise RequestValidationError(faults)
