"""A clock that is moved: nothing waits, ends or is lost because of it."""

from pathlib import Path

import pytest

from knockon.api.service import jobs as of_jobs
from knockon.api.service.jobs import Jobs
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.work import JSON, Reply, Work
from tests.api.rest.rest_toys import market

YEAR = 365 * 86_400.0


@pytest.mark.parametrize("moved", [YEAR, -YEAR])
def test_a_clock_that_is_moved_while_a_job_runs(
    monkeypatch: pytest.MonkeyPatch, moved: float
) -> None:
    """Its times are those of the clock, but how long to wait is not."""
    now = [2e9]
    monkeypatch.setattr(of_jobs, "time", lambda: now[0])
    jobs = Jobs(Limits.of(queue=0, workers=1))
    job = jobs.submit(Work.of("g", "whatif", JSON, {}), "me")
    assert jobs.take() is job
    now[0] += moved
    jobs.finish(job, Reply(JSON, b"{}"))
    assert (job.state, job.started, job.ended) == ("done", 2e9, 2e9 + moved)
    jobs.submit(Work.of("g", "whatif", JSON, {"seed": 1}), "me")
    with pytest.raises(LimitError) as met:
        jobs.submit(Work.of("g", "whatif", JSON, {"seed": 2}), "me")
    assert met.value.retry == 1
    assert jobs.find(job.id) is job


def test_answers_saved_while_the_clock_is_moved_stay_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the place at which they were saved; each with the time that the clock said."""
    pytest.importorskip("alembic", reason="knockon[service] is not installed")
    from knockon.api.store import store as of_store

    kept = of_store.Store.open(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    graph = kept.save_graph("g", market(), [], "me")
    said = ["2026-01-01T00:00:00.000+00:00", "1999-01-01T00:00:00.000+00:00",
            "2099-01-01T00:00:00.000+00:00"]  # fmt: skip
    ids = []
    for number, text in enumerate(said):
        monkeypatch.setattr(of_store, "tell_time", lambda text=text: text)
        ids.append(kept.save_answer(
            graph, door="rest", question="whatif", asked="{}", scenario="{}", title="t",
            media=JSON, body=b"%d" % number, picture=None, seed=None, who="me",
        ).id)  # fmt: skip
    listed = kept.list_answers("g", 10)
    assert [row["id"] for _, row in listed] == ids[::-1]
    assert [row["created"] for _, row in listed] == said[::-1]
    assert [kept.find_answer(i).body for i in ids] == [b"0", b"1", b"2"]  # type: ignore[union-attr]
