"""Equal questions at the same time are one call, whoever leaves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rvbbit.cascades.flights import Flight, Flights
from rvbbit.errors import CallError
from rvbbit.packing import OFF, Pack
from rvbbit.types import Request, Value


class Calls:
    """Counts calls; each waits for the gate."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.started = self.done = self.cancelled = 0

    async def __call__(self, flight: Flight[str]) -> str:
        self.started += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.done += 1
        return "answer"


async def steps(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_equal_keys_share_one_call_and_other_keys_do_not() -> None:
    flights: Flights[str] = Flights()
    call = Calls()
    waiting = [asyncio.create_task(flights.join(key, call)) for key in ("a", "a", "b")]
    await steps()
    call.gate.set()
    assert await asyncio.gather(*waiting) == ["answer"] * 3
    assert call.started == 2
    assert "a" not in flights


async def test_a_waiter_that_is_cancelled_leaves_the_call_to_the_others() -> None:
    flights: Flights[str] = Flights()
    call = Calls()
    first, second = (asyncio.create_task(flights.join("a", call)) for _ in range(2))
    await steps()
    first.cancel()
    await steps()
    call.gate.set()
    assert await second == "answer"
    assert first.cancelled()
    assert call.cancelled == 0


async def test_when_the_last_waiter_leaves_the_call_is_cancelled_and_the_next_starts_anew() -> None:
    flights: Flights[str] = Flights()
    call = Calls()
    only = asyncio.create_task(flights.join("a", call))
    await steps()
    only.cancel()
    await steps()
    assert call.cancelled == 1
    call.gate.set()
    assert await flights.join("a", call) == "answer"
    assert call.started == 2


async def test_what_is_on_its_way_to_the_log_arrives_though_nobody_waits() -> None:
    flights: Flights[str] = Flights()
    disk, arrived = asyncio.Event(), []

    async def append() -> None:
        await disk.wait()
        arrived.append("record")

    async def call(flight: Flight[str]) -> str:
        await flight.safely(append())
        return "answer"

    only = asyncio.create_task(flights.join("a", call))
    await steps()
    only.cancel()
    await steps()
    assert only.cancelled()
    disk.set()
    await flights.drain()
    assert arrived == ["record"]


async def test_a_failure_reaches_every_waiter_and_is_not_kept() -> None:
    flights: Flights[str] = Flights()
    failed = 0

    async def call(flight: Flight[str]) -> str:
        nonlocal failed
        failed += 1
        await asyncio.sleep(0)
        raise CallError("no")

    results = await asyncio.gather(*(flights.join("a", call) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [CallError] * 3
    assert failed == 1
    with pytest.raises(CallError):
        await flights.join("a", call)
    assert failed == 2


async def test_who_asks_in_the_moment_a_call_stops_after_its_last_waiter_left_gets_a_call_of_their_own() -> None:
    """The answer was on its way to the log, so the call could not be broken off; it stops right behind that."""
    flights: Flights[str] = Flights()
    written, started = asyncio.Event(), 0

    async def arrive() -> None:
        await written.wait()

    async def call(flight: Flight[str]) -> str:
        nonlocal started
        started += 1
        if started == 1:
            await flight.safely(arrive())
        return "answer"

    async def late() -> str:
        await written.wait()
        return await flights.join("a", call)

    first = asyncio.create_task(flights.join("a", call))
    await steps()
    second = asyncio.create_task(late())
    await steps()
    first.cancel()
    await steps()
    written.set()
    assert await second == "answer"
    assert started == 2


def held_back(world: Any) -> tuple[asyncio.Event, asyncio.Event]:
    """The next look-up in the log has seen what is there, which the first event tells, and says so once the second is set."""
    looked, go_on = asyncio.Event(), asyncio.Event()
    look_up = world.log.answers

    async def late(keys: Sequence[str]) -> Mapping[str, Value]:
        world.log.answers = look_up
        found = await look_up(keys)
        looked.set()
        await go_on.wait()
        return found

    world.log.answers = late
    return looked, go_on


@pytest.mark.parametrize("pack", [OFF, Pack(4)])
async def test_a_call_that_ends_while_another_query_looks_for_its_answer_is_not_made_again(world: Any, pack: Pack) -> None:
    looked, go_on = held_back(world)
    texts = [{"text": f"text {number}", "criterion": "so"} for number in range(8)]
    second = asyncio.create_task(world.answer("means", *texts, pack=pack))
    await looked.wait()
    await world.answer("means", *texts)
    go_on.set()
    assert len(await second) == len(texts)
    assert len(world.provider.requests) == len(texts)


@pytest.mark.parametrize("flying", [True, False])
async def test_packs_of_another_query_are_not_made_again(world: Any, flying: bool) -> None:
    def right(request: Request) -> str:
        ids = re.findall(r"<(\d{3})>", request.messages[-1].content)
        return json.dumps(dict.fromkeys(ids, True)) if ids else "true"

    world.says(right)
    texts = [{"text": f"text {number}", "criterion": "so"} for number in range(24)]
    world.provider.gate = asyncio.Event()
    first = asyncio.create_task(world.answer("means", *texts, pack=Pack(8)))
    await steps(200)
    looked, go_on = held_back(world)
    second = asyncio.create_task(world.answer("means", *texts, pack=Pack(8)))
    await looked.wait()
    if flying:
        go_on.set()
        await steps(200)
    world.provider.gate.set()
    await first
    asked = len(world.provider.requests)
    go_on.set()
    assert [answer.value for answer in await second] == [True] * 24
    assert asked < 24
    assert len(world.provider.requests) == asked
