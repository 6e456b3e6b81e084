"""A fixed number of workers over any number of items: no task per item, no switch per item that is done at once, and a clean end at the
first error."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import islice
from typing import TypeVar

from rvbbit.errors import Error

T = TypeVar("T")


async def spread(chunks: AsyncIterator[Sequence[T]], workers: int, do: Callable[[T], Awaitable[None]]) -> None:
    """Do something with every item of every chunk, `workers` at a time. A chunk is asked for when the one before has been given out.
    A worker is hired when there is an item for it: most often there is none, for all is known.

    At the first Error nothing new is begun; what is under way is finished, then the error is raised. Cancellation cancels at once.
    """
    turn = asyncio.Lock()
    waiting: deque[T] = deque()
    errors: list[Error] = []
    idle = iter(range(workers))

    def hire(most: int) -> None:
        for _ in islice(idle, most):
            group.create_task(work())

    async def more() -> bool:
        async with turn:
            while not waiting and not errors:
                chunk = await anext(chunks, None)
                if chunk is None:
                    return False
                waiting.extend(chunk)
                hire(len(waiting))
        return True

    async def work() -> None:
        try:
            while not errors and (waiting or await more()):
                if waiting and not errors:  # another worker may have been quicker
                    await do(waiting.popleft())
        except Error as error:
            errors.append(error)

    async with asyncio.TaskGroup() as group:
        hire(1)
    if errors:
        raise errors[0]


async def together(items: Sequence[T], do: Callable[[T], Awaitable[None]]) -> None:
    """Do something with every item at once. All are finished, then the first Error is raised. Cancellation cancels at once."""
    if len(items) == 1:
        await do(items[0])
        return
    for result in await asyncio.gather(*(do(item) for item in items), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
