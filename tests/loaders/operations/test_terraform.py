"""Terraform: one configuration as graph, plan and state; the quirks of each; real files."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.terraform import config_of, kind_of, module_of, provider_name
from knockon.loaders.operations.terraform_graph import read_terraform_dot
from knockon.loaders.operations.terraform_plan import read_terraform_plan
from knockon.loaders.operations.terraform_state import read_terraform_state
from knockon.loaders.registry import find_format, read

Folders: TypeAlias = pytest.TempPathFactory
AWS = 'provider["registry.terraform.io/hashicorp/aws"]'

# two subnets in a network, a database in them (a module), two servers that use all of it
OLD_DOT = f"""digraph {{
  compound = "true"
  newrank = "true"
  subgraph "root" {{
    "[root] aws_instance.web (expand)" [label = "aws_instance.web", shape = "box"]
    "[root] aws_subnet.a (expand)" [label = "aws_subnet.a", shape = "box"]
    "[root] aws_vpc.main (expand)" [label = "aws_vpc.main", shape = "box"]
    "[root] data.aws_ami.os (expand)" [label = "data.aws_ami.os", shape = "box"]
    "[root] {AWS.replace('"', chr(92) + '"')}" [label = "aws", shape = "diamond"]
    "[root] aws_instance.web (expand)" -> "[root] data.aws_ami.os (expand)"
    "[root] aws_instance.web (expand)" -> "[root] local.address (expand)"
    "[root] local.address (expand)" -> "[root] module.db.output.address (expand)"
    "[root] module.db.output.address (expand)" -> "[root] module.db.aws_db_instance.this (expand)"
    "[root] module.db.aws_db_instance.this (expand)" -> "[root] module.db.var.subnets (expand)"
    "[root] module.db.var.subnets (expand)" -> "[root] aws_subnet.a (expand)"
    "[root] module.db.var.subnets (expand)" -> "[root] module.db (expand)"
    "[root] module.db (close)" -> "[root] module.db.output.address (expand)"
    "[root] aws_subnet.a (expand)" -> "[root] aws_vpc.main (expand)"
    "[root] aws_vpc.main (expand)" -> "[root] {AWS.replace('"', chr(92) + '"')}"
    "[root] data.aws_ami.os (expand)" -> "[root] {AWS.replace('"', chr(92) + '"')}"
    "[root] {AWS.replace('"', chr(92) + '"')} (close)" -> "[root] aws_instance.web (expand)"
    "[root] root" -> "[root] module.db (close)"
  }}
}}
"""
NEW_DOT = """digraph G {
  rankdir = "RL";
  node [shape = rect, fontname = "sans-serif"];
  "data.aws_ami.os" [label="data.aws_ami.os"];
  "aws_instance.web" [label="aws_instance.web"];
  "aws_subnet.a" [label="aws_subnet.a"];
  "aws_vpc.main" [label="aws_vpc.main"];
  subgraph "cluster_module.db" {
    label = "module.db"
    fontname = "sans-serif"
    "module.db.aws_db_instance.this" [label="aws_db_instance.this"];
  }
  "aws_instance.web" -> "data.aws_ami.os";
  "aws_instance.web" -> "module.db.aws_db_instance.this";
  "aws_subnet.a" -> "aws_vpc.main";
  "module.db.aws_db_instance.this" -> "aws_subnet.a";
}
"""
CONFIGURATION: dict[str, Any] = {
    "provider_config": {"aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws"}},
    "root_module": {
        "resources": [
            {"address": "aws_vpc.main", "mode": "managed", "type": "aws_vpc", "name": "main",
             "provider_config_key": "aws"},
            {"address": "aws_subnet.a", "mode": "managed", "type": "aws_subnet", "name": "a",
             "expressions": {"vpc_id": {"references": ["aws_vpc.main.id", "aws_vpc.main"]}
             },
             "count_expression": {"constant_value": 2}},
            {"address": "aws_instance.web", "mode": "managed", "name": "web",
             "type": "aws_instance",
             "expressions": {
                 "ami": {"references": ["data.aws_ami.os.id", "data.aws_ami.os"]},
                 "user_data": {"references": ["module.db.address", "module.db", "each.key"]}}},
            {"address": "data.aws_ami.os", "mode": "data", "type": "aws_ami", "name": "os"},
        ],
        "module_calls": {"db": {
            "source": "./db",
            "expressions": {"subnets": {"references": ["aws_subnet.a"]}},
            "module": {
                "outputs": {"address": {"expression": {
                    "references": ["aws_db_instance.this.address", "aws_db_instance.this"]}}},
                "resources": [
                    {"address": "aws_db_instance.this", "mode": "managed", "name": "this",
                     "type": "aws_db_instance",
                     "expressions": {"subnets": {"references": ["var.subnets"]}}},
                ],
                "variables": {"subnets": {}},
            },
        }},
    },
}  # fmt: skip


def planned(address: str, type_: str, index: Any = None, mode: str = "managed") -> dict[str, Any]:
    """A resource as `planned_values` and `values` write it, with a secret in its values."""
    found = {"address": address, "mode": mode, "type": type_, "values": {"password": "hunter2"},
             "provider_name": "registry.terraform.io/hashicorp/aws"}  # fmt: skip
    return found if index is None else {**found, "index": index}


ROOT = [
    planned("aws_vpc.main", "aws_vpc"),
    planned("aws_subnet.a[0]", "aws_subnet", 0),
    planned("aws_subnet.a[1]", "aws_subnet", 1),
    planned('aws_instance.web["blue"]', "aws_instance", "blue"),
    planned('aws_instance.web["green"]', "aws_instance", "green"),
]
DATABASE = {
    "address": "module.db",
    "resources": [planned("module.db.aws_db_instance.this", "aws_db_instance")],
}
IMAGE = planned("data.aws_ami.os", "aws_ami", mode="data")
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.5.3",
    "planned_values": {"root_module": {"resources": ROOT, "child_modules": [DATABASE]}},
    "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [IMAGE]}}},
    "configuration": CONFIGURATION,
}
NEEDS = {
    "aws_subnet.a": ["aws_vpc.main"],
    "module.db.aws_db_instance.this": ["aws_subnet.a", "aws_vpc.main"],
    "aws_instance.web": [
        "aws_subnet.a", "aws_vpc.main", "data.aws_ami.os", "module.db.aws_db_instance.this",
    ],
}  # fmt: skip


def shown() -> dict[str, Any]:
    """`terraform show -json` of the state of the same configuration."""
    told = [
        {**r, "depends_on": NEEDS.get(config_of(r["address"]), [])}
        for r in [*ROOT, IMAGE, *DATABASE["resources"]]
    ]
    child = {"address": "module.db", "resources": [r for r in told if "db" in r["address"]]}
    rest = [r for r in told if "db" not in r["address"]]
    return {
        "format_version": "1.0",
        "values": {"root_module": {"resources": rest, "child_modules": [child]}},
    }


def state_4() -> dict[str, Any]:
    """The state file of the same configuration."""
    records: dict[str, dict[str, Any]] = {}
    for one in [*ROOT, IMAGE, *DATABASE["resources"]]:
        resource = config_of(one["address"])
        record = records.setdefault(
            resource,
            {"mode": one["mode"], "type": one["type"], "name": resource.rpartition(".")[2],
             "provider": AWS, "instances": []},
        )  # fmt: skip
        if resource.startswith("module.db."):
            record["module"] = "module.db"
        instance = {"attributes": {"password": "hunter2"}, "dependencies": NEEDS.get(resource, [])}
        if "index" in one:
            instance["index_key"] = one["index"]
        record["instances"].append(instance)
    return {"version": 4, "terraform_version": "1.5.3", "serial": 7, "lineage": "x",
            "resources": list(records.values())}  # fmt: skip


def reach(tables: Tables, relation: str) -> dict[str, set[str]]:
    """By resource: what it needs directly or through others, instances folded, a plain search."""
    edges: dict[str, set[str]] = {}
    rows = tables.dependencies.select("dependent", "provider", "relation").iter_rows()
    for dependent, provider, of in rows:
        ends = config_of(dependent), config_of(provider)
        if of == relation and ends[0] != ends[1]:
            edges.setdefault(ends[0], set()).add(ends[1])
    for _ in edges:
        for found in edges.values():
            for other in list(found):
                found |= edges.get(other, set())
    return edges


@pytest.fixture
def forms(tmp_path: Path) -> dict[str, Tables]:
    """The configuration, read through the registry from each of its forms."""
    texts = {
        "old.dot": OLD_DOT, "new.dot": NEW_DOT, "plan.json": json.dumps(PLAN),
        "show.json": json.dumps(shown()), "terraform.tfstate": json.dumps(state_4()),
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: check(read(tmp_path / name)) for name in texts}


def test_graph_plan_and_state_of_one_configuration_agree(forms: dict[str, Tables]) -> None:
    """Who needs whom, directly or through others, is the same in all five forms."""
    wanted = {key: set(value) for key, value in NEEDS.items()}
    for name, tables in forms.items():
        assert reach(tables, "uses") == wanted, name
        assert all(found == {"provider.aws"} for found in reach(tables, "operated_by").values())
        assert len(reach(tables, "operated_by")) == 5, name


def test_entities_agree_but_for_instances(forms: dict[str, Tables]) -> None:
    """Plans and states know the instances, graphs the resources; kinds and modules are the same."""
    graph = {row["id"]: row for row in forms["old.dot"].entities.to_dicts()}
    assert set(graph) == {
        "aws_instance.web", "aws_subnet.a", "aws_vpc.main", "data.aws_ami.os", "module.db",
        "module.db.aws_db_instance.this", "provider.aws",
    }  # fmt: skip
    instances = {'aws_instance.web["blue"]', 'aws_instance.web["green"]', "aws_subnet.a[0]",
                 "aws_subnet.a[1]"}  # fmt: skip
    assert set(forms["new.dot"].entities["id"]) == set(graph)
    for name in ("plan.json", "show.json", "terraform.tfstate"):
        rows = {row["id"]: row for row in forms[name].entities.to_dicts()}
        assert set(rows) == set(graph) | instances, name
        for identifier, row in graph.items():
            assert (rows[identifier]["kind"], rows[identifier]["parent"]) == (
                row["kind"],
                row["parent"],
            )
    assert graph["module.db.aws_db_instance.this"]["parent"] == "module.db"
    assert graph["module.db.aws_db_instance.this"]["kind"] == "data_store"
    assert graph["aws_vpc.main"]["kind"] == "network"


def test_instances_are_a_group_that_needs_all_of_them(forms: dict[str, Tables]) -> None:
    rows = forms["plan.json"].dependencies.to_dicts()
    group = [r for r in rows if r["group"] == "instances" and r["dependent"] == "aws_subnet.a"]
    assert [r["provider"] for r in group] == ["aws_subnet.a[0]", "aws_subnet.a[1]"]
    assert {r["needs"] for r in group} == {2}


def test_no_value_of_a_resource_is_carried(forms: dict[str, Tables]) -> None:
    for tables in forms.values():
        assert "hunter2" not in str(tables.entities.to_dicts() + tables.dependencies.to_dicts())
        assert "hunter2" not in str(tables.report)


def test_every_row_knows_where_it_stands(forms: dict[str, Tables]) -> None:
    for name, tables in forms.items():
        for frame in (tables.entities, tables.dependencies):
            assert all(place.startswith(name) for place in frame["_file"]), name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (AWS, "aws"), (f"module.m.{AWS}.east", "aws"), ("provider.aws.east", "aws"),
        ("module.m.provider.google-beta", "google-beta"), ("aws.east", "aws"),
        ("registry.terraform.io/hashicorp/null", "null"), ("null", "null"), ("", ""),
    ],
)  # fmt: skip
def test_name_of_a_provider(text: str, name: str) -> None:
    assert provider_name(text) == name


def test_parts_of_an_address() -> None:
    address = 'module.a["x.y"].module.b[0].data.aws_ami.os["q\\"]"]'
    assert config_of(address) == "module.a.module.b.data.aws_ami.os"
    assert module_of(address) == 'module.a["x.y"].module.b[0]'
    assert module_of("aws_vpc.main") == ""
    assert kind_of("azurerm_network_interface") == "network"
    assert kind_of("aws_instance") == "component"


def test_state_of_version_3_counts_with_dots_and_names_within_its_module(tmp_path: Path) -> None:
    """`web.0` is an instance, and a name is one of its own module."""
    primary = {"primary": {"id": "1"}, "provider": "module.app.provider.aws"}
    state = {
        "version": 3, "terraform_version": "0.11.14", "lineage": "x",
        "modules": [
            {"path": ["root"], "resources": {}},
            {"path": ["root", "app"], "resources": {
                "aws_instance.web.0": {**primary, "depends_on": ["data.aws_ami.os", "aws_elb.*"]},
                "aws_instance.web.1": {**primary, "depends_on": ["data.aws_ami.os"]},
                "data.aws_ami.os": primary,
                "aws_elb.front": {**primary, "depends_on": ["aws_instance.web"]},
                "aws_elb.gone": {"primary": None},
            }},
        ],
    }  # fmt: skip
    path = tmp_path / "old.tfstate"
    path.write_text(json.dumps(state))
    tables = load_tables([path])
    assert reach(tables, "uses") == {
        "module.app.aws_instance.web": {"module.app.data.aws_ami.os"},
        "module.app.aws_elb.front": {"module.app.aws_instance.web", "module.app.data.aws_ami.os"},
    }
    assert "module.app.aws_instance.web[1]" in set(tables.entities["id"])
    reasons = {f.reason: f.count for f in tables.report}
    assert reasons["a dependency on a resource that the file does not hold"] == 1
    assert reasons["a resource without a primary instance"] == 1


def test_cycles_deposed_and_repeated_instances(tmp_path: Path) -> None:
    """A cycle is kept, a deposed instance is dropped, a second one of an address is merged."""
    one: dict[str, Any] = {"mode": "managed", "type": "aws_security_group", "name": "a",
                           "provider": "provider.aws"}  # fmt: skip
    other = {**one, "name": "b", "instances": [{"dependencies": ["aws_security_group.a"]}]}
    one["instances"] = [
        {"depends_on": ["aws_security_group.b", "aws_security_group.a", 7]},
        {"deposed": "0a1b2c3d"},
    ]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"version": 4, "lineage": "", "resources": [one, other, other]}))
    tables = load_tables([path])
    assert reach(tables, "uses")["aws_security_group.a"] == {
        "aws_security_group.a", "aws_security_group.b",
    }  # fmt: skip
    reasons = {f.reason: f.count for f in tables.report}
    assert reasons["a deposed instance, to be destroyed"] == 1
    assert reasons["a resource that stands twice"] == 1
    assert reasons["a resource that depends on itself"] == 1
    assert reasons["a dependency that is no text"] == 1


def test_instances_of_a_module_with_a_count(tmp_path: Path) -> None:
    """A dependency on a resource in a counted module is one on all its instances."""
    record = {"mode": "managed", "type": "aws_db_instance", "name": "this", "provider": AWS}
    web = {"mode": "managed", "type": "aws_instance", "name": "web", "provider": AWS,
           "instances": [{"dependencies": ["module.db.aws_db_instance.this"]}]}  # fmt: skip
    resources = [{**record, "module": f"module.db[{i}]", "instances": [{}]} for i in (0, 1)]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"version": 4, "lineage": "", "resources": [*resources, web]}))
    tables = load_tables([path])
    rows = tables.dependencies.to_dicts()
    assert [r["provider"] for r in rows if r["dependent"] == "aws_instance.web"] == [
        "module.db.aws_db_instance.this", "provider.aws",
    ]  # fmt: skip
    members = [r["provider"] for r in rows if r["group"] == "instances"]
    assert members == ["module.db[0].aws_db_instance.this", "module.db[1].aws_db_instance.this"]


def plan_of(tmp_path: Path, root: dict[str, Any], **rest: Any) -> Tables:
    """A plan with this configuration, one planned instance per resource of its root."""
    resources = [planned(r["address"], r["address"].split(".")[-2]) for r in root["resources"]]
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": resources}},
        "configuration": {"root_module": root, **rest},
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    return check(read_terraform_plan(path))


def test_plan_follows_providers_and_tells_of_locals(tmp_path: Path) -> None:
    """What the provider of a resource needs, the resource needs; locals cannot be followed."""
    cluster = {"address": "aws_eks_cluster.main", "type": "aws_eks_cluster"}
    pod = {"address": "kubernetes_pod.web", "type": "kubernetes_pod",
           "provider_config_key": "kubernetes",
           "expressions": {"x": {"references": ["local.name", "path.module", "count.index"]}}
           }  # fmt: skip
    provider = {"name": "kubernetes", "expressions": {
        "host": {"references": ["aws_eks_cluster.main.endpoint", "aws_eks_cluster.main"]}}
    }  # fmt: skip
    tables = plan_of(
        tmp_path, {"resources": [cluster, pod]}, provider_config={"kubernetes": provider}
    )
    assert reach(tables, "uses") == {"kubernetes_pod.web": {"aws_eks_cluster.main"}}
    assert [f.count for f in tables.report if "local value" in f.reason] == [1]


def test_depends_on_a_module_is_on_all_that_it_holds(tmp_path: Path) -> None:
    inner = {"address": "aws_db_instance.this", "type": "aws_db_instance"}
    web = {"address": "aws_instance.web", "type": "aws_instance", "depends_on": ["module.db"]}
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {
            "resources": [planned("aws_instance.web", "aws_instance")], "child_modules": [DATABASE],
        }},
        "configuration": {"root_module": {
            "resources": [web], "module_calls": {"db": {"module": {"resources": [inner]}}},
        }},
    }  # fmt: skip
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    tables = check(read_terraform_plan(path))
    assert reach(tables, "uses") == {"aws_instance.web": {"module.db.aws_db_instance.this"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"version": 5, "lineage": "x"}', "expected a Terraform state of version 3 or 4, got 5"),
        ('{"version": true, "lineage": "x"}', "expected a Terraform state of version 3 or 4"),
        ('{"values": {"root_module": {}}}', "format_version: expected 0.x or 1.x, got none"),
        ('{"planned_values": {}, "format_version": "2.0"}', "expected 0.x or 1.x, got '2.0'"),
        ('{"planned_values": [], "format_version": "1.0"}', "planned_values: expected an object"),
    ],
)
def test_what_is_no_state_or_plan(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_tables([path])


def test_state_without_resources_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"version": 4, "terraform_version": "1.5.3", "lineage": "x", "resources": []}')
    said = load_tables([path]).report
    assert said[0].reason == "no resources"
    assert "its keys are" in str(said[1])


@given(data=st.data())
def test_the_order_in_a_state_changes_nothing(
    data: st.DataObject, tmp_path_factory: Folders
) -> None:
    path = tmp_path_factory.mktemp("order") / "x.tfstate"
    state = state_4()
    path.write_text(json.dumps(state))
    before = edges_of(load_tables([path]))
    state["resources"] = data.draw(st.permutations(state["resources"]))
    for record in state["resources"]:
        record["instances"] = data.draw(st.permutations(record["instances"]))
    path.write_text(json.dumps(state))
    assert edges_of(load_tables([path])) == before


def edges_of(tables: Tables) -> list[tuple[Any, ...]]:
    columns = ("dependent", "provider", "relation", "group", "needs")
    return [
        *tables.dependencies.select(columns).rows(),
        *tables.entities.select("id", "kind").rows(),
    ]


def test_graph_without_resources_or_direction_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dot"
    path.write_text('digraph { "[root] var.x" -> "[root] var.y" }')
    with pytest.raises(InputError, match="expected resources such as"):
        read_terraform_dot(path)
    path.write_text('graph { "[root] aws_vpc.a" -- "[root] aws_vpc.b" }')
    with pytest.raises(InputError, match="found an undirected graph"):
        read_terraform_dot(path)


def test_graph_passes_through_what_is_no_resource_in_cycles_too(tmp_path: Path) -> None:
    """A cycle of locals ends, and the resource behind it is found."""
    path = tmp_path / "x.dot"
    path.write_text(
        'digraph { "[root] aws_a.b (expand)" -> "[root] local.x" '
        '"[root] local.x" -> "[root] local.y" "[root] local.y" -> "[root] local.x" '
        '"[root] local.y" -> "[root] module.m.aws_c.d[0]" '
        '"[root] provisioner.remote-exec (close)" -> "[root] aws_a.b (expand)" }'
    )
    assert find_format(path).name == "terraform_dot"
    tables = check(read_terraform_dot(path))
    assert reach(tables, "uses") == {"aws_a.b": {"module.m.aws_c.d"}}


def test_nodes_that_destroy_are_left_out(tmp_path: Path) -> None:
    """What is destroyed waits for what depends on it: read on, the graph would run both ways."""
    path = tmp_path / "x.dot"
    path.write_text(
        'digraph { "[root] aws_subnet.a (expand)" -> "[root] aws_vpc.main (expand)" '
        '"[root] aws_vpc.main (destroy)" -> "[root] aws_subnet.a (destroy)" '
        '"[root] aws_vpc.main (destroy deposed 0a1b)" -> "[root] aws_subnet.a (destroy)" }'
    )
    tables = load_tables([path])
    assert reach(tables, "uses") == {"aws_subnet.a": {"aws_vpc.main"}}
    assert [f.count for f in tables.report if f.action == "dropped"] == [3]


def test_blast_radius_json_is_the_same_graph(tmp_path: Path) -> None:
    names = ["aws_vpc.main", "aws_subnet.a", "provider.aws", "var.region", "root"]
    nodes = [{"label": f"[root] {name}", "svg_id": f"node_{i}"} for i, name in enumerate(names)]
    pairs = [(1, 0), (0, 2), (2, 3), (4, 1)]
    edges = [
        {"source": nodes[a]["label"], "target": nodes[b]["label"], "svg_id": "edge_1"}
        for a, b in pairs
    ]
    path = tmp_path / "demo.json"
    path.write_text(json.dumps({"nodes": [*nodes, {}], "edges": [*edges, {"source": 1}]}))
    assert find_format(path).name == "terraform_blast"
    tables = load_tables([path])
    assert reach(tables, "uses") == {"aws_subnet.a": {"aws_vpc.main"}}
    assert set(reach(tables, "operated_by")) == {"aws_subnet.a", "aws_vpc.main"}
    reasons = {f.reason: f.count for f in tables.report}
    assert reasons["a node without a label"] == 1
    assert reasons["an edge without source or target"] == 1


def test_modules_nested_without_end_are_refused(tmp_path: Path) -> None:
    module: dict[str, Any] = {}
    for _ in range(100):
        module = {"child_modules": [module]}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": module}}))
    with pytest.raises(InputError, match="nested deeper"):
        read_terraform_state(path)
