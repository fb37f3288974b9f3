"""Relations of a ServiceNow CMDB (table `cmdb_rel_ci`), in each form in which they are exported.

JSON of the Table API with `sysparm_display_value` true, false or all, of JSONv2 (`records`), of the
CMDB Instance API (of an item, `outbound_relations` are those whose parent it is,
`inbound_relations` those whose child it is); XML of a list, of a URL (`?XML`) and of the Table API.
Items are known by their `sys_id` where one is told, with their names beside. What a type says of
who needs whom: `assembling/relation_words.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ENDS, FILE, Finding, Tables
from knockon.loaders.assembling.columns import find_unknown_names, parse_mapping
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.relation_words import TURN, orient, strip_word, tell_lost
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.tabular.servicenow_xml import walk_records

RELATIONS = ("outbound_relations", "inbound_relations")
PERCENT = "percent_outage"  # what an outage of the child is to the parent, in per cent
_ID = re.compile(r"[0-9a-f]{32}")
# ids of types as delivered, for exports that show no names
TYPES = {
    "1a9cb166f1571100a92eb60da2bce5c5": "Depends on::Used by",
    "cb5592603751200032ff8c00dfbe5d17": "Uses::Used by",
    "60bc4e22c0a8010e01f074cbe6bd73c3": "Runs on::Runs",
    "5f985e0ec0a8010e00a9714f2a172815": "Hosted on::Hosts",
    "d93304fb0a0a0b78006081a72ef08444": "Virtualized by::Virtualizes",
    "aa9434870ab301544ce2943bf03fd7a8": "Registered on::Has registered",
    "de5aeb6a0ab3015854626f204fb7b1c0": "Defines resources for::Gets resources from",
    "55c95bf6c0a8010e0118ec7056ebc54d": "Contains::Contained by",
    "55c913d3c0a8010e012d1563182d6050": "Members::Member of",
    "a99d39118f10310091769012cbbe4429": "Cluster of::Cluster",
    "41008aa6ef32010098d5925495c0fb94": "Consumes::Consumed by",
    "f67e9ecdff602000dada361332f49d35": "Provides::Provided by",
    "4afd799338a02000c18673032c71b817": "Provided By::Provides",
    "607ad1b2c0a8010e01941856b365af90": "Exchanges data with::Exchanges data with",
    "25242fb2377a9200738d021a54990e88": "Owns::Owned by",
}


@dataclass
class _Gathered:
    """What was read: items by id, relations, and what was odd."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)

    def item(self, value: Any, place: str, **about: Any) -> str | None:
        """The id of an item, which is added, or filled, with what is said of it."""
        identifier, name = _identify(value)
        if identifier is None:
            return None
        known = self.items.setdefault(identifier, {"id": identifier, FILE: place})
        for column, cell in (("name", name), *about.items()):
            if cell and not known.get(column):
                known[column] = str(cell)
        return identifier

    def relation(
        self, parent: str | None, child: str | None, kind: Any, place: str, percent: Any = None
    ) -> None:
        """A relation between two items; one without a parent, a child or a type is told."""
        identifier, shown = _identify(kind)
        text = shown or TYPES.get(identifier or "", identifier)
        for what, there in (("parent", parent), ("child", child), ("type", text)):
            if there is None:
                self.found.add("dropped", f"a relation without a {what}", place)
                return
        share = _identify(percent)[1] or None
        row = {ENDS[0]: parent, ENDS[1]: child, "type": text, PERCENT: share, FILE: place}
        self.rows.append(row)


def read_servicenow(
    source: SourceLike, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """The relations of one answer, or of several, each the way its type says.

    mapping: {type: our relation}, such as {"Sits in::Holds": "hosted_on"}; both_ways: relations
    that are the same from both sides are read both ways. Raises InputError where none can be read.
    """
    source = Source.of(source)
    said = parse_mapping(mapping)
    gathered = _Gathered()
    if source.xml_root[1]:
        _gather_xml(source, gathered)
    else:
        for record, place in _walk_records(source.json, source.name, gathered):
            _gather(record, place, gathered)
    rows, items = gathered.rows, gathered.items
    if not rows and not items:
        raise InputError(
            f"{source.name}: expected relations with parent, child and type, found none"
        )
    text = dict.fromkeys((*ENDS, "type", PERCENT, FILE), pl.String)
    frame = pl.DataFrame(rows, schema=text)
    if frame[PERCENT].null_count() == frame.height:
        frame = frame.drop(PERCENT)
    kept, lost = orient(frame, "type", said.relations, both_ways=both_ways)
    if rows and not kept.height:
        raise InputError(
            f"{rows[0][FILE]}.type: expected a type such as 'Depends on::Used by' "
            f"(sysparm_display_value=all shows it), got {clip(rows[0]['type'], 60)!r}; --map "
            f"'{clip(rows[0]['type'], 60)}=uses' says that a parent of this type needs its child"
        )
    report = [*gathered.found.report()]
    if rows:
        reason = "a relation of ServiceNow, its direction told by its type"
        report.append(Finding("note", kept.height, reason))
    if lost.height:
        report.append(tell_lost(lost, "type", frame.height, "a relation"))
    known = [t for t in said.theirs if any(_is_of(t, str(row["type"])) for row in rows)]
    report += find_unknown_names(said.theirs, [*known, *dict.fromkeys(frame["type"].to_list())])
    columns = dict.fromkeys(("id", "name", *(k for item in items.values() for k in item)))
    entities = pl.DataFrame([*items.values()], schema=dict.fromkeys(columns, pl.String))
    return Tables(entities=entities, dependencies=kept.drop(TURN), report=tuple(report))


def _is_of(theirs: str, kind: str) -> bool:
    return strip_word(theirs) in (strip_word(kind), strip_word(kind.partition("::")[0]))


def _walk_records(
    document: Any, name: str, gathered: _Gathered
) -> Iterator[tuple[dict[str, Any], str]]:
    """The records of one answer `{"result": ...}` or `{"records": ...}`, of a list of answers, or
    of a plain list, each with its path.
    """
    answers = document if isinstance(document, list) else [document]
    for i, answer in enumerate(answers):
        at = f"{name}#[{i}]" if isinstance(document, list) else f"{name}#"
        if isinstance(answer, dict) and {"parent", "child"} & answer.keys():
            yield answer, at
            continue
        key = next(
            (k for k in ("result", "records") if isinstance(answer, dict) and k in answer), ""
        )
        at += f".{key}" if isinstance(document, list) else key
        result = answer[key] if key else None
        listed = [result] if isinstance(result, dict) else result
        if not isinstance(listed, list):
            raise InputError(f"{at}: expected an object or a list")
        for j, record in enumerate(listed):
            place = at if isinstance(result, dict) else f"{at}[{j}]"
            if isinstance(record, dict):
                yield record, place
            else:
                gathered.found.add("dropped", "a record that is no object", place)


def _gather(record: dict[str, Any], place: str, gathered: _Gathered) -> None:
    """One record: an item of the Instance API with its relations, or one relation."""
    about = record.get("attributes")
    if isinstance(about, dict):
        _gather_item(record, about, place, gathered)
        return
    ends = []
    for end in ("parent", "child"):
        shown = record.get(f"dv_{end}") or record.get(f"{end}.name")
        value = record.get(end, record.get(f"{end}.sys_id"))
        kind = _identify(record.get(f"{end}.sys_class_name"))
        about_it = {"name": _identify(shown)[1], "sys_class_name": kind[1] or kind[0]}
        ends.append(gathered.item(value if value else shown, f"{place}.{end}", **about_it))
    kind_of = record.get("dv_type") or record.get("type.name") or record.get("type")
    gathered.relation(ends[0], ends[1], kind_of, place, record.get(PERCENT))


def _gather_item(
    record: dict[str, Any], about: dict[str, Any], place: str, gathered: _Gathered
) -> None:
    """One item of the Instance API with its relations: outbound ones have it as their parent."""
    name, kind = _identify(about.get("name")), _identify(about.get("sys_class_name"))
    own = gathered.item(
        about.get("sys_id"), f"{place}.attributes", name=name[1] or name[0],
        sys_class_name=kind[1] or kind[0],
    )  # fmt: skip
    if own is None:
        raise InputError(
            f"{place}.attributes: expected an item with a sys_id, got {clip(str(about), 40)!r}"
        )
    for key in RELATIONS:
        listed = record.get(key) or []
        if not isinstance(listed, list):
            raise InputError(f"{place}.{key}: expected a list, got {clip(str(listed), 40)!r}")
        for i, relation in enumerate(listed):
            at = f"{place}.{key}[{i}]"
            if not isinstance(relation, dict):
                raise InputError(f"{at}: expected an object")
            other = gathered.item(relation.get("target"), f"{at}.target")
            parent, child = (own, other) if key.startswith("out") else (other, own)
            gathered.relation(parent, child, relation.get("type"), at, relation.get(PERCENT))


def _gather_xml(source: Source, gathered: _Gathered) -> None:
    for table, fields, place in walk_records(source.xml, source.name):
        if table == "cmdb_rel_ci" or {"parent", "child", "type"} <= fields.keys():
            _gather(fields, place, gathered)
        elif "sys_id" in fields and "name" in fields:
            name = _identify(fields["name"])
            gathered.item(fields["sys_id"], place, name=name[1] or name[0], sys_class_name=table)
        else:
            gathered.found.add("note", f"a record of {clip(table, 40)}, not read", place)


def _identify(value: Any) -> tuple[str | None, str | None]:
    """The sys_id of a value and the text that is shown for it, as far as each is told.

    A text alone is the id where it looks like one; else it is shown, and stands for the id, too.
    """
    if not isinstance(value, dict):
        text = str(value).strip() if isinstance(value, str | int) else ""
        if not text:
            return None, None
        return text, None if _ID.fullmatch(text) else text
    shown = _plain(value.get("display_value")) or _plain(value.get("name"))
    link = _plain(value.get("link")) or ""
    told = _plain(value.get("value")) or _plain(value.get("sys_id"))
    identifier = told or (link.rstrip("/").rpartition("/")[2] if "/" in link else None)
    return identifier or shown, shown


def _plain(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int) else None
