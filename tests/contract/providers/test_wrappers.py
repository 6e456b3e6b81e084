"""Every remote provider together with retries, limits, budgets and cancelling."""

from __future__ import annotations

import asyncio
import json

import pytest

from rvbbit.errors import (
    BudgetReached,
)
from rvbbit.providers.budgeted import Budget
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from support.families import BOOLEAN, KEY, asked, question


async def test_a_429_is_tried_again_after_the_pause_asked_for(family, server, registry):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    patient = Registry(env=family.env(server), patience=Patience(sleep=sleep))
    server.fail(429, retry_after=0)
    server.fail(503)
    server.answer = lambda body: "at last"
    assert (await asked(family, patient)).text == "at last"
    assert slept[0] == 0.0
    assert server.calls == 3
    await patient.close()


async def test_no_more_calls_are_in_flight_than_the_registry_allows(family, server, registry):
    server.latency = 0.01
    provider = registry(family.model)
    await asyncio.gather(*(provider.complete(question(family, f"question {i}")) for i in range(40)))
    assert server.calls == 40
    assert server.max_in_flight == 8


async def test_a_budget_stops_calls_before_they_are_made(family, server, registry):
    budget = Budget(1e-9)
    with pytest.raises(BudgetReached):
        await registry.budgeted(budget)(family.model).complete(question(family))
    assert server.calls == 0


async def test_what_is_sent_and_received_is_kept_without_the_key(family, server, registry):
    completion = await asked(family, registry, output_schema=BOOLEAN)
    kept = json.dumps([completion.sent, completion.received])
    assert "Is water wet?" in kept
    assert KEY not in kept
    assert "Authorization" not in kept


async def test_a_call_that_is_cancelled_leaves_the_provider_usable(family, server, registry):
    server.hang()
    task = asyncio.create_task(asked(family, registry))
    while not server.calls:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await asked(family, registry)).text


async def test_closing_twice_is_safe(family, server, registry):
    await asked(family, registry)
    await registry.close()
    await registry.close()
