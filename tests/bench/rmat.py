"""R-MAT graphs (Chakrabarti, Zhan, Faloutsos 2004) for the benchmarks."""

import numpy as np
import numpy.typing as npt
import polars as pl

from knockon.graph.model.graph import DependencyGraph

Ints = npt.NDArray[np.int64]
QUADRANTS = (0.57, 0.19, 0.19, 0.05)  # a, b, c, d


def edges(scale: int, number: int, seed: int = 1) -> tuple[Ints, Ints]:
    """(provider, dependent) of about `number` distinct edges among 2^scale nodes, no loops."""
    random = np.random.default_rng(seed)
    a, b, c, _ = QUADRANTS
    provider, dependent = np.zeros(number, np.int64), np.zeros(number, np.int64)
    for _ in range(scale):
        x = random.random(number, np.float32)
        provider = 2 * provider + (x >= a + b)
        dependent = 2 * dependent + (((x >= a) & (x < a + b)) | (x >= a + b + c))
    kept = provider != dependent
    code = np.unique((provider[kept] << scale) | dependent[kept])
    return code >> scale, code & ((1 << scale) - 1)


def hub(provider: Ints) -> int:
    """The node of highest out-degree: most depend on it."""
    return int(np.bincount(provider).argmax())


def graph(provider: Ints, dependent: Ints, probability: float) -> DependencyGraph:
    """The same as a checked graph; entity n is called `n`."""
    return DependencyGraph.from_polars(
        pl.DataFrame(
            {"dependent": dependent.astype(str), "provider": provider.astype(str)}
        ).with_columns(probability=pl.lit(probability))
    )
