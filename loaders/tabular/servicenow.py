"""Relations of a ServiceNow CMDB (table `cmdb_rel_ci`): what each type says of who needs whom.

A relation has a parent, a child and a type `parent descriptor::child descriptor`: of `Depends
on::Used by`, the parent depends on the child, and the child is used by the parent. Sources: the
table `cmdb_rel_type` as delivered; the CMDB
Instance API, where `outbound_relations` of an item are those
whose parent it is, `inbound_relations` those whose child it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ENDS, FILE, Finding, Tables
from knockon.loaders.parsing.source import Source, SourceLike

# what the parent does to the child: does the parent depend on the child, and by which relation
TYPES: Mapping[str, tuple[bool, str]] = {
    "depends on": (True, "uses"), "used by": (False, "uses"),
    "uses": (True, "uses"), "consumes": (True, "uses"), "consumed by": (False, "uses"),
    "runs on": (True, "hosted_on"), "runs": (False, "hosted_on"),
    "hosted on": (True, "hosted_on"), "hosts": (False, "hosted_on"),
    "virtualized by": (True, "hosted_on"), "virtualizes": (False, "hosted_on"),
    "located in": (True, "hosted_on"), "houses": (False, "hosted_on"),
    "contains": (True, "contains"), "contained by": (False, "contains"),
    "members": (True, "contains"), "member of": (False, "contains"),
    "connects to": (True, "uses"), "connected by": (False, "uses"),
    "receives data from": (True, "uses"), "sends data to": (False, "uses"),
    "powered by": (True, "uses"), "powers": (False, "uses"),
    "impacted by": (True, "uses"), "impacts": (False, "uses"),
    "provided by": (True, "supplied_by"), "provides": (False, "supplied_by"),
    "managed by": (True, "operated_by"), "manages": (False, "operated_by"),
}  # fmt: skip
_ENDS_THERE = ("parent", "child")
_PARENTS = ("parent", "u_name", "parent.name", "parent_name")
_CHILDREN = ("child", "child.name", "child_name")
_KINDS = ("type", "type.name", "relationship", "relationship_type")


def fits(frame: pl.DataFrame, words: Mapping[str, str]) -> bool:
    """Whether these columns are those of an export of relations: a type holds `::`."""
    found = [_column(words, names) for names in (_PARENTS, _CHILDREN, _KINDS)]
    if None in found or not frame.height:
        return False
    return bool(frame.select(pl.col(str(found[2])).cast(pl.String).str.contains("::").any()).item())


def states(
    frame: pl.DataFrame, words: Mapping[str, str], place: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """The relations as dependencies. Types that say nothing of who needs whom are dropped.

    words: the names of the columns of the frame, by how guesses spell them
    """
    parent, child, kind = (str(_column(words, n)) for n in (_PARENTS, _CHILDREN, _KINDS))
    said = pl.col(kind).cast(pl.String).str.split("::").list.first().str.strip_chars()
    placed = frame.with_columns(said.str.to_lowercase().alias("_said"))
    needs = {word: parent_needs for word, (parent_needs, _) in TYPES.items()}
    relations = {word: relation for word, (_, relation) in TYPES.items()}
    needing = pl.col("_said").replace_strict(needs, default=None, return_dtype=pl.Boolean)
    placed = placed.with_columns(
        pl.when(needing).then(parent).when(~needing).then(child).alias(ENDS[0]),
        pl.when(needing).then(child).when(~needing).then(parent).alias(ENDS[1]),
        pl.col("_said").replace_strict(relations, default=None, return_dtype=pl.String)
        .alias("relation"),
        needing.is_null().alias("_lost"),
    )  # fmt: skip
    lost = placed.filter("_lost")
    kept = placed.filter(~pl.col("_lost")).drop("_said", "_lost", parent, child)
    report = [
        Finding("note", kept.height, "a relation of ServiceNow, its direction told by its type")
    ]
    if lost.height:
        shown = tuple(
            f"{clip(str(name), 60)}: {count:,}"
            for name, count in lost.group_by(kind).len().sort("len", kind, descending=[True, False])
            .head(5).iter_rows()
        )  # fmt: skip
        reason = f"a relation of a type that says nothing of who needs whom, of {frame.height:,}"
        report.append(Finding("dropped", lost.height, reason, shown))
    return kept, report


def _column(words: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((words[name] for name in names if name in words), None)


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
    frame, report = states(
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
