"""Processes that compute jobs, and what happens when one of them dies."""

import logging
import multiprocessing
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

from knockon.api.service.computing import READ_AGAIN
from knockon.api.service.jobs import Job, Jobs
from knockon.api.service.limits import MIB, LimitError
from knockon.api.service.refusals import Refusal, refuse
from knockon.api.service.served import Served, StoppedError
from knockon.api.service.spawn import start_process
from knockon.api.service.work import Outcome
from knockon.api.service.worker import BODY, DONE, FAULT, PROGRESS, READY, STOPPED, run
from knockon.graph.scratch import Scratch

_log = logging.getLogger("knockon.service")
_LOOK = 0.1  # seconds between two looks at a running worker
_PAUSE = 0.5  # seconds before another is started where one could not begin
_GRACE = 1.0  # seconds in which a worker may stop by itself
_TRIES = 2  # how often a job is begun whose worker dies


class WorkerFaultError(Exception):
    """A fault of ours in a worker, with its traceback there."""


class Processes:
    """Jobs run in worker processes, which map one copy of the graphs.

    A worker that dies takes only its job along, which is begun once more. One that is over its
    time or memory, or does not stop when it is to, is killed, and another takes its place.
    """

    def __init__(self, served: Served, jobs: Jobs) -> None:
        self.served, self.jobs = served, jobs
        self.scratch: Scratch | None = None
        self.deaths = self._bytes = 0
        self._places: dict[int, dict[str, Path]] = {}  # of each edition, a folder for each graph
        self._workers: dict[int, _Worker] = {}
        self._threads: list[Thread] = []
        self._lock = Lock()

    def start(self) -> None:
        if self._threads:  # without waiting for graphs that are being spooled
            return
        with self._lock:
            if self._threads:
                return
            self.scratch = Scratch("spool")
            self._spool(self.served, {})
            for number in range(self.jobs.limits.whole("workers")):
                thread = Thread(
                    target=self._serve, args=(number,), name=f"worker-{number}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def adopt(self, served: Served, places: Mapping[str, Path]) -> None:
        with self._lock:
            if self.scratch is not None:
                self._spool(served, places)
            self.served = served

    def _spool(self, served: Served, places: Mapping[str, Path]) -> None:
        """Write what is not written yet, and drop what no question is about any more."""
        from knockon.api.service.spool import measure_folder, spool_graph

        assert self.scratch is not None
        before = self._places.get(served.edition - 1, {})
        mine: dict[str, Path] = {}
        for number, (name, graph) in enumerate(served.graphs.items()):
            same = self.served.graphs.get(name) is graph and name in before
            place = places.get(name) or (before[name] if same else None)
            if place is None:
                place = self.scratch.path / f"{served.edition}-{number}"
                spool_graph(graph, place)
            mine[name] = place
        self._bytes = sum(measure_folder(place) for place in mine.values())
        used = self.jobs.list_editions() | {served.edition - 1}
        old = {e: p for e, p in self._places.items() if e not in used}
        self._places = {e: p for e, p in self._places.items() if e in used}
        self._places[served.edition] = mine
        left = {place for known in self._places.values() for place in known.values()}
        for place in {place for known in old.values() for place in known.values()} - left:
            shutil.rmtree(place, ignore_errors=True)

    def close(self) -> None:
        self.jobs.close()
        for worker in [*self._workers.values()]:
            worker.process.kill()  # its thread sees that, and closes the pipes
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._workers.clear()
        self._places.clear()
        if self.scratch is not None:
            self.scratch.close()

    def describe(self) -> dict[str, Any]:
        return {
            "workers": self.jobs.limits.whole("workers"),
            "processes": [w.process.pid for w in [*self._workers.values()] if w.process.is_alive()],
            "ready": sum(worker.is_ready for worker in [*self._workers.values()]),
            "mapped_bytes": self._bytes,
            "deaths": self.deaths,
        }

    def _serve(self, number: int) -> None:
        """One worker after the other, each for many jobs."""
        while not self.jobs.closing:
            try:
                worker = _Worker(self.jobs, self.served.joining)
            except OSError:
                _log.exception("a worker cannot be started")
                continue
            self._workers[number] = worker
            while worker.usable and (job := self.jobs.take(number)) is not None:
                if worker.process.is_alive():
                    self._run(worker, job)
                else:  # it died while it had nothing to do
                    how = self._mourn(worker)
                    if worker.base is not None:  # it could work before: the job is not to blame
                        job.attempts -= 1
                    self._repeat(job, how)
                del job
            worker.kill()
            if worker.base is None and not self.jobs.closing:
                sleep(_PAUSE)

    def _run(self, worker: "_Worker", job: Job) -> None:
        try:
            outcome = worker.answer(job, self._places.get(job.work.edition))
        except StoppedError:
            self.jobs.end_stopped(job)
        except WorkerFaultError as fault:
            self.jobs.fail(job, fault)
        except EOFError:
            self._repeat(job, self._mourn(worker))
        except Exception as fault:
            worker.kill()
            self.jobs.fail(job, fault)
        else:
            self.jobs.finish(job, outcome)

    def _mourn(self, worker: "_Worker") -> str:
        """Count a worker that died by itself, and say how."""
        worker.kill()
        self.deaths += 1
        code = worker.process.exitcode
        how = f"with exit code {code}" if code is None or code >= 0 else f"by signal {-code}"
        _log.warning("a worker died %s", how)
        return how

    def _repeat(self, job: Job, how: str) -> None:
        """The worker of a job died: begin it once more, or say why it failed."""
        if job.stopping or self.jobs.closing:
            self.jobs.end_stopped(job)
        elif job.attempts < _TRIES:
            self.jobs.give_back(job)
        else:
            detail = f"its process died {how}, {_TRIES} times: the question may be too large"
            self.jobs.finish(job, Refusal(503, "The question could not be computed", detail))


class _Worker:
    """One process and the pipe to it, used by one thread."""

    def __init__(self, jobs: Jobs, joining: Mapping[str, Any]) -> None:
        self.limits = jobs.limits
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        their_stops, self.stops = context.Pipe(duplex=False)
        arguments = (theirs, their_stops, dict(self.limits.values), dict(joining))
        self.process = start_process(run, *arguments, workers=self.limits.whole("workers"))
        theirs.close()
        their_stops.close()
        self.usable, self.number = True, 0
        self.base: int | None = None  # bytes before its first question

    @property
    def is_ready(self) -> bool:
        """Whether it has begun, and lives: it has answered, or its first word waits to be read."""
        try:
            return self.process.is_alive() and (self.base is not None or self.pipe.poll())
        except (OSError, ValueError):  # it is being ended
            return False

    def answer(self, job: Job, places: Mapping[str, Path] | None) -> Outcome:
        """The outcome of a job. Raises EOFError where the process dies, StoppedError where the
        job was stopped, WorkerFaultError for a fault of ours."""
        if places is None:
            return READ_AGAIN
        self.number += 1
        try:
            self.pipe.send((self.number, job.work, places))
        except (OSError, ValueError):
            raise EOFError from None
        begun, told, body = monotonic(), None, b""
        while True:
            message = self._receive()
            match message:
                case (str(kind), _) if kind == BODY:
                    body = self.pipe.recv_bytes()
                case (str(kind), outcome) if kind == DONE:
                    return replace(outcome, body=body) if body else outcome  # type: ignore[no-any-return]
                case (str(kind), str(trace)) if kind == FAULT:
                    raise WorkerFaultError(trace)
                case (str(kind), progress) if kind == PROGRESS:
                    job.progress = progress
                case (str(kind), _) if kind == STOPPED:
                    raise StoppedError
                case (str(kind), _) if kind == READY:
                    begun, self.base = monotonic(), self._measure()
            if job.stopping and told is None:
                told = monotonic()
                with suppress(OSError):
                    self.stops.send(self.number)
            if told is not None and monotonic() - told > _GRACE:
                self.kill()
                raise StoppedError
            if self.base is not None and (refusal := self._check(monotonic() - begun)) is not None:
                self.kill()
                return refusal

    def _receive(self) -> Any:
        try:
            return self.pipe.recv() if self.pipe.poll(_LOOK) else None
        except OSError:
            raise EOFError from None

    def _check(self, seconds: float) -> Refusal | None:
        """Why the running question has to end, if it has."""
        if seconds > self.limits["time"]:
            what = f"the question computed for {seconds:,.0f} seconds"
            return refuse(LimitError("time", self.limits["time"], what))
        used = (self._measure() - (self.base or 0)) / MIB
        if used > self.limits["memory"]:
            what = f"the question took {used:,.0f} MiB"
            return refuse(LimitError("memory", self.limits["memory"], what))
        return None

    def _measure(self) -> int:
        """Bytes that the process has for itself; pages that it shares with others do not count."""
        import psutil

        try:
            memory = psutil.Process(self.process.pid).memory_info()
        except psutil.Error:
            return 0
        return int(memory.rss - getattr(memory, "shared", 0))

    def kill(self) -> None:
        """End the process, whatever it does."""
        self.usable = False
        self.process.kill()
        self.process.join(5)
        self.pipe.close()
        self.stops.close()
