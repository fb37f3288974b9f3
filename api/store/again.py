"""An answer asked again: the same bytes, or exactly what is no longer the same."""

import json
from collections.abc import Callable, Iterator
from importlib.metadata import version as find_version
from typing import Any

from knockon.api.store.pack import GONE, digest_sources
from knockon.api.store.store import Saved
from knockon.graph.errors import KnockonError, clip

_SHOWN = 5  # places of an answer that are named


def compare_again(saved: Saved, ask: Callable[[], bytes]) -> list[str]:
    """What is no longer the same, in words; empty where the bytes are those that were saved.

    ask: gives the answer of today
    """
    said = []
    if (now := find_version("knockon")) != saved.program:
        said.append(f"program: {saved.program} then, {now} now")
    today = digest_sources([*saved.graph.sources])
    for source, digest in saved.graph.sources.items():
        if today[source] != digest:
            gone = today[source] == GONE
            said.append(
                f"source {clip(source, 300)}: {'it is gone' if gone else 'its bytes changed'}"
            )
    try:
        body = ask()
    except KnockonError as fault:
        return [*said, f"answer: it cannot be asked again: {clip(str(fault), 200)}"]
    return [] if body == saved.body else [*said, *_name_differences(saved.body, body)]


def _name_differences(then: bytes, now: bytes) -> list[str]:
    try:
        places = list(_compare(json.loads(then), json.loads(now), ""))
    except ValueError:
        return [f"answer: {len(then):,} bytes then, {len(now):,} now"]
    more = [f"answer: {len(places) - _SHOWN:,} more places"] if len(places) > _SHOWN else []
    return [*places[:_SHOWN], *more] or ["answer: the same values, written differently"]


def _compare(then: Any, now: Any, place: str) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            at = f"{place}.{key}" if place else key
            yield from _compare(then.get(key), now.get(key), at)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, pair in enumerate(zip(then, now, strict=True)):
            yield from _compare(*pair, f"{place}[{number}]")
    elif then != now:
        yield f"{place}: {_show(then)} then, {_show(now)} now"


def _show(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"{len(value):,} {'items' if isinstance(value, list) else 'keys'}"
    return clip(json.dumps(value, ensure_ascii=False), 100)
