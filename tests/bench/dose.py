"""What a withdrawn Debian package takes with it: ours against dose-debcheck, package by package.

dose-debcheck (Debian package dose-distcheck; Abate and Di Cosmo) is a SAT solver over all that an
index states, conflicts and versions included: a package is broken if no set of packages that may be
installed together holds it. We follow Depends and Pre-Depends, groups of alternatives and virtual
packages. The ten most dangerous packages are taken out of the index one at a time; whoever only one
of both calls broken is explained by what dose-debcheck itself says. Usage, on a Debian machine:

    python tests/bench/dose.py                     the largest index among apt's lists
    python tests/bench/dose.py Packages --top 3 --name libssl3
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import knockon as ko
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.parsing.unpack import unpack

LISTS = Path("/var/lib/apt/lists")
CHECK = ("dose-debcheck", "--latest=1", "--deb-ignore-essential")
WITHDRAWN = {"mode": "withdrawal", "assume": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("index", type=Path, nargs="?")
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--name", action="append", default=[])
    asked = parser.parse_args()
    if shutil.which(CHECK[0]) is None:
        sys.exit(f"{CHECK[0]} is not on this machine: apt-get install dose-distcheck")
    found = sorted(LISTS.glob("*_Packages*"), key=lambda p: p.stat().st_size)
    index = asked.index or (found[-1] if found else sys.exit("no index: apt-get update"))
    stanzas = read_stanzas(index)
    graph = ko.load(index)
    names = [*asked.name, *list_dangerous(graph, asked.top)]
    print(f"{index.name}: {len(stanzas):,} packages")
    with TemporaryDirectory() as folder:
        compare_each(graph, stanzas, names, Path(folder) / "Packages")


def compare_each(
    graph: DependencyGraph, stanzas: dict[str, str], names: list[str], path: Path
) -> None:
    """A line for each package withdrawn, and one for each difference of some kind."""
    write(stanzas, path)
    before = list_broken(path)
    print(f"broken as it is, by {CHECK[0]}: {len(before)}")
    ours_took = theirs_took = 0.0
    for name in names:
        begun = time.perf_counter()
        ours = list_hit(graph, name)
        middle = time.perf_counter()
        write({n: s for n, s in stanzas.items() if n != name}, path)
        theirs = list_broken(path) - before
        ours_took, theirs_took = (
            ours_took + middle - begun, theirs_took + time.perf_counter() - middle
        )  # fmt: skip
        ours_only, theirs_only = ours - theirs - before, theirs - ours
        print(f"{name:24} ours {len(ours):7,}  dose {len(theirs | (ours & before)):7,}  "
              f"both {len(ours & (theirs | before)):7,}")  # fmt: skip
        for words, only in (("only ours", ours_only), ("only dose", theirs_only)):
            for why, count in explain(path, only).most_common():
                print(f"    {words}, {why}: {count:,} ({', '.join(sorted(only)[:3])})")
    print(f"seconds a package: ours {ours_took / len(names):.2f}, dose "
          f"{theirs_took / len(names):.2f}, {theirs_took / ours_took:.0f} times ours")  # fmt: skip


def list_dangerous(graph: DependencyGraph, top: int) -> list[str]:
    """The names of the packages whose withdrawal takes most with it."""
    rows = ko.rank(graph, top=top, **WITHDRAWN).rows if top else graph.entities.head(0)
    return [name.removeprefix("deb:") for name in rows["id"].head(top)]


def list_hit(graph: DependencyGraph, name: str) -> set[str]:
    """Those that the withdrawal hits, without it."""
    entities = ko.whatif(graph, f"deb:{name}", **WITHDRAWN).entities
    hit = entities.filter(entities["probability"] == 1)["id"].str.strip_prefix("deb:")
    return set(hit) - {name}


def read_stanzas(index: Path) -> dict[str, str]:
    """The stanza of each package by name, the last where several have it."""
    text = unpack(index).decode()
    stanzas = [s for s in re.split(r"\n\s*\n", text) if s.strip()]
    return {s[s.index("Package: ") + 9 :].partition("\n")[0].strip(): s for s in stanzas}


def write(stanzas: dict[str, str], path: Path) -> None:
    path.write_text("\n\n".join(stanzas.values()) + "\n")


def list_broken(path: Path, *more: str) -> set[str]:
    """The packages that dose-debcheck calls broken."""
    return set(re.findall(r"^  package: +(\S+)", run(path, "--failures", *more), re.M))


def run(path: Path, *options: str) -> str:
    done = subprocess.run([*CHECK, *options, str(path)], capture_output=True, text=True)
    if done.returncode not in (0, 1):  # 1: something is broken
        sys.exit(f"{CHECK[0]}: {done.stderr}")
    return done.stdout


def explain(path: Path, names: set[str]) -> Counter[str]:
    """Why dose-debcheck calls them broken, or that it does not: what is missing, or a conflict."""
    said: Counter[str] = Counter()
    listed = sorted(names)
    for first in range(0, len(listed), 500):
        part = ",".join(listed[first : first + 500])
        text = run(path, "--failures", "--explain", "--explain-minimal", f"--checkonly={part}")
        broken = re.split(r"^ -\n  package:", text, flags=re.M)[1:]
        said.update("a conflict" if "conflict:" in b else "something missing" for b in broken)
        said["it can be installed"] += len(listed[first : first + 500]) - len(broken)
    return +said


if __name__ == "__main__":
    main()
