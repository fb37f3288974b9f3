"""What says that two entities are one, as one kind of value: a `Claim`."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import Finding, Tables, known_as
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.merge_rows import trim
from knockon.loaders.joining.names import split_words

SAME_AS = "same_as"  # column of entities: the id of the entity that this one is listed as, too
TABLE, STATED, EXACT = "the table of aliases", "same_as", "exact names"
LEI, DOMAIN, NAMES = "lei", "domain", "names"
LEI_COLUMN = "lei"
DOMAINS = ("domain", "website")  # columns, the first that states one counts
SURE_ABOVE = 0.95
ORDER = (TABLE, STATED, EXACT, LEI, DOMAIN, NAMES)  # the first beats the others
_ORGANISATION = split_words(
    "enterprise security_vendor cloud_provider identity_provider dns_provider cdn_provider "
    "certificate_authority operator"
)
_PRODUCT = split_words("platform service component data_store")


@dataclass(frozen=True)
class Claim:
    """That two entities are one: `alias` is `same_as`, by id.

    by:     who says so: one of ORDER
    score:  how sure, 0..1
    why:    in words
    """

    alias: str
    same_as: str
    by: str
    score: float = 1.0
    why: str = ""

    @property
    def sure(self) -> bool:
        """Whether the sources themselves say so, without a doubt of ours."""
        return self.by == STATED or (self.by in (LEI, DOMAIN) and self.score > SURE_ABOVE)


@dataclass(frozen=True)
class AliasTable:
    """What a table of aliases says of some entities.

    claims: who is one; `apart`: who is not
    idle:   rows that do nothing here, with their decision: not decided, or of other inventories
    """

    claims: tuple[Claim, ...] = ()
    apart: tuple[Claim, ...] = ()
    idle: tuple[tuple[Claim, bool | None], ...] = ()
    report: tuple[Finding, ...] = ()

    @property
    def rows(self) -> list[tuple[Claim, bool | None]]:
        """Every row of the table with its decision."""
        joins: list[tuple[Claim, bool | None]] = [(claim, True) for claim in self.claims]
        return [*joins, *((claim, False) for claim in self.apart), *self.idle]


def find_stated(tables: Tables) -> tuple[list[Claim], list[Finding]]:
    """What the column `same_as` claims, and a note where it names no entity."""
    if SAME_AS not in tables.entities.columns:
        return [], []
    known = set(tables.entities["id"])
    rows = tables.entities.select("id", trim(SAME_AS)).drop_nulls().sort("id")
    also = known_as(tables.entities)
    claims, lost = [], Findings()
    for alias, named in rows.iter_rows():
        if named in known:
            claims.append(Claim(alias, named, STATED, why="same_as"))
        elif named not in also.get(alias, ()):
            where = f"{clip(alias, 60)} as {clip(named, 60)}"
            lost.add("note", "same_as names no entity; not joined", where)
    return [c for c in claims if c.alias != c.same_as], list(lost.report())


def classify(kind: str) -> str:
    """`organisation`, `product`, the kind itself where it is neither, `` where it is unknown."""
    if kind == "unknown":
        return ""
    known = (("organisation", _ORGANISATION), ("product", _PRODUCT))
    return next((name for name, kinds in known if kind in kinds), kind)


def count_dependents(tables: Tables, ids: Iterable[str]) -> dict[str, int]:
    """How many entities depend directly on each of these that any depends on."""
    of = tables.dependencies.filter(
        pl.col("provider").is_in(pl.Series(list(ids), dtype=pl.String).implode())
    )
    counted = of.group_by("provider").agg(pl.col("dependent").n_unique())
    return dict(counted.iter_rows())
