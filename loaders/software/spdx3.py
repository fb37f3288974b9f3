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
    identify,
    word_of,
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
        placed = [(f"@graph[{n}]", record) for n, record in enumerate(self._records)]
        for place, record in placed:
            if not isinstance(record, dict):
                found = clip(str(record), 40)
                self.document.lose(f"expected an object, found {found!r}", place)
                continue
            self._by_id.setdefault(self._id(record), record)
            self._head(record)
        for place, record in placed:
            kind = _type(record)
            if kind in THINGS:
                self._add(place, record, kind)
            elif "relationshipType" in record if isinstance(record, dict) else False:
                self._relate(place, record)
        self._find_roots()
        document = self.document
        if not (document.id or document.elements or document.faults or document.lost):
            return "expected an SpdxDocument or a software_Package in @graph; found neither"
        return self.document

    def _find_roots(self) -> None:
        """The root elements of the document; of a list of its, those of that list."""
        stack, seen = [self.document.id], set()
        while stack:
            identifier = stack.pop()
            record = self._by_id.get(identifier, {})
            if identifier in seen:
                continue
            seen.add(identifier)
            if _type(record) in THINGS:
                self.document.roots.append(identifier)
            roots = record.get("rootElement")
            for one in roots if isinstance(roots, list) else [roots]:
                found = self._id(one) if isinstance(one, dict) else one
                if isinstance(found, str):
                    stack.append(found)

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
            self.document.name = word_of(record, "name")

    def _add(self, place: str, record: dict[str, Any], kind: str) -> None:
        identifier, name = self._id(record), word_of(record, "name")
        if not identifier:
            reason = f"a {kind} without an spdxId: nothing can refer to it"
            self.document.findings.add("note", reason, place)
            identifier = f"{self.document.id or 'document'}#{place}"
        element = SpdxElement(identifier, THINGS[kind], name or identifier, place)
        element.version = word_of(record, "software_packageVersion")
        element.purpose = word_of(record, "software_primaryPurpose") or _PURPOSES.get(kind, "")
        purls = [word_of(record, "software_packageUrl"), *_purls(record)]
        identify(element, purls, list(_digests(record)), self.document.findings)
        if not name and THINGS[kind] == PACKAGE:
            element.name = element.names.id or identifier
            reason = f"a {kind} whose name is empty: called by its id"
            self.document.findings.add("note", reason, place)
        for key in ("suppliedBy", "originatedBy"):
            element.agents += self._agents(record.get(key))
        self.document.add(element)
        owner = word_of(record, "software_snippetFromFile")
        if owner:
            self.document.owners.append((owner, element.id))

    def _agents(self, value: Any) -> Iterator[str]:
        for one in value if isinstance(value, list) else [value]:
            agent = self._by_id.get(one) if isinstance(one, str) else one
            if not isinstance(agent, dict):
                continue
            kind, name = _type(agent), word_of(agent, "name")
            if kind in _AGENTS and name:
                yield f"{kind}: {name}"

    def _relate(self, place: str, record: dict[str, Any]) -> None:
        left, kind, rights = record.get("from"), record.get("relationshipType"), record.get("to")
        left = self._id(left) if isinstance(left, dict) else left
        if not isinstance(left, str) or not left or not isinstance(kind, str):
            wanted = "expected from, relationshipType and to"
            self.document.lose(f"a relationship without its ends: {wanted}", place)
            return
        for right in rights if isinstance(rights, list) else [rights]:
            right = self._id(right) if isinstance(right, dict) else right
            if not isinstance(right, str) or not right:
                self.document.lose("to: expected the id of an element", place)
                continue
            target = self._by_id.get(right, {})
            if right.rpartition("/")[2] in _NOTHING or _type(target) in _NOTHING:
                right = NOTHING[0]
            scope = word_of(record, "scope")
            self.document.relate(SpdxRelationship(left, kind, right, place, scope))
            if kind in FOLDS and _type(target) == "software_File":
                self.document.owners.append((left, right))

    def _id(self, record: dict[str, Any]) -> str:
        return word_of(record, "spdxId") or word_of(record, "@id")


def _type(record: Any) -> str:
    kind = record.get("type", record.get("@type")) if isinstance(record, dict) else None
    return kind if isinstance(kind, str) else ""


def _purls(record: dict[str, Any]) -> Iterator[str]:
    """The package URLs among the external identifiers of an element."""
    found = record.get("externalIdentifier")
    for one in found if isinstance(found, list) else ():
        kind = word_of(one, "externalIdentifierType") if isinstance(one, dict) else ""
        if kind in ("packageUrl", "packageURL", "purl"):
            yield word_of(one, "identifier")


def _digests(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Algorithm and digest of the hashes that an element is verified by."""
    found = record.get("verifiedUsing")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and _type(one) == "Hash":
            yield word_of(one, "algorithm").replace("_", "-"), word_of(one, "hashValue")
