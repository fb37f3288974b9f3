"""Objects in files: lists of every kind, folders, and what is no object."""

import json
from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.loaders.operations.kubernetes.manifests import deployment, load, reasons, service, uses

WEB = {("Service/web", "Deployment/web")}


def test_a_list_of_one_kind_need_not_repeat_it(tmp_path: Path) -> None:
    """`kubectl get --raw /apis/apps/v1/deployments`: items have neither kind nor apiVersion."""
    item = {
        "metadata": {"name": "web"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
    }
    listed = {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [item],
              "metadata": {"continue": "abc", "remainingItemCount": 7}}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(listed))
    (tmp_path / "b.yaml").write_text(service("web"))
    tables = load_tables([tmp_path])
    assert uses(tables) == WEB
    (found,) = [f for f in tables.report if "goes on" in f.reason]
    assert found.examples == ("7 more after a.json:1",)


def test_a_template_of_openshift_and_a_bare_list(tmp_path: Path) -> None:
    inner = "".join(
        "  - " + text.removeprefix("---\n").replace("\n", "\n    ").rstrip() + "\n"
        for text in (deployment("web"), service("web"))
    )
    text = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n"
    assert uses(load(tmp_path, text + inner)) == WEB
    assert uses(load(tmp_path, f"apiVersion: v1\nkind: List\nitems:\n{inner}")) == WEB


def test_one_file_that_cannot_be_read_does_not_stop_a_folder(tmp_path: Path) -> None:
    """A chart lies beside manifests: its templates are no YAML before they are rendered."""
    (tmp_path / "web.yaml").write_text(deployment("web") + service("web"))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/x.yaml").write_text("kind: {{ .Values.kind }}\n  a: b\n")
    (tmp_path / "values.yaml").write_text("replicas: 2\n")
    (tmp_path / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\n"
    )
    tables = load_tables([tmp_path])
    assert uses(tables) == WEB
    assert reasons(tables) == {
        "a file that cannot be read": 1, "a document that is no object": 1,
        "a Kustomization: states no dependency that is read": 1,
    }  # fmt: skip
    (found,) = [f for f in tables.report if f.reason == "a file that cannot be read"]
    assert "x.yaml:" in found.examples[0]
    with pytest.raises(InputError, match=r"x.yaml:1"):
        load_tables([tmp_path / "templates/x.yaml"])


@pytest.mark.parametrize("items", ["[]", "null", "text"])
def test_an_empty_list_says_so(tmp_path: Path, items: str) -> None:
    with pytest.raises(InputError, match="expected manifests such as a Deployment, found none"):
        load(tmp_path, f"apiVersion: v1\nkind: List\nitems: {items}\n")


def test_other_kinds_alone_are_named(tmp_path: Path) -> None:
    text = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n"
    text += "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}}\n"
    with pytest.raises(InputError, match="found none but 1 Namespace, 1 PodDisruptionBudget"):
        load(tmp_path, text)


def test_a_large_list_is_told_from_its_end(tmp_path: Path) -> None:
    """kubectl sorts keys: `kind: List` stands behind items of any size."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"s{n}"},
            "data": {"x": "y" * 99},
        }
        for n in range(900)
    ]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"apiVersion": "v1", "items": items, "kind": "List"}, indent=4))
    assert path.stat().st_size > 64 * 1024
    assert find_format(path).name == "kubernetes"
    assert load_tables([path]).entities.height == 900
