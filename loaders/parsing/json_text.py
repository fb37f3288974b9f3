"""JSON files as plain values. The standard library reads the 3 MB of a feed in 30 ms."""

import json
from pathlib import Path
from typing import Any, NoReturn

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.probe import decode, probe, refuse_binary

MAX_BYTES = 512 * 1024 * 1024


def load_json(path: Path) -> Any:
    """The value in a JSON file. Raises InputError with the line where it is not JSON, and for
    what would harm: nesting without end, numbers of thousands of digits, halves of characters.
    """
    return parse_json(_text(path), path.name)


def load_json_lines(path: Path) -> list[tuple[int, Any]]:
    """The values in a file of one JSON value per line (NDJSON), each with its line.

    Blank lines are passed over. Raises InputError as `load_json` does.
    """
    lines = enumerate(_text(path).split("\n"), start=1)
    return [(number, parse_json(t, path.name, number)) for number, t in lines if t.strip()]


def parse_json(text: str, name: str, line: int = 1) -> Any:
    """The value in JSON text; `name` and the `line` on which it starts are for messages."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno + line - 1}:{error.colno}"
        raise InputError(f"{where}: not readable as JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{name}: nested too deeply to be read") from None
    except ValueError as error:
        raise InputError(f"{name}: not readable as JSON: {clip(str(error), 200)}") from None


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path.name}: JSON of {size:,} bytes; at most {MAX_BYTES:,} are read")
    refuse_binary(probe(path))
    return decode(path.read_bytes(), path.name)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
