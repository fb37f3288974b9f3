"""knockon's own tables as one JSON file: the lists and the head of the YAML file."""

from collections.abc import Mapping
from dataclasses import replace

from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.table import settle_tables
from knockon.loaders.native.yaml import build_tables, parse
from knockon.loaders.parsing.source import Source, SourceLike


def read_native_json(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """One JSON object with the lists `entities` (may be absent) and `dependencies`, and a head.

    mapping: {their column: ours}. Raises InputError with every unknown key, and the line of it.
    """
    source = Source.of(source)
    tables = build_tables(parse(source))
    if not mapping:
        return tables
    named = settle_tables(source, tables.dependencies, tables.entities, mapping=mapping)
    return replace(
        tables,
        entities=named.entities,
        dependencies=named.dependencies,
        report=(*tables.report, *named.report),
    )
