"""Which entities may be one thing: pairs with a score and a reason, to be judged by a person.

A pure function over checked tables. Nothing here joins: what a user takes of the proposals goes
into a table of aliases (`alias_table`), or above a stated score to `joining.join`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from knockon.graph.errors import clip
from knockon.graph.tables import FILE, Finding, Tables
from knockon.loaders.alias_table import AliasTable, read_aliases
from knockon.loaders.identifiers import identified
from knockon.loaders.joining import NAMES, STATED, TABLE, Claim, class_of, dependents, stated
from knockon.loaders.likeness import likeness
from knockon.loaders.merge import load_tables
from knockon.loaders.names import GENERIC, Name, initials, take_apart
from knockon.loaders.tally import Tally

LEAST = 0.7  # score from which a pair is proposed
ALL_PAIRS = 5_000  # distinct names of which every pair is compared; of more, those in one block
_BLOCK = 400  # names in a block beyond which it says too little to compare all pairs in it
_ROWS = 1_000  # rows of the matrix of likeness that are held at once
_ROUGH = 80  # of 100: likeness by letters from which a pair is looked at
_REPEATS = frozenset(["component", "data_store", "network", "site"])  # kinds whose names repeat
_DIFFERS = 0.9  # factor where kinds contradict
_REPEATED, _RELATED, _OTHER_VERSION = 0.9, 0.6, 0.5  # the most that a pair can score


@dataclass(frozen=True)
class _Called:
    """An entity as far as its likeness to others goes."""

    id: str
    name: str
    kind: str
    version: str
    file: str
    taken: Name


def propose(tables: Tables, least: float = LEAST) -> tuple[list[Claim], list[Finding]]:
    """Pairs of entities that may be one, each once, best first, and limits that were met.

    What the sources state (`same_as`, LEI, domain) comes with its own score, names with
    `likeness`, lowered where kinds contradict or one entity depends on the other.
    least: score from which a pair is proposed, 0..1
    """
    claims, findings = stated(tables)
    same, noted = identified(tables)
    alike, limits = alike_names(tables, least)
    best: dict[tuple[str, str], Claim] = {}
    for claim in (*claims, *same, *alike):
        pair = (min(claim.alias, claim.same_as), max(claim.alias, claim.same_as))
        if claim.score >= least and (pair not in best or best[pair].score < claim.score):
            best[pair] = claim
    ranked = sorted(best.values(), key=lambda c: (-c.score, c.by != STATED, c.same_as, c.alias))
    return ranked, [*findings, *noted, *limits]


def alike_names(tables: Tables, least: float = LEAST) -> tuple[list[Claim], list[Finding]]:
    """Pairs of entities whose names are alike, and limits that were met.

    Of entities whose names have one core, each is paired with the one that most depend on; cores
    are compared by their letters, words, initials and former names. Up to 5,000 distinct cores
    every pair is looked at, of more only those that share a word or the beginning of one.
    """
    called = _called(tables)
    by_core: dict[tuple[str, ...], list[_Called]] = defaultdict(list)
    for one in called:
        by_core[one.taken.core].append(one)
    tally = Tally()
    users = dependents(tables, [c.id for c in called])
    for ones in by_core.values():
        ones.sort(key=lambda c: (-users.get(c.id, 0), c.id))
    related = _related(tables)
    found = []
    for one, other in _candidates(by_core, tally):
        score, why = _judged(one, other, related)
        if score >= least:
            stays, alias = sorted((one, other), key=lambda c: (-users.get(c.id, 0), c.id))
            found.append(Claim(alias.id, stays.id, NAMES, round(score, 3), why))
    return found, list(tally.findings())


def proposed(
    sources: Sequence[Path | str], decided: Path | None = None, least: float = LEAST
) -> tuple[pl.DataFrame, list[Finding]]:
    """The proposals for some sources as a table of aliases, and what there is to note.

    decided: a table of aliases whose decisions are kept
    Raises InputError where a source or the table cannot be read.
    """
    tables = load_tables(sources)
    claims, notes = propose(tables, least)
    table = read_aliases(decided, tables) if decided is not None else AliasTable()
    apart = [(Claim(a, b, TABLE), False) for a, b in table.apart]
    frame = proposals(tables, claims, [*((c, True) for c in table.claims), *apart])
    return frame, [*notes, *table.report]


def proposals(
    tables: Tables, claims: Sequence[Claim], decided: Iterable[tuple[Claim, bool]] = ()
) -> pl.DataFrame:
    """The claims as a table of aliases to be edited, one row each, in their order.

    `merge` is yes for what the sources themselves state and empty for the rest, but what is
    `decided` (claim, whether it joins) stays as it is. Names, kinds and numbers of dependents of
    both are for the reader.
    """
    before = {frozenset((c.alias, c.same_as)): (c, joins) for c, joins in decided}
    rows: list[tuple[str, str, float | None, str, bool | None]] = []
    for claim in claims:
        kept, joins = before.pop(
            frozenset((claim.alias, claim.same_as)), (claim, claim.sure or None)
        )
        rows.append((kept.alias, kept.same_as, claim.score, claim.why, joins))
    rows += [(c.alias, c.same_as, None, c.by, joins) for c, joins in before.values()]
    words = {True: "yes", False: "no", None: None}
    frame = pl.DataFrame(
        [(a, s, score, why, words[joins]) for a, s, score, why, joins in rows],
        {"alias": pl.String, "same_as": pl.String, "score": pl.Float64, "why": pl.String,
         "merge": pl.String},
        orient="row",
    )  # fmt: skip
    users = dependents(tables, [*frame["alias"], *frame["same_as"]])
    facts = tables.entities.select("id", "name", "kind").with_columns(
        pl.col("id").replace_strict(users, default=0, return_dtype=pl.Int64).alias("dependents")
    )
    for end in ("alias", "same_as"):
        told = facts.select(pl.col("id").alias(end), pl.exclude("id").name.prefix(f"{end}_"))
        frame = frame.join(told, on=end, how="left", maintain_order="left")
    return frame


def _called(tables: Tables) -> list[_Called]:
    """The entities that have a name, by id; `file` is the folder or file of the row, if known."""
    texts = [
        pl.col(c).cast(pl.String).fill_null("") if c in tables.entities.columns else pl.lit("")
        for c in ("version", FILE)
    ]
    rows = tables.entities.select(
        "id",
        "name",
        "kind",
        texts[0].alias("_version"),
        texts[1].str.extract("^([^/#]*)").alias("_at"),
    )
    return [
        _Called(identifier, name, kind, version, file, taken)
        for identifier, name, kind, version, file in rows.sort("id").iter_rows()
        if (taken := take_apart(name)).core
    ]


def _related(tables: Tables) -> set[tuple[str, str]]:
    """Pairs of which one depends on the other, or owns it: they are two things."""
    owned = tables.entities.select("id", "parent").drop_nulls()
    return {*tables.dependencies.select("dependent", "provider").iter_rows(), *owned.iter_rows()}


def _judged(one: _Called, other: _Called, related: set[tuple[str, str]]) -> tuple[float, str]:
    """How alike two entities are: their names, and what speaks against it."""
    score, why = likeness(one.taken, other.taken)
    if one.version and other.version and one.version != other.version:
        return min(score, _OTHER_VERSION), f"{why}, but versions differ"
    if (one.id, other.id) in related or (other.id, one.id) in related:
        score, why = min(score, _RELATED), f"{why}, but one depends on the other or owns it"
    a, b = class_of(one.kind), class_of(other.kind)
    if a and b and a != b:
        kinds = ", ".join(sorted((one.kind, other.kind)))
        score, why = score * _DIFFERS, f"{why}, but kinds differ ({kinds})"
    plain = all(w in GENERIC or len(w) == 1 for w in one.taken.core)
    if score > _REPEATED and (plain or {one.kind, other.kind} & _REPEATS):
        score, why = _REPEATED, f"{why}, but such names repeat"
    if score > _REPEATED and one.file == other.file and one.name == other.name:
        score, why = _REPEATED, f"{why}, but one source lists both"
    return score, why


def _candidates(
    by_core: dict[tuple[str, ...], list[_Called]], tally: Tally
) -> Iterator[tuple[_Called, _Called]]:
    """Pairs worth a look. Of several entities of one name and form, one stands for all."""
    for ones in by_core.values():
        yield from _of_one_core(ones)
    pairs = set(_by_former(by_core)) | set(_by_initials(by_core)) | set(_within(by_core))
    pairs |= set(_by_letters(sorted(by_core), tally))
    for a, b in sorted(pairs):
        for one in _forms(by_core[a]):
            for other in _forms(by_core[b]):
                yield one, other


def _of_one_core(ones: list[_Called]) -> Iterator[tuple[_Called, _Called]]:
    """Each form of the name with each other form, and within a form each with the first."""
    forms: dict[Name, list[_Called]] = defaultdict(list)
    for one in ones:
        forms[one.taken].append(one)
    for same in forms.values():
        yield from ((same[0], other) for other in same[1:])
    yield from combinations([same[0] for same in forms.values()], 2)


def _forms(ones: list[_Called]) -> list[_Called]:
    """The first of each form of a name."""
    return list({one.taken: one for one in reversed(ones)}.values())[::-1]


Pair = tuple[tuple[str, ...], tuple[str, ...]]


def _by_former(by_core: dict[tuple[str, ...], list[_Called]]) -> Iterator[Pair]:
    """Cores of which one is a former or trade name of the other, or that share one."""
    holders: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for core, ones in by_core.items():
        for other in {o for one in ones for o in one.taken.others}:
            holders[other].add(core)
    for other, cores in holders.items():
        shared = sorted(cores | ({other} if other in by_core else set()))
        yield from combinations(shared, 2)


def _by_initials(by_core: dict[tuple[str, ...], list[_Called]]) -> Iterator[Pair]:
    for core in by_core:
        for short in {initials(core), "".join(w[0] for w in core)}:
            if len(core) > 1 and (short,) in by_core:
                yield _ordered((short,), core)


def _within(by_core: dict[tuple[str, ...], list[_Called]]) -> Iterator[Pair]:
    """Cores of which one begins with the other, or is the other but for generic words."""
    trunks: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for core in by_core:
        said = tuple(w for w in core if w not in GENERIC)
        trunks[said].append(core)
        for length in range(1, len(core)):
            if core[:length] in by_core:
                yield _ordered(core[:length], core)
    for said, cores in trunks.items():
        if said and len(cores) <= _BLOCK:
            yield from (_ordered(a, b) for a, b in combinations(cores, 2))


def _by_letters(cores: Sequence[tuple[str, ...]], tally: Tally) -> Iterator[Pair]:
    """Cores that are spelt alike, roughly."""
    texts = [" ".join(sorted(core)) for core in cores]
    blocks = [list(range(len(cores)))] if len(cores) <= ALL_PAIRS else _blocks(cores, tally)
    for block in blocks:
        for i, j in _alike([texts[n] for n in block]):
            yield _ordered(cores[block[i]], cores[block[j]])


def _alike(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Places (i < j) of texts that are alike; a matrix of _ROWS rows is held at a time."""
    from rapidfuzz import fuzz, process

    squeezed = [t.replace(" ", "") for t in texts]
    for variant in (texts, squeezed) if squeezed != texts else (texts,):
        for start in range(0, len(variant), _ROWS):
            rows = variant[start : start + _ROWS]
            close = process.cdist(
                rows, variant[start:], scorer=fuzz.ratio, score_cutoff=_ROUGH, dtype=np.uint8
            )
            for i, j in zip(*np.nonzero(close), strict=True):
                if i < j:
                    yield int(i) + start, int(j) + start


def _blocks(cores: Sequence[tuple[str, ...]], tally: Tally) -> Iterator[list[int]]:
    """Places of cores that share a word or four first letters, but for blocks too large."""
    keys: dict[str, list[int]] = defaultdict(list)
    for place, core in enumerate(cores):
        for key in {*core, *(w[:4] for w in core)} | {"".join(core)[:4]}:
            keys[key].append(place)
    tally.add(
        "note", "more names than are compared in all pairs: only those that share a word or four "
        f"first letters were, by letters (limit {ALL_PAIRS:,})", f"{len(cores):,} names",
    )  # fmt: skip
    for key, places in sorted(keys.items()):
        if len(places) > _BLOCK:
            text = f"{clip(key, 40)}: {len(places):,}"
            tally.add("note", f"a word or beginning that more than {_BLOCK} names share: "
                      "not compared by it", text)  # fmt: skip
        elif len(places) > 1:
            yield places


def _ordered(a: tuple[str, ...], b: tuple[str, ...]) -> Pair:
    return (a, b) if a < b else (b, a)
