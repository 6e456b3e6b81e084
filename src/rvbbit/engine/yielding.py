"""Background work that gives way to queries: between its small pieces, and in the middle of what the embedding model or the log reads.

A call to the judge is never broken off: it would be paid for and lost. Why: docs/adr/0016-scoring-in-the-background.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from rvbbit.engine.activity import Activity
from rvbbit.errors import Cancelled
from rvbbit.interfaces import Due, Embedder, Matrix, ScoreStore
from rvbbit.logs.store import Store
from rvbbit.types import CellKey, Scorable, Score, Waiting

TEXTS = 2  # of 256 tokens each: what the embedding model reads in about 20 ms
_TICK = 0.02  # seconds between two looks

T = TypeVar("T")


class Yielding:
    """Waits while queries run: at most `longest` seconds in all until `renew`, so that work is never starved. For one event loop."""

    def __init__(self, activity: Activity, longest: float, stop: threading.Event | None = None) -> None:
        self._activity = activity
        self._longest = self._left = longest
        self._stop = stop or threading.Event()
        self.telling = activity.telling
        self.waited = 0.0  # seconds so far

    def renew(self) -> None:
        """A new portion begins: it may wait as long as any other."""
        self._left = self._longest

    async def rest(self) -> None:
        """Returns when it is quiet, or the time to wait is used up."""
        while self._left > 0 and self._activity.busy:
            began = time.monotonic()
            await asyncio.sleep(_TICK)
            self._count(began)

    async def between_queries(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives; where a query comes while it runs, it is cancelled, and begun again when it is quiet."""
        loop = asyncio.get_running_loop()
        while True:
            await self.rest()
            if self._left <= 0:
                return await work()
            piece = asyncio.ensure_future(work())
            try:
                with self._activity.telling(partial(loop.call_soon_threadsafe, piece.cancel)):
                    await asyncio.wait({piece})
            finally:
                piece.cancel()  # only where this was cancelled itself
            if not piece.cancelled():
                return piece.result()

    def in_quiet(self, work: Callable[[], T], beside: Callable[[], T]) -> T:
        """What `work` gives, off the event loop: begun when it is quiet, again where it was Cancelled; `beside` once it has waited enough.

        Raises Cancelled where all of it is to stop.
        """
        while self._left > 0:
            quiet = self.pause()
            if self._stop.is_set():
                raise Cancelled("the background stops", hint="it goes on from there at the next start")
            if quiet:
                with contextlib.suppress(Cancelled):
                    return work()
        return beside()

    def pause(self) -> bool:
        """Returns when it is quiet, the time to wait is used up, or all of it is to stop; whether it is quiet. Off the event loop."""
        began = time.monotonic()
        quiet = self._activity.quiet(self._left, self._stop)
        self._count(began)
        return quiet

    def _count(self, began: float) -> None:
        waited = time.monotonic() - began
        self._left -= waited
        self.waited += waited


class YieldingEmbedder:
    """An embedder that rests between every few texts, and within them where a query comes."""

    def __init__(self, inner: Embedder, yielding: Yielding) -> None:
        self._inner = inner
        self._yielding = yielding

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """As the embedder inside."""
        rows: list[Matrix] = []
        for start in range(0, len(texts), TEXTS):
            some = partial(self._inner.embed, texts[start : start + TEXTS])
            rows.append(await self._yielding.between_queries(some))
        return np.vstack(rows) if rows else await self._inner.embed(texts)


class YieldingStore:
    """A store whose reads and writes begin when no query runs; where one comes, reads are broken off, and begun again. Writes never are."""

    def __init__(self, inner: Store, yielding: Yielding) -> None:
        self._inner = inner
        self._aside = inner.aside(yielding.telling)
        self._yielding = yielding

    def cells(self) -> Mapping[CellKey, int]:
        """As the store inside, as all others."""
        return self._read(lambda store: store.cells())

    def waiting(self, cell: CellKey, due: Due, most: int) -> Waiting:
        return self._read(lambda store: store.waiting(cell, due, most))

    def unscored(self, cell: CellKey, due: Due, limit: int) -> Sequence[Scorable]:
        return self._read(lambda store: store.unscored(cell, due, limit))

    def verified(self, cell: CellKey, limit: int) -> Sequence[Scorable]:
        return self._read(lambda store: store.verified(cell, limit))

    def record(self, scores: Sequence[Score]) -> None:
        if self._aside is not self._inner:
            self._yielding.pause()
        self._inner.record(scores)

    def _read(self, read: Callable[[ScoreStore], T]) -> T:
        if self._aside is self._inner:  # it slows nobody here
            return read(self._inner)
        return self._yielding.in_quiet(partial(read, self._aside), partial(read, self._inner))
