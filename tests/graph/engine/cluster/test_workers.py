"""Servers in processes of their own, with two workers, of which one is killed in the middle.

The workers of Sail's local cluster are threads of its one process: what can be killed there is the
server with both of them. Those of Apache Spark are processes (`test_spark.py`).
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.graph.engine.cluster.running import PATIENCE, begin, finish, list_outputs, wait_for
from tests.paths import ROOT

pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")
pytest.importorskip("pyspark", reason="the client wants knockon[cluster]")
pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import servers

pytestmark = pytest.mark.slow


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
        assert f"what it had done is in {shared}: --resume" in said.decode()
    assert list_outputs(shared)
    with servers.start_sail(workers=2, port=port):
        assert finish(begin(question, tmp_path, *there, "--resume")) == here
