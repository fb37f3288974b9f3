"""Rows of a query as dependencies: what stands in their cells is read as in any other table."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ENDS, Finding, Tables
from knockon.loaders.assembling.table import settle_tables
from knockon.loaders.parsing.database import build_dependencies
from knockon.loaders.parsing.source import Source


def read_rows(
    source: Source, frame: pl.DataFrame, mapping: Mapping[str, str] | None, text: str,
    described: pl.DataFrame | None = None,
) -> Tables:  # fmt: skip
    """The tables of a frame with both ends: lists in cells are several dependencies, rows of one
    end keep it, and the report tells which column --map made which end.

    text: the address; described: entities that are known already
    """
    read = settle_tables(source, build_dependencies(frame, mapping, text), described)
    theirs = {ours: name for name, ours in (mapping or {}).items() if ours in ENDS}
    if not theirs:
        return read
    dependent, provider = (repr(clip(theirs.get(end, end), 40)) for end in ENDS)
    reason = f"each row is read as: {dependent} depends on {provider}"
    return replace(read, report=(Finding("note", frame.height, reason), *read.report))
