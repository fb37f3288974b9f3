"""Neo4j's JSON export: nodes and relationships, one a line, in a list, or below `nodes` and `rels`.

APOC's `apoc.export.json.all` (https://neo4j.com/docs/apoc/current/export/json/), in each of its
formats JSON_LINES, ARRAY_JSON, JSON and JSON_ID_AS_KEYS. A graph database
does not say which end of a relationship needs the other, so only types of the table are read;
others are counted, and `--map TYPE=relation` reads them from start to end, `--map TYPE=~relation`
from end to start.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.databases.neo4j_query import IDS, KINDS, NAMES, snake
from knockon.loaders.parsing.source import Source, SourceLike

PARTS = ("nodes", "rels")
# types whose start needs their end, with our relation
RELATIONS = {
    "DEPENDS_ON": "uses",
    "USES": "uses",
    "CALLS": "uses",
    "CONNECTS_TO": "uses",
    "RUNS": "runs",
    "RUNS_ON": "hosted_on",
    "HOSTED_ON": "hosted_on",
    "AUTHENTICATES_WITH": "authenticates_with",
    "SUPPLIED_BY": "supplied_by",
    "OPERATED_BY": "operated_by",
}


def read_neo4j_export(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """Nodes, and the relationships whose direction is known.

    mapping: type of relationship -> our relation, with `~` before it where the end needs the start
    Raises InputError where something is no node or relationship.
    """
    source = Source.of(source)
    known = {**RELATIONS, **(mapping or {})}
    rows = Rows(source.name, f"Neo4j export {source.name}")
    ids: dict[str, str] = {}
    links: list[tuple[str, dict[str, Any]]] = []
    for where, record in _list_records(source):
        kind = record.get("type") if isinstance(record, dict) else None
        if kind == "node":
            _node(rows, record, ids, where)
        elif kind == "relationship":
            links.append((where, record))
        else:
            place = where.replace("line ", "", 1) if source.first_record else f" {where}"
            raise InputError(f"{source.name}:{place}: expected a node or relationship of Neo4j")
    for where, record in links:
        type_ = record.get("label")
        relation = known.get(type_) if isinstance(type_, str) else None
        if relation is None:
            reason = f"a relationship {clip(str(type_), 40)}: --map tells which end needs the other"
            rows.findings.add("dropped", reason, where)
            continue
        start, end = (_end(record, key, ids) for key in ("start", "end"))
        if start is None or end is None:
            rows.findings.add("dropped", "a relationship without a node at an end", where)
            continue
        if relation.startswith("~"):
            start, end, relation = end, start, relation[1:]
        rows.add_dependency(dependent=start, provider=end, relation=relation, where=where)
    return rows.build_tables(
        f"Neo4j export {clip(source.name, 60)}", "CALL apoc.export.json.all(...)"
    )


def _list_records(source: Source) -> Iterator[tuple[str, Any]]:
    """Nodes and relationships, each with its place: nodes may come after what joins them."""
    if source.first_record:
        yield from ((f"line {line}", record) for line, record in source.json_lines)
        return
    whole = source.json
    parts = {"": whole} if isinstance(whole, list) else {k: whole.get(k) for k in PARTS}
    for part, records in parts.items():
        items = records.items() if isinstance(records, dict) else enumerate(records or [])
        yield from ((f"{part}[{key}]", record) for key, record in items)


def _node(rows: Rows, record: dict[str, Any], ids: dict[str, str], where: str) -> None:
    number, properties = record.get("id"), record.get("properties")
    texts = {
        key: str(value)
        for key, value in (properties if isinstance(properties, dict) else {}).items()
        if isinstance(value, str | int) and str(value).strip()
    }
    identifier = next((texts[key] for key in IDS if key in texts), None)
    if not isinstance(number, str) or not number:
        rows.findings.add("dropped", "a node without an id", where)
        return
    labels = record.get("labels")
    listed = sorted(v for v in labels if isinstance(v, str)) if isinstance(labels, list) else []
    ids[number] = identifier or f"node {number}"
    kinds = [KINDS[label] for label in listed if label in KINDS] + [snake(v) for v in listed]
    new = rows.add_entity(
        ids[number], where, name=next((texts[k] for k in NAMES if k in texts), None),
        kind=kinds[0] if kinds else "unknown", labels=", ".join(listed) or None,
    )  # fmt: skip
    if not new:
        rows.findings.add("merged", "a node whose id another one has", f"{ids[number]} at {where}")


def _end(record: dict[str, Any], key: str, ids: Mapping[str, str]) -> str | None:
    held = record.get(key)
    number = held.get("id") if isinstance(held, dict) else None
    return ids.get(number) if isinstance(number, str) else None
