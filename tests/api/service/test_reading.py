"""Sources that are looked at again: what is read, what is left, what is saved later."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.api.service import reading as of_reading
from knockon.api.service.reading import Reading, digest_files, stamp_sources
from knockon.api.service.service import Service
from knockon.api.service.spool import spool_graph
from knockon.graph.errors import InputError, StoreError
from knockon.graph.model.graph import DependencyGraph

FIRST = "dependent,provider,probability\nshop,cloud,1\n"
Watch = Callable[..., Service]


def read_here(sources: list[str], options: dict[str, Any], place: Path) -> str | None:
    """As `read_aside`, without a process of its own."""
    try:
        spool_graph(ko.load(*sources, **options), place)
    except InputError as fault:
        return str(fault)
    return None


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ours.csv"
    path.write_text(FIRST)
    return path


@pytest.fixture
def watch(source: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """A service whose source is looked at all the time."""
    monkeypatch.setattr(of_reading, "read_aside", read_here)
    made: list[Reading] = []

    def begin(**options: Any) -> Service:
        one = Reading({"ours": [str(source)]}, {}, seconds=0.01, **options)
        service = Service({"ours": ko.load(source)})
        one.start(service)
        made.append(one)
        return service

    yield begin
    for one in made:
        one.close()


def wait_for(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def count(service: Service) -> int:
    return len(service.served.find_graph("ours").dependent)


def test_a_change_is_read_and_a_touch_is_not(watch: Watch, source: Path) -> None:
    """Editions rise with what was read."""
    service = watch()
    wait_for(lambda: service.on_hangup)
    time.sleep(0.1)  # the digest of the start; a touch before it is read, which does no harm
    os.utime(source, (1, 1))
    source.write_text(FIRST + "bank,cloud,1\n")
    wait_for(lambda: count(service) == 2)
    edition = service.served.edition
    os.utime(source, (2, 2))
    source.with_name("other.csv").write_text("nothing to do with it")
    time.sleep(0.2)
    assert service.served.edition == edition
    assert service.stale == {}


def test_what_changes_while_it_is_read_is_read_once_more(
    watch: Watch, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph of a file that was written to in between is not taken."""
    tries = []

    def read_slowly(sources: list[str], options: dict[str, Any], place: Path) -> str | None:
        tries.append(place)
        fault = read_here(sources, options, place)
        if len(tries) == 1:
            source.write_text(FIRST + "bank,cloud,1\ntill,shop,1\n")
        return fault

    monkeypatch.setattr(of_reading, "read_aside", read_slowly)
    service, seen = watch(), set[int]()
    service.on_adopt.append(lambda: seen.add(count(service)))
    source.write_text(FIRST + "bank,cloud,1\n")
    wait_for(lambda: count(service) == 3)
    assert seen == {3}
    assert not tries[0].exists()


def test_what_cannot_be_saved_is_saved_later(watch: Watch, source: Path) -> None:
    """The new graph is served meanwhile."""
    saved: list[DependencyGraph] = []
    faults = [StoreError("the store: away")] * 3

    def save(name: str, graph: DependencyGraph) -> None:
        if faults:
            raise faults.pop()
        saved.append(graph)

    service = watch(save=save)
    source.write_text(FIRST + "bank,cloud,1\n")
    wait_for(lambda: saved)
    assert saved == [service.served.find_graph("ours")]
    assert not faults


def test_stamps_and_digests_see_all_files_of_a_folder(tmp_path: Path) -> None:
    """Added, changed and removed files; nothing of an address; a source that is gone."""
    folder = tmp_path / "inventory" / "deep"
    folder.mkdir(parents=True)
    at = [str(tmp_path / "inventory"), "postgresql://x/y"]
    seen = [(stamp_sources(at), digest_files(at))]
    for change in ("a", "ab"):
        (folder / "a.csv").write_text(change)
        seen.append((stamp_sources(at), digest_files(at)))
    (folder / "a.csv").rename(folder / "b.csv")
    seen.append((stamp_sources(at), digest_files(at)))
    assert len({stamp for stamp, _ in seen}) == len({digest for _, digest in seen}) == 4
    assert stamp_sources(at[1:]) == ()
    with pytest.raises(FileNotFoundError):
        stamp_sources([str(tmp_path / "gone.csv")])
