"""An SPDX document without its serialisation: elements and relationships, each with its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.software.identity import Identity

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
    purpose: str = ""
    names: Identity = field(default_factory=Identity)  # its purls, and what else it goes by
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
    """What is read of a document, and what was odd in it.

    faults: what makes it no document; lost: what could not be read of its elements at all
    roots: the elements that it describes, as far as it lists them
    """

    id: str
    version: str
    name: str
    created: object = None
    elements: dict[str, SpdxElement] = field(default_factory=dict)
    twins: dict[str, list[str]] = field(default_factory=dict)  # an id -> others that it also means
    owners: list[tuple[str, str]] = field(default_factory=list)  # package and file in it
    relationships: list[SpdxRelationship] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    def add(self, element: SpdxElement) -> None:
        """Take an element; one whose id is taken is the same again, or gets an id of its own."""
        first = self.elements.setdefault(element.id, element)
        if first is element:
            return
        what = f"{clip(element.id, 80)!r} at {element.place}, first at {first.place}"
        if (first.name, first.version, first.what) == (element.name, element.version, element.what):
            self.findings.add("merged", "an element whose id stands twice", what)
            return
        reason = "an id of two elements: what refers to it is taken to mean both"
        self.findings.add("note", reason, what)
        self.twins.setdefault(first.id, []).append(f"{element.id}@{element.place}")
        element.id = self.twins[first.id][-1]
        self.elements[element.id] = element

    def relate(self, one: SpdxRelationship) -> None:
        """Take a relationship, between all that its ends mean."""
        for left in (one.left, *self.twins.get(one.left, ())):
            for right in (one.right, *self.twins.get(one.right, ())):
                related = SpdxRelationship(left, one.kind, right, one.place, one.scope)
                self.relationships.append(related)

    def lose(self, reason: str, what: str) -> None:
        """Count what could not be read."""
        self.lost.append(f"{what}: {reason}")
        self.findings.add("dropped", reason, what)


def document_of(
    plain: Any, place: dict[str, str] | None = None, repeated: Sequence[str] = ()
) -> SpdxDocument | str:
    """The document in the shape that JSON, YAML, XML, RDF and tag-value share (SPDX 2.x).

    place: what to call a place such as `packages[3]`, where it has a better name
    repeated: fields that stand twice where they may stand once, as its text tells
    Returns what is wrong with it, in words, where it is no document at all.
    """
    if not isinstance(plain, dict):
        return "expected an SPDX document, a mapping with spdxVersion"
    version = plain.get("spdxVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return f"spdxVersion: expected SPDX-2.0 to SPDX-2.3, got {clip(str(version), 40)!r}"
    document = _Reader(plain, version, place or {}).read()
    for where in repeated:
        reason = "a field that stands twice: the first counts"
        document.findings.add("dropped", reason, where)
    return document


class _Reader:
    def __init__(self, plain: dict[str, Any], version: str, place: dict[str, str]) -> None:
        self._plain = plain
        self._place = place
        self._namespace = word_of(plain, "documentNamespace").rstrip("#")
        nameless = not self._namespace
        self._namespace = self._namespace or word_of(plain, "name")
        identifier = word_of(plain, "SPDXID") or "SPDXRef-DOCUMENT"
        self._external: dict[str, str] = {}
        name = word_of(plain, "name")
        self.document = SpdxDocument("", version, name or identifier)
        self.document.id = self._id(identifier)
        if nameless:
            reason = "no documentNamespace: ids hold the name of the document"
            self.document.findings.add("note", reason, "documentNamespace")

    def read(self) -> SpdxDocument:
        creation = self._plain.get("creationInfo")
        if isinstance(creation, dict):
            self.document.created = creation.get("created")
        for _, reference in self._records(self._plain, "externalDocumentRefs"):
            key = word_of(reference, "externalDocumentId")
            self._external[key] = word_of(reference, "spdxDocument").rstrip("#")
        for place, record in self._records(self._plain, "packages"):
            self._add_package(place, record)
        for place, record in self._records(self._plain, "files"):
            self._add(place, record, FILE_, "fileName")
        for place, record in self._records(self._plain, "snippets"):
            snippet = self._add(place, record, SNIPPET, "name")
            if word_of(record, "snippetFromFile"):
                owner = self._id(word_of(record, "snippetFromFile"))
                self.document.owners.append((owner, snippet.id))
        for place, record in self._records(self._plain, "relationships"):
            self._relate(place, record)
        described = self._plain.get("documentDescribes")
        for one in described if isinstance(described, list) else [described]:
            if isinstance(one, str) and one.strip():
                self.document.roots.append(self._id(one.strip()))
        if self.document.version.count(".") > 1:
            reason = "a version that is read as the one it corrects"
            self.document.findings.add("note", reason, "version")
        return self.document

    def _add_package(self, place: str, record: dict[str, Any]) -> None:
        package = self._add(place, record, PACKAGE, "name")
        package.version = word_of(record, "versionInfo")
        package.purpose = word_of(record, "primaryPackagePurpose")
        purls = []
        for _, reference in self._records(record, "externalRefs", place):
            kind = word_of(reference, "referenceType").rpartition("/")[2].rpartition("#")[2]
            if kind in ("purl", "package-url"):
                purls.append(word_of(reference, "referenceLocator"))
        checksums = [
            (word_of(c, "algorithm"), word_of(c, "checksumValue"))
            for _, c in self._records(record, "checksums", place)
        ]
        identify(package, purls, checksums, self.document.findings)
        if not word_of(record, "name"):
            package.name = package.names.id or package.name
        for key in ("supplier", "originator"):
            agent = _AGENT.fullmatch(word_of(record, key))
            if agent and agent[2]:
                package.agents.append(f"{agent[1]}: {agent[2]}")
        files = record.get("hasFiles")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, str) and file.strip():
                self.document.owners.append((package.id, self._id(file)))

    def _add(self, place: str, record: dict[str, Any], what: str, name: str) -> SpdxElement:
        identifier, called = word_of(record, "SPDXID"), word_of(record, name)
        if not identifier:
            reason = f"a {what} without an SPDXID: nothing can refer to it"
            self.document.findings.add("note", reason, place)
            identifier = place
        if not called and what != SNIPPET:
            reason = f"a {what} whose {name} is empty: called by its id"
            self.document.findings.add("note", reason, place)
        element = SpdxElement(self._id(identifier), what, called or identifier, place)
        element.version = word_of(record, "versionInfo") if what == PACKAGE else ""
        self.document.add(element)
        return element

    def _relate(self, place: str, record: dict[str, Any]) -> None:
        words = [
            word_of(record, key)
            for key in ("spdxElementId", "relationshipType", "relatedSpdxElement")
        ]
        if not all(words):
            wanted = "expected spdxElementId, relationshipType and relatedSpdxElement"
            self.document.lose(f"a relationship without its ends: {wanted}", place)
            return
        left, kind, right = words
        self.document.relate(SpdxRelationship(self._id(left), kind.upper(), self._id(right), place))

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
            what = f"{at}: expected a list, found {clip(str(value), 40)!r}"
            if outer:
                self.document.findings.add("dropped", f"{key}: expected a list", what)
            else:
                self.document.faults.append(what)
            return
        for number, item in enumerate(value):
            place = self._place.get(f"{at}[{number}]", f"{at}[{number}]")
            if isinstance(item, dict):
                yield place, item
            else:
                found = clip(str(item), 40)
                self.document.lose(f"expected a mapping, found {found!r}", place)


def identify(
    element: SpdxElement,
    purls: list[str],
    checksums: list[tuple[str, str]],
    findings: Findings,
) -> None:
    """Gather what a package goes by: its purls, its digests, the image that a container is."""
    element.names.add_purls([p for p in purls if p], findings, element.place)
    if element.purpose.lower() == "container":
        element.names.add_image(element.name, element.version)
    element.names.add_digests(checksums)


def word_of(record: dict[str, Any], key: str) -> str:
    """A text of the record in one line, empty for anything else."""
    value = record.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""
