"""Measures what a question costs, as `knockon plan` has it: writes graph/analysis/costs.csv.

R-MAT graphs of several sizes and densities, with strengths at which few and most are hit; each runs
in a process of its own, its parts timed in seconds of processor (of all threads, kernels compiled
before), and its peak memory. The constants are a least-squares fit of relative errors, none below
zero. `factor` is the largest ratio between a run of this script and the fit of its total, or 2: the
range that `plan` states. `speed` is the time of the calibration (`calibration.py`), here and now.
Usage: python tests/bench/costs.py [--write]
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import rmat
from scipy.optimize import nnls

from knockon.graph.analysis.impact import Impact
from knockon.graph.engine.calibration import measure_speed

HOME = Path(__file__).parents[2] / "graph" / "analysis" / "costs.csv"
SIZES = ((14, 150_000), (16, 600_000), (18, 600_000), (18, 2_000_000), (20, 10_000_000))
CHANCES = (0.01, 0.2, 0.9)
WORLDS = 1024
Run = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the constants")
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="how many of the sizes")
    parser.add_argument("--ask", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ask:
        path, hub, how, worlds = options.ask
        print(json.dumps(ask(Path(path), hub, how, int(worlds))))
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            run(Path(folder), scale, edges, p)
            for scale, edges in SIZES[: options.sizes]
            for p in CHANCES
        ] + [run(Path(folder), *SIZES[1], p, worlds=16 * WORLDS) for p in CHANCES[:2]]
        tiny = run(Path(folder), 6, 100, 0.5)
        timed, parted = (run(Path(folder), 14, 150_000, 0.01, how) for how in ("hours", "severity"))
    costs = fit(runs, tiny, timed, parted)
    for name, value, unit in costs:
        print(f"{name:>24} {value:12.4g} {unit}")
    if options.write:
        with HOME.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows(
                [("name", "value", "unit"), *((n, f"{v:.4g}", u) for n, v, u in costs)]
            )


def run(
    folder: Path, scale: int, edges: int, chance: float, how: str = "plain", worlds: int = WORLDS
) -> Run:
    """One graph, in a process of its own."""
    path = folder / f"{scale}-{edges}-{chance}.parquet"
    provider, dependent = rmat.edges(scale, edges)
    ends = pl.DataFrame({"dependent": dependent, "provider": provider}).select(
        pl.format("as-{}.example", pl.col(c).cast(pl.String).str.zfill(8)).alias(c)
        for c in ("dependent", "provider")
    )
    ends.with_columns(probability=pl.lit(chance)).write_parquet(path)
    hub = f"as-{rmat.hub(provider):08d}.example"
    done = subprocess.run(
        [sys.executable, __file__, "--ask", str(path), hub, how, str(worlds)],
        check=True, capture_output=True,
    )  # fmt: skip
    found: Run = json.loads(done.stdout)
    print(f"{edges:>10,} {chance:5} {how:8} " + " ".join(f"{k}={v:.3g}" for k, v in found.items()))
    return found


def ask(path: Path, hub: str, how: str, worlds: int) -> Run:
    """Load, prepare, run and finish, each timed."""
    import knockon as ko
    from knockon.api.schema import dump_whatif
    from knockon.graph.analysis.assemble import assemble
    from knockon.graph.analysis.prepare import prepare
    from knockon.graph.analysis.spread import find_ways, run_worlds
    from knockon.graph.engine.wiring import measure_block
    from knockon.graph.scenario.scenario import Scenario

    base = peak()
    clock = [time.process_time()]
    graph = ko.load(path)
    clock.append(time.process_time())
    more: dict[str, Any] = {"hours": {"hours": 4}, "severity": {}}.get(how, {})
    worlds = worlds if how == "plain" else 64
    origin: Any = {"id": hub, "severity": 0.5} if how == "severity" else hub
    scenario = Scenario.of(graph, origin, worlds=worlds, **more)
    again = prepare(graph, scenario)
    find_ways(again, *run_worlds(again))  # compiles
    del again
    clock.append(time.process_time())
    prepared = prepare(graph, scenario)
    clock.append(time.process_time())
    found, lanes = run_worlds(prepared)
    clock.append(time.process_time())
    answer: Impact = assemble(prepared, found, find_ways(prepared, found, lanes))
    dump_whatif(answer, top=20)  # as the command does
    clock.append(time.process_time())
    load, _, laid, ran, rest = np.diff(clock).tolist()
    nodes = len(prepared.kernel.entity)
    hit = float((found.figures.middle).sum()) / max(nodes, 1)
    return {
        "dependencies": len(graph.dependent), "entities": graph.size, "worlds": worlds,
        "arcs": len(prepared.kernel.provider), "nodes": nodes, "hit": hit,
        "load": load, "prepare": laid, "run": ran, "finish": rest,
        "base": base, "memory": peak() - base, "blocks": 2 * measure_block(nodes),
    }  # fmt: skip


def peak() -> float:
    """Bytes; what `getrusage` says begins with those of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return 1024.0 * int(status.partition("VmHWM:")[2].split()[0])


def fit(runs: list[Run], tiny: Run, timed: Run, parted: Run) -> list[tuple[str, float, str]]:
    """The constants: name, value, unit."""

    def solve(part: str, *features: Any) -> list[float]:
        y = np.array([max(r[part], 1e-6) for r in runs])
        x = np.array([[f(r) for f in features] for r in runs], float)
        scale = x.max(axis=0)
        return list(nnls(x / scale / y[:, None], np.ones(len(y)))[0] / scale)

    def blocks(r: Run) -> float:
        return r["worlds"] / 512

    load = solve("load", lambda r: r["dependencies"], lambda r: r["entities"])
    laid = solve("prepare", lambda r: r["dependencies"], lambda r: r["arcs"])
    ran = solve("run", lambda r: r["nodes"] * blocks(r), lambda r: r["arcs"] * blocks(r),
                lambda r: r["arcs"])  # fmt: skip
    rest = solve("finish", lambda r: r["nodes"], lambda r: r["arcs"])
    for r in runs:
        r["held"] = max(r["memory"] - r["blocks"], 1.0)
    held = solve("held", lambda r: r["dependencies"], lambda r: r["entities"], lambda r: 1.0)
    total = [
        (sum(r[part] for part in ("load", "prepare", "run", "finish")),
         load[0] * r["dependencies"] + load[1] * r["entities"] + laid[0] * r["dependencies"]
         + laid[1] * r["arcs"] + ran[0] * r["nodes"] * blocks(r)
         + ran[1] * r["arcs"] * blocks(r) + ran[2] * r["arcs"]
         + rest[0] * r["nodes"] + rest[1] * r["arcs"])
        for r in runs
    ]  # fmt: skip
    factor = max(2.0, *(max(a / b, b / a) for a, b in total))
    s = "seconds of processor"
    return [
        ("speed", measure_speed(), "seconds of the calibration on the machine that measured"),
        ("factor", factor, "range that is stated, above and below"),
        ("start", sum(tiny[p] for p in ("load", "prepare", "run", "finish")) + 0.5, s),
        ("load_dependency", load[0], s), ("load_entity", load[1], s),
        ("prepare_dependency", laid[0], s), ("prepare_arc", laid[1], s),
        ("wire_arc", ran[2], s),
        ("block_node", ran[0], f"{s}, for 512 worlds"),
        ("block_arc", ran[1], f"{s}, for 512 worlds"),
        ("finish_node", rest[0], s), ("finish_arc", rest[1], s),
        ("hours_arc", timed["run"] / timed["arcs"] / timed["worlds"], f"{s}, a world with hours"),
        ("losses_arc", parted["run"] / parted["arcs"] / parted["worlds"],
         f"{s}, a world with losses that are shares"),
        ("memory", tiny["base"] + held[2], "bytes of the program"),
        ("memory_dependency", held[0], "bytes"), ("memory_entity", held[1], "bytes"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
