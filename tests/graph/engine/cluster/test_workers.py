"""Servers in processes of their own, with two workers, of which one is killed in the middle.

The workers of Sail's local cluster are threads of its one process: what can be killed there is the
server with both of them. Apache Spark has a process for each.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")
pytest.importorskip("pyspark", reason="the client wants knockon[cluster]")
pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import servers

pytestmark = pytest.mark.slow
PATIENCE = 400.0  # seconds for an answer on a machine that is busy
KNOCKON = str(Path(sys.executable).parent / "knockon")


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """R-MAT of 2^17 nodes, with groups; more worlds than one wave of blocks."""
    import numpy as np
    import polars as pl
    import rmat

    provider, dependent = rmat.edges(17, 500_000)
    grouped = pl.Series(dependent % 5 == 0)
    path = tmp_path_factory.mktemp("graph") / "graph.parquet"
    pl.DataFrame({"dependent": dependent.astype(str), "provider": provider.astype(str)}).select(
        "dependent", "provider",
        probability=pl.Series(np.random.default_rng(1).integers(1, 9, len(provider)) / 100),
        group=pl.when(grouped).then(pl.lit("g")), needs=pl.lit(1),
    ).write_parquet(path)  # fmt: skip
    return [KNOCKON, "whatif", str(path), str(rmat.hub(provider)), "--worlds", "40000"]


@pytest.fixture(scope="module")
def here(question: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer of this machine."""
    return finish(begin(question, tmp_path_factory.mktemp("here")))


Running = tuple["subprocess.Popen[bytes]", Path]


def begin(question: list[str], folder: Path, *more: str) -> Running:
    """The command, at work."""
    answer = folder / "answer.json"
    command = [*question, *more, "--top", "100", "--format", "json", "-o", str(answer)]
    return subprocess.Popen(command, stderr=subprocess.PIPE), answer


def finish(running: Running) -> dict[str, Any]:
    """Its answer, but for notes, which say where it ran."""
    process, answer = running
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.decode()
    found: dict[str, Any] = json.loads(answer.read_text())
    return {key: found[key] for key in ("entities", "totals", "headline", "more")}


def wait_for(met: Callable[[], object], running: Running) -> None:
    """Until something is there, while the command is at work."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert running[0].poll() is None, "the question ended before"
        assert time.monotonic() < end
        time.sleep(0.02)


def list_outputs(folder: Path) -> list[Path]:
    return list(folder.glob("*/*.npz"))


@pytest.mark.parametrize("plan", ["worlds", "blocks"])
def test_two_workers_of_sail_give_the_same_bits(
    plan: str, question: list[str], here: dict[str, Any], tmp_path: Path
) -> None:
    """As a local cluster."""
    short = [*question[:-1], "2000"]
    with servers.start_sail(workers=2) as server:
        found = finish(begin(short, tmp_path, "--on", server.address, "--plan", plan))
    assert found == finish(begin(short, tmp_path))


def test_a_server_that_is_killed_in_the_middle_is_gone_on_with(
    question: list[str], here: dict[str, Any], tmp_path: Path
) -> None:
    """The question fails with the reason; with `--resume`, on another, what was done is taken."""
    port, shared = servers.find_port(), tmp_path / "shared"
    there = ["--on", f"sc://127.0.0.1:{port}", "--on-folder", str(shared), "--plan", "worlds"]
    with servers.start_sail(workers=2, port=port) as server:
        running = begin(question, tmp_path, *there)
        wait_for(lambda: list_outputs(shared), running)
        server.processes[0].kill()
        _, said = running[0].communicate(timeout=PATIENCE)
        assert running[0].returncode == 2
        assert f"sc://127.0.0.1:{port}" in said.decode()
    assert list_outputs(shared)
    with servers.start_sail(workers=2, port=port):
        assert finish(begin(question, tmp_path, *there, "--resume")) == here


@pytest.fixture
def spark() -> Iterator[servers.Server]:
    """Apache Spark standalone, with two workers."""
    home = servers.find_spark()
    if home is None:
        pytest.skip("SPARK_HOME names no Apache Spark with Spark Connect")
    with servers.start_spark(home) as server:
        yield server


def test_a_worker_of_spark_is_killed_in_the_middle(
    question: list[str], here: dict[str, Any], spark: servers.Server, tmp_path: Path
) -> None:
    """Its tasks are run again on the other one, and the answer has the same bits."""
    shared = tmp_path / "shared"
    there = ["--on", spark.address, "--on-folder", str(shared), "--plan", "worlds"]
    running = begin(question, tmp_path, *there)
    wait_for(lambda: list_outputs(shared), running)
    for process in [*spark.workers[0].children(recursive=True), spark.workers[0]]:
        process.kill()
    assert finish(running) == here
