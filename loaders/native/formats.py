"""knockon's own formats."""

from knockon.graph.model.tables import ENDS
from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_EXPORT = "`knockon load SOURCE -o FOLDER` writes it; so does any spreadsheet"
_ROWS = "each row; ends by column name, by --map, or guessed (child and parent, from and to, ...)"
_GROUPS = "rows of one dependent with the same `group`"


def _is_folder(source: Source) -> bool:
    return bool({"dependencies.csv", "dependencies.parquet"} & source.names)


def _is_yaml(source: Source) -> bool:
    if source.looks_like_json:
        return False
    return source.suffix in (".yaml", ".yml") or any(
        line.startswith(("dependencies:", "entities:")) for line in source.head_text.splitlines()
    )


def _is_csv(source: Source) -> bool:
    if source.suffix == ".csv" and not source.looks_like_json:
        return True
    if source.suffix == ".tsv" and "\t" in source.first_line:
        return True
    return any(
        set(ENDS) <= {c.strip(' "') for c in source.first_line.split(mark)} for mark in ",\t;|"
    )


FIRST = (
    Format(
        "folder", "knockon's own tables: a folder of CSV or Parquet files",
        "rows of entities.csv (may be absent)", "rows of dependencies.csv", _EXPORT,
        "a folder with dependencies.csv or dependencies.parquet",
        "knockon.loaders.native.folder", _is_folder, _GROUPS,
    ),
    Format(
        "parquet", "dependencies in one Parquet file, of any column names",
        "every dependent and provider", _ROWS, "whatever writes Parquet: pandas, DuckDB, Spark",
        "a Parquet file",
        "knockon.loaders.native.parquet", lambda source: source.is_parquet, _GROUPS, ("mapping",),
    ),
)  # fmt: skip

# asked after all others: their signs are words that other formats may hold, too
LAST = (
    Format(
        "yaml", "knockon's own tables in one YAML file",
        "items of `entities` (may be absent)", "items of `dependencies`", "written by hand",
        "YAML with a list `dependencies`",
        "knockon.loaders.native.yaml", _is_yaml, _GROUPS,
    ),
    Format(
        "csv", "dependencies in one CSV or TSV file, of any column names",
        "every dependent and provider", _ROWS, "any spreadsheet or database: save as CSV",
        "CSV with columns dependent and provider, or a name that ends in .csv or .tsv",
        "knockon.loaders.native.folder", _is_csv, _GROUPS, ("mapping",),
    ),
)  # fmt: skip
