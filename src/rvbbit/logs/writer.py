"""A bounded queue and the one thread that empties it, many rows a commit. It never drops a row and knows no database.

An append hands its row over and waits for the commit that holds it (group commit): the thread writes when a batch is full, when a row came
that is the last for now, when the oldest row has waited `linger` seconds, or when nothing has arrived for `quiet` seconds. While the queue
is full, appends wait to get in. A batch that cannot be written fails the appends in it and no other; the next batch is tried afresh. When
nothing has come for `idle` seconds, and before it ends, the thread does what was put off.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rvbbit.errors import DatabaseError, Error
from rvbbit.logs.schema import Row

Flush: TypeAlias = Callable[[Sequence[Row]], None]
"""Writes and commits rows, all or none; raises DatabaseError. Always called on the writer's thread."""

CAPACITY = 10_000  # rows that may wait: five full batches, some tens of megabytes of prompts
BATCH = 2_000  # rows a commit: where rows a second stop growing with the batch
LINGER = 0.1  # seconds: little beside a model call; a commit costs milliseconds of CPU however few rows it holds
IDLE = 0.5  # seconds: longer than a query waits between its answers
QUIET = 0.03  # seconds: longer than a round of answers has gaps; who knows that nobody comes says so, and does not wait for it


@dataclass(frozen=True, slots=True)
class _Entry:
    row: Row
    since: float
    done: asyncio.Future[Error | None] | None


class Writer:
    """Appends come in on the event loop, batches go out on a thread of its own. `close()` writes what is left."""

    def __init__(
        self,
        flush: Flush,
        put_off: Callable[[], None] = lambda: None,
        *,
        capacity: int = CAPACITY,
        batch: int = BATCH,
        linger: float = LINGER,
        quiet: float = QUIET,
        idle: float = IDLE,
    ) -> None:
        self._flush = flush
        self._put_off = put_off
        self._idle = idle
        self._batch = batch
        self._linger = linger
        self._quiet = quiet
        self._room = asyncio.Semaphore(capacity)
        self._queue: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._hurried = False
        self._thread = threading.Thread(target=self._run, name="rvbbit-log-writer", daemon=True)
        self._thread.start()

    async def append(self, row: Row, *, last: bool = False) -> None:
        """Returns when the row is committed. A cancelled append is written all the same: the call was made and paid for.

        `last`: nobody brings another one soon, but for those that do in this same tick of the loop; it need not wait for company.

        Raises DatabaseError where its batch could not be written or the writer is closed.
        """
        try:
            await self._room.acquire()
        except asyncio.CancelledError:
            self._enqueue(row, None)
            raise
        try:
            done: asyncio.Future[Error | None] = asyncio.get_running_loop().create_future()
            self._enqueue(row, done)
            if last:
                done.get_loop().call_soon(self._hurry)
            failure = await done
        finally:
            self._room.release()
        if failure is not None:
            raise type(failure)(failure.message, hint=failure.hint) from failure  # one error each: a shared one would pile up tracebacks

    def close(self) -> None:
        """Write what waits, then stop. Later appends are refused. Safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, row: Row, done: asyncio.Future[Error | None] | None) -> None:
        with self._changed:
            if self._closed:
                raise _closed()
            self._queue.append(_Entry(row, time.monotonic(), done))
            if len(self._queue) in (1, self._batch):  # the thread waits for these two moments only
                self._changed.notify()

    def _hurry(self) -> None:
        with self._changed:
            self._hurried = bool(self._queue)
            self._changed.notify()

    def _run(self) -> None:
        batch: list[_Entry] = []
        try:
            while batch := self._take():
                _settle(batch, self._write(batch))
            self._put_off()
        finally:  # reached by a bug in a flush, too: whoever waits must be told
            self._refuse(batch)

    def _take(self) -> list[_Entry]:
        """The next batch; empty when closed and drained."""
        with self._changed:
            idle = not self._changed.wait_for(self._due, self._idle)
        if idle:
            self._put_off()
        with self._changed:
            self._changed.wait_for(self._due)
            self._gather()
            self._hurried = False
            return [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]

    def _due(self) -> bool:
        return bool(self._queue) or self._closed

    def _gather(self) -> None:
        """Wait while rows keep coming and the oldest may."""
        seen = 0
        while seen < len(self._queue) < self._batch and not self._hurried and not self._closed:
            seen = len(self._queue)
            left = self._queue[0].since + self._linger - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(min(left, self._quiet))

    def _write(self, batch: Sequence[_Entry]) -> Error | None:
        try:
            self._flush([entry.row for entry in batch])
        except Error as error:
            return error
        return None

    def _refuse(self, batch: Sequence[_Entry]) -> None:
        with self._changed:
            self._closed = True
            left = [*batch, *self._queue]
            self._queue.clear()
        _settle(left, _closed())


def _closed() -> DatabaseError:
    return DatabaseError("the log is closed: nothing more is written", hint="connect again")


def _settle(batch: Sequence[_Entry], outcome: Error | None) -> None:
    """Tell every append of a batch, with one wake-up a loop."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[Error | None]]] = {}
    for entry in batch:
        if entry.done is not None:
            loops.setdefault(entry.done.get_loop(), []).append(entry.done)
    for loop, futures in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed, and whoever waited is gone with it
            loop.call_soon_threadsafe(_tell, futures, outcome)


def _tell(futures: Sequence[asyncio.Future[Error | None]], outcome: Error | None) -> None:
    for future in futures:
        if not future.done():
            future.set_result(outcome)
