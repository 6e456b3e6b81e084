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
        """The coroutine's result. `tick` is called on this thread ten times a second while it waits; `stop` cancels when set.

        However it ends, also by an error of `tick`, the coroutine has ended before.
        """
        finished = threading.Event()
        task = self._begin(work, finished)
        try:
            while not finished.wait(TICK):
                if tick is not None:
                    tick()
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
        except BaseException as error:
            self._loop.call_soon_threadsafe(task.cancel)
            finished.wait()
            if isinstance(error, KeyboardInterrupt):
                raise _cancelled() from error
            raise
        if task.cancelled():
            raise _cancelled()
        return task.result()

    def _begin(self, work: Coroutine[Any, Any, T], finished: threading.Event) -> asyncio.Task[T]:
        made: concurrent.futures.Future[asyncio.Task[T]] = concurrent.futures.Future()

        def begin() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(lambda _: finished.set())
            made.set_result(task)

        self._loop.call_soon_threadsafe(begin)
        return made.result()

    def close(self) -> None:
        """Stop the thread. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _cancelled() -> Cancelled:
    return Cancelled("cancelled", hint="what was answered is kept: run it again to resume")
