"""A fixed number of workers over any number of items: no task per item, and a clean end at the first error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from rvbbit.errors import Error

T = TypeVar("T")


async def spread(items: AsyncIterator[T], workers: int, do: Callable[[T], Awaitable[None]]) -> None:
    """Do something with every item, `workers` at a time.

    At the first Error nothing new is begun; what is under way is finished, then the error is raised. Cancellation cancels at once.
    """
    turn = asyncio.Lock()
    errors: list[Error] = []

    async def work() -> None:
        while True:
            try:
                async with turn:
                    if errors:
                        return
                    item = await anext(items)
                await do(item)
            except StopAsyncIteration:
                return
            except Error as error:
                errors.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    if errors:
        raise errors[0]
