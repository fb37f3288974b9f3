"""SPDX documents, 2.0 to 2.3 as JSON, YAML, XML, tag-value and RDF/XML, and 3.0 as JSON-LD.

| in the document | here |
|---|---|
| packages (3.0: also AI and dataset packages, builds, tools that something uses) | entities |
| files and snippets | folded into their package: the first that holds them; else entities |
| relationships | `contains`, `runs`, `hosted_on`, or dropped: the tables of `spdx_relations` |
| `supplier`, `originator` (3.0: `suppliedBy`, `originatedBy`) | `supplied_by` |
| NOASSERTION, NONE, the document itself as an end | dropped and counted |
| `DocumentRef-x:SPDXRef-y` | the element of that document: add it with `--with` |

No strength is stated, so every probability stays unknown. The id of a package is its purl where it
has one, so that documents read together join on it; otherwise `namespace#SPDXID` (3.0: spdxId),
which is the same from whichever document it is named.
"""

from dataclasses import dataclass, field

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.model.tables import FILE, Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import Row, build_frame, find_day
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.spdx_document import (
    NOTHING,
    OTHER,
    PACKAGE,
    SpdxDocument,
    SpdxElement,
    SpdxRelationship,
    document_of,
)
from knockon.loaders.software.spdx_relations import FOLDS, KINDS, SCOPES, SPDX2, SPDX3, Meaning

MAX_BYTES = 256 * 1024 * 1024  # of tag-value text; the other forms have limits of their own
UNREAD = "licences, hashes and what else is not read are not checked; --validate does"

_ENTITIES = ("id", "name", "kind", "type", "version", "purl", FILE)
_DEPENDENCIES = ("dependent", "provider", "relation", "source", "evidence", "as_of", FILE)


def read_spdx(source: SourceLike, strict: bool = False) -> Tables:
    """The packages of a document, and who is built from whom.

    strict: also hold the file to the official schema (needs `knockon[validate]`)
    Raises InputError with all faults of elements and relationships: without id or name, a
    repeated id, a relationship that lacks an end or is of no known type.
    """
    source = Source.of(source)
    form, document = _document(source)
    if isinstance(document, str):
        raise InputError(f"{source.name}: {document}")
    if strict:
        from knockon.loaders.software.validate import validate_spdx

        validate_spdx(source, form, document.version)
    reader = _Reader(source, document)
    reader.relate()
    if document.faults:
        raise InputError.of([f"{source.name}: {_spoken(fault)}" for fault in document.faults])
    if not strict:
        reader.findings.add("note", UNREAD, source.name)
    return reader.tables()


def _document(source: Source) -> tuple[str, SpdxDocument | str]:
    """The form of the document, and the document, or in words what is wrong with it."""
    if source.looks_like_json:
        plain = source.json
        if isinstance(plain, dict) and "@graph" in plain:
            from knockon.loaders.software.spdx3 import document_of_3

            return "json", document_of_3(plain)
        return "json", document_of(plain)
    if source.xml_root[1]:
        from knockon.loaders.software.spdx_xml import plain_of_rdf, plain_of_xml

        root = source.xml
        if root.local == "RDF":
            return "rdf", document_of(*plain_of_rdf(root))
        return "xml", document_of(*plain_of_xml(root))
    if any(line.startswith("SPDXVersion:") for line in source.head_text.splitlines()):
        from knockon.loaders.software.spdx_text import plain_of

        source.refuse_larger(MAX_BYTES, "tag-value text")
        return "tag-value", document_of(*plain_of(source.text, source.name))

    return "yaml", document_of(source.yaml())


@dataclass
class _Reader:
    """Turns elements and relationships into rows."""

    source: Source
    document: SpdxDocument
    findings: Findings = field(default_factory=Findings)
    dependencies: list[Row] = field(default_factory=list)
    owner: dict[str, str] = field(default_factory=dict)
    folds: dict[str, str] = field(default_factory=dict)  # element -> the one that it is folded into
    used: set[str] = field(default_factory=set)

    def relate(self) -> None:
        """The relationships as dependencies, once it is known which file is whose."""
        for reason, place in self.document.notes:
            self.findings.add("note", reason, place)
        for outer, inner in self.document.owners:
            self._own(outer, inner)
        for one in self.document.relationships:
            if one.kind in FOLDS:
                ends = (
                    (one.right, one.left) if one.kind == "CONTAINED_BY" else (one.left, one.right)
                )
                if self._what(ends[0]) == PACKAGE and self._what(ends[1]) == "file":
                    self._own(*ends)
        for one in self.document.relationships:
            self._relate(one)

    def _what(self, identifier: str) -> str:
        element = self.document.elements.get(identifier)
        return element.what if element else ""

    def _own(self, outer: str, inner: str) -> None:
        if self._what(inner) == PACKAGE or outer not in self.document.elements:
            return
        self.owner.setdefault(inner, outer)

    def _folded(self, identifier: str) -> str:
        """The package that a file or snippet belongs to, or the element itself.

        Of elements that belong to each other in a ring, the first by id stands for all.
        """
        trail = {identifier: None}
        last: str | None = identifier
        while last is not None and last not in self.folds:
            last = self.owner.get(last)
            if last in trail:
                ring = list(trail)
                self.folds[last] = min(ring[ring.index(last) :])
            elif last is not None:
                trail[last] = None
        end = self.folds[last] if last is not None else next(reversed(trail))
        self.folds.update(dict.fromkeys(trail, end))
        return end

    def _relate(self, one: SpdxRelationship) -> None:
        table = SPDX3 if self.document.version.startswith("SPDX-3") else SPDX2
        if one.kind not in table:
            what = f"unknown relationship {clip(one.kind, 40)!r}{did_you_mean(one.kind, table)}"
            self.document.faults.append(f"{one.place}: {what}")
            return
        meaning: Meaning = table[one.kind]
        if one.kind == "dependsOn" and one.scope in SCOPES:
            meaning = SCOPES[one.scope]
        if one.kind == "usesTool" and one.scope in ("development", "test"):
            meaning = None
        if meaning is None:
            scope = f" of scope {clip(one.scope, 20)}" if one.scope else ""
            self.findings.add("dropped", f"{one.kind}{scope}: no dependency", one.place)
        elif self.document.id in (one.left, one.right):
            self.findings.add("dropped", f"{one.kind} of the document itself: no thing", one.place)
        elif one.left in NOTHING or one.right in NOTHING:
            self.findings.add("dropped", f"{one.kind} of NOASSERTION or NONE", one.place)
        else:
            self._depend(one, *meaning)

    def _depend(self, one: SpdxRelationship, relation: str, forward: bool) -> None:
        ends = (one.left, one.right) if forward else (one.right, one.left)
        if one.kind in FOLDS and ends[1] in self.owner:
            self.findings.add("merged", "a file that is folded into its package", one.place)
            return
        dependent, provider = (self._folded(end) for end in ends)
        if dependent == provider:
            reason = f"{one.kind} within one package, once its files are folded into it"
            self.findings.add("dropped", reason, one.place)
            return
        for end in (dependent, provider):
            self.used.add(end)
            if end not in self.document.elements:
                reason = "an element that the document does not hold (add its own with --with)"
                self.findings.add("note", reason, f"{clip(end, 80)} at {one.place}")
        self._row(self._key(dependent), self._key(provider), relation, one.place, one.kind)

    def _key(self, identifier: str) -> str:
        element = self.document.elements.get(identifier)
        return element.purl if element and element.purl else identifier

    def _row(self, dependent: str, provider: str, relation: str, place: str, evidence: str) -> None:
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation,
                "source": f"{self.document.version} {self.source.name}", "evidence": evidence,
                "as_of": find_day(self.document.created), FILE: self._at(place),
            }
        )  # fmt: skip

    def _at(self, place: str) -> str:
        return f"{self.source.name}{':' if place.isdigit() else '#'}{place}"

    def tables(self) -> Tables:
        rows: dict[str, Row] = {}
        for element in self.document.elements.values():
            self._add(element, rows)
        if not self.document.relationships:
            self.findings.add("note", "the document states no relationships", "relationships")
        read = (
            Finding("read", len(self.document.elements), "elements of the document"),
            Finding("read", len(self.document.relationships), "relationships of the document"),
        )
        source = f"{self.document.version} {self.source.name}"
        return Tables(
            entities=build_frame(list(rows.values()), _ENTITIES),
            dependencies=build_frame(self.dependencies, _DEPENDENCIES),
            title=f"{self.document.name or self.source.stem} (SPDX)",
            sources={source: self.document.id},
            report=(*(f for f in read if f.count), *self.findings.report()),
        )

    def _add(self, element: SpdxElement, rows: dict[str, Row]) -> None:
        if self._folded(element.id) != element.id:
            self.findings.add("merged", "a file or snippet, folded into its package", element.place)
            return
        if element.what == OTHER and element.id not in self.used:
            self.findings.add("dropped", "a tool that nothing in it is made with", element.place)
            return
        key = self._key(element.id)
        purpose = element.purpose.lower().replace("-", "").replace("_", "")
        row: Row = {
            "id": key, "name": element.name, "kind": KINDS.get(purpose, "component"),
            "type": purpose or element.what, "version": element.version or None,
            "purl": element.purl or None, FILE: self._at(element.place),
        }  # fmt: skip
        first = rows.setdefault(key, row)
        if first is not row:
            first.update({column: value for column, value in row.items() if first[column] is None})
            where = f"{clip(key, 60)} at {element.place}"
            self.findings.add("merged", "a package with the purl of one before it", where)
        for agent in dict.fromkeys(element.agents):
            kind, _, name = agent.partition(": ")
            identifier = f"{kind.lower()}:{name}"
            place = self._at(element.place)
            rows.setdefault(
                identifier, {"id": identifier, "name": name, "kind": kind.lower(), FILE: place}
            )
            self._row(key, identifier, "supplied_by", element.place, "supplier or originator")


def _spoken(fault: str) -> str:
    """A fault, its place called a line where it is one."""
    place, colon, what = fault.partition(":")
    return f"line {place}{colon}{what}" if place.isdigit() else fault
