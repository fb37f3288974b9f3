"""Turns on the event loop: in order, a few a round; how late the loop is."""

import asyncio
import re
import selectors
import socket
from typing import Any

from knockon.api.rest.app import create_app
from knockon.api.rest.connection import GONE
from knockon.api.rest.guard import Guard
from knockon.api.rest.metrics import Metrics
from knockon.api.rest.turns import FewAtOnce, Lag, Turns
from tests.api.rest.rest_toys import market


def test_a_few_go_on_in_each_round_in_their_order() -> None:
    """Whoever else waits for the loop has a turn between them."""

    async def run() -> tuple[list[int], list[int]]:
        turns, went, rounds, number = Turns(3), list[int](), list[int](), 0

        async def ask(who: int) -> None:
            await turns.wait()
            went.append(who)
            rounds.append(number)

        asking = [asyncio.create_task(ask(who)) for who in range(20)]
        asking[7].cancel()
        while len(went) < 19:
            number += 1
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
        await asyncio.wait_for(turns.wait(), 10)  # nobody is before this one
        return went, rounds

    went, rounds = asyncio.run(run())
    assert went == [who for who in range(20) if who != 7]
    assert max(rounds.count(number) for number in rounds) <= 3


def test_turns_outlive_a_loop() -> None:
    """An app may be started again."""
    turns = Turns(1)

    async def take_two() -> None:
        await turns.wait()
        await turns.wait()

    for _ in range(2):
        asyncio.run(asyncio.wait_for(take_two(), 10))


def test_a_loop_that_is_kept_busy_is_seen() -> None:
    """By the clock and by what its thread computed."""

    async def run() -> Lag:
        lag = Lag()
        probe = asyncio.create_task(lag.watch())
        await asyncio.sleep(0.03)
        end = asyncio.get_running_loop().time() + 0.3
        while asyncio.get_running_loop().time() < end:
            pass
        await asyncio.sleep(0.03)
        probe.cancel()
        return lag

    lag = asyncio.run(run())
    assert lag.late.most > 0.2
    assert lag.busy.most > 0.02
    lines = lag.format()
    counts = [int(x) for x in re.findall(r"lag_seconds_bucket{.*} (\d+)", "\n".join(lines))]
    assert counts == sorted(counts)
    assert f"knockon_event_loop_lag_seconds_count {counts[-1]}" in lines


def test_hundreds_that_speak_at_once_are_heard_a_few_at_a_time() -> None:
    """Each of them within as many rounds as it takes for all."""
    selector, pairs = FewAtOnce(), [socket.socketpair() for _ in range(100)]
    for ours, theirs in pairs:
        selector.register(ours, selectors.EVENT_READ)
        theirs.send(b"x")
    heard: list[int] = []
    for _ in range(-(-100 // selector.most)):
        found = selector.select(0)
        assert 0 < len(found) <= selector.most
        for key, _events in found:
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.recv(1)
            heard.append(key.fd)
    assert sorted(heard) == sorted(ours.fileno() for ours, _ in pairs)
    assert selector.select(0) == []
    for pair in pairs:
        for one in pair:
            one.close()
    selector.close()


def test_nothing_is_done_for_a_client_that_left_while_it_waited() -> None:
    """Hundreds a second may connect, ask and leave: they cost a look each, not a question."""
    app = create_app({"market": market()})
    served: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["path"])

    service = app.state.service
    guard = Guard(inner, Metrics(), app.state.turns, service)
    head = {"type": "http", "method": "GET", "headers": [], "client": ("192.0.2.1", 1)}

    async def nothing(*_: Any) -> None:
        raise AssertionError("nobody is there")

    async def run() -> None:
        await guard({**head, "path": "/v1/graphs"}, nothing, nothing)
        await guard({**head, "path": "/v1/modes", GONE: True}, nothing, nothing)

    asyncio.run(run())
    assert served == ["/v1/graphs"]
