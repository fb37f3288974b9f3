"""Answers as files: CSV that a spreadsheet cannot be tricked by, Parquet, JSON, text."""

from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError

_FORMULA = "^[=+\\-@\t\r]"  # a cell that begins so is run by spreadsheets (OWASP, CSV injection)


def format_csv(frame: pl.DataFrame) -> str:
    """The frame as CSV: lists joined by ` > `, texts like formulas behind a quote mark."""
    flat = frame.with_columns(
        pl.col(name).list.join(" > ") for name, dtype in frame.schema.items() if dtype == pl.List
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


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8. Raises InputError where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise explain_failure(path, fault) from None


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a Parquet file. Raises InputError where that cannot be."""
    try:
        frame.write_parquet(path)
    except OSError as fault:
        raise explain_failure(path, fault) from None


def explain_failure(path: Path, fault: OSError) -> InputError:
    return InputError(f"cannot write {path}: {fault.strerror or fault}")
