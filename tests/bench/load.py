"""A large table to a graph and an answer: knockon, and pandas plus networkx, on the same file.

Each runs in a process of its own, so that the peak of its memory is its own. The answer is how many
entities fail when the one fails on which most depend; both must give the same. networkx keeps dicts
for every dependency: it gets a file of fewer rows, and knockon reads that one, too.
On a busy machine the seconds of CPU, of all threads, say more than those of the clock.
Usage, with `pip install -e .[bench]`:

    python tests/bench/load.py --rows 10000000 --peer-rows 1000000
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
import rmat

FORMS = ("parquet", "csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    parser.add_argument("--scale", type=int, default=22, help="2^scale possible entities")
    parser.add_argument("--ids", choices=["numbers", "text"], default="numbers")
    parser.add_argument("--child", nargs=2, metavar=("WHO", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measured(*asked.child)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for rows in dict.fromkeys((asked.rows, min(asked.peer_rows, asked.rows))):
            files = write(Path(folder), rows, asked.scale, asked.ids)
            for file in files:
                ours = run("knockon", file, rows)
                if rows <= asked.peer_rows:
                    theirs = run("pandas + networkx", file, rows)
                    assert theirs["reached"] == ours["reached"], (ours, theirs)
                    print(f"    the same {ours['reached']:,} reached; "
                          f"{theirs['seconds'] / ours['seconds']:.1f} times the time, "
                          f"{theirs['gib'] / ours['gib']:.1f} times the memory")  # fmt: skip


def write(folder: Path, rows: int, scale: int, ids: str) -> list[Path]:
    """Edges in no order, as Parquet and CSV with columns `dependent` and `provider`."""
    provider, dependent = rmat.edges(scale, rows + rows // 5)
    frame = pl.DataFrame({"dependent": dependent, "provider": provider})
    frame = frame.sample(rows, shuffle=True, seed=1)
    if ids == "text":
        frame = frame.select(pl.format("service-{}", pl.col(c)).alias(c) for c in frame.columns)
    files = [folder / f"{rows}.{form}" for form in FORMS]
    frame.write_parquet(files[0])
    frame.write_csv(files[1])
    return files


def run(who: str, file: Path, rows: int) -> Any:
    command = [sys.executable, __file__, "--child", who, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    size = file.stat().st_size / 2**20
    print(f"{who:18} {rows:>12,} rows of {file.suffix[1:]:8}{size:7,.0f} MiB "
          f"{result['seconds']:7.2f} s to the graph, {result['answer']:6.2f} s to the answer, "
          f"{result['cpu']:7.2f} s of CPU in all, "
          f"peak {result['loading']:5.2f} and {result['gib']:5.2f} GiB", flush=True)  # fmt: skip
    return result


def measured(who: str, file: str) -> dict[str, Any]:
    work = {"knockon": by_knockon, "pandas + networkx": by_networkx}[who]
    seconds, loading, answer, reached = work(Path(file))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "answer": answer, "reached": reached,
            "loading": loading, "gib": peak(),
            "cpu": used.ru_utime + used.ru_stime}  # fmt: skip


def peak() -> float:
    """GiB that this process held at most so far. `ru_maxrss` of a child begins with what its
    parent held when it was forked: VmHWM does not.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def by_knockon(file: Path) -> tuple[float, float, float, int]:
    """Seconds to the graph, peak until then, seconds from there to the answer, entities reached."""
    import numpy as np

    from knockon.graph.engine.circuit import build_circuit
    from knockon.graph.engine.lanes import Lanes
    from knockon.graph.model.graph import DependencyGraph
    from knockon.graph.scenario.modes import load_shipped_rules
    from knockon.loaders.merge import load_tables

    begun = time.perf_counter()
    graph = DependencyGraph.from_tables(load_tables([file]), checked=True)
    loaded, held = time.perf_counter(), peak()
    origin = np.array([np.bincount(graph.provider).argmax()])
    circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
    lanes = Lanes(circuit, 1, compiled=True)
    live = np.ones(len(circuit.dependency), np.bool_)
    reached = int(lanes.reach(live, np.zeros(len(circuit.node), np.bool_), origin).sum())
    return loaded - begun, held, time.perf_counter() - loaded, reached


def by_networkx(file: Path) -> tuple[float, float, float, int]:
    """The same with what a user would write otherwise."""
    import networkx as nx
    import pandas as pd

    begun = time.perf_counter()
    frame = (pd.read_parquet if file.suffix == ".parquet" else pd.read_csv)(file)
    graph = nx.from_pandas_edgelist(frame, "provider", "dependent", create_using=nx.DiGraph)
    loaded, held = time.perf_counter(), peak()
    origin = max(graph.out_degree, key=lambda pair: pair[1])[0]
    reached = len(nx.descendants(graph, origin)) + 1
    return loaded - begun, held, time.perf_counter() - loaded, reached


if __name__ == "__main__":
    main()
