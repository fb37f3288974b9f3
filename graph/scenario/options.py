"""The options of a question as keywords of a function, made from the table."""

import re
from collections.abc import Callable
from inspect import Parameter, formatannotation
from textwrap import fill
from typing import ParamSpec, TypeVar

from knockon.graph.errors import ScenarioError
from knockon.graph.keywords import check_keywords
from knockon.graph.scenario.fields import FIELDS, Options

P = ParamSpec("P")
R = TypeVar("R")


def take_options(function: Callable[P, R]) -> Callable[P, R]:
    """A decorator of functions with `**options: Unpack[Options]`.

    Its signature then shows every field with type and default, `{options}` in its docstring
    becomes a line for each, and a wrong keyword raises ScenarioError with the nearest name.
    """
    types = {name: _shorten(accepted) for name, accepted in Options.__annotations__.items()}
    shown = [
        Parameter(f.name, Parameter.KEYWORD_ONLY, default=f.default, annotation=types[f.name])
        for f in FIELDS
        if f.name in types
    ]
    return check_keywords(ScenarioError, shown, describe_options())(function)


def describe_options() -> str:
    """A paragraph for each option: what it means, within which bounds, and its default."""
    lines = [f"{f.name}: {f.help} [{f.note}]" for f in FIELDS if f.name in Options.__annotations__]
    return "\n".join(fill(line, 96, subsequent_indent="    ") for line in lines)


def _shorten(annotation: object) -> str:
    """The type without the modules in which its parts live."""
    return re.sub(r"\b(?:\w+\.)+", "", formatannotation(annotation))
