"""DOT text as a stream of tokens, each with its line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from knockon.graph.errors import InputError

_LETTER = r"A-Za-z_\x80-\U0010ffff"
_TOKEN = re.compile(
    rf"""
    (?P<skip>[\s\ufeff]+|//[^\n]*|/\*.*?\*/|(?m:^\#[^\n]*))
    |(?P<mark>->|--|[{{}}\[\];,=:+])
    |(?P<word>[{_LETTER}][{_LETTER}0-9]*)
    |(?P<number>-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?))
    |"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"
    |(?P<html><)
    """,
    re.VERBOSE | re.DOTALL,
)
_ANGLE = re.compile(r"<!--.*?-->|[<>]", re.DOTALL)
_KEYWORDS = ("strict", "graph", "digraph", "node", "edge", "subgraph")


class Token(NamedTuple):
    kind: str  # `mark`, `word`, `number`, `quoted`, `html`, or `end`
    text: str
    line: int

    @property
    def keyword(self) -> str:
        lower = self.text.lower() if self.kind == "word" else ""
        return lower if lower in _KEYWORDS else ""


def split_tokens(text: str, name: str) -> Iterator[Token]:
    """The tokens of DOT text, an `end` at last. Raises InputError with the line."""
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            what = {'"': "text in quotes", "/": "a comment"}.get(text[at], "")
            what = f"{what} has no end" if what else f"unexpected {text[at]!r}"
            raise InputError(f"{name}:{line}: not readable as DOT: {what}")
        end = found.end()
        kind = found.lastgroup or ""
        if kind == "html":
            end = _end_of_html(text, at, f"{name}:{line}")
            yield Token(kind, text[at + 1 : end - 1], line)
        elif kind == "quoted":
            yield Token(kind, _unescape(found["quoted"]), line)
        elif kind != "skip":
            yield Token(kind, found[0], line)
        line += text.count("\n", at, end)
        at = end
    yield Token("end", "the end of the file", line)


def _end_of_html(text: str, start: int, place: str) -> int:
    depth = 0
    for angle in _ANGLE.finditer(text, start):
        depth += {"<": 1, ">": -1}.get(angle[0], 0)
        if not depth:
            return angle.end()
    raise InputError(f"{place}: not readable as DOT: text in angle brackets has no end")


def _unescape(quoted: str) -> str:
    """Only a quote and the end of a line can be escaped; all other backslashes are text."""
    return re.sub(r'\\(\\|"|\r?\n)', lambda m: {"\\": "\\\\", '"': '"'}.get(m[1], ""), quoted)
