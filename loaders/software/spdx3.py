"""SPDX 3.0 in JSON-LD (SPDX 3.0.1, the JSON serialisation: `@context` and a flat `@graph`)."""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import clip
from knockon.loaders.software.spdx_document import (
    FILE_,
    NOTHING,
    OTHER,
    PACKAGE,
    SNIPPET,
    SpdxDocument,
    SpdxElement,
    SpdxRelationship,
)
from knockon.loaders.software.spdx_relations import FOLDS

THINGS = {
    "software_Package": PACKAGE,
    "ai_AIPackage": PACKAGE,
    "dataset_DatasetPackage": PACKAGE,
    "software_File": FILE_,
    "software_Snippet": SNIPPET,
    "Tool": OTHER,
    "build_Build": OTHER,
}
_PURPOSES = {"dataset_DatasetPackage": "data"}  # of packages that state none
_AGENTS = ("Organization", "Person")
_NOTHING = ("NoAssertionElement", "NoneElement")


def document_of_3(plain: Any) -> SpdxDocument | str:
    """The document in `@graph`, or in words what is wrong with it."""
    records = plain.get("@graph") if isinstance(plain, dict) else None
    if not isinstance(records, list):
        return "expected an SPDX 3 document with a list @graph"
    return _Reader(records).read()


class _Reader:
    def __init__(self, records: list[Any]) -> None:
        self._records = records
        self._by_id: dict[str, dict[str, Any]] = {}
        self.document = SpdxDocument("", "SPDX-3.0", "")

    def read(self) -> SpdxDocument | str:
        faults = self.document.faults
        placed = [(f"@graph[{n}]", record) for n, record in enumerate(self._records)]
        for place, record in placed:
            if not isinstance(record, dict):
                faults.append(f"{place}: expected an object, found {clip(str(record), 40)!r}")
                continue
            self._by_id.setdefault(self._id(record), record)
            self._head(record)
        for place, record in placed:
            kind = _type(record)
            if kind in THINGS:
                self._add(place, record, kind)
            elif "relationshipType" in record if isinstance(record, dict) else False:
                self._relate(place, record)
        if not self.document.id and not self.document.elements and not faults:
            return "expected an SpdxDocument or a software_Package in @graph; found neither"
        return self.document

    def _head(self, record: dict[str, Any]) -> None:
        kind = _type(record)
        if kind == "CreationInfo" and self.document.created is None:
            self.document.created = record.get("created")
            version = record.get("specVersion")
            if isinstance(version, str) and not version.startswith("3."):
                what = f"specVersion: expected 3.0 or later, got {clip(version, 40)!r}"
                self.document.faults.append(what)
        elif kind == "SpdxDocument":
            self.document.id = self._id(record)
            self.document.name = _word(record, "name")

    def _add(self, place: str, record: dict[str, Any], kind: str) -> None:
        identifier, name = self._id(record), _word(record, "name")
        if not identifier:
            self.document.faults.append(f"{place}: a {kind} without an spdxId")
            return
        if not name and THINGS[kind] == PACKAGE:
            self.document.faults.append(f"{place}: a {kind} without a name")
        element = SpdxElement(identifier, THINGS[kind], name or identifier, place)
        element.version = _word(record, "software_packageVersion")
        element.purl = _word(record, "software_packageUrl") or _purl(record)
        element.purpose = _word(record, "software_primaryPurpose") or _PURPOSES.get(kind, "")
        for key in ("suppliedBy", "originatedBy"):
            element.agents += self._agents(record.get(key))
        self.document.add(element)
        owner = _word(record, "software_snippetFromFile")
        if owner:
            self.document.owners.append((owner, identifier))

    def _agents(self, value: Any) -> Iterator[str]:
        for one in value if isinstance(value, list) else [value]:
            agent = self._by_id.get(one) if isinstance(one, str) else one
            if not isinstance(agent, dict):
                continue
            kind, name = _type(agent), _word(agent, "name")
            if kind in _AGENTS and name:
                yield f"{kind}: {name}"

    def _relate(self, place: str, record: dict[str, Any]) -> None:
        left, kind, rights = record.get("from"), record.get("relationshipType"), record.get("to")
        left = self._id(left) if isinstance(left, dict) else left
        if not isinstance(left, str) or not left or not isinstance(kind, str):
            self.document.faults.append(f"{place}: expected from, relationshipType and to")
            return
        for right in rights if isinstance(rights, list) else [rights]:
            right = self._id(right) if isinstance(right, dict) else right
            if not isinstance(right, str) or not right:
                self.document.faults.append(f"{place}: to: expected the id of an element")
                return
            target = self._by_id.get(right, {})
            if right.rpartition("/")[2] in _NOTHING or _type(target) in _NOTHING:
                right = NOTHING[0]
            scope = _word(record, "scope")
            relationship = SpdxRelationship(left, kind, right, place, scope)
            self.document.relationships.append(relationship)
            if kind in FOLDS and _type(target) == "software_File":
                self.document.owners.append((left, right))

    def _id(self, record: dict[str, Any]) -> str:
        return _word(record, "spdxId") or _word(record, "@id")


def _type(record: Any) -> str:
    kind = record.get("type", record.get("@type")) if isinstance(record, dict) else None
    return kind if isinstance(kind, str) else ""


def _word(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _purl(record: dict[str, Any]) -> str:
    """The package URL among the external identifiers of an element."""
    found = record.get("externalIdentifier")
    for one in found if isinstance(found, list) else ():
        kind = _word(one, "externalIdentifierType") if isinstance(one, dict) else ""
        if kind in ("packageUrl", "packageURL", "purl"):
            return _word(one, "identifier")
    return ""
