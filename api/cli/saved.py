"""Answers that were saved as JSON, to be shown beside others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from knockon.api.schema import SCHEMA
from knockon.graph.errors import InputError, clip

_MOST = 1 << 30  # bytes of a saved answer
_KEYS = {"schema", "graph", "scenario", "totals", "entities"}


def read_saved(sources: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two answers to a what-if, where both sources are such; None where neither is.

    Raises UsageError for one of each, and InputError for an answer of another version.
    """
    found = [_read_answer(source) for source in sources]
    if len(found) != 2 or found == [None, None]:
        return None
    if found[0] is None or found[1] is None:
        raise click.UsageError("expected two sources, or two saved answers, got one of each")
    return found[0], found[1]


def _read_answer(source: str) -> dict[str, Any] | None:
    path = Path(source)
    if path.suffix != ".json" or not path.is_file():
        return None
    with path.open("rb") as file:
        if b'"schema"' not in file.read(200):
            return None
        file.seek(0)
        text = file.read(_MOST + 1)
    if len(text) > _MOST:
        raise InputError(f"{clip(source)}: a saved answer may have {_MOST:,} bytes, it has more")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or not set(answer) >= _KEYS:
        return None
    if answer["schema"] != SCHEMA:
        raise InputError(
            f"{clip(source)}: an answer of schema {clip(repr(answer['schema']))}, expected "
            f"{SCHEMA}: ask again with this version"
        )
    return answer
