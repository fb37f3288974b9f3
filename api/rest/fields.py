"""The values that clients may give, each with its limits and its words in the OpenAPI document."""

from contextlib import suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.hours import LONGEST, Hours
from knockon.graph.scenario.rollout import rollout_of, rollout_text

MAX_WORLDS = 100_000
FINEST = 0.0016  # precision that so many worlds reach, whatever the probability
MAX_NAMED = 200  # entities that fail, and entities that are protected
MAX_TEXT = 2_000
_RINGS = {"format": "rollout"}
_RANGE = r"^\s*[0-9]+(\.[0-9]+)?(\s*\.\.\s*[0-9]+(\.[0-9]+)?)?\s*$"


def _text(value: Any) -> Any:
    """Text that can be written as UTF-8: JSON may smuggle in half of a surrogate pair."""
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise PydanticCustomError("said", "expected text, got half of a surrogate pair")
    return value


def few(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) > MAX_NAMED:
        raise PydanticCustomError(
            "said", "expected at most {most} entities, got {got}; the command line has no limit",
            {"most": MAX_NAMED, "got": len(value)},
        )  # fmt: skip
    return value


def whole(value: Any) -> Any:
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


def _reachable(value: Any) -> Any:
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < FINEST:
        raise PydanticCustomError(
            "said", "expected a standard error of at least {finest}, got {got}: at most {most} "
            "worlds are drawn for a client; the command line draws more",
            {"finest": FINEST, "got": f"{value:g}", "most": f"{MAX_WORLDS:,}"},
        )  # fmt: skip
    return value


def _hours(value: Any) -> Any:
    """A number, or a text that says a number or a range; an empty text is left out."""
    if value is None or value == "":
        return None
    try:
        return str(Hours.of(value))
    except ScenarioError as fault:
        raise PydanticCustomError("said", "{why}", {"why": _told(fault, "hours")}) from None


def _rings(value: Any) -> Any:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise PydanticCustomError("said", "expected text such as 1%@0,10%@4,100%@24")
    try:
        return rollout_text(rollout_of(value))
    except ScenarioError as fault:
        raise PydanticCustomError("said", "{why}", {"why": _told(fault, "rollout")}) from None


def _there(value: Any) -> Any:
    """What may be left out elsewhere, but not here."""
    if value is None:
        raise PydanticCustomError("missing", "expected, but missing")
    return value


def _told(fault: ScenarioError, key: str) -> str:
    return str(fault).removeprefix(f"{key}: ")


def _left_out(value: Any) -> Any:
    return None if value == "" else value


Text = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(_text)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT, description="Id of an entity, or its name."),
    BeforeValidator(_text),
]
Names = Annotated[list[Name], Field(max_length=MAX_NAMED), BeforeValidator(few)]
Worlds = Annotated[
    int, Field(ge=1, le=MAX_WORLDS), BeforeValidator(_drawable), BeforeValidator(whole)
]
Precision = Annotated[
    float, Field(ge=FINEST, lt=1, allow_inf_nan=False), BeforeValidator(_reachable)
]
_ABOUT_HOURS = "Hours that the origins are down: a number above 0, or a range such as 2..72."
_ABOUT_ROLLOUT = (
    "Rings of a bad update: what is reached in all, from which hour on, such as "
    "1%@0,10%@4,100%@24. Only with the mode bad_update."
)
_RANGE_SCHEMA = {"type": "string", "format": "hours", "pattern": _RANGE}
_NUMBER_SCHEMA = {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST}
_NULL = {"type": "null"}
HoursQuery = Annotated[
    str | None, Field(description=_ABOUT_HOURS), BeforeValidator(_hours),
    WithJsonSchema({"anyOf": [_RANGE_SCHEMA, {"type": "string", "maxLength": 0}]}),
]  # fmt: skip
HoursBody = Annotated[
    str | None, Field(description=_ABOUT_HOURS), BeforeValidator(_hours),
    WithJsonSchema({"anyOf": [_NUMBER_SCHEMA, _RANGE_SCHEMA, _NULL]}),
]  # fmt: skip
Rollout = Annotated[
    Annotated[str, Field(max_length=MAX_TEXT, json_schema_extra=_RINGS)] | None,
    Field(description=_ABOUT_ROLLOUT),
    BeforeValidator(_rings), BeforeValidator(_text),
]  # fmt: skip
HoursNeededQuery = Annotated[
    str, Field(description=_ABOUT_HOURS), BeforeValidator(_there), BeforeValidator(_hours),
    WithJsonSchema(_RANGE_SCHEMA),
]  # fmt: skip
HoursNeededBody = Annotated[
    str, Field(description=_ABOUT_HOURS), BeforeValidator(_there), BeforeValidator(_hours),
    WithJsonSchema({"anyOf": [_NUMBER_SCHEMA, _RANGE_SCHEMA]}),
]  # fmt: skip
RolloutNeeded = Annotated[
    str, Field(max_length=MAX_TEXT, description=_ABOUT_ROLLOUT, json_schema_extra=_RINGS),
    BeforeValidator(_there), BeforeValidator(_rings), BeforeValidator(_text),
]  # fmt: skip
Halt = Annotated[
    Annotated[float, Field(ge=0, le=LONGEST, allow_inf_nan=False)] | None,
    Field(description="Hour at which the rollout is stopped. Only with a rollout."),
    BeforeValidator(_left_out),
]
