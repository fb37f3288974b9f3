"""JSON text as plain values. The standard library reads the 3 MB of a feed in 30 ms."""

import json
from typing import Any, NoReturn

from knockon.graph.errors import InputError, clip

MAX_BYTES = 512 * 1024 * 1024


def parse_json(text: str, name: str, line: int = 1) -> Any:
    """The value in JSON text; `name` and the `line` on which it starts are for messages.

    Raises InputError with the line where it is not JSON, and for what would harm: nesting without
    end, numbers of thousands of digits, halves of characters.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno + line - 1}:{error.colno}"
        raise InputError(f"{where}: not readable as JSON: {error.msg}") from None
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


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
