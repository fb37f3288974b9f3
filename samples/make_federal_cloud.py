"""Writes samples/federal-cloud-2024 from the FedRAMP Marketplace feed of 17 July 2024.

Run it from the root of the repository: `python samples/make_federal_cloud.py [FEED.json]`. It
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
FEED = ROOT.parent / "shared/data/fedramp/2024-07-17.json"
LEFT_OUT = ("operator", "deployment_model")  # the operator is the parent of its offerings


def main(feed: Path) -> None:
    tables = check(read_fedramp(feed))
    small = replace(
        tables,
        entities=tables.entities.drop(LEFT_OUT),
        dependencies=tables.dependencies.drop("evidence"),
    )
    write_folder(small, ROOT / "samples/federal-cloud-2024")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FEED)
