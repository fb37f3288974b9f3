"""SPDX 2.x in tag-value form, as the shape that its JSON form has (SPDX 2.3, annexes and clause 6).

A line is `Tag: value`, a comment that starts with `#`, or blank; a value may run over lines between
`<text>` and `</text>`. What follows a PackageName, a FileName or a snippet's SPDXID belongs to it,
and a file belongs to the package before it.
"""

import re
from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip

_TAG = re.compile(r"([A-Za-z][A-Za-z0-9]*):[ \t]*(.*)", re.DOTALL)
_DOCUMENT = {
    "SPDXVersion": "spdxVersion",
    "DocumentNamespace": "documentNamespace",
    "DocumentName": "name",
}
_PACKAGE = {
    "PackageVersion": "versionInfo",
    "PackageSupplier": "supplier",
    "PackageOriginator": "originator",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}


def plain_of(text: str, file: str) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """The document, the line of each place in it (`packages[0]` -> `17`), what stands twice.

    Raises InputError with the line of what is neither tag nor comment, and of open text.
    """
    reader = _Reader()
    for line, tag, value in _tags(text, file):
        reader.add(line, tag, value)
    return reader.document, reader.lines, reader.repeated


def _tags(text: str, file: str) -> Iterator[tuple[int, str, str]]:
    """Line, tag and value of each statement."""
    lines = iter(enumerate(text.replace("\r\n", "\n").split("\n"), 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _TAG.fullmatch(line.strip())
        if not found:
            what = f"expected 'Tag: value', found {clip(line, 60)!r}"
            raise InputError(f"{file}:{number}: {what}")
        value = found[2]
        if value.startswith("<text>"):
            parts = [value.removeprefix("<text>")]
            while "</text>" not in parts[-1]:
                following = next(lines, None)
                if following is None:
                    raise InputError(f"{file}:{number}: <text> without </text>")
                parts.append(following[1])
            value = "\n".join(parts).partition("</text>")[0]
        yield number, found[1], value.strip()


class _Reader:
    """Builds the document from statements in their order."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            key: []
            for key in ("packages", "files", "snippets", "relationships", "externalDocumentRefs")
        }
        self.lines: dict[str, str] = {}
        self.repeated: list[str] = []
        self._package: dict[str, Any] | None = None
        self._current: dict[str, Any] = self.document

    def add(self, line: int, tag: str, value: str) -> None:
        """Take one statement; one of a tag that is not read is passed over."""
        if tag in _DOCUMENT:
            self._put(line, tag, self.document, _DOCUMENT[tag], value)
        elif tag == "Created":
            self.document["creationInfo"] = {"created": value}
        elif tag in _PACKAGE and self._package is not None:
            self._put(line, tag, self._package, _PACKAGE[tag], value)
        elif tag in ("PackageName", "FileName", "SnippetSPDXID"):
            self._start(line, tag, value)
        elif tag == "SPDXID":
            self._identify(line, value)
        elif tag == "SnippetFromFileSPDXID":
            self._current["snippetFromFile"] = value
        elif tag == "PackageChecksum" and self._package is not None:
            algorithm, _, digest = value.partition(":")
            found = {"algorithm": algorithm.strip(), "checksumValue": digest.strip()}
            self._package["checksums"].append(found)
        elif tag in ("Relationship", "ExternalDocumentRef", "ExternalRef"):
            self._refer(line, tag, value.split())

    def _put(self, line: int, tag: str, record: dict[str, Any], key: str, value: str) -> None:
        if record.setdefault(key, value) != value:
            self.repeated.append(f"{tag} at line {line}")

    def _start(self, line: int, tag: str, value: str) -> None:
        key, name = {
            "PackageName": ("packages", "name"),
            "FileName": ("files", "fileName"),
            "SnippetSPDXID": ("snippets", "SPDXID"),
        }[tag]
        self._current = {name: value}
        if tag == "PackageName":
            self._current.update(externalRefs=[], checksums=[], hasFiles=[])
            self._package = self._current
        self._enter(line, key, self._current)

    def _identify(self, line: int, value: str) -> None:
        self._put(line, "SPDXID", self._current, "SPDXID", value)
        if "fileName" in self._current and self._package is not None:
            self._package["hasFiles"].append(value)

    def _refer(self, line: int, tag: str, words: list[str]) -> None:
        if tag == "Relationship":  # what is no `id TYPE id` is told where relationships are read
            keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
            self._enter(line, "relationships", dict(zip(keys, words, strict=False)))
        elif tag == "ExternalDocumentRef":
            ends = zip(("externalDocumentId", "spdxDocument"), words, strict=False)
            self._enter(line, "externalDocumentRefs", dict(ends))
        elif len(words) == 3 and self._package is not None:
            found = {"referenceType": words[1], "referenceLocator": words[2]}
            self._package["externalRefs"].append(found)

    def _enter(self, line: int, key: str, record: dict[str, Any]) -> None:
        self.lines[f"{key}[{len(self.document[key])}]"] = str(line)
        self.document[key].append(record)
