"""Turns on the event loop: in order, a few a round; how late the loop is."""

import asyncio
import re

from knockon.api.rest.turns import Lag, Turns


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
