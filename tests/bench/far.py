"""A graph larger than the memory of each worker: read and answered by workers, and here.

R-MAT tables of Parquet, written in pieces; Apache Spark standalone with two workers, whose Python
is held to `--limit` by the system (a control group, which wants root). `whatif --out` there, then
`whatif` on all of it here: totals, the number of rows and the first 1,001 rows must be the same,
bit for bit. Wants SPARK_HOME, and Java. `--limit 0` holds nobody.
Usage: python tests/bench/far.py --edges 100000000 --worlds 64 --memory 400M --limit 1GiB
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import rmat
from cluster import measure, take
from servers import Server, find_spark, start_spark

FOLDER = Path("out/bench")
PIECE = 10_000_000  # edges drawn at a time
ROWS = 250_000  # of a row group
OURS = Path(sys.executable).parent / "knockon"
COLUMNS = ("probability", "probability_low", "probability_high", "std_error", "impact",
           "impact_std_error")  # fmt: skip
Answer = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--probability", type=float, default=0.02)
    parser.add_argument("--memory", default="400M", help="that a worker may take for parts")
    parser.add_argument("--limit", default="1GiB", help="of the Python of a worker, by the system")
    parser.add_argument("--alone", action="store_true", help="leave out the answer of here")
    options = parser.parse_args()
    home = find_spark()
    if home is None:
        sys.exit("no Apache Spark: SPARK_HOME names none")
    source = FOLDER / f"far-{options.edges}-{options.probability:g}"
    if not (source / "facts.json").exists():
        write_tables(source, options.edges, options.probability)
    facts = json.loads((source / "facts.json").read_text())
    print(f"{facts['edges']:,} dependencies, entity {facts['hub']} fails")
    question = [str(source), str(facts["hub"]), "--worlds", str(options.worlds), "--top", "1000"]
    with tempfile.TemporaryDirectory(dir=FOLDER) as work:
        with start_spark(home, limit=parse(options.limit)) as server:
            there = ["--on", server.address, "--on-folder", f"{work}/shared", "--out",
                     f"{work}/rows", "--memory", options.memory]  # fmt: skip
            far = ask(question, Path(work) / "far.json", server, there)
        if not options.alone:
            compare(far, ask(question, Path(work) / "here.json", None, []))
        rows = pl.scan_parquet(f"{work}/rows/*.parquet").select(pl.len()).collect().item()
        assert rows == len(far["entities"]) + far["more"], (rows, far["more"])
        print(f"{rows:,} rows in {len(list(Path(work, 'rows').iterdir())):,} files")


def parse(size: str) -> int:
    number = size.rstrip("GMiB")
    return int(float(number) * 2 ** {"G": 30, "M": 20}.get(size[len(number) : len(number) + 1], 0))


def write_tables(source: Path, edges: int, probability: float) -> None:
    """About so many distinct edges, drawn and written in pieces, so that making them takes less
    than reading them."""
    scale = max(int(np.log2(edges / 12)) + 1, 4)
    drawn = []
    for seed, left in enumerate(range(edges, 0, -PIECE), 1):
        provider, dependent = rmat.edges(scale, min(left, PIECE), seed)
        drawn.append((provider << scale) | dependent)
    code = np.unique(np.concatenate(drawn))
    del drawn
    source.mkdir(parents=True, exist_ok=True)
    hub = rmat.hub(code >> scale)
    schema = pa.schema(
        [("dependent", pa.uint32()), ("provider", pa.uint32()), ("probability", pa.float64())]
    )
    with pq.ParquetWriter(source / "dependencies.parquet", schema) as file:
        for first in range(0, len(code), ROWS):
            piece = code[first : first + ROWS]
            provider, dependent = piece >> scale, piece & ((1 << scale) - 1)
            columns = [dependent.astype(np.uint32), provider.astype(np.uint32)]
            file.write_table(pa.table([*columns, np.full(len(piece), probability)], schema=schema))
    (source / "facts.json").write_text(json.dumps({"edges": len(code), "hub": hub}))


def ask(question: list[str], answer: Path, server: Server | None, there: list[str]) -> Answer:
    """Ask once, and print what it took."""
    before, begun = take(server), time.perf_counter()
    command = [OURS, "whatif", *question, *there, "--format", "json", "-o", answer]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    client = psutil.Popen([str(c) for c in command])
    peaks: dict[str, int] = {}
    while client.poll() is None:
        watch(peaks, server)
        time.sleep(0.2)
    seconds, after = time.perf_counter() - begun, take(server)
    assert client.returncode == 0
    mine = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = mine.ru_utime + mine.ru_stime - used.ru_utime - used.ru_stime
    found: Answer = json.loads(answer.read_text())
    size = {name: f"{most / 2**20:,.0f} MiB" for name, most in sorted(peaks.items())}
    taken = processor + after[0] - before[0]
    written = (after[1] - before[1]) / 2**30
    print(
        f"{'workers' if server else 'here'}: {seconds:,.0f} s by the clock, "
        f"{taken:,.0f} of processor, {written:.1f} GiB written; at most "
        f"{mine.ru_maxrss / 2**10:,.0f} MiB in a client so far, {size}"
    )
    for group in server.list_groups() if server else ():
        most = int((group / "memory.max_usage_in_bytes").read_text()) / 2**20
        ended = (group / "memory.oom_control").read_text().split()[-1]
        print(f"a worker's Python and its files: {most:,.0f} MiB; ended for memory: {ended}")
    print("; ".join(n for n in found["notes"] if n.startswith("plan ")), flush=True)
    return found


def watch(peaks: dict[str, int], server: Server | None) -> None:
    """The most that each kind of process of the server has taken for itself."""
    for process in server.list_processes() if server else ():
        try:
            words = " ".join(process.cmdline())
        except psutil.Error:
            continue
        kinds = ("pyspark.daemon", "CoarseGrainedExecutorBackend", "worker.Worker", "master.Master")
        kind = next((k for k in kinds if k in words), "server")
        peaks[kind] = max(peaks.get(kind, 0), measure(process))


def compare(far: Answer, here: Answer) -> None:
    """Raises AssertionError where the workers say anything else than here."""
    for key, value in far["totals"].items():
        assert here["totals"][key] == value, (key, value, here["totals"][key])
    for one, other in zip(far["entities"], here["entities"], strict=False):
        for column in ("id", *COLUMNS):
            assert one[column] == other[column], (column, one, other)
    assert far["more"] + len(far["entities"]) == here["more"] + len(here["entities"])
    print(f"same totals, same number of rows, same first {len(far['entities']):,}")


if __name__ == "__main__":
    main()
