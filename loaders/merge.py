"""Several sources as one graph, and entities that are listed under two ids as one entity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from knockon.graph.check import check
from knockon.graph.errors import InputError, clip, some
from knockon.graph.tables import ENTITY_COLUMNS, FILE, LINE, Finding, Tables
from knockon.loaders.formats import OPTIONS
from knockon.loaders.probe import is_address, shown
from knockon.loaders.registry import find_format, read

SAME_AS = "same_as"  # column of entities: the id of the entity that this one is listed as, too
Progress: TypeAlias = Callable[[str], object]
_SOURCE = "_source"
_DEFAULTS = {c.name: c.default for c in ENTITY_COLUMNS if c.default is not None}


def load_tables(
    sources: Sequence[Path | str] | Path,
    join: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Tables:
    """Read, merge and check sources of any known formats.

    An entity that several sources describe is one entity: what a source states beats what it
    leaves out or leaves at the default; of two stated values the first source's is kept, and the
    conflict is reported. Dependencies are put together. With `join`, entities are joined as
    `join_same_as` does. `options` go to the readers that take them (`formats.OPTIONS`). `progress`
    is told, in words, what is about to be done.
    Raises InputError with all faults, and for an option that none of the sources takes.
    """
    if not sources:
        raise InputError("expected at least one source, got none")
    listed = [sources] if isinstance(sources, str | Path) else sources
    paths = [source if is_address(source) else Path(source) for source in listed]
    said = {name: value for name, value in options.items() if value}
    tell = progress or (lambda _: None)
    joined = join_same_as if join else _with_note_of_twins
    merged = [joined(_merge(_read_all(paths, said, tell), paths))]
    tell(f"checking {merged[0].dependencies.height:,} dependencies")
    return check(merged.pop())  # by no name any more: a large source is held once


def join_same_as(tables: Tables) -> Tables:
    """Every entity whose `same_as` names another entity, merged into that one.

    Ends of dependencies and parents are redirected; what the named entity leaves out is taken
    from the joined one. Dependencies that become equal are merged by `check`. Takes tables
    before or after `check`; raises InputError where `same_as` runs in a ring.
    """
    entities = tables.entities
    if not {"id", SAME_AS} <= set(entities.columns):
        return tables
    entities = entities.with_columns(_trimmed(c) for c in ("id", SAME_AS))
    named = dict(entities.select("id", SAME_AS).drop_nulls().iter_rows())
    known = set(entities["id"])
    target = {i: _end_of(i, named, known) for i in named}
    target = {i: t for i, t in target.items() if i != t}
    report = [*tables.report, *_joined(target), *_unknown_targets(named, known)]
    renamed = _rename(entities, target, ("id", "parent")).with_columns(
        # the named entity comes first, and every joined one counts as a source of its own
        pl.when(pl.col("id") == entities["id"])
        .then(0)
        .otherwise(pl.int_range(pl.len()) + 1)
        .alias(_SOURCE)
    )
    merged, _ = _merge_entities(renamed, quiet=("name", SAME_AS, "parent", FILE, LINE))
    return replace(
        tables,
        entities=merged.with_columns(
            pl.when(pl.col(SAME_AS) == pl.col("id")).then(None).otherwise(SAME_AS).alias(SAME_AS)
        ),
        dependencies=_rename(tables.dependencies, target, ("dependent", "provider")),
        report=tuple(report),
    )


def _with_note_of_twins(tables: Tables) -> Tables:
    """The tables with a note on entities that are listed twice, and what joining would leave."""
    if not {"id", SAME_AS} <= set(tables.entities.columns):
        return tables
    columns = [_trimmed(c) for c in ("id", SAME_AS)]
    kind = pl.col("kind") if "kind" in tables.entities.columns else pl.lit("unknown")
    rows = tables.entities.select(*columns, kind.cast(pl.String).fill_null("unknown").alias("kind"))
    twin = pl.col(SAME_AS).is_in(rows["id"].implode()) & (pl.col(SAME_AS) != pl.col("id"))
    rows = rows.with_columns(twin.fill_null(False).alias("twin"))
    counts = rows.group_by("kind").agg(pl.len(), pl.col("twin").sum()).sort("kind")
    left = [
        f"{total:,} of kind {kind} would be {total - twins:,}"
        for kind, total, twins in counts.iter_rows()
        if twins
    ]
    if not left:
        return tables
    twins = rows.filter("twin")
    reason = f"an entity that is listed twice (same_as) and not joined; joined, {', '.join(left)}"
    examples = tuple(f"{clip(i, 60)} as {clip(t, 60)}" for i, t, *_ in twins.head(5).iter_rows())
    note = Finding("note", twins.height, reason, examples)
    return replace(tables, report=(*tables.report, note))


def _read_all(
    paths: Sequence[Path | str], options: Mapping[str, Any], tell: Progress
) -> list[Tables]:
    """The tables of every source; where there are several, faults say of which they are."""
    if options:
        taken = {name for path in paths for name in find_format(path).options}
        for name in options.keys() - taken:
            raise InputError(f"{OPTIONS.get(name, name)}: none of these sources is read with it")
    parts = []
    for path, label in zip(paths, _labels(paths), strict=True):
        tell(f"reading {clip(label, 60)}")
        try:
            parts.append(_counted(read(path, options), label))
        except InputError as error:
            if len(paths) == 1:
                raise
            known = (shown(path), label)
            faults = [f if f.startswith(known) else f"{label}/{f}" for f in error.faults]
            raise InputError.of(faults) from error
    return parts


def _counted(tables: Tables, label: str) -> Tables:
    """The tables with how many rows of each were read, at the head of their report."""
    read_rows = tuple(
        Finding("read", frame.height, f"{what} from {label}")
        for what, frame in (("entities", tables.entities), ("dependencies", tables.dependencies))
        if frame.height
    )
    return replace(tables, report=read_rows + tables.report)


def _labels(paths: Sequence[Path | str]) -> list[str]:
    """A short name for each source, the whole path where short names would be equal."""
    names = [path.name if isinstance(path, Path) else shown(path) for path in paths]
    return [n if n and names.count(n) == 1 else shown(p) for n, p in zip(names, paths, strict=True)]


def _merge(parts: list[Tables], paths: Sequence[Path | str]) -> Tables:
    if len(parts) == 1:
        return parts[0]
    labels = _labels(paths)
    entities = [
        _placed(part.entities, path, label).with_columns(pl.lit(number).alias(_SOURCE))
        for number, (part, path, label) in enumerate(zip(parts, paths, labels, strict=True))
        if part.entities.height
    ]
    dependencies = [
        _placed(part.dependencies, path, label)
        for part, path, label in zip(parts, paths, labels, strict=True)
        if part.dependencies.width
    ]
    merged, findings = _merge_entities(_stack(entities))
    units = list(dict.fromkeys(p.weight_unit for p in parts if p.weight_unit))
    if len(units) > 1:
        reason = f"weights of several units are added up as {units[0]}: {some(units)}"
        findings.append(Finding("note", len(units), reason))
    return Tables(
        entities=merged,
        dependencies=_stack(dependencies),
        title=" + ".join(dict.fromkeys(p.title for p in parts if p.title)) or None,
        weight_unit=units[0] if units else None,
        sources={k: v for part in reversed(parts) for k, v in part.sources.items()},
        report=(*(f for part in parts for f in part.report), *findings),
    )


def _placed(frame: pl.DataFrame, path: Path | str, label: str) -> pl.DataFrame:
    """The frame, with the name of the source in the file of each row."""
    if FILE not in frame.columns:
        return frame
    within = pl.lit("/") + pl.col(FILE)
    if isinstance(path, str):
        within = pl.lit(" ") + pl.col(FILE)
    elif path.is_file():  # the file of a row is the source itself, perhaps with a place in it
        within = pl.col(FILE).str.strip_prefix(path.name)
    return frame.with_columns((pl.lit(label) + within).alias(FILE))


def _stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The frames below each other; a column of several types, other than whole numbers, is text."""
    types: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, dtype in frame.schema.items():
            if dtype != pl.Null():
                types.setdefault(name, set()).add(pl.Int64() if dtype.is_integer() else dtype)
    mixed = [name for name, found in types.items() if len(found) > 1]
    plain = [
        f.with_columns(pl.col(name).cast(pl.String) for name in mixed if name in f.columns)
        for f in frames
    ]
    return pl.concat(plain, how="diagonal_relaxed") if plain else pl.DataFrame()


def _merge_entities(
    frame: pl.DataFrame, quiet: Sequence[str] = (FILE, LINE)
) -> tuple[pl.DataFrame, list[Finding]]:
    """One row per id of those that several values of `_source` share; conflicts are reported.

    An id that stands twice in one source is left alone: `check` refuses it, with both lines.
    """
    if "id" not in frame.columns:
        return frame.drop(_SOURCE, strict=False), []
    frame = frame.with_columns(_trimmed("id"))
    sources = pl.col(_SOURCE).n_unique().over("id")
    shared = pl.col("id").is_not_null() & (sources > 1) & (sources == pl.len().over("id"))
    again = frame.filter(shared).sort(_SOURCE, maintain_order=True)
    rest = frame.filter(~shared).drop(_SOURCE)
    if not again.height:
        return rest, []
    columns = [c for c in rest.columns if c != "id"]
    stated = again.with_columns(_stated(c) for c in columns)
    groups = stated.group_by("id", maintain_order=True)
    merged = groups.agg(pl.col(c).drop_nulls().first() for c in columns)
    fewer = again.height - merged.height
    report = [Finding("merged", fewer, "an entity that several sources hold")]
    for column in (c for c in columns if c not in quiet):
        differ = groups.agg(pl.col(column).drop_nulls().unique(maintain_order=True))
        report += _conflicts(differ.filter(pl.col(column).list.len() > 1), column)
    return pl.concat([rest, merged.select(rest.columns)]), report


def _conflicts(differ: pl.DataFrame, column: str) -> list[Finding]:
    if not differ.height:
        return []
    examples = tuple(
        f"{clip(i, 60)}: {some(clip(str(v), 40) for v in values)}"
        for i, values in differ.head(5).iter_rows()
    )
    reason = f"sources differ on {column}; the first is kept"
    return [Finding("note", differ.height, reason, examples)]


def _trimmed(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def _stated(column: str) -> pl.Expr:
    """The column, null where it only says what leaving it out would say."""
    value = pl.col(column)
    default = _DEFAULTS.get(column)
    if isinstance(default, float):
        idle = value.cast(pl.Float64, strict=False) == default
    elif column == "name":
        idle = value.cast(pl.String) == pl.col("id")
    elif default is not None:
        idle = value.cast(pl.String) == str(default)
    else:
        return value
    return pl.when(idle).then(None).otherwise(value).alias(column)


def _end_of(start: str, named: dict[str, str], known: set[str]) -> str:
    """Where `same_as` leads from this id, as far as there are entities."""
    seen = [start]
    while (following := named.get(seen[-1])) is not None and following in known:
        if following == seen[-1]:
            break
        if following in seen:
            ring = " -> ".join(clip(i, 60) for i in [*seen, following])
            raise InputError(f"same_as runs in a ring: {ring}")
        seen.append(following)
    return seen[-1]


def _joined(target: dict[str, str]) -> list[Finding]:
    if not target:
        return []
    examples = tuple(f"{clip(i, 60)} as {clip(t, 60)}" for i, t in sorted(target.items())[:5])
    return [Finding("merged", len(target), "an entity that same_as joins with another", examples)]


def _unknown_targets(named: dict[str, str], known: set[str]) -> list[Finding]:
    lost = sorted((i, t) for i, t in named.items() if t not in known)
    if not lost:
        return []
    examples = tuple(f"{clip(i, 60)} as {clip(t, 60)}" for i, t in lost[:5])
    return [Finding("note", len(lost), "same_as names no entity; not joined", examples)]


def _rename(frame: pl.DataFrame, target: dict[str, str], columns: Sequence[str]) -> pl.DataFrame:
    held = [c for c in columns if c in frame.columns]
    if not target:
        return frame
    return frame.with_columns(_trimmed(c).replace(target).alias(c) for c in held)
