"""The strengths worth asking for as a table for people."""

import polars as pl

from knockon.api.text.cells import make_column
from knockon.api.text.columns import Column
from knockon.graph.analysis.answer import Answer
from knockon.graph.words import chance, number, relation_name

_SOURCES = {
    "none": "unknown", "incidents": "typical of past incidents", "own table": "your own table",
}  # fmt: skip


def list_strengths(_: Answer, rows: pl.DataFrame) -> list[Column]:
    """Whose strength it is, what it counts as now and why, and what knowing it takes off."""
    relations = [relation_name(r) for r in rows["relation"]]
    now = [chance(*ends) for ends in rows.select("now_low", "now_mid", "now_high").rows()]
    source = [_SOURCES.get(s, s) for s in rows["strength_source"]]
    narrows = ["" if n is None else number(n) for n in rows["narrows"]]
    each = rows["dependent"].is_not_null().any()
    return [
        *([make_column(rows, "dependent_name", "how often is", least=18)] if each else []),
        Column("by", relations, "{} what fails", goes=1),
        make_column(rows, "provider_name", "disrupted when this fails", least=18),
        *([] if each else [make_column(rows, "dependencies")]),
        Column("counts as", now, "counts as {} now", right=True),
        Column("from", source, "{}", goes=2),
        Column("narrows\nimpact by", narrows, "narrows by {} each", right=True),
    ]
