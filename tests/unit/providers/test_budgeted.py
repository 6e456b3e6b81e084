"""A budget is a ceiling: what might break it is not called."""

from __future__ import annotations

import asyncio

import pytest

from rvbbit.errors import AuthenticationFailed, BudgetReached, ProviderTimeout, Refused, Unavailable, UsageError
from rvbbit.providers.budgeted import Budget, Budgeted
from rvbbit.providers.priced import Priced
from rvbbit.providers.prices import Prices, estimate
from rvbbit.settings import Price
from rvbbit.types import Completion, Message, Request, Usage

MODEL = "openai:mine"
PRICES = Prices({MODEL: Price(1.0, 1.0)})
REQUEST = Request(MODEL, (Message("user", "x" * 320),), output_schema={"type": "boolean"})
ESTIMATED = PRICES.cost(MODEL, estimate(REQUEST))


class Model:
    """A provider that answers after some turns of the loop, at a price of its own."""

    reads_messages = True

    def __init__(self, cost=ESTIMATED, error=None, turns=1):
        self.cost = cost
        self.turns = turns
        self.error = error
        self.calls = 0
        self.in_flight = 0
        self.max_in_flight = 0

    async def complete(self, request):
        self.calls += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        for _ in range(self.turns):
            await asyncio.sleep(0)
        self.in_flight -= 1
        if self.error is not None:
            raise self.error
        return Completion("yes", MODEL, Usage(90, 10, cost_usd=self.cost))

    async def close(self):
        pass


def budgeted(model, limit):
    budget = Budget(limit)
    return Budgeted(model, MODEL, budget, PRICES), budget


async def all_of(provider, count):
    return await asyncio.gather(*(provider.complete(REQUEST) for _ in range(count)), return_exceptions=True)


async def test_calls_are_made_while_they_fit():
    model = Model()
    provider, budget = budgeted(model, 1.0)
    await all_of(provider, 64)
    assert model.calls == 64
    assert budget.spent == pytest.approx(64 * ESTIMATED)
    assert budget.reserved == 0.0


async def test_many_at_once_cannot_overshoot_together():
    model = Model()
    provider, budget = budgeted(model, 10.5 * ESTIMATED)
    answers = await all_of(provider, 64)
    assert model.calls == 9  # the tenth might have cost twice as much
    assert budget.spent <= budget.limit_usd
    assert sum(isinstance(answer, Completion) for answer in answers) == 9
    assert sum(isinstance(answer, BudgetReached) for answer in answers) == 55


@pytest.mark.parametrize("factor", [0.1, 1.0, 3.0, 9.0])
async def test_the_ceiling_holds_though_the_estimate_is_wrong(factor):
    model = Model(cost=ESTIMATED * factor)
    provider, budget = budgeted(model, 100 * ESTIMATED)
    await all_of(provider, 2000)
    assert budget.spent <= budget.limit_usd
    assert budget.spent >= budget.limit_usd - 2 * ESTIMATED * max(factor, 1)


async def test_an_answer_somewhat_dearer_than_any_before_stays_below_the_ceiling():
    model = Model()
    provider, budget = budgeted(model, 100 * ESTIMATED)
    await all_of(provider, 50)
    model.cost = 1.9 * ESTIMATED
    await all_of(provider, 200)
    assert budget.limit_usd / 2 < budget.spent <= budget.limit_usd


async def test_once_a_price_is_seen_calls_run_side_by_side():
    model = Model(turns=500)
    provider, _ = budgeted(model, 64 * ESTIMATED)
    await all_of(provider, 60)
    assert model.max_in_flight == 28  # what fits at twice the price, after those that were made to learn it


async def test_a_call_that_cannot_fit_is_never_made():
    model = Model()
    provider, budget = budgeted(model, ESTIMATED / 2)
    with pytest.raises(BudgetReached) as caught:
        await provider.complete(REQUEST)
    assert (model.calls, budget.spent) == (0, 0.0)
    assert MODEL in caught.value.message
    assert "kept" in caught.value.hint


async def test_one_call_that_fits_is_made_though_ten_would_not():
    model = Model()
    provider, _ = budgeted(model, 1.5 * ESTIMATED)
    await provider.complete(REQUEST)
    assert model.calls == 1


async def test_nothing_may_be_spent_under_a_budget_of_nothing():
    model = Model()
    provider, _ = budgeted(model, 0.0)
    with pytest.raises(BudgetReached):
        await provider.complete(REQUEST)
    assert model.calls == 0


async def test_one_budget_holds_for_several_models():
    model, budget = Model(), Budget(5.5 * ESTIMATED)
    prices = Prices({MODEL: Price(1.0, 1.0), "openai:other": Price(1.0, 1.0)})
    one, other = Budgeted(model, MODEL, budget, prices), Budgeted(model, "openai:other", budget, prices)
    await asyncio.gather(all_of(one, 20), all_of(other, 20))
    assert model.calls == 5


async def test_a_budget_is_never_ignored_for_want_of_a_price():
    model = Model()
    provider = Budgeted(model, "openai:unheard-of", Budget(1.0), PRICES)
    with pytest.raises(UsageError) as caught:
        await provider.complete(REQUEST)
    assert "openai:unheard-of" in caught.value.message
    assert "[prices]" in caught.value.hint
    assert model.calls == 0


@pytest.mark.parametrize("error", [Unavailable("down"), AuthenticationFailed("no")])
async def test_a_call_that_got_no_answer_costs_nothing(error):
    provider, budget = budgeted(Model(error=error), 1.0)
    with pytest.raises(type(error)):
        await provider.complete(REQUEST)
    assert (budget.spent, budget.reserved) == (0.0, 0.0)


@pytest.mark.parametrize("error", [ProviderTimeout("slow"), Refused("no")])
async def test_a_call_that_may_have_been_billed_counts_as_estimated(error):
    provider, budget = budgeted(Model(error=error), 1.0)
    with pytest.raises(type(error)):
        await provider.complete(REQUEST)
    assert budget.spent == pytest.approx(ESTIMATED)


async def test_a_refusal_that_was_counted_costs_what_it_says():
    error = Refused("no")
    error.usage = Usage(1000, 0, cost_usd=None)
    provider, budget = budgeted(Priced(Model(error=error), MODEL, PRICES), 1.0)
    with pytest.raises(Refused):
        await provider.complete(REQUEST)
    assert budget.spent == pytest.approx(0.001)


async def test_an_answer_without_usage_counts_as_estimated():
    provider, budget = budgeted(Model(cost=None), 1.0)
    await provider.complete(REQUEST)
    assert budget.spent == pytest.approx(ESTIMATED)


async def test_a_cancelled_call_gives_its_reservation_back_and_counts_as_estimated():
    provider, budget = budgeted(Model(), 1.0)
    task = asyncio.create_task(provider.complete(REQUEST))
    await asyncio.sleep(0)
    assert budget.reserved > 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert budget.reserved == 0.0
    assert budget.spent == pytest.approx(ESTIMATED)


async def priced(usage, model=MODEL, prices=PRICES):
    class One(Model):
        async def complete(self, request):
            return Completion("yes", model, usage)

    return (await Priced(One(), model, prices).complete(REQUEST)).usage.cost_usd


async def test_tokens_are_priced():
    assert await priced(Usage(1_000_000, 0, cost_usd=None)) == pytest.approx(1.0)


async def test_what_the_provider_says_it_cost_stands():
    assert await priced(Usage(1_000_000, 0, cost_usd=0.25)) == 0.25


async def test_an_answer_that_counts_no_tokens_has_no_known_cost():
    assert await priced(Usage(0, 0, cost_usd=None)) is None


async def test_a_free_server_is_free_though_it_counts_nothing():
    assert await priced(Usage(0, 0, cost_usd=None), "ollama:llama3.2") == 0.0
