"""The notes of an answer, the first of them in full."""

from collections.abc import Sequence

from rich.text import Text

from knockon.api.text.console import Out
from knockon.graph.analysis.answer import GraphHead
from knockon.graph.maps.text import clean

_NOTES = 6


def print_notes(out: Out, notes: Sequence[str], graph: GraphHead) -> None:
    """What was said on loading the graph is one line: `knockon load` prints it in full."""
    told = {*graph.report}
    notes = [note for note in notes if note not in told]
    notes = [*notes[: _NOTES - 1], *([graph.loading] if told else []), *notes[_NOTES - 1 :]]
    for note in notes[:_NOTES]:
        out.print(Text(f"- {clean(note)}", style="dim"))
    if len(notes) > _NOTES:
        out.print(Text(f"{len(notes) - _NOTES} more notes: --format json", style="dim"))
