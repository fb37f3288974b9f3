"""A folder of knockon's own tables, as CSV or Parquet."""

from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.model.tables import ENDS, Finding, Tables
from knockon.loaders.assembling.cells import tell_lists
from knockon.loaders.native.formats import HEAD_KEYS
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.source import Source, SourceLike


def read_folder(source: SourceLike) -> Tables:
    """A folder with `dependencies` and perhaps `entities`, as .csv or .parquet, and `graph.yaml`.

    `graph.yaml` may hold the head: `title`, `weight_unit`, `hindsight`, `sources`.
    """
    source = Source.of(source)
    dependencies = _read_table(source.path, "dependencies")
    if dependencies is None:
        raise InputError(f"{source.place}: expected dependencies.csv or dependencies.parquet")
    entities = _read_table(source.path, "entities")
    report: list[Finding] = []
    tell_lists(dependencies, ENDS, report)
    return Tables(
        entities=pl.DataFrame() if entities is None else entities,
        dependencies=dependencies,
        report=tuple(report),
        **_read_head(source.path / "graph.yaml"),
    )


def _read_table(folder: Path, name: str) -> pl.DataFrame | None:
    found = [p for p in (folder / f"{name}.csv", folder / f"{name}.parquet") if p.exists()]
    if len(found) == 2:
        raise InputError(f"{folder}: both {name}.csv and {name}.parquet are there; keep one")
    if not found:
        return None
    if found[0].suffix == ".csv":
        return read_csv_table(found[0])
    from knockon.loaders.native.parquet import read_parquet_table

    return read_parquet_table(found[0])


def _read_head(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    from knockon.loaders.native.yaml import parse, read_head

    document = parse(path)
    for key, line in document.lines.items():
        if key not in HEAD_KEYS:
            hint = did_you_mean(key, HEAD_KEYS)
            raise InputError(f"{path.name}:{line}: unknown key {clip(key)!r}{hint}")
    return read_head(document)
