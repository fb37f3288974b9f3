"""How fast a Debian main index becomes a checked graph: knockon, a plain regex with networkx, and
python-debian with networkx, on the same file.

Each runs in a process of its own, so that each peak of memory is its own. The others build a graph
with an edge for every clause that names a package of the index; knockon also builds the groups.
Usage, on a Debian machine after `apt-get update`, with `pip install -e .[test]`:

    python tests/bench/debian_index.py            # finds the largest index among apt's lists
    python tests/bench/debian_index.py Packages
"""

import argparse
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

LISTS = Path("/var/lib/apt/lists")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("index", type=Path, nargs="?")
    parser.add_argument("--only", choices=sorted(WAYS))
    asked = parser.parse_args()
    index = asked.index or max(LISTS.glob("*_Packages*"), key=lambda p: p.stat().st_size)
    if asked.only:
        begun = time.perf_counter(), time.process_time()
        nodes, edges = WAYS[asked.only](index)
        wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        took = f"{wall:6.2f} s, {cpu:6.2f} s of processor, {peak:6.0f} MB"
        print(f"{asked.only:24} {took}: {nodes:,} nodes, {edges:,} edges")
        return
    print(index.name)
    for way in WAYS:
        subprocess.run([sys.executable, __file__, str(index), "--only", way], check=True)


def knockon(index: Path) -> tuple[int, int]:
    from knockon.graph.model.check import check
    from knockon.loaders.software.debian import read_debian

    tables = check(read_debian(index))
    return tables.entities.height, tables.dependencies.height


def plain_regex(index: Path) -> tuple[int, int]:
    import networkx

    from knockon.loaders.parsing.unpack import unpack

    graph = networkx.MultiDiGraph()
    text = unpack(index).decode()
    stanzas = [dict(re.findall(r"^([\w-]+): (.*)$", s, re.M)) for s in text.split("\n\n")]
    named = [s for s in stanzas if "Package" in s]
    graph.add_nodes_from(s["Package"] for s in named)
    for stanza in named:
        for key in ("Pre-Depends", "Depends"):
            for name in re.findall(r"(?:^|[,|]) *([^\s:(,|]+)", stanza.get(key, "")):
                if name in graph:
                    graph.add_edge(stanza["Package"], name)
    return graph.number_of_nodes(), graph.number_of_edges()


def python_debian(index: Path) -> tuple[int, int]:
    import io

    import networkx
    from debian.deb822 import Packages

    from knockon.loaders.parsing.unpack import unpack

    graph = networkx.MultiDiGraph()
    stream = io.StringIO(unpack(index).decode())
    stanzas = list(Packages.iter_paragraphs(stream, use_apt_pkg=False))
    graph.add_nodes_from(s["Package"] for s in stanzas)
    for stanza in stanzas:
        for key in ("pre-depends", "depends"):
            for clause in stanza.relations[key]:
                for one in clause:
                    if one["name"] in graph:
                        graph.add_edge(stanza["Package"], one["name"])
    return graph.number_of_nodes(), graph.number_of_edges()


WAYS = {
    "knockon": knockon,
    "regex + networkx": plain_regex,
    "python-debian + networkx": python_debian,
}

if __name__ == "__main__":
    main()
