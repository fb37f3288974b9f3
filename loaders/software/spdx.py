"""SPDX documents, 2.0 to 2.3 as JSON, YAML, XML, tag-value and RDF/XML, and 3.0 as JSON-LD.

| in the document | here |
|---|---|
| packages (3.0: also AI and dataset packages, builds, tools that something uses) | entities |
| files and snippets | folded into their package: the first that holds them; else entities |
| relationships | `contains`, `runs`, `hosted_on`, or dropped: the tables of `spdx_relations` |
| DEV and TEST dependencies and tools | beside their dependent in a group (`spare`) |
| what it describes | contains what the document lists and nothing else in it depends on |
| `supplier`, `originator` (3.0: `suppliedBy`, `originatedBy`) | `supplied_by` |
| NOASSERTION, NONE, the document itself as an end | dropped and counted |
| `DocumentRef-x:SPDXRef-y` | the element of that document: add it with `--with` |

No strength is stated, so every probability stays unknown. The id of a package is its purl where it
has one (`identity`), so that documents read together join on it; otherwise `namespace#SPDXID` (3.0:
spdxId), which is the same from whichever document it is named. Of several packages with one purl
`copies` tells which are one.
"""

from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ALSO_KNOWN_AS, FILE, Finding, Tables
from knockon.loaders.assembling.rows import STANDS_FOR, Row, build_frame, find_day
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.copies import SEPARATED, find_copies
from knockon.loaders.software.spare import add_selves, spare_cells
from knockon.loaders.software.spdx_document import OTHER, SpdxDocument, SpdxElement, document_of
from knockon.loaders.software.spdx_links import Link, Links
from knockon.loaders.software.spdx_relations import KINDS
from knockon.loaders.software.wrapped import WITHIN, find_documents

MAX_BYTES = 256 * 1024 * 1024  # of tag-value text; the other forms have limits of their own
UNREAD = "licences, hashes and what else is not read are not checked; --validate does"

_ENTITIES = ("id", "name", "kind", "type", "version", "purl", ALSO_KNOWN_AS, FILE)
_DEPENDENCIES = (
    "dependent", "provider", "relation", "probability", "group", "source", "evidence", "as_of",
    FILE,
)  # fmt: skip


def read_spdx(source: SourceLike, strict: bool = False) -> Tables:
    """The packages of a document, and who is built from whom.

    strict: also hold the file to the official schema (needs `knockon[validate]`)
    What cannot be read of an element or relationship is told in the report, and the rest is read.
    Raises InputError for what is no document, and where nothing of what it lists can be read.
    """
    source = Source.of(source)
    form, document, path = _find_document(source)
    return read_document(source, document, path, form=form, strict=strict)


def read_document(
    source: Source, document: Any, path: str = "", *, form: str = "json", strict: bool = False
) -> Tables:
    """The tables of one document in a source: what its JSON holds, or what is read already.

    path: where it stands in the JSON of the source, empty where it is the whole of it
    """
    read = document if isinstance(document, SpdxDocument | str) else _read_json(document)
    if isinstance(read, str):
        raise InputError(f"{source.name}: {read}")
    if strict:
        from knockon.loaders.software.validate import validate_spdx

        validate_spdx(source, form, read.version, document if form == "json" else None)
    faults = read.faults or ([] if read.elements else read.lost)
    if faults:
        raise InputError.of([f"{source.name}: {_name_fault(fault)}" for fault in faults])
    rows = _Rows(source, read, path)
    if path:
        read.findings.add("note", WITHIN, f"{clip(path, 60)} of {source.name}")
    if not strict:
        read.findings.add("note", UNREAD, source.name)
    return rows.tables()


def _find_document(source: Source) -> tuple[str, Any, str]:
    """The form of the document, what it holds (in words, what is wrong), its path in the JSON."""
    if source.looks_like_json:
        documents = find_documents(source.json)
        path, plain = documents[0] if documents else ("", source.json)
        return "json", plain, path
    if source.xml_root[1]:
        from knockon.loaders.software.spdx_xml import plain_of_rdf, plain_of_xml

        root = source.xml
        if root.local == "RDF":
            return "rdf", document_of(*plain_of_rdf(root)), ""
        return "xml", document_of(*plain_of_xml(root)), ""
    if any(line.startswith("SPDXVersion:") for line in source.head_text.splitlines()):
        from knockon.loaders.software.spdx_text import plain_of

        source.refuse_larger(MAX_BYTES, "tag-value text")
        return "tag-value", document_of(*plain_of(source.text, source.name)), ""

    return "yaml", document_of(source.yaml()), ""


def _read_json(plain: Any) -> SpdxDocument | str:
    if isinstance(plain, dict) and "@graph" in plain:
        from knockon.loaders.software.spdx3 import document_of_3

        return document_of_3(plain)
    return document_of(plain)


class _Rows:
    """The rows of what a document states."""

    def __init__(self, source: Source, document: SpdxDocument, path: str) -> None:
        self.source, self.document, self.findings = source, document, document.findings
        self._path = f"{path}." if path else ""
        self.links = Links(document)
        self.keys: dict[str, str] = {}  # element -> id of its entity
        self.copies: set[str] = set()  # elements that stand beside the package of their purl
        self.origin = f"{document.version} {source.name}"
        self.as_of = find_day(document.created)

    def _separate_copies(self) -> list[Row]:
        """Settle the id of each element; the packages whose copies depend on different things."""
        elements = {i: e for i, e in self.document.elements.items() if self.links.fold(i) == i}
        self.keys = {i: e.names.id or i for i, e in elements.items()}
        needs: dict[str, list[str]] = {}
        for link in self.links.all:
            needs.setdefault(link.dependent, []).append(link.provider)
        packages = []
        entries = [(i, key, i) for i, key in self.keys.items()]
        for key, ways in find_copies(entries, needs, self.links.listed).items():
            self.copies.update(copy for way in ways for copy in way)
            packages.append(self._entity(elements[ways[0][0]], key))
            for way in ways:
                for copy in way:
                    self.keys[copy] = way[0]
                    place = elements[copy].place
                    self.links.all.append(Link(copy, key, STANDS_FOR, place, "a copy"))
            places = ", ".join(elements[way[0]].place for way in ways[:3])
            self.findings.add("invented", SEPARATED, f"{clip(key, 60)} at {places}")
        return packages

    def _row(self, dependent: str, provider: str, relation: str, place: str, evidence: str) -> Row:
        return {
            "dependent": dependent, "provider": provider, "relation": relation,
            "source": self.origin, "evidence": evidence, "as_of": self.as_of,
            FILE: self._at(place),
        }  # fmt: skip

    def _at(self, place: str) -> str:
        mark = ":" if place.isdigit() else f"#{self._path}"
        return f"{self.source.name}{mark}{place}"

    def tables(self) -> Tables:
        rows: dict[str, Row] = {}
        dependencies: list[Row] = []
        packages = self._separate_copies()
        for element in self.document.elements.values():
            dependencies += self._add(element, rows)
        for row in packages:
            rows.setdefault(str(row["id"]), row)
        if any(link.dependent == self.document.id for link in self.links.all):
            rows[self.document.id] = self._list_of_document()
        for link in self.links.all:
            dependent, provider = (
                self.keys.get(end, end) for end in (link.dependent, link.provider)
            )
            row = self._row(dependent, provider, link.relation, link.place, link.evidence)
            dependencies.append({**row, **(spare_cells() if link.spare else {})})
        self._note_what_is_missing()
        read = (
            Finding("read", len(self.document.elements), "elements of the document"),
            Finding("read", len(self.document.relationships), "relationships of the document"),
        )
        return Tables(
            entities=build_frame(list(rows.values()), _ENTITIES),
            dependencies=build_frame(add_selves(dependencies, self.findings), _DEPENDENCIES),
            title=f"{self.document.name or self.source.stem} (SPDX)",
            sources={self.origin: self.document.id},
            report=(*(f for f in read if f.count), *self.findings.report()),
        )

    def _list_of_document(self) -> Row:
        """The document as an entity: what it lists, where it describes several things."""
        return {
            "id": self.document.id, "name": self.document.name, "kind": "component",
            "type": "document", FILE: self.source.name,
        }  # fmt: skip

    def _note_what_is_missing(self) -> None:
        if not self.document.elements:
            reason = "the document lists no packages and no files"
            self.findings.add("note", reason, self.source.outline)
        if not self.document.relationships:
            self.findings.add("note", "the document states no relationships", "relationships")

    def _add(self, element: SpdxElement, rows: dict[str, Row]) -> list[Row]:
        """Enter an element as an entity; the dependencies on its suppliers."""
        if self.links.fold(element.id) != element.id:
            reason = "a file or snippet, folded into its package"
            self.findings.add("merged", reason, element.place)
            return []
        if element.what == OTHER and element.id not in self.links.used:
            reason = "a tool that nothing in it is made with"
            self.findings.add("dropped", reason, element.place)
            return []
        key = self.keys[element.id]
        row = self._entity(element, key)
        first = rows.setdefault(key, row)
        if first is not row:
            first.update({column: value for column, value in row.items() if first[column] is None})
            where = f"{clip(key, 60)} at {element.place}"
            self.findings.add("merged", "a package with the purl of one before it", where)
        supplies = []
        for agent in dict.fromkeys(element.agents):
            kind, _, name = agent.partition(": ")
            identifier, place = f"{kind.lower()}:{name}", self._at(element.place)
            rows.setdefault(
                identifier, {"id": identifier, "name": name, "kind": kind.lower(), FILE: place}
            )
            evidence = "supplier or originator"
            supplies.append(self._row(key, identifier, "supplied_by", element.place, evidence))
        return supplies

    def _entity(self, element: SpdxElement, key: str) -> Row:
        purpose = element.purpose.lower().replace("-", "").replace("_", "")
        link = element.id if element.id not in self.copies else ""
        return {
            "id": key, "name": element.name, "kind": KINDS.get(purpose, "component"),
            "type": purpose or element.what, "version": element.version or None,
            "purl": element.names.id or None,
            ALSO_KNOWN_AS: None if key in self.copies else element.names.others(key, link),
            FILE: self._at(element.place),
        }  # fmt: skip


def _name_fault(fault: str) -> str:
    """A fault, its place called a line where it is one."""
    place, colon, what = fault.partition(":")
    return f"line {place}{colon}{what}" if place.isdigit() else fault
