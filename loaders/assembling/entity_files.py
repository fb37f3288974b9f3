"""Tables of entities beside a table of dependencies: a sheet, a list, or files of their own."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Finding
from knockon.loaders.assembling.columns import ENTITY_NAMES, Said, map_names
from knockon.loaders.assembling.ends import spell
from knockon.loaders.assembling.neo4j_csv import name_nodes
from knockon.loaders.parsing.csv_text import SEPARATORS, read_csv_table
from knockon.loaders.parsing.source import Source

_IDS = ("id", "entity", "key", "name")  # what may stand for the id of an entity
_NAMES = ("label", "title", "display_name")  # what may stand for its name


def read_entities(
    files: Sequence[Path | str] | Path | str, said: Said, spaced: bool, report: list[Finding]
) -> pl.DataFrame:
    """The entities in CSV files: Gephi's and Neo4j's tables of nodes, or any with a column of ids.

    spaced: ids get the name of their id space (`neo4j_csv`)
    """
    frames: list[pl.DataFrame] = []
    for file in [files] if isinstance(files, str | Path) else files:
        source = Source.of(file)
        frame = read_csv_table(source, "".join(SEPARATORS))
        frame = settle_entities(name_nodes(frame, spaced), said, source.name, report)
        if "id" not in frame.columns:
            have = some((repr(clip(c, 40)) for c in frame.columns if c not in (FILE, LINE)), 8)
            raise InputError(
                f"{source.name}: --entities: expected a column of ids ({', '.join(_IDS)}), found "
                f"{have}; --map 'COLUMN=id' names it"
            )
        report.append(Finding("read", frame.height, f"entities from {source.name}"))
        frames.append(frame)
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def settle_entities(
    frame: pl.DataFrame, said: Said, place: str, report: list[Finding]
) -> pl.DataFrame:
    """A table of entities with our names; where no column is `id`, the most likely one is taken."""
    ours = {theirs: name for theirs, name in said.columns.items() if name in ENTITY_NAMES}
    frame = frame.rename(map_names(frame.columns, ours, place))
    words = {spell(c): c for c in frame.columns if c not in (FILE, LINE)}
    if "id" not in frame.columns:
        key = next((words[w] for w in _IDS if w in words), None)
        if key is None:
            return frame
        report.append(Finding("note", 1, f"{clip(key, 40)!r} is taken as the id of entities"))
        frame = frame.with_columns(pl.col(key).alias("id"))
        frame = frame.drop(key) if key != "id" and spell(key) == "id" else frame
    label = next((words[w] for w in _NAMES if w in words), None)
    if label is not None and "name" not in words:
        frame = frame.rename({label: "name"})
    return frame
