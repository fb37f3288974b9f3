"""Sources that are read again when they change, while questions are answered.

A source is read in a process of its own, whose death or memory is not that of the server, and its
graph takes the place of the old one at once. What cannot be read, or is gone, leaves the old graph.
"""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from knockon.api.service.service import Service
from knockon.api.service.spawn import start_process
from knockon.api.service.spool import open_graph, spool_graph
from knockon.graph.errors import KnockonError, StoreError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scratch import Scratch

if TYPE_CHECKING:
    from hashlib import _Hash

_log = logging.getLogger("knockon.sources")
_PIECE = 1 << 20
_SHARE = 20  # times as long as a look took passes before the next: folders may be large
Stamp = tuple[tuple[str, int, int, int], ...]


def stamp_sources(sources: Sequence[str]) -> Stamp:
    """Name, time, size and number of every file of the sources; nothing of an address.

    Raises FileNotFoundError where a source is gone.
    """
    return tuple(_stamp_file(path) for path in _list_files(sources))


def _stamp_file(path: Path) -> tuple[str, int, int, int]:
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _list_files(sources: Sequence[str]) -> Iterator[Path]:
    for source in sources:
        if "://" in source:
            continue
        path = Path(source)
        if not path.is_dir():
            yield path
            continue
        yield from (found for found in sorted(path.rglob("*")) if found.is_file())


def digest_files(sources: Sequence[str]) -> str:
    """SHA-256 over all files of the sources. Raises OSError."""
    whole = sha256()
    for path in _list_files(sources):
        whole.update(f"{path}\n{path.stat().st_size}\n".encode())
        _add_file(whole, path)
    return whole.hexdigest()


def _add_file(whole: "_Hash", path: Path) -> None:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)


class Reading:
    """Looks at the sources of a service every so many seconds (0: only when told to).

    sources: of each graph; options: of `load_tables`; also: files that change all graphs
    save: is given each new graph; what it raises leaves it to be saved later
    """

    def __init__(
        self, sources: Mapping[str, Sequence[str]], options: Mapping[str, Any], *, seconds: float,
        also: Sequence[str] = (), save: Callable[[str, DependencyGraph], object] | None = None,
    ) -> None:  # fmt: skip
        self.sources, self.options, self.seconds = dict(sources), dict(options), seconds
        self.also, self.save = [*also], save
        self._tries = 0
        self._seen = {name: self._stamp(name) for name in self.sources}
        self._noticed = dict(self._seen)
        self._digests: dict[str, str] = {}
        self._unsaved: dict[str, DependencyGraph] = {}
        self._woken, self._told, self._closed = Event(), False, False
        self._thread: Thread | None = None
        self._scratch: Scratch | None = None

    def start(self, service: Service) -> None:
        """Begin to look; `service` gets the new graphs."""
        self._closed = False
        service.on_hangup.append(self.look_again)
        self._scratch = Scratch("read")
        self._thread = Thread(target=self._run, args=(service,), name="sources", daemon=True)
        self._thread.start()

    def look_again(self) -> None:
        """Read all sources again, changed or not."""
        self._told = True
        self._woken.set()

    def close(self) -> None:
        self._closed = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(5)
            if self._scratch is not None:
                self._scratch.close()

    def _run(self, service: Service) -> None:
        for name in self.sources:
            if self._seen[name] and self._stamp(name) == self._seen[name]:
                self._digests[name] = self._digest(name) or ""
        took = 0.0
        while not self._closed:
            self._woken.wait(max(self.seconds, _SHARE * took) if self.seconds else None)
            begun = monotonic()
            self._woken.clear()
            told, self._told = self._told, False
            for name in () if self._closed else self.sources:
                try:
                    self._look(service, name, told)
                except Exception:  # the next look may find it better
                    _log.exception("graph %s: its source cannot be looked at", clip(name))
            self._save_later()
            took = monotonic() - begun

    def _stamp(self, name: str) -> Stamp | None:
        """None where a source is gone."""
        try:
            return stamp_sources([*self.sources[name], *self.also])
        except OSError:
            return None

    def _digest(self, name: str) -> str | None:
        try:
            return digest_files([*self.sources[name], *self.also])
        except OSError:
            return None

    def _look(self, service: Service, name: str, told: bool) -> None:
        """Read a source again that changed and then stayed as it is for two looks."""
        stamp = self._stamp(name)
        settled = stamp == self._noticed[name]
        self._noticed[name] = stamp
        if not told and (stamp == self._seen[name] or not settled):
            return
        if stamp is None:
            self._seen[name] = None
            self._keep_old(service, name, "it is gone")
            return
        digest = self._digest(name)
        if stamp and not told and digest == self._digests.get(name):
            self._seen[name] = stamp
            self._settle(service, name, "the same again")
            return
        self._read(service, name, stamp, digest or "")

    def _read(self, service: Service, name: str, stamp: Stamp, digest: str) -> None:
        self._tries += 1
        assert self._scratch is not None
        place = self._scratch.path / f"{self._tries}"
        fault = read_aside(self.sources[name], self.options, place)
        if self._stamp(name) != stamp:  # it changed meanwhile: the next look sees
            shutil.rmtree(place, ignore_errors=True)
            return
        self._seen[name] = stamp
        if fault is not None:
            shutil.rmtree(place, ignore_errors=True)
            self._keep_old(service, name, fault)
            return
        graph = open_graph(place)
        service.adopt({name: graph}, {name: place})
        self._digests[name] = digest
        service.reads["done"] += 1
        counts = f"{graph.size:,} entities, {len(graph.dependent):,} dependencies"
        self._settle(service, name, f"read again: {counts}")
        if self.save is not None:
            self._unsaved[name] = graph

    def _keep_old(self, service: Service, name: str, fault: str) -> None:
        service.reads["failed"] += 1
        service.stale[name] = fault
        _log.warning("graph %s: the old one stays: %s", clip(name), clip(fault, 500))

    def _settle(self, service: Service, name: str, how: str) -> None:
        service.stale.pop(name, None)
        _log.info("graph %s: %s", clip(name), how)

    def _save_later(self) -> None:
        for name, graph in [*self._unsaved.items()] if self.save else ():
            try:
                self.save(name, graph)  # type: ignore[misc]
                del self._unsaved[name]
            except StoreError as fault:
                _log.warning("graph %s: not saved yet: %s", clip(name), fault)


def read_aside(sources: Sequence[str], options: Mapping[str, Any], place: Path) -> str | None:
    """Spool the graph of these sources to a new folder, in a process of its own; None, or why
    that cannot be."""
    pipe, theirs = get_context("spawn").Pipe(duplex=False)
    process = start_process(_read_there, theirs, [*sources], dict(options), str(place), workers=1)
    theirs.close()
    try:
        fault: str | None = pipe.recv()
    except EOFError:
        process.join()
        fault = f"the process that read it ended with {process.exitcode}"
    finally:
        pipe.close()
    process.join()
    return fault


def _read_there(pipe: Connection, sources: list[str], options: dict[str, Any], place: str) -> None:
    from knockon.api.service.worker import end_with, ignore_signals
    from knockon.loaders.merge import load_tables

    ignore_signals()
    Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    try:
        tables = load_tables(sources, **options)
        spool_graph(DependencyGraph.from_tables(tables, checked=True), Path(place))
        pipe.send(None)
    except KnockonError as fault:
        pipe.send(str(fault))
    except (OSError, MemoryError) as fault:
        pipe.send(f"{type(fault).__name__}: {fault}")
    sys.stderr.flush()
