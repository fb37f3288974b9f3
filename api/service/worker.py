"""The side of a worker: a process that answers one question after the other until told to end.

It begins with nothing (spawn): threads of libraries do not live on in a fork. Messages to it are
`(number, Work, {graph: folder})`, and by a second pipe the number of a question that is to stop;
messages from it `(READY, None)`, `(PROGRESS, (done, total))`, and in the end `(DONE, outcome)`,
`(STOPPED, None)` or `(FAULT, traceback)`; `(BODY, None)` and then the plain bytes of a large answer
come before its `DONE`.
"""

import os
import signal
import sys
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

DONE, PROGRESS, STOPPED, FAULT, READY = "done", "progress", "stopped", "fault", "ready"
BODY = "body"
LARGE = 1 << 18  # bytes of an answer that are sent as they are: unpickling holds up the server
_OFTEN = 0.2  # seconds between two words on progress


def run(
    pipe: Connection, stops: Connection, values: dict[str, float], joining: dict[str, Any]
) -> None:
    """Answer questions from the pipe; `stops` says which ones are to end."""
    ignore_signals()
    Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    from knockon.api.service.limits import Limits
    from knockon.api.service.served import Served, StoppedError
    from knockon.api.service.spool import open_graph
    from knockon.api.service.work import Reply, compute

    limits = Limits(values)
    served, opened = Served({}, limits, edition=-1), dict[Path, Any]()
    pipe.send((READY, None))
    while (asked := _receive(pipe)) is not None:
        number, work, places = asked
        try:
            if work.edition != served.edition:
                opened = {p: opened[p] if p in opened else open_graph(p) for p in places.values()}
                graphs = {name: opened[place] for name, place in places.items()}
                served = Served(graphs, limits, edition=work.edition, joining=joining)
            watch = _Watch(pipe, stops, number)
            outcome = compute(served, work, limits, watch)
            message: Any = (DONE, outcome)
            if isinstance(outcome, Reply) and len(outcome.body) > LARGE:
                pipe.send((BODY, None))
                pipe.send_bytes(outcome.body)
                message = (DONE, replace(outcome, body=b""))
        except StoppedError:
            message = (STOPPED, None)
        except MemoryError:
            message = (FAULT, "not enough memory")
        except Exception:
            message = (FAULT, traceback.format_exc())
        pipe.send(message)


def _receive(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


class _Watch:
    """Tells the server what is done, and stops where it says so."""

    def __init__(self, pipe: Connection, stops: Connection, number: int) -> None:
        self.pipe, self.stops, self.number, self.last = pipe, stops, number, monotonic()

    def __call__(self, done: int, total: int) -> bool:
        now = monotonic()
        if now - self.last >= _OFTEN:
            self.last = now
            self.pipe.send((PROGRESS, (int(done), int(total))))
        while self.stops.poll():
            if self.stops.recv() == self.number:
                return False
        return True


def ignore_signals() -> None:
    """The server says when its processes end."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def end_with(server: int) -> None:
    """End this process when the server has gone, whatever it computes."""
    while os.getppid() == server:
        sleep(1)
    sys.stderr.flush()
    os._exit(1)
