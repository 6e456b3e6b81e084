"""A ceiling in USD for one query: a call that might break it is not made. Calls in flight end and are kept.

Before a call its cost is reserved: estimated tokens × price, scaled by twice the dearest call the budget has seen of that model, and
tenfold until it has seen one. A call that finds no room waits while others are in flight (they may turn out cheaper than reserved), and
only then is refused. An attempt that got no answer has no known cost and is not counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rvbbit.errors import BudgetReached, ProviderError, ProviderTimeout, Refused, UsageError
from rvbbit.interfaces import Provider
from rvbbit.providers.prices import Prices, estimate
from rvbbit.providers.wrapper import Wrapper
from rvbbit.types import Completion, Request

UNSEEN = 10.0
MARGIN = 2.0


class Budget:
    """What one query may spend, shared by all its models. `spent` and `reserved` in USD."""

    def __init__(self, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self.spent = 0.0
        self.reserved = 0.0
        self._in_flight = 0
        self._scale: dict[str, float] = {}
        self._door = asyncio.Lock()
        self._settled = asyncio.Event()

    @asynccontextmanager
    async def reservation(self, model: str, estimated: float) -> AsyncIterator[Reservation]:
        """Room for one call. Waits for calls in flight where there is none yet. Raises BudgetReached."""
        async with self._door:
            reservation = Reservation(estimated, await self._room(model, estimated))
        self.reserved += reservation.reserved
        self._in_flight += 1
        try:
            yield reservation
        finally:
            self._settle(model, reservation)

    async def _room(self, model: str, estimated: float) -> float:
        while True:
            asked = estimated * self._scale.get(model, UNSEEN)
            if self.spent + self.reserved + asked <= self.limit_usd:
                return asked
            if not self._in_flight:
                break
            self._settled.clear()
            await self._settled.wait()
        if model not in self._scale and self.spent + estimated <= self.limit_usd:
            return estimated
        raise BudgetReached(
            f"the budget of ${self.limit_usd:g} is reached: ${self.spent:.6f} spent, and the next call to {model} may cost ${asked:.6f}",
            hint="what was paid for is kept; raise the budget and run the query again to go on from here",
        )

    def _settle(self, model: str, reservation: Reservation) -> None:
        self.reserved -= reservation.reserved
        self._in_flight -= 1
        self.spent += reservation.actual
        if reservation.known and reservation.estimated > 0:
            scale = MARGIN * reservation.actual / reservation.estimated
            self._scale[model] = max(scale, self._scale.get(model, 0.0))
        if not self._in_flight:
            self.reserved = 0.0
        self._settled.set()


class Reservation:
    """Room for one call in a budget. `actual` is what it cost; until that is known (and if it never is), what was estimated."""

    def __init__(self, estimated: float, reserved: float) -> None:
        self.estimated = estimated
        self.reserved = reserved
        self.actual = estimated
        self.known = False

    def cost(self, usd: float | None) -> None:
        """The call cost this; None, and the estimate stands."""
        if usd is not None:
            self.actual = usd
            self.known = True

    def free(self) -> None:
        """The call was not answered and cost nothing."""
        self.actual = 0.0


class Budgeted(Wrapper):
    """A provider whose calls fit into `budget`. The outermost wrapper, made for one query; `model` is `provider:model`."""

    def __init__(self, inner: Provider, model: str, budget: Budget, prices: Prices) -> None:
        super().__init__(inner)
        self._model = model
        self._budget = budget
        self._prices = prices

    async def complete(self, request: Request) -> Completion:
        """The answer, where it can be paid. Raises BudgetReached before the call, UsageError where the model's price is not known."""
        estimated = self._prices.cost(self._model, estimate(request))
        if estimated is None:
            raise unpriced(self._model)
        async with self._budget.reservation(self._model, estimated) as reservation:
            try:
                completion = await self.inner.complete(request)
            except ProviderError as error:
                _charge(reservation, error)
                raise
            reservation.cost(completion.usage.cost_usd)
            return completion


def _charge(reservation: Reservation, error: ProviderError) -> None:
    """What a failed call cost. One that timed out or was refused may have been billed: its estimate stands."""
    if error.usage is not None:
        reservation.cost(error.usage.cost_usd)
    elif isinstance(error, ProviderTimeout | Refused):
        reservation.cost(None)
    else:
        reservation.free()


def unpriced(model: str) -> UsageError:
    """The error of a budget for a model without a known price."""
    example = f'"{model}" = {{input = 0.15, output = 0.60}}'
    return UsageError(
        f"a budget is set, and the price of {model} is not known",
        hint=f"state it in rvbbit.toml in USD per million tokens: [prices] {example}; or drop the budget",
    )
