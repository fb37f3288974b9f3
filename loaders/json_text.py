"""JSON files as plain values. The standard library reads the 3 MB of a feed in 30 ms."""

import json
from pathlib import Path
from typing import Any, NoReturn

from knockon.graph.errors import InputError, clip
from knockon.loaders.probe import decode, probe, refuse_binary

MAX_BYTES = 512 * 1024 * 1024


def load_json(path: Path) -> Any:
    """The value in a JSON file. Raises InputError with the line where it is not JSON, and for
    what would harm: nesting without end, numbers of thousands of digits, halves of characters.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path.name}: JSON of {size:,} bytes; at most {MAX_BYTES:,} are read")
    refuse_binary(probe(path))
    text = decode(path.read_bytes(), path.name)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"{path.name}:{error.lineno}:{error.colno}"
        raise InputError(f"{where}: not readable as JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{path.name}: nested too deeply to be read") from None
    except ValueError as error:
        raise InputError(f"{path.name}: not readable as JSON: {clip(str(error), 200)}") from None
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
