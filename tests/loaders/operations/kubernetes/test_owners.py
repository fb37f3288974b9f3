"""What owns each other is one workload, which goes by the names of all."""

import json
from pathlib import Path

import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from tests.loaders.operations.kubernetes.manifests import deployment, hit, load, reasons, uses

POD = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: web, pod-template-hash: 5f7}},
  ownerReferences: [{owner}]}}
spec: {{nodeName: {node}, containers: [
  {{name: c, image: "acme/web:2", envFrom: [{{secretRef: {{name: creds}}}}]}}]}}
status: {{phase: {phase}, podIP: 10.1.0.{number}}}
"""
REPLICAS = """\
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web-{hash}, namespace: shop, labels: {{app: web, pod-template-hash: {hash}}},
  ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}}]}}
spec: {{replicas: {replicas}, template: {{
  metadata: {{labels: {{app: web, pod-template-hash: {hash}}}}}, spec: {{containers: [
    {{name: c, image: "acme/web:1", envFrom: [{{configMapRef: {{name: {config}}}}}]}}]}}}}}}
"""
SERVICE = """\
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
 spec: {selector: {app: web}}}
"""
OF_SET = "{apiVersion: apps/v1, kind: ReplicaSet, name: web-5f7, controller: true}"
LIVE = (
    deployment("web", container=", image: 'acme/web:2'", more=", namespace: shop")
    + REPLICAS.format(hash="5f7", replicas=2, config="settings")
    + REPLICAS.format(hash="0aa", replicas=0, config="old-settings")
    + POD.format(name="web-5f7-a", owner=OF_SET, node="n1", phase="Running", number=1)
    + POD.format(name="web-5f7-b", owner=OF_SET, node="n2", phase="Running", number=2)
    + POD.format(name="web-0aa-z", owner=OF_SET, node="n3", phase="Failed", number=3)
    + SERVICE
)


def test_a_deployment_is_one_workload_with_its_replicas_and_pods(tmp_path: Path) -> None:
    """An export of a live cluster: its Service falls with the Deployment, for certain."""
    tables = load(tmp_path, LIVE)
    assert [i for i in tables.entities["id"] if "ReplicaSet" in i or "Pod" in i] == []
    assert hit(tables, "shop/Deployment/web") == {"shop/Service/web": (1, 1)}
    # what replicas that are kept for the record need, nobody needs
    assert "shop/ConfigMap/settings" in {p for _, p in uses(tables)}
    assert "shop/ConfigMap/old-settings" not in {p for _, p in uses(tables)}
    assert reasons(tables)["an object that is one workload with what owns it"] == 5


def test_the_workload_goes_by_the_names_of_its_parts(tmp_path: Path) -> None:
    tables = load(tmp_path, LIVE)
    graph = DependencyGraph.from_tables(tables, checked=True)
    for name in ("replicaset/web-5f7", "pod/web-5f7-a", "shop/Pod/web-5f7-b", "deployment/web"):
        assert whatif(graph, name).entities["id"][0] == "shop/Deployment/web"


def test_pods_run_on_one_of_several_nodes(tmp_path: Path) -> None:
    """Two Pods on two Nodes; the third has failed, and runs nowhere."""
    tables = load(tmp_path, LIVE)
    assert hit(tables, "Node/n1") == {}
    assert set(hit(tables, "Node/n1", "Node/n2")) == {"shop/Deployment/web", "shop/Service/web"}
    assert "Node/n3" not in set(tables.entities["id"])


@pytest.mark.parametrize("order", [1, -1])
def test_pods_alone_tell_the_deployment_that_made_them(tmp_path: Path, order: int) -> None:
    """`kubectl get pods`: the ReplicaSet has the name of the Deployment and the hash of the Pod."""
    pods = [
        POD.format(name=f"web-5f7-{n}", owner=OF_SET, node="n1", phase="Running", number=1)
        for n in "ab"
    ]
    tables = load(tmp_path, "".join([*pods, SERVICE][::order]))
    assert hit(tables, "shop/Deployment/web") == {"shop/Service/web": (1, 1)}
    assert reasons(tables)["an owner that the files do not hold"] == 1


@pytest.mark.parametrize(
    ("owner", "top"),
    [
        ("{apiVersion: apps/v1, kind: StatefulSet, name: db}", "shop/StatefulSet/db"),
        ("{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, name: db}", "shop/Cluster/db"),
        ("{apiVersion: v1, kind: Node, name: n1}", "shop/Pod/p"),
        ("{apiVersion: batch/v1, kind: Job, name: j}", "shop/Job/j"),
        ("{}", "shop/Pod/p"),
        ("text", "shop/Pod/p"),
    ],
)
def test_owners_of_a_pod(tmp_path: Path, owner: str, top: str) -> None:
    """A workload or the resource of an operator; a Node does not make the Pods that it owns."""
    pod = POD.format(name="p", owner=owner, node="n1", phase="Running", number=1)
    tables = load(tmp_path, pod)
    found = [i for i in tables.entities["id"] if i.startswith("shop/") and "Secret" not in i]
    assert found == [top]


def test_an_operator_may_own_several_workloads(tmp_path: Path) -> None:
    """They stay two: the cache may fail alone."""
    owner = "ownerReferences: [{apiVersion: argoproj.io/v1, kind: ArgoCD, name: argo}]"
    text = deployment("server", more=f", {owner}") + deployment("cache", more=f", {owner}")
    assert set(load(tmp_path, text).entities["id"]) == {
        "default/Deployment/cache", "default/Deployment/server",
    }  # fmt: skip


def test_a_cron_job_is_one_with_its_jobs(tmp_path: Path) -> None:
    text = """\
{apiVersion: batch/v1, kind: CronJob, metadata: {name: night}, spec: {jobTemplate: {spec: {template:
  {spec: {containers: [{name: c, envFrom: [{secretRef: {name: key}}]}]}}}}}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: night-1,
  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: night, controller: true}]},
  spec: {template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: key}}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: night-1-x,
  ownerReferences: [{apiVersion: batch/v1, kind: Job, name: night-1, controller: true}]}, spec: {}}
"""
    assert uses(load(tmp_path, text)) == {("CronJob/night", "Secret/key")}


def test_owners_in_a_circle_end(tmp_path: Path) -> None:
    own = "ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: {}}}]"
    text = deployment("a", more=", " + own.format("b")) + deployment(
        "b", more=", " + own.format("a")
    )
    assert load(tmp_path, text).entities.height >= 1


def test_a_rollout_takes_over_what_a_deployment_runs(tmp_path: Path) -> None:
    rollout = """\
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web-base}}
"""
    text = (
        deployment("web-base", labels="app: web")
        + rollout
        + SERVICE.replace(", namespace: shop", "")
    )
    assert hit(load(tmp_path, text), "default/Rollout/web") == {"Service/web": (1, 1)}


def test_names_of_parts_are_a_list(tmp_path: Path) -> None:
    rows = {row["id"]: row for row in load(tmp_path, LIVE).entities.to_dicts()}
    names = json.loads(rows["shop/Deployment/web"]["also_known_as"])
    assert names[:2] == ["replicaset/web-5f7", "shop/ReplicaSet/web-5f7"]
