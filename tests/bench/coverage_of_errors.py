"""How often the truth lies within two standard errors: probabilities, totals and percentiles.

The truth of each figure has a formula: what hangs on one draw, on two of one cause or of two, and
the number hit of 298 dependents of one provider, which is binomial or beta-binomial. Over so many
seeds the share of answers that hold it should be 0.95. Worlds are another number than the default,
so that nothing is looked at case by case. Usage:

    python tests/bench/coverage_of_errors.py --seeds 300 --worlds 1920
"""

import argparse
from collections.abc import Iterator

import numpy as np
import polars as pl

from knockon.graph.analysis.backtest.forecasts import count_chances
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph

EXPOSED, MEAN = 298, 0.416
NEAR = (0.0005, 0.001, 0.002, 0.005, 0.02, 0.1, 0.5, 0.98, 0.998, 0.9995)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--worlds", type=int, default=1920)
    parser.add_argument("--rho", type=float, nargs="*", default=[0.0, 0.3])
    asked = parser.parse_args()
    for rho in asked.rho:
        print(f"rho {rho:g}, {asked.worlds:,} worlds, {asked.seeds} seeds: held, mean error")
        for name, held, error in measure(rho, asked.seeds, asked.worlds):
            print(f"  {name:34} {held:6.3f}  {error:.3g}")


def measure(rho: float, seeds: int, worlds: int) -> list[tuple[str, float, float]]:
    """Each figure with the share of seeds whose answer holds the truth within two standard errors,
    and the mean of these errors."""
    found: dict[str, list[tuple[bool, float]]] = {}
    for seed in range(seeds):
        for name, truth, figure, error in (
            *look_at_few(rho, seed, worlds), *look_at_many(rho, seed, worlds)
        ):  # fmt: skip
            held = abs(figure - truth) <= 2 * error + 1e-12
            found.setdefault(name, []).append((held, error))
    return [
        (name, float(np.mean([h for h, _ in each])), float(np.mean([e for _, e in each])))
        for name, each in found.items()
    ]


def look_at_few(rho: float, seed: int, worlds: int) -> Iterator[tuple[str, float, float, float]]:
    """Entities that hang on one or two draws: name, truth, figure, error."""
    rows = [dep(f"near {q}", "A", q, rho) for q in NEAR]
    rows += [dep("one", "A", 0.3, rho), dep("two", "A", 0.3, rho), dep("other", "B", 0.3, rho)]
    for end, both in (("same cause", ("one", "two")), ("two causes", ("one", "other"))):
        rows += [dep(end, p, 1.0, 0.0) | {"group": "g", "needs": 1} for p in both]
    answer = whatif(graph_of(rows), ["A", "B"], worlds=worlds, seed=seed)
    together = 0.3**2 + rho * 0.3 * 0.7
    truth = {"same cause": together, "two causes": 0.09} | {f"near {q}": q for q in NEAR}
    for name, p, error in answer.entities.select("id", "probability", "std_error").iter_rows():
        if name in truth:
            yield f"probability {truth[name]:.4g}, {name}", truth[name], p, error
    hit = sum(NEAR) + 3 * 0.3 + together + 0.09
    yield "number hit of 15", hit, answer.totals.hit, answer.totals.hit_std_error


def look_at_many(rho: float, seed: int, worlds: int) -> Iterator[tuple[str, float, float, float]]:
    """All dependents of one provider: name, truth, figure, error."""
    rows = [dep(f"d{i}", "A", MEAN, rho) for i in range(EXPOSED)]
    totals = whatif(graph_of(rows), "A", worlds=worlds, seed=seed).totals
    yield "number hit of 298", MEAN * EXPOSED, totals.hit, totals.hit_std_error
    reached = np.cumsum(count_chances(EXPOSED, MEAN, rho))
    for q in (50, 95, 99):
        truth = float(np.searchsorted(reached, q / 100))
        error = getattr(totals, f"p{q}_std_error")
        yield f"P{q} of the number hit", truth, getattr(totals, f"p{q}"), error


def dep(dependent: str, provider: str, q: float, rho: float) -> dict[str, object]:
    return {"dependent": dependent, "provider": provider, "probability": q, "rho": rho}


def graph_of(rows: list[dict[str, object]]) -> DependencyGraph:
    return DependencyGraph.from_polars(pl.from_dicts(rows, infer_schema_length=None))


if __name__ == "__main__":
    main()
