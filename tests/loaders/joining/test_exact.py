"""What goes by one exact name is one, unasked: purls, digests, links between BOMs, images."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables

ONE, TWO = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def write(folder: Path, entities: list[dict[str, Any]], *rows: tuple[str, str]) -> Path:
    """A folder of our own tables; lists in `also_known_as` are written as JSON."""
    folder.mkdir()
    cells = [
        {k: json.dumps(v) if isinstance(v, list) else v for k, v in one.items()} for one in entities
    ]
    pl.DataFrame(cells).write_csv(folder / "entities.csv")
    lines = ["dependent,provider,relation", *(f"{d},{p},contains" for d, p in rows)]
    (folder / "dependencies.csv").write_text("\n".join(lines) + "\n")
    return folder


def ends(tables: Tables) -> set[tuple[str, str]]:
    return set(tables.dependencies.select("dependent", "provider").iter_rows())


def counts(tables: Tables, action: str) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action == action}


MERGED = "an entity that goes by an exact name of another (purl, digest, BOM-Link, image)"


@pytest.mark.parametrize(
    "name", ["pkg:npm/a@1", "urn:cdx:0a1b/1#x", ONE, "http://d.example#SPDXRef-x"]
)
def test_a_name_that_is_an_id_is_resolved(tmp_path: Path, name: str) -> None:
    """What one source only names by its exact name is the entity that goes by it in another."""
    one = write(tmp_path / "one", [{"id": "lib", "also_known_as": [name]}], ("app", "lib"))
    two = write(tmp_path / "two", [{"id": "shop", "name": "Shop"}], ("shop", name))
    tables = load_tables([one, two])
    assert ends(tables) == {("app", "lib"), ("shop", "lib")}
    assert counts(tables, "merged")[MERGED] == 1


def test_a_name_that_two_share_joins_them(tmp_path: Path) -> None:
    """Neither is an id of the other; the one that more depend on stays, and knows all names."""
    one = write(tmp_path / "one", [{"id": "a", "also_known_as": [ONE, "x"]}], ("app", "a"))
    two = write(tmp_path / "two", [{"id": "b", "also_known_as": [ONE]}], ("shop", "b"))
    tables = load_tables([one, two])
    assert ends(tables) == {("app", "a"), ("shop", "a")}
    (names,) = tables.entities.filter(id="a")["also_known_as"]
    assert set(json.loads(names)) == {ONE, "x", "b"}


def test_names_of_other_forms_join_nothing(tmp_path: Path) -> None:
    """A word may be the name of several things."""
    one = write(tmp_path / "one", [{"id": "a", "also_known_as": ["b", "core"]}], ("app", "a"))
    two = write(tmp_path / "two", [{"id": "b", "also_known_as": ["core"]}], ("shop", "b"))
    assert ends(load_tables([one, two])) == {("app", "a"), ("shop", "b")}


def test_one_digest_under_two_purls_is_told(tmp_path: Path) -> None:
    """A file that two packages hold does not make them one."""
    rows = [
        {"id": "pkg:npm/a@1", "also_known_as": [ONE]},
        {"id": "pkg:npm/b@1", "also_known_as": [ONE]},
    ]
    tables = load_tables([write(tmp_path / "x", rows, ("app", "pkg:npm/a@1"))])
    assert tables.entities.height == 3
    assert counts(tables, "note")["one digest under two purls: not joined"] == 1


def test_an_image_is_the_one_of_its_name(tmp_path: Path) -> None:
    """Of which only one version is known; what runs it is hit through its parts."""
    rows = [{"id": "pkg:oci/app@" + ONE, "also_known_as": ["image:acme/app", ONE]}]
    bom = write(tmp_path / "bom", rows, ("pkg:oci/app@" + ONE, "openssl"))
    runs = write(tmp_path / "k8s", [{"id": "web"}], ("web", "image:acme/app"))
    tables = load_tables([bom, runs])
    assert ends(tables) == {("web", "image:acme/app"), ("image:acme/app", "openssl")}


def test_an_image_of_several_versions_may_be_any(tmp_path: Path) -> None:
    """Digests that differ are not one; who names no version depends on each, and that is told."""
    rows = [
        {"id": "first", "also_known_as": ["image:app:1", "image:app", ONE]},
        {"id": "second", "also_known_as": ["image:app:1", "image:app", TWO]},
    ]
    bom = write(tmp_path / "bom", rows, ("product", "second"))
    runs = write(tmp_path / "k8s", [{"id": "web"}], ("web", "image:app"))
    tables = load_tables([bom, runs])
    assert ends(tables) == {
        ("product", "second"), ("web", "image:app"),
        ("image:app", "first"), ("image:app", "second"),
    }  # fmt: skip
    reason = "an image that is named without its version may be any of those listed"
    assert counts(tables, "invented")[reason] == 2
    graph = DependencyGraph.from_tables(tables)
    answer = whatif(graph, "second", mode="bad_update", assume=1).entities
    assert set(answer["id"]) == {"second", "product", "image:app", "web"}


def test_a_tag_tells_which_version_runs(tmp_path: Path) -> None:
    """Where the side that runs it says the tag, only that version is meant."""
    rows = [
        {"id": "first", "also_known_as": ["image:app:1", "image:app"]},
        {"id": "second", "also_known_as": ["image:app:2", "image:app"]},
    ]
    bom = write(tmp_path / "bom", rows, ("product", "second"))
    image = [{"id": "image:app", "also_known_as": ["image:app:2"]}]
    tables = load_tables([bom, write(tmp_path / "k8s", image, ("web", "image:app"))])
    assert len({p for _, p in ends(tables)}) == 1
    assert "first" in tables.entities["id"].to_list()


def test_an_image_of_another_digest_is_another(tmp_path: Path) -> None:
    """What runs by its digest is not what lies elsewhere under the name."""
    rows = [{"id": "first", "also_known_as": ["image:app", ONE]}]
    bom = write(tmp_path / "bom", rows, ("first", "openssl"))
    image = [{"id": "image:app", "also_known_as": [TWO]}]
    runs = write(tmp_path / "k8s", image, ("web", "image:app"))
    tables = load_tables([bom, runs])
    assert ends(tables) == {("first", "openssl"), ("web", "image:app")}
    reason = "an image of this name and another digest is listed: not joined"
    assert counts(tables, "note")[reason] == 1


def test_the_table_of_aliases_keeps_apart(tmp_path: Path) -> None:
    """What the user says beats an exact name."""
    one = write(tmp_path / "one", [{"id": "a", "also_known_as": [ONE]}], ("app", "a"))
    two = write(tmp_path / "two", [{"id": "b", "also_known_as": [ONE]}], ("shop", "b"))
    (tmp_path / "aliases.csv").write_text("alias,same_as,merge\na,b,no\n")
    tables = load_tables([one, two], aliases=tmp_path / "aliases.csv")
    assert ends(tables) == {("app", "a"), ("shop", "b")}


def test_a_part_of_a_package_falls_with_it(tmp_path: Path) -> None:
    """A subpath leads to a part within the package: what befalls one part reaches no other."""
    package = "pkg:golang/example.org/all@1"

    def say(*purls: str) -> list[dict[str, Any]]:
        return [{"id": purl, "purl": purl} for purl in purls]

    one = write(tmp_path / "one", say(f"{package}#api/a"), ("app", f"{package}#api/a"))
    two = write(tmp_path / "two", say(package), ("shop", package), ("shop", f"{package}#ref"))
    of_three = say(f"{package}#b", "pkg:npm/y@1#c")
    three = write(tmp_path / "three", of_three, ("x", f"{package}#b"), ("x", "pkg:npm/y@1#c"))
    tables = load_tables([one, two, three])
    graph = DependencyGraph.from_tables(tables)

    def hit(origin: str) -> set[str]:
        found = whatif(graph, origin, mode="compromise").entities
        return set(found.filter(pl.col("rank") > 0)["id"])

    parts = {f"{package}#api/a", f"{package}#b"}
    assert hit(package) == {"app", "shop", "x", *parts}
    assert hit(f"{package}#b") == {"x"}
    reason = "a part of a package (its purl has a subpath): it falls with the package"
    assert counts(tables, "invented")[reason] == 2
