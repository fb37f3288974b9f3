"""Tables of no fixed meaning: spreadsheets, JSON, and the lists of a CMDB."""

from knockon.loaders.formats import GROUPS, ROWS, TABLE, Format
from knockon.loaders.parsing.source import Source


def _is_excel(source: Source) -> bool:
    """A ZIP archive whose directory names the parts of a workbook."""
    return "xl/workbook.xml" in source.zip_names


def _is_servicenow(source: Source) -> bool:
    """Records with relations, or with the ends and the type of one: the first of them tells."""
    if source.xml_root[1] in ("xml", "response"):
        return "<cmdb_rel_ci>" in source.head_text or all(
            f"<{word}>" in source.head_text for word in _RELATION
        )
    if source.xml_root[1]:
        return source.xml_root[1] == "unload"
    answer = source.parsed_json
    answers = answer if isinstance(answer, list) else [answer]
    for one in (a for a in answers[:1] if isinstance(a, dict)):
        result = one.get("result", one.get("records"))
        records = result if isinstance(result, list) else [result]
        for record in (r for r in records[:1] if isinstance(r, dict)):
            if {"outbound_relations", "inbound_relations"} & record.keys():
                return True
            if all({w, f"dv_{w}", f"{w}.name"} & record.keys() for w in _RELATION):
                return True
        if all(isinstance(one.get(w), dict) for w in _RELATION):  # of a plain list of records
            return True
    return False


def _is_json(source: Source) -> bool:
    if source.first_record:
        return False
    return source.head_text.lstrip().startswith("[") or "dependencies" in source.json_keys


_RELATION = ("parent", "child", "type")
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
        options=(*TABLE, "sheet", "header_row"),
        binary=True,
        general=True,
    ),
    Format(
        name="servicenow",
        what="ServiceNow: relations of the CMDB as JSON or XML",
        entities="each item of a relation",
        dependencies="each relation, its direction told by its type; unusual types by --map",
        export="GET /api/now/table/cmdb_rel_ci?sysparm_display_value=all, or "
        "/api/now/cmdb/instance/CLASS/ID, or the list `cmdb_rel_ci` exported as JSON, XML or CSV",
        sign="a JSON object with result or records, holding relations, or XML of an exported list",
        module="knockon.loaders.tabular.servicenow",
        inside=True,
        matches=_is_servicenow,
        options=("mapping", "both_ways"),
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
        options=TABLE,
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
        options=TABLE,
        general=True,
    ),
)
