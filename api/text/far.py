"""An answer whose rows lie in files, for people: headline, the first rows, notes."""

from rich.text import Text

from knockon.api.text.cells import make_column
from knockon.api.text.columns import print_columns
from knockon.api.text.console import Out
from knockon.api.text.notes import print_notes
from knockon.graph.analysis.far.answer import FarImpact
from knockon.graph.maps.text import clean

_SHOWN = ("rank", "name", "kind", "probability", "probability_low", "probability_high",
          "std_error", "verdict", "impact")  # fmt: skip


def print_far(out: Out, answer: FarImpact) -> None:
    """Headline, the rows that there are, where all are, and the notes."""
    out.print(Text(clean(answer.headline, 1000), style="bold"))
    columns = [make_column(answer.entities, name) for name in _SHOWN]
    print_columns(out, [c for c in columns if any(c.cells)])
    if answer.folder is not None:
        out.print(Text(f"all {answer.rows:,} rows: {clean(answer.folder, 1000)}", style="dim"))
    print_notes(out, list(answer.notes), answer.graph)
