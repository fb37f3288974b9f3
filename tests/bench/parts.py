"""Where the time of one command goes: its functions timed, each second counted once, by the clock
and of the processors; and GiB at the peak so far.

Each part is named by the functions that do it; time inside a part that another part calls is the
other's. Time outside all parts stands in the last line. The main thread says which part it is:
what other threads do meanwhile is counted to it.
Usage: python tests/bench/parts.py whatif GRAPH.parquet ENTITY --worlds 1024
"""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

PARTS = {  # names of functions and methods of this tree
    "read": ("read_parquet_table",),
    "check and number": ("check", "settle_tables"),
    "circuit": ("build_circuit_of", "reach", "_touched", "Circuit.within", "Nodes.of"),
    "keys": ("_keys",),
    "draws": ("Draws.lay_out", "Run.each", "Lanes.drawing", "Lanes.wiring"),
    "lanes": ("run_worlds",),
    "add up": ("Tally.add", "Mass.add", "Tally.figures"),
    "routes": ("find_ways",),
    "assemble": ("whatif", "assemble"),
    "JSON": ("dump_whatif",),
}


class Clock:
    """Seconds by part, of the part that runs innermost, by the clock and of the processors."""

    def __init__(self) -> None:
        self.spent = Counter[str](), Counter[str]()
        self.peak: dict[str, float] = {}
        self.running: list[str] = []
        self.since = self.now()

    def now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def switch(self) -> None:
        now, part = self.now(), self.running[-1] if self.running else "other"
        self.peak[part] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        for spent, before, after in zip(self.spent, self.since, now, strict=True):
            spent[part] += after - before
        self.since = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            self.switch()
            self.running.append(part)
            try:
                return function(*arguments, **named)
            finally:
                self.switch()
                self.running.pop()

        return run


def main() -> None:
    begun = time.perf_counter()
    import_module("knockon.api.cli.verbs")
    for package in ("graph", "loaders.native", "loaders.parsing"):
        home = import_module(f"knockon.{package}")
        for found in walk_packages(home.__path__, f"knockon.{package}."):
            if "kernels" not in found.name and "compiled" not in found.name:
                import_module(found.name)
    import_module("knockon.api.schema")
    shared = time.perf_counter()
    import_module("knockon.graph.engine.kernels").load_kernels()
    compiled = time.perf_counter()
    clock = Clock()
    for part, names in PARTS.items():
        for name in names:
            assert replace(name, part, clock), f"no function is called {name}"
    from knockon.api.cli.verbs import main as command

    clock.since = clock.now()
    try:
        command([*sys.argv[1:], "--format", "json", "-o", "out/bench/answer.json"])
    except SystemExit as leaving:
        if leaving.code:
            raise
    clock.switch()
    print(f"{'imports':>24} {shared - begun:>8.2f}  more than the command itself imports")
    print(f"{'kernels linked':>24} {compiled - shared:>8.2f}")
    for part in (*PARTS, "other"):
        wall, processor = (spent[part] for spent in clock.spent)
        print(f"{part:>24} {wall:>8.2f} {processor:>8.2f} {clock.peak[part]:>8.2f}")


def replace(name: str, part: str, clock: Clock) -> int:
    """Put a timed function in the place of every one of this name, wherever it was imported to;
    how many there were."""
    count = 0
    modules = [m for n, m in sys.modules.items() if n.startswith("knockon.")]
    holder, _, method = name.rpartition(".")
    for module in modules:
        home = getattr(module, holder, None) if holder else module
        held = vars(home).get(method) if home is not None else None
        bound = isinstance(held, classmethod)
        function = held.__func__ if bound else held
        if not callable(function) or hasattr(function, "__wrapped__"):
            continue
        made = clock.timed(part, function)
        setattr(home, method, classmethod(made) if bound else made)
        count += 1
    return count


if __name__ == "__main__":
    main()
