"""Lists that a question takes: fixes and their costs, or scenarios, as CSV, JSON or YAML.

In CSV an empty cell says nothing, and several origins stand in one cell with `;` between them.
Scalars of CSV and YAML are text; what reads the list knows what they mean.
"""

from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.native.formats import RULES
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.json_text import parse_json
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import parse_yaml

AT = "_at"  # of a row of CSV: where it stands, for messages
_MOST = 1 << 24  # bytes


def read_listed(path: Path) -> list[Any]:
    """The items of a file. Raises InputError."""
    with one_error(path):
        source = Source.of(path)
        if len(source.data) > _MOST:
            raise InputError(f"{source.name}: a list may have {_MOST:,} bytes, this one has more")
        if path.suffix.lower() == ".csv":
            return _read_rows(source)
        text = source.data.decode("utf-8-sig")
        if path.suffix.lower() == ".json":
            found = parse_json(text, source.name)
        elif path.suffix.lower() in (".yaml", ".yml"):
            (found,) = parse_yaml(text, source.name, RULES) or [None]
        else:
            raise InputError(f"{source.name}: expected a list as .csv, .json or .yaml")
    if not isinstance(found, list) or not found:
        raise InputError(f"{path.name}: expected a list, got {clip(repr(found))}")
    return found


def _read_rows(source: Source) -> list[Any]:
    rows = []
    for row in read_csv_table(source).iter_rows(named=True):
        at = f"{row.pop(FILE)}:{row.pop(LINE)}"
        stated: dict[str, Any] = {k: v for k, v in row.items() if v is not None and v.strip()}
        if "origins" in stated:
            stated["origins"] = [o.strip() for o in stated["origins"].split(";") if o.strip()]
        rows.append(stated | {AT: at})
    if not rows:
        raise InputError(f"{source.name}: expected at least one row, got none")
    return rows
