"""The list of relations of a CMDB as a table: a parent, a child, and the type between them."""

import polars as pl

from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.columns import Said
from knockon.loaders.assembling.ends import spell
from knockon.loaders.assembling.relation_words import BETWEEN, read_word, strip_word

# the first that is there
_PARENTS = ("parent_sys_id", "parent", "u_name", "parent_name", "parent_ci")
_CHILDREN = ("child_sys_id", "child", "child_name", "child_ci")
_TYPES = ("type", "type_name", "relationship", "relationship_type", "relation_type", "rel_type",
          "relation")  # fmt: skip
# of exports that call the two ends otherwise; their types hold both readings, from the first on
_LOOKED_AT = 200  # different types
_SIDES = (("source", "target"), ("from", "to"), ("source_ci", "target_ci"), ("ci", "related_ci"))


def find_columns(frame: pl.DataFrame, said: Said) -> tuple[str, str, str] | None:
    """The columns of parent, child and type, where the types are those of a CMDB: both readings
    (`Depends on::Used by`), or words that are known, or that --map names.
    """
    words = {spell(c): c for c in frame.columns if c not in (FILE, LINE)}
    found = [
        next((words[name] for name in names if name in words), None)
        for names in (_PARENTS, _CHILDREN, _TYPES)
    ]
    parent, child, kind = found
    kind = kind or _find_types(frame)
    if parent is None and child is None and kind is not None and _holds_types(frame[kind]):
        parent, child = next(
            ((words[a], words[b]) for a, b in _SIDES if {a, b} <= words.keys()), (None, None)
        )
    if parent is None or child is None or kind is None or not frame.height:
        return None
    texts = frame[kind].cast(pl.String, strict=False).drop_nulls().unique().to_list()
    meant = {strip_word(theirs) for theirs in said.relations}
    typed = any(BETWEEN in text or strip_word(text) in meant for text in texts)
    known = bool(texts) and all(read_word(text, {}) is not None for text in texts)
    return (parent, child, kind) if typed or known else None


def _find_types(frame: pl.DataFrame) -> str | None:
    """The one column that holds types with both readings, whatever it is called."""
    held = [c for c in frame.columns if c not in (FILE, LINE) and _holds_types(frame[c])]
    return held[0] if len(held) == 1 else None


def _holds_types(column: pl.Series) -> bool:
    if column.dtype not in (pl.String, pl.Categorical):
        return False
    begin = column.head(_LOOKED_AT).drop_nulls().cast(pl.String)
    if not begin.str.contains(BETWEEN, literal=True).all():
        return False  # mostly so: ids of ten million rows are not told apart for this
    texts = column.cast(pl.String).drop_nulls().unique()
    return (
        len(texts) > 0
        and bool(texts.str.contains(BETWEEN, literal=True).all())
        and any(read_word(text, {}) is not None for text in texts.head(_LOOKED_AT).to_list())
    )
