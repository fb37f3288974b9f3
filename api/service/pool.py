"""Who computes jobs: processes of their own, or threads of this one (tests, small uses)."""

import logging
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep
from types import ModuleType
from typing import Any, Protocol

from knockon.api.service.jobs import Job, Jobs
from knockon.api.service.limits import MIB, LimitError
from knockon.api.service.refusals import Refusal, refuse
from knockon.api.service.served import Served, StoppedError
from knockon.api.service.work import Outcome, compute
from knockon.api.service.worker import DONE, FAULT, PROGRESS, READY, STOPPED, run
from knockon.graph.model.graph import DependencyGraph

_log = logging.getLogger("knockon.service")
_LOOK = 0.1  # seconds between two looks at a running worker
_PAUSE = 0.5  # seconds before another is started where one could not begin
_GRACE = 1.0  # seconds in which a worker may stop by itself
_TRIES = 2  # how often a job is begun whose worker dies


class WorkerFaultError(Exception):
    """A fault of ours in a worker, with its traceback there."""


class Computing(Protocol):
    """What computes the jobs of a server."""

    def start(self) -> None:
        """Begin to take jobs; may be called again."""

    def close(self) -> None:
        """End what is left of it at once."""

    def describe(self) -> dict[str, Any]:
        """What it is, for whoever looks after the server."""


class Threads:
    """Jobs run in threads of this process: nothing to start, but no memory limit and no kill."""

    def __init__(self, served: Served, jobs: Jobs) -> None:
        self.served, self.jobs, self._started = served, jobs, False

    def start(self) -> None:
        if not self._started:
            self._started = True
            for number in range(self.jobs.limits.whole("workers")):
                Thread(target=self._serve, name=f"questions-{number}", daemon=True).start()

    def close(self) -> None:
        self.jobs.close()
        self.jobs.stop_all()
        self._started = False

    def describe(self) -> dict[str, Any]:
        return {"workers": self.jobs.limits.whole("workers"), "processes": []}

    def _serve(self) -> None:
        while (job := self.jobs.take()) is not None:
            try:
                outcome = compute(self.served, job.work, self.jobs.limits, _watch(job))
            except StoppedError:
                self.jobs.end_stopped(job)
            except Exception as fault:
                self.jobs.fail(job, fault)
            else:
                self.jobs.finish(job, outcome)
            del job  # its answer is not to be kept by a thread that waits


def _watch(job: Job) -> Any:
    def watch(done: int, total: int) -> bool:
        job.progress = (int(done), int(total))
        return not job.stopping

    return watch


class Processes:
    """Jobs run in worker processes, which map one copy of the graphs.

    A worker that dies takes only its job along, which is begun once more. One that is over its
    time or memory, or does not stop when it is to, is killed, and another takes its place.
    """

    def __init__(self, graphs: Mapping[str, DependencyGraph], jobs: Jobs) -> None:
        self.graphs, self.jobs = graphs, jobs
        self.folder: Path | None = None
        self.bytes = 0
        self._workers: dict[int, _Worker] = {}
        self._threads: list[Thread] = []
        self.deaths = 0

    def start(self) -> None:
        if self._threads:
            return
        from knockon.api.service.spool import spool_graphs

        self.folder = Path(tempfile.mkdtemp(prefix="knockon-"))
        self.bytes = spool_graphs(self.graphs, self.folder)
        for number in range(self.jobs.limits.whole("workers")):
            thread = Thread(
                target=self._serve, args=(number,), name=f"worker-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        self.jobs.close()
        for worker in [*self._workers.values()]:
            worker.process.kill()  # its thread sees that, and closes the pipes
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()
        self._workers.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self) -> dict[str, Any]:
        return {
            "workers": self.jobs.limits.whole("workers"),
            "processes": [w.process.pid for w in [*self._workers.values()] if w.process.is_alive()],
            "mapped_bytes": self.bytes,
            "deaths": self.deaths,
        }

    def _serve(self, number: int) -> None:
        """One worker after the other, each for many jobs."""
        while not self.jobs.closing:
            try:
                worker = _Worker(self.folder, self.jobs)
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
            outcome = worker.answer(job)
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

    def __init__(self, folder: Path | None, jobs: Jobs) -> None:
        self.limits = jobs.limits
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        their_stops, self.stops = context.Pipe(duplex=False)
        arguments = (theirs, their_stops, str(folder), dict(self.limits.values))
        with _STARTING, _share_cores(self.limits.whole("workers")), _hide_main():
            self.process = context.Process(target=run, args=arguments, daemon=True, name="knockon")
            self.process.start()
        theirs.close()
        their_stops.close()
        self.usable, self.number = True, 0
        self.base: int | None = None  # bytes before its first question

    def answer(self, job: Job) -> Outcome:
        """The outcome of a job. Raises EOFError where the process dies, StoppedError where the
        job was stopped, WorkerFaultError for a fault of ours."""
        self.number += 1
        try:
            self.pipe.send((self.number, job.work))
        except (OSError, ValueError):
            raise EOFError from None
        begun, told = monotonic(), None
        while True:
            message = self._receive()
            match message:
                case (str(kind), outcome) if kind == DONE:
                    return outcome  # type: ignore[no-any-return]
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


@contextmanager
def _share_cores(workers: int) -> Iterator[None]:
    """Libraries of a process that is started meanwhile use their share of the cores."""
    share = str(max(1, (os.cpu_count() or 1) // workers))
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ |= {name: value or share for name, value in before.items()}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


@contextmanager
def _hide_main() -> Iterator[None]:
    """A process that is started meanwhile does not run the program of this one once more, which may
    be anything, or come from nowhere (`python -`)."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


_STARTING = Lock()  # what is changed meanwhile belongs to the whole program
_THREADS = ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
