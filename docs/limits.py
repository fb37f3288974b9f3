"""Writes the tables of docs/limits.md from the measured constants of `knockon plan`.

python docs/limits.py           writes them
python docs/limits.py --check   ends with 1 where they are not current
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from knockon.graph.analysis.forecast import Forecast, Machine, Size, forecast, read_costs
from knockon.graph.engine.cluster.blocks.part import choose_count, share_out
from knockon.graph.engine.cluster.choose import Size as Circuit
from knockon.graph.engine.cluster.choose import measure_whole
from knockon.graph.engine.wiring import measure_block
from knockon.graph.scenario.scenario import Scenario

PAGE = Path(__file__).resolve().parent / "limits.md"
BEGIN, END = "<!-- made by docs/limits.py -->", "<!-- end -->"
SIZES = ((10**5, 10**4), (10**6, 10**5), (10**7, 10**6), (10**8, 10**7), (10**9, 10**8),
         (10**10, 10**9))  # fmt: skip
WORLDS = (1_000, 100_000)
GIB = 2**30
CORES, MEMORY = 2, 32 * GIB  # of the machine of the table, half of whose memory is taken
WORKERS_CORES, WORKERS_MEMORY = 8, 64 * GIB
NEWS = 72  # bytes: a row of 512 worlds, and where it goes

# `whatif --out` on Apache Spark, as tests/bench/far.py prints it: --edges 100000000 --worlds 64
# --memory 1500M --limit 1GiB, two workers of one core
FAR = 98_154_574  # dependencies
FAR_PROCESSOR, FAR_LOADING = 428.0, 0.55  # seconds; share of them until the parts are laid out
FAR_CLIENT = 315 * 2**20  # bytes
OPEN = 1e-4  # seconds to open a file of news, and to find one's own in it


def main() -> int:
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    made = (
        f"{head}{BEGIN}\n\n" + "\n".join((*write_table(), "", *write_paper())) + f"\n\n{END}{tail}"
    )
    if "--check" in sys.argv:
        return int(made != text)
    PAGE.write_text(made)
    return 0


def write_table() -> Iterator[str]:
    """What grows with what."""
    factor, speed = read_costs()["factor"], read_costs()["speed"]
    yield (
        f"A what-if on {CORES} cores and {MEMORY // GIB} GiB, half of which may be taken; all "
        "within reach,\nall strengths stated. As `knockon plan` tells it: seconds of processor in "
        f"the middle of a range of\n{factor:.1f} times more or less, memory of 2; `may fit` where "
        "its lower end does."
    )
    yield ""
    yield "| dependencies | entities | worlds | seconds of processor | GiB | plan |"
    yield "|---|---|---|---|---|---|"
    for dependencies, entities in SIZES:
        for worlds in WORLDS:
            size = Size(dependencies, entities, True, True, True)
            asked = Scenario.read("x", worlds=worlds)
            found = forecast(size, asked, None, Machine(CORES, MEMORY, speed))
            seconds = found.seconds["all"].high / factor
            yield (
                f"| {dependencies:,} | {entities:,} | {worlds:,} | {_say(seconds)} "
                f"| {_say(found.memory.high / 2 / GIB)} | {_name(found)} |"
            )


def _name(found: Forecast) -> str:
    if found.plan == "blocks":
        return f"blocks, {found.partitions:,} parts"
    return found.plan if found.memory.high <= found.allowed else f"{found.plan}, may fit"


def write_paper() -> Iterator[str]:
    """The arithmetic of 10^10 dependencies."""
    m, n, worlds = 10**10, 10**9, 2_048
    c = read_costs()
    blocks = worlds // 512
    whole = measure_whole(Circuit(m, n, 1), 1)
    room = WORKERS_MEMORY // 2
    parts = choose_count(m, n, 1, share_out(room, WORKERS_CORES))
    load = c["load_dependency"] * m + c["load_entity"] * n
    lay = (c["prepare_dependency"] + c["prepare_arc"] + c["wire_arc"]) * m
    ran = (c["block_node"] * n + c["block_arc"] * m) * blocks
    rest = c["finish_node"] * n + c["finish_arc"] * m
    total = load + lay + ran + rest
    far_load = FAR_PROCESSOR * FAR_LOADING / FAR
    far_ran = FAR_PROCESSOR * (1 - FAR_LOADING) / FAR
    workers = -(-whole // room)
    cores = workers * WORKERS_CORES
    yield "### On paper: 10^10 dependencies"
    yield ""
    yield (
        f"10^9 entities, {worlds:,} worlds, all strengths stated; workers of {WORKERS_CORES} cores "
        f"and {WORKERS_MEMORY // GIB} GiB, of\nwhich half is taken. Not run: what is measured are "
        "the constants, at up to 10 million dependencies here,\nand at 98 million by workers that "
        "read the tables themselves (`--out`, on Apache Spark)."
    )
    yield ""
    yield "| what | arithmetic | comes to |"
    yield "|---|---|---|"
    rows = (
        ("arcs, wired and with draws", f"10^10 x {16 + 8} bytes", _bytes(m * 24)),
        ("lanes of 512 worlds", f"10^9 x {measure_block(1)} bytes", _bytes(n * measure_block(1))),
        ("together", "arcs and one block of lanes", _bytes(whole)),
        ("workers", f"{_bytes(whole)} over {_bytes(room)} each", f"{workers:,}"),
        ("parts", f"so that {WORKERS_CORES} at a time are in work within {_bytes(room // 2)}, with "
         "a ghost for each arc at worst", f"{parts:,}"),
        ("read and check", f"10^10 x {c['load_dependency']:.2g} s + 10^9 x "
         f"{c['load_entity']:.2g} s", _hours(load)),
        ("lay out", f"10^10 x {lay / m:.2g} s", _hours(lay)),
        ("worlds", f"{blocks} blocks x (10^9 x {c['block_node']:.2g} s + 10^10 x "
         f"{c['block_arc']:.2g} s)", _hours(ran)),
        ("routes, ranks", f"10^9 x {c['finish_node']:.2g} s + 10^10 x {c['finish_arc']:.2g} s",
         _hours(rest)),
        ("processor in all", "the sum; plan blocks may take up to 3 times the worlds",
         f"{_hours(total)} to {_hours(total + 2 * ran)}"),
        ("worlds by the clock", f"over the {cores:,} cores of the workers",
         f"{ran / cores / 60:.1f} to {3 * ran / cores / 60:.1f} min, and waiting"),
        ("the rest by the clock", f"on one machine of {WORKERS_CORES} cores: all at work, or one",
         f"{(total - ran) / WORKERS_CORES / 3600:.1f} to {(total - ran) / 3600:.1f} h"),
        ("with `--out`: read, check, lay out",
         f"10^10 x {far_load:.2g} s over the {cores:,} cores", _minutes(m * far_load / cores)),
        ("with `--out`: rounds, rows", f"{blocks} blocks x 10^10 x {far_ran:.2g} s over these",
         f"{_minutes(blocks * m * far_ran / cores)}, and waiting"),
        ("with `--out`: files opened in a round", f"{parts:,}^2 x {OPEN:.0e} s over these",
         f"{parts**2 * OPEN / cores:.0f} s"),
        ("news, where 1 % are hit", f"10^7 entities x {NEWS} bytes x 10 parts at most x {blocks}",
         _bytes(n // 100 * NEWS * 10 * blocks)),
        ("news, where all are hit", f"10^9 entities x {NEWS} bytes x 10 parts at most x {blocks}",
         _bytes(n * NEWS * 10 * blocks)),
    )  # fmt: skip
    for row in rows:
        yield f"| {' | '.join(row)} |"
    held = c["memory_dependency"] * m + c["memory_entity"] * n
    yield ""
    yield (
        "Without `--out`, reading, laying out, routes and ranks run on one machine, whose memory "
        f"would have to be\n{_bytes(held)}; only the worlds are spread. With it the client held "
        f"{FAR_CLIENT / GIB:.1f} GiB at 98 million, most of it\nPython; routes, ranks' ranges and "
        "who carries the blast are left out. What stands in its way: names of\nnews go through "
        "the client, parts x parts for each round; rows of an entity are dealt to one part, so"
        "\nthat whoever depends on more than a part may hold is too much; and the number of "
        "rounds is not in it:\nit grows with the longest chain that leads from part to part, and "
        "each round waits for its slowest part."
    )


def _say(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _bytes(size: float) -> str:
    return f"{size / 2**40:.1f} TiB" if size >= 2**40 else f"{size / GIB:,.0f} GiB"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    sys.exit(main())
