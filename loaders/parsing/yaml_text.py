"""YAML files as plain values, read event by event.

The parser of libyaml is safe on hostile text, but everything that builds a tree on top of it is
not: it recurses, follows aliases in circles, and lets the last of two equal keys win. So the
events are read here, with stated limits. Every scalar stays text (`no` is Norway, not false, and
the version 1.10 is not 1.1); only an empty or null plain scalar is None.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.json_text import number_lines
from knockon.loaders.parsing.yaml_rules import Rules

MAX_BYTES = 64 * 1024 * 1024
MAX_ALIASED = 16 * 1024 * 1024  # characters that aliases may repeat in all
_NODE = 16  # what a value costs beyond its characters: a million of them may be repeated
_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN = ("str", "int", "float", "bool", "null", "seq", "map")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{word}" for word in _PLAIN}


class YamlMap(dict[str, Any]):
    """A mapping that knows its line, the line of each key, and the tags of values that have one."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.tags: dict[str, str] = {}


class YamlList(list[Any]):
    """A list that knows the line on which it starts, and the line of each of its items."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def parse_yaml(text: str, name: str, rules: Rules) -> list[Any]:
    """The values of the documents in YAML text: text, None, YamlMap (a dict) or YamlList (a list).

    `name` is what messages call it. What an alias repeats is the same object again: readers must
    not change values. Raises InputError with the line of what is not allowed: several documents,
    repeated keys, tags of one's own, nesting deeper than the rules, aliases that repeat more than
    MAX_ALIASED characters.
    """
    try:
        return _Builder(name, text, rules).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        what = f"not readable as YAML: {error.problem}"
        if "nesting depth" in (error.problem or ""):  # libyaml looks ahead, to its own limit
            what = f"nested deeper than {rules.depth} levels"
        raise InputError(f"{name}{line}: {what}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not readable as YAML: {clip(str(error), 200)}") from None


def place_json(value: Any, text: str, name: str, rules: Rules, first: int = 1) -> Any:
    """A value of JSON as YAML would give it: scalars as text or None, each with its line.

    text: what the value was parsed from, from the line `first` on; `name` is what messages call it.
    A number or truth in a list stands on the line of what is before it. Raises InputError for what
    nests deeper than the rules.
    """
    lines = (number + first - 1 for number in number_lines(text))
    return _place(value, lines, [first], name, rules.depth)


def _place(value: Any, lines: Iterator[int], at: list[int], name: str, depth: int) -> Any:
    """`at` holds the line of what was placed last."""
    if isinstance(value, str):
        at[0] = next(lines)
        return value
    if not isinstance(value, dict | list):
        return None if value is None else json.dumps(value)
    at[0] = next(lines)
    if not depth:
        raise InputError(f"{name}:{at[0]}: nested too deeply to be read")
    if isinstance(value, dict):
        mapping = YamlMap(at[0])
        for key, inner in value.items():
            mapping.lines[key] = at[0] = next(lines)
            mapping[key] = _place(inner, lines, at, name, depth - 1)
        return mapping
    items = YamlList(at[0])
    for inner in value:
        placed = _place(inner, lines, at, name, depth - 1)
        items.append(placed)
        items.lines.append(getattr(placed, "line", at[0]))
    return items


@dataclass(frozen=True)
class _Anchor:
    """A value that aliases may repeat: what that costs, and how many levels it has."""

    value: Any
    cost: int
    height: int


class _Builder:
    """Builds values from events; the depth of its recursion is bounded by the rules."""

    def __init__(self, name: str, text: str, rules: Rules) -> None:
        self._name = name
        self._rules = rules
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, _Anchor] = {}
        self._cost = 0  # of all values so far, those that aliases repeat included
        self._aliased = 0
        self._deepest = 0  # level reached since the innermost open anchor

    def documents(self) -> list[Any]:
        next(self._events)  # the start of the stream
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.StreamEndEvent):
            if found and not self._rules.many:
                raise self._make_fault(event, "expected one YAML document, found several")
            self._anchors.clear()
            found.append(self._build_value(next(self._events), 0))
            next(self._events)  # the end of the document
        if not found:
            raise InputError(f"{self._name}: the file is empty")
        return found

    def _build_value(self, event: yaml.Event, depth: int) -> Any:
        """The value that starts with this event, at `depth` levels below the top."""
        if isinstance(event, yaml.AliasEvent):
            return self._follow_alias(event, depth)
        tag = getattr(event, "tag", None) or "!"
        if tag not in ("!", *self._rules.tags, *_PLAIN_TAGS):
            raise self._make_fault(event, f"the tag {clip(tag)!r} is not read; expected plain YAML")
        before, outer, self._deepest = self._cost, self._deepest, depth
        self._cost += _NODE
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            self._cost += len(event.value)
            value = None if not event.style and event.value in _NULLS else event.value
        elif depth >= self._rules.depth:
            raise self._make_fault(event, f"nested deeper than {self._rules.depth} levels")
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._build_mapping(event, depth + 1)
        else:
            value = self._build_sequence(event, depth + 1)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = _Anchor(value, self._cost - before, self._deepest - depth)
        self._deepest = max(self._deepest, outer)
        return value

    def _build_mapping(self, start: yaml.Event, depth: int) -> YamlMap:
        values = YamlMap(_find_line(start))
        self._deepest = max(self._deepest, depth)
        merged: list[YamlMap] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._make_fault(event, f"expected a key, found {_name_event(event)}")
            key = str(event.value)
            if key in values or (merged and key == "<<" and not event.style):
                raise self._make_fault(event, f"the key {clip(key)!r} stands twice")
            self._cost += len(key)
            if key == "<<" and not event.style:
                merged = self._build_merged(event, depth)
                continue
            values.lines[key] = _find_line(event)
            event = next(self._events)
            tag = getattr(event, "tag", None)
            if tag in self._rules.tags:
                values.tags[key] = tag
            values[key] = self._build_value(event, depth)
        for other in merged:  # what is written out wins, then the first of those merged
            for key in other.keys() - values.keys():
                values[key], values.lines[key] = other[key], other.lines[key]
        return values

    def _build_merged(self, key: yaml.Event, depth: int) -> list[YamlMap]:
        """The mappings that `<<` merges."""
        if not self._rules.structures:
            raise self._make_fault(key, "merging with << is not read; write the values out")
        value = self._build_value(next(self._events), depth)
        found = list(value) if isinstance(value, YamlList) else [value]
        if not all(isinstance(one, YamlMap) for one in found):
            raise self._make_fault(key, "<<: expected a mapping, or a list of mappings")
        return found

    def _build_sequence(self, start: yaml.Event, depth: int) -> YamlList:
        values = YamlList(_find_line(start))
        self._deepest = max(self._deepest, depth)
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.lines.append(_find_line(event))
            values.append(self._build_value(event, depth))
        return values

    def _follow_alias(self, event: yaml.AliasEvent, depth: int) -> Any:
        known = self._anchors.get(event.anchor or "")
        alias = f"*{clip(str(event.anchor), 40)}"
        if not self._rules.structures and (known is None or known.height):
            what = f"the alias {alias} does not name a single value that stands before it"
            raise self._make_fault(event, f"{what}; lists and mappings must be written out")
        if known is None:
            raise self._make_fault(event, f"the alias {alias} does not name a value before it")
        if depth + known.height > self._rules.depth:
            raise self._make_fault(event, f"nested deeper than {self._rules.depth} levels")
        self._deepest = max(self._deepest, depth + known.height)
        self._cost += known.cost
        self._aliased += known.cost - (0 if known.height else _NODE)
        if self._aliased > MAX_ALIASED:
            raise self._make_fault(event, f"aliases repeat more than {MAX_ALIASED:,} characters")
        return known.value

    def _make_fault(self, event: yaml.Event, what: str) -> InputError:
        return InputError(f"{self._name}:{_find_line(event)}: {what}")


def _find_line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _name_event(event: yaml.Event) -> str:
    words = {
        yaml.ScalarEvent: "a single value",
        yaml.SequenceStartEvent: "a list",
        yaml.MappingStartEvent: "a mapping",
        yaml.AliasEvent: "an alias",
    }
    return words.get(type(event), "nothing")
