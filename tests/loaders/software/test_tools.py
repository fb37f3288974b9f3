"""Documents as known tools write them: what each should give, said before it is read.

Written anew and shortened; names are invented. Each keeps the keys, ids and habits of its tool.
"""

from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.loaders.merge import load_tables
from tests.loaders.software.boms import write

DIGEST = "4e" * 32
IMAGE = f"pkg:oci/shop@sha256%3A{DIGEST}?arch=amd64&repository_url=index.docker.io%2Facme%2Fshop"


def reach(paths: list[Path], origin: str, mode: str = "compromise") -> set[str]:
    answer = ko.whatif(ko.load(*paths), origin, mode=mode).entities
    return set(answer.filter(answer["probability_high"] > 0, answer["rank"] > 0)["name"])


def cyclonedx(component: dict[str, Any], *components: Any, **more: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": component, "tools": {"components": [{"name": "scanner"}]}},
        "components": list(components), **more,
    }  # fmt: skip


TRIVY = cyclonedx(
    {
        "bom-ref": IMAGE,
        "type": "container", "name": "acme/shop:1.2",
        "purl": IMAGE,
        "properties": [
            {"name": "aquasecurity:trivy:RepoTag", "value": "acme/shop:1.2"},
            {"name": "aquasecurity:trivy:RepoDigest", "value": f"acme/shop@sha256:{DIGEST}"},
        ],
    },
    {"bom-ref": "os", "type": "operating-system", "name": "debian", "version": "12.5"},
    {
        "bom-ref": "z", "type": "library", "name": "zlib1g", "version": "1:1.2.13",
        "purl": "pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12.5&epoch=1",
    },
    dependencies=[
        {
            "ref": IMAGE,
            "dependsOn": ["os"],
        },
        {"ref": "os", "dependsOn": ["z"]}, {"ref": "z", "dependsOn": []},
    ],
)  # fmt: skip
SYFT = cyclonedx(
    {
        "bom-ref": "0a1b", "type": "container", "name": "acme/shop:1.2",
        "version": f"sha256:{DIGEST}",
    },
    {
        "bom-ref": "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64&distro=debian-12&package-id=1f",
        "type": "library", "name": "zlib1g", "version": "1:1.2.13",
        "purl": "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64&distro=debian-12&upstream=zlib",
    },
    {"bom-ref": "os:debian@12", "type": "operating-system", "name": "debian", "version": "12"},
)  # fmt: skip


def test_two_scanners_of_one_image(tmp_path: Path) -> None:
    """Trivy and Syft name the image otherwise: it is one by its digest, and a service runs it."""
    (tmp_path / "compose.yaml").write_text("services: {web: {image: 'acme/shop:1.2'}}\n")
    files = [write(tmp_path, "trivy.json", TRIVY), write(tmp_path, "syft.json", SYFT)]
    tables = load_tables([*files, tmp_path / "compose.yaml"])
    names = ["debian", "debian", "web", "zlib1g"]
    assert sorted(tables.entities["name"])[1:] == names
    for version in ("1.2.13?arch=amd64&distro=debian-12.5&epoch=1", "1:1.2.13?arch=amd64"):
        assert "web" in reach(
            [*files, tmp_path / "compose.yaml"], f"pkg:deb/debian/zlib1g@{version}"
        )


def test_cdxgen(tmp_path: Path) -> None:
    """Refs are purls with other quoting, evidence says how sure it is, services have endpoints."""
    evidence = {
        "identity": [
            {
                "field": "purl", "confidence": 0.8,
                "methods": [{"technique": "manifest-analysis", "confidence": 0.8}],
                "concludedValue": "pkg:npm/%40acme/ui@2.0.0",
            }
        ]
    }  # fmt: skip
    plain = cyclonedx(
        {
            "bom-ref": "pkg:npm/shop@1.0.0", "type": "application", "name": "shop",
            "purl": "pkg:npm/shop@1.0.0",
        },
        {
            "bom-ref": "pkg:npm/@acme/ui@2.0.0", "type": "framework", "group": "@acme",
            "name": "ui", "version": "2.0.0", "purl": "pkg:npm/%40acme/ui@2.0.0",
            "scope": "required",
            "evidence": evidence,
        },
        {
            "bom-ref": "pkg:npm/mocha@9.0.0", "type": "library", "name": "mocha",
            "purl": "pkg:npm/mocha@9.0.0", "scope": "excluded",
        },
        services=[{"bom-ref": "urn:service:pay", "name": "pay", "endpoints": ["https://p"]}],
        dependencies=[
            {
                "ref": "pkg:npm/shop@1.0.0",
                "dependsOn": ["pkg:npm/@acme/ui@2.0.0", "pkg:npm/mocha@9.0.0"],
            },
            {"ref": "pkg:npm/@acme/ui@2.0.0", "dependsOn": ["urn:service:pay"]},
        ],
    )  # fmt: skip
    path = write(tmp_path, "bom.json", plain)
    assert reach([path], "@acme/ui", "bad_update") == {"shop"}
    assert reach([path], "mocha", "bad_update") == set()
    assert reach([path], "mocha") == {"shop"}
    assert reach([path], "pay", "outage") == {"@acme/ui"}


def test_an_aggregate_of_maven(tmp_path: Path) -> None:
    """`makeAggregateBom`: refs are purls with `type=jar`, a module depends on another."""
    refs = {n: f"pkg:maven/com.acme/{n}@1.0?type=jar" for n in ("parent", "web", "core")}
    log = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar"
    plain = cyclonedx(
        *(
            {"bom-ref": refs[n], "type": "library", "group": "com.acme", "name": n, "purl": refs[n]}
            for n in refs
        ),
        {
            "bom-ref": log, "type": "library", "group": "org.apache.logging.log4j",
            "name": "log4j-core", "version": "2.14.1", "purl": log, "scope": "optional",
        },
        dependencies=[
            {"ref": refs["parent"], "dependsOn": []},
            {"ref": refs["web"], "dependsOn": [refs["core"]]},
            {"ref": refs["core"], "dependsOn": [log]},
        ],
    )  # fmt: skip
    path = write(tmp_path, "bom.json", plain)
    assert reach([path], "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1") == {
        "core", "web", "parent",
    }  # fmt: skip


def spdx(name: str, packages: list[Any], relations: list[tuple[str, str, str]], **more: Any) -> Any:
    keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": name, "documentNamespace": f"https://d.example/{name}",
        "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Tool: x"]},
        "packages": packages,
        "relationships": [dict(zip(keys, one, strict=True)) for one in relations], **more,
    }  # fmt: skip


def package(identifier: str, name: str, purl: str = "", **more: Any) -> dict[str, Any]:
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
    listed = [{**reference, "referenceLocator": purl}] if purl else []
    return {
        "SPDXID": identifier, "name": name, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "externalRefs": listed, **more,
    }  # fmt: skip


def test_github_exports_its_dependency_graph(tmp_path: Path) -> None:
    """The repository is what is described; workflows are packages, too; all below `sbom`."""
    root = "SPDXRef-github-acme-shop-main-1a2b"
    plain = spdx(
        "com.github.acme/shop",
        [
            package(root, "com.github.acme/shop", "pkg:github/Acme/Shop@main", versionInfo="main"),
            package("SPDXRef-npm-ms-2.1.3-75c9", "ms", "pkg:npm/ms@2.1.3", versionInfo="2.1.3"),
            package(
                "SPDXRef-githubactions-actions-checkout-4", "actions/checkout",
                "pkg:githubactions/actions/checkout@4", versionInfo="4",
            ),
        ],
        [
            (root, "DEPENDS_ON", "SPDXRef-npm-ms-2.1.3-75c9"),
            (root, "DEPENDS_ON", "SPDXRef-githubactions-actions-checkout-4"),
            ("SPDXRef-DOCUMENT", "DESCRIBES", root),
        ],
    )  # fmt: skip
    path = write(tmp_path, "shop.json", {"sbom": plain})
    assert reach([path], "pkg:npm/ms@2.1.3") == {"com.github.acme/shop"}
    assert reach([path], "actions/checkout") == {"com.github.acme/shop"}


def test_an_image_index_and_its_images(tmp_path: Path) -> None:
    """One purl for each place where an image lies; what is in one reaches what holds the index."""
    index, arm = "sha256%3A" + "11" * 32, "sha256%3A" + "22" * 32
    places = [f"pkg:oci/ubi@{index}?repository_url=registry.example/ubi9/ubi&tag=9.4"]
    places.append(f"pkg:oci/ubi9@{index}?repository_url=registry.example/ubi9&tag=9.4")
    head = package("SPDXRef-image-index", "ubi9-container")
    head["externalRefs"] = [
        {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": p}
        for p in places
    ]
    image = package("SPDXRef-image-arm64", "ubi9-container_arm64", f"pkg:oci/ubi@{arm}?arch=arm64")
    first = spdx(
        "index", [head, image],
        [
            ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image-index"),
            ("SPDXRef-image-arm64", "VARIANT_OF", "SPDXRef-image-index"),
        ],
    )  # fmt: skip
    content = spdx(
        "arm64",
        [
            package("SPDXRef-image", "ubi9_arm64", f"pkg:oci/ubi@{arm}?arch=arm64&tag=9.4"),
            package("SPDXRef-rpm", "openssl-libs", "pkg:rpm/redhat/openssl-libs@3?arch=aarch64"),
            package("SPDXRef-up", "openssl", "pkg:generic/openssl@3.0.7"),
        ],
        [
            ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"),
            ("SPDXRef-image", "CONTAINS", "SPDXRef-rpm"),
            ("SPDXRef-rpm", "GENERATED_FROM", "SPDXRef-up"),
        ],
    )  # fmt: skip
    product = cyclonedx(
        {"bom-ref": "p", "type": "framework", "name": "platform"},
        {"bom-ref": "i", "type": "container", "name": "ubi9", "purl": places[1]},
        dependencies=[{"ref": "p", "dependsOn": ["i"]}],
    )
    files = [
        write(tmp_path, "a.json", first), write(tmp_path, "b.json", content),
        write(tmp_path, "c.json", product),
    ]  # fmt: skip
    assert {"platform", "openssl-libs"} <= reach(files, "openssl")


def test_a_build_of_buildkit(tmp_path: Path) -> None:
    """One document for each platform, the image's files and packages below what is described."""
    made = {
        f"linux/{arch}": {
            "SPDX": spdx(
                f"sbom-{arch}",
                [
                    package("SPDXRef-DocumentRoot-sbom", "sbom"),
                    package("SPDXRef-Package-z", "zlib1g", f"pkg:deb/debian/z@1?arch={arch}"),
                ],
                [
                    ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-DocumentRoot-sbom"),
                    ("SPDXRef-DocumentRoot-sbom", "CONTAINS", "SPDXRef-Package-z"),
                ],
            )
        }
        for arch in ("amd64", "arm64")
    }  # fmt: skip
    path = write(tmp_path, "sbom.json", made)
    assert reach([path], "pkg:deb/debian/z@1?arch=arm64") == {"sbom"}
    assert load_tables([path]).entities.height == 4


@pytest.mark.parametrize("describes", [True, False])
def test_microsofts_tool(tmp_path: Path, describes: bool) -> None:
    """SPDX 2.2; the root package depends on all others; older versions list it, and no more."""
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-RootPackage")]
    if describes:
        relations.append(("SPDXRef-RootPackage", "DEPENDS_ON", "SPDXRef-Package-AB12"))
    plain = spdx(
        "Shop 1.0",
        [
            package("SPDXRef-RootPackage", "Shop", "pkg:swid/Acme/Shop@1?tag_id=1", hasFiles=[]),
            package("SPDXRef-Package-AB12", "Acme.Json", "pkg:nuget/Acme.Json@13.0.1"),
        ],
        relations, externalDocumentRefs=[], files=[],
        documentDescribes=["SPDXRef-RootPackage"],
    )  # fmt: skip
    plain["spdxVersion"] = "SPDX-2.2"
    assert reach([write(tmp_path, "manifest.spdx.json", plain)], "Acme.Json") == {"Shop"}
