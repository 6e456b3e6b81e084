"""Background work that gives way to queries: between its small pieces, and in the middle of what the embedding model reads.

A call to the judge is never broken off: it would be paid for and lost. Why: docs/adr/0016-scoring-in-the-background.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from rvbbit.engine.activity import Activity
from rvbbit.interfaces import Embedder, Matrix

TEXTS = 2  # of 256 tokens each: what the embedding model reads in about 20 ms
_TICK = 0.02  # seconds between two looks

T = TypeVar("T")


class Yielding:
    """Waits while queries run: at most `longest` seconds in all until `renew`, so that work is never starved. For one event loop."""

    def __init__(self, activity: Activity, longest: float) -> None:
        self._activity = activity
        self._longest = self._left = longest

    def renew(self) -> None:
        """A new portion begins: it may wait as long as any other."""
        self._left = self._longest

    async def rest(self) -> None:
        """Returns when it is quiet, or the time to wait is used up."""
        while self._left > 0 and self._activity.busy:
            await asyncio.sleep(_TICK)
            self._left -= _TICK

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
