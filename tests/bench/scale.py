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
from collections.abc import Callable, Sequence
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
    """Seconds and peak memory against edges as SVG, all axes logarithmic."""
    left, width, height = 70.0, 300.0, 220.0
    x = _axis([r.edges for r in rows], width)
    parts = ['<rect width="860" height="330" fill="#fff"/>']
    for number, (words, values) in enumerate(
        (("seconds, Parquet to answer", [r.seconds for r in rows]),
         ("peak memory, GiB", [r.peak / 2**30 for r in rows]))
    ):  # fmt: skip
        y = _axis(values, height)
        places = [(x(r.edges), height - y(v)) for r, v in zip(rows, values, strict=True)]
        line = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in places)
        parts.append(f'<g transform="translate({left + number * 420:.0f},50)">')
        parts.append(f'<text y="-18" font-weight="bold">{words} (both axes logarithmic)</text>')
        parts.append(f'<path d="M0,0V{height}H{width}" fill="none" stroke="#888"/>')
        parts.append(f'<path d="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
        for (a, b), r, v in zip(places, rows, values, strict=True):
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="#1f5fa8"/>')
            parts.append(f'<text x="{a - 8:.1f}" y="{b - 8:.1f}" text-anchor="end">{v:.3g}</text>')
            at = f'x="{a:.1f}" y="{height + 20}" text-anchor="middle"'
            parts.append(f"<text {at}>{r.edges / 1e6:.3g} M edges</text>")
        parts.append("</g>")
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="860" height="330" '
    return (
        head
        + 'font-family="Helvetica, Arial, sans-serif" font-size="12">'
        + "".join(parts)
        + ("</svg>\n")
    )


def _axis(values: Sequence[float], length: float) -> Callable[[float], float]:
    """Where each value stands on a logarithmic axis that leaves a tenth free at both ends."""
    low, high = np.log10(min(values)), np.log10(max(values))
    span = max(high - low, 1e-9)
    return lambda v: float(length * (0.15 + 0.75 * (np.log10(v) - low) / span))


if __name__ == "__main__":
    main()
