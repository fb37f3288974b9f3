"""Writing knockon's own tables, so that reading them again gives the same tables.

Text is written as it is: a name that a spreadsheet would take for a formula (`=1+1`) stays
itself, because these files are data and must come back equal. Answers that people open in a
spreadsheet are neutralised where they are written, not here.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Literal

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.ranges import join_ranges
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENTITY_COLUMNS,
    FILE,
    LINE,
    Column,
    Tables,
)
from knockon.loaders.native.whole import replace_file, write_whole


def write_folder(tables: Tables, folder: Path, format: Literal["csv", "parquet"] = "csv") -> None:  # noqa: A002
    """Write checked tables as `entities` and `dependencies` of one format, and `graph.yaml`.

    Columns in which no row says anything (empty, or the default everywhere) are left out, and so
    are `_file` and `_line`. All files take their places once all are written. Raises InputError
    where the folder holds the other format, or cannot be written.
    """
    other = "parquet" if format == "csv" else "csv"
    clash = [p.name for p in folder.glob(f"*.{other}") if p.stem in ("entities", "dependencies")]
    if clash:
        raise InputError(f"{folder}: holds {clash[0]} already; write to an empty folder")
    frames = {
        "entities": _drop_silent(tables.entities, ENTITY_COLUMNS),
        "dependencies": _drop_silent(tables.dependencies, DEPENDENCY_COLUMNS),
    }
    head = _make_head(tables)

    is_new = not folder.exists()

    def write() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            for name, frame in frames.items():
                target = files.enter_context(replace_file(folder / f"{name}.{format}"))
                frame.write_csv(target) if format == "csv" else frame.write_parquet(target)
            if head:
                files.enter_context(replace_file(folder / "graph.yaml")).write_bytes(_dump(head))
        if not head:
            (folder / "graph.yaml").unlink(missing_ok=True)

    try:
        _refuse_failure(write, folder)
    except InputError:
        if is_new:  # no empty folder is left where nothing could be written
            with suppress(OSError):
                folder.rmdir()
        raise


def write_yaml(tables: Tables, path: Path) -> None:
    """Write checked tables as one YAML file: the head, `entities` and `dependencies`."""
    _refuse_failure(lambda: write_whole(path, dump_yaml(tables)), path)


def dump_yaml(tables: Tables) -> bytes:
    """Checked tables as the content of that file."""
    document = _make_head(tables)
    document["entities"] = _make_items(_drop_silent(tables.entities, ENTITY_COLUMNS))
    document["dependencies"] = _make_items(_drop_silent(tables.dependencies, DEPENDENCY_COLUMNS))
    return _dump(document)


def _drop_silent(frame: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """The frame without the places of rows and without columns that say nothing."""
    required = {c.name for c in columns if c.required}
    defaults: dict[str, Any] = {c.name: c.default for c in columns}
    kept = []
    for series in frame.iter_columns():
        if series.name in (FILE, LINE):
            continue
        default = defaults.get(series.name)
        same = series.is_null() if default is None else series.fill_null(default) == default
        if series.name == "name":
            same = series == frame["id"]
        if series.name in required or not same.all():
            kept.append(series)
    return join_ranges(pl.DataFrame(kept))


def _make_head(tables: Tables) -> dict[str, Any]:
    head = {
        "title": tables.title, "weight_unit": tables.weight_unit,
        "hindsight": tables.hindsight, "sources": dict(tables.sources),
    }  # fmt: skip
    return {key: value for key, value in head.items() if value}


def _make_items(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in frame.to_dicts()]


def _dump(document: dict[str, Any]) -> bytes:
    import yaml

    text: bytes = yaml.dump(
        document, Dumper=yaml.CSafeDumper, encoding="utf-8",
        allow_unicode=True, sort_keys=False, width=10_000,
    )  # fmt: skip
    return text


def _refuse_failure(write: Callable[[], object], target: Path) -> None:
    try:
        write()
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{target}: cannot be written: {reason}") from error
