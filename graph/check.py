"""The one checked door into the graph.

A loader hands over `Tables`; `check` casts every column, collects all faults, and raises once.
What it drops, merges or invents on the way becomes a `Finding`: nothing vanishes in silence.
"""

from dataclasses import replace

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.hours import RANGED, TO, settle_ranges, split_ranges
from knockon.graph.tables import (
    DEPENDENCY_COLUMNS,
    ENTITY_COLUMNS,
    FILE,
    IDENTITY,
    LINE,
    ROW,
    Column,
    Finding,
    Tables,
    at,
    empty,
)

_EXAMPLES = 5


def check(tables: Tables) -> Tables:
    """The same tables with every column of the contract, typed, in a fixed order of rows.

    Entities are sorted by id, dependencies by `IDENTITY`. Raises InputError with all faults:
    a missing or misspelt column, a value of the wrong type or range, a repeated entity id, a
    group whose rows contradict each other. Self-loops are dropped, repeated dependencies merged,
    entities that only the dependencies name are added; each is counted in `report`.
    """
    faults: list[str] = []
    entities = _conform(tables.entities, ENTITY_COLUMNS, "entities", faults)
    dependencies = _conform(tables.dependencies, DEPENDENCY_COLUMNS, "dependencies", faults)
    if faults:
        raise InputError.of(faults)
    report = list(tables.report)
    dependencies = dependencies.with_columns(pl.int_range(pl.len()).alias(ROW))
    entities = _distinct_entities(entities, faults)
    dependencies = _without_self_loops(dependencies, report)
    dependencies = _settle_groups(dependencies, faults)
    dependencies = _merge_repeated(dependencies, report)
    _check_group_sizes(dependencies, faults)
    if faults:
        raise InputError.of(faults)
    entities = _add_missing(entities, dependencies, report)
    dependencies = dependencies.drop(ROW).with_columns(
        pl.col("needs").fill_null(1), pl.col("switch_probability").fill_null(1.0)
    )
    return replace(
        tables,
        entities=entities.with_columns(pl.col("name").fill_null(pl.col("id"))).sort("id"),
        dependencies=dependencies.sort(*IDENTITY, nulls_last=False),
        report=tuple(report),
    )


def _conform(
    frame: pl.DataFrame, columns: tuple[Column, ...], name: str, faults: list[str]
) -> pl.DataFrame:
    """The frame with every column of the contract, cast; faults of columns and cells added."""
    if frame.width == 0 or (frame.height == 0 and name == "entities"):
        frame = empty(columns) if not frame.width else frame
    before = len(faults)
    _check_names(frame, columns, name, faults)
    if len(faults) > before:
        return frame
    where = frame.select(at(frame, name).alias("at"))["at"]
    frame = split_ranges(frame, name, where, faults)
    cast = []
    for column in columns:
        if column.name not in frame.columns:
            cast.append(
                pl.Series(column.name, [None], column.dtype).new_from_index(0, frame.height)
            )
            continue
        cast.append(_cast(frame[column.name], column, where, faults))
    done = frame.with_columns(cast)
    fill = [
        pl.col(c.name).fill_null(c.default)
        for c in columns
        if c.default is not None and c.name not in ("needs", "switch_probability")
    ]
    done = settle_ranges(done.with_columns(fill), name, where, faults)
    return done.select(*(c.name for c in columns), pl.exclude([c.name for c in columns]))


def _check_names(
    frame: pl.DataFrame, columns: tuple[Column, ...], name: str, faults: list[str]
) -> None:
    known = [c.name for c in columns]
    file = _first_file(frame)
    place = f"{file}: " if file else ""
    strange = [c for c in frame.columns if c not in known and not c.startswith("_")]
    for missing in (c for c in columns if c.name not in frame.columns):
        near = [c for c in strange if _is_slip(c.strip().lower(), missing.name)]
        if near:
            faults.append(
                f"{place}unknown column {clip(near[0])!r} in {name}; did you mean {missing.name!r}?"
            )
        elif missing.required:
            have = some(repr(clip(c, 30)) for c in frame.columns if not c.startswith("_")) or "none"
            faults.append(f"{place}{name} need a column {missing.name!r}; found {have}")


def _is_slip(word: str, meant: str) -> bool:
    """Whether the word is the other but for a slip or two of the keyboard."""
    allowed = 1 if len(meant) < 6 else 2
    if abs(len(word) - len(meant)) > allowed or len(set(word) ^ set(meant)) > 2 * allowed:
        return False  # cheap, and spares most runs the import
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(word, meant) <= allowed


def _first_file(frame: pl.DataFrame) -> str | None:
    return str(frame[FILE][0]) if FILE in frame.columns and frame.height else None


def _cast(series: pl.Series, column: Column, where: pl.Series, faults: list[str]) -> pl.Series:
    """The column as its type; a fault for each cell that is empty but required, or not valid."""
    raw = series
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        raw = series.cast(pl.String).str.strip_chars()
        raw = raw.set(raw == "", None)
    elif isinstance(series.dtype, pl.List | pl.Struct | pl.Array | pl.Object):
        faults.append(f"column {column.name!r}: expected {column.expected}, got {series.dtype}")
        return pl.Series(column.name, [None], column.dtype).new_from_index(0, len(series))
    value = raw.cast(column.dtype, strict=False)
    if column.dtype == pl.Int64() and raw.dtype in (pl.String, pl.Float64, pl.Float32):
        exact = raw.cast(pl.Float64, strict=False)  # "2.0" is a whole number, 2.5 is not
        value = exact.cast(pl.Int64, strict=False)
        value = value.set(value.cast(pl.Float64) != exact, None)
    bad = raw.is_not_null() & value.is_null()
    if column.dtype == pl.Float64():
        bad |= ~value.is_finite().fill_null(True)
    if column.valid is not None:
        bad |= (
            ~value.to_frame().select(column.valid(pl.col(column.name)).fill_null(True)).to_series()
        )
    if column.required:
        bad |= value.is_null()
    for i in bad.arg_true():
        got = "nothing" if raw[i] is None else repr(clip(str(series[i])))
        faults.append(f"{where[i]}: {column.name}: expected {_wanted(column)}, got {got}")
    return value


def _wanted(column: Column) -> str:
    return (
        f"an {column.name}"
        if column.required and column.name == "id"
        else (f"the id of the {column.name}" if column.required else column.expected)
    )


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


def _without_self_loops(frame: pl.DataFrame, report: list[Finding]) -> pl.DataFrame:
    """Without those that need themselves. In a group one counts on: itself is up as a member."""
    loop = (pl.col("dependent") == pl.col("provider")) & pl.col("group").is_null()
    loops = frame.filter(loop)
    if loops.height:
        shown = _rows(loops, pl.col("dependent"))
        report.append(Finding("dropped", loops.height, "an entity that depends on itself", shown))
    return frame.filter(~loop)


def _settle_groups(frame: pl.DataFrame, faults: list[str]) -> pl.DataFrame:
    """`needs` and `switch_probability` of a group, filled from the rows of it that state them."""
    placed = frame.with_columns(at(frame, "dependencies").alias("_at"))
    alone = placed.filter(pl.col("group").is_null() & (pl.col("needs") > 1))
    for dependent, needs, where in alone.select("dependent", "needs", "_at").iter_rows():
        faults.append(
            f"{where}: dependency of {clip(dependent)!r} needs {needs}, but no group is named"
        )
    grouped = placed.filter(pl.col("group").is_not_null())
    if not grouped.height:
        return frame
    for name in ("needs", "switch_probability"):
        split = (
            grouped.group_by("dependent", "group")
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
        for c in ("needs", "switch_probability")
    ]
    return frame.with_columns(stated)


def _merge_repeated(frame: pl.DataFrame, report: list[Finding]) -> pl.DataFrame:
    """One row per identity: a stated strength beats an unknown one, then the more severe value."""
    again = frame.select(*IDENTITY).is_duplicated()
    if not again.any():
        return frame
    twice = frame.filter(again)
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
    shown = _rows(twice, pl.col("dependent") + " on " + pl.col("provider"))
    report.append(Finding("merged", extra, reason, shown))
    return pl.concat([frame.filter(~again), merged.select(frame.columns)])


def _check_group_sizes(frame: pl.DataFrame, faults: list[str]) -> None:
    short = (
        frame.with_columns(at(frame, "dependencies").alias("_at"))
        .filter(pl.col("group").is_not_null())
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


def _add_missing(
    entities: pl.DataFrame, dependencies: pl.DataFrame, report: list[Finding]
) -> pl.DataFrame:
    """The entities and a bare row for each end of a dependency that no row describes."""
    ends = pl.concat(
        [dependencies["dependent"].rename("id"), dependencies["provider"].rename("id")]
    )
    missing = ends.unique().to_frame().join(entities, on="id", how="anti").sort("id")
    if not missing.height:
        return entities
    if entities.height:
        reason = "an entity that only dependencies name (kind unknown)"
        shown = tuple(clip(i) for i in missing["id"].head(_EXAMPLES))
        report.append(Finding("invented", missing.height, reason, shown))
    bare = [
        pl.lit(c.default, c.dtype).alias(c.name) for c in ENTITY_COLUMNS if c.default is not None
    ]
    return pl.concat([entities, missing.with_columns(bare)], how="diagonal")


def _rows(frame: pl.DataFrame, what: pl.Expr) -> tuple[str, ...]:
    text = frame.select((what + pl.lit(" at ") + at(frame, "dependencies")).alias("text"))["text"]
    return tuple(clip(t, 120) for t in text.head(_EXAMPLES))
