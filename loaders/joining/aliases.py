"""Which entities may be one thing: pairs with a score and a reason, to be judged by a person.

A pure function over checked tables. Nothing here joins: what a user takes of the proposals goes
into a table of aliases (`alias_table`), or above a stated score to `joining.join`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import polars as pl

from knockon.graph.model.tables import FILE, Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.joining.candidates import Called, find_candidates
from knockon.loaders.joining.claims import (
    NAMES,
    STATED,
    Claim,
    classify,
    count_dependents,
    find_stated,
)
from knockon.loaders.joining.identifiers import find_identified
from knockon.loaders.joining.likeness import measure_likeness
from knockon.loaders.joining.names import GENERIC, take_apart

LEAST = 0.7  # score from which a pair is proposed
_REPEATS = frozenset(["component", "data_store", "network", "site"])  # kinds whose names repeat
_DIFFERS = 0.9  # factor where kinds contradict
_REPEATED, _RELATED, _OTHER_VERSION = 0.9, 0.6, 0.5  # the most that a pair can score


def propose(tables: Tables, least: float = LEAST) -> tuple[list[Claim], list[Finding]]:
    """Pairs of entities that may be one, each once, best first, and limits that were met.

    What the sources state (`same_as`, LEI, domain) comes with its own score, names with
    `likeness`, lowered where kinds contradict or one entity depends on the other.
    least: score from which a pair is proposed, 0..1
    """
    claims, findings = find_stated(tables)
    same, noted = find_identified(tables)
    alike, limits = find_alike_names(tables, least)
    best: dict[tuple[str, str], Claim] = {}
    for claim in (*claims, *same, *alike):
        pair = (min(claim.alias, claim.same_as), max(claim.alias, claim.same_as))
        if claim.score >= least and (pair not in best or best[pair].score < claim.score):
            best[pair] = claim
    ranked = sorted(best.values(), key=lambda c: (-c.score, c.by != STATED, c.same_as, c.alias))
    return ranked, [*findings, *noted, *limits]


def find_alike_names(tables: Tables, least: float = LEAST) -> tuple[list[Claim], list[Finding]]:
    """Pairs of entities whose names are alike, and limits that were met.

    Of entities whose names have one core, each is paired with the one that most depend on; cores
    are compared by their letters, words, initials and former names. Up to 5,000 distinct cores
    every pair is looked at, of more only those that share a word or the beginning of one.
    """
    called = _list_called(tables)
    by_core: dict[tuple[str, ...], list[Called]] = defaultdict(list)
    for one in called:
        by_core[one.taken.core].append(one)
    findings = Findings()
    users = count_dependents(tables, [c.id for c in called])
    for ones in by_core.values():
        ones.sort(key=lambda c: (-users.get(c.id, 0), c.id))
    related = _find_related(tables)
    found = []
    for one, other in find_candidates(by_core, findings):
        score, why = _judge(one, other, related)
        if score >= least:
            stays, alias = sorted((one, other), key=lambda c: (-users.get(c.id, 0), c.id))
            found.append(Claim(alias.id, stays.id, NAMES, round(score, 3), why))
    return found, list(findings.report())


def list_proposals(
    tables: Tables, claims: Sequence[Claim], decided: Iterable[tuple[Claim, bool | None]] = ()
) -> pl.DataFrame:
    """The claims as a table of aliases to be edited, one row each, in their order.

    `merge` is yes for what the sources themselves state and empty for the rest, but what is
    `decided` (claim, whether it joins) stays as it is. Names, kinds and numbers of dependents of
    both are for the reader.
    """
    before: dict[frozenset[str], tuple[Claim, bool | None]] = {}
    for claim, joins in decided:
        before.setdefault(frozenset((claim.alias, claim.same_as)), (claim, joins))
    rows: list[tuple[str, str, float | None, str, bool | None]] = []
    for claim in claims:
        kept, joins = before.pop(
            frozenset((claim.alias, claim.same_as)), (claim, claim.sure or None)
        )
        rows.append((kept.alias, kept.same_as, claim.score, kept.why or claim.why, joins))
    rows += [(c.alias, c.same_as, None, c.why or c.by, joins) for c, joins in before.values()]
    words = {True: "yes", False: "no", None: None}
    frame = pl.DataFrame(
        [(a, s, score, why, words[joins]) for a, s, score, why, joins in rows],
        {"alias": pl.String, "same_as": pl.String, "score": pl.Float64, "why": pl.String,
         "merge": pl.String},
        orient="row",
    )  # fmt: skip
    users = count_dependents(tables, [*frame["alias"], *frame["same_as"]])
    facts = tables.entities.select("id", "name", "kind").with_columns(
        pl.col("id").replace_strict(users, default=0, return_dtype=pl.Int64).alias("dependents")
    )
    for end in ("alias", "same_as"):
        told = facts.select(pl.col("id").alias(end), pl.exclude("id").name.prefix(f"{end}_"))
        frame = frame.join(told, on=end, how="left", maintain_order="left")
    return frame


def _list_called(tables: Tables) -> list[Called]:
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
        Called(identifier, name, kind, version, file, taken)
        for identifier, name, kind, version, file in rows.sort("id").iter_rows()
        if (taken := take_apart(name)).core
    ]


def _find_related(tables: Tables) -> set[tuple[str, str]]:
    """Pairs of which one depends on the other, or owns it: they are two things."""
    owned = tables.entities.select("id", "parent").drop_nulls()
    return {*tables.dependencies.select("dependent", "provider").iter_rows(), *owned.iter_rows()}


def _judge(one: Called, other: Called, related: set[tuple[str, str]]) -> tuple[float, str]:
    """How alike two entities are: their names, and what speaks against it."""
    score, why = measure_likeness(one.taken, other.taken)
    if one.version and other.version and one.version != other.version:
        return min(score, _OTHER_VERSION), f"{why}, but versions differ"
    if (one.id, other.id) in related or (other.id, one.id) in related:
        score, why = min(score, _RELATED), f"{why}, but one depends on the other or owns it"
    a, b = classify(one.kind), classify(other.kind)
    if a and b and a != b:
        kinds = ", ".join(sorted((one.kind, other.kind)))
        score, why = score * _DIFFERS, f"{why}, but kinds differ ({kinds})"
    plain = all(w in GENERIC or len(w) == 1 for w in one.taken.core)
    if score > _REPEATED and (plain or {one.kind, other.kind} & _REPEATS):
        score, why = _REPEATED, f"{why}, but such names repeat"
    if score > _REPEATED and one.file == other.file and one.name == other.name:
        score, why = _REPEATED, f"{why}, but one source lists both"
    return score, why
