"""Puts the price on what calls took, where the provider did not say it itself. Leaves None where no price or no count is known."""

from __future__ import annotations

from dataclasses import replace

from rvbbit.errors import ProviderError
from rvbbit.interfaces import Provider
from rvbbit.providers.prices import Prices
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request, Usage


class Priced(Wrapper):
    """A provider whose usage has a price. `model` is `provider:model`."""

    def __init__(self, inner: Provider, model: str, prices: Prices) -> None:
        super().__init__(inner)
        self._model = model
        self._prices = prices

    async def complete(self, request: Request) -> Completion:
        """The answer, or the error, with `usage.cost_usd` filled in."""
        try:
            completion = await self.inner.complete(request)
        except ProviderError as error:
            if error.usage is not None:
                error.usage = self._priced(error.usage)
            raise
        return replace(completion, usage=self._priced(completion.usage))

    def _priced(self, usage: Usage) -> Usage:
        if usage.cost_usd is not None:
            return usage
        uncounted = not usage.tokens_in and not usage.tokens_out
        if uncounted and not self._prices.free(self._model):
            return usage
        return replace(usage, cost_usd=self._prices.cost(self._model, usage))
