"""Writes samples/federal-cloud-2024 and -2025 from the FedRAMP Marketplace feeds of two days.

Run it from the root of the repository: `python samples/make_federal_cloud.py [FOLDER]`. It
keeps what the story needs: names, kinds, owners and who uses what. The places in the feed
(`evidence`) are left out to keep the files small; `source` and `as_of` stay on every row.
"""

import sys
from dataclasses import replace
from pathlib import Path

from knockon.graph.model.check import check
from knockon.loaders.native.write import write_folder
from knockon.loaders.registers.fedramp import read_fedramp

ROOT = Path(__file__).resolve().parent.parent
FEEDS = ROOT.parent / "shared/data/fedramp"
EDITIONS = {"2024-07-17": "federal-cloud-2024", "2025-07-01": "federal-cloud-2025"}
LEFT_OUT = ("operator", "deployment_model")  # the operator is the parent of its offerings


def main(feeds: Path) -> None:
    for edition, sample in EDITIONS.items():
        tables = check(read_fedramp(feeds / f"{edition}.json"))
        small = replace(
            tables,
            entities=tables.entities.drop(LEFT_OUT),
            dependencies=tables.dependencies.drop("evidence"),
        )
        write_folder(small, ROOT / "samples" / sample)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FEEDS)
