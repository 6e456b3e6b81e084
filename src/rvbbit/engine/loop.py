"""The one event loop, in a thread of its own, and the bridge that sync callers cross to it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rvbbit.errors import Cancelled

T = TypeVar("T")
TICK = 0.1


class Loop:
    """Runs coroutines for threads that wait for them. Ctrl-C or `cancel` while waiting cancels the coroutine and raises Cancelled."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rvbbit-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], stop: threading.Event | None = None, tick: Callable[[], None] | None = None) -> T:
        """The coroutine's result. `tick` is called on this thread ten times a second while it waits; `stop` cancels when set."""
        finished = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_until(work, finished), self._loop)
        try:
            while not concurrent.futures.wait([future], timeout=TICK).done:
                if tick is not None:
                    tick()
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
            return future.result()
        except (KeyboardInterrupt, concurrent.futures.CancelledError) as error:
            future.cancel()
            finished.wait()
            raise Cancelled("cancelled", hint="what was answered is kept: run it again to resume") from error

    def close(self) -> None:
        """Stop the thread. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _until(work: Coroutine[Any, Any, T], finished: threading.Event) -> T:
    try:
        return await work
    finally:
        finished.set()
