"""SPDX: what a document describes and lists, what is not needed at run time, and which is which."""

from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from tests.loaders.software.boms import bom, component, write

DIGEST = "7c" * 32


def package(name: str, *purls: str, **more: Any) -> dict[str, Any]:
    references = [{"referenceType": "purl", "referenceLocator": p} for p in purls]
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "externalRefs": references, **more}


def relation(left: str, kind: str, right: str) -> dict[str, str]:
    ids = [e if e.isupper() else f"SPDXRef-{e}" for e in (left, right)]
    return {"spdxElementId": ids[0], "relationshipType": kind, "relatedSpdxElement": ids[1]}


DESCRIBES = {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES"}


def document(*packages: Any, roots: str = "app", **more: Any) -> dict[str, Any]:
    described = [{**DESCRIBES, "relatedSpdxElement": f"SPDXRef-{r}"} for r in roots.split()]
    return {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "doc",
        "documentNamespace": f"http://d.example/{roots or 'none'}", "packages": list(packages),
        **more, "relationships": [*described, *more.get("relationships", ())],
    }  # fmt: skip


def ends(tables: Tables) -> set[tuple[str, str]]:
    """Names of dependents and providers."""
    names = dict(tables.entities.select("id", "name").iter_rows())
    rows = tables.dependencies.select("dependent", "provider").iter_rows()
    return {(names[d], names[p]) for d, p in rows}


def told(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


def hit(sources: list[Path], origin: str, mode: str = "compromise") -> set[str]:
    answer = ko.whatif(ko.load(*sources), origin, mode=mode).entities
    return set(answer.filter(answer["probability_high"] > 0, answer["rank"] > 0)["name"])


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"relationships": [], "documentDescribes": ["SPDXRef-app"]},
        {"relationships": [relation("app", "DESCRIBED_BY", "DOCUMENT")]},
    ],
)
def test_a_document_without_relationships(tmp_path: Path, change: dict[str, Any]) -> None:
    """What it describes contains what it lists, and the report says that this was added."""
    plain = document(package("app"), package("a", "pkg:npm/a@1"), package("b"))
    if change.get("relationships") is not None:
        plain["relationships"] = change["relationships"]
        for one in plain["relationships"]:
            one["relatedSpdxElement"] = "SPDXRef-DOCUMENT"
    path = write(tmp_path, "doc.json", {**plain, **change})
    tables = load_tables([path])
    assert ends(tables) == {("app", "a"), ("app", "b")}
    reason = "what the document describes contains what nothing else in it depends on"
    assert {f.reason: f.count for f in tables.report if f.action == "invented"}[reason] == 2
    assert hit([path], "a") == {"app"}


def test_what_a_relationship_places_is_left_where_it_is(tmp_path: Path) -> None:
    """Parts of parts stay there; what goes beside another is no part; circles hang on one end."""
    names = ["app", "a", "b", "manual", "ring1", "ring2"]
    plain = document(
        *map(package, names),
        relationships=[
            relation("a", "DEPENDS_ON", "b"), relation("manual", "DOCUMENTATION_OF", "app"),
            relation("ring1", "DEPENDS_ON", "ring2"), relation("ring2", "DEPENDS_ON", "ring1"),
        ],
    )  # fmt: skip
    assert ends(load_tables([write(tmp_path, "doc.json", plain)])) == {
        ("app", "a"), ("a", "b"), ("app", "ring1"), ("ring1", "ring2"), ("ring2", "ring1"),
    }  # fmt: skip


def test_a_document_that_describes_several_things(tmp_path: Path) -> None:
    """What is left may be of any: they share the list of the document."""
    plain = document(*map(package, ["one", "two", "a", "b"]), roots="one two")
    path = write(tmp_path, "doc.json", plain)
    assert ends(load_tables([path])) == {
        ("one", "doc"), ("two", "doc"), ("doc", "a"), ("doc", "b"),
    }  # fmt: skip
    assert hit([path], "a") == {"one", "two", "doc"}


def test_a_document_that_describes_nothing_says_so(tmp_path: Path) -> None:
    """Nothing contains what it lists, and that is told."""
    plain = document(package("a"), package("b"), roots="")
    tables = load_tables([write(tmp_path, "doc.json", plain)])
    assert ends(tables) == set()
    assert "it is not said what the document describes" in told(tables)
    assert "the document states no relationships" in told(tables)
    plain = document(roots="")
    assert "lists no packages" in told(load_tables([write(tmp_path, "doc.json", plain)]))


@pytest.mark.parametrize("kind", ["DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "TEST_TOOL_OF"])
def test_what_is_not_needed_at_run_time(tmp_path: Path, kind: str) -> None:
    """Nothing but a compromise crosses it, and nobody knows whether that does."""
    plain = document(
        package("app"), package("t"), package("lib"),
        relationships=[relation("t", kind, "app"), relation("lib", "DEPENDENCY_OF", "app")],
    )  # fmt: skip
    graph = ko.load(write(tmp_path, "doc.json", plain))
    for mode in ("outage", "bad_update"):
        found = ko.whatif(graph, "t", mode=mode).entities.filter(name="app")
        assert found["probability_high"].sum() == 0
    (row,) = ko.whatif(graph, "t", mode="compromise").entities.filter(name="app").to_dicts()
    assert (row["probability_low"], row["probability_high"], row["verdict"]) == (0, 1, "unknown")
    assert ko.whatif(graph, "lib", mode="bad_update").entities.filter(name="app").height


def test_copies_that_differ_stay_two(tmp_path: Path) -> None:
    """One purl with two different dependencies, as in CycloneDX."""
    lib = "pkg:maven/acme/lib@1"
    plain = document(
        package("app"), package("m1"), package("m2"), package("one", lib), package("two", lib),
        package("b"), package("c"),
        relationships=[
            relation("app", "CONTAINS", "m1"), relation("app", "CONTAINS", "m2"),
            relation("m1", "DEPENDS_ON", "one"), relation("m2", "DEPENDS_ON", "two"),
            relation("one", "DEPENDS_ON", "c"), relation("two", "DEPENDS_ON", "b"),
        ],
    )  # fmt: skip
    path = write(tmp_path, "doc.json", plain)
    assert hit([path], "b") == {"two", "m2", "app"}
    assert hit([path], lib) == {"one", "two", "m1", "m2", "app"}
    plain["relationships"][-2] = relation("one", "DEPENDS_ON", "NONE")
    assert hit([write(tmp_path, "doc.json", plain)], "b") == {"two", "m2", "app"}
    del plain["relationships"][-2]
    assert hit([write(tmp_path, "doc.json", plain)], "b") == {"one", "m1", "m2", "app"}


@pytest.mark.parametrize(
    ("purls", "checksums"),
    [
        ([f"pkg:oci/app@sha256:{DIGEST}?repository_url=mirror.example/app&arch=amd64"], []),
        (["pkg:oci/x@sha256:00", f"pkg:oci/other@sha256%3A{DIGEST}"], []),
        ([], [{"algorithm": "SHA256", "checksumValue": DIGEST.upper()}]),
    ],
)
def test_an_image_is_one_in_both_formats(
    tmp_path: Path, purls: list[str], checksums: list[Any]
) -> None:
    """An SPDX document of a product lists it, a CycloneDX BOM says what is in it."""
    image = package("image", *purls, checksums=checksums, primaryPackagePurpose="CONTAINER")
    root = component("i", "team/app", "container", purl=f"pkg:oci/app@sha256%3A{DIGEST}")
    files = [
        write(tmp_path, "product.json", document(package("app"), image)),
        write(tmp_path, "image.json", bom(component("o", "openssl"), root=root)),
    ]
    assert "app" in hit(files, "openssl")


def test_an_element_of_another_document_that_goes_by_its_purl(tmp_path: Path) -> None:
    """It is named by the namespace and id of its document, and its own id is a purl."""
    other = document(package("lib", "pkg:npm/lib@1"), roots="lib")
    plain = document(
        package("app"),
        externalDocumentRefs=[
            {"externalDocumentId": "DocumentRef-o", "spdxDocument": other["documentNamespace"]}
        ],
        relationships=[relation("app", "DEPENDS_ON", "lib")],
    )
    plain["relationships"][-1]["relatedSpdxElement"] = "DocumentRef-o:SPDXRef-lib"
    files = [write(tmp_path, "a.json", plain), write(tmp_path, "b.json", other)]
    assert hit(files, "pkg:npm/lib@1") == {"app"}


@pytest.mark.parametrize("turned", [False, True])
def test_an_index_of_images_in_either_way(tmp_path: Path, turned: bool) -> None:
    """Some tools say that the image is a variant of the index, some the reverse."""
    ends_ = ("amd64", "index") if not turned else ("index", "amd64")
    plain = document(
        package("index"), package("amd64"), package("base"), package("tls"), roots="index",
        relationships=[
            relation(ends_[0], "VARIANT_OF", ends_[1]), relation("amd64", "DESCENDANT_OF", "base"),
            relation("base", "CONTAINS", "tls"),
        ],
    )  # fmt: skip
    path = write(tmp_path, "doc.json", plain)
    assert hit([path], "tls") == {"base", "amd64", "index"}
    assert "VARIANT_OF: it is not said which of the two comes first" in told(load_tables([path]))


def test_roots_of_version_3(tmp_path: Path) -> None:
    """The document leads to a list, the list to what it is of."""
    graph = [
        {"type": "SpdxDocument", "spdxId": "urn:d", "rootElement": ["urn:sbom"]},
        {"type": "software_Sbom", "spdxId": "urn:sbom", "rootElement": ["urn:app"]},
        {"type": "software_Package", "spdxId": "urn:app", "name": "app"},
        {
            "type": "software_Package", "spdxId": "urn:lib", "name": "lib",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": DIGEST}],
            "externalIdentifier": [
                {"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/Lib@1"}
            ],
        },
    ]  # fmt: skip
    plain = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}
    tables = load_tables([write(tmp_path, "d.json", plain)])
    assert ends(tables) == {("app", "lib")}
    (row,) = tables.entities.filter(name="lib").to_dicts()
    assert row["id"] == "pkg:npm/lib@1"
    assert f"sha256:{DIGEST}" in row["also_known_as"]


def test_a_document_that_describes_all_that_it_lists(tmp_path: Path) -> None:
    """And says nothing more: nobody contains anything, and that is told."""
    plain = document(package("a"), package("b"), roots="a b")
    report = told(load_tables([write(tmp_path, "doc.json", plain)]))
    assert "describes several things, and states nothing between them" in report


TAGS = """\
SPDXVersion: SPDX-2.3
DocumentNamespace: http://d.example/x
DocumentName: x
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageVersion: 2
PackageChecksum: SHA256: {digest}
ExternalRef: PACKAGE-MANAGER purl pkg:npm/A@1
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
"""
XML = """\
<Document><spdxVersion>SPDX-2.3</spdxVersion><SPDXID>SPDXRef-DOCUMENT</SPDXID><name>x</name>
<documentNamespace>http://d.example/x</documentNamespace>
<documentDescribes>SPDXRef-a</documentDescribes>
<packages><SPDXID>SPDXRef-a</SPDXID><name>a</name><versionInfo>1</versionInfo>
<versionInfo>2</versionInfo>
<checksums><algorithm>SHA256</algorithm><checksumValue>{digest}</checksumValue></checksums>
<externalRefs><referenceType>purl</referenceType>
<referenceLocator>pkg:npm/A@1</referenceLocator></externalRefs>
</packages></Document>
"""


@pytest.mark.parametrize(("text", "name"), [(TAGS, "x.spdx"), (XML, "x.spdx.xml")])
def test_fields_that_stand_twice_are_told(tmp_path: Path, text: str, name: str) -> None:
    """Tag-value and XML can say a thing twice; digests and purls are read in both."""
    (tmp_path / name).write_text(text.format(digest=DIGEST))
    tables = load_tables([tmp_path / name])
    assert "dropped 1: a field that stands twice: the first counts" in told(tables)
    (row,) = tables.entities.to_dicts()
    assert (row["id"], row["version"]) == ("pkg:npm/a@1", "1")
    assert f"sha256:{DIGEST}" in row["also_known_as"]
