"""What calls cost in USD, and what a request will take before it is sent. Prices come from `genai-prices` or from you; never guessed.

Shape: models are named `provider:model`. Units: prices in USD per million tokens.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from rvbbit.providers.servers import BY_NAME
from rvbbit.types import Request, Usage

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
SHORT_ANSWER = 16
LONG_ANSWER = 256
# Where genai-prices has another name for a provider than we do.
PRICED_AS = {"bedrock": "aws", "xai": "x-ai"}


class PerMillion(Protocol):
    """A price: USD per million tokens in and out."""

    @property
    def input(self) -> float:
        """USD per million tokens in, cached or not."""

    @property
    def output(self) -> float:
        """USD per million tokens out."""


@dataclass(frozen=True, slots=True)
class _Rates:
    """USD per token."""

    input: float
    output: float
    cached: float
    written: float

    def cost(self, usage: Usage) -> float:
        fresh = usage.tokens_in - usage.tokens_cached - usage.tokens_written
        kept = usage.tokens_cached * self.cached + usage.tokens_written * self.written
        return fresh * self.input + kept + usage.tokens_out * self.output


FREE = _Rates(0.0, 0.0, 0.0, 0.0)


class Prices:
    """USD for usage, by model. `stated` prices win over known ones."""

    def __init__(self, stated: Mapping[str, PerMillion] = MappingProxyType({})) -> None:
        self._stated = {model: _stated(price) for model, price in stated.items()}
        self._known: dict[str, _Rates | ModelInfo | None] = {}

    def cost(self, model: str, usage: Usage) -> float | None:
        """USD; None where no price is known, 0.0 for `local:` models and servers of one's own."""
        found = self._of(model)
        if found is None or isinstance(found, _Rates):
            return None if found is None else found.cost(usage)
        price = found.get_prices(datetime.now(UTC)).calc_price(_counted(usage))
        return float(price["total_price"])

    def free(self, model: str) -> bool:
        """True where calls cost nothing, whatever they take."""
        return self._of(model) is FREE

    def _of(self, model: str) -> _Rates | ModelInfo | None:
        if model not in self._known:
            self._known[model] = self._find(model)
        return self._known[model]

    def _find(self, model: str) -> _Rates | ModelInfo | None:
        """Flat rates where the price is flat; the model itself where it depends on size or time; None where unknown."""
        if model in self._stated:
            return self._stated[model]
        provider, _, name = model.partition(":")
        if provider == "local" or (provider in BY_NAME and BY_NAME[provider].free):
            return FREE
        try:
            _, found = self._snapshot.find_provider_model(name, None, PRICED_AS.get(provider, provider), None)
        except LookupError:
            return None
        return _flat(found) or found

    @cached_property
    def _snapshot(self) -> DataSnapshot:
        # Imported at the first question: 1.6 MB of price tables, 0.2 s, which a query on local models need not pay.
        from genai_prices import data_snapshot

        return data_snapshot.get_snapshot()


class HalfPrices(Prices):
    """What batch APIs take: half of the other prices."""

    def __init__(self, whole: Prices) -> None:
        super().__init__()
        self._whole = whole

    def cost(self, model: str, usage: Usage) -> float | None:
        """Half of it, where a price is known."""
        whole = self._whole.cost(model, usage)
        return None if whole is None else whole / 2

    def free(self, model: str) -> bool:
        """As for single calls."""
        return self._whole.free(model)


def _stated(price: PerMillion) -> _Rates:
    paid = price.input / 1e6
    return _Rates(paid, price.output / 1e6, paid, paid)


def _flat(model: ModelInfo) -> _Rates | None:
    if isinstance(model.prices, list):
        return None
    price = model.prices
    if price.input_mtok is None and price.output_mtok is None:
        return None
    cached = price.input_mtok if price.cache_read_mtok is None else price.cache_read_mtok
    written = price.input_mtok if price.cache_write_mtok is None else price.cache_write_mtok
    found = [_per_token(part) for part in (price.input_mtok, price.output_mtok, cached, written)]
    rates = [part for part in found if part is not None]
    return _Rates(*rates) if len(rates) == len(found) else None


def _per_token(price: Any) -> float | None:
    """USD per token; None for a price in tiers."""
    try:
        return float(price or 0) / 1e6
    except TypeError:
        return None


def _counted(usage: Usage) -> Any:
    from genai_prices import Usage as Counted  # see _snapshot

    return Counted(
        input_tokens=usage.tokens_in,
        output_tokens=usage.tokens_out,
        cache_read_tokens=usage.tokens_cached,
        cache_write_tokens=usage.tokens_written,
    )


def estimate(request: Request) -> Usage:
    """What a request will take, before it is sent; `cost_usd` is None.

    In: a quarter of the characters of its messages and schema, and four tokens a message. Out: `max_tokens` where given and smaller, else
    16 tokens for a yes or no, a number or a label, 256 for anything longer.
    """
    characters = sum(len(message.content) for message in request.messages)
    longest = LONG_ANSWER
    if request.output_schema is not None:
        characters += len(json.dumps(request.output_schema))
        longest = SHORT_ANSWER if _short(request.output_schema) else LONG_ANSWER
    tokens_in = math.ceil(characters / CHARACTERS_PER_TOKEN) + TOKENS_PER_MESSAGE * len(request.messages)
    return Usage(tokens_in, min(longest, request.max_tokens or longest), cost_usd=None)


def _short(schema: Mapping[str, Any]) -> bool:
    """A schema of scalars that are no free text, or an object of up to three of them."""
    if "enum" in schema or "const" in schema:
        return True
    if schema.get("type") == "object":
        parts = list(schema.get("properties", {}).values())
        return 0 < len(parts) <= 3 and all(_short(part) for part in parts)
    return schema.get("type") in ("boolean", "number", "integer", "null")
