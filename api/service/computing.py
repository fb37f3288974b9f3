"""What computes jobs, in words, and its simple form: threads of this process."""

from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from knockon.api.service.jobs import Job, Jobs
from knockon.api.service.refusals import Refusal
from knockon.api.service.served import Served, StoppedError
from knockon.api.service.work import Outcome, compute

READ_AGAIN = Refusal(
    503, "The graphs were read again", "the graphs were read again meanwhile: ask once more",
    retry=1,
)  # fmt: skip


class Computing(Protocol):
    """What computes the jobs of a server."""

    def start(self) -> None:
        """Begin to take jobs; may be called again."""

    def close(self) -> None:
        """End what is left of it at once."""

    def adopt(self, served: Served, places: Mapping[str, Path]) -> None:
        """From now on questions are about these graphs; those of earlier ones are still answered.

        places: folders of graphs that were spooled already
        """

    def describe(self) -> dict[str, Any]:
        """What it is, for whoever looks after the server."""


class Threads:
    """Jobs run in threads of this process: nothing to start, but no memory limit and no kill."""

    def __init__(self, served: Served, jobs: Jobs) -> None:
        self.served, self.jobs, self._started = {served.edition: served}, jobs, False

    def start(self) -> None:
        if not self._started:
            self._started = True
            for number in range(self.jobs.limits.whole("workers")):
                Thread(target=self._serve, name=f"questions-{number}", daemon=True).start()

    def close(self) -> None:
        self.jobs.close()
        self.jobs.stop_all()
        self._started = False

    def adopt(self, served: Served, places: Mapping[str, Path]) -> None:
        used = self.jobs.list_editions() | {served.edition - 1}
        kept = {e: s for e, s in self.served.items() if e in used}
        self.served = kept | {served.edition: served}

    def describe(self) -> dict[str, Any]:
        workers = self.jobs.limits.whole("workers")
        return {"workers": workers, "processes": [], "ready": workers}

    def _serve(self) -> None:
        while (job := self.jobs.take()) is not None:
            try:
                served = self.served.get(job.work.edition)
                outcome: Outcome = READ_AGAIN
                if served is not None:
                    outcome = compute(served, job.work, self.jobs.limits, _watch(job))
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
