"""The arithmetic of Open-PSA: what a basic event's probability, or a factor, comes to.

https://open-psa.github.io/mef/mef/stochastic_layer.html. Random deviates count as their mean.
What is not read makes the figure unknown, with the reason and the line: nothing is guessed.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.safe_xml import Element

Find = Callable[[str], "Element | None"]
"""The expression of a parameter, by what refers to it."""

_OPERATIONS: Mapping[str, tuple[int | None, Callable[..., float]]] = {
    "neg": (1, lambda a: -a),
    "add": (None, lambda *a: math.fsum(a)),
    "sub": (None, lambda first, *rest: first - math.fsum(rest)),
    "mul": (None, lambda *a: math.prod(a)),
    "div": (None, lambda first, *rest: first / math.prod(rest)),
    "mean": (None, lambda *a: math.fsum(a) / len(a)),
    "min": (None, min),
    "max": (None, max),
    "pow": (2, lambda a, b: float(a**b)),
    "abs": (1, abs),
    "exp": (1, math.exp),
    "log": (1, math.log),
    "log10": (1, math.log10),
    "sqrt": (1, math.sqrt),
    "exponential": (2, lambda rate, time: -math.expm1(-rate * time)),
    "GLM": (4, lambda gamma, rate, repair, time: _find_glm(gamma, rate, repair, time)),
    "Weibull": (4, lambda scale, shape, shift, time: -math.expm1(
        -(max(time - shift, 0.0) / scale) ** shape)),
    "uniform-deviate": (2, lambda low, high: (low + high) / 2),
    "normal-deviate": (2, lambda mean, _: mean),
}  # fmt: skip


class UnreadError(Exception):
    """An expression that has no figure here; the text says why."""


def evaluate(element: Element, find: Find, inside: Sequence[Element] = ()) -> float:
    """The value of an expression. Raises UnreadError, and InputError for what contradicts itself.

    find: parameters; inside: those that are being evaluated
    """
    if element.local in ("float", "int"):
        return _read_number(element)
    if element.local == "bool":
        return float(element.attributes.get("value", "").strip().lower() == "true")
    if element.local == "pi":
        return math.pi
    if element.local == "parameter":
        return _evaluate_parameter(element, find, inside)
    if (
        element.local == "lognormal-deviate"
    ):  # its first argument is the mean, but for a form of two
        if len(element.children) == 3:
            return evaluate(element.children[0], find, inside)
        raise UnreadError("lognormal-deviate by its normal parameters")
    if element.local not in _OPERATIONS:
        raise UnreadError(clip(element.local, 40))
    arguments = [evaluate(child, find, inside) for child in element.children]
    expected, operation = _OPERATIONS[element.local]
    if not arguments or expected not in (None, len(arguments)):
        raise InputError(
            f"line {element.line}: <{element.local}>: expected {expected or 'some'} arguments, "
            f"got {len(arguments)}"
        )
    try:
        value = operation(*arguments)
    except (ArithmeticError, ValueError, TypeError):
        value = math.nan
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise InputError(f"line {element.line}: <{element.local}>: its value is no finite number")
    return float(value)


def _read_number(element: Element) -> float:
    text = element.attributes.get("value", "").strip()
    try:
        value = math.nan if "_" in text or not text.isascii() else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"line {element.line}: <{element.local}>: expected a number as its value, "
            f"got {clip(text, 40)!r}"
        )
    return value


def _evaluate_parameter(element: Element, find: Find, inside: Sequence[Element]) -> float:
    name = element.attributes.get("name", "")
    defined = find(name)
    if defined is None:
        raise InputError(f"line {element.line}: parameter {clip(name)!r} is not defined")
    if any(defined is open_ for open_ in inside):
        raise InputError(f"line {defined.line}: parameter {clip(name)!r} rests on itself")
    return evaluate(defined, find, [*inside, defined])


def _find_glm(gamma: float, rate: float, repair: float, time: float) -> float:
    """Fails on demand, then at a rate, and is repaired at another."""
    total = rate + repair
    return (rate - (rate - gamma * total) * math.exp(-total * time)) / total
