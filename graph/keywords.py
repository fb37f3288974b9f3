"""Keywords of public functions: a wrong one is an error of knockon that names the nearest."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter, cleandoc, signature
from typing import ParamSpec, TypeVar

from knockon.graph.errors import KnockonError, clip, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


def check_keywords(
    error: type[KnockonError], more: Iterable[Parameter] = (), about: str = ""
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: keywords that the function does not take raise `error`, not TypeError.

    more:  parameters that stand for its `**options`, as `help` and notebooks show them
    about: takes the place of `{options}` in its docstring
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        own = [p for p in signature(function).parameters.values() if p.kind != p.VAR_KEYWORD]
        first = [p for p in own if p.kind != p.KEYWORD_ONLY]
        listed = [*more, *(p for p in own if p.kind == p.KEYWORD_ONLY)]
        known = {p.name for p in first if p.kind == p.POSITIONAL_OR_KEYWORD}
        known |= {p.name for p in listed}
        name = function.__qualname__.removesuffix(".of")

        @wraps(function)
        def call(*values: P.args, **keywords: P.kwargs) -> R:
            for word in keywords:
                if word not in known:
                    hint = did_you_mean(word, [p.name for p in listed])
                    raise error(f"{name}: no option {clip(word)!r}{hint}")
            return function(*values, **keywords)

        call.__signature__ = signature(function).replace(parameters=[*first, *listed])  # type: ignore[attr-defined]
        call.__doc__ = cleandoc(function.__doc__ or "").replace("{options}", about)
        return call

    return decorate
