"""Jobs: questions that wait, run, or have ended and are kept for a while."""

import secrets
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import ceil
from threading import Condition
from time import monotonic, time
from typing import Literal

from knockon.api.service.limits import MIB, LimitError, Limits
from knockon.api.service.refusals import Refusal
from knockon.api.service.work import Outcome, Reply, Work

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
_MOST = 1000  # jobs that have ended
_SMALL = 2000  # bytes that a job takes beside its answer


@dataclass(eq=False)
class Job:
    """A question under way, or ended. Changed by `Jobs` only.

    client: who asked first; askers: how many wait for it; known: somebody was told its id, so that
    it goes on when nobody waits
    attempts: how often it was begun; times in seconds since 1970
    """

    id: str
    work: Work
    client: str
    created: float
    state: State = "queued"
    progress: tuple[int, int] | None = None
    attempts: int = 0
    askers: int = 0
    known: bool = False
    stopping: bool = False
    started: float | None = None
    ended: float | None = None
    begun: float = 0.0  # by a clock that nobody moves
    future: "Future[Outcome]" = field(default_factory=lambda: _promise())

    @property
    def outcome(self) -> Outcome | None:
        return self.future.result() if self.state in ENDED and not self.future.exception() else None


class Jobs:
    """The queue of a server and what it keeps. Safe to use from several threads.

    Who computes takes a job with `take` and ends it with `finish`, `fail` or `give_back`.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.changed = Condition()
        self.closing = False
        self._queue: OrderedDict[str, Job] = OrderedDict()
        self._running: dict[str, Job] = {}
        self._ended: OrderedDict[str, Job] = OrderedDict()
        self._by_work: dict[Work, Job] = {}
        self._of_client: Counter[str] = Counter()
        self._bytes = 0
        self._typical = 1.0  # seconds of a question, the latest counting most
        self._homes: OrderedDict[tuple[str, ...], int] = OrderedDict()  # which worker answered
        self._idle: set[int] = set()

    def find(self, identifier: str) -> Job | None:
        """The job of this id, if it is kept."""
        with self.changed:
            for jobs in (self._running, self._queue, self._ended):
                if identifier in jobs:
                    return jobs[identifier]
        return None

    def find_kept(self, work: Work) -> Job | None:
        """A job for the same question that is under way, or ended with an answer."""
        with self.changed:
            job = self._by_work.get(work)
            if job is not None and job.id in self._ended:
                self._ended.move_to_end(job.id)
            return None if job is None or job.stopping else job

    def submit(self, work: Work, client: str) -> Job:
        """A job for the question: one under way or kept, else a new one. The caller waits for it
        (`leave`). Raises LimitError where too many wait."""
        with self.changed:
            job = self._by_work.get(work)
            if job is None or job.stopping:
                self._check_room(client)
                job = Job(secrets.token_hex(12), work, client, time())
                self._queue[job.id] = self._by_work[work] = job
                self._of_client[client] += 1
                self.changed.notify_all()
            job.askers += 1
            return job

    def _check_room(self, client: str) -> None:
        mine, waiting = self._of_client[client], len(self._queue)
        if self.closing:
            raise LimitError("drain", self.limits["drain"], "the server is stopping", retry=5)
        if mine >= self.limits["per_client"]:
            what = f"{mine:,} questions of this client are under way"
            raise LimitError("per_client", self.limits["per_client"], what, retry=self.estimate())
        free = self.limits.whole("workers") - len(self._running)
        if waiting >= self.limits["queue"] + max(free, 0):
            what = f"{waiting:,} questions wait"
            raise LimitError("queue", self.limits["queue"], what, retry=self.estimate())

    def estimate(self) -> int:
        """Seconds until a question that is asked now could begin."""
        return max(1, min(ceil(len(self._queue) * self._typical / self.limits["workers"]), 600))

    def leave(self, job: Job) -> None:
        """Nobody waits here any longer; a job that nobody knows or waits for is stopped."""
        with self.changed:
            job.askers -= 1
            if job.askers <= 0 and not job.known:
                self._stop(job)

    def keep(self, job: Job) -> None:
        """Somebody was told its id: it goes on by itself."""
        with self.changed:
            job.known = True

    def cancel(self, job: Job) -> None:
        """Stop it, whoever waits."""
        with self.changed:
            self._stop(job)

    def _stop(self, job: Job) -> None:
        if job.state == "queued":
            self._end(job, "cancelled", _CANCELLED)
        elif job.state == "running":
            job.stopping = True
            if self._by_work.get(job.work) is job:
                del self._by_work[job.work]
            self.changed.notify_all()

    def take(self, worker: int | None = None) -> Job | None:
        """The next job, when there is one; None when the server stops.

        worker: a number of its own where each keeps its latest answers to itself: another form of
        one of them goes to who has it, unless that one has something else to do
        """
        with self.changed:
            while (job := self._choose(worker)) is None:
                if self.closing:
                    return None
                if worker is not None:
                    self._idle.add(worker)
                self.changed.wait()
            del self._queue[job.id]
            self._running[job.id] = job
            job.state, job.started, job.progress = "running", time(), None
            job.begun = monotonic()
            job.attempts += 1
            if worker is not None:
                self._idle.discard(worker)
                self._homes[job.work.asked] = worker
                self._homes.move_to_end(job.work.asked)
                while len(self._homes) > _MOST:
                    self._homes.popitem(last=False)
                self.changed.notify_all()  # what was left to this one is for all now
            return job

    def _choose(self, worker: int | None) -> Job | None:
        """The first job that waits and is not for another worker."""
        busy = {job.work.asked for job in self._running.values()} if worker is not None else set()
        for job in self._queue.values():
            home = self._homes.get(job.work.asked)
            if worker is None or home in (None, worker):
                return job
            if home not in self._idle and job.work.asked not in busy:
                return job
        return None

    def finish(self, job: Job, outcome: Outcome) -> None:
        """It was answered, or refused."""
        with self.changed:
            taken = monotonic() - job.begun
            self._typical = 0.8 * self._typical + 0.2 * taken
            self._end(job, "done" if isinstance(outcome, Reply) else "failed", outcome)

    def end_stopped(self, job: Job) -> None:
        """It was stopped because somebody said so."""
        with self.changed:
            why = _STOPPING if self.closing else _CANCELLED
            self._end(job, "cancelled", why)

    def fail(self, job: Job, fault: Exception) -> None:
        """It broke: whoever waits gets the exception."""
        with self.changed:
            self._end(job, "failed", fault)

    def give_back(self, job: Job) -> None:
        """It is to be begun again, before all others."""
        with self.changed:
            del self._running[job.id]
            job.state, job.started = "queued", None
            self._queue[job.id] = job
            self._queue.move_to_end(job.id, last=False)
            self.changed.notify_all()

    def _end(self, job: Job, state: State, outcome: Outcome | Exception) -> None:
        if job.state in ENDED:
            return
        self._queue.pop(job.id, None)
        self._running.pop(job.id, None)
        self._of_client[job.client] -= 1
        if not self._of_client[job.client]:
            del self._of_client[job.client]
        job.state, job.ended = state, time()
        if self._by_work.get(job.work) is job and not isinstance(outcome, Reply):
            del self._by_work[job.work]
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)
        self._ended[job.id] = job
        self._bytes += _measure(job)
        self._forget()
        self.changed.notify_all()

    def _forget(self) -> None:
        """Drop what ended first, until the rest fits."""
        most = self.limits["kept"] * MIB
        while self._ended and (len(self._ended) > _MOST or self._bytes > most):
            _, job = self._ended.popitem(last=False)
            self._bytes -= _measure(job)
            if self._by_work.get(job.work) is job:
                del self._by_work[job.work]

    def close(self) -> None:
        """Take no more questions; those that wait are refused, those that run are not stopped."""
        with self.changed:
            self.closing = True
            for job in [*self._queue.values()]:
                self._end(job, "cancelled", _STOPPING)
            self.changed.notify_all()

    def open(self) -> None:
        """Take questions, again where it was closed."""
        with self.changed:
            self.closing = False

    def stop_all(self) -> None:
        """Stop whatever runs."""
        with self.changed:
            for job in [*self._running.values()]:
                self._stop(job)

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether nothing runs any more, by then."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._running, seconds)

    def count(self) -> dict[str, int]:
        """How many wait, run, and are kept; bytes: of what is kept."""
        with self.changed:
            return {"queued": len(self._queue), "running": len(self._running),
                    "kept": len(self._ended), "bytes": self._bytes}  # fmt: skip

    def list_editions(self) -> set[int]:
        """Of which graphs the questions are that wait or run."""
        with self.changed:
            return {j.work.edition for jobs in (self._queue, self._running) for j in jobs.values()}

    def list_running(self) -> Iterator[Job]:
        with self.changed:
            yield from list(self._running.values())


def _promise() -> "Future[Outcome]":
    """A future that nobody who waits for it can cancel."""
    future: Future[Outcome] = Future()
    future.set_running_or_notify_cancel()
    return future


_CANCELLED = Refusal(503, "The question was stopped", "the question was stopped: ask it again")
_STOPPING = Refusal(
    503, "The server is stopping", "the server is stopping: ask again when it is back",
    {"limit": "drain"}, retry=5,
)  # fmt: skip


def _measure(job: Job) -> int:
    outcome = job.outcome
    return _SMALL + (len(outcome.body) if isinstance(outcome, Reply) else 0)
