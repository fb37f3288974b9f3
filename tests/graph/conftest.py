"""A server and a graph for the tests of the cluster: Sail, in the process of the tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from knockon.graph.engine.cluster import connect as connecting
from knockon.graph.model.graph import DependencyGraph

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that runs as long as the tests of it."""
    sail = pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")
    running = sail.SparkConnectServer()
    running.start()
    host, port = running.listening_address
    yield f"sc://{host}:{port}"
    connecting.disconnect()
    running.stop()


@pytest.fixture(scope="package")
def graph() -> DependencyGraph:
    """R-MAT of 4,096 nodes: groups with switches, shared causes, unknown strengths, cycles."""
    import rmat

    provider, dependent = rmat.edges(12, 12_000)
    random = np.random.default_rng(3)
    rows = pl.DataFrame({"dependent": dependent.astype(str), "provider": provider.astype(str)})
    size = len(provider)
    known = pl.Series(
        np.where(random.random(size) < 0.2, np.nan, random.integers(1, 20, size) / 20)
    ).fill_nan(None)
    grouped = pl.Series(dependent % 3 == 0)
    shared = pl.Series(random.random(size) < 0.3)
    return DependencyGraph.from_polars(
        rows.with_columns(
            probability=known,
            group=pl.when(grouped).then(pl.lit("g")),
            needs=pl.when(grouped).then(pl.lit(1)),
            switch_probability=pl.when(grouped).then(pl.lit(0.9)),
            shared_cause=pl.when(shared).then(pl.col("provider")),
            rho=pl.when(shared).then(pl.lit(0.3)),
        )
    )


@pytest.fixture(scope="package")
def hub(graph: DependencyGraph) -> str:
    """On which most depend."""
    return str(
        graph.dependencies.group_by("provider").len().sort("len", "provider")["provider"][-1]
    )
