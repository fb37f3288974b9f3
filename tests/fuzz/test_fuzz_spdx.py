"""SPDX in each of its forms: whatever a document holds, the end is Tables or one InputError."""

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.hostile import json_values, mutated, outcome

SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "doc",
    "documentNamespace": "http://example.org/doc",
    "creationInfo": {"created": "2026-01-01T00:00:00Z"},
    "externalDocumentRefs": [{"externalDocumentId": "DocumentRef-x", "spdxDocument": "http://x"}],
    "packages": [
        {
            "SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1",
            "supplier": "Organization: Acme", "hasFiles": ["SPDXRef-f"],
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/a@1"}],
        },
        {"SPDXID": "SPDXRef-b", "name": "b", "primaryPackagePurpose": "CONTAINER"},
        {
            "SPDXID": "SPDXRef-c", "name": "a", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:npm/a@1"},
                {"referenceType": "purl", "referenceLocator": "pkg:oci/a@sha256:ab?tag=1"},
            ],
            "checksums": [{"algorithm": "SHA256", "checksumValue": "ab" * 32}],
        },
    ],
    "documentDescribes": ["SPDXRef-a", "SPDXRef-b"],
    "files": [{"SPDXID": "SPDXRef-f", "fileName": "./f"}],
    "snippets": [{"SPDXID": "SPDXRef-s", "snippetFromFile": "SPDXRef-f"}],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON",
            "relatedSpdxElement": "SPDXRef-b",
        },
        {
            "spdxElementId": "SPDXRef-f", "relationshipType": "GENERATED_FROM",
            "relatedSpdxElement": "DocumentRef-x:SPDXRef-y",
        },
        {
            "spdxElementId": "SPDXRef-c", "relationshipType": "TEST_DEPENDENCY_OF",
            "relatedSpdxElement": "SPDXRef-a",
        },
    ],
}  # fmt: skip
SPDX3: dict[str, Any] = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01"},
        {"type": "Organization", "spdxId": "o", "name": "Acme"},
        {"type": "SpdxDocument", "spdxId": "d", "rootElement": ["a"]},
        {"type": "software_Package", "spdxId": "a", "name": "a", "suppliedBy": "o"},
        {"type": "software_File", "spdxId": "f", "name": "f"},
        {"type": "Relationship", "from": "a", "relationshipType": "contains", "to": ["f"]},
        {
            "type": "LifecycleScopedRelationship", "from": "a", "relationshipType": "dependsOn",
            "to": ["b"], "scope": "build",
        },
    ],
}  # fmt: skip
WORDS = st.sampled_from(
    ["", " ", "SPDXRef-a", "SPDXRef-f", "NONE", "NOASSERTION", "DocumentRef-x:", "CONTAINS", "a",
     "Organization: ", "SPDXRef-DOCUMENT", "contains", "http://x#y"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(document=mutated(SPDX, WORDS) | mutated(SPDX3, WORDS))
def test_mutated_documents(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    """A good document of either version with a few values replaced or taken out."""
    outcome(tmp_path_factory.getbasetemp(), "a.json", json.dumps(document).encode())


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(document=mutated(SPDX, WORDS) | mutated(SPDX3, WORDS))
def test_many_mutated_documents(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    """The same for longer."""
    outcome(tmp_path_factory.getbasetemp(), "a.json", json.dumps(document).encode())


@settings(max_examples=60, deadline=None)
@given(document=mutated(SPDX, WORDS), inner=json_values(WORDS))
def test_yaml_documents(
    tmp_path_factory: pytest.TempPathFactory, document: Any, inner: Any
) -> None:
    """The same as YAML, which JSON mostly is, when it does not start with a brace."""
    good = {k: v for k, v in document.items() if k.isalnum() and k != "spdxVersion"}
    lines = [f"{key}: {json.dumps(value)}" for key, value in good.items()]
    text = "spdxVersion: SPDX-2.3\n" + "\n".join([*lines, f"extra: {json.dumps(inner)}"])
    outcome(tmp_path_factory.getbasetemp(), "a.yaml", text.encode("utf-8", "replace"))


TAGS = st.sampled_from(
    ["SPDXVersion", "DocumentName", "DocumentNamespace", "SPDXID", "PackageName", "PackageVersion",
     "PackageSupplier", "FileName", "SnippetSPDXID", "SnippetFromFileSPDXID", "Relationship",
     "ExternalRef", "ExternalDocumentRef", "Created", "LicenseID", "PackageComment"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["SPDXRef-a", "a", "", "<text>", "<text>x</text>", "x</text>", "SPDXRef-a CONTAINS SPDXRef-b",
     "A B", "PACKAGE-MANAGER purl pkg:npm/a", "DocumentRef-x http://x SHA1: 0", "SPDX-2.2",
     "Organization: A (b@c)", "Person: (", "NOASSERTION"]
) | st.text(max_size=8)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.tuples(TAGS, VALUES), max_size=15), end=st.text(max_size=12))
def test_tag_value(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]], end: str
) -> None:
    """Tags in any order with values of any kind, and any text after them."""
    text = "SPDXVersion: SPDX-2.3\n" + "\n".join(f"{t}: {v}" for t, v in lines) + "\n" + end
    outcome(tmp_path_factory.getbasetemp(), "a.spdx", text.encode("utf-8", "replace"))


NAMES = st.sampled_from(
    ["spdx:SpdxDocument", "spdx:Package", "spdx:File", "spdx:Snippet", "spdx:Relationship",
     "rdf:Description", "spdx:name", "spdx:relationship", "spdx:relatedSpdxElement", "rdf:type",
     "spdx:relationshipType", "spdx:hasFile", "spdx:externalRef", "spdx:specVersion", "spdxVersion",
     "packages", "relationships", "SPDXID", "name"]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["rdf:about", "rdf:resource", "rdf:nodeID", "rdf:ID", "rdf:parseType"]),
    WORDS | st.sampled_from(["Resource", "Literal", "Collection"]),
    max_size=3,
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> str:
    """An element of RDF or of the XML form, where it need not belong."""
    tag = draw(NAMES)
    attributes = "".join(f" {k}={quoteattr(v)}" for k, v in draw(ATTRIBUTES).items())
    inner = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    return f"<{tag}{attributes}>{escape(draw(WORDS))}{''.join(inner)}</{tag}>"


@settings(max_examples=200, deadline=None)
@given(inner=st.lists(elements(), max_size=4), root=st.sampled_from(["rdf:RDF", "Document"]))
def test_xml_and_rdf(tmp_path_factory: pytest.TempPathFactory, inner: list[str], root: str) -> None:
    """Elements of both XML forms in any order and depth."""
    spaces = (
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:spdx="http://spdx.org/rdf/terms#"'
    )
    head = "<spdxVersion>SPDX-2.3</spdxVersion>" if root == "Document" else (
        '<spdx:SpdxDocument rdf:about="http://x#SPDXRef-DOCUMENT">'
        "<spdx:specVersion>SPDX-2.3</spdx:specVersion></spdx:SpdxDocument>"
    )  # fmt: skip
    text = f"<{root} {spaces}>{head}{''.join(inner)}</{root}>"
    outcome(tmp_path_factory.getbasetemp(), "a.xml", text.encode())
