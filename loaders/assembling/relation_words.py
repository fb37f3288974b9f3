"""Words between two things, and what they say of who needs whom: `Depends on`, `Hosts`.

A word is read from the first thing to the second: `app Runs on host`. The types of a CMDB hold both
readings, `parent's::child's`: of `Depends on::Used by` the parent depends on the child. Sources:
the relationship types that ServiceNow delivers (table `cmdb_rel_type`) and how its documentation,
its discovery and its service maps use them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ENDS, RELATIONS, Finding
from knockon.loaders.assembling.columns import TURNED, Meaning

# the word that the first says of the second: does the first need the second, and how. What a CMDB
# contains carries an outage: a service stands on its parts, a cluster on its members. The
# `contains` of a bill of materials is another word.
WORDS: Mapping[str, tuple[bool, str]] = {
    "depends on": (True, "uses"), "used by": (False, "uses"), "uses": (True, "uses"),
    "requires": (True, "uses"), "required by": (False, "uses"),
    "needs": (True, "uses"), "needed by": (False, "uses"),
    "relies on": (True, "uses"), "dependent on": (True, "uses"),
    "depended on by": (False, "uses"), "dependency of": (False, "uses"),
    "consumes from": (True, "uses"), "reads from": (True, "uses"),
    "writes to": (True, "uses"), "publishes to": (True, "uses"),
    "invokes": (True, "uses"), "invoked by": (False, "uses"),
    "consumes": (True, "uses"), "consumed by": (False, "uses"),
    "subscribes to": (True, "uses"), "subscribed by": (False, "uses"),
    "contains": (True, "uses"), "contained by": (False, "uses"),
    "includes": (True, "uses"), "included in": (False, "uses"),
    "members": (True, "uses"), "member of": (False, "uses"), "has member": (True, "uses"),
    "cluster of": (False, "uses"), "cluster": (True, "uses"),
    "connects to": (True, "uses"), "connected by": (False, "uses"),
    "applicative flow to": (True, "uses"), "applicative flow from": (False, "uses"),
    "use end point to": (True, "uses"), "use end point from": (False, "uses"),
    "implement end point to": (True, "uses"), "implement end point from": (False, "uses"),
    "receives data from": (True, "uses"), "sends data to": (False, "uses"),
    "powered by": (True, "uses"), "powers": (False, "uses"),
    "cooled by": (True, "uses"), "cools": (False, "uses"),
    "fed by": (True, "uses"), "feeds": (False, "uses"),
    "distributed by": (True, "uses"), "distributes": (False, "uses"),
    "supported by": (True, "uses"), "supports": (False, "uses"),
    "realized by": (True, "uses"), "realizes": (False, "uses"),
    "implemented by": (True, "uses"), "implements": (False, "uses"),
    "impacted by": (True, "uses"), "impacts": (False, "uses"),
    "accesses": (True, "uses"), "accessed by": (False, "uses"),
    "calls": (True, "uses"), "called by": (False, "uses"),
    "runs on": (True, "hosted_on"), "runs": (False, "hosted_on"),
    "hosted on": (True, "hosted_on"), "hosts": (False, "hosted_on"),
    "hosted by": (True, "hosted_on"), "deployed on": (True, "hosted_on"),
    "deployed to": (True, "hosted_on"),
    "installed on": (True, "hosted_on"), "has installed": (False, "hosted_on"),
    "installs": (False, "hosted_on"), "executes on": (True, "hosted_on"),
    "virtualized by": (True, "hosted_on"), "virtualizes": (False, "hosted_on"),
    "virtualised by": (True, "hosted_on"), "virtualises": (False, "hosted_on"),
    "instantiates": (True, "hosted_on"), "instantiated by": (False, "hosted_on"),
    "registered on": (True, "hosted_on"), "has registered": (False, "hosted_on"),
    "provisioned from": (True, "hosted_on"), "provisioned": (False, "hosted_on"),
    "gets resources from": (True, "hosted_on"), "defines resources for": (False, "hosted_on"),
    "allocated from": (True, "hosted_on"), "allocated to": (False, "hosted_on"),
    "stored on": (True, "hosted_on"), "provides storage for": (False, "hosted_on"),
    "located in": (True, "hosted_on"), "houses": (False, "hosted_on"),
    "in rack": (True, "hosted_on"), "rack contains": (False, "hosted_on"),
    "provided by": (True, "supplied_by"), "provides": (False, "supplied_by"),
    "supplied by": (True, "supplied_by"), "supplies": (False, "supplied_by"),
    "managed by": (True, "operated_by"), "manages": (False, "operated_by"),
    "controlled by": (True, "operated_by"), "controls": (False, "operated_by"),
    "operated by": (True, "operated_by"), "operates": (False, "operated_by"),
    "authenticated by": (True, "authenticates_with"),
    "authenticates with": (True, "authenticates_with"),
    "authenticates": (False, "authenticates_with"),
}  # fmt: skip
BETWEEN = "::"
TURN = "_turned"
_PLACED = re.compile(r"(?:in|on|inside|within|at)\b.*|.*\b(?:in|on|inside|within|at)")
_PLACES = re.compile(r".*\b(?:contains|holds|houses|hosts|has|carries)\b.*")


@dataclass(frozen=True)
class Reading:
    """How a word is read: whether the first needs the second, and by which relation."""

    first_needs: bool
    relation: str


def strip_word(word: str) -> str:
    """The word in small letters, with blanks for what parts its words: `runs on` for `RUNS_ON` and
    `runsOn`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word)
    return " ".join(re.sub(r"[_\-]+", " ", parted).lower().split())


def read_word(
    word: str, said: Mapping[str, Meaning], own: bool = False, sided: bool = False
) -> Reading | None:
    """How a word is read, None for one that says nothing of who needs whom.

    said:  what --map says of words, whole (`Rack contains::In Rack`) or by their first half
    own:   a word that is the name of one of our relations is that
    sided: it is known that the first needs the second, unless --map says that a word turns it round
    """
    first, _, second = (strip_word(half) for half in word.partition(BETWEEN))
    known = _is_known(first, second, own)
    for theirs, meaning in said.items():
        if strip_word(theirs) in (strip_word(word), first):
            needs = known.first_needs if known else _find_direction(first, second, meaning.relation)
            return Reading((needs or sided) and not meaning.turned, meaning.relation)
    return known


def _is_known(first: str, second: str, own: bool) -> Reading | None:
    if own and first.replace(" ", "_") in RELATIONS:
        return Reading(True, first.replace(" ", "_"))
    first, second = first.removeprefix("is "), second.removeprefix("is ")
    if first in WORDS:
        return Reading(*WORDS[first])
    if second in WORDS:  # what the second says of the first
        needs, relation = WORDS[second]
        return Reading(not needs, relation)
    for this, other, needs in ((first, second, False), (second, first, True)):
        if this.endswith(" contains") and other.startswith("in "):  # `Room contains::In Room`
            return Reading(needs, "hosted_on")
    return None


def _find_direction(first: str, second: str, relation: str) -> bool:
    """Whether the first needs the second, of an unknown type: it does, unless the words for where
    things stand say that the second stands in, or on, the first.
    """
    stands_in = _PLACED.fullmatch(second) or _PLACES.fullmatch(first)
    return not (relation == "hosted_on" and stands_in and not _PLACED.fullmatch(first))


def orient(
    frame: pl.DataFrame, kind: str, said: Mapping[str, Meaning], *, own: bool = False,
    sided: bool = False, both_ways: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:  # fmt: skip
    """The rows whose word tells who needs whom, with `dependent`, `provider` and `relation`, and
    `_turned` where the second thing needs the first; and the others, as they came.

    frame: with `dependent` for the first and `provider` for the second thing of each row
    kind:  the column of words; both_ways: what two do to each other is read as two dependencies
    """
    words = frame[kind].cast(pl.String).drop_nulls().unique().to_list()
    read = {w: found for w in words if (found := read_word(w, said, own, sided)) is not None}
    mutual = [word for word in words if word not in read and both_ways and is_mutual(word)]
    read |= dict.fromkeys(mutual, Reading(True, "uses"))
    turns = {word: not reading.first_needs for word, reading in read.items()}
    relations = {word: reading.relation for word, reading in read.items()}
    first, second = ENDS
    word = pl.col(kind).cast(pl.String)
    placed = frame.with_columns(
        word.replace_strict(turns, default=None, return_dtype=pl.Boolean).alias(TURN)
    )
    lost = placed.filter(pl.col(TURN).is_null()).drop(TURN)
    kept = placed.filter(pl.col(TURN).is_not_null())
    back = kept.filter(word.is_in(mutual)).with_columns(pl.lit(True).alias(TURN))
    kept = pl.concat([kept, back]).with_columns(
        pl.when(TURN).then(second).otherwise(first).alias(first),
        pl.when(TURN).then(first).otherwise(second).alias(second),
        word.replace_strict(relations, default=None, return_dtype=pl.String).alias("relation"),
    )
    return kept, lost


def is_mutual(word: str) -> bool:
    """Whether both things do the same to each other: `Exchanges data with` twice."""
    first, _, second = (strip_word(half) for half in word.partition(BETWEEN))
    return bool(first) and first == second


def tell_lost(lost: pl.DataFrame, kind: str, total: int, what: str) -> Finding:
    """The finding on rows whose word says nothing of who needs whom, with the words and counts."""
    counts = (
        lost.group_by(pl.col(kind).cast(pl.String)).len()
        .sort("len", kind, descending=[True, False])
    )  # fmt: skip
    shown = tuple(
        f"{clip(str(name or 'none'), 60)}: {n:,}" for name, n in counts.head(5).iter_rows()
    )
    example = clip(str(counts[kind].drop_nulls().first() or "TYPE"), 60)
    reason = (
        f"{what} of a type that says nothing of who needs whom, of {total:,}; if it does, --map "
        f"'{example}=uses' (the first needs the second) or '{example}={TURNED}uses'"
    )
    return Finding("dropped", lost.height, reason, shown)
