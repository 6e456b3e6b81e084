"""Background work that gives way to queries between its small pieces: a few texts for the embedding model, one call to the judge.

A piece under way is never broken off, so a query waits for one at most, some hundredths of a second. Why:
docs/adr/0016-scoring-in-the-background.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from rvbbit.engine.activity import Activity
from rvbbit.interfaces import Embedder, Matrix

TEXTS = 2  # of 256 tokens each: what the embedding model reads in about 20 ms
_TICK = 0.02  # seconds between two looks


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


class YieldingEmbedder:
    """An embedder that rests between every few texts."""

    def __init__(self, inner: Embedder, yielding: Yielding) -> None:
        self._inner = inner
        self._yielding = yielding

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """As the embedder inside."""
        rows: list[Matrix] = []
        for start in range(0, len(texts), TEXTS):
            await self._yielding.rest()
            rows.append(await self._inner.embed(texts[start : start + TEXTS]))
        return np.vstack(rows) if rows else await self._inner.embed(texts)
