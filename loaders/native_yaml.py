"""knockon's own tables as one YAML file, read event by event.

The parser of libyaml is safe on hostile text, but everything that builds a tree on top of it is
not: it recurses, follows aliases in circles, and lets the last of two equal keys win. So the
events are read here, with stated limits. Every scalar stays text (`no` is Norway, not false);
`check` casts it later.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.tables import (
    DEPENDENCY_COLUMNS,
    ENTITY_COLUMNS,
    FILE,
    LINE,
    Column,
    Finding,
    Tables,
    empty,
)
from knockon.loaders.native import HEAD_KEYS
from knockon.loaders.probe import decode, probe, refuse_binary

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 16
MAX_ALIASED = 16 * 1024 * 1024  # characters that aliases may repeat in all
_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN = ("str", "int", "float", "bool", "null", "seq", "map")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{word}" for word in _PLAIN}
_LISTS = ("entities", "dependencies")
# of an incident (loaders/incidents.py): an ordinary graph is read without them
_OF_INCIDENTS = ("scenario", "paired", "assumed", "hindsight", "date")


@dataclass(frozen=True)
class Document:
    """A YAML mapping: the values of its keys, the line of each key, the lines of list items.

    Scalars are text or None, lists are lists, mappings are dicts. `items[key]` holds one line
    per item where the value of the key is a list.
    """

    name: str
    values: dict[str, Any]
    lines: dict[str, int]
    items: dict[str, list[int]]


def read_yaml(path: Path) -> Tables:
    """One YAML file with the lists `entities` (may be absent) and `dependencies`, and a head."""
    return tables_of(parse(path))


def tables_of(document: Document) -> Tables:
    """The two lists and the head of a document. What only a back-test reads is noted."""
    known = (*_LISTS, *HEAD_KEYS, *_OF_INCIDENTS)
    faults = [
        f"{document.name}:{line}: unknown key {clip(key)!r}{did_you_mean(key, known)}"
        for key, line in document.lines.items()
        if key not in known
    ]
    if not faults and "dependencies" not in document.values:
        faults.append(f"{document.name}: expected a list `dependencies`, found none")
    entities = _rows(document, "entities", ENTITY_COLUMNS, faults)
    dependencies = _rows(document, "dependencies", DEPENDENCY_COLUMNS, faults)
    if faults:
        raise InputError.of(faults)
    extra = tuple(key for key in document.values if key in _OF_INCIDENTS)
    reason = "keys that only `knockon backtest` reads"
    report = (Finding("note", len(extra), reason, extra),) if extra else ()
    return Tables(entities=entities, dependencies=dependencies, report=report, **head_of(document))


def head_of(document: Document) -> dict[str, Any]:
    """`title`, `weight_unit` and `sources` of a document, as arguments of `Tables`."""
    head: dict[str, Any] = {}
    for key in ("title", "weight_unit"):
        value = document.values.get(key)
        if isinstance(value, dict | list):
            raise InputError(f"{document.name}:{document.lines[key]}: {key}: expected text")
        head[key] = value
    sources = document.values.get("sources") or {}
    if not isinstance(sources, dict) or any(isinstance(v, dict | list) for v in sources.values()):
        line = document.lines["sources"]
        raise InputError(f"{document.name}:{line}: sources: expected a mapping of name to text")
    head["sources"] = {key: value or "" for key, value in sources.items()}
    return head


def parse(path: Path) -> Document:
    """The YAML mapping in a file. Raises InputError with the line of what is not allowed:
    several documents, repeated keys, aliases of anything but scalars, tags of one's own,
    nesting deeper than MAX_DEPTH, more than MAX_BYTES.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path.name}: YAML of {size:,} bytes; at most {MAX_BYTES:,} are read")
    refuse_binary(probe(path))
    text = decode(path.read_bytes(), path.name)
    try:
        return _Builder(path.name, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        what = f"not readable as YAML: {error.problem}"
        if "nesting depth" in (error.problem or ""):  # libyaml looks ahead, to its own limit
            what = f"nested deeper than {MAX_DEPTH} levels"
        raise InputError(f"{path.name}{line}: {what}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path.name}: not readable as YAML: {clip(str(error), 200)}") from None


class _Builder:
    """Builds values from events; the depth of its recursion is bounded by MAX_DEPTH."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, str | None] = {}
        self._aliased = 0
        self._lines: dict[str, int] = {}
        self._items: dict[str, list[int]] = {}

    def document(self) -> Document:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise InputError(f"{self._name}: the file is empty")
        first = next(self._events)
        if not isinstance(first, yaml.MappingStartEvent):
            raise self._fault(first, f"expected a mapping at the top, found {_word(first)}")
        values = self._mapping(first, depth=1)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._fault(after, "expected one YAML document, found several")
        return Document(self._name, values, self._lines, self._items)

    def _value(self, event: yaml.Event, depth: int, key: str = "") -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!") and tag not in _PLAIN_TAGS:
            raise self._fault(event, f"the tag {clip(tag)!r} is not read; expected plain YAML")
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style
            value = None if plain and event.value in _NULLS else event.value
            if event.anchor:
                self._anchors[event.anchor] = value
            return value
        if depth >= MAX_DEPTH:
            raise self._fault(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1, key)

    def _mapping(self, start: yaml.Event, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._fault(event, f"expected a key, found {_word(event)}")
            key = str(event.value)
            if key in values:
                raise self._fault(event, f"the key {clip(key)!r} stands twice")
            if key == "<<" and not event.style:
                raise self._fault(event, "merging with << is not read; write the values out")
            if depth == 1:
                self._lines[key] = _line(event)
            values[key] = self._value(next(self._events), depth, key if depth == 1 else "")
        return values

    def _sequence(self, start: yaml.Event, depth: int, key: str) -> list[Any]:
        values: list[Any] = []
        lines: list[int] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            lines.append(_line(event))
            values.append(self._value(event, depth))
        if key:
            self._items[key] = lines
        return values

    def _alias(self, event: yaml.AliasEvent) -> str | None:
        if event.anchor not in self._anchors:
            alias = f"*{clip(str(event.anchor), 40)}"
            what = f"the alias {alias} does not name a single value that stands before it"
            raise self._fault(event, f"{what}; lists and mappings must be written out")
        value = self._anchors[event.anchor]
        self._aliased += len(value or "")
        if self._aliased > MAX_ALIASED:
            raise self._fault(event, f"aliases repeat more than {MAX_ALIASED:,} characters")
        return value

    def _fault(self, event: yaml.Event, what: str) -> InputError:
        return InputError(f"{self._name}:{_line(event)}: {what}")


def _rows(
    document: Document, key: str, columns: tuple[Column, ...], faults: list[str]
) -> pl.DataFrame:
    """The items of a list as text columns with file and line; faults of shape are added."""
    items = document.values.get(key)
    if items is None:
        return pl.DataFrame()
    if not isinstance(items, list):
        faults.append(f"{document.name}:{document.lines[key]}: {key}: expected a list")
        return pl.DataFrame()
    if not items:
        return empty(columns)
    known = {c.name for c in columns}
    names = dict.fromkeys(name for item in items if isinstance(item, dict) for name in item)
    for reserved in {FILE, LINE} & names.keys():
        faults.append(f"{document.name}: {key}: the key {reserved!r} is reserved")
    rows: dict[str, list[str | None]] = {name: [] for name in names}
    for item, line in zip(items, document.items[key], strict=True):
        place = f"{document.name}:{line}"
        if not isinstance(item, dict):
            faults.append(f"{place}: {key}: expected a mapping, found {clip(str(item))!r}")
            continue
        for name in names:
            value = item.get(name)
            if isinstance(value, dict | list):
                if name in known:
                    faults.append(f"{place}: {name}: expected one value, found several")
                value = json.dumps(value, ensure_ascii=False)
            rows[name].append(value)
    if faults:
        return pl.DataFrame()
    series = [pl.Series(name, cells, pl.String) for name, cells in rows.items()]
    lines = pl.Series(LINE, document.items[key], pl.Int64)
    return pl.DataFrame([*series, lines]).with_columns(pl.lit(document.name).alias(FILE))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _word(event: yaml.Event) -> str:
    words = {
        yaml.ScalarEvent: "a single value",
        yaml.SequenceStartEvent: "a list",
        yaml.MappingStartEvent: "a mapping",
        yaml.AliasEvent: "an alias",
    }
    return words.get(type(event), "nothing")
