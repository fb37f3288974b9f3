"""What stands behind a Service, and when that is certain."""

from pathlib import Path

import polars as pl
import pytest

from knockon.loaders.assembling.gather import SHARED_FROM
from tests.loaders.operations.kubernetes.manifests import (
    deployment,
    edges,
    evidence,
    hit,
    load,
    reasons,
    service,
    uses,
)

CANARY = deployment("web", "app: web, track: stable") + deployment("canary", "app: web, track: new")


def test_a_service_falls_with_its_only_workload_for_certain(tmp_path: Path) -> None:
    tables = load(tmp_path, deployment("web") + service("web"))
    assert hit(tables, "deployment/web") == {"Service/web": (1, 1)}
    told = evidence(tables, "default/Service/web", "default/Deployment/web")
    assert told == "by definition: the selector of a Service, all.yaml:10"


def test_of_several_workloads_one_is_enough(tmp_path: Path) -> None:
    tables = load(tmp_path, CANARY + service("web"))
    assert hit(tables, "deployment/web") == {}
    assert hit(tables, "deployment/web", "deployment/canary") == {"Service/web": (1, 1)}


def test_what_serves_nothing_is_no_spare(tmp_path: Path) -> None:
    """Jobs end, a workload may have no replicas, and one in the cluster no ready endpoint."""
    job = """\
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}
"""
    idle = deployment("green", "app: web").replace(
        "spec: {template", "spec: {replicas: 0, template"
    )
    tables = load(tmp_path, deployment("web") + job + idle + service("web"))
    assert hit(tables, "deployment/web") == {"Service/web": (1, 1)}
    assert set(reasons(tables)) == {
        "a Job among the workloads behind a Service: it ends, and is no spare",
        "a workload of no replicas among those behind a Service: it is no spare",
    }
    # alone they are what there is
    assert hit(load(tmp_path, idle + service("web")), "deployment/green") == {"Service/web": (1, 1)}
    pods = "".join(
        f"---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {n}, labels: {{app: web}}}}}}\n"
        for n in ("a", "b")
    )
    slices = (
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: x, labels: {kubernetes.io/service-name: web}}\nendpoints:\n"
        "- {addresses: [10.0.0.1], targetRef: {kind: Pod, name: a}}\n"
        "- {addresses: [10.0.0.2], conditions: {ready: false}, targetRef: {kind: Pod, name: b}}\n"
    )
    tables = load(tmp_path, pods + service("web") + slices)
    assert hit(tables, "pod/a") == {"Service/web": (1, 1)}
    assert reasons(tables) == {
        "a workload behind a Service without a ready endpoint: it is no spare": 1
    }


@pytest.mark.parametrize("again", [service("web"), service("web", "app: other")])
def test_two_services_of_one_name_without_a_namespace_may_be_two(
    tmp_path: Path, again: str
) -> None:
    """Two applications in one file: what is behind the one is no spare of the other."""
    tables = load(tmp_path, CANARY + service("web") + again)
    assert hit(tables, "deployment/web")["Service/web"] == (0, 1)
    assert hit(tables, "deployment/canary")["Service/web"] == (0, 1)
    assert [reason for reason in reasons(tables) if "is no spare" in reason]


def test_one_service_that_a_file_states_twice_is_one(tmp_path: Path) -> None:
    """With its namespace it is the same object: what is behind it can stand in."""
    text = (CANARY + service("web") + service("web")).replace("{name:", "{namespace: shop, name:")
    tables = load(tmp_path, text.replace("[{namespace: shop, name: c", "[{name: c"))
    assert hit(tables, "deployment/web") == {}
    assert reasons(tables)["an object that stands before"] == 1


def test_all_that_objects_of_one_name_state_counts(tmp_path: Path) -> None:
    """Two applications with a Deployment `web`: neither loses what it needs."""
    text = deployment("web", container=", envFrom: [{secretRef: {name: a}}]")
    text += deployment("web", container=", envFrom: [{secretRef: {name: b}}]")
    assert uses(load(tmp_path, text)) == {
        ("Deployment/web", "Secret/a"),
        ("Deployment/web", "Secret/b"),
    }


def test_pods_without_a_namespace_are_in_any(tmp_path: Path) -> None:
    """A chart may state its namespace in some templates only; that is likely, not certain."""
    tables = load(tmp_path, deployment("web") + service("web", more=", namespace: shop"))
    assert hit(tables, "deployment/web") == {"shop/Service/web": (0, 1)}
    tables = load(tmp_path, deployment("web", more=", namespace: shop") + service("web"))
    assert hit(tables, "deployment/web") == {"Service/web": (0, 1)}
    text = deployment("web", more=", namespace: a") + deployment("web", more=", namespace: b")
    assert uses(load(tmp_path, text + service("web"))) == set()


SET = """\
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: queue}
spec: {template: {metadata: {labels: {app: queue}}, spec: {containers: [{name: c}]}}}
"""


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("statefulset.kubernetes.io/pod-name: queue-0", True),
        ("app: queue, statefulset.kubernetes.io/pod-name: queue-12", True),
        ("app: other, statefulset.kubernetes.io/pod-name: queue-0", False),
        ("statefulset.kubernetes.io/pod-name: other-0", False),
        ("app: queue, apps.kubernetes.io/pod-index: '0'", True),
        ("app: queue, controller-revision-hash: queue-5f7", True),
        ("app: queue, mine: x", False),
    ],
)
def test_selectors_by_labels_that_controllers_put_on_pods(
    tmp_path: Path, selector: str, found: bool
) -> None:
    """A Service for one Pod of a StatefulSet: no template holds the label that it selects by."""
    tables = load(tmp_path, SET + service("queue-0", selector))
    assert hit(tables, "statefulset/queue") == ({"Service/queue-0": (1, 1)} if found else {})
    assert ("a Service whose selector fits no pod of the files" in reasons(tables)) is not found


SLICE = """\
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: db-{n}, labels: {{kubernetes.io/service-name: db}}}}
addressType: IPv4
endpoints: {endpoints}
"""
BARE = "---\n{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {ports: [{port: 5432}]}}\n"


def test_endpoints_of_a_service_without_selector(tmp_path: Path) -> None:
    """Two addresses outside are a group; one that is not ready is none; a Pod is its workload."""
    text = BARE + SLICE.format(n=1, endpoints="[{addresses: [10.9.0.1]}, {addresses: [10.9.0.2]}]")
    text += SLICE.format(n=2, endpoints="[{addresses: [10.9.0.3], conditions: {ready: false}}]")
    tables = load(tmp_path, text)
    assert hit(tables, "10.9.0.1") == {}
    assert hit(tables, "10.9.0.1", "10.9.0.2") == {"Service/db": (1, 1)}
    assert "host:10.9.0.3" not in set(tables.entities["id"])
    target = "[{addresses: [10.1.0.1], targetRef: {kind: Pod, name: pg-0}}]"
    pod = "---\n{apiVersion: v1, kind: Pod, metadata: {name: pg-0}}\n"
    tables = load(tmp_path, BARE + SLICE.format(n=1, endpoints=target) + pod)
    assert hit(tables, "pod/pg-0") == {"Service/db": (1, 1)}


def test_endpoints_of_the_older_kind(tmp_path: Path) -> None:
    text = (
        BARE
        + """\
---
apiVersion: v1
kind: Endpoints
metadata: {name: db}
subsets: [{addresses: [{ip: 10.9.0.1}], notReadyAddresses: [{ip: 10.9.0.2}]}]
"""
    )
    assert hit(load(tmp_path, text), "host:10.9.0.1") == {"Service/db": (1, 1)}


def test_endpoints_of_a_service_that_is_not_listed(tmp_path: Path) -> None:
    text = deployment("web") + SLICE.format(n=1, endpoints="[{addresses: [10.9.0.1]}]")
    assert hit(load(tmp_path, text), "host:10.9.0.1") == {"Service/db": (1, 1)}


def test_a_selector_counts_more_than_endpoints_of_pods_that_are_not_listed(tmp_path: Path) -> None:
    target = "[{addresses: [10.1.0.1], targetRef: {kind: Pod, name: db-7-x}}]"
    text = deployment("db") + service("db") + SLICE.format(n=1, endpoints=target)
    assert uses(load(tmp_path, text)) == {("Service/db", "Deployment/db")}


EXTERNAL = """\
---
{{apiVersion: v1, kind: Service, metadata: {{name: db}},
 spec: {{type: ExternalName, externalName: {}}}}}
"""


def test_a_service_that_is_a_name_elsewhere(tmp_path: Path) -> None:
    tables = load(tmp_path, EXTERNAL.format("orders.rds.example.com"))
    assert hit(tables, "orders.rds.example.com") == {"Service/db": (1, 1)}
    text = deployment("pg", more=", namespace: data") + service("pg", more=", namespace: data")
    tables = load(tmp_path, text + EXTERNAL.format("pg.data.svc.cluster.local"))
    assert hit(tables, "deployment/pg")["Service/db"] == (1, 1)
    tables = load(tmp_path, EXTERNAL.format("gone.data.svc"))
    assert hit(tables, "data/Service/gone") == {"Service/db": (1, 1)}
    assert "a Service without a selector" not in reasons(tables)


@pytest.mark.parametrize(
    ("group", "kind", "spec", "identifier"),
    [
        ("serving.knative.dev/v1", "Service", "template", "Service.serving.knative.dev/x"),
        ("serving.knative.dev/v1", "Configuration", "template", "Configuration/x"),
        ("argoproj.io/v1alpha1", "Rollout", "template", "Rollout/x"),
        ("apps.openshift.io/v1", "DeploymentConfig", "template", "DeploymentConfig/x"),
        ("v1", "ReplicationController", "template", "ReplicationController/x"),
        ("apps.kruise.io/v1alpha1", "CloneSet", "template", "CloneSet/x"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "template", "StatefulSet.apps.kruise.io/x"),
        ("extensions/v1beta1", "Deployment", "template", "Deployment/x"),
        ("acme.example/v1", "Fleet", "template", "Fleet/x"),
    ],
)
def test_workloads_are_told_by_their_template(
    tmp_path: Path, group: str, kind: str, spec: str, identifier: str
) -> None:
    """Whatever the kind: what has a template with containers runs pods, by its API group."""
    text = f"""\
apiVersion: {group}
kind: {kind}
metadata: {{name: x}}
spec: {{{spec}: {{metadata: {{labels: {{app: x}}}}, spec: {{containers:
  [{{image: "ghcr.io/acme/x:1", envFrom: [{{secretRef: {{name: key}}}}]}}]}}}}}}
"""
    tables = load(tmp_path, text + service("x"))
    assert {e for e in edges(tables) if e[0] != "Service/x"} == {
        (identifier, "uses", "Secret/key"), (identifier, "runs", "image:ghcr.io/acme/x"),
    }  # fmt: skip
    assert hit(tables, f"default/{identifier}")["Service/x"] == (1, 1)


def test_what_has_a_template_of_something_else_is_no_workload(tmp_path: Path) -> None:
    text = """\
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: key}
spec: {template: {metadata: {name: key}, type: Opaque}}
"""
    tables = load(tmp_path, deployment("web") + text)
    assert set(tables.entities["id"]) == {"default/Deployment/web"}
    assert reasons(tables) == {"a SealedSecret: states no dependency that is read": 1}


def test_a_knative_service_is_behind_the_service_of_its_name(tmp_path: Path) -> None:
    """Knative makes a Service of that name, which leads to its gateway."""
    text = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello}
spec: {template: {spec: {containers: [{image: hello}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec: {type: ExternalName, externalName: gw.kourier-system.svc.cluster.local}
"""
    tables = load(tmp_path, text)
    assert hit(tables, "ksvc/hello") == {"Service/hello": (1, 1)}
    assert hit(tables, "kourier-system/Service/gw") == {"Service/hello": (1, 1)}


def test_many_services_of_many_workloads_share_what_is_between(tmp_path: Path) -> None:
    """Fifty times fifty: a hundred dependencies, not 2,500, and the same answer."""
    many = range(50)
    assert len(many) ** 2 > SHARED_FROM
    text = "".join(deployment(f"d{n}", "app: x") + service(f"s{n}", "app: x") for n in many)
    tables = load(tmp_path, text)
    assert tables.dependencies.height == 100
    assert hit(tables, *(f"default/Deployment/d{n}" for n in many[:-1])) == {}
    found = hit(tables, *(f"default/Deployment/d{n}" for n in many))
    assert {n for n in many if found.get(f"Service/s{n}") == (1, 1)} == set(many)
    assert tables.entities.filter(pl.col("name") == "pods app=x").height == 1
    assert [
        count for reason, count in reasons(tables).items() if "shares one entity" in reason
    ] == [50]
