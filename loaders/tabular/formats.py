"""Tables of no fixed meaning: spreadsheets, JSON, and the lists of a CMDB."""

from knockon.loaders.formats import GROUPS, ROWS, Format
from knockon.loaders.parsing.source import Source


def _is_excel(source: Source) -> bool:
    """A ZIP archive whose directory names the parts of a workbook."""
    return "xl/workbook.xml" in source.zip_names


def _is_servicenow(source: Source) -> bool:
    """Records with relations, or with the ends and the type of one: the first of them tells."""
    answer = source.parsed_json
    answers = answer if isinstance(answer, list) else [answer]
    for one in answers[:1]:
        result = one.get("result") if isinstance(one, dict) else None
        records = result if isinstance(result, list) else [result]
        for record in records[:1]:
            if isinstance(record, dict) and (
                {"outbound_relations", "inbound_relations"} & record.keys()
                or {"parent", "child", "type"} <= record.keys()
            ):
                return True
    return False


def _is_json(source: Source) -> bool:
    if source.first_record:
        return False
    return source.head_text.lstrip().startswith("[") or "dependencies" in source.json_keys


FORMATS = (
    Format(
        name="excel",
        what="dependencies in an Excel workbook, of any column names",
        entities="rows of the sheet `entities`, else every dependent and provider",
        dependencies=f"{ROWS}; of the sheet `dependencies`, or the only one",
        groups=GROUPS,
        export="save as .xlsx",
        sign="an Office document with a workbook",
        module="knockon.loaders.tabular.workbook",
        matches=_is_excel,
        options=("mapping",),
        binary=True,
        general=True,
    ),
    Format(
        name="servicenow",
        what="ServiceNow: relations of the CMDB as JSON",
        entities="each item of a relation",
        dependencies="each relation, its direction told by its type",
        export="GET /api/now/table/cmdb_rel_ci?sysparm_display_value=all, or "
        "/api/now/cmdb/instance/CLASS/ID; as CSV, the list `cmdb_rel_ci` with parent, child, type",
        sign="a JSON object with result, holding relations",
        module="knockon.loaders.tabular.servicenow",
        matches=_is_servicenow,
    ),
    Format(
        name="ndjson",
        what="dependencies as one JSON object per line",
        entities="every dependent and provider",
        dependencies=ROWS,
        groups=GROUPS,
        export="log pipelines, `jq -c`, DuckDB `COPY ... (FORMAT json)`",
        sign="JSON objects, one a line",
        module="knockon.loaders.tabular.json_tables",
        matches=lambda source: bool(source.first_record),
        options=("mapping",),
        general=True,
    ),
    Format(
        name="json",
        what="dependencies as a JSON list of objects",
        entities="items of `entities` (may be absent)",
        dependencies=f"{ROWS}; of the list, or of `dependencies`",
        groups=GROUPS,
        export="what any service answers: a list, or an object with entities and dependencies",
        sign="a JSON list, or a JSON object with dependencies",
        module="knockon.loaders.tabular.json_tables",
        matches=_is_json,
        options=("mapping",),
        general=True,
    ),
)
