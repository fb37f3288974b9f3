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
    "gamma-deviate": (2, lambda shape, scale: shape * scale),
    "beta-deviate": (2, lambda a, b: a / (a + b)),
    "periodic-test": (4, lambda rate, between, first, time: _find_untested(
        rate, between, first, time)),
    "ceil": (1, math.ceil), "floor": (1, math.floor), "mod": (2, math.fmod),
    "not": (1, lambda a: float(not a)),
    "and": (None, lambda *a: float(all(a))), "or": (None, lambda *a: float(any(a))),
    "eq": (2, lambda a, b: float(a == b)), "df": (2, lambda a, b: float(a != b)),
    "lt": (2, lambda a, b: float(a < b)), "gt": (2, lambda a, b: float(a > b)),
    "leq": (2, lambda a, b: float(a <= b)), "geq": (2, lambda a, b: float(a >= b)),
    "ite": (3, lambda true, this, other: this if true else other),
    **{name: (1, getattr(math, name)) for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
}  # fmt: skip
_OTHER_FORMS = ("periodic-test",)  # which has forms of 5 and 11 arguments, that are not read


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
    if element.local in _PLURAL:
        return _PLURAL[element.local](element, lambda child: evaluate(child, find, inside))
    if element.local not in _OPERATIONS:
        raise UnreadError(clip(element.local, 40))
    arguments = [evaluate(child, find, inside) for child in element.children]
    expected, operation = _OPERATIONS[element.local]
    if element.local in _OTHER_FORMS and len(arguments) != expected:
        raise UnreadError(element.local)
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


def _find_untested(rate: float, between: float, first: float, time: float) -> float:
    """Has failed since it was tested last: tests mend at once, and come every so many hours from
    the first one on."""
    since = time if time <= first else math.fmod(time - first, between) or between
    return -math.expm1(-rate * since)


def _evaluate_lognormal(element: Element, value_of: Callable[[Element], float]) -> float:
    """Its mean: stated first, or of a normal distribution by its mean and deviation."""
    if len(element.children) == 3:
        return value_of(element.children[0])
    if len(element.children) != 2:
        raise InputError(
            f"line {element.line}: <lognormal-deviate>: expected 2 or 3 arguments, "
            f"got {len(element.children)}"
        )
    mean, deviation = map(value_of, element.children)
    return math.exp(min(mean + deviation * deviation / 2, 700.0))


def _evaluate_histogram(element: Element, value_of: Callable[[Element], float]) -> float:
    """Its mean: bins from one bound to the next, each met as often as its weight says."""
    bins = [bar for bar in element.children if bar.local == "bin"]
    if (
        not bins
        or len(bins) != len(element.children) - 1
        or any(len(b.children) != 2 for b in bins)
    ):
        raise InputError(
            f"line {element.line}: <histogram>: expected a lower bound, and bins of an upper bound "
            "and a weight"
        )
    low, mass, moment = value_of(element.children[0]), 0.0, 0.0
    for high, weight in (map(value_of, bar.children) for bar in bins):
        if high < low or weight < 0:
            raise InputError(f"line {element.line}: <histogram>: expected bins that rise")
        mass += weight
        moment += weight * (high + low) / 2
        low = high
    if not mass > 0:
        raise InputError(f"line {element.line}: <histogram>: expected bins of some weight")
    return moment / mass


def _evaluate_switch(element: Element, value_of: Callable[[Element], float]) -> float:
    """The value of the first case that is true, or else the last one."""
    cases, last = element.children[:-1], element.children[-1:]
    if not last or any(c.local != "case" or len(c.children) != 2 for c in cases):
        raise InputError(
            f"line {element.line}: <switch>: expected cases of a condition and a value, and a value"
        )
    return value_of(next((c.children[1] for c in cases if value_of(c.children[0])), last[0]))


_PLURAL: Mapping[str, Callable[[Element, Callable[[Element], float]], float]] = {
    "lognormal-deviate": _evaluate_lognormal,
    "histogram": _evaluate_histogram,
    "switch": _evaluate_switch,
}
"""Expressions of forms of their own."""
