"""Fault trees against SCRAM: cut sets, top probabilities, time and memory, tree by tree.

SCRAM (Debian package `scram`) is the peer: https://scram-pra.org. Both read the file, find the cut
sets up to an order and the probability of the top, each in a process of its own; ours is measured
with its start and, after it, in a process that is warm. A folder of Open-PSA models may hold
`expected.csv` (tree, basic_events, minimal_cut_sets, order1, order2, order3, top_probability).

    python tests/bench/aralia.py FOLDER [--order 3] [--all] [--tree NAME ...]

`--all` also finds the sets of all orders. Ends with 1 where an answer differs from SCRAM's.
"""

import argparse
import csv
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 120  # seconds for each run
OURS = """
import json, resource, sys, time
begin = time.perf_counter()
import knockon as ko
from knockon.graph.analysis.cuts import cuts
path, order, warm = sys.argv[1], sys.argv[2], int(sys.argv[3])
order = order if order == "all" else int(order)
def ask():
    graph = ko.load(path)
    tops = next(f for f in graph.report if "tops" in f.reason).examples
    return graph, cuts(graph, tops[0], order=order)
graph, answer = ask()
cold = time.perf_counter() - begin
times = []
for _ in range(warm):
    begin, used = time.perf_counter(), time.process_time()
    ask()
    times.append((time.perf_counter() - begin, time.process_time() - used))
best = min(times) if times else (None, None)
print(json.dumps({
    "events": graph.entities.filter(kind="basic_event").height,
    "counts": dict(answer.counts.rows()), "complete": answer.complete,
    "probability": answer.target_probability, "low": answer.target_probability_low,
    "high": answer.target_probability_high, "cold": cold, "warm": best[0], "cpu": best[1],
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


@dataclass(frozen=True)
class Run:
    """What one program says of a tree. counts: sets by order; seconds, cpu, memory (MB)."""

    counts: dict[int, int] | None
    probability: float | None
    seconds: float
    cpu: float
    memory: float
    said: str = ""
    more: dict[str, Any] | None = None


def run_ours(path: Path, order: str, warm: int) -> Run:
    try:
        done = subprocess.run(
            [sys.executable, "-c", OURS, str(path), order, str(warm)],
            capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Run(None, None, LIMIT, LIMIT, 0, f"over {LIMIT} s")
    if done.returncode:
        return Run(None, None, 0, 0, 0, done.stderr.strip().splitlines()[-1][:150])
    told = json.loads(done.stdout)
    counts = {int(k): int(n) for k, n in told["counts"].items()}
    seconds = told["warm"] or told["cold"]
    return Run(counts, told["probability"], seconds, told["cpu"] or seconds, told["memory"],
               more=told)  # fmt: skip


def run_scram(path: Path, order: int) -> Run:
    """SCRAM by decision diagrams, as its documentation advises."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["scram", "--bdd", "--ccf", "on", "--probability", "1", "-l", str(order),
                 "-o", str(report), str(path)]  # fmt: skip
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        try:
            done = subprocess.run(
                ["/usr/bin/env", "time", "-f", "%M", *words] if shutil.which("time") else words,
                capture_output=True, text=True, timeout=LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Run(None, None, LIMIT, LIMIT, 0, f"over {LIMIT} s")
        seconds = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        lines = done.stderr.strip().splitlines()
        memory = int(lines[-1]) / 1024 if lines and lines[-1].isdigit() else 0.0
        if done.returncode or not report.exists():
            said = " ".join(line.strip() for line in lines if "rror" in line or "mes" in line)
            return Run(None, None, seconds, cpu, memory, said[:100] or "refused")
        with report.open(encoding="utf-8", errors="replace") as file:
            head = file.read(200_000)
    found = re.search(r"<sum-of-products ([^>]*)>", head)
    told = dict(re.findall(r'([\w-]+)="([^"]*)"', found[1])) if found else {}
    sizes = [int(n) for n in told.get("distribution", "").split()]
    counts = {k: n for k, n in enumerate(sizes, 1) if n}
    chance = float(told["probability"]) if "probability" in told else None
    return Run(counts, chance, seconds, cpu, memory)


def compare(ours: Run, scram: Run, row: dict[str, str], order: str) -> list[str]:
    """Where ours differs from SCRAM, or from what is expected."""
    wrong = []
    if ours.counts is None:
        return []
    if scram.counts is not None:
        most = max((*ours.counts, *scram.counts), default=0)
        at_scram = [scram.counts.get(k, 0) for k in range(1, most + 1)]
        at_ours = [ours.counts.get(k, 0) for k in range(1, most + 1)]
        if at_scram != at_ours:
            wrong.append(f"SETS {at_ours} against SCRAM's {at_scram}")
        if scram.probability and not is_near(ours.probability, scram.probability):
            wrong.append(f"TOP {ours.probability} against SCRAM's {scram.probability}")
    for k in (1, 2, 3):
        stated = row.get(f"order{k}", "")
        if stated and int(stated) != ours.counts.get(k, 0):
            wrong.append(f"order {k}: {ours.counts.get(k, 0)}, expected {stated}")
    stated = row.get("minimal_cut_sets", "")
    if order == "all" and stated and not is_near(sum(ours.counts.values()), float(stated)):
        wrong.append(f"{sum(ours.counts.values())} sets, expected {stated}")
    stated = row.get("top_probability", "")
    if stated and not is_near(ours.probability, float(stated)):
        wrong.append(f"top {ours.probability}, expected {stated}")
    return wrong


def is_near(ours: float | None, other: float) -> bool:
    """Within 1e-5: SCRAM and the tables print six digits."""
    return ours is not None and abs(ours / other - 1) <= 1e-5


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--order", default=3, type=int)
    asked.add_argument("--all", action="store_true", help="sets of all orders, too")
    asked.add_argument("--tree", action="append", default=[])
    asked.add_argument("--warm", default=3, type=int, help="runs of which the best counts")
    options = asked.parse_args()
    expected = {}
    table = options.folder / "expected.csv"
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            expected = {row["tree"]: row for row in csv.DictReader(file)}
    trees = [p for p in sorted(options.folder.glob("*.xml"))
             if not options.tree or p.stem in options.tree]  # fmt: skip
    if not shutil.which("scram"):
        print("no scram here (apt-get install scram): ours alone")
    differs = 0
    for order in [str(options.order), *(["all"] if options.all else [])]:
        differs += bench(trees, order, expected, options.warm)
    return min(differs, 1)


def bench(trees: list[Path], order: str, expected: dict[str, dict[str, str]], warm: int) -> int:
    print(f"\norder {order}: seconds of processor, whole process of SCRAM, ours warm; MB at most")
    print(f"{'tree':<12}{'sets':>12} {'top':>12} {'ours':>7} {'SCRAM':>7} {'ratio':>6} "
          f"{'start':>6} {'MB':>5} {'SCRAM':>6}")  # fmt: skip
    ratios, differs = [], 0
    none = Run(None, None, 0, 0, 0, "not here")
    for path in trees:
        ours = run_ours(path, order, warm)
        limit = int(order) if order != "all" else 100
        vast = ours.counts is not None and sum(ours.counts.values()) > 5_000_000
        scram = run_scram(path, limit) if shutil.which("scram") and not vast else none
        both = ours.counts is not None and scram.counts is not None
        if both:
            ratios.append(ours.cpu / scram.cpu)
        wrong = compare(ours, scram, expected.get(path.stem, {}), order)
        differs += any(text.startswith(("SETS", "TOP")) for text in wrong)
        sets = "-" if ours.counts is None else f"{sum(ours.counts.values()):,}"
        top = "-" if ours.probability is None else f"{ours.probability:.5e}"
        said = [text for text in (ours.said, scram.said and f"SCRAM: {scram.said}", *wrong) if text]
        if ours.counts is not None and ours.probability is None and ours.more:
            said.append(f"top {ours.more['low']:.3g} to {ours.more['high']:.3g}")
        ratio = f"{ratios[-1]:.2f}" if both else "-"
        start = ours.more["cold"] if ours.more else 0
        print(f"{path.stem:<12}{sets:>12} {top:>12} {ours.cpu:>7.3f} {scram.cpu:>7.3f} {ratio:>6} "
              f"{start:>6.2f} {ours.memory:>5.0f} {scram.memory:>6.0f}  {'; '.join(said)}",
              flush=True)  # fmt: skip
    if ratios:
        print(f"ratio: median {statistics.median(ratios):.2f}, largest {max(ratios):.2f}, "
              f"of {len(ratios)} trees")  # fmt: skip
    return differs


if __name__ == "__main__":
    sys.exit(main())
