"""Workers over any number of items: so many at work at a time, no task per item, no switch per item that is done at once, and a clean end
at the first error."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from rvbbit.errors import Error

T = TypeVar("T")


class Crew(Generic[T]):
    """A worker is hired when there is an item for it: most often there is none, for all is known."""

    def __init__(self) -> None:
        self._at_work = self._hired = 0
        self._busy = 0
        self._there = 0
        self._waiting: deque[T] = deque()
        self._errors: list[Error] = []
        self._open = False
        self._gone = asyncio.Event()
        self._begin: Callable[[], object] = object

    async def spread(
        self, chunks: AsyncIterator[Sequence[T]], do: Callable[[T], Awaitable[None]], *, at_work: int, hired: int | None = None
    ) -> None:
        """Do something with every item of every chunk, once. A chunk is asked for when the one before has been given out.

        `at_work` at most are busy with an item at the same time; `hired` at most are there (None: as many), the others being `away`.

        At the first Error nothing new is begun; what is under way is finished, then the error is raised. Cancellation cancels at once.
        """
        self._at_work, self._hired = at_work, hired or at_work
        turn = asyncio.Lock()

        async def more() -> bool:
            async with turn:
                while not self._waiting and self._open:
                    chunk = await anext(chunks, None)
                    if chunk is None:
                        return False
                    self._waiting.extend(chunk)
                    self._hire(len(chunk))
            return True

        async def work() -> None:
            try:
                while self._open and self._busy <= self._at_work and (self._waiting or await more()):
                    if self._waiting and self._open:  # another worker may have been quicker
                        await do(self._waiting.popleft())
            except Error as error:
                self.halt()
                self._errors.append(error)
            except BaseException:  # a bug or a cancellation: it ends the group, which then takes nobody new
                self.halt()
                raise
            finally:
                self._busy -= 1
                self._there -= 1
                if self._there == 0:
                    self._gone.set()

        async with asyncio.TaskGroup() as group:
            self._begin = lambda: group.create_task(work())
            self._open = True
            try:
                self._hire(1)
                await self._gone.wait()
            finally:
                self.halt()
        if self._errors:
            raise self._errors[0]

    async def away(self, wait: Callable[[bool], Awaitable[None]]) -> None:
        """Await what is no work on an item; another worker takes the next item meanwhile. `wait` is told whether none is at work now."""
        self._busy -= 1
        if self._waiting:
            self._hire(1)
        try:
            await wait(self._busy <= 0)
        finally:
            self._busy += 1

    def halt(self) -> None:
        """Nothing new is begun: an error is on its way."""
        self._open = False

    def _hire(self, most: int) -> None:
        while most > 0 and self._open and self._busy < self._at_work and self._there < self._hired:
            self._busy += 1
            self._there += 1
            self._begin()
            most -= 1


async def together(items: Sequence[T], do: Callable[[T], Awaitable[None]]) -> None:
    """Do something with every item at once. All are finished, then the first Error is raised. Cancellation cancels at once."""
    if len(items) == 1:
        await do(items[0])
        return
    for result in await asyncio.gather(*(do(item) for item in items), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
