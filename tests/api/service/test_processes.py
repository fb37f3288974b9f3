"""Worker processes: the same bytes; what dies, takes too long or too much, ends alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from knockon.api.service.jobs import Job, Jobs
from knockon.api.service.limits import Limits
from knockon.api.service.pool import Processes
from knockon.api.service.refusals import Refusal
from knockon.api.service.served import Served
from knockon.api.service.work import CSV, JSON, SVG, Reply, Work, compute
from knockon.graph.model.graph import DependencyGraph
from tests.api.rest.rest_toys import market
from tests.paths import ROOT
from tests.toys import dep, graph_of

LONG = {"origins": ["e0"], "worlds": 100_000, "hours": "2..72"}
Start = Callable[..., Jobs]


def chain_of(length: int) -> DependencyGraph:
    """e0 <- e1 <- e2 and so on, each with 0.99."""
    return graph_of(*(dep(f"e{n + 1}", f"e{n}", probability=0.99) for n in range(length)))


@pytest.fixture
def start() -> Iterator[Start]:
    """Jobs with processes that compute them, two unless said otherwise."""
    made: list[Processes] = []

    def begin(graphs: dict[str, DependencyGraph] | None = None, **limits: float) -> Jobs:
        jobs = Jobs(Limits.of(**{"workers": 1, **limits}))
        made.append(Processes(Served(graphs or {"long": chain_of(400)}), jobs))
        made[-1].start()
        jobs.computing = made[-1]  # type: ignore[attr-defined]
        return jobs

    yield begin
    for one in made:
        one.close()


def wait_for(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def begin_long(jobs: Jobs, seed: int = 1) -> Job:
    """A question that runs, and will for long."""
    job = jobs.submit(Work.of("long", "whatif", JSON, LONG | {"seed": seed}), "a")
    wait_for(lambda: job.progress is not None)
    return job


def list_processes(jobs: Jobs) -> list[int]:
    return list(jobs.computing.describe()["processes"])  # type: ignore[attr-defined]


def test_a_process_answers_with_the_same_bytes(start: Start) -> None:
    """Figures, map and table of a graph with names, groups, a report; an error as a refusal."""
    graphs = {"market": market()}
    jobs = start(graphs)
    asked = [
        Work.of("market", "whatif", JSON, {"origins": ["cloud"]}, view={"top": 5}),
        Work.of("market", "whatif", SVG, {"origins": ["cloud"]}),
        Work.of("market", "rank", CSV, {"origins": []},
                own={"kind": None, "among": None, "by": None, "weight": None, "top": 3},
                view={"top": 3}),
        Work.of("market", "whatif", JSON, {"origins": ["clod"]}),
    ]  # fmt: skip
    for work in asked:
        here = compute(Served(graphs), work, jobs.limits)
        assert jobs.submit(work, "a").future.result(60) == here
    assert isinstance(here, Refusal)
    assert (here.status, here.members["nearest"][0]["id"]) == (404, "cloud")


def test_a_worker_that_dies_is_replaced_and_its_job_begun_once_more(start: Start) -> None:
    """Killed twice, the job failed and says why; the next question is answered."""
    jobs = start()
    job = begin_long(jobs)
    for attempt in (1, 2):
        wait_for(lambda: job.progress is not None and job.state == "running")
        assert job.attempts == attempt
        os.kill(list_processes(jobs)[0], signal.SIGKILL)
        wait_for(lambda n=attempt: job.attempts > n or job.state == "failed")
    outcome = job.future.result(10)
    assert isinstance(outcome, Refusal)
    assert (outcome.status, "died by signal 9, 2 times" in outcome.detail) == (503, True)
    quick = Work.of("long", "whatif", JSON, {"origins": ["e0"]})
    assert isinstance(jobs.submit(quick, "a").future.result(60), Reply)


def test_a_worker_that_died_idle_costs_no_attempt(start: Start) -> None:
    """Its death is found before the next job is begun."""
    jobs = start()
    quick = Work.of("long", "whatif", JSON, {"origins": ["e0"]})
    jobs.submit(quick, "a").future.result(60)
    os.kill(list_processes(jobs)[0], signal.SIGKILL)
    wait_for(lambda: not list_processes(jobs))
    job = jobs.submit(Work.of("long", "whatif", SVG, {"origins": ["e0"]}), "a")
    assert isinstance(job.future.result(60), Reply)
    assert job.attempts == 1


def test_a_question_that_nobody_wants_is_stopped(start: Start) -> None:
    """Within seconds the worker, or another in its place, goes on with the next one."""
    jobs = start()
    job = begin_long(jobs)
    jobs.leave(job)
    wait_for(lambda: job.state == "cancelled", 5)
    quick = Work.of("long", "whatif", JSON, {"origins": ["e0"]})
    assert isinstance(jobs.submit(quick, "a").future.result(60), Reply)


@pytest.mark.parametrize(("name", "value"), [("time", 1), ("memory", 1)])
def test_a_question_beyond_its_time_or_memory_is_ended(
    start: Start, name: str, value: float
) -> None:
    """With the limit's name and value."""
    jobs = start(**{name: value})
    work = Work.of("long", "whatif", JSON, LONG)
    outcome = jobs.submit(work, "a").future.result(60)
    assert isinstance(outcome, Refusal)
    assert (outcome.status, outcome.members) == (503, {"limit": name, "value": value})
    assert "ask for fewer worlds" in outcome.detail


def test_workers_need_no_file_of_the_program() -> None:
    """A server may be begun by a program that comes from standard input."""
    program = """
from knockon.api.service.jobs import Jobs
from knockon.api.service.limits import Limits
from knockon.api.service.pool import Processes
from knockon.api.service.served import Served
from knockon.api.service.work import JSON, Work
from tests.api.rest.rest_toys import market
jobs = Jobs(Limits.of(workers=1))
made = Processes(Served({"market": market()}), jobs)
made.start()
work = Work.of("market", "whatif", JSON, {"origins": ["cloud"]})
print(type(jobs.submit(work, "a").future.result(60)).__name__)
made.close()
"""
    done = subprocess.run(
        [sys.executable, "-"], input=program, text=True, capture_output=True, cwd=ROOT, check=False
    )
    assert (done.stdout, done.returncode) == ("Reply\n", 0), done.stderr


def test_workers_end_with_their_server(start: Start) -> None:
    """No process and no file is left, though a question runs."""
    jobs = start(workers=2)
    begin_long(jobs)
    processes = jobs.computing  # type: ignore[attr-defined]
    pids = list_processes(jobs)
    processes.close()
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    assert not processes.scratch.path.exists()
