"""A graph that is cut gives the same bits, whatever the cut, and whatever is lost on the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis import spread
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.engine.cluster.blocks import rounds, states, steps
from knockon.graph.engine.cluster.blocks.executor import Blocks
from knockon.graph.engine.cluster.blocks.news import News
from knockon.graph.engine.cluster.blocks.rounds import Room
from knockon.graph.engine.cluster.blocks.sections import find_sent, read_section, write_sections
from knockon.graph.engine.executor import Threads
from knockon.graph.errors import ClusterError, ScenarioError
from knockon.graph.model.graph import DependencyGraph

pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")

ASKED: dict[str, dict[str, Any]] = {
    "outage": {"worlds": 1500},
    "another mode on the way": {"worlds": 700, "mode": "bad_update"},
    "each member alone": {"worlds": 700, "mode": "compromise"},
    "precision": {"precision": 0.02},
    "rings": {"worlds": 100, "mode": "bad_update", "rollout": "10%@0,100%@4", "halt": 2},
    "protected": {"worlds": 700, "protect": ["1", "2"]},
}
MANY = 2 << 20  # bytes of a worker: some parts, and little kept between rounds


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Blocks]:
    """Has what follows cut, without a server, for workers with so much memory."""

    def choose(memory: int, *, resume: bool = False) -> Blocks:
        blocks = Blocks(Threads(), Room(tmp_path, memory, 2, resume), "of a test")
        lanes = spread.Lanes
        monkeypatch.setattr(spread, "choose_for", lambda *_: blocks)
        monkeypatch.setattr(
            spread, "Lanes", lambda *of, **how: lanes(*of, **(how | {"compiled": True}))
        )
        return blocks

    return choose


def assert_alike(there: ko.Impact, here: ko.Impact) -> None:
    assert there.entities.equals(here.entities)
    assert (there.totals, there.headline) == (here.totals, here.headline)
    assert there.distribution.equals(here.distribution)


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_cut_changes_no_bit(
    asked: dict[str, Any], graph: DependencyGraph, hub: str, cut: Callable[..., Blocks]
) -> None:
    """Groups with switches, shared draws, unknown strengths, several origins, cycles."""
    failing = [hub, graph.ids[7]]
    here = ko.whatif(graph, failing, **asked)
    blocks = cut(MANY)
    assert_alike(ko.whatif(graph, failing, **asked), here)
    assert blocks.parts > 2
    assert blocks.rounds > 2


def test_sums_of_fractions_have_their_order(
    graph: DependencyGraph, hub: str, cut: Callable[..., Blocks]
) -> None:
    """Weights whose sums are not exact: parts end where rows are added up by halves."""
    weighted = graph.entities.with_columns(weight=1 / (pl.int_range(pl.len()) + 3))
    tenths = DependencyGraph.from_polars(graph.dependencies, weighted)
    here = ko.whatif(tenths, hub, worlds=700)
    blocks = cut(MANY)
    assert_alike(ko.whatif(tenths, hub, worlds=700), here)
    assert blocks.parts > 1


def test_plan_blocks_on_a_server(
    graph: DependencyGraph, hub: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same from the door, though a task fails; and what was done is said."""
    find, failed = steps._find_news, []

    def fail_once(shared: Any, laid: Any, step: Any) -> Any:
        if step.round == 2 and not failed:
            failed.append(step)
            raise ValueError("a disk was full")
        return find(shared, laid, step)

    monkeypatch.setattr(steps, "_find_news", fail_once)  # the server runs in this process
    here = ko.whatif(graph, hub, worlds=1500)
    there = ko.whatif(graph, hub, worlds=1500, on=server, plan="blocks", memory="4M")
    assert_alike(there, here)
    assert failed
    assert any(n.startswith("plan blocks: as asked; ") for n in there.notes)
    small = ko.whatif(graph, hub, worlds=700, on=server, memory="1M")
    (said,) = (n for n in small.notes if n.startswith("plan "))
    assert said.startswith("plan blocks: a worker may take 1 MiB, all of the graph takes ")
    large = ko.whatif(graph, hub, worlds=700, on=server, memory="1G")
    assert any(n.startswith("plan worlds: a worker may take 1.0 GiB") for n in large.notes)


@pytest.mark.parametrize("asked", [{"hours": 4}, {}], ids=str)
def test_what_the_plan_cannot_do_is_refused(
    asked: dict[str, Any], graph: DependencyGraph, hub: str
) -> None:
    """With the plan that can; severities that differ, too."""
    failing = [{"id": hub, "severity": 0.5}, graph.ids[7]]
    with pytest.raises(ScenarioError, match='for anything else take plan "worlds"'):
        ko.whatif(graph, failing, on="sc://localhost:1", plan="blocks", worlds=64, **asked)


def test_news_that_is_torn_or_lost_is_made_again(
    graph: DependencyGraph, hub: str, cut: Callable[..., Blocks], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """From the news before it, and the answer is the same."""
    here = ko.whatif(graph, hub, worlds=700)
    harmed: list[str] = []

    def harm(shared: Any, workspace: Any, step: Any) -> Any:
        found = steps.take_step(shared, workspace, step)
        files = sorted((tmp_path / shared.name).glob("*.sections"))
        if step.round == 2 and len(harmed) < 2:
            states._STATES.clear()
            harmed.extend(f.name for f in files[:2])
            files[0].unlink()
            files[1].write_bytes(files[1].read_bytes()[:-5])
        return found

    blocks = cut(MANY)
    monkeypatch.setattr(rounds, "take_step", harm)
    assert_alike(ko.whatif(graph, hub, worlds=700), here)
    assert harmed
    assert blocks.rounds > 2


def test_a_client_that_died_is_followed_by_one_that_resumes(
    graph: DependencyGraph, hub: str, cut: Callable[..., Blocks], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """It asks for no step again whose news is there and whole."""
    here = ko.whatif(graph, hub, worlds=700)
    worked: list[Any] = []
    find = steps._find_news

    def note(shared: Any, laid: Any, step: Any) -> Any:
        if len(worked) == 6:
            raise KeyboardInterrupt
        worked.append((shared.name, *step[:4]))
        return find(shared, laid, step)

    def note_on(shared: Any, laid: Any, step: Any) -> Any:
        worked.append((shared.name, *step[:4]))
        return find(shared, laid, step)

    monkeypatch.setattr(steps, "_find_news", note)
    cut(MANY)
    with pytest.raises(KeyboardInterrupt):
        ko.whatif(graph, hub, worlds=700)
    left = len(list(tmp_path.rglob("*.sections")))
    assert left
    done = set(worked)
    monkeypatch.setattr(steps, "_find_news", note_on)
    cut(MANY, resume=True)
    assert_alike(ko.whatif(graph, hub, worlds=700), here)
    assert len(worked) == len(set(worked)) > len(done) == left


def test_sections_come_back_as_they_were(tmp_path: Path) -> None:
    """To whom they are for; torn or lost is one error."""
    hit = np.arange(16, dtype=np.uint64).reshape(2, 8)
    news = {3: News(np.array([5, 9]), hit), 8: News(np.array([1]), hit[:1])}
    sent = write_sections({r: n.to_bytes() for r, n in news.items()}, tmp_path / "x")
    path = tmp_path / sent.name
    found = News.from_bytes(read_section(path, 3) or b"")
    assert (found.ghost.tolist(), found.hit.tolist()) == ([5, 9], hit.tolist())
    assert sent.receivers == (3, 8)
    assert find_sent(tmp_path / "x") == sent
    assert read_section(path, 4) is None
    path.write_bytes(path.read_bytes()[:-1] + b"\7")
    assert read_section(path, 3)
    with pytest.raises(ClusterError, match="torn"):
        read_section(path, 8)
    assert find_sent(tmp_path / "x") is None
    with pytest.raises(ClusterError, match="cannot be read"):
        read_section(path, 3)


def test_a_share_of_a_function_is_counted_where_it_is_lost(
    graph: DependencyGraph, hub: str, cut: Callable[..., Blocks], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One severity for all that fails: the same bits as of the kernel of losses, which follows
    what is lost from entity to entity; groups that need two, another mode on the way, rings."""
    several = pl.len().over("dependent", "group") > 1
    two = graph.dependencies.with_columns(
        needs=pl.when(pl.col("group").is_not_null() & several).then(2).otherwise("needs")
    )
    weighted = graph.entities.with_columns(weight=1 / (pl.int_range(pl.len()) + 3))
    mixed = DependencyGraph.from_polars(two, weighted)
    failing = [{"id": each, "severity": 0.3} for each in (hub, graph.ids[7])]
    for asked in ({"worlds": 300}, ASKED["rings"]):
        there = ko.whatif(mixed, failing, **asked)
        with monkeypatch.context() as patch:
            patch.setattr(Prepared, "alike", None)
            assert_alike(there, ko.whatif(mixed, failing, **asked))
        blocks = cut(MANY)
        assert_alike(ko.whatif(mixed, failing, **asked), there)
        assert blocks.parts > 1
        monkeypatch.undo()
