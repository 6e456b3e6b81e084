"""Who is at work while answers are on their way to the log, and what stops when one fails or the query goes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rvbbit.errors import CallError, DatabaseError, RateLimited, SQLError
from rvbbit.types import CallRecord, Request, Value


def texts(number: int) -> list[dict[str, Value]]:
    return [{"text": str(place)} for place in range(number)]


def says_four(request: Request) -> bool:
    return ">4<" in request.messages[-1].content


async def steps() -> None:
    for _ in range(500):
        await asyncio.sleep(0)


async def test_a_slow_log_holds_back_no_calls_until_very_many_wait_for_it(world: Any) -> None:
    world.log.gate = asyncio.Event()
    world.judge()
    query = asyncio.create_task(world.answer("judge", *texts(100)))
    await steps()
    assert len(world.provider.requests) == 32  # four times as many as are being answered, which is twice the concurrency of 4
    assert world.provider.most == 8
    world.log.gate.set()
    assert len(await query) == 100


@pytest.mark.parametrize("wrong", [RateLimited("slow down"), "prose"], ids=["refused", "unusable"])
async def test_a_failure_stops_new_calls_before_a_slow_log_has_it(world: Any, wrong: Any) -> None:
    world.log.gate = asyncio.Event()
    world.judge("output_schema: {type: boolean}\nrules: {max_attempts: 1}")
    world.says(lambda request: wrong if says_four(request) else "true")
    query = asyncio.create_task(world.answer("judge", *texts(100)))
    await steps()
    assert len(world.provider.requests) <= 5 + 8  # the fifth failed, and twice the concurrency of 4 was under way
    world.log.gate.set()
    with pytest.raises(CallError):
        await query
    assert len(world.provider.requests) <= 5 + 8


async def test_null_on_error_goes_on_while_a_slow_log_has_the_failure_to_come(world: Any) -> None:
    world.log.gate = asyncio.Event()
    world.judge()
    world.says(lambda request: RateLimited("slow down"))
    query = asyncio.create_task(world.answer("judge", *texts(100), on_error="null"))
    await steps()
    assert len(world.provider.requests) == 32
    world.log.gate.set()
    assert [answer.value for answer in await query] == [None] * 100


async def test_a_cancelled_query_begins_nothing_while_another_goes_on_with_its_calls(world: Any) -> None:
    world.log.gate = asyncio.Event()
    world.judge()
    first, second = (asyncio.create_task(world.answer("judge", *texts(number))) for number in (100, 32))
    await steps()
    first.cancel()
    world.log.gate.set()
    assert len(await second) == 32
    assert first.cancelled()
    assert len(world.provider.requests) == 32


async def test_a_log_that_fails_stops_new_calls(world: Any) -> None:
    gate = asyncio.Event()

    async def fails(record: CallRecord, **_: bool) -> None:
        await gate.wait()
        raise DatabaseError("the disk is full")

    world.log.append = fails
    world.judge()
    query = asyncio.create_task(world.answer("judge", *texts(100)))
    await steps()
    made = len(world.provider.requests)
    gate.set()
    with pytest.raises(DatabaseError):
        await query
    assert len(world.provider.requests) == made < 100


SQL = """\
cascade_id: judge
sql_function: {name: judge, args: [{name: text}], returns: VARCHAR, cache: true}
cells:
  - {name: draft, instructions: "<text>{{ input.text }}</text>"}
  - {name: wrong, sql: "SELECT 1"}
"""

ALONE = """\
cascade_id: judge
sql_function: {name: judge, args: [{name: text}], returns: VARCHAR}
cells:
  - {name: wrong, sql: "SELECT $text"}
"""


async def test_a_cell_after_the_first_that_fails_stops_new_calls_too(world: Any) -> None:
    def fails(sql: str, arguments: Any) -> Any:
        raise SQLError("there is no such table")

    world.log.gate = asyncio.Event()
    world.rows = fails
    world.says(lambda request: "a draft")
    world.write(SQL)
    query = asyncio.create_task(world.answer("judge", *texts(100)))
    await steps()
    world.log.gate.set()
    with pytest.raises(CallError, match="no such table"):
        await query
    assert len(world.provider.requests) <= 8


async def test_a_code_cell_that_fails_stops_the_others_before_a_slow_log_has_it(world: Any) -> None:
    def fails(sql: str, arguments: Any) -> Any:
        raise SQLError("there is no such table")

    world.log.gate = asyncio.Event()
    world.rows = fails
    world.write(ALONE)
    query = asyncio.create_task(world.answer("judge", *texts(100)))
    for _ in range(100):
        await asyncio.sleep(0.002)  # a thread runs it
    assert 0 < len(world.sql) <= 8
    world.log.gate.set()
    with pytest.raises(CallError, match="no such table"):
        await query
