"""The one event loop, in a thread of its own, and the bridge that sync callers cross to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rvbbit.errors import Cancelled, DatabaseError, UsageError

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

        However it ends, also by an error of `tick`, the coroutine has ended before. Raises UsageError where the loop was closed.
        """
        finished = threading.Event()
        task = self._begin(work, finished)
        try:
            while not self._ended(finished):
                if tick is not None:
                    tick()
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
        except BaseException as error:
            self._loop.call_soon_threadsafe(_cancel, task)
            while not self._ended(finished):
                pass
            if isinstance(error, KeyboardInterrupt):
                raise _cancelled() from error
            raise
        if task[0].cancelled():
            raise _cancelled()
        return task[0].result()

    def _begin(self, work: Coroutine[Any, Any, T], finished: threading.Event) -> list[asyncio.Task[T]]:
        """The task, in a list that is filled before the loop does anything that is asked of it later."""
        task: list[asyncio.Task[T]] = []

        def begin() -> None:
            task.append(self._loop.create_task(work))
            task[0].add_done_callback(lambda _: finished.set())

        if not self._thread.is_alive():
            work.close()
            raise UsageError("the project was closed", hint="open it again") if self._loop.is_closed() else _stopped()
        self._loop.call_soon_threadsafe(begin)
        return task

    def _ended(self, finished: threading.Event) -> bool:
        """Whether the work ended within a tick. Raises DatabaseError where the loop itself did, for then it never will."""
        if not finished.wait(TICK) and not self._thread.is_alive():
            raise _stopped()
        return finished.is_set()

    def close(self) -> None:
        """Stop the thread. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _cancel(task: list[asyncio.Task[T]]) -> None:
    task[0].cancel()


def _cancelled() -> Cancelled:
    return Cancelled("cancelled", hint="what was answered is kept: run it again to resume")


def _stopped() -> DatabaseError:
    return DatabaseError("the thread that asks models has stopped", hint="close the project and open it again")
