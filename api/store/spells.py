"""What status pages reported as down, kept: so that a restart forgets nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from knockon.api.store.schema import SPELLS
from knockon.api.store.store import Store

_FIELDS = (
    "source", "entity", "name", "kind", "severity", "component", "key", "status", "began", "ended",
)  # fmt: skip


class Spells:
    """The spells of a store. Several servers may keep the same ones: of one source an entity has
    one that goes on, which who comes first begins, and ends."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, graph: str, most: int) -> tuple[list[dict[str, Any]], int]:
        """All spells of a graph that go on, and the latest that are over, oldest first; how many
        older ones there are."""
        shown = [SPELLS.c[name] for name in _FIELDS]
        of_graph = sa.select(*shown).where(SPELLS.c.graph == graph)
        going = of_graph.where(SPELLS.c.ended.is_(None)).order_by(SPELLS.c.number)
        over = of_graph.where(SPELLS.c.ended.is_not(None)).order_by(
            SPELLS.c.ended.desc(), SPELLS.c.number.desc()
        )
        count = sa.select(sa.func.count()).where(
            SPELLS.c.graph == graph, SPELLS.c.ended.is_not(None)
        )
        with self._store.telling(), self._store.reading.connect() as connection:
            rows = [dict(r) for r in connection.execute(over.limit(most)).mappings()][::-1]
            older = connection.execute(count).scalar_one() - len(rows)
            rows += [dict(r) for r in connection.execute(going).mappings()]
        return rows, older

    def save(self, graph: str, spells: Sequence[Mapping[str, Any]]) -> None:
        """How these spells stand now, in their order, all or none. Raises StoreError."""
        with self._store.telling(), self._store.engine.begin() as connection:
            for spell in spells:
                _save_one(connection, graph, spell)


def _save_one(connection: sa.Connection, graph: str, spell: Mapping[str, Any]) -> None:
    goes_on = (
        (SPELLS.c.graph == graph) & (SPELLS.c.source == spell["source"])
        & (SPELLS.c.entity == spell["entity"]) & SPELLS.c.ended.is_(None)
    )  # fmt: skip
    values = {name: spell[name] for name in _FIELDS}
    changed = {name: values[name] for name in ("severity", "component", "key", "status", "ended")}
    known = connection.execute(SPELLS.update().where(goes_on).values(changed)).rowcount
    if known or spell["ended"] is not None:
        return
    insert: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    row = {"graph": graph, **values}
    connection.execute(insert(SPELLS).values(row).on_conflict_do_nothing())
