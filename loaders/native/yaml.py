"""knockon's own tables as one YAML file: no aliases but of single values, and no deep nesting.

Every scalar stays text (`no` is Norway, not false); `check` casts it later.
"""

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENTITY_COLUMNS,
    FILE,
    LINE,
    Column,
    Finding,
    Tables,
    empty,
)
from knockon.loaders.native.formats import INCIDENT_KEYS, KEYS, RULES
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

_FALSE = ("false", "no")
_UNSAID = "the file does not say when its dependencies were known"


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

    def list_items(self, key: str, faults: list[str]) -> list[tuple[Any, str]]:
        """The items of a list, each with its place, none where the key is absent or empty; a value
        that is no list is a fault."""
        items = self.values.get(key) or []
        if not isinstance(items, list):
            faults.append(f"{self.name}:{self.lines[key]}: {key}: expected a list")
            return []
        lines = self.items.get(key, [])
        return [(i, f"{self.name}:{n}: {key}") for i, n in zip(items, lines, strict=True)]


def read_yaml(source: SourceLike) -> Tables:
    """One YAML file with the lists `entities` (may be absent) and `dependencies`, and a head."""
    source = Source.of(source)
    return build_tables(parse(source))


def build_tables(document: Document) -> Tables:
    """The two lists and the head of a document. What only a back-test reads is noted."""
    faults = [
        f"{document.name}:{line}: unknown key {clip(key)!r}{did_you_mean(key, KEYS)}"
        for key, line in document.lines.items()
        if key not in KEYS
    ]
    if len(faults) == len(document.values) > 0 and not any("did you mean" in f for f in faults):
        raise InputError(_describe_stranger(document))
    if not faults and "dependencies" not in document.values:
        faults.append(f"{document.name}: expected a list `dependencies`, found none")
    entities = _build_rows(document, "entities", ENTITY_COLUMNS, faults)
    dependencies = _build_rows(document, "dependencies", DEPENDENCY_COLUMNS, faults)
    if faults:
        raise InputError.of(faults)
    extra = tuple(key for key in document.values if key in INCIDENT_KEYS)
    reason = "keys that only `knockon backtest` reads"
    report = (Finding("note", len(extra), reason, extra),) if extra else ()
    return Tables(
        entities=entities, dependencies=dependencies, report=report, **read_head(document)
    )


def _describe_stranger(document: Document) -> str:
    """One line on a file of which no key is ours."""
    keys = some((repr(clip(key, 40)) for key in document.values), 8)
    boxed = any(
        isinstance(one, dict) and {"image", "build"} & one.keys()
        for one in document.values.values()
    )
    hint = "; services of Docker Compose stand below `services`" if boxed else ""
    return (
        f"{document.name}: YAML of no known format; its keys are {keys}, those of knockon's own "
        f"are {', '.join(KEYS)}{hint}"
    )


def read_head(document: Document) -> dict[str, Any]:
    """`title`, `weight_unit`, `hindsight` and `sources` of a document, as arguments of `Tables`.

    An incident that does not say when its dependencies were known counts as hindsight.
    """
    head: dict[str, Any] = {}
    for key in ("title", "weight_unit", "hindsight"):
        value = document.values.get(key)
        if isinstance(value, dict | list):
            raise InputError(f"{document.name}:{document.lines[key]}: {key}: expected text")
        head[key] = value
    if head["hindsight"] is None and document.values.get("scenario") is not None:
        head["hindsight"] = _UNSAID
    elif str(head["hindsight"]).lower() in _FALSE:
        head["hindsight"] = None
    sources = document.values.get("sources") or {}
    if not isinstance(sources, dict) or any(isinstance(v, dict | list) for v in sources.values()):
        line = document.lines["sources"]
        raise InputError(f"{document.name}:{line}: sources: expected a mapping of name to text")
    head["sources"] = {key: value or "" for key, value in sources.items()}
    return head


def parse(source: SourceLike) -> Document:
    """The YAML mapping in a file. Raises InputError with the line of what is not allowed: see
    `parse_yaml`; aliases of anything but scalars, and nesting deeper than the rules, too.
    """
    source = Source.of(source)
    value = source.yaml(RULES)
    if not isinstance(value, YamlMap):
        what = "a list" if isinstance(value, list) else "a single value"
        line = value.line if isinstance(value, YamlList) else 1
        raise InputError(f"{source.name}:{line}: expected a mapping at the top, found {what}")
    items = {key: held.lines for key, held in value.items() if isinstance(held, YamlList)}
    return Document(source.name, value, value.lines, items)


def _build_rows(
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
