"""Connections to PostgreSQL that do not wait for ever: a server may hang, and say nothing.

Timeouts of the server do not help when it is the server that hangs, nor those of TCP, when its
machine still acknowledges. So each wait of the driver has an end here, after which the connection
is closed.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any

import psycopg


class SilenceError(psycopg.OperationalError):
    """The server said nothing for too long."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose server may be silent for `patience` seconds at most."""

    patience: float = 20.0

    def wait(self, gen: Generator[Any, Any, Any], *options: Any, **more: Any) -> Any:
        """As psycopg does, which calls it for everything; raises SilenceError."""
        try:
            return super().wait(_end(gen, self.patience), *options, **more)
        except SilenceError:
            self.pgconn.finish()  # what is said later is no answer to what is asked next
            raise


def _end(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """What the generator does, until it has waited for so long; `ready` is 0 where nothing is."""
    end = monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                end = monotonic() + seconds
            elif monotonic() > end:
                gen.close()
                raise SilenceError(f"it said nothing for {seconds:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value


def connect(parameters: dict[str, Any], seconds: float) -> PatientConnection:
    """A connection that waits for so long, to be made and for each answer."""
    # a database of SQL_ASCII would give bytes in the place of texts
    stated = {"connect_timeout": max(round(seconds), 2), "client_encoding": "UTF8", **parameters}
    made = PatientConnection.connect(**stated)
    made.patience = seconds
    made.autocommit = True
    made.execute(f"SET statement_timeout = {round(1000 * seconds)}")  # it does not work for nobody
    made.autocommit = False
    return made
