"""What clients may ask: the scenario as a JSON body and as a query string."""

from collections.abc import Mapping
from typing import Annotated, Any

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

from knockon.graph.errors import clip, did_you_mean
from knockon.graph.graph import DependencyGraph
from knockon.graph.modes import modes_of, shipped_rules
from knockon.graph.scenario import Scenario

MAX_WORLDS = 100_000
MAX_NAMED = 200  # entities that fail, and entities that are protected
MAX_TEXT = 2_000
TOP = 20
_MAX_ROWS = 2**31 - 1
_MAX_SEED = 2**53 - 1  # the whole numbers that every JSON reader keeps exact
_ONCE = {"uniqueItems": True}
_LATER = "expected nothing: time comes in a later release"


def _text(value: Any) -> Any:
    """Text that can be written as UTF-8: JSON may smuggle in half of a surrogate pair."""
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise PydanticCustomError("said", "expected text, got half of a surrogate pair")
    return value


def _few(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) > MAX_NAMED:
        raise PydanticCustomError(
            "said", "expected at most {most} entities, got {got}; the command line has no limit",
            {"most": MAX_NAMED, "got": len(value)},
        )  # fmt: skip
    return value


def _whole(value: Any) -> Any:
    """2.0 is a whole number in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _drawable(value: Any) -> Any:
    try:
        many = not isinstance(value, bool) and float(value) > MAX_WORLDS
    except (TypeError, ValueError, OverflowError):
        many = False
    if many:
        raise PydanticCustomError(
            "said", "expected at most {most} worlds, got {got}; the command line has no limit",
            {"most": f"{MAX_WORLDS:,}", "got": clip(str(value), 20)},
        )  # fmt: skip
    return value


def _not_yet(value: Any) -> Any:
    if value is not None and value != "":
        raise PydanticCustomError("said", _LATER)
    return None


Text = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(_text)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT, description="Id of an entity, or its name."),
    BeforeValidator(_text),
]
Names = Annotated[list[Name], Field(max_length=MAX_NAMED), BeforeValidator(_few)]
Worlds = Annotated[
    int, Field(ge=1, le=MAX_WORLDS), BeforeValidator(_drawable), BeforeValidator(_whole)
]
Never = Annotated[None, Field(description=f"Not yet; {_LATER}."), BeforeValidator(_not_yet)]
Empty = Annotated[
    Annotated[str, Field(max_length=0)] | None,
    Field(description=f"Not yet; {_LATER}."),
    BeforeValidator(_not_yet),
]


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
    seed: Annotated[
        int,
        Field(ge=-_MAX_SEED, le=_MAX_SEED, description="Seed of all draws."),
        BeforeValidator(_whole),
    ] = 0
    top: Annotated[
        int,
        Field(ge=0, le=_MAX_ROWS, description="Rows to show; `more` counts the others."),
        BeforeValidator(_whole),
    ] = TOP
    kind: Annotated[Text | None, Field(description="Show rows of this kind only.")] = None

    def scenario(self, graph: DependencyGraph) -> Scenario:
        """The scenario on this graph, every name resolved to an id."""
        return Scenario.of(
            graph, self.failing(), protect=self.protect_these(), severity=self.severity,
            mode=self.mode, assume=self.assume, worlds=self.worlds, seed=self.seed,
        )  # fmt: skip

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
    hours: Empty = None
    rollout: Empty = None
    halt: Empty = None

    def failing(self) -> list[str | Mapping[str, Any]]:
        return [*self.origin]

    def protect_these(self) -> list[str]:
        return self.protect


class OriginBody(Asked):
    """An entity that fails, and the share of its function that it loses."""

    model_config = ConfigDict(strict=True)

    id: Name
    severity: Annotated[float | None, Field(gt=0, le=1)] = None


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
        BeforeValidator(_few),
    ]
    protect: Annotated[Names, Field(description="Entities that nothing hits.")] = []
    hours: Never = None
    rollout: Never = None
    halt: Never = None

    def failing(self) -> list[str | Mapping[str, Any]]:
        return [o if isinstance(o, str) else o.model_dump(exclude_none=True) for o in self.origins]

    def protect_these(self) -> list[str]:
        return self.protect


class EntitiesQuery(Asked):
    """Which entities to list."""

    q: Annotated[Text, Field(description="Part of an id or name, in any case.")] = ""
    kind: Annotated[Text | None, Field(description="Of this kind only.")] = None
    id: Annotated[
        list[Text],
        Field(max_length=MAX_NAMED, description="Only those with these ids; repeated."),
        BeforeValidator(_few),
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
