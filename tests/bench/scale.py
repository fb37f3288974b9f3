"""From a Parquet file to a JSON answer, as graphs grow: wall clock, peak memory, where time goes.

R-MAT graphs with about eight edges a node more each time; ids are texts such as
`as-00012345.example` (`--ids whole`: whole numbers), all strengths `--probability`, the entity of
highest out-degree fails, 1,024 worlds. Each size runs as the command `knockon whatif` in a process
of its own; the file is written before, outside the clock. `--against` runs the command of another
tree in turn, compares the answers, and prints the ratio of the fastest runs; `--parts` also says
what the time is spent on, from one more run inside a process whose functions are timed.
Usage: python tests/bench/scale.py --edges 1000000 10000000 100000000 --svg tests/bench/scale.svg
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import rmat

FOLDER = Path("out/bench")
OURS = Path(sys.executable).parent / "knockon"
# as installed: modules are compiled to bytecode once, not in every run
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
_COMPARED = ("id", "probability", "probability_low", "probability_high", "impact", "hops", "route")


@dataclass(frozen=True)
class Measured:
    """The fastest of some runs: edges as stored, seconds by the clock and of processors, bytes at
    the peak, the answer, and how it was computed."""

    edges: int
    nodes: int
    seconds: float
    processor: float
    peak: int
    answer: dict[str, Any]
    how: str

    @property
    def hit(self) -> float:
        return float(self.answer["totals"]["hit"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--ids", choices=["text", "whole"], default="text")
    parser.add_argument("--probability", type=float, default=0.02)
    parser.add_argument("--worlds", type=int, default=1024)
    parser.add_argument("--top", type=int, default=20, help="rows of the answer")
    parser.add_argument("--runs", type=int, default=1, help="of which the fastest counts")
    parser.add_argument("--against", type=Path, help="the `knockon` of another tree")
    parser.add_argument("--parts", action="store_true", help="also say where the time goes")
    parser.add_argument("--svg", type=Path, help="also draw the growth")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_graph(options.write, options.edges[0], options.probability, options.ids)
        return
    print(
        f"{'edges':>12} {'nodes':>11} {'seconds':>8} {'processor':>9} {'peak GiB':>9} {'hit':>10}"
    )
    rows = [measure(edges, options) for edges in options.edges]
    if options.svg:
        options.svg.write_text(draw_growth(rows))


def measure(edges: int, options: argparse.Namespace) -> Measured:
    """Run one size, as often as was asked, and print what came of it."""
    path = FOLDER / f"rmat-{edges}-{options.probability:g}-{options.ids}.parquet"
    if not path.exists():  # in a process of its own: making it takes more memory than reading it
        made = ["--probability", str(options.probability), "--ids", options.ids]
        written = [sys.executable, __file__, "--edges", str(edges), *made, "--write", str(path)]
        subprocess.run(written, check=True)
    facts = json.loads(path.with_suffix(".json").read_text())
    question = ["whatif", str(path), name_of(facts["hub"], options.ids)]
    question += ["--worlds", str(options.worlds), "--top", str(options.top)]
    commands = [OURS, *([options.against] if options.against else [])]
    runs: dict[Path, list[Measured]] = {command: [] for command in commands}
    for _ in range(options.runs):  # in turn, so that both meet the same noise
        for command in commands:
            runs[command].append(run_once(command, question, facts))
    best = [min(found, key=lambda r: r.seconds) for found in runs.values()]
    for row in best:
        print(
            f"{row.edges:>12,} {row.nodes:>11,} {row.seconds:>8.2f} {row.processor:>9.2f} "
            f"{row.peak / 2**30:>9.2f} {row.hit:>10,.0f}  {row.how}"
        )
    if options.against:
        print_ratio(*best, runs=list(runs.values()))
    if options.parts:
        subprocess.run(
            [sys.executable, Path(__file__).with_name("parts.py"), *question], check=True
        )
    return best[0]


def run_once(command: Path, question: Sequence[str], facts: dict[str, Any]) -> Measured:
    output = FOLDER / "answer.json"
    errors = FOLDER / "stderr.txt"
    begun = time.perf_counter()
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [str(command), *question, "--format", "json", "-o", str(output), "-v"],
            stderr=stderr, env=ENVIRONMENT,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    how = errors.read_text().strip()
    assert process.returncode == 0, how
    answer = json.loads(output.read_text())
    return Measured(
        facts["edges"],
        facts["nodes"],
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * 1024,
        answer,
        how.splitlines()[-1].removeprefix("lane kernel: "),
    )


def print_ratio(ours: Measured, theirs: Measured, runs: list[list[Measured]]) -> None:
    """Ours as a share of theirs. Raises AssertionError where the answers differ."""
    for one, other in zip(ours.answer["entities"], theirs.answer["entities"], strict=True):
        for name in _COMPARED:
            assert one[name] == other[name], (name, one, other)
    assert ours.hit == theirs.hit
    processor = [min(r.processor for r in found) for found in runs]
    print(
        f"{'ratio':>24} {ours.seconds / theirs.seconds:>8.2f} "
        f"{processor[0] / processor[1]:>9.2f} {ours.peak / theirs.peak:>9.2f}  same answer"
    )


def name_of(number: int, ids: str) -> str:
    return f"as-{number:08d}.example" if ids == "text" else str(number)


def write_graph(path: Path, edges: int, probability: float, ids: str) -> None:
    scale = max(int(np.log2(edges / 12)) + 1, 4)
    provider, dependent = rmat.edges(scale, edges)
    FOLDER.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame(
        {"dependent": dependent.astype(np.uint32), "provider": provider.astype(np.uint32)}
    )
    if ids == "text":
        frame = frame.select(
            pl.format("as-{}.example", pl.col(end).cast(pl.String).str.zfill(8)).alias(end)
            for end in frame.columns
        )
    frame.with_columns(probability=pl.lit(probability)).write_parquet(path)
    facts = {"edges": len(provider), "nodes": 1 << scale, "hub": rmat.hub(provider)}
    path.with_suffix(".json").write_text(json.dumps(facts))


def draw_growth(rows: list[Measured]) -> str:
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
