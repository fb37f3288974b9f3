"""knockon's own formats."""

from knockon.loaders.formats import Format
from knockon.loaders.probe import Probe

_EXPORT = "`knockon load SOURCE -o FOLDER` writes it; so does any spreadsheet"
_GROUPS = "rows of one dependent with the same `group`"


def _is_folder(seen: Probe) -> bool:
    return bool({"dependencies.csv", "dependencies.parquet"} & seen.names)


def _is_yaml(seen: Probe) -> bool:
    if seen.looks_like_json:
        return False
    return seen.suffix in (".yaml", ".yml") or any(
        line.startswith(("dependencies:", "entities:")) for line in seen.text.splitlines()
    )


def _is_csv(seen: Probe) -> bool:
    if seen.suffix == ".csv" and not seen.looks_like_json:
        return True
    return {"dependent", "provider"} <= {c.strip(' "') for c in seen.first_line.split(",")}


FIRST = (
    Format(
        "folder", "knockon's own tables: a folder of CSV or Parquet files",
        "rows of entities.csv (may be absent)", "rows of dependencies.csv", _EXPORT,
        "a folder with dependencies.csv or dependencies.parquet",
        "knockon.loaders.native", _is_folder, _GROUPS,
    ),
    Format(
        "parquet", "knockon's dependencies in one Parquet file",
        "every dependent and provider", "each row", _EXPORT,
        "a Parquet file with columns dependent and provider",
        "knockon.loaders.native_parquet", lambda seen: seen.is_parquet, _GROUPS,
    ),
)  # fmt: skip

# asked after all others: their signs are words that other formats may hold, too
LAST = (
    Format(
        "yaml", "knockon's own tables in one YAML file",
        "items of `entities` (may be absent)", "items of `dependencies`", "written by hand",
        "YAML with a list `dependencies`",
        "knockon.loaders.native_yaml", _is_yaml, _GROUPS,
    ),
    Format(
        "csv", "knockon's dependencies in one CSV file",
        "every dependent and provider", "each row", _EXPORT,
        "CSV with columns dependent and provider",
        "knockon.loaders.native", _is_csv, _GROUPS,
    ),
)  # fmt: skip
