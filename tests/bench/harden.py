"""What each fix saves: all candidates at once, a lane each, against one what-if per candidate.

One run, the same worlds; both must give the same savings. The what-ifs are given the circuit of
the whole graph, run at the assumed strengths only and find no routes, so that they do no more than
they must. Usage:

    python tests/bench/harden.py                     the US federal cloud market, Falcon Platform
    python tests/bench/harden.py --scale 14 --edges 60000 --fixes 500
"""

import argparse
import resource
import time
from dataclasses import replace

import numpy as np
import polars as pl
import rmat

import knockon as ko
from knockon.graph.analysis.hardening.fixes import Fix
from knockon.graph.analysis.hardening.trial import Evaluator, Trial
from knockon.graph.analysis.prepare import build_circuit_of, prepare
from knockon.graph.analysis.spread import run_worlds
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int)
    parser.add_argument("--edges", type=int, default=60_000)
    parser.add_argument("--worlds", type=int, default=1_024)
    parser.add_argument("--fixes", type=int, default=400, help="to make safe, of those in reach")
    parser.add_argument("--by-whatif", type=int, default=40, help="of these by a what-if each")
    asked = parser.parse_args()
    graph, scenario = make(asked)
    fixes = list_fixes(graph, scenario, asked.fixes)
    one_by_one(graph, scenario, fixes[:1])  # compiles what is compiled
    at_once(graph, scenario, fixes[:1])
    begun = time.perf_counter()
    saved = at_once(graph, scenario, fixes)
    ours = time.perf_counter() - begun
    some = fixes[:: max(1, len(fixes) // asked.by_whatif)]
    begun = time.perf_counter()
    expected = one_by_one(graph, scenario, some)
    each = (time.perf_counter() - begun) / (len(some) + 1)
    assert np.allclose(saved[:: max(1, len(fixes) // asked.by_whatif)], expected, atol=1e-6)
    print(f"{graph!r}, {asked.worlds:,} worlds")
    print(
        f"{len(fixes):,} fixes at once     {1e3 * ours:9.1f} ms, {1e3 * ours / len(fixes):.2f} each"
    )
    print(f"one what-if per fix  {1e3 * each * len(fixes):9.1f} ms, {1e3 * each:.2f} each "
          f"(of {len(some)}): {each * len(fixes) / ours:.1f} times ours")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"same savings; peak memory of this process {peak:.2f} GiB")


def make(asked: argparse.Namespace) -> tuple[DependencyGraph, Scenario]:
    if asked.scale is None:
        graph = ko.load("samples/federal-cloud-2024")
        return graph, Scenario.of(
            graph, "Falcon Platform", mode="bad_update", worlds=asked.worlds + 1
        )
    provider, dependent = rmat.edges(asked.scale, asked.edges)
    graph = rmat.graph(provider, dependent, 0.5)
    origin = str(rmat.hub(provider))
    return graph, Scenario.of(graph, origin, worlds=asked.worlds + 1)


def list_fixes(graph: DependencyGraph, scenario: Scenario, most: int) -> list[Fix]:
    base = prepare(graph, scenario)
    within = graph.entities["id"].gather(base.nodes.entity[~base.is_origin])
    outward = graph.dependencies.group_by("provider").len().sort("len", "provider", descending=True)
    ranked = outward.filter(pl.col("provider").is_in(within.implode()))["provider"].to_list()
    rest = sorted(set(within) - set(ranked))
    return [Fix("safe", i, None) for i in [*ranked, *rest][:most]]


def at_once(graph: DependencyGraph, scenario: Scenario, fixes: list[Fix]) -> np.ndarray:
    evaluator = Evaluator([Trial(graph, scenario, fixes)], fixes)
    return evaluator.saved(np.eye(len(fixes), dtype=np.bool_))


def one_by_one(graph: DependencyGraph, scenario: Scenario, fixes: list[Fix]) -> list[float]:
    before = measure(graph, scenario)
    return [
        before - measure(graph, replace(scenario, protect=(str(fix.dependent),))) for fix in fixes
    ]


def measure(graph: DependencyGraph, scenario: Scenario) -> float:
    prepared = prepare(graph, scenario, build_circuit_of(graph, scenario))
    figures = run_worlds(replace(prepared, runs=(prepared.run,)))[0].figures
    return float(figures.total @ figures.weight)


if __name__ == "__main__":
    main()
