"""From a Parquet file to an answer, as graphs grow: wall clock, peak memory, time a world.

R-MAT graphs with about eight edges a node more each time; ids are whole numbers, all strengths
`--probability`, the entity of highest out-degree fails, 1,024 worlds. Each size runs as the
command `knockon whatif` in a process of its own; the file is written before, outside the clock.
Usage: python tests/bench/scale.py --edges 1000000 10000000 100000000 --svg out/scale.svg
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import rmat

FOLDER = Path("out/bench")


@dataclass(frozen=True)
class Measured:
    """One size: edges as stored, seconds, bytes at the peak, entities hit on average."""

    edges: int
    nodes: int
    seconds: float
    peak: int
    hit: float
    how: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--probability", type=float, default=0.02)
    parser.add_argument("--worlds", type=int, default=1024)
    parser.add_argument("--svg", type=Path, help="also draw the growth")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        write_graph(asked.write, asked.edges[0], asked.probability)
        return
    rows = [measure(edges, asked.probability, asked.worlds) for edges in asked.edges]
    print(f"{'edges':>12} {'nodes':>11} {'seconds':>8} {'peak GiB':>9} {'hit':>10}  of which")
    for r in rows:
        peak = r.peak / 2**30
        print(
            f"{r.edges:>12,} {r.nodes:>11,} {r.seconds:>8.1f} {peak:>9.2f} {r.hit:>10,.0f}  {r.how}"
        )
    if asked.svg:
        asked.svg.write_text(drawn(rows))


def measure(edges: int, probability: float, worlds: int) -> Measured:
    path = FOLDER / f"rmat-{edges}-{probability:g}.parquet"
    if not path.exists():  # in a process of its own: making it takes more memory than reading it
        made = ["--edges", str(edges), "--probability", str(probability), "--write", str(path)]
        subprocess.run([sys.executable, __file__, *made], check=True)
    facts = json.loads(path.with_suffix(".json").read_text())
    command = [Path(sys.executable).parent / "knockon", "whatif", path, str(facts["hub"])]
    options = ["--worlds", str(worlds), "--format", "json", "--top", "3", "-v"]
    begun = time.perf_counter()
    done = subprocess.Popen(
        [*map(str, command), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    answer, how = done.communicate()
    seconds = time.perf_counter() - begun
    assert done.returncode == 0, how
    peak = (
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    )  # sizes run in rising order
    totals = json.loads(answer)["totals"]
    said = how.strip().splitlines()[-1].removeprefix("lane kernel: ")
    return Measured(facts["edges"], facts["nodes"], seconds, peak, totals["hit"], said)


def write_graph(path: Path, edges: int, probability: float) -> None:
    scale = max(int(np.log2(edges / 12)) + 1, 4)
    provider, dependent = rmat.edges(scale, edges)
    FOLDER.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(
        {"dependent": dependent.astype(np.uint32), "provider": provider.astype(np.uint32)}
    ).with_columns(probability=pl.lit(probability)).write_parquet(path)
    facts = {"edges": len(provider), "nodes": 1 << scale, "hub": rmat.hub(provider)}
    path.with_suffix(".json").write_text(json.dumps(facts))


def drawn(rows: list[Measured]) -> str:
    """Seconds and peak memory against edges, both axes logarithmic, as SVG."""
    raise NotImplementedError


if __name__ == "__main__":
    main()
