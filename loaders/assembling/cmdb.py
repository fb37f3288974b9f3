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
    if parent is None or child is None or kind is None or not frame.height:
        return None
    texts = frame[kind].cast(pl.String, strict=False).drop_nulls().unique().to_list()
    meant = {strip_word(theirs) for theirs in said.relations}
    typed = any(BETWEEN in text or strip_word(text) in meant for text in texts)
    known = bool(texts) and all(read_word(text, {}) is not None for text in texts)
    return (parent, child, kind) if typed or known else None
