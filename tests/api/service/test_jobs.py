"""What is queued, runs and is kept, without anybody who computes."""

from threading import Thread

import pytest

from knockon.api.service.jobs import Jobs
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.refusals import Refusal
from knockon.api.service.work import JSON, Reply, Work


def work(seed: int) -> Work:
    return Work.of("market", "whatif", JSON, {"origins": ["cloud"], "seed": seed})


def reply(size: int = 3) -> Reply:
    return Reply(JSON, b"x" * size)


def test_the_same_question_is_one_job() -> None:
    """While it is under way, and afterwards while its answer is kept."""
    jobs = Jobs(Limits.of())
    first, again = jobs.submit(work(1), "a"), jobs.submit(work(1), "b")
    assert first is again
    assert jobs.take() is first
    jobs.finish(first, reply())
    assert jobs.submit(work(1), "c") is first
    assert jobs.submit(work(2), "c") is not first


def test_a_refusal_is_not_kept_for_others() -> None:
    """It is shown to whoever has the id, but the next who asks begins anew."""
    jobs = Jobs(Limits.of())
    job = jobs.submit(work(1), "a")
    jobs.take()
    jobs.finish(job, Refusal(503, "Too large", "too large"))
    assert jobs.find(job.id) is job
    assert job.state == "failed"
    assert jobs.submit(work(1), "a") is not job


def test_the_queue_is_bounded_and_says_when_to_come_back() -> None:
    """Workers that are free count: a queue of 0 lets as many in as can begin at once."""
    jobs = Jobs(Limits.of(workers=2, queue=1))
    for seed in range(3):
        jobs.submit(work(seed), "a")
    with pytest.raises(LimitError, match="3 questions wait; this server allows 1 questions") as met:
        jobs.submit(work(9), "b")
    assert (met.value.status, met.value.name) == (503, "queue")
    assert met.value.retry
    assert jobs.submit(work(0), "b").askers == 2


def test_one_client_cannot_take_all() -> None:
    """Its own questions are a 429; others are let in."""
    jobs = Jobs(Limits.of(per_client=2))
    jobs.submit(work(1), "a")
    jobs.take()
    jobs.submit(work(2), "a")
    with pytest.raises(LimitError) as met:
        jobs.submit(work(3), "a")
    assert (met.value.status, met.value.name) == (429, "per_client")
    jobs.submit(work(3), "b")


def test_who_goes_away_stops_a_question_that_nobody_else_wants() -> None:
    """One that waits ends at once, one that runs is told; what somebody has the id of goes on."""
    jobs = Jobs(Limits.of())
    waits = jobs.submit(work(1), "a")
    jobs.leave(waits)
    assert waits.state == "cancelled"
    shared = jobs.submit(work(2), "a")
    jobs.submit(work(2), "b")
    jobs.take()
    jobs.leave(shared)
    assert not shared.stopping
    jobs.leave(shared)
    assert shared.stopping
    known = jobs.submit(work(3), "a")
    jobs.keep(known)
    jobs.leave(known)
    assert known.state == "queued"
    assert jobs.submit(work(2), "a") is not shared


def test_what_ended_first_is_forgotten_first() -> None:
    """By bytes: two answers of 0.6 MiB do not fit into 1 MiB."""
    jobs = Jobs(Limits.of(kept=1))
    for seed in (1, 2):
        job = jobs.submit(work(seed), "a")
        jobs.take()
        jobs.finish(job, reply(600_000))
    assert jobs.find_kept(work(1)) is None
    assert jobs.find_kept(work(2)) is not None
    assert jobs.count()["kept"] == 1


def test_a_server_that_stops_refuses_what_waits() -> None:
    """What runs may end; nothing new begins."""
    jobs = Jobs(Limits.of())
    runs, waits = jobs.submit(work(1), "a"), jobs.submit(work(2), "a")
    jobs.take()
    jobs.close()
    assert (runs.state, waits.state) == ("running", "cancelled")
    assert jobs.take() is None
    with pytest.raises(LimitError, match="the server is stopping"):
        jobs.submit(work(3), "a")
    assert not jobs.wait_until_idle(0)
    jobs.finish(runs, reply())
    assert jobs.wait_until_idle(0)


def test_another_form_of_an_answer_goes_to_who_has_it() -> None:
    """While that worker is free, or computes it; not where it has something else to do."""
    jobs, taken = Jobs(Limits.of()), {}
    table = Work.of("market", "whatif", "text/csv", {"origins": ["cloud"], "seed": 1})
    first = jobs.submit(work(1), "a")
    assert jobs.take(1) is first
    jobs.submit(table, "a")
    other = jobs.submit(work(2), "a")
    assert jobs.take(2) is other  # the table waits for the worker that computes its answer
    jobs.finish(first, reply())
    assert jobs.take(1).work == table
    for number in (3, 1):  # who computed something else waits as long
        waiting = Thread(target=lambda n=number: taken.update({n: jobs.take(n)}), daemon=True)
        waiting.start()
        while number not in jobs._idle:
            waiting.join(0.01)
    jobs.submit(Work.of("market", "whatif", "text/html", {"origins": ["cloud"], "seed": 1}), "a")
    waiting.join(20)
    assert taken[1].work.media == "text/html"
    jobs.close()
