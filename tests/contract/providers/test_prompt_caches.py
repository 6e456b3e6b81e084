"""Over a real socket, against servers that cache the starts of prompts: what was expected is what was cached, and is paid as such."""

from __future__ import annotations

import asyncio

import pytest

from rvbbit.providers.registry import Registry
from rvbbit.testing import FakeServer, PromptCache
from rvbbit.types import Message, Request
from support.families import FAMILIES, KEY, FakeAnthropic

SYSTEM = "Answer truly, and mind these rules. " * 200  # 1,800 tokens
SHOTS = (Message("user", "Is fire hot?"), Message("assistant", "yes"))
STEP = 128


async def asked(registry, model, text, *, stable=3, system=SYSTEM):
    return await registry(model).complete(
        Request(model, (Message("system", system), *SHOTS, Message("user", text)), stable=stable, timeout=5.0)
    )


@pytest.fixture
async def openai():
    with FakeServer(key=KEY, prompt_cache=PromptCache()) as server:
        registry = Registry(env=FAMILIES["openai"].env(server), concurrency=8)
        yield registry, server
        await registry.close()


MARKED = {
    "openai:gpt-5.6-luna": ("openai", lambda: FakeServer(key=KEY, prompt_cache=PromptCache(marked=True))),
    "anthropic:claude-sonnet-5": ("anthropic", lambda: FakeAnthropic(prompt_cache=PromptCache(marked=True))),
}


@pytest.fixture(params=MARKED)
async def marked(request, monkeypatch):
    """Models that keep what is marked, at a price."""
    name, fake = MARKED[request.param]
    family = FAMILIES[name]
    with fake() as server:
        monkeypatch.setenv(family.base_env, family.env(server)[family.base_env])  # pydantic-ai reads addresses from the real environment
        registry = Registry(env=family.env(server), concurrency=8)
        yield registry, server, request.param
        await registry.close()


async def test_what_is_expected_is_what_is_cached(openai):
    registry, _ = openai
    found = [await asked(registry, "openai:gpt-5-mini", f"question {number}?") for number in range(5)]
    assert found[0].tokens_cached_expected == found[0].usage.tokens_cached == 0
    for answer in found[1:]:
        assert answer.usage.tokens_cached > 1024
        assert abs(answer.tokens_cached_expected - answer.usage.tokens_cached) <= STEP


async def test_calls_sent_together_hit_nothing_and_expect_nothing(openai):
    registry, server = openai
    server.latency = 0.05
    found = await asyncio.gather(*(asked(registry, "openai:gpt-5-mini", f"question {number}?") for number in range(8)))
    assert [(answer.tokens_cached_expected, answer.usage.tokens_cached) for answer in found] == [(0, 0)] * 8
    assert (await asked(registry, "openai:gpt-5-mini", "later?")).tokens_cached_expected > 1024


async def test_calls_that_waited_for_a_place_expect_what_was_answered_meanwhile(openai):
    registry, server = openai
    server.latency = 0.05
    found = await asyncio.gather(*(asked(registry, "openai:gpt-5-mini", f"question {number}?") for number in range(24)))
    assert sum(answer.tokens_cached_expected > 0 for answer in found) == sum(answer.usage.tokens_cached > 0 for answer in found) >= 8


async def test_cached_tokens_cost_less(openai):
    registry, _ = openai
    first, second = [await asked(registry, "openai:gpt-5-mini", text) for text in ("one?", "two?")]
    cached = second.usage.tokens_cached
    assert second.usage.cost_usd == pytest.approx(first.usage.cost_usd - cached * 0.9 * 0.25e-6)


@pytest.mark.parametrize("stable", [1, 3])
async def test_a_start_is_written_once_and_read_from_then_on(marked, stable):
    registry, _, model = marked
    found = [await asked(registry, model, f"question {number}?", stable=stable) for number in range(5)]
    assert [answer.usage.tokens_written > 1024 for answer in found] == [False, True, False, False, False]
    assert [answer.usage.tokens_cached > 1024 for answer in found] == [False, False, True, True, True]
    for answer in found:
        assert abs(answer.tokens_cached_expected - answer.usage.tokens_cached) <= 32
    first, second, third = (answer.usage.cost_usd for answer in found[:3])
    assert second > first > third


async def test_a_crowd_pays_for_writing_once(marked):
    registry, server, model = marked
    server.latency = 0.05
    found = await asyncio.gather(*(asked(registry, model, f"question {number}?") for number in range(24)))
    assert sum(answer.usage.tokens_written > 0 for answer in found) == 1
    assert sum(answer.usage.tokens_cached > 0 for answer in found) >= 8


async def test_prompts_that_nobody_repeats_are_never_written(marked):
    registry, _, model = marked
    found = [await asked(registry, model, "so?", system=f"{number}. {SYSTEM}") for number in range(4)]
    assert [answer.usage.tokens_written for answer in found] == [0] * 4
