"""How many questions a server answers, how fast, and what becomes of it far beyond that.

python tests/bench/service.py [--seconds 10] [--connections 1 16 64 400] [--minutes 10]

Starts `knockon serve` on the federal sample with two workers and asks it with wrk: kept answers,
fresh ones, pictures, long questions. Then all of them at once for so many minutes, ten times what
it can answer or more: only 200 and refusals (429, 503) that name a limit may come, memory has to
stay, and the event loop is watched. Peers: none; the client is wrk.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.api.faults.servers import Server, serve
from tests.paths import SAMPLES

AT = "/v1/graphs/federal-cloud-2024"
FALCON = quote("Falcon Platform")
PATHS = {
    "cached": f"{AT}/whatif?origin={FALCON}",
    "fresh": f"{AT}/whatif?origin={FALCON}&seed=SEED",
    "drawn": f"{AT}/whatif.svg?origin={FALCON}&seed=SEED",
    "long": f"{AT}/whatif?origin=Slack&hours=2..72&worlds=4096&seed=SEED",
}
MANY = ("per_client=100000", "rate=1000000", "lookups=1000000")  # wrk stands for many clients
_LUA = Path(__file__).with_suffix(".lua")
_round = 0


def ask(server: Server, paths: list[str], connections: int, seconds: float) -> dict[str, float]:
    """What wrk found; with seconds of processor of the server and its workers for each answer."""
    global _round
    _round += 1
    before = sum_cpu(server)
    command = ["wrk", "-t", str(min(connections, 2)), "-c", str(connections), "-d",
               f"{seconds:.0f}s", "--timeout", "120s", "-s", str(_LUA), server.base, "--",
               str(_round), *paths]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert not found["other"], done.stderr
    found["cpu"] = (sum_cpu(server) - before) / max(found["good"], 1)
    return found


def list_processes(server: Server) -> list[psutil.Process]:
    main = psutil.Process(server.process.pid)
    return [main, *main.children(recursive=True)]


def sum_cpu(server: Server) -> float:
    """Seconds of processor, those of workers that were ended meanwhile too."""
    times = [p.cpu_times() for p in list_processes(server)]
    return sum(t.user + t.system for t in times) + times[0].children_user + times[0].children_system


def sum_memory(server: Server) -> tuple[float, float]:
    """MiB of the server, and of it and its workers together, shared pages counted once."""
    sizes = [p.memory_full_info().pss / 2**20 for p in list_processes(server)]
    return sizes[0], sum(sizes)


def read_lag(server: Server) -> dict[str, dict[str, float]]:
    """Of how late the loop was and how long it was busy: bounds with counts, and the largest."""
    text, found = server.get("/metrics").text, {}
    for name in ("lag", "busy"):
        at = f"knockon_event_loop_{name}_seconds"
        counts = re.findall(rf'{at}_bucket{{le="(.*)"}} (\d+)', text)
        found[name] = {bound: float(count) for bound, count in counts}
        found[name]["max"] = float(re.search(rf"\n{at}_max (\S+)", text)[1])  # type: ignore[index]
    return found


def say_lag(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> None:
    for name, words in (("busy", "computed by its own thread"), ("lag", "late by the clock")):
        was, now = before[name], after[name]
        looks = now["+Inf"] - was["+Inf"]
        long = looks - (now["0.05"] - was["0.05"])
        print(f"  event loop {words}: over 50 ms in {long:,.0f} of {looks:,.0f} looks, "
              f"at most {1000 * now['max']:,.0f} ms")  # fmt: skip


def measure(server: Server, connections: list[int], seconds: float) -> None:
    print(f"{'':8}{'connections':>12}{'answers/s':>11}{'P50 ms':>10}{'P99 ms':>10}"
          f"{'refused':>9}{'cpu ms':>9}")  # fmt: skip
    for name, path in PATHS.items():
        for number in connections:
            long = 20 if name == "long" and seconds >= 5 else seconds
            found = ask(server, [path], number, long)
            assert not found["errors"] + found["timeouts"], found
            print(f"{name:8}{number:12}{found['good'] / found['seconds']:11,.1f}"
                  f"{1000 * found['p50']:10,.1f}{1000 * found['p99']:10,.1f}"
                  f"{found['named']:9,.0f}{1000 * found['cpu']:9,.1f}", flush=True)  # fmt: skip


def overload(server: Server, connections: int, minutes: float) -> None:
    """All kinds at once. Ends with an AssertionError where something else than 200, 429 or 503
    came, or memory grew."""
    sizes: list[tuple[float, float]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(1):
            with suppress(psutil.NoSuchProcess):  # a worker that was ended for its question
                sizes.append(sum_memory(server))

    ask(server, [*PATHS.values()], connections, 5)  # warm
    before = read_lag(server)
    looking = threading.Thread(target=look)
    looking.start()
    found = ask(server, [*PATHS.values()], connections, 60 * minutes)
    ended.set()
    looking.join()
    fresh = found["good"] / found["seconds"]
    print(f"overload: {connections} connections, all kinds, {minutes:g} minutes: "
          f"{found['requests'] / found['seconds']:,.0f} requests/s, {fresh:,.1f} answered, "
          f"{found['jobs']:,.0f} became jobs, "
          f"{found['named']:,.0f} refused by name, {found['other']:,.0f} others, "
          f"{found['errors']:,.0f} broken, P50 {1000 * found['p50']:,.0f} ms, "
          f"P99 {1000 * found['p99']:,.0f} ms")  # fmt: skip
    say_lag(before, read_lag(server))
    third = max(len(sizes) // 3, 1)
    for place, words in ((0, "server"), (1, "server and workers")):
        parts = [[size[place] for size in sizes[n * third : (n + 1) * third]] for n in range(3)]
        means = [sum(part) / max(len(part), 1) for part in parts]
        print(f"  memory of {words}, MiB by thirds: {', '.join(f'{m:,.0f}' for m in means)}; "
              f"at most {max((size[place] for size in sizes), default=0):,.0f}")  # fmt: skip
        assert minutes < 5 or means[2] < means[1] * 1.1 + 20, "memory grows"
    assert not found["errors"], found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64, 400])
    parser.add_argument("--minutes", type=float, default=1, help="of too many questions")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (apt-get install wrk): nothing is measured")
    version = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    words = [w for limit in ("workers=2", *MANY) for w in ("--limit", limit)]
    with TemporaryDirectory() as folder:
        at = SAMPLES / "federal-cloud-2024"
        with serve(at, *words, log=Path(folder) / "log") as server:
            print(f"{version.splitlines()[0]}; {os.cpu_count()} cores, load "
                  f"{os.getloadavg()[0]:.1f} before")  # fmt: skip
            start = time.monotonic()
            for path in PATHS.values():  # the kernels are loaded
                assert server.get(path.replace("SEED", "1")).status_code == 200
            measure(server, options.connections, options.seconds)
            say_lag({n: dict.fromkeys(("0.05", "+Inf"), 0.0) for n in ("lag", "busy")},
                    read_lag(server))  # fmt: skip
            overload(server, max(options.connections), options.minutes)
            print(f"{time.monotonic() - start:,.0f} s, load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
