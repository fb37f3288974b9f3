"""A list beside a graph (systemic entities, totals, designated providers): CSV, as text."""

from pathlib import Path

from knockon.loaders.parsing.source import Source


def read_list_text(path: Path) -> str:
    """The text of the file. Raises InputError where it cannot be read, or is too large."""
    return Source.of(path).text
