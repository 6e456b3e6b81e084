"""The bridge between threads that wait and the one event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from rvbbit.engine.loop import Loop
from rvbbit.errors import Cancelled, DatabaseError, UsageError


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


async def answer(value: int) -> int:
    return value


async def for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


def test_the_result_comes_back(loop: Loop) -> None:
    assert loop.run(answer(7)) == 7


def test_an_error_of_the_work_is_raised_here(loop: Loop) -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop.run(fail())


def test_a_stop_that_is_set_before_the_work_began_ends_it(loop: Loop) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        loop.run(for_ever([]), stop)


def test_an_error_of_the_listener_ends_the_work_first(loop: Loop) -> None:
    ended: list[str] = []

    def tick() -> None:
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        loop.run(for_ever(ended), tick=tick)
    assert ended == ["ended"]


def test_work_that_is_cancelled_from_within_is_cancelled_here(loop: Loop) -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(Cancelled):
        loop.run(give_up())


def test_closing_twice_is_closing_once(loop: Loop) -> None:
    loop.close()
    loop.close()


def test_work_for_a_loop_that_was_closed_is_refused(loop: Loop) -> None:
    loop.close()
    with pytest.raises(UsageError, match="closed"):
        loop.run(answer(7))


def test_a_loop_that_ended_is_told_of_and_not_waited_for(loop: Loop) -> None:
    async def end() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.Event().wait()

    with pytest.raises(DatabaseError, match="stopped"):
        loop.run(end())
    with pytest.raises(DatabaseError, match="stopped"):
        loop.run(answer(7))
