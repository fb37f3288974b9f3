"""The counts of an incident: how many were exposed to what failed, and how many of them were hit.

In a file they stand as `counted`: rows of the shipped evidence by their id (`b01`), which are left
out of what the incident is then forecast from, or counts of one's own.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from knockon.graph.analysis.backtest.incidents import Counted
from knockon.graph.errors import clip, did_you_mean
from knockon.graph.scenario.evidence.fit import read_counts, read_evidence
from knockon.loaders.native.yaml import Document

_NEEDED = ("mode", "exposed", "hit", "source")
_KEYS = (*_NEEDED, "relation", "event", "what")


def read_counted(document: Document, faults: list[str]) -> tuple[Counted, ...]:
    """What the file counts; faults are added with their place."""
    found = []
    for item, place in document.list_items("counted", faults):
        if isinstance(item, str):
            counted = _find_row(item, place, faults)
        elif isinstance(item, dict):
            counted = _read_own(item, place, faults)
        else:
            faults.append(f"{place}: expected an id of the shipped evidence, or a mapping")
            continue
        found += [] if counted is None else [counted]
    return tuple(found)


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["id"]: row for row in read_evidence() if read_counts([row])}


def _find_row(identifier: str, place: str, faults: list[str]) -> Counted | None:
    row = _rows().get(identifier)
    if row is None:
        hint = did_you_mean(identifier, sorted(_rows()))
        faults.append(f"{place}: no row {clip(identifier, 40)!r} in the shipped evidence{hint}")
        return None
    exposed = _find_middle(row, "exposed")
    hit = None if exposed is None else _find_middle(row, "hit")
    (count,) = read_counts([row])
    return Counted(
        row["event"], row["mode"], row["relation"], count.share, exposed, hit,
        row["dependent_kind"], f"{row['source_title']}, {row['source_url']}",
    )  # fmt: skip


def _find_middle(row: Mapping[str, str], name: str) -> float | None:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return (float(low) + float(high)) / 2 if low and high else None


def _read_own(item: Mapping[str, Any], place: str, faults: list[str]) -> Counted | None:
    strange = [k for k in item if k not in _KEYS]
    absent = [k for k in _NEEDED if not item.get(k)]
    if strange:
        key = strange[0]
        faults.append(f"{place}: unknown key {clip(key)!r}{did_you_mean(key, _KEYS)}")
        return None
    if absent:
        faults.append(f"{place}: expected `{absent[0]}`")
        return None
    if not all(isinstance(v, str) for v in item.values()):
        faults.append(f"{place}: expected a mapping of texts and numbers")
        return None
    exposed, hit = (_read_number(item[k]) for k in ("exposed", "hit"))
    if not 1 <= exposed <= _MOST or not 0 <= hit <= exposed or exposed != round(exposed):
        faults.append(
            f"{place}: expected a whole number of 1 to {_MOST:,} exposed, and at most as many hit, "
            f"got {clip(item['hit'], 20)!r} of {clip(item['exposed'], 20)!r}"
        )
        return None
    return Counted(
        item.get("event", ""), item["mode"], item.get("relation", ""), hit / exposed, exposed, hit,
        item.get("what", ""), item["source"],
    )  # fmt: skip


_MOST = 10_000_000  # exposed: a forecast has a chance for each number of them


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
