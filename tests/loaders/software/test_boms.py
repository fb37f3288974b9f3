"""Bills of materials inside other JSON, packed, and many in one folder."""

import base64
import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.loaders.software.boms import bom, component, write, xml_of

LIB = component("lib", "lib", purl="pkg:npm/lib@1")


def product(name: str, *parts: Any) -> dict[str, Any]:
    """A BOM of a product, without a serial number."""
    made = bom(*(parts or (LIB,)), root=component("root", name, "application", version="1"))
    del made["serialNumber"]
    return made


def spdx(name: str) -> dict[str, Any]:
    reference = {"referenceType": "purl", "referenceLocator": "pkg:npm/lib@1"}
    return {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": f"http://d.example/{name}", "documentDescribes": ["SPDXRef-app"],
        "packages": [
            {"SPDXID": "SPDXRef-app", "name": name},
            {"SPDXID": "SPDXRef-lib", "name": "lib", "externalRefs": [reference]},
        ],
    }  # fmt: skip


def hit(path: Path) -> set[str]:
    """Who is reached by a compromise of the library."""
    answer = ko.whatif(ko.load(path), "pkg:npm/lib@1", mode="compromise").entities
    return set(answer.filter(answer["rank"] > 0)["name"])


def told(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


def envelope(document: Any) -> dict[str, Any]:
    """A signed statement of in-toto about it."""
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicate": document}
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}


@pytest.mark.parametrize("make", [product, spdx])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda d: {"sbom": d},
        lambda d: {"_type": "https://in-toto.io/Statement/v1", "predicate": d},
        lambda d: {"SPDX": d, "Provenance": {"x": 1}},
        lambda d: [d],
        lambda d: {"data": {"results": [{"id": 1, "bom": d}]}},
        envelope,
    ],
)  # fmt: skip
def test_a_document_inside_other_json(tmp_path: Path, make: Any, wrap: Any) -> None:
    """As GitHub's API, attestations and services answer it."""
    path = write(tmp_path, "answer.json", wrap(make("Shop")))
    assert hit(path) == {"Shop"}
    assert "a document that stands inside other JSON" in told(load_tables([path]))


def test_several_documents_in_one_file(tmp_path: Path) -> None:
    """One for each platform; one on each line."""
    both = {"linux/amd64": {"SPDX": spdx("amd")}, "linux/arm64": {"SPDX": spdx("arm")}}
    path = write(tmp_path, "buildx.json", both)
    assert find_format(path).name == "wrapped_boms"
    assert hit(path) == {"amd", "arm"}
    lines = [envelope(product("one")), envelope(spdx("two")), product("three")]
    path = tmp_path / "attestations.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert hit(path) == {"one", "two", "three"}


def test_other_json_is_no_document(tmp_path: Path) -> None:
    """A word is not enough."""
    path = write(tmp_path, "x.json", [{"dependent": "spdxVersion", "provider": "bomFormat"}])
    assert find_format(path).name == "json"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("form", ["cyclonedx", "xml", "spdx", "wrapped"])
def test_packed_documents(tmp_path: Path, pack: Any, form: str) -> None:
    """Told by what they hold, whatever they are called; `--validate` reads them, too."""
    text = {
        "cyclonedx": json.dumps(product("Shop")), "xml": xml_of(product("Shop")),
        "spdx": json.dumps(spdx("Shop")), "wrapped": json.dumps({"sbom": spdx("Shop")}),
    }[form]  # fmt: skip
    path = tmp_path / "shop.json.packed"
    path.write_bytes(pack(text.encode()))
    assert hit(path) == {"Shop"}
    if form in ("cyclonedx", "xml"):
        load_tables([path], strict=True)
    else:  # the short document of this test lacks what the rules want
        with pytest.raises(InputError, match=r"not valid SPDX-2\.3"):
            load_tables([path], strict=True)


def test_packed_with_zstd(tmp_path: Path) -> None:
    """The fourth kind in common use."""
    zstd = pytest.importorskip("backports.zstd")
    path = tmp_path / "shop.json.zst"
    path.write_bytes(zstd.compress(json.dumps(product("Shop")).encode()))
    assert hit(path) == {"Shop"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five products in four forms, in folders below folders; a file that is no BOM."""
    made = tmp_path / "sboms"
    (made / "team" / "more").mkdir(parents=True)
    write(made, "a.cdx.json", product("A"))
    (made / "b.xml").write_text(xml_of(product("B")))
    (made / "team" / "c.spdx.json.gz").write_bytes(gzip.compress(json.dumps(spdx("C")).encode()))
    write(made / "team" / "more", "d.json", {"sbom": spdx("D")})
    write(made / "team" / "more", "e.json", {"x": {"SPDX": spdx("E")}, "y": {"SPDX": spdx("F")}})
    (made / "README.txt").write_text("these are BOMs\n")
    return made


def test_a_folder_of_boms(folder: Path) -> None:
    """One graph: what several hold is one; each row knows its file."""
    assert find_format(folder).name == "boms"
    assert hit(folder) == set("ABCDEF")
    tables = load_tables([folder])
    assert tables.entities["name"].to_list().count("lib") == 1
    files = set(tables.dependencies["_file"])
    assert "team/more/d.json#sbom.packages[1]" in files
    assert "read 5: bills of materials" in told(tables)
    assert "a file that is no bill of materials: not read (README.txt)" in told(tables)


def test_a_broken_bom_in_a_folder_is_told(folder: Path) -> None:
    """The others are read; with `--validate` it is an error, and so are none at all."""
    (folder / "broken.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", ')
    (folder / "old.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "9"}')
    report = told(load_tables([folder]))
    assert "dropped 2: a bill of materials that cannot be read (broken.json:1:" in report
    assert hit(folder) == set("ABCDEF")
    with pytest.raises(InputError, match=r"old\.json: .*expected 1\.0 to 1\.7, got '9'"):
        load_tables([folder], strict=True)
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "old.json":
            path.unlink()
    with pytest.raises(InputError, match=r"old\.json: .*expected 1\.0 to 1\.7, got '9'"):
        load_tables([folder])


def test_boms_without_names_of_their_own_are_not_mixed_up(tmp_path: Path) -> None:
    """Of documents without serial number and root, ids hold the path within the folder."""
    for team in ("x", "y"):
        (tmp_path / team).mkdir()
        plain = bom(component("1", team))
        del plain["serialNumber"]
        write(tmp_path / team, "bom.json", plain)
    assert sorted(load_tables([tmp_path]).entities["id"]) == ["x/bom#1", "y/bom#1"]


def test_other_folders_stay_what_they_are(tmp_path: Path) -> None:
    """A project that has a BOM beside its Compose file is a project."""
    write(tmp_path, "bom.json", product("A"))
    (tmp_path / "compose.yaml").write_text("services: {web: {image: nginx}}\n")
    assert find_format(tmp_path).name == "compose"
