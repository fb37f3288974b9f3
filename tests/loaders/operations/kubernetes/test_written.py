"""What only variables, arguments and ConfigMaps say: found, marked, and left out on request."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.merge import load_tables
from tests.loaders.operations.kubernetes.manifests import (
    deployment,
    evidence,
    hit,
    load,
    reasons,
    service,
    uses,
)

DB = deployment("db") + service("db")


def env(name: str, value: str) -> str:
    return f", env: [{{name: {name}, value: '{value}'}}]"


@pytest.mark.parametrize(
    ("container", "told"),
    [
        (env("DB_HOST", "db"), "environment variable DB_HOST"),
        (env("DATABASE_URL", "postgres://u:p@db/app"), "environment variable DATABASE_URL"),
        (env("DB", "db:5432"), "environment variable DB"),
        (env("DB", "db.default"), "environment variable DB"),
        (env("DB", "db.default.svc.cluster.local"), "environment variable DB"),
        (env("DB", "db-0.db:5432"), "environment variable DB"),
        (env("DB", "db-0.db.default.svc"), "environment variable DB"),
        (env("DB", "db.shop.svc:5432"), "environment variable DB"),
        (env("DB", "db.shop:5432"), "environment variable DB"),
        (", args: ['--db=db:5432']", "arguments"),
        (", command: [app, --db-host, db]", "arguments"),
        (", command: [sh, -c, 'psql -h db']", "arguments"),
    ],
)
def test_an_address_is_a_dependency_that_says_where_it_is_from(
    tmp_path: Path, container: str, told: str
) -> None:
    """Whichever way it is written; the namespace that only an address names is nobody's own."""
    tables = load(tmp_path, DB + deployment("web", container=container))
    found = evidence(tables, "default/Deployment/web", "default/Service/db")
    assert found == f"{told}, all.yaml:15"
    assert hit(tables, "deployment/db") == {"Service/db": (1, 1), "Deployment/web": (0, 1)}
    assert "u:p" not in str(tables.entities.to_dicts() + tables.dependencies.to_dicts())
    without = load_tables([tmp_path / "all.yaml"], no_environment=True)
    assert uses(without) == {("Service/db", "Deployment/db")}


@pytest.mark.parametrize(
    "container",
    [
        env("DB_NAME", "db"), env("URL", "https://db.example.com"), env("URL", "https://db.io"),
        env("IMAGE", "db:5432"), ", args: [db]",
        env("HOST", "a.b.db"), ", args: ['--database', db]",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_service(tmp_path: Path, container: str) -> None:
    tables = load(tmp_path, DB + deployment("web", container=container))
    assert ("Deployment/web", "Service/db") not in uses(tables)


def test_a_namespace_that_is_stated_keeps_its_services(tmp_path: Path) -> None:
    """`db` of two namespaces: each has its own, and an address may name the other."""
    both = "".join(DB.replace("{name: db", f"{{namespace: {n}, name: db") for n in "ab")
    both = both.replace("[{namespace: a, name: c", "[{name: c")
    text = both + deployment("web", container=env("DB", "db:1234"), more=", namespace: a")
    text += deployment("far", container=env("DB", "db.b:1234"), more=", namespace: a")
    found = {(d, p) for d, p in uses(load(tmp_path, text)) if p.endswith("Service/db")}
    assert found == {("a/Deployment/web", "a/Service/db"), ("a/Deployment/far", "b/Service/db")}


def test_a_service_by_its_full_name_is_kept_though_no_file_holds_it(tmp_path: Path) -> None:
    """And one of the name of a workload may be its: exports without Services are common."""
    url = env("URL", "http://pay.billing.svc.cluster.local")
    tables = load(tmp_path, deployment("web", container=url))
    assert hit(tables, "billing/Service/pay") == {"Deployment/web": (0, 1)}
    text = deployment("pay") + deployment("web", container=env("URL", "http://pay:80"))
    tables = load(tmp_path, text)
    assert hit(tables, "deployment/pay") == {"Service/pay": (0, 1), "Deployment/web": (0, 1)}
    assert reasons(tables)["a Service that the files do not hold"] == 1


def test_addresses_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    """The host, never the value."""
    url = env("URL", "https://key:secret@api.pay.example.com/v1")
    tables = load(tmp_path, deployment("web", container=url))
    (found,) = [f for f in tables.report if "leads to nothing" in f.reason]
    assert found.examples == ("api.pay.example.com: environment variable URL, all.yaml:5",)
    assert "secret" not in str(tables.report)
    for said in (env("DB_HOST", "pg-rw"), env("X", "pg-rw:5432"), ", args: [--db-host, pg-rw]"):
        assert "pg-rw: " in str(load(tmp_path, deployment("web", container=said)).report)
    assert "pg-rw" not in str(load(tmp_path, deployment("web", container=env("X", "pg-rw"))).report)


def test_a_workload_does_not_depend_on_its_own_service(tmp_path: Path) -> None:
    """Peers of one another, and what a server says of itself."""
    text = deployment("db", container=env("ADVERTISED", "tcp://db:5432")) + service("db")
    tables = load(tmp_path, text)
    assert uses(tables) == {("Service/db", "Deployment/db")}
    assert reasons(tables)["an address of the Service that a workload is behind itself"] == 1


CONFIG = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  DB_HOST: db
  LEVEL: debug
  app.conf: |
    cache:
      host: cache
    upstream http://api/
"""
BEHIND = DB + service("cache") + service("api")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (", envFrom: [{configMapRef: {name: settings}}]", "db cache api"),
        (", env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: DB_HOST}}}]", "db"),
        (", env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: LEVEL}}}]", ""),
        ("}], volumes: [{name: v, configMap: {name: settings}", "db cache api"),
        (
            "}], volumes: [{name: v, configMap: {name: settings, items: [{key: app.conf}]}",
            "cache api",
        ),
        (
            "}], volumes: [{name: v, projected: {sources: [{configMap: {name: settings}}]}",
            "db cache api",
        ),
    ],
)
def test_addresses_in_a_config_map(tmp_path: Path, given: str, found: str) -> None:
    """Those under the keys that a workload is given."""
    tables = load(tmp_path, BEHIND + CONFIG + deployment("web", container=given))
    services = {p for d, p in uses(tables) if d == "Deployment/web" and p.startswith("Service")}
    assert services == {f"Service/{name}" for name in found.split()}
    if "db" in found:
        told = evidence(tables, "default/Deployment/web", "default/Service/db")
        assert "ConfigMap settings, DB_HOST, all.yaml:" in told


@pytest.mark.parametrize(
    "given",
    [
        ", envFrom: [{secretRef: {name: key}}]",
        ", env: [{name: URL, valueFrom: {secretKeyRef: {name: key, key: url}}}]",
        "}], volumes: [{name: v, secret: {secretName: key}",
        "}], volumes: [{name: v, projected: {sources: [{secret: {name: key}}]}",
    ],
)
@pytest.mark.parametrize(
    "held",
    [
        "stringData: {url: 'postgres://app:hunter2@db/x', far: 'https://a.b.svc.example.com'}",
        "data: {url: cG9zdGdyZXM6Ly9hcHA6aHVudGVyMkBkYi94, odd: '%%%', bytes: /w==}",
    ],
)
def test_an_address_in_a_secret(tmp_path: Path, held: str, given: str) -> None:
    """Of a Secret only that it names a Service of the files is told, nothing else of it."""
    text = f"---\n{{apiVersion: v1, kind: Secret, metadata: {{name: key}}, {held}}}\n"
    tables = load(tmp_path, DB + text + deployment("web", container=given))
    told = evidence(tables, "default/Deployment/web", "default/Service/db")
    assert told.endswith(" from Secret key, url, all.yaml:12")
    everything = str(tables.entities.to_dicts() + tables.dependencies.to_dicts())
    assert not [
        w for w in ("hunter2", "example.com", "cG9z") if w in everything + str(tables.report)
    ]
    without = load_tables([tmp_path / "all.yaml"], no_environment=True)
    assert ("Deployment/web", "Service/db") not in uses(without)


def test_a_config_map_that_nobody_is_given_is_told(tmp_path: Path) -> None:
    tables = load(tmp_path, BEHIND + CONFIG)
    reason = "addresses in a ConfigMap that no workload of the files is given"
    assert reasons(tables)[reason] == 1


def test_many_addresses_for_many_workloads_go_through_the_config_map(tmp_path: Path) -> None:
    many = range(40)
    assert len(many) ** 2 > SHARED_FROM
    data = "".join(f"  H{n}_URL: http://s{n}\n" for n in many)
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: all}}\ndata:\n{data}"
    given = ", envFrom: [{configMapRef: {name: all}}]"
    text += "".join(service(f"s{n}") + deployment(f"d{n}", container=given) for n in many)
    tables = load(tmp_path, text)
    assert tables.dependencies.height == 80
    assert len([i for i in hit(tables, "service/s7") if i.startswith("Deployment")]) == 40


def test_sidecars_run_beside_and_init_containers_before(tmp_path: Path) -> None:
    """An init container that restarts always is a sidecar: what it needs, the pod needs."""
    inner = (
        "name: p, image: envoy, envFrom: [{secretRef: {name: mesh}}], " + env("A", "tcp://db:1")[2:]
    )
    for restart, found in (("restartPolicy: Always, ", True), ("", False)):
        given = f"}}], initContainers: [{{{restart}{inner}"
        tables = load(tmp_path, DB + deployment("web", container=given))
        assert (("Deployment/web", "Secret/mesh") in uses(tables)) is found
        assert (("Deployment/web", "Service/db") in uses(tables)) is found
        # a bad image breaks the start as well
        assert set(hit(tables, "image:envoy", mode="bad_update")) == {"Deployment/web"}
    reason = "what only an init container names: it counts at the start only"
    assert reasons(tables)[reason] == 2


def test_the_option_is_refused_where_nothing_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "dependencies.csv"
    path.write_text("dependent,provider\na,b\n")
    with pytest.raises(InputError, match="--no-environment: none of these sources"):
        load_tables([path], no_environment=True)


def test_numbers_of_services_and_pods_are_addresses(tmp_path: Path) -> None:
    """An export of a live cluster tells the number of a Service."""
    live = DB.replace("spec: {selector", "spec: {clusterIP: 10.96.0.7, selector")
    tables = load(tmp_path, live + deployment("web", container=env("DB_HOST", "10.96.0.7")))
    assert ("Deployment/web", "Service/db") in uses(tables)
