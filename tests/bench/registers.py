"""Load rates of registers on generated files: python -m tests.bench.registers

AS relationships of 1 M lines; DNS, CA and CDN tables of 100,000 sites. Read, and read and checked.
"""

import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from knockon.loaders.merge import load_tables
from knockon.loaders.registry import read

LINES, NETWORKS, SITES = 1_000_000, 80_000, 100_000


def write_relationships(path: Path) -> Path:
    """Four in ten are customer and provider; few networks have most customers."""
    draw = random.Random(1)
    with path.open("w") as file:
        file.write("# source:generated\n")
        for _ in range(LINES):
            provider = int(draw.paretovariate(0.6)) % NETWORKS + 1
            kind = "-1" if draw.random() < 0.4 else "0"
            file.write(f"{provider}|{draw.randrange(1, NETWORKS)}|{kind}|bgp\n")
    return path


def write_sites(folder: Path) -> Path:
    """Three sites in ten have two DNS providers; providers are as skewed as real ones."""
    draw = random.Random(2)
    folder.mkdir()
    for name, providers, end in (("dns", 3000, ""), ("ca", 40, ",True"), ("cdn", 90, "")):
        with (folder / f"{name}-202401").open("w") as file:
            for site in range(SITES):
                for _ in range(2 if name == "dns" and draw.random() < 0.3 else 1):
                    provider = int(draw.paretovariate(0.5)) % providers
                    file.write(f"{site // 1000 + 1}000,site{site}.org,p{provider},Third{end}\n")
    return folder


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        for path in (
            write_relationships(Path(home) / "20240701.as-rel2.txt"),
            write_sites(Path(home) / "sites"),
        ):
            for what, load in (("read", read), ("read and checked", load_tables)):
                begun = perf_counter()
                tables = load(path)
                print(f"{path.name}: {what} {perf_counter() - begun:.2f} s, {tables}")


if __name__ == "__main__":
    sys.exit(main())
