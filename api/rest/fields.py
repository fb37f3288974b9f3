"""The fields of the table as values of a request: checked, and described for OpenAPI.

A value comes as text in a query string or as JSON in a body, and leaves as the plain JSON that
`Scenario.from_dict` takes. Bounds, defaults and words are those of the table; here stands what JSON
schema calls each kind.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic import Field as Described
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from knockon.graph.errors import ScenarioError
from knockon.graph.model.hours import LONGEST
from knockon.graph.scenario.field import Field
from knockon.graph.scenario.kinds import (
    AMONG,
    FLAG,
    HOURS,
    LISTED,
    NAMES,
    NUMBER,
    ORDER,
    ROLLOUT,
    STRENGTHS,
    TABLE,
    TEXT,
    WHOLE,
)

MAX_TEXT = 2_000
MAX_TABLE = 500_000  # letters of a list in a body
_RANGE = r"^\s*[0-9]+(\.[0-9]+)?(\s*\.\.\s*[0-9]+(\.[0-9]+)?)?\s*$"


@dataclass(frozen=True)
class Checked:
    """Marks a value of a request that a field of the table checks.

    text: it comes from a query string, where nothing at all stands for null
    required: it may not be left out, whatever the field says
    """

    field: Field
    text: bool
    required: bool = False

    def check(self, value: Any) -> Any:
        """The value as plain JSON. Raises PydanticCustomError."""
        field = self.field.limit()
        absent = value is None or (self.text and value == "" and field.default is None)
        if absent and self.required:
            raise PydanticCustomError("missing", "expected, but missing")
        if absent and field.null:
            return None
        if value is None or (isinstance(value, bool) and field.kind is not FLAG):
            raise _refuse(f"{field.name}: expected {field.expected}, got {json.dumps(value)}")
        refuse_halves(value)
        most = MAX_TABLE if field.kind is TABLE and not self.text else MAX_TEXT
        if isinstance(value, str) and len(value) > most:
            raise _refuse(f"{field.name}: expected at most {most:,} characters, got {len(value):,}")
        try:
            if not self.text and not _is_plain(value, field.kind.plain):
                raise field.refuse(value)
            return field.dump(field.parse(value) if self.text else field.check(value))
        except ScenarioError as fault:
            further = "; the command line goes further" if self._is_possible(value) else ""
            raise _refuse(f"{fault}{further}") from None

    def _is_possible(self, value: Any) -> bool:
        """Whether only the limits of a request stand against it."""
        try:
            _ = self.field.parse(value) if self.text else self.field.check(value)
        except ScenarioError:
            return False
        return self.field.limits is not None

    def describe(self) -> JsonSchemaValue:
        """The JSON schema of the value."""
        field = self.field.limit()
        kinds = DESCRIPTIONS[field.kind](field, self.text)
        if field.null and not self.required and not (self.text and field.default is not None):
            kinds = [*kinds, {"type": "string", "maxLength": 0} if self.text else {"type": "null"}]
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return self.describe()


def explain(field: Field, *, text: bool, required: bool = False) -> str:
    """The help of a field, and what it means to leave it out, to say null, or to repeat it."""
    if text and field.most:
        return f"{field.help} May be repeated, one each."
    if required or not field.null or (text and field.default is not None):
        return field.help
    return f"{field.help} {'Left out' if field.default is None else 'Null'}: {field.null}."


def limit_names(field: Field) -> BeforeValidator:
    """A list of entities may hold so many."""

    def check(value: Any) -> Any:
        if isinstance(value, list | tuple) and field.most and len(value) > field.most:
            raise PydanticCustomError(
                "stated",
                "expected at most {most} entities, got {got}; the command line has no limit",
                {"most": field.most, "got": len(value)},
            )
        return value

    return BeforeValidator(check)


def refuse_halves(value: Any) -> Any:
    """Text that can be written as UTF-8: JSON may smuggle in half of a surrogate pair."""
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise PydanticCustomError("stated", "expected text, got half of a surrogate pair")
    return value


Text = Annotated[str, Described(max_length=MAX_TEXT), BeforeValidator(refuse_halves)]
Name = Annotated[
    str,
    Described(min_length=1, max_length=MAX_TEXT, description="Id of an entity, or its name."),
    BeforeValidator(refuse_halves),
]


def _refuse(why: str) -> PydanticCustomError:
    return PydanticCustomError("scenario", "{why}", {"why": why})


def _is_plain(value: Any, plain: Any) -> bool:
    """Whether JSON holds what the kind is written as; a whole number is a number, too."""
    united = get_args(plain) if get_origin(plain) is not list else ()
    types = tuple(get_origin(t) or t for t in united or (plain,))
    return isinstance(value, (*types, int) if float in types else types) or (
        int in types and isinstance(value, float)
    )


def _describe_number(field: Field, _: bool) -> list[JsonSchemaValue]:
    return [{"type": "number", **_describe_bounds(field)}]


def _describe_whole(field: Field, _: bool) -> list[JsonSchemaValue]:
    return [{"type": "integer", **_describe_bounds(field)}]


def _describe_text(field: Field, _: bool) -> list[JsonSchemaValue]:
    choices = {"enum": field.words} if field.choices else {}
    return [{"type": "string", "maxLength": MAX_TEXT, **choices}]


def _describe_hours(_: Field, text: bool) -> list[JsonSchemaValue]:
    of_range = {"type": "string", "format": "hours", "pattern": _RANGE}
    number = {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST}
    return [of_range] if text else [number, of_range]


def _describe_rollout(_: Field, __: bool) -> list[JsonSchemaValue]:
    return [{"type": "string", "maxLength": MAX_TEXT, "format": "rollout"}]


def _describe_among(_: Field, text: bool) -> list[JsonSchemaValue]:
    kind = {"type": "string", "maxLength": MAX_TEXT}
    return [kind] if text else [kind, {"type": "array", "items": kind}]


def _describe_names(field: Field, text: bool) -> list[JsonSchemaValue]:
    name = {"type": "string", "maxLength": MAX_TEXT}
    return [name] if text else [name, {"type": "array", "items": name, "maxItems": field.most}]


def _describe_order(field: Field, _: bool) -> list[JsonSchemaValue]:
    return [{"type": "integer", **_describe_bounds(field)}, {"type": "string", "enum": ["all"]}]


def _describe_flag(_: Field, __: bool) -> list[JsonSchemaValue]:
    return [{"type": "boolean"}]


def _describe_table(_: Field, text: bool) -> list[JsonSchemaValue]:
    csv = {"type": "string", "maxLength": MAX_TEXT if text else MAX_TABLE}
    row = {"type": "object", "additionalProperties": {"type": "string", "maxLength": MAX_TEXT}}
    return [csv] if text else [csv, {"type": "array", "items": row}]


def _describe_listed(_: Field, text: bool) -> list[JsonSchemaValue]:
    words: JsonSchemaValue = {"type": "string", "maxLength": MAX_TEXT}
    items = {"anyOf": [words, {"type": "object"}]}
    return [words] if text else [words, {"type": "array", "items": items, "minItems": 1}]


def _describe_strengths(field: Field, text: bool) -> list[JsonSchemaValue]:
    name = {"type": "string", "enum": field.words}
    return [name] if text else [name, {"type": "array", "items": name}]


def _describe_bounds(field: Field) -> JsonSchemaValue:
    bounds = field.bounds
    ends = {
        "exclusiveMinimum" if bounds.above else "minimum": bounds.low,
        "exclusiveMaximum" if bounds.below else "maximum": bounds.high,
    }
    return {word: end for word, end in ends.items() if math.isfinite(end)}


DESCRIPTIONS: dict[Any, Callable[[Field, bool], list[JsonSchemaValue]]] = {
    NUMBER: _describe_number,
    WHOLE: _describe_whole,
    TEXT: _describe_text,
    HOURS: _describe_hours,
    ROLLOUT: _describe_rollout,
    AMONG: _describe_among,
    FLAG: _describe_flag,
    ORDER: _describe_order,
    NAMES: _describe_names,
    TABLE: _describe_table,
    LISTED: _describe_listed,
    STRENGTHS: _describe_strengths,
}
"""What JSON schema calls each kind; entities are lists of pydantic's own."""
