"""The same bits on a Spark Connect server: Sail, in the process of the tests."""

import gc
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine.cluster import connect as connecting
from knockon.graph.engine.cluster import executor as executing
from knockon.graph.engine.cluster.connect import parse_address
from knockon.graph.engine.cluster.executor import Cluster
from knockon.graph.engine.cluster.shipment import open_shipment, read_arrays, ship, write_arrays
from knockon.graph.engine.executor import Threads, Workspace
from knockon.graph.errors import ClusterError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scratch import Scratch
from tests.graph.analysis.test_order_of_sums import compare_assumed, weigh
from tests.strategies import cases
from tests.timed import RANGES, timed_cases

sail = pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")
pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")


ASKED: dict[str, dict[str, Any]] = {
    "plain": {"worlds": 1500},
    "several blocks": {"worlds": 40_000},
    "partial": {"worlds": 300, "severity": 0.5},
    "hours": {"worlds": 128, "hours": (2, 72)},
    "precision": {"precision": 0.02},
    "bad update in rings": {
        "worlds": 700, "mode": "bad_update", "rollout": "10%@0,100%@4", "halt": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_what_if_has_the_same_bits(
    asked: dict[str, Any], graph: DependencyGraph, hub: str, server: str
) -> None:
    """Frames, totals, notes and headline: nothing tells where the worlds ran."""
    here = ko.whatif(graph, hub, **asked)
    there = ko.whatif(graph, hub, on=server, **asked)
    assert there.entities.equals(here.entities)
    assert (there.totals, there.headline) == (here.totals, here.headline)
    assert there.to_dict()["rollout"] == here.to_dict()["rollout"]


def test_a_ranking_has_the_same_bits(graph: DependencyGraph, server: str) -> None:
    """Every origin swept, in the same worlds."""
    small = DependencyGraph.from_polars(
        graph.dependencies.filter(pl.col("provider").str.len_chars() < 4).select(
            "dependent", "provider", "probability", "shared_cause", "rho"
        )
    )
    here, there = (ko.rank(small, worlds=200, on=on) for on in (None, server))
    assert there.rows.equals(here.rows)


def test_one_temporary_folder_for_each_question(
    graph: DependencyGraph, hub: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With hours, too, where lanes and times each have an executor; gone afterwards."""
    made: list[str] = []

    def make(kind: str) -> Scratch:
        made.append(kind)
        return Scratch(kind)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(executing, "Scratch", make)
    ko.whatif(graph, hub, worlds=64, hours=4, on=server)
    gc.collect()
    assert len(made) == 1
    assert not list(tmp_path.iterdir())


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(case=cases() | timed_cases(RANGES, ("1..4", 3)), worlds=st.sampled_from((70, 600)))
def test_any_small_graph_has_the_same_bits(
    case: tuple[DependencyGraph, Scenario], worlds: int, server: str
) -> None:
    """Whatever weights, losses and hours are in it: what-if, and two of them side by side."""
    graph, scenario = weigh(case[0]), replace(case[1], worlds=worlds)
    for ask in (whatif, compare_assumed):
        here, there = (ask(graph, replace(scenario, on=on)).to_dict() for on in (None, server))
        for told in ("scenario", "scenario_after", "work", "notes"):  # how it was computed
            here.pop(told, None)
            there.pop(told, None)
        assert here == there


def double(shared: int, scratch: Any, block: int) -> np.ndarray:
    """A task of the tests."""
    return np.array([shared * block])


def fail_once(shared: str, scratch: Any, block: int) -> np.ndarray:
    """Fails the first time that it is asked for block 3."""
    mark = Path(shared)
    if block == 3 and not mark.exists():
        mark.touch()
        raise ValueError("a disk was full")
    return np.array([block])


def fail_always(shared: int, scratch: Any, block: int) -> np.ndarray:
    raise ValueError("this never works")


def run(cluster: Any, work: Any, shared: Any, blocks: list[int]) -> list[int]:
    found = cluster.run(work, shared, blocks, workers=2, workspace=Workspace(list))
    return [int(result[0]) for _, result in found]


def test_blocks_come_in_order_in_waves(server: str) -> None:
    """As from threads."""
    blocks = list(range(executing.WAVE + 5))
    assert run(Cluster(server), double, 3, blocks) == run(Threads(), double, 3, blocks)


def test_a_task_that_fails_once_is_run_again(server: str, tmp_path: Path) -> None:
    """The others are not: their outputs are there."""
    assert run(Cluster(server), fail_once, str(tmp_path / "mark"), [1, 2, 3, 4]) == [1, 2, 3, 4]


def test_a_task_that_always_fails_says_why(server: str) -> None:
    with pytest.raises(ClusterError, match=r"2 of 2 blocks failed on sc://.* 3 times.*never works"):
        run(Cluster(server), fail_always, 1, [1, 2])


def test_resume_takes_what_is_there(server: str, tmp_path: Path) -> None:
    """Of a client that died after a wave: outputs under the same name are taken, torn ones made
    again; without `resume` all is."""
    cluster = Cluster(server, str(tmp_path), resume=True)
    reader = cluster.run(double, 5, [1, 2, 3], workers=1, workspace=Workspace(list))
    next(reader)  # the wave is there; the client dies
    del reader
    files = sorted(tmp_path.glob("*/*.npz"))
    assert len(files) == 3
    write_arrays((np.array([77]),), files[0].with_name(files[0].name.partition(".")[0]))
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-9])
    assert run(Cluster(server, str(tmp_path), resume=True), double, 5, [1, 2, 3]) == [77, 10, 15]
    assert run(Cluster(server, str(tmp_path)), double, 5, [1, 2, 3]) == [5, 10, 15]
    assert not list(tmp_path.glob("*/*.npz"))


def test_workers_of_another_version_are_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before work begins, with what differs."""
    connecting.disconnect()
    said = connecting.describe_versions() | {"numpy": "1.0"}
    monkeypatch.setattr(connecting, "describe_versions", lambda: said)
    with pytest.raises(
        ClusterError, match=r"a worker of sc://.* has numpy .*this process has 1\.0"
    ):
        run(Cluster(server), double, 1, [1])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost:5", "expected sc://host:port"),
        ("sc://", "expected sc://host:port"),
        ("sc://localhost:99999", "expected sc://host:port"),
        ("sc://spark.example:15002", "another machine: expected TLS and a token"),
        ("sc://spark.example:15002/;use_ssl=true", "another machine: expected TLS and a token"),
        ("sc://spark.example:15002/;use_ssl=true;token=x", "on_folder: expected a folder"),
    ],
)
def test_an_address_that_cannot_be_is_one_error(address: str, said: str) -> None:
    """And a token is never shown."""
    with pytest.raises(ClusterError, match=said) as refused:
        Cluster(address)
    assert "token=x" not in str(refused.value)


def test_nobody_listens() -> None:
    with pytest.raises(ClusterError, match="nobody listens at sc://localhost:9"):
        run(Cluster("sc://localhost:9"), double, 1, [1])


def test_an_address_without_a_port_has_that_of_spark() -> None:
    assert parse_address("sc://localhost").port == 15002


def test_a_shipment_is_named_by_its_content(tmp_path: Path) -> None:
    """Large arrays are files of their own, made once; a torn one is refused."""
    value = (np.arange(100_000), {"small": np.arange(3)}, "text")
    name = ship(value, tmp_path)
    assert ship(value, tmp_path) == name
    assert len(list(tmp_path.iterdir())) == 2
    array, rest, text = open_shipment(name, tmp_path)
    assert (array == value[0]).all()
    assert (rest["small"].tolist(), text) == ([0, 1, 2], "text")
    array[0] = 5  # a worker's own copy
    assert open_shipment(name, tmp_path, copied=True)[0][0] == 0
    (large,) = (p for p in tmp_path.iterdir() if p.name != name)
    large.write_bytes(large.read_bytes()[:-8] + b"\1" * 8)
    for copied in (False, True):
        with pytest.raises(ClusterError, match="torn"):
            open_shipment(name, tmp_path, copied=copied)


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    """None among them, too; of nothing there is nothing."""
    write_arrays((np.arange(3), None, np.array(2.5)), tmp_path / "x")
    first, none, last = read_arrays(tmp_path / "x") or ()
    assert (first.tolist(), none, float(last)) == ([0, 1, 2], None, 2.5)
    assert read_arrays(tmp_path / "y") is None
