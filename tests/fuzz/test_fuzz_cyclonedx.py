"""CycloneDX, JSON and XML: shapes that no schema allows end in Tables or one InputError."""

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.hostile import json_values, mutated, outcome

BOM: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "version": 1,
    "metadata": {
        "timestamp": "2026-01-01T00:00:00Z",
        "component": {"type": "application", "bom-ref": "shop", "name": "shop"},
        "supplier": {"name": "Acme"},
    },
    "components": [
        {
            "type": "library", "bom-ref": "a", "name": "a", "version": "1",
            "purl": "pkg:npm/a@1", "supplier": {"name": "Acme"},
            "components": [{"type": "library", "bom-ref": "b", "name": "b", "scope": "excluded"}],
            "externalReferences": [{"type": "bom", "url": "urn:cdx:x/1#y"}],
        },
        {"type": "operating-system", "bom-ref": "os", "name": "os"},
        {
            "type": "container", "bom-ref": "i", "name": "a/b:1", "version": "sha256:ab",
            "purl": "pkg:oci/b@sha256:ab?repository_url=x.example/b&tag=1",
            "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
            "properties": [{"name": "x:RepoTag", "value": "a/b:1"}],
            "evidence": {"identity": [{"field": "purl", "concludedValue": "pkg:oci/c@1"}]},
            "pedigree": {"variants": [{"type": "container", "name": "v", "purl": "pkg:npm/a@1"}]},
        },
        {"type": "library", "bom-ref": "a2", "name": "a", "purl": "pkg:npm/a@1"},
    ],
    "services": [{"bom-ref": "s", "name": "s", "provider": {"name": "Cloud"}}],
    "dependencies": [
        {"ref": "shop", "dependsOn": ["a", "s", "nothing"], "provides": ["b"]},
        {"ref": "a", "dependsOn": ["os"]}, {"ref": "a2", "dependsOn": ["b"]},
    ],
    "compositions": [{"aggregate": "incomplete"}],
}  # fmt: skip
WORDS = st.sampled_from(
    ["a", "b", "shop", "", " ", "urn:cdx:", "pkg:npm/a@1", "library", "name", "bom-ref", "type"]
)


@settings(max_examples=150, deadline=None)
@given(document=mutated(BOM, WORDS))
def test_mutated_boms(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    """A good BOM with a few values replaced or taken out."""
    outcome(tmp_path_factory.getbasetemp(), "bom.json", json.dumps(document).encode())


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(document=mutated(BOM, WORDS))
def test_many_mutated_boms(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    """The same for longer."""
    outcome(tmp_path_factory.getbasetemp(), "bom.json", json.dumps(document).encode())


@settings(max_examples=100, deadline=None)
@given(parts=st.dictionaries(st.sampled_from(sorted(BOM)), json_values(WORDS), max_size=6))
def test_any_values_under_the_known_keys(
    tmp_path_factory: pytest.TempPathFactory, parts: dict[str, Any]
) -> None:
    """Anything at all where lists and objects are expected."""
    document = {**parts, "bomFormat": "CycloneDX", "specVersion": "1.5"}
    outcome(tmp_path_factory.getbasetemp(), "bom.json", json.dumps(document).encode())


TAGS = st.sampled_from(
    ["component", "components", "service", "services", "dependency", "dependencies", "metadata",
     "name", "version", "purl", "supplier", "provider", "externalReferences", "reference", "url",
     "provides", "compositions", "composition", "aggregate", "timestamp"]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["bom-ref", "ref", "type"]), WORDS | st.text("<&\"'x", max_size=4), max_size=3
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 4) -> str:
    """An element of the schema where it does not belong, with children of the same kind."""
    tag = draw(TAGS)
    attributes = "".join(f" {k}={quoteattr(v)}" for k, v in draw(ATTRIBUTES).items())
    inner = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    return f"<{tag}{attributes}>{escape(draw(WORDS))}{''.join(inner)}</{tag}>"


def document_of(inner: list[str], version: str) -> bytes:
    space = f"http://cyclonedx.org/schema/bom/{version}"
    return f'<bom xmlns="{space}" version="1">{"".join(inner)}</bom>'.encode()


@settings(max_examples=100, deadline=None)
@given(inner=st.lists(elements(), max_size=4), version=st.sampled_from(["1.0", "1.6", "9", ""]))
def test_any_elements(
    tmp_path_factory: pytest.TempPathFactory, inner: list[str], version: str
) -> None:
    """Elements of the schema in any order and depth."""
    data = document_of(inner, version)
    outcome(tmp_path_factory.getbasetemp(), "bom.xml", data)


@settings(max_examples=50, deadline=None)
@given(inner=st.lists(elements(), min_size=1, max_size=3), cut=st.floats(0, 1))
def test_broken_xml(tmp_path_factory: pytest.TempPathFactory, inner: list[str], cut: float) -> None:
    """XML that breaks off anywhere."""
    data = document_of(inner, "1.4")
    outcome(tmp_path_factory.getbasetemp(), "bom.xml", data[: int(cut * len(data))] or b"<")


def test_deep_nesting(tmp_path: Path) -> None:
    """Components within components without end, in both forms."""
    deep = '{"type":"library","name":"a","components":[' * 5000 + "]}" * 5000
    text = f'{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{deep}]}}'
    assert "nested too deeply" in str(outcome(tmp_path, "bom.json", text.encode()))
    inner = '<components><component type="library"><name>a</name>' * 300
    data = document_of([inner], "1.6").replace(b"</bom>", b"")
    assert "nested deeper than 256" in str(outcome(tmp_path, "bom.xml", data))
