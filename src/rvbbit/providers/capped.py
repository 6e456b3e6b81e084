"""A hard ceiling on calls in flight, shared by every provider that is given the same semaphore. First come, first served."""

from __future__ import annotations

import asyncio

from rvbbit.interfaces import Provider
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request


class Capped(Wrapper):
    """A provider whose calls each hold one place of `places`."""

    def __init__(self, inner: Provider, places: asyncio.Semaphore) -> None:
        super().__init__(inner)
        self._places = places

    async def complete(self, request: Request) -> Completion:
        """Waits for a place, then asks."""
        async with self._places:
            return await self.inner.complete(request)
