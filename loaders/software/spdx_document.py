"""An SPDX document without its serialisation: elements and relationships, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.errors import clip

PACKAGE, FILE_, SNIPPET, OTHER = "package", "file", "snippet", "other"
NOTHING = ("NOASSERTION", "NONE")
_VERSION = re.compile(r"SPDX-2\.[0-3](\.\d+)?")
_AGENT = re.compile(r"(Organization|Person):\s*(.*?)\s*(?:\([^()]*\))?\s*", re.DOTALL)


@dataclass
class SpdxElement:
    """A package, file, snippet or other thing; `id` is unique beyond the document."""

    id: str
    what: str
    name: str
    place: str
    version: str = ""
    purl: str = ""
    purpose: str = ""
    agents: list[str] = field(default_factory=list)  # `Organization: name`, `Person: name`


@dataclass
class SpdxRelationship:
    """`left kind right`, as the document states it, between ids; `scope` in SPDX 3 only."""

    left: str
    kind: str
    right: str
    place: str
    scope: str = ""


@dataclass
class SpdxDocument:
    """What is read of a document, and the faults of its elements and relationships."""

    id: str
    version: str
    name: str
    created: object = None
    elements: dict[str, SpdxElement] = field(default_factory=dict)
    owners: list[tuple[str, str]] = field(default_factory=list)  # package and file in it
    relationships: list[SpdxRelationship] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def add(self, element: SpdxElement) -> None:
        if element.id in self.elements:
            first = self.elements[element.id].place
            what = f"the id {clip(element.id, 80)!r} stands twice"
            self.faults.append(f"{element.place}: {what}, first at {first}")
        self.elements[element.id] = element


def document_of(plain: Any, place: dict[str, str] | None = None) -> SpdxDocument | str:
    """The document in the shape that JSON, YAML, XML, RDF and tag-value share (SPDX 2.x).

    place: what to call a place such as `packages[3]`, where it has a better name
    Returns what is wrong with it, in words, where it is no document at all.
    """
    if not isinstance(plain, dict):
        return "expected an SPDX document, a mapping with spdxVersion"
    version = plain.get("spdxVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return f"spdxVersion: expected SPDX-2.0 to SPDX-2.3, got {clip(str(version), 40)!r}"
    return _Reader(plain, version, place or {}).read()


class _Reader:
    def __init__(self, plain: dict[str, Any], version: str, place: dict[str, str]) -> None:
        self._plain = plain
        self._place = place
        self._namespace = self._word(plain, "documentNamespace").rstrip("#")
        nameless = not self._namespace
        self._namespace = self._namespace or self._word(plain, "name")
        identifier = self._word(plain, "SPDXID") or "SPDXRef-DOCUMENT"
        self._external: dict[str, str] = {}
        name = self._word(plain, "name")
        self.document = SpdxDocument("", version, name or identifier)
        self.document.id = self._id(identifier)
        if nameless:
            reason = "no documentNamespace: ids hold the name of the document"
            self.document.notes.append((reason, "documentNamespace"))

    def read(self) -> SpdxDocument:
        creation = self._plain.get("creationInfo")
        if isinstance(creation, dict):
            self.document.created = creation.get("created")
        for _, reference in self._records(self._plain, "externalDocumentRefs"):
            key = self._word(reference, "externalDocumentId")
            self._external[key] = self._word(reference, "spdxDocument").rstrip("#")
        for place, record in self._records(self._plain, "packages"):
            self._add_package(place, record)
        for place, record in self._records(self._plain, "files"):
            self._add(place, record, FILE_, "fileName")
        for place, record in self._records(self._plain, "snippets"):
            snippet = self._add(place, record, SNIPPET, "name")
            if snippet and self._word(record, "snippetFromFile"):
                owner = self._id(self._word(record, "snippetFromFile"))
                self.document.owners.append((owner, snippet.id))
        for place, record in self._records(self._plain, "relationships"):
            self._relate(place, record)
        if self.document.version.count(".") > 1:
            self.document.notes.append(("a version that is read as the one it corrects", "version"))
        return self.document

    def _add_package(self, place: str, record: dict[str, Any]) -> None:
        package = self._add(place, record, PACKAGE, "name")
        if package is None:
            return
        package.version = self._word(record, "versionInfo")
        package.purpose = self._word(record, "primaryPackagePurpose")
        for _, reference in self._records(record, "externalRefs", place):
            kind = self._word(reference, "referenceType").rpartition("/")[2].rpartition("#")[2]
            if kind in ("purl", "package-url") and not package.purl:
                package.purl = self._word(reference, "referenceLocator")
        for key in ("supplier", "originator"):
            agent = _AGENT.fullmatch(self._word(record, key))
            if agent and agent[2]:
                package.agents.append(f"{agent[1]}: {agent[2]}")
        files = record.get("hasFiles")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, str) and file.strip():
                self.document.owners.append((package.id, self._id(file)))

    def _add(self, place: str, record: dict[str, Any], what: str, name: str) -> SpdxElement | None:
        identifier, called = self._word(record, "SPDXID"), self._word(record, name)
        if not identifier:
            self.document.faults.append(f"{place}: a {what} without an SPDXID")
        if not called and record.get(name) == "":
            self.document.notes.append((f"a {what} whose {name} is empty: called by its id", place))
        elif not called and what != SNIPPET:
            self.document.faults.append(f"{place}: a {what} without a {name}")
        if not identifier:
            return None
        element = SpdxElement(self._id(identifier), what, called or identifier, place)
        self.document.add(element)
        return element

    def _relate(self, place: str, record: dict[str, Any]) -> None:
        words = [
            self._word(record, key)
            for key in ("spdxElementId", "relationshipType", "relatedSpdxElement")
        ]
        if not all(words):
            what = "expected spdxElementId, relationshipType and relatedSpdxElement"
            self.document.faults.append(f"{place}: {what}")
            return
        left, kind, right = words
        self.document.relationships.append(
            SpdxRelationship(self._id(left), kind.upper(), self._id(right), place)
        )

    def _id(self, reference: str) -> str:
        """`SPDXRef-x` and `DocumentRef-y:SPDXRef-x` as ids that hold beyond the document."""
        if reference.upper() in NOTHING:
            return reference.upper()
        if reference.startswith("DocumentRef-"):
            other, _, within = reference.partition(":")
            return f"{self._external.get(other) or other}#{within}"
        if "#" in reference or "://" in reference:
            return reference
        return f"{self._namespace}#{reference}" if self._namespace else reference

    def _records(
        self, record: dict[str, Any], key: str, outer: str = ""
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        value = record.get(key)
        at = f"{outer}.{key}" if outer else key
        if value is None:
            return
        if not isinstance(value, list):
            self.document.faults.append(f"{at}: expected a list, found {clip(str(value), 40)!r}")
            return
        for number, item in enumerate(value):
            place = self._place.get(f"{at}[{number}]", f"{at}[{number}]")
            if isinstance(item, dict):
                yield place, item
            else:
                found = clip(str(item), 40)
                self.document.faults.append(f"{place}: expected a mapping, found {found!r}")

    @staticmethod
    def _word(record: dict[str, Any], key: str) -> str:
        value = record.get(key)
        return " ".join(value.split()) if isinstance(value, str) else ""
