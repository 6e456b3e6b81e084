"""`provider:model` → provider. Nothing is called."""

from __future__ import annotations

import importlib.util

import pytest

from rvbbit.errors import AuthenticationFailed, ModelNotFound, Unsupported, UsageError
from rvbbit.providers.budgeted import Budget
from rvbbit.providers.limited import Rate
from rvbbit.providers.registry import Registry
from rvbbit.settings import Price

ENV = {"OPENAI_API_KEY": "sk-secret"}


class Own:
    reads_messages = False

    def __init__(self):
        self.closed = 0

    async def complete(self, request):
        raise NotImplementedError

    async def embed(self, texts):
        raise NotImplementedError

    async def close(self):
        self.closed += 1


async def test_a_model_has_one_provider():
    registry = Registry(env=ENV)
    provider = registry("openai:gpt-5-mini")
    assert registry("openai:gpt-5-mini") is provider
    assert registry("openai:gpt-5") is not provider
    assert provider.reads_messages
    await registry.close()
    await registry.close()


async def test_a_model_of_our_own_is_used_as_it_is_and_left_open():
    own = Own()
    registry = Registry(env={}, providers={"local:minilm": own}, embedders={"local:minilm": own})
    assert registry("local:minilm") is own
    assert registry.embedder("local:minilm") is own
    await registry.close()
    assert own.closed == 0


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("opnai:gpt-5", "`openai:gpt-5`"),
        ("antropic:claude", "`anthropic:claude`"),
        ("olama:x", "`ollama:x`"),
        ("gpt-5-mini", "`provider:model`"),
        ("openai:", "`openai:…`"),
        (":x", "`provider:model`"),
        ("local:minilm2", "`local:minilm`"),
        ("", "`provider:model`"),
    ],
)
def test_an_unknown_model_names_the_nearest(model, hint):
    with pytest.raises(ModelNotFound) as caught:
        Registry(env=ENV, providers={"local:minilm": Own()})(model)
    assert hint in caught.value.hint
    assert repr(model) in caught.value.message


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai:x", "OPENAI_API_KEY"),
        ("openrouter:x", "OPENROUTER_API_KEY"),
        ("anthropic:claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ("google:gemini-2.5-flash", "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_named(model, variable):
    with pytest.raises(AuthenticationFailed, match=variable):
        Registry(env={})(model)


def test_a_server_of_ones_own_needs_no_key():
    assert Registry(env={})("ollama:llama3.2").reads_messages


def test_models_of_others_need_the_extra(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pydantic_ai" else real(name))
    with pytest.raises(Unsupported) as caught:
        Registry(env={"ANTHROPIC_API_KEY": "k"})("anthropic:claude-haiku-4-5")
    assert caught.value.hint == "pip install 'rvbbit[providers]'"


def test_a_model_without_embeddings_says_so():
    with pytest.raises(Unsupported, match="anthropic"):
        Registry(env=ENV).embedder("anthropic:claude-haiku-4-5")


def test_a_budget_for_a_model_without_a_price_says_how_to_state_one():
    registry = Registry(env=ENV)
    with pytest.raises(UsageError) as caught:
        registry.budgeted(Budget(1.0))("openai:unheard-of")
    assert "[prices]" in caught.value.hint


def test_a_stated_price_lets_a_budget_work():
    registry = Registry(env=ENV, prices={"openai:unheard-of": Price(1.0, 2.0)})
    provider_for = registry.budgeted(Budget(1.0))
    assert provider_for("openai:unheard-of") is provider_for("openai:unheard-of")


def test_a_budget_stands_around_the_shared_provider():
    registry = Registry(env=ENV)
    one, other = (registry.budgeted(Budget(1.0))("openai:gpt-5-mini") for _ in range(2))
    assert one is not other
    assert one.inner is other.inner is registry("openai:gpt-5-mini")


def test_free_models_need_no_budget():
    own = Own()
    registry = Registry(env={}, providers={"local:minilm": own})
    assert registry.budgeted(Budget(0.0))("local:minilm") is own


def test_no_key_shows():
    registry = Registry(env=ENV)
    registry("openai:gpt-5-mini")
    assert "sk-secret" not in repr(registry) + repr(vars(vars(registry)["_remote"])["_connections"])


async def test_the_rate_of_a_provider_is_shared_by_its_models():
    """It is the account's: two models must not take it twice."""
    registry = Registry(env=ENV, rates={"openai": Rate(requests=60), "openai:own": Rate(requests=6)})
    one, other, own = (registry(f"openai:{name}").inner.allowance for name in ("a", "b", "own"))
    assert one is other
    assert own is not one
    await registry.close()
