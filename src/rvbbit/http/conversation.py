"""What is said between a query, on its thread, and the client that waits for it, on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from starlette.requests import Request

from rvbbit.engine.served import Running
from rvbbit.errors import Cancelled
from rvbbit.http.formats import line
from rvbbit.result import Progress
from rvbbit.types import Notice

WAITING = 1_000
"""Events that wait for a client at most; of progress only the newest matters, so it is what is dropped."""

EVERY = 0.25
"""Seconds between two events about the progress of one query for those who only listen."""


class Conversation:
    """Takes what a query says from its thread and gives it to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: asyncio.Queue[Iterator[bytes] | None] = asyncio.Queue()
        self._first = asyncio.Event()
        self._last: Mapping[str, Any] | None = None
        self.anything = False

    def listener(self, publish: Callable[[Mapping[str, Any]], None]) -> Callable[[Progress | Notice], None]:
        """What the query is given to speak to, on its own thread; `publish` hears of progress now and then."""
        told, last = 0.0, None

        def listen(event: Progress | Notice) -> None:
            nonlocal told, last
            data = _as_data(event)
            with contextlib.suppress(RuntimeError):  # the server has stopped: nobody is left to hear of it
                self._loop.call_soon_threadsafe(self._put, data)
            if isinstance(event, Progress) and event != last and (event.done == event.total or time.monotonic() - told > EVERY):
                told, last = time.monotonic(), event
                publish({name: value for name, value in data.items() if name != "event"})

        return listen

    def give(self, parts: Iterator[bytes]) -> None:
        """Hand over lines of a result; they are made when the client is ready for them. On the query's thread."""
        with contextlib.suppress(RuntimeError):  # as above
            self._loop.call_soon_threadsafe(self._say, parts)

    def end(self) -> None:
        """Nothing more will be said. On the loop."""
        self._events.put_nowait(None)
        self._first.set()

    async def started(self) -> None:
        """Returns when something was said, or nothing will be."""
        await self._first.wait()

    async def events(self) -> AsyncIterator[Iterator[bytes]]:
        """The lines of everything that is said, until the end."""
        while (parts := await self._events.get()) is not None:
            yield parts

    def _put(self, data: Mapping[str, Any]) -> None:
        if data == self._last or (data["event"] == "progress" and self._events.qsize() >= WAITING):
            return
        self._last = data
        self._say(iter([line(data)]))

    def _say(self, parts: Iterator[bytes]) -> None:
        self.anything = True
        self._events.put_nowait(parts)
        self._first.set()


def end_of(running: Running) -> asyncio.Future[Any]:
    """What the work gives back, as a future of this loop. Nobody has to ask it: what fails after its client left is not logged."""
    done = asyncio.wrap_future(running.done)
    done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return done


async def gone(request: Request) -> None:
    """Returns when the client went away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def result(running: Running, request: Request) -> Any:
    """What the work gives back, once it is done. Raises our errors; Cancelled where the client went away first."""
    done = end_of(running)
    left = asyncio.ensure_future(gone(request))
    try:
        await asyncio.wait({done, left}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            running.cancel()
        return await outcome(done)
    finally:
        if not done.done():
            running.cancel()
        left.cancel()


async def outcome(done: asyncio.Future[Any]) -> Any:
    """What a future holds. Raises our errors, Cancelled where its turn never came."""
    try:
        return await done
    except asyncio.CancelledError:
        if done.cancelled():
            raise Cancelled("the query was cancelled before its turn came", hint="run it again") from None
        raise


def _as_data(event: Progress | Notice) -> dict[str, Any]:
    if isinstance(event, Notice):
        return {"event": "notice", "message": event.message, "severity": event.severity}
    data = {"stage": event.stage, "done": event.done, "total": event.total, "cached": event.cached, "cost_usd": event.cost_usd}
    return {"event": "progress", **data}
