"""Relations of a ServiceNow CMDB as JSON, by the Table API or the CMDB Instance API.

Of an item in the latter, `outbound_relations` are those whose parent it is, `inbound_relations`
those whose child it is. What a type says of who needs whom: `assembling/cmdb.py`.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, Tables
from knockon.loaders.assembling.cmdb import direct_relations
from knockon.loaders.parsing.source import Source, SourceLike

_ENDS_THERE = ("parent", "child")


def read_servicenow(source: SourceLike) -> Tables:
    """JSON of the Table API (`cmdb_rel_ci`) or of the CMDB Instance API: one answer, or several.

    Items are known by their `sys_id`, with their names beside. Raises InputError with the path of
    what is missing.
    """
    source = Source.of(source)
    items: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    for record, place in _records(source.json, source.name):
        if isinstance(record.get("attributes"), dict):
            _instance(record, place, items, rows, faults)
        else:
            ends = [_item(record.get(end), f"{place}.{end}", items, faults) for end in _ENDS_THERE]
            kind = _shown(record.get("type"), f"{place}.type", faults)
            rows.append({"parent": ends[0], "child": ends[1], "type": kind, FILE: place})
    if faults:
        raise InputError.of(faults)
    if not rows and not items:
        raise InputError(
            f"{source.name}: expected relations with parent, child and type, found none"
        )
    text = dict.fromkeys(("parent", "child", "type", FILE), pl.String)
    frame, report = direct_relations(
        pl.DataFrame(rows, schema=text), {n: n for n in ("parent", "child", "type")}, source.name
    )
    columns = dict.fromkeys(k for item in items.values() for k in item)
    entities = pl.DataFrame(list(items.values()), schema=dict.fromkeys(columns, pl.String))
    return Tables(entities=entities, dependencies=frame, report=tuple(report))


def _records(document: Any, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The records of one answer `{"result": ...}` or a list of answers, each with its path."""
    answers = document if isinstance(document, list) else [document]
    for i, answer in enumerate(answers):
        at = f"{name}#[{i}].result" if isinstance(document, list) else f"{name}#result"
        result = answer.get("result") if isinstance(answer, dict) else None
        listed = [result] if isinstance(result, dict) else result
        if not isinstance(listed, list):
            raise InputError(f"{at}: expected an object or a list")
        for j, record in enumerate(listed):
            place = at if isinstance(result, dict) else f"{at}[{j}]"
            if not isinstance(record, dict):
                raise InputError(f"{place}: expected an object, got {clip(str(record), 40)!r}")
            yield record, place


def _instance(
    record: dict[str, Any], place: str, items: dict[str, dict[str, Any]],
    rows: list[dict[str, Any]], faults: list[str],
) -> None:  # fmt: skip
    """One item of the Instance API with its relations: outbound ones have it as their parent."""
    about = record["attributes"]
    own = _item(about, f"{place}.attributes", items, faults)
    items.setdefault(own, {}).update({
        "name": str(about.get("name") or own), FILE: place,
        "sys_class_name": str(about.get("sys_class_name") or "") or None,
    })  # fmt: skip
    for key in ("outbound_relations", "inbound_relations"):
        listed = record.get(key) or []
        if not isinstance(listed, list):
            faults.append(f"{place}.{key}: expected a list, got {clip(str(listed), 40)!r}")
            continue
        for i, relation in enumerate(listed):
            at = f"{place}.{key}[{i}]"
            if not isinstance(relation, dict):
                faults.append(f"{at}: expected an object")
                continue
            other = _item(relation.get("target"), f"{at}.target", items, faults)
            parent, child = (own, other) if key.startswith("out") else (other, own)
            kind = _shown(relation.get("type"), f"{at}.type", faults)
            rows.append({"parent": parent, "child": child, "type": kind, FILE: at})


def _item(value: Any, place: str, items: dict[str, dict[str, Any]], faults: list[str]) -> str:
    """The id of an item, which is added with its name where it is new."""
    found = value if isinstance(value, dict) else {"value": value}
    identifier = found.get("value") or found.get("sys_id")
    if not isinstance(identifier, str) or not identifier.strip():
        faults.append(f"{place}: expected an item with a sys_id, got {clip(str(value), 40)!r}")
        return ""
    name = found.get("display_value") or found.get("name") or identifier
    items.setdefault(identifier, {"id": identifier, "name": str(name), FILE: place})
    return identifier


def _shown(value: Any, place: str, faults: list[str]) -> str:
    """The text that is shown for a type; its sys_id says nothing."""
    text = value.get("display_value") if isinstance(value, dict) else value
    if not isinstance(text, str) or "::" not in text:
        faults.append(
            f"{place}: expected a type such as 'Depends on::Used by' "
            f"(sysparm_display_value=all), got {clip(str(text), 40)!r}"
        )
        return ""
    return text
