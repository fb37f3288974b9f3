"""Answers that were saved as JSON, to be shown beside others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.graph.errors import InputError, clip

if TYPE_CHECKING:
    from knockon.graph.model.change import Change

_MOST = 1 << 30  # bytes of a saved answer
_OF_A_CHANGE = {"edits", "safe", "halt"}
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


def read_change(source: str) -> "Change | None":
    """A change that a file holds: the plan of an answer of `harden`, or one by itself; None where
    it is a source. Raises InputError for a change that is none."""
    from knockon.graph.model.change import Change

    answer = _read_json(source) or {}
    plan = answer.get("plan", answer)
    of_harden = "plan" in answer and "rows" in answer
    if of_harden and not isinstance(plan, dict):
        raise InputError(
            f"{clip(source)}: plan: expected the object that `harden --format json` writes, got "
            f"{clip(repr(plan), 60)}"
        )
    if not isinstance(plan, dict) or not (of_harden or set(plan) & _OF_A_CHANGE):
        return None
    return Change.from_dict(plan)


def _read_answer(source: str) -> dict[str, Any] | None:
    answer = _read_json(source)
    if answer is None or not set(answer) >= _KEYS:
        return None
    from knockon.api.schema import SCHEMA  # it imports the answers

    if answer["schema"] != SCHEMA:
        raise InputError(
            f"{clip(source)}: an answer of schema {clip(repr(answer['schema']))}, expected "
            f"{SCHEMA}: ask again with this version"
        )
    return answer


def _read_json(source: str) -> dict[str, Any] | None:
    """The object in a file of JSON, or on standard input; None where it is another file."""
    path = Path(source)
    if path.suffix not in (".json", "") or not path.is_file():
        return None
    with path.open("rb") as file:
        text = file.read(_MOST + 1)
    if len(text) > _MOST or not text.lstrip().startswith(b"{"):
        return None
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
