"""What a field is: an option of a question, with all that a door must know of it.

The doors (command line, REST, page, files) translate a field and its kind into what their libraries
know, and keep no bounds, defaults or words of their own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from knockon.graph.errors import ScenarioError, clip, did_you_mean


@dataclass(frozen=True)
class Bounds:
    """From `low` to `high`, both ends included, but for one that `above` or `below` leaves out."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, value: float) -> bool:
        low = self.low < value if self.above else self.low <= value
        return low and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        """` from 0 to 1`, ` above 0, at most 1`, ` of at least 1`; empty where there are none."""
        low, high = (f"{n:,.0f}" if abs(n) >= 1 else f"{n:g}" for n in (self.low, self.high))
        if self.low == -math.inf:
            return ""
        if self.high == math.inf:
            return f" above {low}" if self.above else f" of at least {low}"
        if self.above:
            return f" above {low}, {'below' if self.below else 'at most'} {high}"
        return f" from {low} to {high}" + (f", {high} excluded" if self.below else "")


@dataclass(frozen=True)
class Form:
    """How a field stands on the web page: under which heading, with which words.

    section: empty: at the top; else where it folds away
    example: shown while the field is empty; hint: a line below it
    """

    label: str
    section: str = ""
    example: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Kind:
    """What the values of a field are.

    noun:    what is expected, in words, before the bounds
    check:   (a value of Python or JSON, field) -> the value; raises ScenarioError
    parse:   (text, field) -> the value, or what `check` takes; raises ScenarioError
    dump:    the value -> plain JSON, which `check` takes back
    plain:   the type of that JSON
    metavar: what stands for a value in a usage line
    absent:  the value where null is said
    """

    noun: str
    check: Callable[[Any, "Field"], Any]
    parse: Callable[[str, "Field"], Any]
    dump: Callable[[Any], Any]
    plain: Any
    metavar: str
    absent: Callable[[], Any] = lambda: None


@dataclass(frozen=True)
class Field:
    """An option: everything that a door must know of it.

    help:    one line
    default: as JSON
    null:    what null means, in words; empty: it may not be null
    bounds:  of a number
    limits:  narrower ones, for what comes over the network or in somebody's file
    most:    how many a request may list
    noun:    what is expected, where that of the kind is too vague
    choices: the words that it may be, each with what it means
    single:  its name in a query string, where it is repeated with one value each
    remote:  clients of REST and files of incidents may state it
    strange: what is said comes over the network, or in somebody's file (`limit`)
    form:    its place on the web page; None: it has none
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    null: str = ""
    bounds: Bounds = Bounds()
    limits: Bounds | None = None
    most: int | None = None
    noun: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    single: str = ""
    metavar: str = ""
    remote: bool = True
    strange: bool = False
    form: Form | None = None

    @property
    def words(self) -> list[str]:
        """The words to choose from; empty where there is no choice."""
        return [word for word, _ in self.choices]

    @property
    def expected(self) -> str:
        """`a number from 0 to 1`, `outage, bad_update or compromise`."""
        return self._alternatives or f"{self.noun or self.kind.noun}{self.bounds}"

    @property
    def note(self) -> str:
        """`from 0 to 1; default: 0.5`: what may be said, and what holds where nothing is said."""
        within = self._alternatives or str(self.bounds).strip().removeprefix("of ")
        default = self.null if self.default is None else str(self.default).replace("()", "none")
        return "; ".join(n for n in (within, f"default: {default}") if n)

    @property
    def _alternatives(self) -> str:
        return " or ".join(", ".join(self.words).rsplit(", ", 1))

    @property
    def required(self) -> bool:
        """Whether it has to be said."""
        return self.default is None and not self.null

    @property
    def parameter(self) -> str:
        """Its name in a query string."""
        return self.single or self.name

    def check(self, value: Any) -> Any:
        """The value as the engine reads it. Raises ScenarioError."""
        if value is None and self.null:
            return self.kind.absent()
        checked = self.kind.check(value, self)
        if self.choices and isinstance(checked, str) and checked not in self.words:
            hint = did_you_mean(checked, self.words)
            raise ScenarioError(f"unknown {self.name} {clip(checked)!r}{hint}")
        return checked

    def parse(self, text: str) -> Any:
        """The value that a text says, as the engine reads it. Raises ScenarioError."""
        return self.check(self.kind.parse(text, self))

    def dump(self, value: Any) -> Any:
        """The value as plain JSON."""
        return None if value is None else self.kind.dump(value)

    def limit(self) -> "Field":
        """The same for what comes from elsewhere: within its limits."""
        return replace(self, bounds=self.limits or self.bounds, strange=True)

    def refuse(self, value: object) -> ScenarioError:
        """The error that says what was expected, and what came."""
        return ScenarioError(f"{self.name}: expected {self.expected}, got {clip(repr(value))}")
