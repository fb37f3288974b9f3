"""SPDX 2.x in XML and in RDF/XML, as the shape that its JSON form has."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from knockon.loaders.parsing.rdf_xml import TYPE, Statement, walk_statements
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.software.spdx_relations import spell

_LISTS = {
    "packages", "files", "snippets", "relationships", "externalDocumentRefs", "externalRefs",
    "hasFiles", "checksums", "documentDescribes",
}  # fmt: skip
_SINGLE = {  # of what is read, all that is no list
    "SPDXID", "name", "versionInfo", "supplier", "originator", "primaryPackagePurpose", "fileName",
    "documentNamespace", "spdxVersion", "creationInfo", "snippetFromFile",
}  # fmt: skip
_TERMS = "http://spdx.org/rdf/terms#"
_SPDX = f"{{{_TERMS}}}"


def plain_of_xml(root: Element) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The document below the root element, the line of each place in it, what stands twice."""
    lines: dict[str, str] = {}
    for key in _LISTS:
        for number, element in enumerate(root.all(key)):
            lines[f"{key}[{number}]"] = str(element.line)
    repeated: list[str] = []
    value = _value(root, repeated)
    return value if isinstance(value, dict) else {}, lines, repeated


def _value(element: Element, repeated: list[str]) -> Any:
    """A leaf is text, the rest a mapping. Its depth is bounded by that of the XML."""
    if not element.children:
        return element.text.strip()
    found: dict[str, Any] = {}
    for child in element.children:
        if child.local in _LISTS:
            found.setdefault(child.local, []).append(_value(child, repeated))
            continue
        value = _value(child, repeated)
        if found.setdefault(child.local, value) != value and child.local in _SINGLE:
            repeated.append(f"{child.local} at line {child.line}")
    return found


def plain_of_rdf(root: Element) -> tuple[dict[str, Any], dict[str, str]]:
    """The document that RDF/XML states, and the line of each place in it."""
    return _Rdf(walk_statements(root)).plain()


class _Rdf:
    """What is said of each node, by predicate, in the order of the file."""

    def __init__(self, said: Iterator[Statement]) -> None:
        self._said: dict[str, dict[str, list[Statement]]] = {}
        for one in said:
            self._said.setdefault(one.subject, {}).setdefault(one.predicate, []).append(one)
        self._namespace = ""
        self._lines: dict[str, str] = {}

    def plain(self) -> tuple[dict[str, Any], dict[str, str]]:
        document = next(iter(self._of_type("SpdxDocument")), "")
        self._namespace = document.partition("#")[0]
        created = self._value(self._value(document, "creationInfo"), "created")
        found: dict[str, Any] = {
            "spdxVersion": self._value(document, "specVersion"),
            "SPDXID": self._id(document),
            "name": self._value(document, "name"),
            "documentNamespace": self._namespace,
            "creationInfo": {"created": created},
            "packages": [self._package(node) for node in self._of_type("Package")],
            "files": [self._element(node, "fileName") for node in self._of_type("File")],
            "snippets": [self._snippet(node) for node in self._of_type("Snippet")],
            "relationships": list(self._relationships()),
            "documentDescribes": [
                self._id(node) for node in self._values(document, "describesPackage")
            ],
            "externalDocumentRefs": [
                {
                    "externalDocumentId": self._id(node),
                    "spdxDocument": self._value(node, "spdxDocument"),
                }
                for node in self._of_type("ExternalDocumentRef")
            ],
        }
        for key, type_ in (("packages", "Package"), ("files", "File"), ("snippets", "Snippet")):
            for number, node in enumerate(self._of_type(type_)):
                line = self._said[node][TYPE][0].line
                self._lines[f"{key}[{number}]"] = str(line)
        return found, self._lines

    def _of_type(self, local: str) -> list[str]:
        return [
            node
            for node, said in self._said.items()
            if any(s.value == _SPDX + local for s in said.get(TYPE, ()))
        ]

    def _values(self, node: str, local: str) -> list[str]:
        return [s.value for s in self._said.get(node, {}).get(_SPDX + local, ())]

    def _value(self, node: str, local: str) -> str:
        return next(iter(self._values(node, local)), "").strip()

    def _id(self, node: str) -> str:
        """The node as the other forms refer to it: without the namespace of the document."""
        if node.lower() in (f"{_TERMS}noassertion", f"{_TERMS}none"):
            return node.rpartition("#")[2].upper()
        namespace, _, within = node.partition("#")
        within = unquote(within)
        return within if namespace == self._namespace and within else node

    def _element(self, node: str, name: str) -> dict[str, Any]:
        return {"SPDXID": self._id(node), name: self._value(node, name)}

    def _package(self, node: str) -> dict[str, Any]:
        purpose = self._value(node, "primaryPackagePurpose").rpartition("purpose_")[2]
        return {
            **self._element(node, "name"),
            "versionInfo": self._value(node, "versionInfo"),
            "supplier": self._value(node, "supplier"),
            "originator": self._value(node, "originator"),
            "primaryPackagePurpose": purpose,
            "hasFiles": [self._id(file) for file in self._values(node, "hasFile")],
            "checksums": [
                {
                    "algorithm": self._value(one, "algorithm").rpartition("Algorithm_")[2],
                    "checksumValue": self._value(one, "checksumValue"),
                }
                for one in self._values(node, "checksum")
            ],
            "externalRefs": [
                {key: self._value(one, key) for key in ("referenceType", "referenceLocator")}
                for one in self._values(node, "externalRef")
            ],
        }

    def _snippet(self, node: str) -> dict[str, Any]:
        owner = self._id(self._value(node, "snippetFromFile"))
        return {**self._element(node, "name"), "snippetFromFile": owner}

    def _relationships(self) -> Iterator[dict[str, Any]]:
        """Each relationship once, though a tool may write its node in several places."""
        number = 0
        for node, said in self._said.items():
            seen: set[str] = set()
            for statement in said.get(f"{_SPDX}relationship", ()):
                if statement.value in seen:
                    continue
                seen.add(statement.value)
                kind = self._value(statement.value, "relationshipType")
                self._lines[f"relationships[{number}]"] = str(statement.line)
                number += 1
                yield {
                    "spdxElementId": self._id(node),
                    "relationshipType": spell(kind.rpartition("relationshipType_")[2]),
                    "relatedSpdxElement": self._id(
                        self._value(statement.value, "relatedSpdxElement")
                    ),
                }
