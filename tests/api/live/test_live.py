"""The watch: what is down, since when, what recovered, and what is not known."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.api.live.content import Content, UnreadableError
from knockon.api.live.history import History, Spell
from knockon.api.live.live import Changes, Live
from knockon.api.live.now import NowJson, describe_history, describe_now, list_origins
from knockon.api.live.pace import Pace
from knockon.api.live.places import Place
from knockon.api.live.service import Watch
from knockon.graph.errors import KnockonError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.operations.status.place import Down
from tests.api.live.pages import START, ToyClock, page
from tests.api.rest.rest_toys import market

PLACES = [Place("http://a.example/s", "http://a.example/s", "a.example", 80),
          Place("http://b.example/s", "http://b.example/s", "b.example", 80)]  # fmt: skip
A, B = (place.label for place in PLACES)


class ToyReader:
    """Gives what it was told to, by label."""

    def __init__(self, **pages: Any) -> None:
        self.pages: dict[str, Any] = {A: page(), B: page("Other")} | pages

    async def fetch(self, place: Place, known: Content | None = None) -> Content:
        said = self.pages[place.label]
        if isinstance(said, Exception):
            raise said
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        if known is not None and known.data == data:
            return known
        return Content(data, str(hash(data)))

    async def close(self) -> None:
        pass


class Toy:
    """A watch over two pages for the market, in time that goes when it is told to."""

    def __init__(self, places: list[Place] = PLACES, **options: Any) -> None:
        self.reader, self.clock = ToyReader(), ToyClock()
        self.live = Live(
            {"market": market()}, places, self.reader,
            clock=self.clock, draw=lambda: 0.5, pace=Pace(60), **options,
        )  # fmt: skip

    def read(self, go: float = 0, **pages: Any) -> Changes:
        self.clock.go(go)
        self.reader.pages |= {{"a": A, "b": B}[key]: said for key, said in pages.items()}
        return asyncio.run(self.live.read_due())

    def now(self) -> NowJson:
        return describe_now(self.live, "market", None)


@pytest.fixture
def toy() -> Toy:
    return Toy()


def told(changes: Changes) -> list[tuple[str, str]]:
    return [(c.what, c.spell.down.entity) for c in changes.graphs.get("market", ())]


def test_down_and_recovered(toy: Toy) -> None:
    """From the first look that reports it to the first that does not."""
    assert told(toy.read(a=page(Cloud="operational"))) == []
    assert toy.now()["headline"] == "Nothing of this graph is reported as down, by 2 status pages."
    assert told(toy.read(60, a=page(Cloud="major_outage"))) == [("down", "cloud")]
    assert told(toy.read(60)) == []
    (down,) = toy.now()["down"]
    assert (down["id"], down["severity"], down["since"]) == ("cloud", 1.0, "2026-11-28T10:01:00Z")
    assert (down["source"], down["component"], down["status"]) == (A, "Cloud", "major_outage")
    assert down["last_read"] == "2026-11-28T10:02:00Z"
    assert told(toy.read(60, a=page(Cloud="operational"))) == [("recovered", "cloud")]
    now = toy.now()
    assert now["down"] == []
    (over,) = now["recovered"]
    assert (over["since"], over["until"]) == ("2026-11-28T10:01:00Z", "2026-11-28T10:03:00Z")
    assert describe_history(toy.live, "market") == [over]


def test_a_change_of_severity_goes_on(toy: Toy) -> None:
    toy.read(a=page(Cloud="partial_outage"))
    assert list_origins(toy.live, "market") == [{"id": "cloud", "severity": 0.3}]
    changes = toy.read(60, a=page(Cloud="major_outage"))
    assert told(changes) == [("severity", "cloud")]
    assert toy.now()["down"][0]["since"] == "2026-11-28T10:00:00Z"


def test_the_worst_of_two_sources_counts(toy: Toy) -> None:
    """Each source has its own spell; what one no longer reports, the other still does."""
    toy.read(a=page(Cloud="partial_outage"), b=page("Other", Cloud="major_outage"))
    assert list_origins(toy.live, "market") == [{"id": "cloud", "severity": 1.0}]
    toy.read(60, b=page("Other", Cloud="operational"))
    assert list_origins(toy.live, "market") == [{"id": "cloud", "severity": 0.3}]


def test_a_source_that_is_not_read_never_makes_anybody_safe(toy: Toy) -> None:
    """Not when it was never read, and not when that was long ago."""
    toy.read(b=UnreadableError("gone"))
    now = toy.now()
    assert now["complete"] is False
    assert now["headline"].startswith(f"Not known whether anything of this graph is down: 1 of 2 "
                                      f"status pages not read: {B}")  # fmt: skip
    assert f"{B}: gone" in now["notes"]
    toy.read(200, b=page("Other"))
    assert toy.now()["complete"] is True


def test_what_was_down_stays_so_while_nobody_can_tell(toy: Toy) -> None:
    """A page that cannot be read has not recovered; the state is late, then stale, then read."""
    toy.read(a=page(Cloud="major_outage"))
    changes = toy.read(60, a=UnreadableError("no answer"))
    assert not changes
    assert (toy.now()["sources"][0]["state"], toy.now()["complete"]) == ("late", True)
    assert toy.now()["down"][0]["stale"] is False
    changes = toy.read(160)
    assert changes.sources == {A: ("late", "stale")}
    now = toy.now()
    assert (now["down"][0]["id"], now["down"][0]["stale"]) == ("cloud", True)
    assert now["complete"] is False
    assert any("as it was at 2026-11-28T10:00:00Z" in note for note in now["notes"])
    changes = toy.read(2000, a=page(Cloud="operational"))
    assert changes.sources == {A: ("stale", "read")}
    assert told(changes) == [("recovered", "cloud")]


def test_becoming_stale_is_noticed_in_time(toy: Toy) -> None:
    """Though the source is looked at ever more rarely."""
    toy.read()
    toy.read(60, a=UnreadableError("x"))
    seconds = toy.live.find_next()
    assert seconds <= 60
    for _ in range(20):
        changes = toy.read(toy.live.find_next())
        if changes:
            break
    assert changes.sources == {A: ("late", "stale")}
    assert toy.clock.gone < Pace(60).stale + 2


@pytest.mark.parametrize(
    "said", [b"", b"garbage", b"{}", b"[1", b"\xff\xfe", b"<html></html>", b"%PDF-1.7", b"\0" * 99,
             b'{"page":{"name":"x"}}', b"[" * 100_000, b"null", b'{"page": 1, "components": []}'],
)  # fmt: skip
def test_garbage_is_unreadable(toy: Toy, said: bytes) -> None:
    toy.read(a=said)
    source = toy.now()["sources"][0]
    assert source["state"] == "unreadable"
    assert source["fault"]
    assert toy.now()["complete"] is False


def test_what_is_not_understood_is_said(toy: Toy) -> None:
    toy.read(a=page(Cloud="on_fire"))
    now = toy.now()
    assert (now["complete"], now["down"]) == (False, [])
    assert "not understood in part" in now["headline"]
    assert any("on_fire" in note for note in now["notes"])


def test_what_fits_no_entity_is_said(toy: Toy) -> None:
    toy.read(a=page(Clouds="major_outage"))
    now = toy.now()
    assert now["unmatched"][0]["component"] == "Clouds"
    assert "down, but fits no entity: Clouds" in now["headline"]


def test_what_counts_as_its_vendor_is_said(toy: Toy) -> None:
    """A part of a vendor that others depend on, which the graph does not have."""
    toy.read(a=page("Cloud", Disks="major_outage"))
    now = toy.now()
    assert (now["down"][0]["id"], now["down"][0]["component"]) == ("cloud", "Disks")
    assert now["sources"][0]["carried"] == ["Disks"]
    assert any("their vendor counts as down: Disks" in note for note in now["notes"])


def test_what_is_degraded_is_noted(toy: Toy) -> None:
    """It counts as no loss, as status pages reckon; it is not left out."""
    toy.read(a=page(Cloud="degraded_performance", Vendor="under_maintenance"))
    now = toy.now()
    assert now["headline"].startswith("Nothing of this graph is reported as down")
    wanted = ["Cloud (degraded_performance)", "Vendor (under_maintenance)"]
    assert now["sources"][0]["noted"] == wanted
    assert f"{A}: counts as no loss: {'; '.join(wanted)}" in [
        n.replace(", ", "; ") for n in now["notes"]
    ]


def test_a_fault_of_ours_keeps_no_other_page_from_being_read(
    toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the page is unreadable."""
    toy.read(a=ZeroDivisionError("of ours"), b=page("Other", Cloud="major_outage"))
    now = toy.now()
    assert [d["id"] for d in now["down"]] == ["cloud"]
    assert now["sources"][0]["fault"] == "knockon failed to read it: ZeroDivisionError"
    assert "of ours" in caplog.text
    assert toy.live.sources[0].due == 120


def test_whoever_cannot_be_read_is_asked_more_rarely(toy: Toy) -> None:
    """Each fault doubles the interval, up to a quarter of an hour; what is read resets it."""
    waits = []
    for _ in range(7):
        toy.read(toy.live.sources[0].due - toy.clock.gone, a=UnreadableError("x"))
        waits.append(toy.live.sources[0].due - toy.clock.gone)
    assert waits == [120, 240, 480, 900, 900, 900, 900]
    toy.read(900, a=page())
    assert toy.live.sources[0].due - toy.clock.gone == 60


def test_a_server_may_ask_to_be_left_alone(toy: Toy) -> None:
    toy.read(a=UnreadableError("busy", retry=1000.0), b=UnreadableError("busy", retry=1e9))
    assert [s.due for s in toy.live.sources] == [1000, 3600]


def test_jitter_is_a_tenth_of_the_interval() -> None:
    pace = Pace(100)
    assert (pace.wait(0, None, 0.0), pace.wait(0, None, 0.5)) == (90, 100)
    assert 109 < pace.wait(0, None, 0.99) < 110


def test_what_is_the_same_is_found_again_only_in_another_graph(toy: Toy) -> None:
    """As after a reload: then it is looked for anew, though the page has not changed."""
    toy.read(a=page(Cloud="major_outage"))
    placed = toy.live.sources[0].placed["market"]
    toy.read(60)
    assert toy.live.sources[0].placed["market"] is placed
    needs = pl.DataFrame({"dependent": ["x"], "provider": ["y"]})
    toy.live.graphs = {"market": DependencyGraph.from_polars(needs)}
    assert list_origins(toy.live, "market") == []
    assert told(toy.read(60)) == [("recovered", "cloud")]
    assert toy.now()["unmatched"][0]["component"] == "Cloud"


def test_the_history_is_bounded_and_says_so(toy: Toy) -> None:
    history, clock = History(most=3), ToyClock()
    for n in range(5):
        history.update(A, [Down(f"e{n}", "", "", 1.0, "", "", "")], clock.now())
    assert len(history.over) == 3
    assert history.forgotten == 1
    toy.live.histories["market"] = history
    toy.read()
    assert any("older spells are not shown" in note for note in toy.now()["notes"])


def test_the_watch_goes_on_by_itself(toy: Toy) -> None:
    """It tells of the first round, then of changes only, at the pace that is set."""
    heard: list[tuple[float, Changes]] = []

    class EnoughError(Exception):
        pass

    async def tell(changes: Changes) -> None:
        heard.append((toy.clock.gone, changes))
        toy.reader.pages[A] = page(Cloud="major_outage" if len(heard) == 1 else "operational")
        if len(heard) == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        asyncio.run(toy.live.run(tell))
    assert [round(at) for at, _ in heard] == [0, 60, 120]
    assert [told(changes) for _, changes in heard] == [
        [], [("down", "cloud")], [("recovered", "cloud")]
    ]  # fmt: skip


def test_files_are_watched_too(tmp_path: Path, read_live: Callable[..., Live]) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(page(Cloud="major_outage")))
    live = read_live([str(path)])
    assert list_origins(live, "market") == [{"id": "cloud", "severity": 1.0}]
    assert describe_now(live, "market", None)["sources"][0]["source"] == "s.json"


@pytest.fixture
def read_live() -> Callable[..., Live]:
    """A watch over real places, read once."""
    from knockon.api.live.fetch import Fetcher
    from knockon.api.live.places import read_places

    def make(given: list[str]) -> Live:
        async def run() -> Live:
            places = read_places(given)
            live = Live({"market": market()}, places, Fetcher(places), clock=ToyClock())
            await live.read_due()
            await live.close()
            return live

        return asyncio.run(run())

    return make


class ToyMemory:
    """Keeps spells in a list, the later word for each; or fails."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.fault: KnockonError | None = None

    def load(self, graph: str, most: int) -> tuple[list[dict[str, Any]], int]:
        if self.fault is not None:
            raise self.fault
        return self.rows[-most:], 7

    def save(self, graph: str, spells: Sequence[Mapping[str, Any]]) -> None:
        if self.fault is not None:
            raise self.fault
        for spell in spells:
            key = spell["entity"], spell["began"]
            self.rows = [r for r in self.rows if (r["entity"], r["began"]) != key]
            self.rows.append(dict(spell))


async def no_answer(name: str, origins: list[dict[str, Any]]) -> tuple[None, str]:
    return None, ""


def tell(watch: Watch, changes: Changes) -> None:
    asyncio.run(watch.tell(changes, no_answer))


def test_a_restart_forgets_nothing(toy: Toy) -> None:
    """Since when it is down, what is over; and what recovered meanwhile is seen to have."""
    memory = ToyMemory()
    watch = Watch(toy.live, memory=memory)
    tell(watch, toy.read(a=page(Cloud="major_outage", Vendor="partial_outage")))
    tell(watch, toy.read(60, a=page(Cloud="major_outage")))
    again = Toy()
    again.clock.go(3600)
    asyncio.run(Watch(again.live, memory=memory).restore())
    now = again.now()
    assert [(d["id"], d["since"]) for d in now["down"]] == [("cloud", "2026-11-28T10:00:00Z")]
    assert [d["id"] for d in now["recovered"]] == ["vendor"]
    assert now["complete"] is False
    assert any("7 older spells" in note for note in now["notes"])
    assert told(again.read(a=page(Cloud="major_outage"))) == []
    assert told(again.read(60, a=page())) == [("recovered", "cloud")]


def test_what_nobody_watches_any_more_is_not_down_now(toy: Toy) -> None:
    """It stands among what was, without an end."""
    memory = ToyMemory()
    tell(Watch(toy.live, memory=memory), toy.read(a=page(Cloud="major_outage")))
    other = Toy(PLACES[1:])
    asyncio.run(Watch(other.live, memory=memory).restore())
    assert list_origins(other.live, "market") == []
    (spell,) = describe_history(other.live, "market")
    assert (spell["id"], spell["until"], spell["stale"]) == ("cloud", None, True)


def test_what_cannot_be_kept_is_said_and_kept_later(
    toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    """The watch goes on."""
    memory = ToyMemory()
    memory.fault = KnockonError("the store is gone")
    watch = Watch(toy.live, memory=memory)
    asyncio.run(watch.restore())
    tell(watch, toy.read(a=page(Cloud="major_outage")))
    assert "what was down is not kept over a restart: the store is gone" in toy.now()["notes"]
    assert "what changed is not kept yet" in caplog.text
    memory.fault = None
    tell(watch, toy.read(60, a=page(Cloud="operational")))
    assert [(row["entity"], row["ended"] is None) for row in memory.rows] == [("cloud", False)]
    assert not any("not kept" in note for note in toy.now()["notes"])


def test_texts_of_a_page_are_kept_as_a_database_takes_them() -> None:
    down = Down("e", "n", "k", 1.0, "\ud800 \0", "1", "s")
    row = Spell(down, "s", START).to_row()
    assert row["component"] == "? \ufffd"
    assert Spell.from_row(row).began == START
