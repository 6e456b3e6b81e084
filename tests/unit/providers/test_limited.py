"""How many calls may be in flight. The server's answers are given by hand; the clock is moved by hand."""

from __future__ import annotations

import asyncio

import pytest

from rvbbit.errors import RateLimited, Unavailable
from rvbbit.providers.capped import Capped
from rvbbit.providers.limited import Allowance, Bucket, Limited, Rate
from rvbbit.types import Completion, Message, Request, Usage


class Held:
    """A provider whose calls wait until they are answered by hand, in order of arrival."""

    reads_messages = True

    def __init__(self):
        self.waiting = []
        self.arrived = []

    async def complete(self, request):
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        self.arrived.append(request.model)
        return await future

    async def close(self):
        pass

    async def answer(self, *outcomes):
        for outcome in outcomes:
            future = self.waiting.pop(0)
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        await settled()


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


def calls(provider, count):
    return [asyncio.create_task(provider.complete(Request(f"m{i}"))) for i in range(count)]


async def end(tasks, held):
    """Answer whatever is left."""
    while not all(task.done() for task in tasks):
        await held.answer(*[GOOD] * len(held.waiting))
    return await asyncio.gather(*tasks, return_exceptions=True)


GOOD = Completion("yes", "m", Usage(10, 0))


async def test_no_more_than_the_ceiling_are_in_flight_and_they_keep_their_order():
    held = Held()
    tasks = calls(Limited(held, 3), 8)
    await settled()
    assert len(held.waiting) == 3
    await held.answer(GOOD)
    assert len(held.waiting) == 3
    await end(tasks, held)
    assert held.arrived == [f"m{i}" for i in range(8)]


async def test_a_burst_of_429s_halves_the_limit_once():
    held = Held()
    limited = Limited(held, 8)
    tasks = calls(limited, 8)
    await settled()
    await held.answer(*[RateLimited("slow down") for _ in range(8)])
    assert limited.limit == 4.0
    assert all(isinstance(task.exception(), RateLimited) for task in tasks)


async def test_a_burst_of_429s_that_comes_with_answers_lets_nobody_into_the_pause_and_halves_once():
    held, clock = Held(), Clock()
    gate = asyncio.Event()

    async def sleep(seconds):
        clock.slept.append(seconds)
        await gate.wait()

    limited = Limited(held, 8, clock=clock, sleep=sleep)
    tasks = calls(limited, 24)
    await settled()
    await held.answer(*[GOOD] * 5, *[RateLimited("slow down", retry_after=30.0) for _ in range(3)])
    assert len(held.arrived) == 8
    assert limited.limit == 4.0
    clock.now += 30
    gate.set()
    await settled()
    assert len(held.waiting) == 4
    outcomes = await end(tasks, held)
    assert sum(isinstance(one, RateLimited) for one in outcomes) == 3


async def test_429s_in_the_next_round_halve_it_again_down_to_one():
    held = Held()
    limited = Limited(held, 4)
    for limit in (2.0, 1.0, 1.0):
        tasks = calls(limited, 1)
        await settled()
        await held.answer(RateLimited("slow down"))
        assert limited.limit == limit
        assert isinstance(tasks[0].exception(), RateLimited)


async def test_answers_let_it_grow_back_to_the_ceiling():
    held = Held()
    limited = Limited(held, 4)
    (first,) = calls(limited, 1)
    await settled()
    await held.answer(RateLimited("slow down"))
    assert isinstance(first.exception(), RateLimited)
    tasks = calls(limited, 40)
    await settled()
    assert len(held.waiting) == 2
    await held.answer(GOOD, GOOD)
    await held.answer(GOOD)
    assert len(held.waiting) == 3
    await end(tasks, held)
    assert limited.limit == 4.0


async def test_other_errors_change_nothing():
    held = Held()
    limited = Limited(held, 4)
    (task,) = calls(limited, 1)
    await settled()
    await held.answer(Unavailable("down"))
    assert isinstance(task.exception(), Unavailable)
    assert (limited.limit, limited.in_flight) == (4.0, 0)


async def test_a_cancelled_call_gives_its_place_back():
    held = Held()
    limited = Limited(held, 1)
    first, second, third = calls(limited, 3)
    await settled()
    second.cancel()
    first.cancel()
    await settled()
    assert held.arrived == ["m0", "m2"]
    third.cancel()
    await settled()
    assert limited.in_flight == 0


async def test_a_call_that_is_cancelled_as_it_is_let_in_gives_its_place_and_its_share_back():
    held, clock = Held(), Clock()
    limited = Limited(held, 1, Rate(requests=60), clock=clock)
    first, second, third = calls(limited, 3)
    await settled()
    held.waiting[0].set_result(GOOD)
    while not (first.done() and limited.in_flight):
        await asyncio.sleep(0)
    second.cancel()  # its turn has come, and it does not know yet
    await settled()
    assert held.arrived == ["m0", "m2"]
    held.waiting.pop(0)
    await end([third], held)
    assert limited.in_flight == 0
    assert limited.allowance.requests.wait(58) == 0.0  # of sixty, two were made


class Clock:
    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(pytest.approx(seconds))
        self.now += seconds


class Instant(Held):
    async def complete(self, request):
        return GOOD


async def test_a_server_that_asks_for_a_pause_gets_it_from_every_call():
    held, clock = Held(), Clock()
    limited = Limited(held, 8, clock=clock, sleep=clock.sleep)
    (first,) = calls(limited, 1)
    await settled()
    await held.answer(RateLimited("slow down", retry_after=5.0))
    assert isinstance(first.exception(), RateLimited)
    tasks = calls(limited, 2)
    await settled()
    assert clock.slept == [5.0]
    await end(tasks, held)


async def test_a_server_that_asks_for_a_day_is_not_obeyed_for_a_day():
    held, clock = Held(), Clock()
    limited = Limited(held, 8, clock=clock, sleep=clock.sleep)
    (first,) = calls(limited, 1)
    await settled()
    await held.answer(RateLimited("tomorrow", retry_after=86_400.0))
    assert isinstance(first.exception(), RateLimited)
    tasks = calls(limited, 1)
    await settled()
    assert clock.slept == [60.0]
    await end(tasks, held)


async def test_who_is_cancelled_in_a_pause_leaves_it_to_the_next():
    held, clock = Held(), Clock()
    gate = asyncio.Event()

    async def sleep(seconds):
        await gate.wait()
        await clock.sleep(seconds)

    limited = Limited(held, 8, clock=clock, sleep=sleep)
    (limit,) = calls(limited, 1)
    await settled()
    await held.answer(RateLimited("slow down", retry_after=5.0))
    assert isinstance(limit.exception(), RateLimited)
    first, second = calls(limited, 2)
    await settled()
    assert held.waiting == []
    first.cancel()
    gate.set()
    await settled()
    assert clock.slept == [5.0]
    assert held.arrived == ["m0", "m1"]
    await end([second], held)


async def test_requests_a_minute_are_spread_once_the_minute_is_used_up():
    clock = Clock()
    limited = Limited(Instant(), 8, Rate(requests=60), clock=clock, sleep=clock.sleep)
    for _ in range(60):
        await limited.complete(Request("m"))
    assert clock.slept == []
    await limited.complete(Request("m"))
    await limited.complete(Request("m"))
    assert clock.slept == [1.0, 1.0]


async def test_tokens_a_minute_are_taken_as_estimated_and_put_right_afterwards():
    clock = Clock()
    limited = Limited(Instant(), 8, Rate(tokens=600), clock=clock, sleep=clock.sleep)
    request = Request("m", (Message("user", "x" * 400),))  # estimated at 360, answered with 10
    for _ in range(25):  # the last finds 360 left
        await limited.complete(request)
    assert clock.slept == []
    await limited.complete(request)
    assert clock.slept == [1.0]


def test_a_bucket_refills_evenly_and_holds_no_more_than_a_minute():
    clock = Clock()
    bucket = Bucket(60, clock)
    bucket.take(60)
    assert bucket.wait(1) == pytest.approx(1.0)
    clock.now += 30
    assert bucket.wait(30) == 0.0
    clock.now += 1000
    bucket.take(60)
    assert bucket.wait(1) == pytest.approx(1.0)


def test_what_is_larger_than_a_bucket_waits_for_a_full_one():
    clock = Clock()
    bucket = Bucket(60, clock)
    bucket.take(600)
    assert bucket.wait(600) == pytest.approx(600.0)


async def test_a_cap_is_shared_by_all_providers_that_hold_it():
    held, places = Held(), asyncio.Semaphore(3)
    tasks = calls(Capped(held, places), 2) + calls(Capped(held, places), 2)
    await settled()
    assert len(held.waiting) == 3
    await held.answer(Unavailable("down"))
    assert len(held.waiting) == 3
    await end(tasks, held)


async def test_two_models_with_one_allowance_take_from_the_same_minute():
    clock = Clock()
    allowance = Allowance(Rate(requests=60), clock)
    models = [Limited(Instant(), 64, allowance, clock=clock, sleep=clock.sleep) for _ in range(2)]
    for _ in range(30):
        for model in models:
            await model.complete(Request("openai:m"))
    before = clock()
    await models[0].complete(Request("openai:m"))
    assert clock() - before == pytest.approx(1.0)
