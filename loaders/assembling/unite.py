"""The tables of several sources as those of one: rows below each other, one row per entity."""

from collections.abc import Sequence

import polars as pl

from knockon.graph.errors import some
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.merge_rows import SOURCE, merge_rows


def unite(parts: Sequence[Tables]) -> Tables:
    """The tables of all parts. Of an entity that several hold, one row is left (`merge_rows`).

    Titles are put together, the first unit of weights and the first word on hindsight are kept,
    reports follow each other.
    """
    entities = [
        part.entities.with_columns(pl.lit(number).alias(SOURCE))
        for number, part in enumerate(parts)
        if part.entities.height
    ]
    merged, findings = merge_rows(stack(entities))
    units = list(dict.fromkeys(p.weight_unit for p in parts if p.weight_unit))
    if len(units) > 1:
        reason = f"weights of several units are added up as {units[0]}: {some(units)}"
        findings.append(Finding("note", len(units), reason))
    return Tables(
        entities=merged,
        dependencies=stack([p.dependencies for p in parts if p.dependencies.width]),
        title=" + ".join(dict.fromkeys(p.title for p in parts if p.title)) or None,
        weight_unit=units[0] if units else None,
        hindsight=next((part.hindsight for part in parts if part.hindsight), None),
        sources={k: v for part in reversed(parts) for k, v in part.sources.items()},
        report=(*(f for part in parts for f in part.report), *findings),
    )


def stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The frames below each other; a column of several types, other than whole numbers, is text."""
    types: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, dtype in frame.schema.items():
            if dtype != pl.Null():
                types.setdefault(name, set()).add(pl.Int64() if dtype.is_integer() else dtype)
    mixed = [name for name, found in types.items() if len(found) > 1]
    plain = [
        f.with_columns(pl.col(name).cast(pl.String) for name in mixed if name in f.columns)
        for f in frames
    ]
    return pl.concat(plain, how="diagonal_relaxed") if plain else pl.DataFrame()
