"""Several sources as one graph; entities that are one thing under several ids are joined."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, Unpack

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.check import check
from knockon.graph.model.tables import FILE, Finding, Tables
from knockon.loaders.assembling.unite import stack, unite
from knockon.loaders.formats import OPTIONS, ReaderOptions
from knockon.loaders.joining.claims import DOMAINS, LEI_COLUMN, AliasTable, Claim, find_stated
from knockon.loaders.joining.exact import find_exact
from knockon.loaders.joining.join import join as join_claimed
from knockon.loaders.joining.lookalikes import find_lookalikes
from knockon.loaders.parsing.place import hide_password, is_address
from knockon.loaders.parsing.source import Source
from knockon.loaders.registry import find_format, read

Progress: TypeAlias = Callable[[str], object]


def load_tables(
    sources: Sequence[Path | str] | Path,
    join: bool | None = None,
    aliases: Path | str | None = None,
    join_above: float | None = None,
    progress: Progress | None = None,
    **options: Unpack[ReaderOptions],
) -> Tables:
    """Read, merge, check and join sources of any known formats.

    An entity that several sources describe is one entity: what a source states beats what it
    leaves out or leaves at the default; of two stated values the first source's is kept, and the
    conflict is reported. Dependencies are put together. `options` go to the readers that take
    them (`formats.OPTIONS`). Entities under several ids are joined (`joining.join`) where they go
    by one exact name, as software does by purl and digest (`joining.exact`), and by:

    join: None: what a source states as `same_as`; True: one LEI and one domain, too; False: none
    aliases: the user's table of aliases (`alias_table.read_aliases`)
    join_above: names that are more alike than this, 0..1 (`aliases.alike_names`)

    `progress` is told, in words, what is about to be done.
    Raises InputError with all faults, and for an option that none of the sources takes.
    """
    if not sources:
        raise InputError("expected at least one source, got none")
    if join_above is not None and not 0 <= join_above <= 1:
        raise InputError(f"join above: expected a number from 0 to 1, got {join_above!r}")
    listed = [sources] if isinstance(sources, str | Path) else sources
    paths = [source if is_address(source) else Path(source) for source in listed]
    said = {name: value for name, value in options.items() if value}
    tell = progress or (lambda _: None)
    merged = [_merge(_read_all(paths, said, tell), paths)]
    tell(f"checking {merged[0].dependencies.height:,} dependencies")
    # by no name any more: a large source is held once
    return _join_tables(check(merged.pop()), join, aliases, join_above)


def unite_tables(
    parts: Mapping[str, Tables], join: bool | None = None, aliases: Path | str | None = None,
    join_above: float | None = None,
) -> Tables:  # fmt: skip
    """Tables that are checked already as one, as if their sources had been read together.

    parts: by a name that places of their rows begin with; the rest as of `load_tables`
    """
    placed = [
        replace(
            part, numbers=None, entities=_place_frame(part.entities, name),
            dependencies=_place_frame(part.dependencies, name),
        )
        for name, part in parts.items()
    ]  # fmt: skip
    return _join_tables(check(unite(placed)), join, aliases, join_above)


def _place_frame(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    if FILE not in frame.columns:
        return frame
    return frame.with_columns((pl.lit(f"{name}/") + pl.col(FILE)).alias(FILE))


def _join_tables(
    tables: Tables, join: bool | None, aliases: Path | str | None, join_above: float | None
) -> Tables:
    """Checked tables with what goes by several ids made one."""
    exact = find_exact(tables)
    if exact.dependencies.height:
        tables = check(
            replace(tables, dependencies=stack([tables.dependencies, exact.dependencies]))
        )
    table = _read_aliases(aliases, tables)
    same, left, noted = _find_same(tables, join)
    alike, limits = _find_alike(tables, join_above)
    notes = (*exact.report, *table.report, *noted, *limits)
    tables = replace(tables, report=(*tables.report, *notes))
    tables = _note_twins(tables, left)
    claims = [*table.claims, *exact.claims, *same, *alike]
    tables = check(join_claimed(tables, claims, table.apart)) if claims else tables
    told = find_lookalikes(tables)
    return replace(tables, report=(*tables.report, *told)) if told else tables


def propose_aliases(
    sources: Sequence[Path | str],
    decided: Path | None = None,
    least: float = 0.7,
    **options: Unpack[ReaderOptions],
) -> tuple[pl.DataFrame, list[Finding]]:
    """The proposals for some sources as a table of aliases, and what there is to note.

    decided: a table of aliases whose rows are kept as they are
    least: score from which a pair is proposed, 0..1; `options` as of `load_tables`
    Raises InputError where a source or the table cannot be read.
    """
    from knockon.loaders.joining.aliases import list_proposals, propose

    tables = load_tables(sources, join=False, **options)
    claims, notes = propose(tables, least)
    table = _read_aliases(decided, tables)
    return list_proposals(tables, claims, table.rows), [*notes, *table.report]


def _read_aliases(path: Path | str | None, tables: Tables) -> AliasTable:
    if path is None:
        return AliasTable()
    from knockon.loaders.joining.alias_table import read_aliases

    return read_aliases(Path(path), tables)


def _find_same(tables: Tables, join: bool | None) -> tuple[list[Claim], list[Claim], list[Finding]]:
    """Of what the sources themselves state to be one: what is joined, what is left apart, and what
    of the former could not be used."""
    stated, lost = find_stated(tables)
    shared: list[Claim] = []
    noted: list[Finding] = []
    if {LEI_COLUMN, *DOMAINS} & set(tables.entities.columns):
        from knockon.loaders.joining.identifiers import find_identified

        shared, noted = find_identified(tables)
        shared = [claim for claim in shared if claim.sure]
    if join:
        return stated + shared, [], lost + noted
    if join is None:
        pairs = {frozenset((claim.alias, claim.same_as)) for claim in stated}
        rest = [c for c in shared if frozenset((c.alias, c.same_as)) not in pairs]
        return stated, rest, lost
    return [], stated + shared, []


def _find_alike(tables: Tables, above: float | None) -> tuple[list[Claim], list[Finding]]:
    """Names that are more alike than so much, and limits that were met."""
    if above is None:
        return [], []
    from knockon.loaders.joining.aliases import find_alike_names

    claims, limits = find_alike_names(tables, above)
    return [c for c in claims if c.score > above], limits


def _note_twins(tables: Tables, claims: Sequence[Claim]) -> Tables:
    """The tables with a note on entities that are listed twice, and what joining would leave."""
    twins = {claim.alias: claim.same_as for claim in claims}
    if not twins:
        return tables
    counts = (
        tables.entities.group_by("kind")
        .agg(pl.len(), pl.col("id").is_in(list(twins)).sum().alias("twins"))
        .filter(pl.col("twins") > 0)
        .sort("kind")
    )
    left = [
        f"{total:,} of kind {kind} would be {total - again:,}"
        for kind, total, again in counts.iter_rows()
    ]
    by = ", ".join(dict.fromkeys(claim.by for claim in claims))
    reason = (
        f"an entity that is listed twice ({by}) and not joined; joined by --join, {', '.join(left)}"
    )
    examples = tuple(f"{clip(i, 60)} as {clip(t, 60)}" for i, t in sorted(twins.items())[:5])
    note = Finding("note", len(twins), reason, examples)
    return replace(tables, report=(*tables.report, note))


def _read_all(
    paths: Sequence[Path | str], options: Mapping[str, Any], tell: Progress
) -> list[Tables]:
    """The tables of every source; where there are several, faults say of which they are."""
    labels = _label_sources(paths)
    opened = []
    for path, label in zip(paths, labels, strict=True):
        with _name_source(path, label, alone=len(paths) == 1):
            opened.append(Source.of(path))
    if options:
        taken = {name for source in opened for name in find_format(source).options}
        for name in options.keys() - taken:
            raise InputError(f"{OPTIONS.get(name, name)}: none of these sources is read with it")
    parts = []
    for path, label in zip(paths, labels, strict=True):
        tell(f"reading {clip(label, 60)}")
        with _name_source(path, label, alone=len(paths) == 1):
            parts.append(_count_rows(read(opened.pop(0), options), label))
    return parts


@contextmanager
def _name_source(path: Path | str, label: str, alone: bool) -> Iterator[None]:
    """Faults of one of several sources begin with its label."""
    try:
        yield
    except InputError as error:
        if alone:
            raise
        known = (hide_password(path), label)
        faults = [f if f.startswith(known) else f"{label}/{f}" for f in error.faults]
        raise InputError.of(faults) from error


def _count_rows(tables: Tables, label: str) -> Tables:
    """The tables with how many rows of each were read, at the head of their report."""
    read_rows = tuple(
        Finding("read", frame.height, f"{what} from {label}")
        for what, frame in (("entities", tables.entities), ("dependencies", tables.dependencies))
        if frame.height
    )
    report = read_rows + tables.report
    if not tables.dependencies.height and not tables.report:
        reason = f"{label} states no dependency: {tables.entities.height:,} entities, no more"
        report += (Finding("note", 0, reason),)
    return replace(tables, report=report)


def _label_sources(paths: Sequence[Path | str]) -> list[str]:
    """A short name for each source, the whole path where short names would be equal."""
    names = [path.name if isinstance(path, Path) else hide_password(path) for path in paths]
    return [
        n if n and names.count(n) == 1 else hide_password(p)
        for n, p in zip(names, paths, strict=True)
    ]


def _merge(parts: list[Tables], paths: Sequence[Path | str]) -> Tables:
    if len(parts) == 1:
        return parts[0]
    labels = _label_sources(paths)
    return unite(
        [
            replace(
                part,
                entities=_place_rows(part.entities, path, label),
                dependencies=_place_rows(part.dependencies, path, label),
            )
            for part, path, label in zip(parts, paths, labels, strict=True)
        ]
    )


def _place_rows(frame: pl.DataFrame, path: Path | str, label: str) -> pl.DataFrame:
    """The frame, with the name of the source in the file of each row."""
    if FILE not in frame.columns:
        return frame
    within = pl.lit("/") + pl.col(FILE)
    if isinstance(path, str):
        within = pl.lit(" ") + pl.col(FILE)
    elif path.is_file():  # the file of a row is the source itself, perhaps with a place in it
        within = pl.col(FILE).str.strip_prefix(path.name)
    return frame.with_columns((pl.lit(label) + within).alias(FILE))
