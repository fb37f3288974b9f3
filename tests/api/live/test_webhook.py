"""Webhooks: signed, in order, again until they are taken, and never lost without a word."""

import asyncio
import base64
import hmac
import json
import logging
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from knockon.api.live.fetch import Fetcher
from knockon.api.live.places import read_place
from knockon.api.live.service import Watch
from knockon.api.live.webhook import ATTEMPTS, MOST, Webhook, read_secret, sign
from knockon.graph.errors import InputError, StoreError
from tests.api.live.pages import Site, ToyClock, page
from tests.api.live.test_live import Toy

SECRET = b"a secret of some length"


class Receiver:
    """Answers as it is told to, the last answer again and again; what it took, by id."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.got: list[tuple[float, httpx2.Request]] = []
        self.clock = ToyClock()
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        self.hook = Webhook(read_place("https://r.example/in?key=1"), SECRET, client, self.clock)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.got.append((self.clock.gone, request))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer, headers={"location": "http://127.0.0.1/"})

    def deliver(self, *ids: str) -> None:
        """All of these, however long it takes."""

        async def run() -> None:
            for identifier in ids:
                self.hook.post({"id": identifier, "type": "change"})
            while (wait := self.hook.find_next()) is not None:
                self.clock.go(wait)
                await self.hook.deliver_due()

        asyncio.run(run())


def test_an_event_is_signed() -> None:
    """As Standard Webhooks says: HMAC-SHA256 of id, time and body, here computed once more."""
    receiver = Receiver(204)
    receiver.deliver("evt_1")
    ((_, request),) = receiver.got
    head = request.headers
    signed = f"evt_1.{head['webhook-timestamp']}.".encode() + request.content
    wanted = base64.b64encode(hmac.new(SECRET, signed, sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{wanted}"
    assert head["webhook-timestamp"] == str(int(receiver.clock.now().timestamp()))
    assert json.loads(request.content) == {"id": "evt_1", "type": "change"}


def test_the_example_of_the_standard() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, its own example."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_not_taken_is_sent_again() -> None:
    """With the same id and body, after waits that double; redirects are no success."""
    receiver = Receiver(500, httpx2.ConnectError("refused"), 302, 429, 200)
    receiver.deliver("evt_1")
    assert [at for at, _ in receiver.got] == [0, 1, 3, 7, 15]
    assert {r.headers["webhook-id"] for _, r in receiver.got} == {"evt_1"}
    assert len({r.content for _, r in receiver.got}) == 1
    assert len(receiver.hook) == 0


def test_events_stay_in_order() -> None:
    receiver = Receiver(500, 200)
    receiver.deliver("evt_1", "evt_2", "evt_3")
    ids = [r.headers["webhook-id"] for _, r in receiver.got]
    assert ids == ["evt_1", "evt_1", "evt_2", "evt_3"]


def test_what_is_given_up_is_logged_whole(caplog: pytest.LogCaptureFixture) -> None:
    """After a stated number of attempts; what waits behind it has its turn then."""
    receiver = Receiver(*[503] * ATTEMPTS, 200)
    with caplog.at_level(logging.ERROR, "knockon.webhook"):
        receiver.deliver("evt_1", "evt_2")
    (record,) = caplog.records
    text = record.getMessage()
    assert text.startswith("dead letter evt_1 for https://r.example/in: 12 attempts, the last: ")
    assert text.endswith('{"id":"evt_1","type":"change"}')
    assert "key=1" not in text
    assert receiver.got[-1][1].headers["webhook-id"] == "evt_2"
    assert len(receiver.hook) == 0


def test_too_many_that_wait_are_dead_letters(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver(200)
    with caplog.at_level(logging.ERROR, "knockon.webhook"):
        for n in range(MOST + 2):
            receiver.hook.post({"id": f"evt_{n}"})
    assert len(receiver.hook) == MOST
    assert [r.getMessage().split()[2] for r in caplog.records] == ["evt_0", "evt_1"]


def test_closing_tries_once_more(caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver(200, 500)

    async def run() -> None:
        for n in range(3):
            receiver.hook.post({"id": f"evt_{n}"})
        await receiver.hook.close()

    with caplog.at_level(logging.ERROR, "knockon.webhook"):
        asyncio.run(run())
    assert [r.getMessage().split()[2] for r in caplog.records] == ["evt_1", "evt_2"]


class Box:
    """An outbox in memory that can be away."""

    def __init__(self) -> None:
        self.letters: dict[str, bytes] = {}
        self.is_away = False

    def _check(self) -> None:
        if self.is_away:
            raise StoreError("it is away")

    def load(self, receiver: str) -> list[tuple[str, bytes]]:
        self._check()
        return [*self.letters.items()]

    def save(self, receiver: str, event: str, body: bytes, most: int) -> None:
        self._check()
        assert "key=1" not in receiver, "an address may hold a secret"
        self.letters[event] = body

    def drop(self, receiver: str, events: list[str]) -> None:
        self._check()
        for event in events:
            self.letters.pop(event, None)


async def keep_and_post(hook: Webhook, *ids: str) -> None:
    for identifier in ids:
        event = {"id": identifier}
        hook.post(event, kept=await hook.keep(event))


def test_what_waits_outlives_the_server(caplog: pytest.LogCaptureFixture) -> None:
    """Whether it is stopped or killed: sent at the next start, in order, with the same bytes."""
    box, first, later = Box(), Receiver(200, 500), Receiver(200)
    first.hook.outbox = later.hook.outbox = box

    async def run() -> None:
        await first.hook.restore()
        await keep_and_post(first.hook, "evt_0", "evt_1", "evt_2")
        await first.hook.deliver_due()
        assert [*box.letters] == ["evt_1", "evt_2"]  # killed here, the next one would have these
        await first.hook.close()
        assert [*box.letters] == ["evt_1", "evt_2"]
        await later.hook.restore()
        await keep_and_post(later.hook, "evt_3")
        await later.hook.deliver_due()

    with caplog.at_level(logging.ERROR, "knockon.webhook"):
        asyncio.run(run())
    assert not caplog.records, "nothing is a dead letter"
    assert [json.loads(r.content)["id"] for _, r in later.got] == ["evt_1", "evt_2", "evt_3"]
    assert not box.letters


def test_an_outbox_that_is_away_stops_nothing() -> None:
    """What could not be kept is sent all the same; what could not be dropped is dropped later."""
    box, receiver = Box(), Receiver(200)
    receiver.hook.outbox = box

    async def run() -> None:
        await keep_and_post(receiver.hook, "evt_0")
        box.is_away = True
        await keep_and_post(receiver.hook, "evt_1")
        await receiver.hook.deliver_due()
        assert [*box.letters] == ["evt_0"]
        box.is_away = False
        await keep_and_post(receiver.hook, "evt_2")
        await receiver.hook.deliver_due()

    asyncio.run(run())
    assert [json.loads(r.content)["id"] for _, r in receiver.got] == ["evt_0", "evt_1", "evt_2"]
    assert not box.letters


def test_what_is_given_up_is_not_kept() -> None:
    box, receiver = Box(), Receiver(*[503] * ATTEMPTS)
    receiver.hook.outbox = box

    async def run() -> None:
        await keep_and_post(receiver.hook, "evt_0")
        while (wait := receiver.hook.find_next()) is not None:
            receiver.clock.go(wait)
            await receiver.hook.deliver_due()

    asyncio.run(run())
    assert not box.letters


def test_an_event_is_kept_before_anybody_is_asked() -> None:
    """A crash while its what-if is computed leaves an event that says so."""
    toy, receiver, box = Toy(), Receiver(200), Box()
    receiver.hook.outbox = box
    watch = Watch(toy.live, [receiver.hook])
    seen: list[Any] = []

    async def ask(name: str, origins: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
        seen.extend(json.loads(body) for body in box.letters.values())
        return {"headline": "If Cloud fails"}, ""

    async def run() -> None:
        label = toy.live.sources[0].label
        toy.reader.pages |= {label: page(Cloud="major_outage")}
        await watch.tell(await toy.live.read_due(), ask)

    asyncio.run(run())
    (draft,) = seen
    assert [spell["id"] for spell in draft["now"]["down"]]
    assert draft["now"]["impact"] is None
    assert "the server ended before it was asked" in " ".join(draft["now"]["notes"])
    (whole,) = (json.loads(body) for body in box.letters.values())
    assert whole["now"]["impact"] == {"headline": "If Cloud fails"}
    assert whole["id"] == draft["id"]


def test_a_receiver_that_does_not_answer_is_left(site: Site) -> None:
    """After so many seconds in all; closing waits two."""
    over = Event()
    site.answers["/in"] = lambda _: over.wait(60) and None
    place = read_place(site.at("/in"))

    async def run() -> str | None:
        fetcher = Fetcher([place])
        hook = Webhook(place, SECRET, fetcher.client)
        hook.post({"id": "evt_1"})
        fault = await hook._send(hook._waiting[0], 0.3)
        await fetcher.close()
        return fault

    try:
        assert asyncio.run(run()) == "no answer within 0.3 seconds"
    finally:
        over.set()


def test_a_secret_is_of_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text("of-the-file-and-long\n")
    assert read_secret(path) == b"of-the-file-and-long"
    path.write_text("whsec_" + base64.b64encode(b"0123456789").decode())
    assert read_secret(path) == b"0123456789"
    monkeypatch.setenv("KNOCKON_WEBHOOK_SECRET", "of-the-environment")
    assert read_secret(None) == b"of-the-environment"
    for text, words in (("short", "16"), ("whsec_!!!!!!!!!!!!!!!!", "base64"), ("", "signed")):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            read_secret(path)
    monkeypatch.delenv("KNOCKON_WEBHOOK_SECRET")
    with pytest.raises(InputError, match="--webhook-secret-file"):
        read_secret(None)


def test_each_change_is_an_event() -> None:
    """The first says how things stand; each has what changed, and all that is down now."""
    toy, receiver = Toy(), Receiver(200)
    watch = Watch(toy.live, [receiver.hook])
    asked: list[Any] = []

    async def ask(name: str, origins: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
        asked.append(origins)
        return {"headline": "If Cloud fails"}, ""

    async def round_(go: float, **said: Any) -> None:
        toy.clock.go(go)
        toy.reader.pages |= said
        changes = await toy.live.read_due()
        if changes or not go:
            await watch.tell(changes, ask)

    async def run() -> None:
        a = toy.live.sources[0].label
        await round_(0)
        await round_(60, **{a: page(Cloud="major_outage")})
        await round_(60)
        await round_(60, **{a: page(Cloud="operational")})
        await receiver.hook.deliver_due()

    asyncio.run(run())
    events = [json.loads(r.content) for _, r in receiver.got]
    assert [e["type"] for e in events] == ["start", "change", "change"]
    assert [[c["what"] for c in e["changes"]] for e in events] == [[], ["down"], ["recovered"]]
    assert events[1]["now"]["impact"] == {"headline": "If Cloud fails"}
    assert events[1]["now"]["headline"] == "Down now: Cloud. If Cloud fails."
    assert asked == [[{"id": "cloud", "severity": 1.0}]]
    assert len({e["id"] for e in events}) == 3
    assert {e["graph"] for e in events} == {"market"}


def test_a_webhook_goes_where_its_address_may(site: Site) -> None:
    """Through the same guard, over a real connection."""
    place = read_place(site.put("/in", b"", 204))

    async def run() -> None:
        fetcher = Fetcher([place])
        hook = Webhook(place, SECRET, fetcher.client)
        hook.post({"id": "evt_1"})
        await hook.deliver_due()
        assert len(hook) == 0
        await fetcher.close()
        fetcher = Fetcher([])
        hook = Webhook(place, SECRET, fetcher.client)
        assert "public internet" in str(await hook._send(hook_letter(hook)))
        await fetcher.close()

    def hook_letter(hook: Webhook) -> Any:
        hook.post({"id": "evt_2"})
        return hook._waiting[0]

    asyncio.run(run())
    assert [(method, body) for method, _, _, body in site.asked] == [("POST", b'{"id":"evt_1"}')]
