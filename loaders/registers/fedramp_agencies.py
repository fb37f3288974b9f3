"""Who is who among the agencies of the FedRAMP feed: names, codes and parents.

The list `Agencies` is the first authority: a row names a sub-agency (`sub`, with the code
`sub_id`) or a department (`parent`, with the code `id`). `AtoMapping` and `ReuseMapping` repeat
codes with names, and at times pair the code of a sub-agency with the name of its parent; they
only help where `Agencies` is silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.model.tables import FILE
from knockon.loaders.assembling.findings import Findings

SECTOR, COUNTRY = "federal government", "US"
Agency = dict[str, str | None]


@dataclass(frozen=True)
class Directory:
    """Names by code, parents by name, and the products that the mappings name, with places."""

    names: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    products: list[tuple[str, str]] = field(default_factory=list)


def read_directory(data: dict[str, Any], findings: Findings) -> Directory:
    """The directory of one edition; names that contradict each other are counted."""
    directory = Directory()
    for place, row in _records(data, "Agencies", findings):
        code = _text(row, "sub_id") if _text(row, "sub") else _text(row, "id")
        _enter(directory, row, code or _text(row, "id"), place, findings)
    for key in ("AtoMapping", "ReuseMapping"):
        for place, row in _records(data, key, findings):
            directory.products.append((place, str(row.get("id", ""))))
            code = _text(row, "sub_id") or _text(row, "agency_id")
            _enter(directory, row, code, place, findings)
    return directory


def agency_rows(
    listed: dict[str, str], directory: Directory, findings: Findings, *, file: str
) -> list[Agency]:
    """One entity per agency as listed (name or code -> first place), sorted by how it is listed."""
    rows: list[Agency] = []
    for entry, place in sorted(listed.items()):
        name = directory.names.get(entry)
        if name is None and entry[:1].isdigit():
            findings.add(
                "note", "an agency code that the feed does not resolve", f"{entry} at {place}"
            )
        parent = directory.parents.get(name or entry)
        rows.append(
            {
                "id": f"agency:{entry}",
                "name": f"{name} ({entry})" if name else entry,
                "kind": "enterprise",
                "parent": f"agency:{parent}" if parent else None,
                "sector": SECTOR,
                "country": COUNTRY,
                "same_as": f"agency:{name}" if name in listed else None,
                FILE: f"{file}#{place}",
            }
        )
    return rows


def _records(
    data: dict[str, Any], key: str, findings: Findings
) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = data.get(key)
    if not isinstance(rows, list):
        findings.add("note", f"the list {key} is missing", f"data.{key}")
        return
    for number, row in enumerate(rows):
        place = f"data.{key}[{number}]"
        if isinstance(row, dict):
            yield place, row
        else:
            findings.add("dropped", f"a record of {key} that is no object", place)


def _enter(
    directory: Directory, row: dict[str, Any], code: str, place: str, findings: Findings
) -> None:
    """Add what a row says, where nothing better is known yet."""
    parent, sub = _text(row, "parent"), _text(row, "sub")
    name = sub or parent
    if not name:
        findings.add("note", "a row that names no agency", place)
        return
    if sub and parent and sub != parent:
        directory.parents.setdefault(sub, parent)
    if not code:
        findings.add("note", "a row that names an agency without its code", f"{name} at {place}")
        return
    known = directory.names.setdefault(code, name)
    if known != name:
        findings.add(
            "note", "an agency code with two names; the first is kept",
            f"{code}: {known}, or {name} at {place}",
        )  # fmt: skip


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
