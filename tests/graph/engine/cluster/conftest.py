"""A question for servers in processes of their own."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.graph.engine.cluster.running import begin, finish

KNOCKON = str(Path(sys.executable).parent / "knockon")


@pytest.fixture(scope="package")
def question(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """R-MAT of 2^17 nodes, with groups, switches, shared draws; some waves of blocks."""
    import numpy as np
    import polars as pl
    import rmat

    provider, dependent = rmat.edges(17, 500_000)
    grouped, shared = pl.Series(dependent % 5 == 0), pl.Series(dependent % 7 == 0)
    path = tmp_path_factory.mktemp("graph") / "graph.parquet"
    pl.DataFrame({"dependent": dependent.astype(str), "provider": provider.astype(str)}).select(
        "dependent", "provider",
        probability=pl.Series(np.random.default_rng(1).integers(1, 9, len(provider)) / 100),
        group=pl.when(grouped).then(pl.lit("g")), needs=pl.lit(1),
        switch_probability=pl.when(grouped).then(pl.lit(0.9)),
        shared_cause=pl.when(shared).then(pl.col("provider")),
        rho=pl.when(shared).then(pl.lit(0.3)),
    ).write_parquet(path)  # fmt: skip
    return [KNOCKON, "whatif", str(path), str(rmat.hub(provider)), "--worlds", "40000"]


@pytest.fixture(scope="package")
def here(question: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer of this machine."""
    return finish(begin(question, tmp_path_factory.mktemp("here")))
