"""A what-if here and on servers: seconds, processor of all processes, memory, bytes, rounds.

R-MAT graphs as of `scale.py`; each way runs the command `knockon whatif` in a process of its own
against a server in a process of its own, which has compiled its kernels before. All answers must be
the same. Processor is user and system time of the client from its start to its end, with Python,
loading, shipping and printing, and all that the server's processes took meanwhile; the local
question is measured in the same way. The start of the server is in none of them, nor the first
question that it is asked. Bytes are what client and server write, pipes and sockets included.
Apache Spark takes part where SPARK_HOME says where it is, and with `--spark`.
Usage: python tests/bench/cluster.py --edges 1000000 10000000 --worlds 4096
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from servers import Server, find_spark, start_sail, start_spark

HERE = Path(__file__).parent
FOLDER = Path("out/bench")
OURS = Path(sys.executable).parent / "knockon"
ASKED = {"worlds": 1.15, "blocks": 3.0}  # times the local processor time, at most


@dataclass(frozen=True)
class Measured:
    """Of one question: seconds by the clock and of processors, bytes at the peak of the client and
    of the server, bytes written, the answer, its notes on how it ran."""

    seconds: float
    processor: float
    client: int
    server: int
    written: int
    answer: dict[str, Any]

    @property
    def how(self) -> str:
        return "; ".join(n for n in self.answer["notes"] if n.startswith("plan "))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--worlds", type=int, default=4096)
    parser.add_argument("--probability", type=float, default=0.02)
    parser.add_argument("--memory", help="of a worker, such as 1GiB")
    parser.add_argument("--plans", nargs="+", choices=list(ASKED), default=list(ASKED))
    parser.add_argument("--spark", action="store_true", help="also Apache Spark, of SPARK_HOME")
    parser.add_argument("--strict", action="store_true", help="fail where a ratio is over what "
                        "was asked")  # fmt: skip
    options = parser.parse_args()
    print(f"{'edges':>11} {'where':<14} {'seconds':>8} {'processor':>9} {'ratio':>6} "
          f"{'client':>7} {'server':>7} {'written':>8}  (GiB)")  # fmt: skip
    for edges in options.edges:
        compare(edges, options)


def compare(edges: int, options: argparse.Namespace) -> None:
    """One size, everywhere."""
    path = FOLDER / f"rmat-{edges}-{options.probability:g}-text.parquet"
    if not path.exists():
        made = ["--probability", str(options.probability), "--ids", "text", "--write", str(path)]
        subprocess.run(
            [sys.executable, HERE / "scale.py", "--edges", str(edges), *made], check=True
        )
    hub = json.loads(path.with_suffix(".json").read_text())["hub"]
    question = [str(path), f"as-{hub:08d}.example", "--worlds", str(options.worlds)]
    ask(question, None, [])  # the kernels are compiled, and kept on disk
    local = ask(question, None, [])
    show(edges, "local", local, local)
    servers: dict[str, Callable[[], AbstractContextManager[Server]]] = {"sail": start_sail}
    if options.spark and (home := find_spark()):
        servers["spark"] = lambda: start_spark(home)
    elif options.spark:
        print("no Apache Spark: SPARK_HOME names none")
    for name, start in servers.items():
        with start() as server:
            for plan in options.plans:
                there = ["--on", server.address, "--plan", plan]
                there += ["--memory", options.memory] if options.memory else []
                ask([*question[:2], "--worlds", "600"], server, there)
                found = ask(question, server, there)
                show(edges, f"{name} {plan}", found, local)
                ratio = found.processor / local.processor
                if options.strict and ratio > ASKED[plan]:
                    sys.exit(f"{ratio:.2f} times local, {ASKED[plan]} were asked")


def show(edges: int, where: str, found: Measured, local: Measured) -> None:
    """One line. Raises AssertionError where the answer is another than here."""
    for key in ("entities", "totals", "headline"):
        assert found.answer[key] == local.answer[key], (where, key)
    gib = (found.client / 2**30, found.server / 2**30, found.written / 2**30)
    print(f"{edges:>11,} {where:<14} {found.seconds:>8.1f} {found.processor:>9.1f} "
          f"{found.processor / local.processor:>6.2f} {gib[0]:>7.2f} {gib[1]:>7.2f} "
          f"{gib[2]:>8.3f}  {found.how}")  # fmt: skip


def ask(question: list[str], server: Server | None, there: list[str]) -> Measured:
    """Ask once; what the server's processes took is what they had more afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        shared = ["--on-folder", f"{folder}/shared"] if server else []
        before = take(server)
        begun = time.perf_counter()
        command = [OURS, "whatif", *question, *there, *shared, "--top", "50", "--format", "json"]
        errors = Path(folder) / "stderr.txt"
        with errors.open("w") as file:
            client = psutil.Popen([str(c) for c in (*command, "-o", answer)], stderr=file)
            written, peak = watch(client, server)
            _, status, used = os.wait4(client.pid, 0)
        seconds = time.perf_counter() - begun
        assert os.waitstatus_to_exitcode(status) == 0, errors.read_text()
        after = take(server)
        mine = used.ru_utime + used.ru_stime
        return Measured(
            seconds, mine + after[0] - before[0], used.ru_maxrss * 1024, peak,
            written + after[1] - before[1], json.loads(answer.read_text()),
        )  # fmt: skip


def watch(client: psutil.Popen, server: Server | None) -> tuple[int, int]:
    """Until the client ends: bytes that it wrote, and the most memory of the server."""
    written = peak = 0
    while client.is_running() and client.status() != psutil.STATUS_ZOMBIE:
        try:
            written = max(written, client.io_counters().write_chars)
        except psutil.Error:
            break
        peak = max(peak, sum(map(measure, server.list_processes())) if server else 0)
        time.sleep(0.1)
    return written, peak


def measure(process: psutil.Process) -> int:
    """Bytes that are its own, shared ones not counted."""
    try:
        held = process.memory_info()
    except psutil.Error:
        return 0
    return int(held.rss - held.shared)


def take(server: Server | None) -> tuple[float, int]:
    """Seconds of processor and bytes written so far by all processes of the server."""
    seconds, written = 0.0, 0
    for process in server.list_processes() if server else ():
        try:
            times = process.cpu_times()
            written += process.io_counters().write_chars
        except psutil.Error:
            continue
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds, written


if __name__ == "__main__":
    main()
