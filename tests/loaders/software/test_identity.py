"""What is one thing in several BOMs: by purl, digest, concluded identity, link and image."""

import json
from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.loaders.merge import load_tables
from tests.loaders.software.boms import SCOPE, SERIAL, bom, component, write, xml_of

DIGEST = "9f" * 32
OCI = f"pkg:oci/app@sha256%3A{DIGEST}"


@pytest.fixture(params=["json", "xml"])
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that writes a BOM of this name in one of the forms."""

    def put(name: str, document: dict[str, Any]) -> Path:
        if request.param == "json":
            return write(tmp_path, f"{name}.json", document)
        path = tmp_path / f"{name}.xml"
        path.write_text(xml_of(document))
        return path

    return put


def product(name: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """A BOM of a product with these parts, with a serial number of its own."""
    found = bom(*parts, root=component("root", name, "application"), **more)
    number = sum(name.encode()) % 1000
    return {**found, "serialNumber": f"urn:uuid:{SERIAL[:-3]}{number:03d}"}


def hit(sources: list[Path], origin: str, mode: str = "compromise") -> set[str]:
    """The names of all that could be hit."""
    answer = ko.whatif(ko.load(*sources), origin, mode=mode).entities
    return set(answer.filter(answer["probability_high"] > 0, answer["rank"] > 0)["name"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:pypi/Jinja2@3", "pkg:pypi/jinja2@3"),
        ("pkg:pypi/ruamel.yaml@0.18", "pkg:pypi/ruamel-yaml@0.18"),
        ("pkg:npm/@acme/ui@2", "pkg:npm/%40acme/ui@2"),
        ("pkg:maven/g/a@2.17?type=jar", "pkg:maven/g/a@2.17"),
        ("pkg:golang/github.com/Acme/Lib@v1", "pkg:golang/github.com/acme/lib@v1"),
        ("pkg:deb/debian/z@1?arch=amd64&distro=debian-12", "pkg:deb/debian/z@1?arch=amd64"),
        ("pkg:composer/Acme/Tool@1", "pkg:composer/acme/tool@1"),
        ("pkg:apk/Alpine/musl@1?distro=3.19", "pkg:apk/alpine/musl@1?distro=3.20"),
    ],
)  # fmt: skip
def test_one_package_however_its_purl_is_written(save: Any, one: str, other: str) -> None:
    """A compromise of the part reaches both products, whichever spelling is asked for."""
    files = [
        save(name, product(name, component("x", "part", purl=purl)))
        for name, purl in (("Shop", one), ("Blog", other))
    ]
    for asked in (one, other):
        assert hit(files, asked) >= {"Shop", "Blog"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:maven/g/a@1", "pkg:maven/g/a@2"),
        ("pkg:maven/g/a@1?classifier=x", "pkg:maven/g/a@1"),
        ("pkg:maven/g/a@1?type=war", "pkg:maven/g/a@1"),
        ("pkg:deb/debian/a@1?arch=amd64", "pkg:deb/debian/a@1?arch=arm64"),
        ("pkg:deb/debian/a@1?arch=amd64&distro=x", "pkg:deb/ubuntu/a@1?arch=amd64&distro=x"),
        ("pkg:npm/a@1", "pkg:pypi/a@1"),
        ("pkg:nuget/A@1", "pkg:nuget/a@1"),
    ],
)
def test_packages_that_differ_stay_apart(save: Any, one: str, other: str) -> None:
    """Version, kind of file, architecture, distribution and type tell packages apart."""
    files = [
        save(name, product(name, component("x", "part", purl=purl)))
        for name, purl in (("Shop", one), ("Blog", other))
    ]
    assert "Blog" not in hit(files, one)


def image_of(name: str, purl: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """A BOM of what is in an image."""
    root = component("image", name, "container", purl=purl, **more)
    return {**bom(*parts, root=root), "serialNumber": f"urn:uuid:{SERIAL[:-3]}fff"}


PART = component("ssl", "openssl", purl="pkg:rpm/acme/openssl@3")
CONTENT = image_of("team/app", f"{OCI}?repository_url=registry.example/team/app&tag=v1", PART)


@pytest.mark.parametrize(
    "listed",
    [
        component("i", "team/app", "container", purl=OCI),
        component("i", "other-name", "container", purl=f"pkg:oci/other@sha256:{DIGEST}?arch=amd64"),
        component("i", "app", "container", version=f"sha256:{DIGEST}"),
        component("i", f"registry.example/team/app@sha256:{DIGEST}", "container"),
        component("i", "registry.example/team/app", "container", version="v1"),
        component("i", "registry.example/team/app:v1", "container"),
        component(
            "i", "team", "container", purl="pkg:oci/team@sha256:00ff",
            evidence={"identity": [{"field": "purl", "concludedValue": OCI}]},
        ),
    ],
)  # fmt: skip
def test_an_image_is_what_its_digest_or_reference_says(save: Any, listed: Any) -> None:
    """What is in the image reaches the product that lists it, whatever else the two say of it."""
    files = [save("product", product("Product", listed)), save("content", CONTENT)]
    assert "Product" in hit(files, "openssl")


@pytest.mark.parametrize(
    "listed",
    [
        component("i", "app", "container", purl="pkg:oci/app@sha256:" + "00" * 32),
        component("i", "registry.example/team/app", "container", version="v2"),
        component("i", "elsewhere.example/team/app:v1", "container"),
    ],
)
def test_another_image_is_another(save: Any, listed: Any) -> None:
    """Another digest, tag or registry."""
    files = [save("product", product("Product", listed)), save("content", CONTENT)]
    assert "Product" not in hit(files, "openssl")


@pytest.mark.parametrize(
    "reference",
    [f"registry.example/team/app{end}" for end in ("", ":v1", f"@sha256:{DIGEST}")],
)
def test_an_image_that_runs_is_the_one_of_the_bom(
    save: Any, tmp_path: Path, reference: str
) -> None:
    """A Compose file names the image, a BOM what is in it: a service falls with a part."""
    (tmp_path / "compose.yaml").write_text(f"services:\n  web:\n    image: {reference}\n")
    files = [tmp_path / "compose.yaml", save("content", CONTENT)]
    assert "web" in hit(files, "openssl")
    assert "web" in hit(files, "image:registry.example/team/app", mode="bad_update")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("SHA-256", {"Shop", "Blog"}), ("BLAKE3", {"Shop", "Blog"}), ("MD5", {"Blog"})],
)
def test_equal_digests_are_one_file(save: Any, kind: str, expected: set[str]) -> None:
    """A part without a purl is the one that has the same contents; weak digests say nothing."""
    hashes = [{"alg": kind, "content": DIGEST}]
    named = component("x", "lib", purl="pkg:maven/g/lib@1", hashes=hashes)
    files = [
        save("Shop", product("Shop", component("x", "lib.jar", hashes=hashes))),
        save("Blog", product("Blog", named)),
    ]
    assert hit(files, "pkg:maven/g/lib@1") == expected


def test_an_unsure_identity_is_told_and_not_taken(save: Any) -> None:
    """A tool that guesses says how sure it is."""
    identity = {"field": "purl", "concludedValue": "pkg:npm/a@1", "confidence": 0.2}
    part = component("x", "a", evidence={"identity": [identity]})
    tables = load_tables([save("Shop", product("Shop", part))])
    assert "pkg:npm/a@1" not in tables.entities["id"].to_list()
    assert any("confidence below" in f.reason for f in tables.report)


def test_a_concluded_purl_is_the_id_where_there_is_no_other(save: Any) -> None:
    """As scanners of binaries write it."""
    identity = {"field": "purl", "concludedValue": "pkg:npm/A@1", "confidence": 0.9}
    part = component("x", "a", evidence={"identity": [identity]})
    tables = load_tables([save("Shop", product("Shop", part))])
    assert "pkg:npm/a@1" in tables.entities["id"].to_list()


def test_a_link_leads_to_a_part_that_goes_by_its_purl(save: Any) -> None:
    """A BOM-Link names a component by its ref; in its own BOM a purl is its id."""
    lib = product("Lib", component("x", "x", purl="pkg:npm/x@1"))
    link = f"urn:cdx:{lib['serialNumber'][9:]}/1"
    shop = product(
        "Shop", component("a", "a"), dependencies=[{"ref": "a", "dependsOn": [f"{link}#x"]}]
    )
    files = [save("lib", lib), save("shop", shop)]
    assert hit(files, "pkg:npm/x@1") == {"Lib", "a", "Shop"}


def test_variants_and_ancestors(save: Any) -> None:
    """An image of several architectures is any of them; what it is derived from is in it."""
    arm = component(None, "app", "container", purl=f"pkg:oci/app@sha256:{'ab' * 32}?arch=arm64")
    upstream = component(None, "up", purl="pkg:generic/up@1")
    index = component(
        "i", "app", "container", purl=OCI, pedigree={"variants": [arm], "ancestors": [upstream]}
    )
    content = image_of("app", f"pkg:oci/app@sha256:{'ab' * 32}?arch=arm64", PART)
    files = [save("product", product("Product", index)), save("content", content)]
    assert "Product" in hit(files, "openssl")
    assert "Product" in hit(files, "up")
    assert "Product" in hit(files, "sha256:" + "ab" * 32, mode="bad_update")


def test_what_is_not_needed_at_run_time(save: Any) -> None:
    """Nothing but a compromise crosses it, and nobody knows whether that does."""
    mark = [{"name": "cdx:npm:package:development", "value": "true"}]
    document = product(
        "Shop", component("t", "tests", scope="excluded"), component("d", "dev", properties=mark),
        component("u", "under", purl="pkg:npm/under@1"), component("lib", "lib"),
        dependencies=[
            {"ref": "root", "dependsOn": ["t", "lib"]},
            {"ref": "lib", "dependsOn": ["d"]},
            {"ref": "t", "dependsOn": ["u"]},
        ],
    )  # fmt: skip
    graph = ko.load(save("Shop", document))
    for origin in ("tests", "dev", "under"):
        for mode in ("outage", "bad_update"):
            for more in ({}, {"hours": 4}):
                found = ko.whatif(graph, origin, mode=mode, **more).entities.filter(name="Shop")
                assert found["probability_high"].sum() == 0
        (row,) = ko.whatif(graph, origin, mode="compromise").entities.filter(name="Shop").to_dicts()
        assert (row["probability_low"], row["probability_high"]) == (0, 1)
        assert row["verdict"] == "unknown"
    assert hit([save("Shop", document)], "lib", mode="bad_update") == {"Shop"}


def test_names_are_kept_to_be_asked_for(save: Any) -> None:
    """Purl as written, digest and image lead to the thing."""
    part = component(
        "i", "team/App", "container", version="1", purl=f"pkg:oci/App@sha256%3A{DIGEST}"
    )
    tables = load_tables([save("x", product("Shop", part))])
    (names,) = tables.entities.filter(name="team/App")["also_known_as"]
    scope = next(i for i in tables.entities["id"] if i.startswith(SCOPE[:20]))
    assert json.loads(names) == [
        f"sha256:{DIGEST}", f"pkg:oci/App@sha256%3A{DIGEST}",
        "image:team/App:1", "image:team/App", f"{scope.partition('#')[0]}#i",
    ]  # fmt: skip
