"""What clients may ask: the scenario as a JSON body and as a query string, made from the table."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Tag,
    create_model,
    model_validator,
)
from pydantic import Field as Described
from pydantic_core import PydanticCustomError

from knockon.api.rest.fields import Checked, Name, Text, explain, limit_names
from knockon.graph.analysis.view import SORTS
from knockon.graph.errors import clip, did_you_mean
from knockon.graph.scenario.field import Field
from knockon.graph.scenario.fields import CARRIED, FIELDS, LOOK, MOST_NAMES, VIEW, find_field
from knockon.graph.scenario.kinds import CHANGES, ENTITIES, ORIGINS
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scenario.questions import Question as Verb

_SEVERITY = replace(find_field("severity"), null="that of the scenario")
_OTHER = "The second graph, by its name; left out: the same graph."
_EXACT = (
    "As in the scenario of an answer, whose `worlds` tells how many were looked at: beside true, "
    "or beside a precision, they are not asked for."
)


PAGED: dict[str, Any] = {
    "find": (Annotated[Text, Described(description="Show rows whose name, id or kind has each of "
             "these words.")], ""),
    "sector": (Annotated[Text | None, Described(description="Show rows of this sector only.")],
               None),
    "sort": (Annotated[Literal[*SORTS], Described(description="Order of the rows; rank is worst "
             "first.")], "rank"),
    "cursor": (Annotated[int, Described(ge=0, le=2**31 - 1, description="Rows on the pages "
               "before: `next_cursor` of the page before this one.")], 0),
}  # fmt: skip
"""Which page of the rows of a what-if is shown; with one of these, the answer has a `page`."""


class Keys(BaseModel):
    """Keys that a client may state. Another key is an error that names the nearest one."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_keys(cls, data: Any) -> Any:
        strange = [k for k in data if k not in cls.model_fields] if _has_keys(data) else []
        if strange:
            hint = did_you_mean(strange[0], cls.model_fields)
            raise PydanticCustomError(
                "unknown_key", "unknown key {key}{hint}",
                {"key": repr(clip(strange[0])), "hint": hint, "name": strange[0]},
            )  # fmt: skip
        return data


def _has_keys(data: Any) -> bool:
    return isinstance(data, Mapping)


class Question(Keys):
    """A scenario, and which rows of the answer are shown."""

    def read_whatif(self) -> dict[str, Any]:
        """The scenario of a what-if, as stated, in plain JSON."""
        fields = {f.parameter: f.name for f in FIELDS}
        stated = self.model_fields_set - {f.name for f in (*VIEW, *LOOK)} - {*PAGED}
        return {fields.get(key, key): _unpack(getattr(self, key)) for key in stated}

    def read_own(self, verb: Verb) -> dict[str, Any]:
        """The options of a verb's own, and its target; those not stated at their defaults."""
        own = {name: _unpack(getattr(self, key)) for key, name in self._find_keys(verb.fields)}
        own |= {"target": self.target} if verb.target else {}  # type: ignore[attr-defined]
        own |= {"other": self.other} if verb.other else {}  # type: ignore[attr-defined]
        return own | ({"top": self.top} if verb.counts else {})  # type: ignore[attr-defined]

    def read_scenario(self, verb: Verb) -> dict[str, Any]:
        """The scenario of a verb, in plain JSON; nothing fails in it where nothing is stated."""
        keys = [*self._find_keys(verb.scenario_fields), ("exact", "exact")]
        stated = [(key, name) for key, name in keys if key in self.model_fields_set]
        return {"origins": [], **{name: _unpack(getattr(self, key)) for key, name in stated}}

    def _find_keys(self, fields: Sequence[Field]) -> list[tuple[str, str]]:
        """The key and the name of each field that this model has."""
        keys = [(k, f.name) for f in fields for k in dict.fromkeys((f.parameter, f.name))]
        return [(key, name) for key, name in keys if key in type(self).model_fields]

    @property
    def view(self) -> dict[str, Any]:
        """`top` and `kind`."""
        return {f.name: getattr(self, f.name) for f in VIEW if f not in CARRIED}

    @property
    def page(self) -> dict[str, Any]:
        """Which page of the rows, where one is asked for."""
        asked = {*PAGED} & self.model_fields_set
        return {name: getattr(self, name) for name in PAGED} if asked else {}

    @property
    def look(self) -> dict[str, Any]:
        """How the map is shown: what is stated of it."""
        return {f.name: getattr(self, f.name) for f in LOOK if f.name in self.model_fields_set}

    @property
    def carried(self) -> dict[str, Any]:
        """`columns` and `where`."""
        return {f.name: getattr(self, f.name, None) for f in CARRIED}


class OriginBody(Keys):
    """An entity that fails, and the share of its function that it loses."""

    id: Name
    severity: Annotated[
        Any, Checked(_SEVERITY, text=False), Described(description=explain(_SEVERITY, text=False))
    ] = None
    name: Annotated[Text | None, Described(description="As in an answer; the id decides.")] = None


OriginLike = Annotated[
    Annotated[Name, Tag("text")] | Annotated[OriginBody, Tag("object")],
    Discriminator(lambda data: "object" if _has_keys(data) else "text"),
]


def _unpack(value: Any) -> Any:
    """Plain JSON: a list may hold objects of ours."""
    if isinstance(value, list):
        return [o.model_dump(exclude_unset=True) if isinstance(o, Keys) else o for o in value]
    return value


def build_question(
    name: str, about: str, *, text: bool, needed: Collection[str] = (),
    fields: Sequence[Field] = (*FIELDS, *VIEW, *LOOK), target: bool = False, other: bool = False,
    beside: Mapping[str, Any] | None = None,
) -> type[Question]:  # fmt: skip
    """The model of a question in a query string (text) or in a body.

    needed: fields that may be left out elsewhere, but not here
    target: it asks about one entity; other: about a second graph that is served
    beside: keys that are no fields of the table
    """
    keys: dict[str, Any] = {"target": (Name, ...)} if target else {}
    if other:
        keys["other"] = (Annotated[Text | None, Described(description=_OTHER)], None)
    for field in fields:
        if field.remote:
            required = field.required or field.name in needed
            key = field.parameter if text else field.name
            default = [] if text and field.kind is CHANGES else field.default
            keys[key] = (_annotate(field, text, required), ... if required else default)
    if not text:
        keys["exact"] = (
            Annotated[bool | None, Described(strict=True, description=_EXACT)], None
        )  # fmt: skip
    return create_model(name, __base__=Question, __doc__=about, **keys, **(beside or {}))


def _annotate(field: Field, text: bool, required: bool) -> Any:
    """The type of a field as pydantic has it, with its words."""
    if field.kind is CHANGES:
        about = Described(max_length=field.most, description=explain(field, text=text))
        return Annotated[list[Text] if text else dict[Text, Any] | None, about]
    if field.kind not in (ENTITIES, ORIGINS):
        about = Described(description=explain(field, text=text, required=required))
        return Annotated[Any, Checked(field, text, required), about]
    about = Described(
        min_length=1 if field.required else None,
        max_length=field.most,
        description=explain(field, text=text, required=required),
        json_schema_extra={"uniqueItems": True} if field.required else None,
    )
    if text or field.kind is ENTITIES:
        return Annotated[list[Name], about, limit_names(field)]
    return Annotated[list[OriginLike], about, limit_names(field)]


def build_verb(verb: Verb, *, text: bool) -> type[Question]:
    """The model of a verb of the table, in a query string or in a body."""
    name = "".join(word.capitalize() for word in verb.name.split("_"))
    may_be_none = verb.origins == "some"
    fields = [
        replace(f, default=[], null="nothing") if f.name == "origins" and may_be_none else f
        for f in verb.all_fields
    ]
    return build_question(
        f"{name}{'Query' if text else 'Body'}", f"{verb.summary}: what is asked.",
        text=text, fields=fields, target=verb.target, other=verb.other,
    )  # fmt: skip


WhatifQuery = build_question(
    "WhatifQuery", "A scenario in a query string, for links.", text=True, beside=PAGED
)
WhatifBody = build_question(
    "WhatifBody", "A scenario: what fails, how, and under which assumptions.", text=False,
    beside=PAGED,
)  # fmt: skip


class EntitiesQuery(Keys):
    """Which entities to list."""

    q: Annotated[Text, Described(description="Part of an id or name, in any case.")] = ""
    kind: Annotated[Text | None, Described(description="Of this kind only.")] = None
    sector: Annotated[Text | None, Described(description="Of this sector only.")] = None
    country: Annotated[Text | None, Described(description="Of this country only.")] = None
    sort: Annotated[
        Literal["id", "name", "kind", "weight", "dependents"],
        Described(description="Order, the largest weight and most dependents first; with q, id "
                  "means the best fit first."),
    ] = "id"  # fmt: skip
    id: Annotated[
        list[Text],
        Described(max_length=MOST_NAMES, description="Only those with these ids; repeated."),
        limit_names(find_field("protect")),
    ] = []  # fmt: skip
    limit: Annotated[
        int | None,
        Described(ge=1, le=1_000, description="Rows of one page; left out: 100, in CSV all."),
    ] = None
    cursor: Annotated[
        str,
        Described(
            pattern="^([0-9a-f][0-9a-f])*$", description="Where the page begins, from `next`."
        ),
    ] = ""


class EntityQuery(Keys):
    """How much of an entity to show."""

    limit: Annotated[
        int, Described(ge=0, le=10_000, description="Rows of each list; `more` counts the others.")
    ] = 100


_LISTS = {"id", *(f.parameter for f in FIELDS if f.most)}  # parameters that may be repeated
_LISTS |= {f.parameter for f in LOOK if f.most}
_LISTS |= {f.parameter for verb in QUESTIONS for f in verb.fields if f.most}


def refuse_repeats(request: Request) -> None:
    """Raises RequestValidationError for a parameter that is given twice and is no list."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        {"type": "stated", "loc": ("query", name), "msg": f"expected once, got {count} times"}
        for name, count in counts.items()
        if count > 1 and name not in _LISTS
    ]
    if faults:
        raise RequestValidationError(faults)
