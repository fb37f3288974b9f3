"""SPDX: one document in five serialisations, relationships both ways, and version 3."""

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import yaml

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from knockon.loaders.software.spdx_relations import (
    BACK,
    BOTH,
    FORWARD,
    SPARE,
    SPDX2,
    SPDX3,
    spell,
)

SPACE = "http://example.org/doc"
FORMS = {"json": "json", "yaml": "yaml", "xml": "xml", "tag": "spdx", "rdf": "rdf"}


def relation(left: str, kind: str, right: str) -> dict[str, str]:
    ends = [f"SPDXRef-{e}" if e.isalnum() and e.islower() else e for e in (left, right)]
    return {"spdxElementId": ends[0], "relationshipType": kind, "relatedSpdxElement": ends[1]}


def document(*relations: dict[str, str], **more: Any) -> dict[str, Any]:
    """Three packages, one with a purl and a supplier; two files of `app`, a snippet of one."""
    return {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "doc",
        "documentNamespace": SPACE,
        "creationInfo": {"created": "2026-02-03T04:05:06Z"},
        "externalDocumentRefs": [
            {"externalDocumentId": "DocumentRef-x", "spdxDocument": "http://example.org/other"}
        ],
        "packages": [
            {
                "SPDXID": "SPDXRef-app", "name": "app", "primaryPackagePurpose": "APPLICATION",
                "hasFiles": ["SPDXRef-main", "SPDXRef-readme"],
            },
            {
                "SPDXID": "SPDXRef-pad", "name": "pad", "versionInfo": "1.10",
                "supplier": "Organization: Acme (info@example.org)",
                "originator": "NOASSERTION",
                "externalRefs": [
                    {"referenceType": "purl", "referenceLocator": "pkg:npm/pad@1.10"}
                ],
            },
            {"SPDXID": "SPDXRef-tls", "name": "openssl <3> & co"},
        ],
        "files": [
            {"SPDXID": "SPDXRef-main", "fileName": "./main.c"},
            {"SPDXID": "SPDXRef-readme", "fileName": "./README"},
        ],
        "snippets": [{"SPDXID": "SPDXRef-part", "snippetFromFile": "SPDXRef-main"}],
        "relationships": list(relations),
        **more,
    }  # fmt: skip


def xml_of(value: Any, tag: str = "Document") -> str:
    if isinstance(value, list):
        return "".join(xml_of(item, tag) for item in value)
    if isinstance(value, dict):
        return f"<{tag}>{''.join(xml_of(v, k) for k, v in value.items())}</{tag}>"
    return f"<{tag}>{escape(str(value))}</{tag}>"


def tags_of(plain: dict[str, Any]) -> str:
    """The document as tag-value; files stand below the package that has them."""
    lines = [
        f"SPDXVersion: {plain['spdxVersion']}", f"DocumentNamespace: {SPACE}",
        f"DocumentName: {plain['name']}", f"SPDXID: {plain['SPDXID']}",
        f"Created: {plain['creationInfo']['created']}", "# a comment",
        "DocumentComment: <text>of two", "Relationship: lines </text>",
    ]  # fmt: skip
    for other in plain["externalDocumentRefs"]:
        name, space = other["externalDocumentId"], other["spdxDocument"]
        lines.append(f"ExternalDocumentRef: {name} {space} SHA1: 0")
    files = {f["SPDXID"]: f["fileName"] for f in plain["files"]}
    owned = {file for package in plain["packages"] for file in package.get("hasFiles", [])}
    for file in files.keys() - owned:
        lines += [f"FileName: {files[file]}", f"SPDXID: {file}"]
    for package in plain["packages"]:
        lines += ["", f"PackageName: {package['name']}", f"SPDXID: {package['SPDXID']}"]
        for tag, key in (
            ("PackageVersion", "versionInfo"), ("PackageSupplier", "supplier"),
            ("PackageOriginator", "originator"), ("PrimaryPackagePurpose", "primaryPackagePurpose"),
        ):  # fmt: skip
            lines += [f"{tag}: {package[key]}"] if key in package else []
        for one in package.get("externalRefs", []):
            words = f"{one['referenceType']} {one['referenceLocator']}"
            lines.append(f"ExternalRef: PACKAGE-MANAGER {words}")
        for file in package.get("hasFiles", []):
            lines += [f"FileName: {files[file]}", f"SPDXID: {file}"]
    for one in plain["snippets"]:
        lines += [f"SnippetSPDXID: {one['SPDXID']}"]
        lines += [f"SnippetFromFileSPDXID: {one['snippetFromFile']}"]
    for one in plain["relationships"]:
        lines.append(f"Relationship: {' '.join(one.values())}")
    return "\n".join(lines) + "\n"


def rdf_of(plain: dict[str, Any]) -> str:
    """The document as RDF, made by rdflib."""
    from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef

    terms, graph = Namespace("http://spdx.org/rdf/terms#"), Graph()
    others = {o["externalDocumentId"]: o["spdxDocument"] for o in plain["externalDocumentRefs"]}

    def node(name: str) -> URIRef:
        if name in ("NONE", "NOASSERTION"):
            return terms[name.lower()]
        other, colon, within = name.partition(":")
        return URIRef(f"{others[other]}#{within}" if colon else f"{SPACE}#{name}")

    def say(subject: Any, type_: str, **said: Any) -> None:
        graph.add((subject, RDF.type, terms[type_]))
        for key, value in said.items():
            for one in value if isinstance(value, list) else [value]:
                known = isinstance(one, URIRef | BNode)
                graph.add((subject, terms[key], one if known else Literal(one)))

    top = node(plain["SPDXID"])
    info = BNode()
    say(info, "CreationInfo", created=plain["creationInfo"]["created"])
    say(top, "SpdxDocument", specVersion=plain["spdxVersion"], name="doc", creationInfo=info)
    for name, space in others.items():
        say(node(name), "ExternalDocumentRef", spdxDocument=URIRef(space))
    for package in plain["packages"]:
        kept = ("name", "versionInfo", "supplier", "originator")
        said: dict[str, Any] = {k: package[k] for k in kept if k in package}
        if "primaryPackagePurpose" in package:
            word = package["primaryPackagePurpose"].lower()
            said["primaryPackagePurpose"] = terms[f"purpose_{word}"]
        said["hasFile"] = [node(f) for f in package.get("hasFiles", [])]
        for one in package.get("externalRefs", []):
            kind = URIRef("http://spdx.org/rdf/references/" + one["referenceType"])
            said["externalRef"] = BNode()
            locator = one["referenceLocator"]
            say(said["externalRef"], "ExternalRef", referenceType=kind, referenceLocator=locator)
        say(node(package["SPDXID"]), "Package", **said)
    for file in plain["files"]:
        say(node(file["SPDXID"]), "File", fileName=file["fileName"])
    for one in plain["snippets"]:
        say(node(one["SPDXID"]), "Snippet", snippetFromFile=node(one["snippetFromFile"]))
    for one in plain["relationships"]:
        link = BNode()
        head, *rest = one["relationshipType"].lower().split("_")
        kind = terms["relationshipType_" + head + "".join(w.title() for w in rest)]
        right = node(one["relatedSpdxElement"])
        say(link, "Relationship", relationshipType=kind, relatedSpdxElement=right)
        graph.add((node(one["spdxElementId"]), terms["relationship"], link))
    return str(graph.serialize(format="pretty-xml"))


def write(folder: Path, plain: dict[str, Any], form: str) -> Path:
    makers = {"json": json.dumps, "yaml": yaml.safe_dump, "xml": xml_of, "tag": tags_of}
    path = folder / f"doc.{FORMS[form]}"
    path.write_text({**makers, "rdf": rdf_of}[form](plain))
    assert find_format(path).name == "spdx"
    return path


@pytest.fixture(params=list(FORMS))
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that writes a document in one of the five forms, and reads it."""
    return lambda plain: load_tables([write(tmp_path, plain, request.param)])


def ends(tables: Tables) -> list[tuple[str, str, str]]:
    """Dependent, relation and provider, without the namespace of the document."""
    rows = tables.dependencies.select("dependent", "relation", "provider").iter_rows()
    start = f"{SPACE}#SPDXRef-"
    return sorted((d.removeprefix(start), r, p.removeprefix(start)) for d, r, p in rows)


def counts(tables: Tables, action: str) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action == action}


SUPPLIED = ("pkg:npm/pad@1.10", "supplied_by", "organization:Acme")


def test_one_document_in_every_form(load: Any) -> None:
    """Packages, their purl, version, purpose and supplier; files and snippets folded away."""
    tables = load(
        document(
            relation("app", "DEPENDS_ON", "pad"),
            relation("tls", "DEPENDENCY_OF", "pad"),
            relation("app", "DYNAMIC_LINK", "DocumentRef-x:SPDXRef-far"),
            relation("main", "GENERATED_FROM", "tls"),
            relation("app", "CONTAINS", "main"),
            relation("part", "GENERATED_FROM", "readme"),
            relation("app", "DEPENDS_ON", "NOASSERTION"),
            relation("SPDXRef-DOCUMENT", "DESCRIBES", "app"),
            relation("SPDXRef-DOCUMENT", "CONTAINS", "app"),
        )
    )
    assert ends(tables) == [
        ("app", "contains", "http://example.org/other#SPDXRef-far"),
        ("app", "contains", "pkg:npm/pad@1.10"),
        ("app", "contains", "tls"),
        ("pkg:npm/pad@1.10", "contains", "tls"),
        SUPPLIED,
    ]
    named = {r["name"]: r for r in tables.entities.rows(named=True)}
    assert {n: r["kind"] for n, r in named.items()} == {
        "app": "application", "pad": "component", "openssl <3> & co": "component",
        "Acme": "organization", "http://example.org/other#SPDXRef-far": "unknown",
    }  # fmt: skip
    assert (named["pad"]["version"], named["pad"]["purl"]) == ("1.10", "pkg:npm/pad@1.10")
    assert tables.dependencies["as_of"].unique().to_list() == ["2026-02-03"]
    dropped = counts(tables, "dropped")
    assert dropped == {
        "GENERATED_FROM within one package, once its files are folded into it": 1,
        "DEPENDS_ON of NOASSERTION or NONE": 1,
        "DESCRIBES: no dependency": 1,
        "CONTAINS of the document itself: no thing": 1,
    }
    merged = counts(tables, "merged")
    assert merged["a file or snippet, folded into its package"] == 3
    assert merged["a file that is folded into its package"] == 1


@pytest.mark.parametrize("kind", sorted(SPDX2))
def test_every_relationship_of_version_2(tmp_path: Path, kind: str) -> None:
    """The dependency runs as the table says, or is dropped with a count; in RDF, too."""
    plain = document(relation("app", kind, "tls"))
    plain["packages"][1].pop("supplier")
    for form in ("json", "rdf"):
        tables = load_tables([write(tmp_path, plain, form)])
        meaning = SPDX2[kind]
        if meaning is None:
            assert ends(tables) == []
            assert counts(tables, "dropped") == {f"{kind}: no dependency": 1}
        else:
            pair = (
                ("app", meaning[0], "tls") if meaning[1] is FORWARD else ("tls", meaning[0], "app")
            )
            itself = [(pair[0], pair[1], pair[0])] if kind in SPARE else []
            other = [pair[::-1]] if meaning[1] is BOTH else []
            assert ends(tables) == sorted([pair, *itself, *other])


def test_the_table_holds_every_relationship_of_version_2() -> None:
    """The words are those that spdx-tools knows, none forgotten, none made up."""
    from spdx_tools.spdx.model.relationship import RelationshipType

    assert set(SPDX2) == {t.name for t in RelationshipType}
    assert spell("hasPrerequisite") == "HAS_PREREQUISITE"


@pytest.mark.parametrize(
    ("kind", "pair"),
    [
        ("DEPENDS_ON", ("app", "tls")), ("DEPENDENCY_OF", ("tls", "app")),
        ("CONTAINS", ("app", "tls")), ("CONTAINED_BY", ("tls", "app")),
        ("BUILD_TOOL_OF", ("tls", "app")), ("STATIC_LINK", ("app", "tls")),
        ("GENERATES", ("tls", "app")), ("PREREQUISITE_FOR", ("tls", "app")),
        ("PATCH_APPLIED", ("tls", "app")), ("RUNTIME_DEPENDENCY_OF", ("tls", "app")),
    ],
)  # fmt: skip
def test_directions_by_hand(tmp_path: Path, kind: str, pair: tuple[str, str]) -> None:
    """`app DEPENDENCY_OF tls` says that tls depends on app: by the words, not by the table."""
    plain = document(relation("app", kind, "tls"))
    found = ends(load_tables([write(tmp_path, plain, "json")]))
    assert [(d, p) for d, _, p in found if d != SUPPLIED[0]] == [pair]


def test_a_file_of_no_package_stands_for_itself(load: Any) -> None:
    """It is built from what it was generated from."""
    plain = document(relation("main", "GENERATED_FROM", "tls"))
    plain["packages"][0]["hasFiles"] = ["SPDXRef-readme"]
    tables = load(plain)
    assert ("main", "contains", "tls") in ends(tables)
    assert not counts(tables, "invented")


def test_snippets_in_a_ring_do_not_vanish(tmp_path: Path) -> None:
    """Of two that lie in each other one is kept; a long chain folds into its package."""
    ring = [("a", "b"), ("b", "a"), ("z", "a")]
    chain = [("s0", "main"), *((f"s{i}", f"s{i - 1}") for i in range(1, 3000))]
    snippets = [
        {"SPDXID": f"SPDXRef-{inner}", "snippetFromFile": f"SPDXRef-{outer}"}
        for inner, outer in [*ring, *reversed(chain)]
    ]
    tables = load_tables([write(tmp_path, document(snippets=snippets), "json")])
    names = ["SPDXRef-a", "app", "Acme", "openssl <3> & co", "pad"]
    assert sorted(tables.entities["name"]) == sorted(names)


def test_repeated_relationships_are_merged(tmp_path: Path) -> None:
    """The same dependency told from both ends is one."""
    plain = document(relation("app", "DEPENDS_ON", "tls"), relation("tls", "DEPENDENCY_OF", "app"))
    tables = load_tables([write(tmp_path, plain, "json")])
    assert ends(tables) == [("app", "contains", "tls"), SUPPLIED]
    assert sum(counts(tables, "merged").values()) == 1 + 3


def told(tables: Tables) -> str:
    """The report as text."""
    return "\n".join(map(str, tables.report))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spdxVersion": "SPDX-4.0"}, "spdxVersion: expected SPDX-2.0 to SPDX-2.3, got 'SPDX-4.0'"),
        ({"packages": [3], "files": [], "snippets": []}, "packages[0]: expected a mapping"),
        ({"packages": {}}, "packages: expected a list"),
        ({"relationships": "x"}, "relationships: expected a list"),
    ],
)
def test_broken_documents(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """What is no document, and one of which nothing can be read, end in one error."""
    with pytest.raises(InputError) as caught:
        load_tables([write(tmp_path, {**document(), **change}, "json")])
    assert message in str(caught.value)


GOOD = {"SPDXID": "SPDXRef-good", "name": "good"}


@pytest.mark.parametrize(
    ("package", "message", "name"),
    [
        ({"name": "a"}, "a package without an SPDXID: nothing can refer to it", "a"),
        ({"SPDXID": "SPDXRef-x", "name": None}, "a package whose name is empty", "SPDXRef-x"),
        ({"SPDXID": "SPDXRef-x", "name": ["a"]}, "a package whose name is empty", "SPDXRef-x"),
        ({"SPDXID": "SPDXRef-good", "name": "b"}, "an id of two elements", "b"),
        ({"SPDXID": "SPDXRef-x", "name": "a", "externalRefs": 3}, "expected a list", "a"),
        ({"SPDXID": "SPDXRef-x", "name": "a", "checksums": [3], "hasFiles": 3}, "a mapping", "a"),
        (
            {"SPDXID": "SPDXRef-x", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:npm/Pad@1"}
            ]},
            "a package whose name is empty", "pkg:npm/pad@1",
        ),
    ],
)  # fmt: skip
def test_an_odd_package_does_not_refuse_a_document(
    tmp_path: Path, package: dict[str, Any], message: str, name: str
) -> None:
    """It is read as far as it can be, and told; the others are there as before."""
    plain = document(packages=[GOOD, package], files=[], snippets=[])
    tables = load_tables([write(tmp_path, plain, "json")])
    assert message in told(tables)
    assert sorted(tables.entities["name"]) == sorted(["good", name])


@pytest.mark.parametrize(
    ("related", "message"),
    [
        ({"spdxElementId": "x"}, "a relationship without its ends: expected spdxElementId"),
        (3, "expected a mapping, found '3'"),
        (relation("app", "DEPENDS_UPON", "tls"), "unknown relationship 'DEPENDS_UPON'"),
    ],
)
def test_an_odd_relationship_does_not_refuse_a_document(
    tmp_path: Path, related: Any, message: str
) -> None:
    """It is dropped and told."""
    plain = document(related, relation("app", "DEPENDS_ON", "tls"))
    tables = load_tables([write(tmp_path, plain, "json")])
    assert message in told(tables)
    assert ("app", "contains", "tls") in ends(tables)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\n", "a.spdx:2: expected 'Tag: value', found 'nonsense'"),
        ("PackageComment: <text>open\n", "a.spdx:2: <text> without </text>"),
    ],
)
def test_broken_tag_value_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    """Text that is no tag, open text."""
    (tmp_path / "a.spdx").write_text("SPDXVersion: SPDX-2.3\n" + text)
    with pytest.raises(InputError) as caught:
        load_tables([tmp_path / "a.spdx"])
    assert message in str(caught.value)


def test_odd_tag_value_names_the_line(tmp_path: Path) -> None:
    """Half a relationship, a package without an id."""
    text = "SPDXVersion: SPDX-2.3\nRelationship: a CONTAINS\nPackageName: a\n"
    (tmp_path / "a.spdx").write_text(text)
    report = told(load_tables([tmp_path / "a.spdx"]))
    assert "a relationship without its ends: " in report
    assert "relatedSpdxElement (2)" in report
    assert "a package without an SPDXID: nothing can refer to it (3)" in report


def test_a_name_that_is_empty_is_noted(tmp_path: Path) -> None:
    """Tools write packages without a name: the id stands in."""
    plain = document(packages=[{"SPDXID": "SPDXRef-a", "name": ""}], files=[], snippets=[])
    tables = load_tables([write(tmp_path, plain, "json")])
    assert tables.entities["name"].to_list() == ["SPDXRef-a"]
    assert counts(tables, "note")["a package whose name is empty: called by its id"] == 1


def graph(*records: dict[str, Any]) -> dict[str, Any]:
    head = [
        {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-02-03"},
        {"type": "SpdxDocument", "spdxId": "urn:doc", "name": "doc"},
        {"type": "Organization", "spdxId": "urn:acme", "name": "Acme"},
        {"type": "Tool", "spdxId": "urn:gcc", "name": "gcc"},
        {"type": "Tool", "spdxId": "urn:scanner", "name": "scanner"},
    ]
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    return {"@context": context, "@graph": [*head, *records]}


def package(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "software_Package", "spdxId": f"urn:{name}", "name": name, **more}


def link(left: str, kind: str, *right: str, **more: Any) -> dict[str, Any]:
    targets = [f"urn:{r}" for r in right]
    base = {"type": "Relationship", "relationshipType": kind}
    return {**base, "from": f"urn:{left}", "to": targets, **more}


def load3(folder: Path, *records: dict[str, Any]) -> Tables:
    path = folder / "a.json"
    path.write_text(json.dumps(graph(*records)))
    assert find_format(path).name == "spdx"
    return load_tables([path])


def test_version_3(tmp_path: Path) -> None:
    """Packages, suppliers, tools that something uses, several targets, scopes, folded files."""
    tables = load3(
        tmp_path,
        package("app", software_primaryPurpose="application", suppliedBy="urn:acme"),
        package("pad", software_packageUrl="pkg:npm/pad@1", software_packageVersion="1"),
        package("junit"),
        {"type": "software_File", "spdxId": "urn:file", "name": "f"},
        link("app", "contains", "file"),
        link("app", "dependsOn", "pad", "lost"),
        link("app", "dependsOn", "junit", scope="test"),
        link("file", "usesTool", "gcc", type="LifecycleScopedRelationship", scope="build"),
        link("doc", "describes", "app"),
        {"type": "NoAssertionElement", "spdxId": "urn:none"},
        link("pad", "dependsOn", "none"),
    )
    assert ends(tables) == [
        ("urn:app", "contains", "pkg:npm/pad@1"),
        ("urn:app", "contains", "urn:app"),
        ("urn:app", "contains", "urn:junit"),
        ("urn:app", "contains", "urn:lost"),
        ("urn:app", "runs", "urn:gcc"),
        ("urn:app", "supplied_by", "organization:Acme"),
    ]
    assert sorted(tables.dependencies.drop_nulls("group")["provider"]) == ["urn:app", "urn:junit"]
    assert counts(tables, "dropped") == {
        "describes: no dependency": 1,
        "dependsOn of NOASSERTION or NONE": 1,
        "a tool that nothing in it is made with": 1,
    }
    assert "gcc" in tables.entities["name"].to_list()


@pytest.mark.parametrize("kind", sorted(SPDX3))
def test_every_relationship_of_version_3(tmp_path: Path, kind: str) -> None:
    """The dependency runs as the table says, or is dropped with a count."""
    tables = load3(tmp_path, package("a"), package("b"), link("a", kind, "b"))
    meaning = SPDX3[kind]
    if meaning is None:
        assert ends(tables) == []
        assert counts(tables, "dropped")[f"{kind}: no dependency"] == 1
    else:
        pair = ("urn:b", "urn:a") if meaning[1] is BACK else ("urn:a", "urn:b")
        assert ends(tables) == [(pair[0], meaning[0], pair[1])]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"type": "software_Package", "spdxId": "urn:x"}, "software_Package whose name is empty"),
        ({"type": "software_Package", "name": "x"}, "software_Package without an spdxId"),
        (link("a", "dependsOn", "b") | {"from": None}, "expected from, relationshipType and to"),
        (link("a", "dependsOn") | {"to": [3]}, "to: expected the id of an element"),
        (link("a", "dependOn", "b"), "unknown relationship 'dependOn'; did you mean 'dependsOn'?"),
        (3, "expected an object, found '3'"),
    ],
)
def test_odd_version_3(tmp_path: Path, record: Any, message: str) -> None:
    """Elements without id or name, relationships without ends: told, and the rest is read."""
    tables = load3(tmp_path, package("a"), package("b"), record, link("a", "contains", "b"))
    assert message in told(tables)
    assert "@graph[7]" in told(tables)
    assert ("urn:a", "contains", "urn:b") in ends(tables)


def test_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--validate` holds the file to the rules of SPDX 2; for 3 it says that it has none."""
    path = write(tmp_path, document(), "json")
    with pytest.raises(InputError, match=r"doc\.json: not valid SPDX-2\.3: "):
        load_tables([path], strict=True)  # no licence, no download location
    (tmp_path / "3.json").write_text(json.dumps(graph(package("a"))))
    with pytest.raises(InputError, match="--validate knows no schema of SPDX 3"):
        load_tables([tmp_path / "3.json"], strict=True)
    for name in [m for m in sys.modules if m.startswith("spdx_tools")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "spdx_tools", None)
    with pytest.raises(InputError, match=r"pip install 'knockon\[validate\]'"):
        load_tables([path], strict=True)
