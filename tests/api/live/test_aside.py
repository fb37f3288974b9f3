"""Large status pages are read in a process of their own, with the same result."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from knockon.api.live.aside import LARGE, parse_aside, parse_page
from knockon.api.live.content import Content, UnreadableError
from knockon.api.live.fetch import MOST
from knockon.api.live.live import Live
from knockon.api.live.now import describe_now
from knockon.api.live.places import Place, read_place
from tests.api.live.pages import page
from tests.api.rest.rest_toys import market


def large_page(size: int) -> bytes:
    """Of as many components as it takes, all down, one of them an entity."""
    one = len(json.dumps(page(c0000000="major_outage")["components"][0])) + 8
    names = {f"c{n:07d}": "major_outage" for n in range(size // one)}
    return json.dumps(page(Cloud="major_outage", **names)).encode()


def test_the_same_is_read_aside() -> None:
    for data in (large_page(20_000), json.dumps(page(Cloud="???")).encode()):
        assert parse_aside("p.json", data) == parse_page("p.json", data)


@pytest.mark.parametrize("data", [b"{}", b"[" * 100_000, b'{"page":', b"\xff\xfe", b""])
def test_what_is_no_page_is_refused_in_the_same_words(data: bytes) -> None:
    with pytest.raises(UnreadableError) as there:
        parse_aside("p.json", data)
    with pytest.raises(UnreadableError) as here:
        parse_page("p.json", data)
    assert str(there.value) == str(here.value)


def test_reading_has_its_time() -> None:
    with pytest.raises(UnreadableError, match=r"took 0\.01 seconds"):
        parse_aside("p.json", large_page(LARGE), seconds=0.01)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data

    async def fetch(self, place: Place, known: Content | None = None) -> Content:
        return Content(self.data, "digest")

    async def close(self) -> None:
        pass


@pytest.mark.slow
def test_a_page_near_the_limit_does_not_hold_the_loop(tmp_path: Path) -> None:
    """8 MiB, all down: others have their turn while it is read; lists are cut, and say so."""
    data = large_page(MOST - 4096)
    assert LARGE < len(data) <= MOST
    live = Live({"market": market()}, [read_place("https://status.example/")], _Reader(data))
    used: list[float] = []

    async def look() -> None:
        begun = time.thread_time()
        while True:
            await asyncio.sleep(0.005)
            now = time.thread_time()
            used.append(now - begun)
            begun = now

    async def run() -> None:
        looking = asyncio.create_task(look())
        await live.read_due()
        looking.cancel()

    asyncio.run(run())
    assert max(used) < 0.25, "of processor, on a machine however busy"
    now = describe_now(live, "market", None)
    assert [spell["id"] for spell in now["down"]] == ["cloud"]
    assert len(now["unmatched"]) == 500
    assert any("the first 500 of each kind are shown" in note for note in now["notes"])
