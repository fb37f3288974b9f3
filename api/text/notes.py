"""The notes of an answer, the first of them in full."""

from rich.text import Text

from knockon.api.text.console import Out
from knockon.graph.maps.text import clean

_NOTES = 6


def print_notes(out: Out, notes: tuple[str, ...]) -> None:
    for note in notes[:_NOTES]:
        out.print(Text(f"- {clean(note)}", style="dim"))
    if len(notes) > _NOTES:
        out.print(Text(f"{len(notes) - _NOTES} more notes: --format json", style="dim"))
