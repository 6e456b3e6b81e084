"""Single flight: equal questions asked at the same time, by whatever queries, become one call.

The call belongs to nobody: a waiter that is cancelled leaves, and only when the last has left is the call itself cancelled; not even then
while its answer is on the way to the log, because it has been paid for. After Go's `golang.org/x/sync/singleflight`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Set
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flight(Generic[T]):
    """One call under way; `over` is True from the moment it stops because everyone left. The call itself uses `safely` for what must not
    be broken off."""

    def __init__(self) -> None:
        self.waiters = 0
        self.task: asyncio.Task[T] | None = None
        self.over = False
        self._held = False

    async def safely(self, step: Awaitable[None]) -> None:
        """Finish a step even if everyone leaves meanwhile; then stop here, if they did."""
        self._held = True
        try:
            await step
        finally:
            self._held = False
        if self.waiters == 0:
            self.over = True
            raise asyncio.CancelledError

    def leave(self) -> bool:
        """One waiter fewer. True when the call was the last one's and is now cancelled."""
        self.waiters -= 1
        if self.waiters or self._held or self.task is None or self.task.done():
            return False
        self.task.cancel()
        return True


class Flights(Generic[T]):
    """The calls under way, by key."""

    def __init__(self) -> None:
        self._flying: dict[str, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()
        self._watched: dict[int, set[str]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._flying and not self._flying[key].over

    async def join(self, key: str, call: Callable[[Flight[T]], Coroutine[Any, Any, T]]) -> T:
        """The result of the call under this key: of the one under way, else of a new one. Raises what the call raises."""
        flight = self._flying[key] if key in self else self._start(key, call)
        assert flight.task is not None
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            if flight.leave() and self._flying.get(key) is flight:
                del self._flying[key]

    @contextmanager
    def watched(self) -> Iterator[Set[str]]:
        """The keys of the calls that end meanwhile: whoever looked for an answer before that has not seen it."""
        landed: set[str] = set()
        self._watched[id(landed)] = landed
        try:
            yield landed
        finally:
            del self._watched[id(landed)]

    async def landing(self, keys: Iterable[str]) -> None:
        """Returns when what is under way under these keys has ended, well or not."""
        if tasks := [task for key in keys if key in self and (task := self._flying[key].task) is not None]:
            await asyncio.wait(tasks)

    async def drain(self) -> None:
        """Wait until nothing is under way: what is on its way to the log has arrived."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, key: str, call: Callable[[Flight[T]], Coroutine[Any, Any, T]]) -> Flight[T]:
        flight: Flight[T] = Flight()
        flight.task = asyncio.ensure_future(call(flight))
        self._flying[key] = flight
        self._tasks.add(flight.task)

        def landed(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            for seen in self._watched.values():
                seen.add(key)
            if self._flying.get(key) is flight:
                del self._flying[key]
            if not task.cancelled():
                task.exception()  # seen, though every waiter may have left

        flight.task.add_done_callback(landed)
        return flight
