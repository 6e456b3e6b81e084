"""An embedding model whose calls are counted, priced and kept within a budget, as calls to chat models are. It stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from rvbbit.errors import ProviderError, ProviderTimeout
from rvbbit.interfaces import Matrix
from rvbbit.providers.budgeted import Budget, unpriced
from rvbbit.providers.prices import CHARACTERS_PER_TOKEN, Prices
from rvbbit.types import Usage


@runtime_checkable
class Counting(Protocol):
    """An embedder that says how many tokens it read."""

    async def counted(self, texts: Sequence[str]) -> tuple[Matrix, int]:
        """One unit-length row a text, in order, and tokens. Raises ProviderError."""


def estimated(texts: Sequence[str]) -> Usage:
    """What embedding texts will take, roughly."""
    return Usage(tokens_in=sum(map(len, texts)) // CHARACTERS_PER_TOKEN + len(texts))


class Counted:
    """One embedding model for one query. Raises UsageError where there is a budget and no known price."""

    def __init__(self, inner: Counting, model: str, prices: Prices, budget: Budget | None = None) -> None:
        if budget is not None and prices.cost(model, Usage()) is None:
            raise unpriced(model)
        self._inner = inner
        self._model = model
        self._prices = prices
        self._budget = None if prices.free(model) else budget

    async def embed(self, texts: Sequence[str]) -> tuple[Matrix, Usage]:
        """One unit-length row a text, in order, and what it took. Raises BudgetReached before the call, ProviderError."""
        if self._budget is None:
            return await self._embed(texts)
        async with self._budget.reservation(self._model, self._prices.cost(self._model, estimated(texts)) or 0.0) as reservation:
            try:
                vectors, usage = await self._embed(texts)
            except ProviderTimeout:
                reservation.cost(None)  # it may have been billed: its estimate stands
                raise
            except ProviderError:
                reservation.free()
                raise
            reservation.cost(usage.cost_usd)
            return vectors, usage

    async def _embed(self, texts: Sequence[str]) -> tuple[Matrix, Usage]:
        vectors, tokens = await self._inner.counted(texts)
        usage = Usage(tokens_in=tokens or estimated(texts).tokens_in)
        return vectors, Usage(tokens_in=usage.tokens_in, cost_usd=self._prices.cost(self._model, usage))
