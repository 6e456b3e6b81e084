"""Prices and estimates."""

from __future__ import annotations

import pytest

from rvbbit.providers.prices import Prices, estimate
from rvbbit.settings import Price
from rvbbit.types import Message, Request, Usage

MILLION = 1_000_000


@pytest.mark.parametrize("model", ["local:minilm", "ollama:llama3.2", "vllm:anything", "lmstudio:x"])
def test_models_on_ones_own_machine_are_free(model):
    assert Prices().cost(model, Usage(MILLION, MILLION)) == 0.0
    assert Prices().free(model)


@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-5-mini",
        "anthropic:claude-haiku-4-5",
        "google:gemini-2.5-flash",
        "bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "xai:grok-4",
        "groq:llama-3.3-70b-versatile",
        "openrouter:openai/gpt-5-mini",
        "deepseek:deepseek-chat",
        "mistral:mistral-small-latest",
        "openai:text-embedding-3-small",
    ],
)
def test_known_models_have_a_price(model):
    assert Prices().cost(model, Usage(MILLION, 0)) > 0
    assert not Prices().free(model)


@pytest.mark.parametrize("model", ["openai:no-such-model", "nobody:gpt-5-mini", "openai:", ""])
def test_an_unknown_price_is_none_and_not_zero(model):
    assert Prices().cost(model, Usage(MILLION, MILLION)) is None
    assert not Prices().free(model)


def test_flat_rates_agree_with_the_price_library():
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    usage = Usage(1000, 100, 200)
    theirs = calc_price(Counted(input_tokens=1000, output_tokens=100, cache_read_tokens=200), "gpt-5-mini", provider_id="openai")
    assert Prices().cost("openai:gpt-5-mini", usage) == pytest.approx(float(theirs.total_price))


def test_a_price_in_tiers_grows_with_the_prompt():
    prices = Prices()
    small, large = (prices.cost("google:gemini-2.5-pro", Usage(size, 0)) for size in (1000, 1_000_000))
    assert large > 1000 * small


def test_cached_tokens_are_cheaper():
    prices = Prices()
    assert prices.cost("openai:gpt-5-mini", Usage(1000, 0, 1000)) < prices.cost("openai:gpt-5-mini", Usage(1000, 0, 0))


def test_a_stated_price_wins():
    prices = Prices({"openai:gpt-5-mini": Price(1.0, 2.0), "openai:mine": Price(0.5, 0.0)})
    assert prices.cost("openai:gpt-5-mini", Usage(MILLION, MILLION)) == pytest.approx(3.0)
    assert prices.cost("openai:mine", Usage(MILLION, MILLION)) == pytest.approx(0.5)


def question(**options) -> Request:
    return Request("openai:m", (Message("user", "x" * 400),), **options)


def test_an_estimate_counts_a_quarter_of_the_characters():
    assert estimate(question()) == Usage(104, 256, cost_usd=None)


@pytest.mark.parametrize(
    ("schema", "tokens"),
    [
        ({"type": "boolean"}, 16),
        ({"type": "number"}, 16),
        ({"type": "string", "enum": ["a", "b"]}, 16),
        ({"type": "object", "properties": {"answer": {"type": "boolean"}}}, 16),
        ({"type": "string"}, 256),
        ({"type": "array", "items": {"type": "boolean"}}, 256),
        ({"type": "object", "properties": {"why": {"type": "string"}}}, 256),
    ],
)
def test_short_answers_are_expected_to_be_short(schema, tokens):
    assert estimate(question(output_schema=schema)).tokens_out == tokens


def test_an_estimate_expects_no_more_than_is_allowed():
    assert estimate(question(max_tokens=10)).tokens_out == 10
    assert estimate(question(max_tokens=10_000)).tokens_out == 256


def test_the_schema_counts_as_prompt():
    assert estimate(question(output_schema={"type": "string", "enum": ["x" * 4000]})).tokens_in > 1000


@pytest.mark.parametrize("model", ["anthropic:claude-haiku-4-5", "openai:gpt-5.6-luna"])
def test_what_is_written_to_a_cache_costs_more_and_what_is_read_from_it_less(model):
    prices = Prices()
    plain, written, read = (
        prices.cost(model, usage) for usage in (Usage(1000), Usage(1000, tokens_written=1000), Usage(1000, tokens_cached=1000))
    )
    assert written == pytest.approx(1.25 * plain)
    assert read == pytest.approx(0.1 * plain)
    assert prices.cost(model, Usage(2000, tokens_cached=1000, tokens_written=1000)) == pytest.approx(written + read)


def test_a_stated_price_is_the_price_of_every_token_in():
    assert Prices({"openai:mine": Price(1.0, 1.0)}).cost("openai:mine", Usage(1000, 0, 400, tokens_written=500)) == pytest.approx(0.001)
