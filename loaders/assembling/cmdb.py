"""Relations of a CMDB (ServiceNow's table `cmdb_rel_ci`): what each type says of who needs whom.

A relation has a parent, a child and a type `parent descriptor::child descriptor`: of `Depends
on::Used by`, the parent depends on the child, and the child is used by the parent. Source: the
table `cmdb_rel_type` as delivered.
"""

from collections.abc import Mapping

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ENDS, Finding

# what the parent does to the child: does the parent depend on the child, and by which relation
TYPES: Mapping[str, tuple[bool, str]] = {
    "depends on": (True, "uses"), "used by": (False, "uses"),
    "uses": (True, "uses"), "consumes": (True, "uses"), "consumed by": (False, "uses"),
    "runs on": (True, "hosted_on"), "runs": (False, "hosted_on"),
    "hosted on": (True, "hosted_on"), "hosts": (False, "hosted_on"),
    "virtualized by": (True, "hosted_on"), "virtualizes": (False, "hosted_on"),
    "located in": (True, "hosted_on"), "houses": (False, "hosted_on"),
    "contains": (True, "contains"), "contained by": (False, "contains"),
    "members": (True, "contains"), "member of": (False, "contains"),
    "connects to": (True, "uses"), "connected by": (False, "uses"),
    "receives data from": (True, "uses"), "sends data to": (False, "uses"),
    "powered by": (True, "uses"), "powers": (False, "uses"),
    "impacted by": (True, "uses"), "impacts": (False, "uses"),
    "provided by": (True, "supplied_by"), "provides": (False, "supplied_by"),
    "managed by": (True, "operated_by"), "manages": (False, "operated_by"),
}  # fmt: skip
_PARENTS = ("parent", "u_name", "parent.name", "parent_name")
_CHILDREN = ("child", "child.name", "child_name")
_KINDS = ("type", "type.name", "relationship", "relationship_type")


def fits_relations(frame: pl.DataFrame, words: Mapping[str, str]) -> bool:
    """Whether these columns are those of an export of relations: a type holds `::`."""
    found = [_column(words, names) for names in (_PARENTS, _CHILDREN, _KINDS)]
    if None in found or not frame.height:
        return False
    return bool(frame.select(pl.col(str(found[2])).cast(pl.String).str.contains("::").any()).item())


def direct_relations(
    frame: pl.DataFrame, words: Mapping[str, str], place: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """The relations as dependencies. Types that say nothing of who needs whom are dropped.

    words: the names of the columns of the frame, by how guesses spell them
    """
    parent, child, kind = (str(_column(words, n)) for n in (_PARENTS, _CHILDREN, _KINDS))
    said = pl.col(kind).cast(pl.String).str.split("::").list.first().str.strip_chars()
    placed = frame.with_columns(said.str.to_lowercase().alias("_said"))
    needs = {word: parent_needs for word, (parent_needs, _) in TYPES.items()}
    relations = {word: relation for word, (_, relation) in TYPES.items()}
    needing = pl.col("_said").replace_strict(needs, default=None, return_dtype=pl.Boolean)
    placed = placed.with_columns(
        pl.when(needing).then(parent).when(~needing).then(child).alias(ENDS[0]),
        pl.when(needing).then(child).when(~needing).then(parent).alias(ENDS[1]),
        pl.col("_said").replace_strict(relations, default=None, return_dtype=pl.String)
        .alias("relation"),
        needing.is_null().alias("_lost"),
    )  # fmt: skip
    lost = placed.filter("_lost")
    kept = placed.filter(~pl.col("_lost")).drop("_said", "_lost", parent, child)
    report = [
        Finding("note", kept.height, "a relation of ServiceNow, its direction told by its type")
    ]
    if lost.height:
        shown = tuple(
            f"{clip(str(name), 60)}: {count:,}"
            for name, count in lost.group_by(kind).len().sort("len", kind, descending=[True, False])
            .head(5).iter_rows()
        )  # fmt: skip
        reason = f"a relation of a type that says nothing of who needs whom, of {frame.height:,}"
        report.append(Finding("dropped", lost.height, reason, shown))
    return kept, report


def _column(words: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((words[name] for name in names if name in words), None)
