"""`provider:model` → its provider, in all its wrappers; one client a server, one ceiling for everything remote. It makes no calls itself.

From the inside out: client, price, prompt cache, ceiling, back-off, retries; `budgeted` puts one query's budget around that. A call that
waits to be tried again holds no place.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rvbbit.errors import ModelNotFound, Unsupported
from rvbbit.interfaces import Embedder, Provider, ProviderFor
from rvbbit.providers.batch_records import BatchRecords
from rvbbit.providers.budgeted import Budget, Budgeted, unpriced
from rvbbit.providers.capped import Capped
from rvbbit.providers.counted import Counted, Counting
from rvbbit.providers.foreign import FAMILIES, foreign
from rvbbit.providers.limited import Allowance, Limited, Rate
from rvbbit.providers.prefixed import Prefixed
from rvbbit.providers.priced import Priced
from rvbbit.providers.prices import HalfPrices, PerMillion, Prices
from rvbbit.providers.prompt_caches import prompt_cache
from rvbbit.providers.retrying import Patience, Retrying
from rvbbit.providers.servers import BY_NAME
from rvbbit.types import Usage

if TYPE_CHECKING:
    from rvbbit.providers.batches import Say
    from rvbbit.providers.remote import Remote


class Registry:
    """Every model that can be named. One a process, used on one event loop; making it opens nothing.

    `env` holds keys and addresses. `providers` and `embedders` are models of our own by full name (`local:minilm`), used as they are and
    closed by whoever made them. `prices` are stated by `provider:model`, `rates` by that or by `provider`. `batches` is the folder of
    those under way (None: they are not written down).
    """

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        concurrency: int = 64,
        providers: Mapping[str, Provider] = MappingProxyType({}),
        embedders: Mapping[str, Embedder] = MappingProxyType({}),
        prices: Mapping[str, PerMillion] = MappingProxyType({}),
        rates: Mapping[str, Rate] = MappingProxyType({}),
        patience: Patience | None = None,
        batches: Path | None = None,
    ) -> None:
        self.prices = Prices(prices)
        self._env = env
        self._concurrency = concurrency
        self._own = dict(providers)
        self._own_embedders = dict(embedders)
        self._allowances = {name: Allowance(rate) for name, rate in rates.items()}
        self._patience = patience or Patience()
        self._places = asyncio.Semaphore(concurrency)
        self._providers: dict[str, Provider] = {}
        self._embedders: dict[str, Embedder] = {}
        self._records = BatchRecords(batches)

    def __call__(self, model: str) -> Provider:
        """The provider of `provider:model`, always the same one. Raises ModelNotFound, AuthenticationFailed, Unsupported, UsageError."""
        if model in self._own:
            return self._own[model]
        if model not in self._providers:
            self._providers[model] = self._wrapped(model)
        return self._providers[model]

    def budgeted(self, budget: Budget) -> ProviderFor:
        """The same models for one query, which together stay within `budget`. Raises UsageError for a model without a known price."""
        known: dict[str, Provider] = {}

        def provider_for(model: str) -> Provider:
            if model not in known:
                provider = self(model)
                if self.prices.cost(model, Usage()) is None:
                    raise unpriced(model)
                known[model] = provider if self.prices.free(model) else Budgeted(provider, model, budget, self.prices)
            return known[model]

        return provider_for

    def batched(self, say: Say, budget: Budget | None = None) -> ProviderFor:
        """The same models through their servers' batch APIs, within `budget`; models of our own as they are. `say` hears of the batches.

        Raises Unsupported for a model whose server has none, UsageError for one without a known price where there is a budget.
        """
        prices = HalfPrices(self.prices)
        known: dict[str, Provider] = {}

        def provider_for(model: str) -> Provider:
            if model in self._own:
                return self._own[model]
            if model not in known:
                server, name = self._parsed(model)
                if not (FAMILIES[server].batches if server in FAMILIES else BY_NAME[server].batches):
                    hint = "leave out `-- @ batch`, or use an `openai:` or `anthropic:` model"
                    raise Unsupported(f"{model}: we know no batch API of {server}", hint=hint)
                if budget is not None and prices.cost(model, Usage()) is None:
                    raise unpriced(model)
                batched = self._remote.batched(server, name, self._records, self._patience, prices, say)
                priced: Provider = Priced(batched, model, prices)
                known[model] = priced if budget is None else Budgeted(priced, model, budget, prices)
            return known[model]

        return provider_for

    def embedder(self, model: str) -> Embedder:
        """The embedder of `provider:model`. Raises as `__call__` does."""
        if model in self._own_embedders:
            return self._own_embedders[model]
        if model not in self._embedders:
            server, name = self._parsed(model)
            if server not in BY_NAME:
                raise Unsupported(
                    f"{model}: {server} is not a server we embed with", hint="`local:minilm` embeds, and so do OpenAI's models"
                )
            self._embedders[model] = self._remote.embeddings(server, name, self._places, self._patience)
        return self._embedders[model]

    def counting(self, model: str, budget: Budget | None) -> Counted:
        """The embedder of `provider:model` for one query, within its budget. Raises as `embedder` and Counted do."""
        embedder = self.embedder(model)
        if not isinstance(embedder, Counting):
            raise Unsupported(f"{model} does not say what its calls take", hint="`local:minilm` and OpenAI's embedding models do")
        return Counted(embedder, model, self.prices, budget)

    async def close(self) -> None:
        """Close every client. Safe to call twice; providers that were handed in are left open."""
        providers, self._providers = self._providers, {}
        self._embedders = {}
        for provider in providers.values():
            await provider.close()
        if "_remote" in vars(self):
            await self._remote.close()

    def _wrapped(self, model: str) -> Provider:
        server, name = self._parsed(model)
        client: Provider = self._remote.chat(server, name) if server in BY_NAME else foreign(model, self._env)
        allowance = self._allowances.get(model) or self._allowances.get(server)
        priced: Provider = Priced(client, model, self.prices)
        cache = prompt_cache(model)
        ceiled = Capped(priced if cache is None else Prefixed(priced, cache), self._places)
        return Retrying(Limited(ceiled, self._concurrency, allowance), self._patience)

    @cached_property
    def _remote(self) -> Remote:
        # Imported when the first remote model is named: aiohttp takes 0.15 s, which a query on local models need not pay.
        from rvbbit.providers.remote import Remote

        return Remote(self._env, self._concurrency)

    def _parsed(self, model: str) -> tuple[str, str]:
        """Provider and model name, both known to be usable. Raises ModelNotFound."""
        provider, _, name = model.partition(":")
        if name and (provider in BY_NAME or provider in FAMILIES):
            return provider, name
        known = [*BY_NAME, *FAMILIES]
        if name and provider not in known and provider in {own.partition(":")[0] for own in self._own}:
            nearest = difflib.get_close_matches(model, self._own, n=1, cutoff=0.0)
            raise ModelNotFound(f"there is no model {model!r}", hint=f"the nearest is `{nearest[0]}`")
        near = difflib.get_close_matches(provider, [*known, "local"], n=1, cutoff=0.5)
        hint = (
            f"did you mean `{near[0]}:{name or '…'}`?"
            if near
            else f"models are named `provider:model`; providers: {', '.join(known)}, local"
        )
        raise ModelNotFound(f"there is no provider for the model {model!r}", hint=hint)
