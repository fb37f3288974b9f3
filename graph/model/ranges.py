"""Columns of hours in a table: cells `2..72` split into two columns, checked, and joined again."""

from collections.abc import Callable

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.hours import EXPECTED, RANGED, TO, plain

_RANGE = r"^\s*(.+?)\s*\.\.\s*(.+?)\s*$"


def split_ranges(
    frame: pl.DataFrame, table: str, where: Callable[[int], str], faults: list[str]
) -> pl.DataFrame:
    """The frame with every cell `2..72` of a column that may hold ranges split in two columns.

    Other cells stay as they are, for the check of the column. A range must rise, from above 0.
    """
    for name in RANGED[table]:
        if not isinstance(frame.schema.get(name), pl.String | pl.Categorical):
            continue
        text = frame[name].cast(pl.String)
        ranged = text.str.contains(r"\.\.").fill_null(False)
        if not ranged.any():
            continue
        ends = [text.str.extract(_RANGE, i).cast(pl.Float64, strict=False) for i in (1, 2)]
        good = (ends[0] > 0) & (ends[1] >= ends[0]) & ends[1].is_finite()
        bad = ranged & ~good.fill_null(False)
        for i in bad.arg_true():
            faults.append(f"{where(i)}: {name}: expected {EXPECTED}, got {clip(text[i])!r}")
        stated = frame[name + TO].cast(pl.String) if name + TO in frame.columns else None
        beside = pl.Series([None] * frame.height, dtype=pl.String) if stated is None else stated
        low = ends[0].cast(pl.String)
        frame = frame.with_columns(
            pl.select(
                pl.when(bad).then(None).when(ranged).then(low).otherwise(text).alias(name)
            ).to_series(),
            pl.select(
                pl.when(ranged & ~bad).then(ends[1].cast(pl.String)).otherwise(beside)
            ).to_series().alias(name + TO),
        )  # fmt: skip
    return frame


def settle_ranges(
    frame: pl.DataFrame, table: str, where: Callable[[int], str], faults: list[str]
) -> pl.DataFrame:
    """The cast frame with a high end only where it lies above the low one; else a fault."""
    for name in RANGED[table]:
        if frame.select(pl.col(name + TO).is_null().all()).item():
            continue
        low, high = frame[name], frame[name + TO]
        bad = high.is_not_null() & ~((low > 0) & (high >= low)).fill_null(False)
        for i in bad.arg_true():
            got = f"{plain(low[i])}..{plain(high[i])}"
            faults.append(f"{where(i)}: {name}: expected {EXPECTED}, got {got!r}")
        frame = frame.with_columns(high.set(high == low, None))
    return frame


def join_ranges(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as people write it: `2..72` in one column wherever a row holds a range."""
    for name in (n for names in RANGED.values() for n in names):
        if name + TO not in frame.columns:
            continue
        if frame[name + TO].is_not_null().any():
            both = pl.col(name).cast(pl.String) + ".." + pl.col(name + TO).cast(pl.String)
            alone = pl.col(name).cast(pl.String)
            frame = frame.with_columns(both.fill_null(alone).alias(name))
        frame = frame.drop(name + TO)
    return frame
