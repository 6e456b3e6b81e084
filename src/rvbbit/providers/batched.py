"""A model asked through its server's batch API: half the price, an answer within a day.

It looks like any provider; each call waits for its batch. Wrappers that retry, limit and cap single calls have no place around it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from rvbbit.providers.batches import Batches, Say
from rvbbit.providers.chat import Chat
from rvbbit.providers.prices import Prices, estimate
from rvbbit.types import Completion, Request

if TYPE_CHECKING:
    from rvbbit.providers.direct import Direct


class Batched:
    """One model for one query. `spoken` says how it is asked and what it answers; `prices` are those of batches, `say` hears of them."""

    reads_messages = True
    cached_from = None

    def __init__(self, spoken: Chat | Direct, batches: Batches, prices: Prices, say: Say) -> None:
        self._spoken = spoken
        self._batches = batches
        self._prices = prices
        self._say = say

    async def complete(self, request: Request) -> Completion:
        """The answer, when its batch is done. Raises ProviderError."""
        body = await self._spoken.encoded(request)
        spelled = json.dumps(body, sort_keys=True).encode()
        base = hashlib.blake2b(spelled, digest_size=20).hexdigest()
        cost = self._prices.cost(self._spoken.name, estimate(request))
        answer = await self._batches.answer(base, body, len(spelled) + 200, cost, self._say)
        return self._spoken.read(request, body, dict(answer))

    async def close(self) -> None:
        """The batches are the registry's to close."""
