"""knockon's own formats."""

from knockon.graph.model.tables import ENDS
from knockon.loaders.formats import GROUPS, ROWS, TABLE, Format
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import Rules

HEAD_KEYS = ("title", "weight_unit", "hindsight", "sources")
LISTS = ("entities", "dependencies")
# of an incident (incidents.py): an ordinary graph is read without them
INCIDENT_KEYS = ("scenario", "paired", "counted", "assumed", "date")
KEYS = (*LISTS, *HEAD_KEYS, *INCIDENT_KEYS)
RULES = Rules(depth=16, structures=False)


def _is_folder(source: Source) -> bool:
    return bool({"dependencies.csv", "dependencies.parquet"} & source.names)


def _is_yaml(source: Source) -> bool:
    if source.looks_like_json:
        return False
    named = source.suffix in (".yaml", ".yml")
    return named or any(source.yaml_mappings(key, rules=RULES) for key in LISTS)


def _is_native_json(source: Source) -> bool:
    """No key but ours, and rows with both ends by our names: others are tables of any names."""
    value = source.parsed_json
    if not isinstance(value, dict) or not value.keys() <= set(KEYS):
        return False
    rows = value.get("dependencies")
    if not isinstance(rows, list):
        return False
    return not rows or (isinstance(rows[0], dict) and rows[0].keys() >= set(ENDS))


def _is_csv(source: Source) -> bool:
    if source.suffix == ".csv" and not source.looks_like_json:
        return True
    if source.suffix == ".tsv" and "\t" in source.first_line:
        return True
    return any(
        set(ENDS) <= {c.strip(' "') for c in source.first_line.split(mark)} for mark in ",\t;|"
    )


FORMATS = (
    Format(
        name="folder",
        what="knockon's own tables: a folder of CSV or Parquet files",
        entities="rows of entities.csv (may be absent)",
        dependencies="rows of dependencies.csv",
        groups=GROUPS,
        export="`knockon load SOURCE -o FOLDER` writes it; so does any spreadsheet",
        sign="a folder with dependencies.csv or dependencies.parquet",
        module="knockon.loaders.native.folder",
        matches=_is_folder,
    ),
    Format(
        name="parquet",
        what="dependencies in one Parquet file, of any column names",
        entities="every dependent and provider",
        dependencies=ROWS,
        groups=GROUPS,
        export="whatever writes Parquet: pandas, DuckDB, Spark",
        sign="a Parquet file",
        module="knockon.loaders.native.parquet",
        matches=lambda source: source.is_parquet,
        options=TABLE,
    ),
    Format(
        name="native_json",
        what="knockon's own tables in one JSON file",
        entities="items of `entities` (may be absent)",
        dependencies="items of `dependencies`",
        groups=GROUPS,
        export="whatever writes JSON",
        sign="a JSON object with a list `dependencies` of objects with dependent and provider",
        module="knockon.loaders.native.native_json",
        matches=_is_native_json,
        options=("mapping",),
        general=True,
    ),
    Format(
        name="yaml",
        what="knockon's own tables in one YAML file",
        entities="items of `entities` (may be absent)",
        dependencies="items of `dependencies`",
        groups=GROUPS,
        export="written by hand",
        sign="YAML with a list `dependencies`",
        module="knockon.loaders.native.yaml",
        matches=_is_yaml,
        general=True,
    ),
    Format(
        name="csv",
        what="dependencies in one CSV or TSV file, of any column names",
        entities="every dependent and provider",
        dependencies=ROWS,
        groups=GROUPS,
        export="any spreadsheet or database: save as CSV",
        sign="CSV with columns dependent and provider, or a name that ends in .csv or .tsv",
        module="knockon.loaders.native.csv",
        matches=_is_csv,
        options=(*TABLE, "header_row"),
        general=True,
    ),
)
