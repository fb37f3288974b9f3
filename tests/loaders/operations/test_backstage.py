"""Backstage catalogs: references with defaults, Locations, and what leads nowhere."""

import json
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.paths import DATA

CATALOG = DATA / "backstage/operate-first-apps-2022-11-selfcontained"

ENTITIES = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: Web, title: Web shop}
spec:
  type: website
  lifecycle: production
  owner: team-a
  system: shop
  dependsOn: [resource:db, Component:payments/ledger, component:lib, resource:gone, only-one, twice]
  consumesApis: [orders, payments/pay]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders, namespace: default}
spec: {type: service, system: shop, providesApis: orders, dependencyOf: ['component:web']}
---
apiVersion: backstage.io/v1beta1
kind: Component
metadata: {name: lib}
spec: {type: library, subcomponentOf: orders}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: orders}
spec: {type: openapi, definition: {$text: ./secret}}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db}
spec: {type: database, dependencyOf: [resource:only-one]}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: only-one}
spec: {type: pipe}
---
{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: shop}, spec: {domain: sales}}
---
{apiVersion: backstage.io/v1alpha1, kind: Domain, metadata: {name: sales}}
---
{apiVersion: backstage.io/v1alpha1, kind: Group, metadata: {name: team-a}}
---
{apiVersion: backstage.io/v1alpha1, kind: Resource, metadata: {name: twice}}
---
{apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: twice}}
---
{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: WEB}}
---
{apiVersion: v1, kind: Pod, metadata: {name: x}}
---
{apiVersion: backstage.io/v1alpha1, kind: Component}
"""
PAYMENTS = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ledger, namespace: payments}
spec: {type: service, providesApis: [pay], dependsOn: [component:vault, component:default/orders]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: pay, namespace: payments}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """`all.yaml` leads to the entities, to a folder by a pattern, and to what is not read."""
    root = tmp_path / "catalog"
    (root / "more").mkdir(parents=True)
    (root / "entities.yaml").write_text(ENTITIES)
    (root / "more/payments.yaml").write_text(PAYMENTS)
    (root / "unlisted.yaml").write_text("{kind: X, apiVersion: backstage.io/v1}")
    (tmp_path / "outside.yaml").write_text(PAYMENTS)
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "all.yaml").write_text(
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\nspec:\n"
        "  target: ./entities.yaml\n  targets:\n    - ./more/*.yaml\n    - ./all.yaml\n"
        "    - ../outside.yaml\n    - ./link.yaml\n    - ./none.yaml\n"
        "    - https://example.com/catalog-info.yaml\n    - 7:\n"
    )
    return root


def edges(tables: Tables) -> set[tuple[str, str, str]]:
    return set(tables.dependencies.select("dependent", "relation", "provider").iter_rows())


def test_references_and_directions(catalog: Path) -> None:
    """Worked out by hand: defaults of kind and namespace, `dependencyOf` the other way round."""
    assert edges(load_tables([catalog])) == {
        ("component:default/web", "uses", "resource:default/db"),
        ("component:default/web", "uses", "component:payments/ledger"),
        ("component:default/web", "contains", "component:default/lib"),
        ("component:default/web", "uses", "resource:default/only-one"),
        ("component:default/web", "uses", "api:default/orders"),
        ("component:default/web", "uses", "api:payments/pay"),
        ("component:default/web", "uses", "component:default/orders"),
        ("api:default/orders", "hosted_on", "component:default/orders"),
        ("resource:default/only-one", "uses", "resource:default/db"),
        ("api:payments/pay", "hosted_on", "component:payments/ledger"),
        ("component:payments/ledger", "uses", "component:default/orders"),
        ("component:default/web", "uses", "resource:default/gone"),
        ("component:payments/ledger", "uses", "component:payments/vault"),
    }


def test_entities_and_parents(catalog: Path) -> None:
    rows = {row["id"]: row for row in load_tables([catalog]).entities.to_dicts()}
    web = rows["component:default/web"]
    assert (web["name"], web["kind"], web["parent"]) == (
        "Web shop",
        "service",
        "system:default/shop",
    )
    assert (web["owner"], web["lifecycle"], web["type"]) == ("team-a", "production", "website")
    assert rows["component:default/lib"]["parent"] == "component:default/orders"
    assert rows["system:default/shop"]["parent"] == "domain:default/sales"
    assert rows["resource:default/db"]["kind"] == "data_store"
    assert not any(i.startswith(("group:", "location:")) for i in rows)


def test_everything_left_out_is_counted(catalog: Path) -> None:
    reasons = {f.reason: f.count for f in load_tables([catalog]).report}
    assert reasons == {
        "entities from catalog": 14,
        "dependencies from catalog": 13,
        "a target outside the folder of the catalog; not read": 2,
        "a target that is not there": 1,
        "a target on the web; not fetched": 1,
        "a value in targets that is no text": 1,
        "a Group: nothing that fails": 1,
        "an entity whose reference stands before": 1,
        "a document that is no entity of Backstage": 1,
        "an entity without kind or metadata.name": 1,
        "an entity that the catalog does not list: kept, since others name it": 2,
        "a reference in dependsOn that names several entities": 1,
    }


def test_a_file_and_a_folder_without_an_entry(catalog: Path) -> None:
    """A file alone is a catalog; so is a folder, by all files in it."""
    assert find_format(catalog / "more").name == "backstage"
    alone = load_tables([catalog / "more/payments.yaml"])
    assert edges(load_tables([catalog / "more"])) == edges(alone)
    assert [f.count for f in alone.report if "kept, since others" in f.reason] == [2]
    nested = load_tables([catalog / "all.yaml"])
    assert edges(nested) == edges(load_tables([catalog]))


def test_links_in_a_folder_without_an_entry(catalog: Path, tmp_path: Path) -> None:
    (catalog / "more/link.yaml").symlink_to(tmp_path / "outside.yaml")
    report = load_tables([catalog / "more"]).report
    assert "a link to a file outside the folder; not read" in str(report)
    assert "component:payments/ledger" in set(load_tables([catalog / "link.yaml"]).entities["id"])


def test_an_api_that_nothing_provides_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "catalog-info.yaml"
    path.write_text("apiVersion: backstage.io/v1\nkind: API\nmetadata: {name: a}")
    assert "an API that no component provides" in str(load_tables([path]).report)


def stored(kind: str, name: str, *relations: tuple[str, str], **spec: object) -> dict[str, object]:
    """An entity as the API of a catalog answers it: relations at both ends."""
    return {
        "metadata": {"namespace": "default", "uid": "0f", "name": name,
                     "annotations": {"backstage.io/managed-by-location": "url:https://x"}},
        "apiVersion": "backstage.io/v1alpha1", "kind": kind, "spec": spec,
        "relations": [{"type": t, "targetRef": r} for t, r in relations],
    }  # fmt: skip


ANSWER = [
    stored("Component", "web", ("dependsOn", "resource:default/db"), ("ownedBy", "group:default/a"),
           ("consumesApi", "api:default/orders"), ("partOf", "system:default/shop"),
           ("rotatedBy", "user:default/u"),
           type="website", dependsOn=["resource:db"], consumesApis=["orders"]),
    stored("Component", "orders", ("providesApi", "api:default/orders"), type="service"),
    stored("API", "orders", ("apiProvidedBy", "component:default/orders"),
           ("apiConsumedBy", "component:default/web"), type="grpc"),
    stored("Resource", "db", ("dependencyOf", "component:default/web"),
           ("dependsOn", "resource:default/disk")),
    stored("System", "shop", ("hasPart", "component:default/orders")),
    stored("Location", "all", target="https://example.com/all.yaml"),
    stored("Group", "a"),
    {**stored("Robot", "arm", ("dependsOn", "component:default/web")), "apiVersion": "acme.io/v1"},
]  # fmt: skip


@pytest.mark.parametrize("form", ["list", "page", "old"])
def test_the_answer_of_the_api(tmp_path: Path, form: str) -> None:
    """GET /api/catalog/entities; a page of by-query; relations as before version 1.0."""
    answer: object = ANSWER
    if form == "page":
        answer = {"items": ANSWER, "totalItems": 20, "pageInfo": {"nextCursor": "abc"}}
    if form == "old":
        old = json.loads(json.dumps(ANSWER))
        for one in old:
            for relation in one["relations"]:
                kind, _, rest = relation.pop("targetRef").partition(":")
                space, _, name = rest.partition("/")
                relation["target"] = {"kind": kind, "namespace": space, "name": name}
        answer = old
    path = tmp_path / "entities.json"
    path.write_text(json.dumps(answer))
    assert find_format(path).name == "backstage"
    tables = load_tables([path])
    assert edges(tables) == {
        ("component:default/web", "uses", "resource:default/db"),
        ("component:default/web", "uses", "api:default/orders"),
        ("api:default/orders", "hosted_on", "component:default/orders"),
        ("resource:default/db", "uses", "resource:default/disk"),
        ("robot:default/arm", "uses", "component:default/web"),
    }
    rows = {row["id"]: row for row in tables.entities.to_dicts()}
    assert rows["component:default/web"]["parent"] == "system:default/shop"
    assert rows["component:default/orders"]["parent"] == "system:default/shop"
    assert rows["component:default/web"]["owner"] == "group:default/a"
    assert rows["robot:default/arm"]["kind"] == "robot"
    reasons = {f.reason: f.examples for f in tables.report if f.action != "read"}
    more = "a page of the catalog with more behind it: the file holds only its beginning"
    assert set(reasons) - {more} == {
        "a Group: nothing that fails", "a relation 'rotatedBy' of one's own: not read",
        "an entity that the catalog does not list: kept, since others name it",
    }  # fmt: skip
    if form == "page":
        assert reasons[more] == ("8 of 20 in entities.json",)


def test_an_api_falls_with_its_only_provider(tmp_path: Path) -> None:
    path = tmp_path / "entities.json"
    path.write_text(json.dumps(ANSWER))
    rows = load_tables([path]).dependencies.filter(pl.col("relation") == "hosted_on")
    assert rows["probability"].to_list() == [1.0]
    assert rows["evidence"][0].startswith(
        "by definition: the only provider of an API, entities.json:"
    )
    second = stored("Component", "more", ("providesApi", "api:default/orders"))
    path.write_text(json.dumps([*ANSWER, second]))
    rows = load_tables([path]).dependencies.filter(pl.col("relation") == "hosted_on")
    assert rows["probability"].to_list() == [None, None]


def test_folders_with_a_catalog_file_in_each(tmp_path: Path) -> None:
    """A repository of many components: nothing at its top leads to them."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "catalog-info.yaml").write_text(
            f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\n"
            "spec: {type: service, dependsOn: ['component:b']}\n"
        )
    assert find_format(tmp_path).name == "backstage"
    assert ("component:default/a", "uses", "component:default/b") in edges(load_tables([tmp_path]))
    (tmp_path / "catalog-info.yaml").write_text(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: top}\n"
    )
    tables = load_tables([tmp_path])
    assert list(tables.entities["id"]) == ["component:default/top"]
    assert [f.count for f in tables.report if "a catalog file in a folder below" in f.reason] == [2]


def test_a_catalog_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog-info.yaml"
    path.write_text("apiVersion: backstage.io/v1\nkind: Location\nmetadata: {name: a}\n")
    with pytest.raises(InputError, match="expected entities of a Backstage catalog, found none"):
        load_tables([path])


@pytest.mark.skipif(not CATALOG.is_dir(), reason=f"no data at {CATALOG}")
def test_a_real_catalog_resolves_whole() -> None:
    """Operate First, November 2022: counted with grep; nothing dangles, nothing is dropped."""
    tables = load_tables([CATALOG])
    texts = [p.read_text() for p in CATALOG.rglob("*.yaml")]
    kinds = [sum(f"\nkind: {k}\n" in t for t in texts) for k in ("Location", "Group", "User")]
    assert tables.entities.height == len(texts) - sum(kinds) == 53
    assert tables.dependencies.height == 44
    assert {f.action for f in tables.report} == {"read", "note"}
    users = {d for d, _, p in edges(tables) if p == "resource:default/smaug"}
    assert len(users) == sum("- resource:smaug\n" in t for t in texts)


def test_parts_written_by_hand(tmp_path: Path) -> None:
    """`partOf` and `hasPart` in a spec; a catalog without dependencies says so."""
    path = tmp_path / "catalog.yaml"
    kinds = (
        ("System", "shop", "partOf: ['Domain:sales']"),
        ("System", "pay", "owner: a"),
        ("Domain", "sales", "hasPart: ['System:pay']"),
    )
    path.write_text(
        "\n---\n".join(
            f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
            f"spec: {{{spec}}}"
            for kind, name, spec in kinds
        )
    )
    tables = load_tables([path])
    parents = dict(tables.entities.select("id", "parent").rows())
    assert parents["system:default/shop"] == "domain:default/sales"
    assert parents["system:default/pay"] == "domain:default/sales"
    assert "no dependency is read from it; of `backstage`: dependsOn" in str(tables.report[-1])
