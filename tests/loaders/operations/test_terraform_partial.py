"""Terraform: what only others name is kept; what multiplies goes through what lies between."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.merge import load_tables
from tests.loaders.operations.test_terraform import AWS, planned, reach

KEPT = "a resource that the file does not hold: kept, since others depend on it"


def hit(tables: Tables, *origins: str) -> dict[str, tuple[float, float]]:
    graph = DependencyGraph.from_tables(tables, checked=True)
    rows = whatif(graph, list(origins)).entities.filter(
        (pl.col("rank") > 0) & (pl.col("probability_high") > 0)
    )
    columns = ("id", "probability_low", "probability_high")
    return {i: (low, high) for i, low, high in rows.select(columns).iter_rows()}


def reasons(tables: Tables) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action != "read"}


def write(folder: Path, document: dict[str, Any]) -> Tables:
    path = folder / "x.json"
    path.write_text(json.dumps(document))
    return load_tables([path])


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "lineage": "x", "resources": list(resources)}


def resource(
    type_: str, name: str, *needs: str, key: str = "dependencies", **more: Any
) -> dict[str, Any]:
    instance = {key: list(needs)}
    return {"mode": "managed", "type": type_, "name": name, "provider": AWS,
            "instances": [instance], **more}  # fmt: skip


def test_a_state_of_a_part_keeps_what_its_resources_depend_on(tmp_path: Path) -> None:
    """A stack of several states: two resources need what this one does not hold."""
    tables = write(
        tmp_path,
        state(
            resource("aws_instance", "a", "aws_vpc.main", "data.aws_ami.os"),
            resource("aws_db_instance", "b", "aws_vpc.main", "module.net", module="module.db"),
        ),
    )
    assert hit(tables, "aws_vpc.main") == {
        "aws_instance.a": (0, 1), "module.db.aws_db_instance.b": (0, 1),
    }  # fmt: skip
    assert set(hit(tables, "data.aws_ami.os")) == {"aws_instance.a"}
    assert set(hit(tables, "module.net")) == {"module.db.aws_db_instance.b"}
    rows = {row["id"]: row for row in tables.entities.to_dicts()}
    assert rows["aws_vpc.main"]["kind"] == "network"
    assert rows["data.aws_ami.os"]["mode"] == "data"
    assert rows["module.net"]["kind"] == "module"
    assert reasons(tables) == {KEPT: 3}


@pytest.mark.parametrize(
    ("key", "kept"),
    [("dependencies", "aws_vpc.main"), ("depends_on", "module.db.aws_vpc.main")],
)
def test_names_are_absolute_or_of_the_module(tmp_path: Path, key: str, kept: str) -> None:
    """`depends_on` is the older key, from when names were those of the own module."""
    one = resource("aws_db_instance", "b", "aws_vpc.main", key=key, module="module.db")
    assert set(hit(write(tmp_path, state(one)), kept)) == {"module.db.aws_db_instance.b"}


def test_the_json_of_a_state_keeps_them_too_whatever_the_order(tmp_path: Path) -> None:
    """A dependency on what stands further down is one on that, not on a part that is missing."""
    module = {"address": "module.db", "resources": [
        {**planned("module.db.aws_db_instance.b", "aws_db_instance"),
         "depends_on": ["aws_vpc.main", "aws_eip.gone", "module.late"]}]}  # fmt: skip
    late = {"address": "module.late", "resources": [planned("module.late.aws_lb.l", "aws_lb")]}
    root = {"resources": [planned("aws_vpc.main", "aws_vpc")], "child_modules": [module, late]}
    tables = write(tmp_path, {"format_version": "1.0", "values": {"root_module": root}})
    assert reach(tables, "uses") == {
        "module.db.aws_db_instance.b": {"aws_vpc.main", "aws_eip.gone", "module.late.aws_lb.l"}
    }
    assert reasons(tables) == {KEPT: 1}


def test_a_plan_keeps_data_and_drops_what_is_not_planned(tmp_path: Path) -> None:
    """A data source may have been read; a resource of count 0 is not there at all."""
    refs = ["data.aws_ami.os.id", "data.aws_ami.os", "aws_eip.none[0].id", "aws_eip.none"]
    configured = [
        {"address": "aws_instance.web", "mode": "managed", "type": "aws_instance",
         "expressions": {"x": {"references": refs}}},
        {"address": "aws_eip.none", "mode": "managed", "type": "aws_eip"},
        {"address": "data.aws_ami.os", "mode": "data", "type": "aws_ami"},
    ]  # fmt: skip
    values = {"resources": [planned("aws_instance.web", "aws_instance")]}
    tables = write(tmp_path, {
        "format_version": "1.2",
        "planned_values": {"root_module": values},
        "configuration": {"root_module": {"resources": configured}},
    })  # fmt: skip
    assert reach(tables, "uses") == {"aws_instance.web": {"data.aws_ami.os"}}
    assert reasons(tables) == {
        KEPT: 1, "a resource of the configuration that no instance is planned of": 2,
        "a dependency on a resource that no instance is planned of": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["aws_elb.*", "aws_elb", "module.m.x", "a b.c", "..", "output.x.y.z"]
)
def test_what_names_no_resource_is_counted(tmp_path: Path, name: str) -> None:
    tables = write(tmp_path, state(resource("aws_instance", "a", name)))
    assert tables.entities.height == 2
    assert reasons(tables) == {"a dependency on a resource that the file does not hold": 1}


def test_a_resource_falls_with_its_only_instance(tmp_path: Path) -> None:
    one = resource("aws_vpc", "main")
    one["instances"][0]["index_key"] = 0
    tables = write(tmp_path, state(one, resource("aws_subnet", "a", "aws_vpc.main")))
    assert hit(tables, "aws_vpc.main[0]") == {"aws_vpc.main": (1, 1), "aws_subnet.a": (0, 1)}
    one["instances"].append({"index_key": 1})
    assert hit(write(tmp_path, state(one)), "aws_vpc.main[0]") == {"aws_vpc.main": (0, 1)}


MANY = 40
assert MANY * MANY > SHARED_FROM


def test_a_local_between_many_stays_between_them(tmp_path: Path) -> None:
    """Forty times forty through two locals: 80 references and one more, not 1,600."""
    lines = [
        f'"[root] aws_a.a{n} (expand)" -> "[root] local.x (expand)" '
        f'"[root] local.y (expand)" -> "[root] aws_b.b{n} (expand)"'
        for n in range(MANY * 4)
    ]
    lines += ['"[root] local.x (expand)" -> "[root] local.y (expand)"']
    lines += ['"[root] local.y (expand)" -> "[root] var.z (expand)"']
    path = tmp_path / "x.dot"
    path.write_text("digraph {\n" + "\n".join(lines) + "\n}")
    tables = load_tables([path])
    assert tables.dependencies.filter(pl.col("relation") == "uses").height == MANY * 8 + 1
    found = hit(tables, "aws_b.b7")
    assert len([i for i in found if i.startswith("aws_a.")]) == MANY * 4
    assert found["aws_a.a3"] == (0, 1)
    assert found["local.x (expand)"] == (1, 1)
    assert "var.z (expand)" not in set(tables.entities["id"])
    (note,) = [f for f in tables.report if "stays between" in f.reason]
    assert note.examples == ("local.x (expand)", "local.y (expand)")


def test_many_through_an_output_of_a_module(tmp_path: Path) -> None:
    """A plan: an output that lists all of a module, used by as many outside."""
    inner = [{"address": f"aws_b.b{n}", "mode": "managed"} for n in range(MANY * 4)]
    outer = [{"address": f"aws_a.a{n}", "mode": "managed",
              "expressions": {"x": {"references": ["module.m.all", "module.m"]}}}
             for n in range(MANY * 4)]  # fmt: skip
    outputs = {"all": {"expression": {"references": [one["address"] for one in inner]}}}
    called = {"m": {"module": {"resources": inner, "outputs": outputs}}}
    root = {"resources": outer, "module_calls": called}
    values = {"resources": [planned(one["address"], "aws_a") for one in outer],
              "child_modules": [{"address": "module.m", "resources": [
                  planned(f"module.m.{one['address']}", "aws_b") for one in inner]}]}  # fmt: skip
    tables = write(tmp_path, {"format_version": "1.2", "planned_values": {"root_module": values},
                              "configuration": {"root_module": root}})  # fmt: skip
    assert tables.dependencies.filter(pl.col("relation") == "uses").height == MANY * 8
    assert hit(tables, "module.m.aws_b.b7")["aws_a.a3"] == (0, 1)


def test_many_that_depend_on_a_whole_module(tmp_path: Path) -> None:
    inner = [resource("aws_b", f"b{n}", module="module.m") for n in range(MANY)]
    outer = [resource("aws_a", f"a{n}", "module.m") for n in range(MANY)]
    tables = write(tmp_path, state(*inner, *outer))
    assert tables.dependencies.filter(pl.col("relation") == "uses").height == MANY * 2
    assert hit(tables, "module.m.aws_b.b7")["aws_a.a3"] == (0, 1)
    few = write(tmp_path, state(*inner[:3], *outer[:3]))
    assert few.dependencies.filter(pl.col("relation") == "uses").height == 9


def test_many_instances_that_depend_on_many(tmp_path: Path) -> None:
    """A count of forty with forty references."""
    values = [planned(f"aws_a.a[{n}]", "aws_a", n) for n in range(MANY)]
    values += [planned(f"aws_b.b{n}", "aws_b") for n in range(MANY)]
    refs = [f"aws_b.b{n}" for n in range(MANY)]
    configured = [
        {"address": "aws_a.a", "mode": "managed", "expressions": {"x": {"references": refs}}}
    ]
    configured += [{"address": ref, "mode": "managed"} for ref in refs]
    tables = write(tmp_path, {"format_version": "1.2",
                              "planned_values": {"root_module": {"resources": values}},
                              "configuration": {"root_module": {"resources": configured}},
                              })  # fmt: skip
    # each instance on what stands between, that on each other one, the resource on its instances
    assert tables.dependencies.filter(pl.col("relation") == "uses").height == MANY * 3
    assert hit(tables, "aws_b.b7")["aws_a.a[3]"] == (0, 1)


def test_an_older_state_without_its_head_is_known_by_its_modules(tmp_path: Path) -> None:
    """Version 3, as a part of it is passed on: no lineage, no version of Terraform."""
    one = {"type": "aws_instance", "depends_on": ["aws_vpc.main"], "primary": {"id": "i"}}
    module = {"path": ["root"], "outputs": {}, "resources": {"aws_instance.a": one}}
    tables = write(tmp_path, {"version": 3, "serial": 1, "modules": [module]})
    assert set(hit(tables, "aws_vpc.main")) == {"aws_instance.a"}
