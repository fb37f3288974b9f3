"""JSON text as plain values, every key once.

The standard library reads the 3 MB of a feed in 50 ms; of two equal keys it would let the last
one win in silence.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from knockon.graph.errors import InputError, clip

MAX_BYTES = 512 * 1024 * 1024
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]')
_PLACED = re.compile(r'"(?:[^"\\]|\\.)*"|[{\[\n]')


class _RepeatedKeyError(Exception):
    """An object names a key twice."""


def parse_json(text: str, name: str, line: int = 1) -> Any:
    """The value in JSON text; `name` and the `line` on which it starts are for messages.

    Raises InputError with the line where it is not JSON or a key stands twice in one object, and
    for what would harm: nesting without end, numbers of thousands of digits, halves of characters.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_build_object)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno + line - 1}:{error.colno}"
        raise InputError(f"{where}: not readable as JSON: {error.msg}") from None
    except _RepeatedKeyError:
        at, key = _find_repeated(text)
        raise InputError(f"{name}:{at + line - 1}: the key {clip(key)!r} stands twice") from None
    except RecursionError:
        raise InputError(f"{name}: nested too deeply to be read") from None
    except ValueError as error:
        raise InputError(f"{name}: not readable as JSON: {clip(str(error), 200)}") from None


def parse_json_lines(text: str, name: str) -> list[tuple[int, Any]]:
    """The values in text of one JSON value per line (NDJSON), each with its line.

    Blank lines are passed over. Raises InputError as `parse_json` does.
    """
    lines = enumerate(text.split("\n"), start=1)
    return [(number, parse_json(t, name, number)) for number, t in lines if t.strip()]


def number_lines(text: str) -> Iterator[int]:
    """The line of each object, list, key and string of JSON text, in the order of the text."""
    line = 1
    for token in _PLACED.finditer(text):
        if token[0] == "\n":
            line += 1
        else:
            yield line


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise _RepeatedKeyError
    return built


def _find_repeated(text: str) -> tuple[int, str]:
    """Line and name of the first key that stands twice in one object of JSON text."""
    line, before = 1, ""
    open_: list[set[str]] = []
    for token in _TOKEN.findall(text):
        if token == "\n":
            line += 1
            continue
        if token in ("{", "["):
            open_.append(set())
        elif token in ("}", "]"):
            open_.pop()
        elif token == ":":
            key = str(json.loads(before))
            if key in open_[-1]:
                return line, key
            open_[-1].add(key)
        before = token
    raise AssertionError("no key stands twice")


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
