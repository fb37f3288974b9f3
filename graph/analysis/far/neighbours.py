"""What a part must know of entities of other parts, where tables fill strengths: their kinds, who
owns them, and what their source says of them in words.

Parts that have ghosts of an entity are told by the part that it belongs to. Owners stand above
parents that may lie anywhere, so these are asked for step by step. All of it lies in the folder of
the load, and is taken again by the next question.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.far.making import Asked
from knockon.graph.analysis.owned import PARTS
from knockon.graph.engine.cluster.blocks.loading import (
    OWN,
    find_part,
    from_bytes,
    to_array,
    to_bytes,
)
from knockon.graph.engine.cluster.blocks.part import write_names
from knockon.graph.engine.cluster.blocks.sections import find_sent, read_section, write_sections
from knockon.graph.engine.cluster.shipment import Array
from knockon.graph.scenario.statements import load_statements


class Climb(NamedTuple):
    """A step up of the entities of a part whose owner is not known yet. before: the file of the
    last step; answers: to what it asked"""

    part: int
    step: int
    before: str
    answers: tuple[str, ...]


class Answering(NamedTuple):
    """Parents that parts ask one of. asks: number of a part, and the file that it asks in"""

    part: int
    step: int
    asks: tuple[tuple[int, str], ...]


def climb(shared: Asked, scratch: Any, task: Climb) -> tuple[Array, Array]:
    """The name of a file with a row for each entity that is a part of something (`OWN`: `id`,
    `owner`, `at`, the one above that is asked about), and the ids that are asked of each part; and
    which parts these are."""
    loading = shared.loaded.loading
    stem = loading.at(f"climbed-{task.step}-{task.part}")
    sent = find_sent(stem)
    if sent is None:
        state = _begin(shared, task.part) if task.step == 0 else _go_on(shared, task)
        asked = state["at"].drop_nulls().unique().sort()
        owner = find_part(asked, loading.bounds)
        asks = {q: asked.filter(pl.Series(owner == q)) for q in np.unique(owner).tolist()}
        sections = {q: to_bytes(ids.to_frame("id")) for q, ids in asks.items()}
        sent = write_sections({OWN: to_bytes(state), **sections}, stem)
    return write_names([sent.name]), np.array([q for q in sent.receivers if q != OWN], np.int64)


def _begin(shared: Asked, part: int) -> pl.DataFrame:
    parts = shared.own(part).filter(pl.col("kind").is_in(PARTS))
    return parts.select("id", pl.lit(None, pl.String).alias("owner"), pl.col("parent").alias("at"))


def _go_on(shared: Asked, task: Climb) -> pl.DataFrame:
    loading = shared.loaded.loading
    read = [from_bytes(read_section(loading.at(f), task.part)) for f in task.answers]
    state = from_bytes(read_section(loading.at(task.before), OWN))
    state = state.join(
        pl.concat(read), left_on="at", right_on="asked", how="left", maintain_order="left"
    )
    found, part = pl.col("part").is_not_null(), pl.col("part")
    return state.select(
        "id",
        pl.when(found & ~part).then("at").otherwise("owner").alias("owner"),
        pl.when(found & part).then("above").alias("at"),
    )


def answer(shared: Asked, scratch: Any, task: Answering) -> Array:
    """The name of a file that says to each part which of the ids that it asked about (`asked`) is
    itself a part of something (`part`), and what names it so (`above`)."""
    loading = shared.loaded.loading
    stem = loading.at(f"above-{task.step}-{task.part}")
    sent = find_sent(stem)
    if sent is None:
        own = shared.own(task.part).select(
            pl.col("id").alias("asked"), pl.col("kind").is_in(PARTS).alias("part"),
            pl.col("parent").alias("above"),
        )  # fmt: skip
        sections = {}
        for asker, file in task.asks:
            asked = from_bytes(read_section(loading.at(file), task.part))
            sections[asker] = to_bytes(asked.join(own, left_on="id", right_on="asked").rename(
                {"id": "asked"}
            ))  # fmt: skip
        sent = write_sections(sections, stem)
    return write_names([sent.name])


class Telling(NamedTuple):
    """What all parts that tell others share. climbed: the last file of each part (`climb`)"""

    asked: Asked
    climbed: tuple[str, ...]


def tell(shared: Telling, scratch: Any, part: int) -> Array:
    """The name of a file with `kind`, `owner` and what is stated in words: of all entities of a
    part (`OWN`), and to each other part of those that it has ghosts of."""
    asked = shared.asked
    loading = asked.loaded.loading
    stem = loading.at(f"told-{part}")
    sent = find_sent(stem)
    if sent is None:
        own = asked.own(part)
        owners = from_bytes(read_section(loading.at(shared.climbed[part]), OWN))
        words = sorted({s.column for s in load_statements() if s.of != "dependency"})
        known = own.select("id", "kind", *(c for c in words if c in own.columns)).join(
            owners.select("id", "owner"), on="id", how="left", maintain_order="left"
        )
        sections = {OWN: to_bytes(known.select("id", "owner"))}
        for other, asks in enumerate(asked.loaded.asks):
            if other != part and part in asks:
                at = own["id"].search_sorted(asked.asks(other, part))
                sections[other] = to_bytes(known[at])
        sent = write_sections(sections, stem)
    return write_names([sent.name])


class Calling(NamedTuple):
    """Entities that tables name. keys: their cells, and the same in small letters"""

    asked: Asked
    keys: tuple[str, ...]


def find_called(shared: Calling, scratch: Any, part: int) -> Array:
    """The entities of a part that these keys mean: a frame `key`, `id`, and whether it is by
    `name`, in small letters."""
    own = shared.asked.own(part).select("id", "name")
    keys = pl.DataFrame({"key": shared.keys}, schema={"key": pl.String})
    folded = pl.Series("key", [n.casefold() for n in own["name"].to_list()], pl.String)
    by_id = keys.join(own, left_on="key", right_on="id").select(
        "key", pl.col("key").alias("id"), pl.lit(False).alias("name")
    )
    by_name = keys.join(own.with_columns(folded), on="key").select(
        "key", "id", pl.lit(True).alias("name")
    )
    return to_array(pl.concat([by_id, by_name]))
