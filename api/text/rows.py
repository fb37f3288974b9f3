"""The rows of any answer as a table for people: headline, columns, notes."""

from collections.abc import Sequence

from rich.text import Text

from knockon.api.text.cells import make_column
from knockon.api.text.columns import print_columns
from knockon.api.text.console import Out
from knockon.api.text.layouts import LAYOUTS, list_all
from knockon.api.text.notes import print_notes
from knockon.graph.analysis.answer import Answer
from knockon.graph.maps.text import clean


def print_answer(out: Out, answer: Answer, *, top: int | None, carried: Sequence[str] = ()) -> None:
    """Headline, the first `top` rows (all: None), and the notes; carried: columns of the inventory
    in the rows."""
    out.print(Text(clean(answer.headline, 1000), style="bold"))
    if answer.question:
        out.print(Text(clean(answer.question, 1000)))
    for sentence in answer.beside.get("sentences", ()):
        out.print(Text(clean(sentence, 1000)))
    rows = answer.rows if top is None else answer.rows.head(top)
    if rows.height:
        layout = LAYOUTS.get(answer.verb, list_all)
        own = layout(answer, rows.drop(carried))
        listed = [*own, *(make_column(rows, c) for c in carried)]
        print_columns(out, [c for c in listed if any(c.cells)])
    more = answer.rows.height - rows.height
    if more:
        words = "1 more row" if more == 1 else f"{more:,} more rows"
        out.print(Text(f"{words}: --top {answer.rows.height}", style="dim"))
    print_notes(out, [n for n in answer.notes if not n.startswith("asked")], answer.graph)
