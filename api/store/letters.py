"""Events that a webhook has not taken yet, kept: so that a crash loses none."""

import sqlalchemy as sa

from knockon.api.store.schema import LETTERS
from knockon.api.store.store import Store, tell_time


class Letters:
    """The letters of a store, by receiver: a digest of its address, which may hold a secret."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, receiver: str) -> list[tuple[str, bytes]]:
        """Id and body of what waits for it, oldest first."""
        chosen = (
            sa.select(LETTERS.c.event, LETTERS.c.body)
            .where(LETTERS.c.receiver == receiver)
            .order_by(LETTERS.c.number)
        )
        with self._store.telling(), self._store.reading.connect() as connection:
            return [(event, bytes(body)) for event, body in connection.execute(chosen)]

    def save(self, receiver: str, event: str, body: bytes, most: int) -> None:
        """Keep it, in the place of an earlier body of the same event; of more than `most` that
        wait the oldest are dropped. Raises StoreError."""
        mine = LETTERS.c.receiver == receiver
        oldest = (
            sa.select(LETTERS.c.number)
            .where(mine)
            .order_by(LETTERS.c.number.desc())
            .limit(1)
            .offset(most - 1)
        )
        with self._store.telling(), self._store.engine.begin() as connection:
            known = LETTERS.update().where(mine, LETTERS.c.event == event).values(body=body)
            if connection.execute(known).rowcount:
                return
            values = {"receiver": receiver, "event": event, "body": body, "created": tell_time()}
            connection.execute(LETTERS.insert().values(values))
            last = connection.execute(oldest).scalar_one_or_none()
            if last is not None:
                connection.execute(LETTERS.delete().where(mine, LETTERS.c.number < last))

    def drop(self, receiver: str, events: list[str]) -> None:
        """They were taken, or given up. Raises StoreError."""
        chosen = LETTERS.c.receiver == receiver, LETTERS.c.event.in_(events)
        with self._store.telling(), self._store.engine.begin() as connection:
            connection.execute(LETTERS.delete().where(*chosen))
