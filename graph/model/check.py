"""The one checked door into the graph.

A loader hands over `Tables`; `check` casts every column, collects all faults, and raises once.
What it drops, merges or invents on the way becomes a `Finding`: nothing vanishes in silence.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.conform import OF_GROUP, conform, constant
from knockon.graph.model.ends import code_ends, number_ends, numbers_among
from knockon.graph.model.hours import RANGED, TO
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENDS,
    ENTITY_COLUMNS,
    FILE,
    IDENTITY,
    LINE,
    ROW,
    Finding,
    Numbers,
    Tables,
    at,
)

_EXAMPLES = 5
ENUM_FROM = 1 << 22  # dependencies from which on their ends are an Enum, not texts


def check(tables: Tables) -> Tables:
    """The same tables with every column of the contract, typed, in a fixed order of rows.

    Entities are sorted by id, dependencies by `IDENTITY`. Raises InputError with all faults:
    a missing or misspelt column, a value of the wrong type or range, a repeated entity id, a
    group or a shared cause whose rows contradict each other. Self-loops are dropped, repeated
    dependencies merged, entities that only the dependencies name are added; each is counted in
    `report`.
    """
    faults: list[str] = []
    entities = conform(tables.entities, ENTITY_COLUMNS, "entities", faults)
    coded, texts = code_ends(tables.dependencies)
    dependencies = conform(coded, DEPENDENCY_COLUMNS, "dependencies", faults)
    if faults and not _goes_on(entities, dependencies):
        raise InputError.of(faults)
    given = set(tables.dependencies.columns) | _find_ranged(dependencies)
    absent = [c for c in DEPENDENCY_COLUMNS if c.name not in given and not c.required]
    report, head = list(tables.report), replace(tables, dependencies=pl.DataFrame())
    del tables, coded  # what came is not held beside what is made of it
    ids, numbers = number_ends(dependencies, entities["id"], texts)
    dependencies = dependencies.with_columns(
        *numbers, pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW)
    ).rechunk()  # a reader leaves pieces, from which rows are picked slowly
    entities = _distinct_entities(entities, faults)
    dependencies = _without_self_loops(dependencies, ids, report)
    dependencies = _settle_groups(dependencies, ids, faults)
    keys = [c for c in IDENTITY if c in given and _differs(dependencies, c)]
    dependencies = _merge_repeated(_sorted(dependencies, ids, keys), ids, keys, report)
    _check_group_sizes(dependencies, ids, faults)
    _check_causes(dependencies, ids, faults)
    if faults:
        raise InputError.of(faults)
    dependencies, ids = _drop_unnamed(dependencies, ids, entities["id"])
    entities = _add_missing(entities, ids, report)
    entities = entities.with_columns(pl.col("name").fill_null(pl.col("id"))).sort("id")
    done = dependencies.drop(ROW).with_columns(
        *(_texts([dependencies[name] for name in ENDS], ids)),
        *(constant(c) for c in absent),  # merging spreads out what one value says for all rows
        *(pl.col(c).fill_null(1) for c in OF_GROUP if c in given),
    )
    found = Numbers(entities, done, *(_integers(dependencies[name]) for name in ENDS))
    return replace(head, entities=entities, dependencies=done, report=tuple(report), numbers=found)


def _goes_on(entities: pl.DataFrame, dependencies: pl.DataFrame) -> bool:
    """Whether ids and ends are sound, so that more faults can be looked for beside those found."""
    for frame, columns in ((entities, ENTITY_COLUMNS), (dependencies, DEPENDENCY_COLUMNS)):
        if any(frame.schema.get(c.name) is None for c in columns):
            return False
        if any(c.required and frame[c.name].has_nulls() for c in columns):
            return False
    return True


def _find_ranged(dependencies: pl.DataFrame) -> set[str]:
    """The columns for the high ends of ranges that hold any."""
    ends = [name + TO for name in RANGED["dependencies"]]
    held = dependencies.select(pl.col(end).is_not_null().any() for end in ends)
    return {end for end in ends if held[end].item()}


def _distinct_entities(entities: pl.DataFrame, faults: list[str]) -> pl.DataFrame:
    """The entities, with a fault for each id that stands twice."""
    places = (
        entities.with_columns(at(entities, "entities").alias("_at"))
        .filter(pl.col("id").is_duplicated())
        .group_by("id")
        .agg("_at")
        .sort("id")
    )
    for identifier, rows in places.iter_rows():
        faults.append(
            f"entity id {clip(identifier)!r} stands {len(rows)} times: {', '.join(rows[:3])}"
        )
    return entities


def _without_self_loops(frame: pl.DataFrame, ids: pl.Series, report: list[Finding]) -> pl.DataFrame:
    """Without those that need themselves. In a group one counts on: itself is up as a member."""
    loop = (pl.col("dependent") == pl.col("provider")) & pl.col("group").is_null()
    loops = frame.filter(loop)
    if not loops.height:
        return frame
    shown = _rows(_add_ids(loops.head(_EXAMPLES), ids), pl.col("dependent"))
    report.append(Finding("dropped", loops.height, "an entity that depends on itself", shown))
    return frame.filter(~loop)


def _settle_groups(frame: pl.DataFrame, ids: pl.Series, faults: list[str]) -> pl.DataFrame:
    """`needs` and `switch_probability` of a group, filled from the rows of it that state them."""
    alone = frame.filter(pl.col("group").is_null() & (pl.col("needs") > 1))
    for dependent, needs, where in (
        _add_places(alone, ids).select("dependent", "needs", "_at").rows()
    ):
        faults.append(
            f"{where}: dependency of {clip(dependent)!r} needs {needs}, but no group is named"
        )
    grouped = frame.filter(pl.col("group").is_not_null())
    if not grouped.height:
        return frame
    placed = _add_places(grouped, ids)
    for name in OF_GROUP:
        split = (
            placed.group_by("dependent", "group")
            .agg(pl.col(name).drop_nulls().unique().sort().alias("values"), "_at")
            .filter(pl.col("values").list.len() > 1)
            .sort("dependent", "group")
        )
        for dependent, group, values, where in split.iter_rows():
            faults.append(
                f"group {clip(group)!r} of {clip(dependent)!r}: expected one value of {name}, "
                f"got {some(f'{v:g}' for v in values)} at {some(where)}"
            )
    stated = [
        pl.when(pl.col("group").is_null())
        .then(pl.col(c))
        .otherwise(pl.col(c).drop_nulls().first().over("dependent", "group"))
        .alias(c)
        for c in OF_GROUP
    ]
    return frame.with_columns(stated)


def _check_causes(frame: pl.DataFrame, ids: pl.Series, faults: list[str]) -> None:
    """A fault for each named cause whose dependencies state more than one rho."""
    sharing = frame.filter(pl.col("shared_cause").is_not_null() & (pl.col("rho") > 0))
    if not sharing.height or not _differs(sharing, "rho"):
        return
    split = (
        _add_places(sharing, ids)
        .group_by("shared_cause")
        .agg(pl.col("rho").unique().sort(), "_at")
        .filter(pl.col("rho").list.len() > 1)
        .sort("shared_cause")
    )
    for cause, values, where in split.iter_rows():
        faults.append(
            f"shared cause {clip(cause)!r}: expected one value of rho, "
            f"got {some(f'{v:g}' for v in values)} at {some(where)}"
        )


def _differs(frame: pl.DataFrame, column: str) -> bool:
    """Whether the column holds more than one value."""
    return (
        bool(frame.height)
        and not frame.select(pl.col(column).eq_missing(pl.col(column).first()).all()).item()
    )


def _sorted(frame: pl.DataFrame, ids: pl.Series, keys: list[str]) -> pl.DataFrame:
    """In the order of identity: numbers sort as the ids do. Rows of one identity stay in order.

    keys: those columns of the identity that tell rows apart
    """
    dependent, provider = (pl.col(name).cast(pl.UInt64) for name in ENDS)
    rest = [c for c in keys if c not in ENDS]
    end, place = len(ids).bit_length(), frame.height.bit_length()
    if rest or 2 * end + place > 64:
        ends = dependent * 2**32 + provider
        return frame.sort(ends, *rest, nulls_last=False, maintain_order=True)
    # both ends and the place of a row fit one number, and numbers sort faster than rows
    places = pl.int_range(pl.len(), dtype=pl.UInt64)
    packed = frame.select((dependent * 2**end + provider) * 2**place + places).to_series()
    order = (packed.sort() & 2**place - 1).cast(pl.UInt32)
    return frame.select(pl.all().gather(order))


def _merge_repeated(
    frame: pl.DataFrame, ids: pl.Series, keys: list[str], report: list[Finding]
) -> pl.DataFrame:
    """One row per identity: a stated strength beats an unknown one, then the more severe value.

    frame: sorted by the keys
    """
    same = pl.all_horizontal(pl.lit(True), *(pl.col(c).eq_missing(pl.col(c).shift()) for c in keys))
    again = frame.select((same & (pl.int_range(pl.len()) > 0)).alias("again"))["again"]
    if not again.any():
        return frame
    again |= again.shift(-1, fill_value=False)
    twice = frame.filter(again).sort(ROW)
    severe = {"probability": "max", "loss": "max", "grace_hours": "min", "switch_hours": "max"}
    ranged = [n for n in RANGED["dependencies"] if twice[n + TO].is_not_null().any()]
    for n in ranged:  # the ends of ranges are merged one by one, those of a plain number alike
        severe[n + TO] = severe[n]
    twice = twice.with_columns(pl.coalesce(n + TO, n).alias(n + TO) for n in ranged)
    rest = [c for c in frame.columns if c not in IDENTITY]
    told = [c for c in rest if c not in (*severe, FILE, LINE, ROW)]
    ordered = twice.sort(told, nulls_last=True, maintain_order=True)  # one row's provenance is kept
    merged = (
        ordered.group_by(*IDENTITY)
        .agg(getattr(pl.col(c), severe.get(c, "first"))() for c in rest)
        .with_columns(
            pl.when(pl.col(n + TO) > pl.col(n)).then(n + TO).alias(n + TO) for n in ranged
        )
    )
    extra = twice.height - merged.height
    reason = "a repeated dependency (a stated strength beats unknown, then the more severe value)"
    both = _add_ids(twice.head(_EXAMPLES), ids)
    shown = _rows(both, pl.col("dependent") + " on " + pl.col("provider"))
    report.append(Finding("merged", extra, reason, shown))
    return _sorted(pl.concat([frame.filter(~again), merged.select(frame.columns)]), ids, keys)


def _check_group_sizes(frame: pl.DataFrame, ids: pl.Series, faults: list[str]) -> None:
    grouped = frame.filter(pl.col("group").is_not_null())
    if not grouped.height:
        return
    short = (
        _add_places(grouped.sort(ROW), ids)
        .group_by("dependent", "group")
        .agg(pl.len().alias("members"), pl.col("needs").first().fill_null(1), "_at")
        .filter(pl.col("needs") > pl.col("members"))
        .sort("dependent", "group")
    )
    for dependent, group, members, needs, where in short.iter_rows():
        faults.append(
            f"group {clip(group)!r} of {clip(dependent)!r}: needs {needs}, but has {members} "
            f"member{'' if members == 1 else 's'} at {some(where)}"
        )


def _drop_unnamed(
    frame: pl.DataFrame, ids: pl.Series, entities: pl.Series
) -> tuple[pl.DataFrame, pl.Series]:
    """Without the ids that only dropped rows name."""
    there = np.zeros(len(ids), np.bool_)
    described = [numbers_among(entities, ids)] if len(entities) else []
    for numbers in (*(frame[name] for name in ENDS), *described):
        there[numbers.to_numpy()] = True
    if there.all():
        return frame, ids
    number = pl.Series(np.cumsum(there, dtype=np.uint32) - np.uint32(1))
    moved = [number.gather(frame[name]).alias(name) for name in ENDS]
    return frame.with_columns(moved), ids.filter(pl.Series(there))


def _add_missing(entities: pl.DataFrame, ids: pl.Series, report: list[Finding]) -> pl.DataFrame:
    """The entities and a bare row for each id that no row describes."""
    missing = ids.to_frame("id").join(entities, on="id", how="anti", maintain_order="left")
    if not missing.height:
        return entities
    if entities.height:
        reason = "an entity that only dependencies name (kind unknown)"
        shown = tuple(clip(i) for i in missing["id"].head(_EXAMPLES))
        report.append(Finding("invented", missing.height, reason, shown))
    bare = [constant(c) for c in ENTITY_COLUMNS if c.default is not None]
    return pl.concat([entities, missing.with_columns(bare)], how="diagonal")


def _add_ids(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """A few rows with the ids of their ends, for a message."""
    return frame.with_columns(ids.gather(frame[name]).alias(name) for name in ENDS)


def _add_places(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    return _add_ids(frame, ids).with_columns(at(frame, "dependencies").alias("_at"))


def _rows(frame: pl.DataFrame, what: pl.Expr) -> tuple[str, ...]:
    text = frame.select((what + pl.lit(" at ") + at(frame, "dependencies")).alias("text"))["text"]
    return tuple(clip(t, 120) for t in text.head(_EXAMPLES))


def _texts(columns: Sequence[pl.Series], ids: pl.Series) -> list[pl.Series]:
    """The ids with these numbers: as texts, in a large table as an Enum of a fourth the size."""
    if len(columns[0]) >= ENUM_FROM:
        ids = pl.int_range(len(ids), dtype=pl.UInt32, eager=True).cat.to(pl.Enum(ids))
    return [ids.gather(numbers).alias(numbers.name) for numbers in columns]


def _integers(numbers: pl.Series) -> Ints:
    """The same in memory that is shared where they fit 32 bits with a sign."""
    array = numbers.to_numpy()
    array = array.view(np.int32) if array.max(initial=0) < 2**31 else array.astype(np.int64)
    array.flags.writeable = False
    return array
