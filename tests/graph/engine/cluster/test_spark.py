"""Apache Spark standalone: a master, two workers and Spark Connect, each a process of its own.

SPARK_HOME says where it is: the folder `pyspark` of an environment with pyspark, whose version is
that of the client here.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psutil
import pytest

import knockon as ko
from knockon.graph.engine.cluster import connect as connecting
from knockon.graph.engine.cluster.executor import Cluster
from knockon.graph.engine.executor import Workspace
from knockon.graph.errors import ClusterError
from knockon.graph.model.graph import DependencyGraph
from tests.graph.engine.cluster.running import PATIENCE, begin, finish, list_outputs, wait_for
from tests.paths import ROOT

pytest.importorskip("pyspark", reason="the client wants knockon[cluster]")
pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import servers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spark() -> Iterator[servers.Server]:
    """Apache Spark, as long as the tests of it run."""
    home = servers.find_spark()
    if home is None:
        pytest.skip("SPARK_HOME names no Apache Spark with Spark Connect")
    if shutil.which("java") is None:
        pytest.skip("Apache Spark wants Java")
    with servers.start_spark(home) as server:
        yield server
        connecting.disconnect()


@pytest.mark.parametrize("plan", ["worlds", "blocks"])
def test_a_what_if_has_the_same_bits(
    plan: str, graph: DependencyGraph, hub: str, spark: servers.Server
) -> None:
    """Groups with switches, shared draws, unknown strengths, cycles."""
    here = ko.whatif(graph, hub, worlds=1500)
    there = ko.whatif(graph, hub, worlds=1500, on=spark.address, plan=plan)
    assert there.entities.equals(here.entities)
    assert there.distribution.equals(here.distribution)
    assert (there.totals, there.headline) == (here.totals, here.headline)
    assert any(note.startswith(f"plan {plan}: ") for note in there.notes)


def test_a_ranking_has_the_same_bits(graph: DependencyGraph, spark: servers.Server) -> None:
    """Every origin swept, in the same worlds."""
    small = DependencyGraph.from_polars(
        graph.dependencies.filter(pl.col("provider").str.len_chars() < 4)
    )
    here, there = (ko.rank(small, worlds=200, on=on) for on in (None, spark.address))
    assert there.rows.equals(here.rows)


def test_a_task_that_always_fails_says_why(spark: servers.Server) -> None:
    """In the words of the worker: nothing of the machine that it ran in."""
    cluster = Cluster(spark.address)
    with pytest.raises(ClusterError, match=r"2 of 2 blocks failed .* 3 times: .*TypeError: unsup"):
        list(cluster.run(pow, 3, [1, 2], workers=1, workspace=Workspace(list)))


def runs_executor(process: psutil.Process) -> bool:
    """Whether it is one of Spark that runs; a process that has ended is none."""
    try:
        return any("Executor" in word for word in process.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one, too
        return False


@pytest.mark.parametrize(("plan", "worlds"), [("worlds", "40000"), ("blocks", "3000")])
def test_a_worker_that_is_killed_in_the_middle_changes_no_bit(
    plan: str, worlds: str, question: list[str], spark: servers.Server, tmp_path: Path
) -> None:
    """Its tasks are run again on the other one; another worker takes its place."""
    asked, shared = [*question[:-1], worlds], tmp_path / "shared"
    here = finish(begin(asked, tmp_path))
    there = ["--on", spark.address, "--on-folder", str(shared), "--plan", plan]
    running = begin(asked, tmp_path, *there)
    wait_for(lambda: list_outputs(shared), running)
    killed = spark.workers[-1]
    children = killed.children(recursive=True)
    assert any(runs_executor(child) for child in children)
    for process in [*children, killed]:
        process.kill()
    found = finish(running)
    spark.add_worker()
    killed.wait(PATIENCE)
    assert found == here
