"""GML as tables.

Source: Himsolt, "GML: a portable Graph File Format" (1997). A file is keys with values: numbers,
texts in quotes with entities such as `&quot;`, and lists in brackets. Of `graph`, the `node`s and
`edge`s are read; keys in lists within them are joined by dots (`graphics.x`), repeated keys become
a JSON list. Without `directed 1` a graph has no directions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, NamedTuple

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.graph_tables import Drawn, Place, build_graph_tables
from knockon.loaders.parsing.source import Source, SourceLike

MAX_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 32
_TOKEN = re.compile(
    r"""
    (?P<skip>[\s\ufeff]+|(?m:^[ \t]*\#[^\n]*))
    |(?P<mark>[\[\]])
    |(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)
    |(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |"(?P<text>[^"]*)"
    """,
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value: text as in the file, or the pairs of a list."""

    key: str
    value: "str | list[Pair]"
    line: int


def read_gml(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """A GML file. Raises InputError with the line of what is not GML."""
    source = Source.of(source)
    source.refuse_larger(MAX_BYTES, "GML")
    pairs = parse_gml(source.text, source.name)
    return build_graph_tables(source, draw(pairs, source.name), mapping, both_ways)


def draw(pairs: list[Pair], name: str) -> Drawn:
    """The graph among the pairs of a file."""
    graphs = [p for p in pairs if p.key == "graph"]
    if len(graphs) != 1 or isinstance(graphs[0].value, str):
        raise InputError(f"{name}: expected one list `graph [ ... ]`, found {len(graphs)}")
    inside = graphs[0].value
    about = {p.key: p.value for p in inside if isinstance(p.value, str)}
    directed = about.get("directed", "0") not in ("0", "")
    drawn = Drawn(title=about.get("label") or about.get("name") or None)
    faults: list[str] = []
    for pair in inside:
        if pair.key not in ("node", "edge"):
            continue
        place = f"{name}:{pair.line}"
        if isinstance(pair.value, str):
            faults.append(f"{place}: {pair.key}: expected a list in brackets")
            continue
        given = _collect_attributes(pair.value)
        ends = ("id",) if pair.key == "node" else ("source", "target")
        ids = [given.pop(end, None) for end in ends]
        for end, value in zip(ends, ids, strict=True):
            if not isinstance(value, str) or not value.strip():
                faults.append(f"{place}: {pair.key}: expected one value {end!r}")
        if pair.key == "node":
            drawn.nodes.append((str(ids[0]), given, Place(pair.line)))
        else:
            drawn.edges.append((str(ids[0]), str(ids[1]), given, Place(pair.line), directed))
    if faults:
        raise InputError.of(faults)
    return drawn


def parse_gml(text: str, name: str) -> list[Pair]:
    """The pairs of GML text. Raises InputError with the line of what is not GML."""
    tokens = _split_tokens(text, name)
    top: list[Pair] = []
    opened: list[tuple[list[Pair], int]] = [(top, 0)]
    for token in tokens:
        if token.kind == "mark" and token.text == "]" and len(opened) > 1:
            opened.pop()
            continue
        if token.kind != "key":
            raise _make_fault(name, token, "a key")
        value = next(tokens, None)
        if value is None:
            raise InputError(f"{name}:{token.line}: not readable as GML: the file ends within it")
        if value.kind in ("number", "text"):
            opened[-1][0].append(Pair(token.text, value.text, token.line))
            continue
        if value.text != "[":
            raise _make_fault(name, value, f"a value of {clip(token.text, 40)!r}")
        if len(opened) > MAX_DEPTH:
            raise InputError(f"{name}:{token.line}: nested deeper than {MAX_DEPTH} levels")
        inner: list[Pair] = []
        opened[-1][0].append(Pair(token.text, inner, token.line))
        opened.append((inner, token.line))
    if len(opened) > 1:
        line = opened[-1][1]
        raise InputError(f"{name}:{line}: not readable as GML: the list has no end")
    return top


def _split_tokens(text: str, name: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            what = "text in quotes has no end" if text[at] == '"' else f"unexpected {text[at]!r}"
            raise InputError(f"{name}:{line}: not readable as GML: {what}")
        kind = found.lastgroup or ""
        if kind == "text":
            yield _Token(kind, unescape(found["text"]), line)
        elif kind != "skip":
            yield _Token(kind, found[0], line)
        line += text.count("\n", at, found.end())
        at = found.end()


def _collect_attributes(pairs: list[Pair], before: str = "") -> dict[str, Any]:
    """Keys and values of a node or an edge; the depth of the recursion is that of the parser."""
    given: dict[str, Any] = {}
    for pair in pairs:
        key = before + pair.key
        inner = (
            {key: pair.value}
            if isinstance(pair.value, str)
            else _collect_attributes(pair.value, key + ".")
        )
        for name, value in inner.items():
            if name in given:
                held = given[name] if isinstance(given[name], list) else [given[name]]
                given[name] = [*held, *(value if isinstance(value, list) else [value])]
            else:
                given[name] = value
    return given


def _make_fault(name: str, token: _Token, expected: str) -> InputError:
    came = clip(token.text, 40)
    return InputError(
        f"{name}:{token.line}: not readable as GML: expected {expected}, found {came!r}"
    )
