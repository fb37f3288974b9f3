"""The outline of text that may break off or be damaged: what stands at its outermost levels.

Formats are told from parsed values where there are any. Text that cannot be parsed is still told
from its outline, so that its reader can say what is wrong, and where.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from xml.parsers import expat

_JSON_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]')
_YAML_START = re.compile(  # blank lines, comments, directives; then an item, or a key
    r"""(?:[ \t]*(?:\#[^\n]*)?\r?\n|%[^\n]*\n|---[^\n]*\n)*
    [ ]*(?:---(?:\s|\Z)|-(?:\s|\Z)|\?\s|"[^"\n]*"[ ]*:(?:\s|\Z)|'[^'\n]*'[ ]*:(?:\s|\Z)
    |[^\s,:{}\[\]&*!|>'"%@`\#-][^\n:\#]{0,200}:(?:\s|\Z))""",
    re.VERBOSE,
)
_BEFORE_KEY = ("", " ", "\t", "\n", "\r", "\ufeff", "{", ",", '"', "'")
_YAML_KEY = re.compile(r"""^(["']?)([\w./-]+)\1[ \t]*:(?:[ \t]+(.*?))?[ \t]*\r?$""", re.MULTILINE)


def outline_json(text: str) -> dict[str, None]:
    """Keys of the two outer levels of JSON text: `meta`, `data.Products`; `x` of `[{"x": 1}]`."""
    return dict.fromkeys(_walk_json(text))


def name_json_keys(value: Any) -> dict[str, None]:
    """The same of a parsed value."""
    found: dict[str, None] = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            found[key] = None
            if isinstance(inner, dict):
                found |= dict.fromkeys(f"{key}.{below}" for below in inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                found |= dict.fromkeys(inner)
    return found


def starts_like_yaml(text: str) -> bool:
    """Whether the first line that counts is a key or an item of a list, as in block style."""
    return _YAML_START.match(text) is not None


def may_hold_keys(text: str, keys: tuple[str, ...]) -> bool:
    """Whether text could be YAML in which each of these is a key, wherever it stands."""
    return all(
        any(  # the pattern begins with the word itself, which is looked for fast
            text[found.start() - 1 : found.start()] in _BEFORE_KEY
            for found in re.finditer(rf"{re.escape(key)}[\"']?[ \t]*:(?=\s|\Z)", text)
        )
        for key in keys
    )


def outline_yaml(text: str) -> list[dict[str, str]]:
    """Keys at the margin of each document of YAML text, with what follows them on their line."""
    parts = re.split(r"^---(?:[ \t].*)?\r?$", text, flags=re.MULTILINE)
    return [{m[2]: (m[3] or "").strip("\"'") for m in _YAML_KEY.finditer(part)} for part in parts]


def name_xml_root(head: bytes) -> tuple[str, str]:
    """Namespace and local name of the root element of XML, else two empty texts."""
    found: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        found.append(tag)
        parser.StartElementHandler = None

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = start
    with suppress(expat.ExpatError, LookupError, ValueError):  # before the root: there is none
        parser.Parse(head.lstrip(), False)
    space, _, local = found[0].rpartition("}") if found else ("", "", "")
    return space, local


def _walk_json(text: str) -> Iterator[str]:
    depth, outer = 0, ""
    for token in _JSON_TOKEN.finditer(text):
        mark = token[0]
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif token[2] and depth == 1:
            outer = token[1]
            yield outer
        elif token[2] and depth == 2:
            yield f"{outer}.{token[1]}" if outer else token[1]
