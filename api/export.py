"""Answers as files: CSV that a spreadsheet cannot be tricked by, Parquet, JSON, text."""

from io import BytesIO
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError
from knockon.loaders.native.whole import write_whole

_FORMULA = "^[=+\\-@\t\r]"  # a cell that begins so is run by spreadsheets (OWASP, CSV injection)


def format_csv(frame: pl.DataFrame) -> str:
    """The frame as CSV: routes joined by ` > `, sets by ` + `, lists of records as JSON, texts like
    formulas behind a quote mark."""
    flat = frame.with_columns(
        _join_list(name, dtype) for name, dtype in frame.schema.items() if dtype == pl.List
    )
    safe = flat.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then("'" + pl.col(name))
        .otherwise(name)
        .alias(name)
        for name, dtype in flat.schema.items()
        if dtype == pl.String
    )
    return safe.write_csv()


def _join_list(name: str, dtype: pl.DataType) -> pl.Expr:
    if getattr(dtype, "inner", None) != pl.Struct:
        return pl.col(name).list.join(" + " if name == "members" else " > ")
    texts = pl.col(name).list.eval(pl.element().struct.json_encode())
    return pl.concat_str(pl.lit("["), texts.list.join(", "), pl.lit("]")).alias(name)


def format_parquet(frame: pl.DataFrame) -> bytes:
    """The frame as a Parquet file."""
    file = BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, whole or not at all. Raises InputError where that cannot be."""
    data = content.encode(errors="replace") if isinstance(content, str) else content
    try:
        write_whole(path, data)
    except OSError as fault:
        raise InputError(f"cannot write {path}: {fault.strerror or fault}") from None
