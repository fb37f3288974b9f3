"""Files that no reader reads: each is called what it is, with what to give instead."""

import json
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source
from knockon.loaders.registry import find_format
from knockon.loaders.strangers import STRANGERS, name_stranger
from tests.paths import SAMPLES

# name of a file -> its text or JSON, and words that must be said of it
FILES: dict[str, tuple[Any, str]] = {
    "package-lock.json": (
        {"name": "x", "lockfileVersion": 3, "packages": {}},
        "npm ls --all --json",
    ),
    "yarn.lock": ('# yarn lockfile v1\n\nleft-pad@^1:\n  version "1"\n', "syft PATH"),
    "pnpm-lock.yaml": ("lockfileVersion: '9.0'\n\nimporters:\n  .: {}\n", "syft PATH"),
    "Cargo.lock": ('version = 3\n\n[[package]]\nname = "x"\nversion = "1"\n', "cargo cyclonedx"),
    "poetry.lock": ('[[package]]\nname = "x"\nversion = "1"\n', "pipdeptree --json"),
    "metadata.json": (
        {"packages": [], "workspace_members": [], "resolve": None},
        "cargo cyclonedx",
    ),
    "go.mod": ("// of the shop\nmodule example.com/shop\n\ngo 1.22\n", "go mod graph"),
    "tree.txt": ("[INFO] com.a:shop:jar:1\n[INFO] +- org.x:y:jar:1:compile\n", "cyclonedx-maven"),
    "gradle.txt": ("runtimeClasspath\n+--- org.x:y:1.0\n|    \\--- org.z:w:2\n", "Gradle"),
    "pip.txt": (
        "requests==2.0\n  - urllib3 [required: >=1, installed: 1.0]\n",
        "pipdeptree --json",
    ),
    "inspect.json": ({"version": "1", "pip_version": "24", "installed": []}, "pipdeptree"),
    "list.json": ({"type": "tree", "data": {"type": "list", "trees": []}}, "syft PATH"),
    "mods.json": ('{"Path": "example.com/shop", "Main": true}\n{"Path": "x"}\n', "go mod graph"),
    "mods.txt": ('{\n\t"Path": "example.com/shop",\n\t"Main": true\n}\n{\n}\n', "go mod graph"),
    "syft.json": ({"artifacts": [], "artifactRelationships": []}, "syft convert"),
    "trivy.json": ({"SchemaVersion": 2, "ArtifactName": "x", "Results": []}, "trivy convert"),
    "pods.txt": ("NAME      READY   STATUS    AGE\nweb-0   1/1   Running   2d\n", "-o yaml"),
    "all.txt": ("NAMESPACE  NAME   READY  STATUS\nshop  web   1/1  Running\n", "-o yaml"),
    "stack.yaml": ("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B: !Ref A\n", "cfn-lint"),
    "stack.json": ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}, "cfn-lint"),
    "bare.yaml": ("Resources:\n  B:\n    Type: AWS::S3::Bucket\n", "cfn-lint"),
    "main.tf": ('# ours\nresource "aws_s3_bucket" "b" {\n}\n', "terraform show -json"),
    "pulumi.json": ({"version": 3, "deployment": {"resources": []}}, "pulumi stack graph"),
    "nomad.json": ({"Job": {"TaskGroups": []}}, "dependent, provider"),
    "task.json": ({"family": "x", "containerDefinitions": []}, "dependsOn"),
    "logs.json": ({"resourceLogs": []}, "resourceSpans"),
    "xray.json": ({"Traces": []}, "OTLP JSON"),
    "map.json": ({"Services": [], "StartTime": 1}, "OTLP JSON"),
    "dd.json": ([[{"trace_id": 1, "span_id": 1, "service": "web"}]], "OTLP JSON"),
    "sky.json": ({"data": {"topology": {"nodes": [], "calls": []}}}, "source"),
    "a.mmd": ("flowchart LR\n  a --> b\n", "DOT"),
    "a.puml": ("@startuml\n[a] --> [b]\n@enduml\n", "DOT"),
    "a.d2": ("shop -> db\n", "DOT"),
    "a.net": ('*Vertices 2\n1 "a"\n', "GraphML"),
    "w.dsl": ('workspace "x" {\n}\n', "structurizr-cli"),
    "w.json": ({"model": {"softwareSystems": []}}, "structurizr-cli"),
    "m.xml": ('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"/>', "CSV"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_read_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    held, words = FILES[name]
    path = tmp_path / name
    path.write_text(held if isinstance(held, str) else json.dumps(held))
    with pytest.raises(InputError, match=", not read: ") as caught:
        find_format(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chart_is_rendered_first(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\n")
    (tmp_path / "templates" / "a.yaml").write_text("kind: {{ .x }}\nmetadata: {}\n")
    with pytest.raises(InputError, match="helm template"):
        find_format(tmp_path)


def test_every_kind_was_met_here() -> None:
    """But for the chart, which is a folder."""
    assert len(FILES) >= len(STRANGERS) - 1


def test_what_is_read_is_no_stranger() -> None:
    """No file of the samples is taken for one."""
    files = [p for p in sorted(SAMPLES.rglob("*")) if p.suffix in (".json", ".yaml", ".xml", ".md")]
    assert files
    assert [p for p in files if name_stranger(Source.of(p))] == []
