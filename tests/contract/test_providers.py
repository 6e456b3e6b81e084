"""What every remote provider promises, each asked over a real socket: OpenAI-compatible servers directly, Anthropic through pydantic-ai.

A family says only how it is named, what its server speaks and what it sends; every expectation is written once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from rvbbit.errors import (
    AuthenticationFailed,
    BudgetReached,
    ModelNotFound,
    ProviderTimeout,
    RateLimited,
    Refused,
    TerminalError,
    Unavailable,
)
from rvbbit.providers.budgeted import Budget
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.testing import FakeProcess, FakeServer
from rvbbit.testing.answers import chat
from rvbbit.types import Message, Request

KEY = "sk-a-very-secret-key-0123456789"
BOOLEAN = {"type": "boolean"}


class FakeAnthropic(FakeServer):
    """The fake server with Anthropic's `/v1/messages` in front: its bodies are translated to chat completions and back."""

    async def _handle(self, request):
        if request.headers.get("Authorization") != f"Bearer {KEY}" and request.headers.get("x-api-key") != KEY:
            return web.json_response({"type": "error", "error": {"type": "authentication_error", "message": f"bad key {KEY}"}}, status=401)
        asked = json.loads(await request.read())
        system = [{"role": "system", "content": asked["system"]}] if asked.get("system") else []
        turns = [{"role": turn["role"], "content": turn["content"][0]["text"]} for turn in asked["messages"]]
        body = {"model": asked["model"], "messages": [*system, *turns]}
        if output := asked.get("output_config"):
            body["response_format"] = {"type": "json_schema", "json_schema": {"schema": output["format"]["schema"]}}
        answer = await self._call(request, body)
        if asked["stream"] and answer.status == 200 and answer.body.endswith(b"}"):
            return web.Response(text=streamed(self._translated(json.loads(answer.body))), content_type="text/event-stream")
        return web.json_response(self._translated(json.loads(answer.body)), status=answer.status, headers=_pause(answer))

    def _translated(self, answer):
        if "error" in answer:
            return {"type": "error", "error": {"type": "api_error", "message": answer["error"]["message"]}}
        choice, usage = answer["choices"][0], answer["usage"]
        text = choice["message"]["content"] or choice["message"]["refusal"]
        reason = "refusal" if choice["message"]["refusal"] else {"stop": "end_turn", "length": "max_tokens"}[choice["finish_reason"]]
        return {
            "id": answer["id"],
            "type": "message",
            "role": "assistant",
            "model": answer["model"],
            "content": [{"type": "text", "text": text}],
            "stop_reason": reason,
            "usage": {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]},
        }


def streamed(message):
    """A whole message as the events that stream it."""
    (block,) = message["content"]
    events = [
        {"type": "message_start", "message": message | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": block["text"]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": message["usage"]},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def _pause(answer):
    return {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}


class Family:
    """A kind of provider and its fake."""

    def __init__(self, model, unknown, key_env, base_env, fake, root):
        self.model, self.unknown, self.key_env, self.base_env, self.fake, self.root = model, unknown, key_env, base_env, fake, root

    def env(self, server, key=KEY):
        return {self.key_env: key, self.base_env: server.base_url if self.root else server.base_url.removesuffix("/v1")}


FAMILIES = {
    "openai": Family("openai:gpt-5-mini", "openai:gpt-nope", "OPENAI_API_KEY", "OPENAI_BASE_URL", FakeServer, True),
    "openrouter": Family("openrouter:openai/gpt-5-mini", "openrouter:nope", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", FakeServer, True),
    "anthropic": Family(
        "anthropic:claude-haiku-4-5", "anthropic:claude-nope", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", FakeAnthropic, False
    ),
}


@pytest.fixture(params=FAMILIES, ids=str)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture
def server(family):
    options = {"key": KEY} if family.fake is FakeServer else {}
    with family.fake(models=(family.model.partition(":")[2],), **options) as server:
        yield server


async def no_sleep(_):
    pass


@pytest.fixture
async def registry(family, server, monkeypatch):
    monkeypatch.setenv(family.base_env, family.env(server)[family.base_env])  # pydantic-ai reads addresses from the real environment
    registry = Registry(env=family.env(server), concurrency=8, patience=Patience(attempts=1, sleep=no_sleep))
    yield registry
    await registry.close()


def question(family, text="Is water wet?", **options):
    options.setdefault("timeout", 5.0)
    return Request(family.model, (Message("system", "Answer truly."), Message("user", text)), **options)


async def asked(family, registry, **options):
    return await registry(family.model).complete(question(family, **options))


# Answers


async def test_text_comes_back_as_text(family, server, registry):
    server.answer = lambda body: "Yes, mostly. 📚"
    completion = await asked(family, registry)
    assert completion.text == "Yes, mostly. 📚"
    assert completion.value is None
    assert completion.model == family.model


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (BOOLEAN, True),
        ({"type": "number"}, 0.25),
        ({"type": "string", "enum": ["a", "b"]}, {"answer": "b"}),
        ({"type": "array", "items": {"type": "string"}}, ["x", "y"]),
        ({"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}, {"why": "because"}),
    ],
    ids=["boolean", "number", "label", "list", "object"],
)
async def test_a_schema_brings_json_of_that_shape(family, server, registry, schema, value):
    server.answer = lambda body: value
    completion = await asked(family, registry, output_schema=schema)
    expected = value["answer"] if isinstance(value, dict) and "answer" in value else value
    assert json.loads(completion.text) == expected


async def test_prose_comes_back_for_the_cell_to_judge(family, server, registry):
    server.prose()
    assert "depends" in (await asked(family, registry, output_schema=BOOLEAN)).text


async def test_the_server_gets_the_chat_in_order(family, server, registry):
    chat_ = (Message("system", "s"), Message("user", "u1"), Message("assistant", "a1"), Message("user", "u2"))
    await registry(family.model).complete(Request(family.model, chat_))
    assert [(turn["role"], turn["content"]) for turn in server.requests[0]["messages"]] == [
        ("system", "s"),
        ("user", "u1"),
        ("assistant", "a1"),
        ("user", "u2"),
    ]


async def test_usage_is_the_answers_own_and_has_a_price(family, server, registry):
    completion = await asked(family, registry)
    sent = chat(server.requests[0], server.answer(server.requests[0]))["usage"]
    assert (completion.usage.tokens_in, completion.usage.tokens_out) == (sent["prompt_tokens"], sent["completion_tokens"])
    assert completion.usage.cost_usd > 0


# Failures


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TerminalError),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, ModelNotFound),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_each_status_becomes_its_error(family, server, registry, status, kind):
    server.fail(status, message="the fake's own words", times=3)
    with pytest.raises(kind, match="the fake's own words") as caught:
        await asked(family, registry)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert family.model in caught.value.message
    assert caught.value.hint


async def test_retry_after_is_passed_on(family, server, registry):
    server.fail(429, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await asked(family, registry)
    assert caught.value.retry_after == 7.0


async def test_a_wrong_key_names_its_variable_and_shows_no_key(family, server, registry, caplog):
    caplog.set_level(logging.DEBUG, logger="rvbbit")
    wrong = "sk-another-secret-key-9876543210"
    other = Registry(env=family.env(server, wrong), patience=Patience(attempts=1))
    with pytest.raises(AuthenticationFailed) as caught:
        await asked(family, other)
    await other.close()
    assert family.key_env in caught.value.hint
    assert wrong not in f"{caught.value} {caught.value.hint} {caplog.text}"


async def test_a_key_that_the_server_echoes_shows_nowhere(family, server, registry):
    server.fail(400, message=f"who sends {KEY}?", times=3)
    with pytest.raises(TerminalError) as caught:
        await asked(family, registry)
    assert KEY not in str(caught.value)


async def test_an_unknown_model_is_named(family, server, registry):
    with pytest.raises(ModelNotFound, match=family.unknown):
        await registry(family.unknown).complete(question(family))


async def test_a_hang_ends_at_the_timeout(family, server, registry):
    server.hang()
    with pytest.raises(ProviderTimeout):
        await asked(family, registry, timeout=0.2)


async def test_a_closed_socket_is_unavailable(family, server, registry):
    server.close_socket(times=3)
    with pytest.raises(Unavailable):
        await asked(family, registry)


async def test_a_server_that_is_not_there_is_unavailable(family, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        monkeypatch.setenv(family.base_env, address)
        registry = Registry(env={family.key_env: KEY, family.base_env: address}, patience=Patience(attempts=1))
        with pytest.raises(Unavailable):
            await asked(family, registry)
        await registry.close()


async def test_a_refusal_is_an_error_that_says_what_was_paid(family, server, registry):
    server.refuse()
    with pytest.raises(Refused) as caught:
        await asked(family, registry, output_schema=BOOLEAN)
    assert caught.value.usage.tokens_in > 0
    assert caught.value.usage.cost_usd > 0


async def test_an_answer_that_was_cut_off_is_an_error(family, server, registry):
    server.cut_off()
    with pytest.raises(TerminalError, match="cut off") as caught:
        await asked(family, registry, output_schema=BOOLEAN)
    assert "max_tokens" in caught.value.hint
    assert caught.value.usage.tokens_out > 0


# Together with the wrappers


async def test_a_429_is_tried_again_after_the_pause_asked_for(family, server, registry):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    patient = Registry(env=family.env(server), patience=Patience(sleep=sleep))
    server.fail(429, retry_after=0)
    server.fail(503)
    server.answer = lambda body: "at last"
    assert (await asked(family, patient)).text == "at last"
    assert slept[0] == 0.0
    assert server.calls == 3
    await patient.close()


async def test_no_more_calls_are_in_flight_than_the_registry_allows(family, server, registry):
    server.latency = 0.01
    provider = registry(family.model)
    await asyncio.gather(*(provider.complete(question(family, f"question {i}")) for i in range(40)))
    assert server.calls == 40
    assert server.max_in_flight == 8


async def test_a_budget_stops_calls_before_they_are_made(family, server, registry):
    budget = Budget(1e-9)
    with pytest.raises(BudgetReached):
        await registry.budgeted(budget)(family.model).complete(question(family))
    assert server.calls == 0


async def test_what_is_sent_and_received_is_kept_without_the_key(family, server, registry):
    completion = await asked(family, registry, output_schema=BOOLEAN)
    kept = json.dumps([completion.sent, completion.received])
    assert "Is water wet?" in kept
    assert KEY not in kept
    assert "Authorization" not in kept


async def test_a_call_that_is_cancelled_leaves_the_provider_usable(family, server, registry):
    server.hang()
    task = asyncio.create_task(asked(family, registry))
    while not server.calls:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await asked(family, registry)).text


async def test_closing_twice_is_safe(family, server, registry):
    await asked(family, registry)
    await registry.close()
    await registry.close()


# What only OpenAI-compatible servers do


@pytest.fixture
def openai():
    return FAMILIES["openai"]


async def with_server(openai, server, **options):
    registry = Registry(env={"OPENAI_BASE_URL": server.base_url}, patience=Patience(attempts=1))
    try:
        return [await asked(openai, registry, **options) for _ in range(3)]
    finally:
        await registry.close()


@pytest.mark.parametrize(
    ("formats", "asked_with"), [(("json_object",), ["json_schema", "json_object"]), ((), ["json_schema", "json_object", None])]
)
async def test_a_server_without_schemas_is_asked_otherwise_once_said_and_remembered(openai, formats, asked_with, caplog):
    with FakeServer(lambda body: '{"answer": true}', formats=formats) as server:
        answers = await with_server(openai, server, output_schema=BOOLEAN)
    used = [(body.get("response_format") or {}).get("type") for body in server.requests]
    assert used == asked_with + [asked_with[-1]] * 2
    assert '"boolean"' in server.requests[-1]["messages"][0]["content"]
    assert [answer.text for answer in answers] == ["true"] * 3
    assert len([record for record in caplog.records if record.name == "rvbbit.providers.chat"]) == 1


async def test_a_request_that_is_bad_in_itself_keeps_the_first_reason_and_teaches_nothing(openai, caplog):
    with FakeServer() as server:
        server.fail(400, message="first")
        server.fail(400, message="second")
        server.fail(400, message="third")
        with pytest.raises(TerminalError, match="first"):
            await with_server(openai, server, output_schema=BOOLEAN)
        await with_server(openai, server, output_schema=BOOLEAN)
    assert server.requests[-1]["response_format"]["type"] == "json_schema"
    assert not caplog.records


async def test_a_model_without_temperature_is_asked_without(openai):
    with FakeServer() as server:
        server.fail(400, message="Unsupported value: 'temperature' does not support 0 with this model.")
        await with_server(openai, server, temperature=0.0)
    assert ["temperature" in body for body in server.requests] == [True, False, False, False]


async def test_the_longest_answer_is_sent_under_the_name_the_server_knows(openai):
    with FakeServer() as server:
        await with_server(openai, server, max_tokens=9)
        other = Registry(env={"GROQ_BASE_URL": server.base_url})
        await other("groq:x").complete(question(openai, max_tokens=9))
        await other.close()
    assert server.requests[0]["max_completion_tokens"] == 9
    assert server.requests[-1]["max_tokens"] == 9


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('{"choices": [{"message"', Unavailable),
        ("", Unavailable),
        ("[1, 2]", Unavailable),
        ("{}", Unavailable),
        ('{"choices": []}', Unavailable),
        ('{"choices": [{"message": {"content": null}}]}', Unavailable),
        ('{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": "many"}}', Unavailable),
        ('{"error": {"message": "upstream", "code": 429}}', RateLimited),
        ('{"error": {"message": "upstream", "code": "odd"}}', Unavailable),
        ('{"error": "loading"}', Unavailable),
        ('{"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}', Refused),
    ],
)
async def test_a_200_that_is_no_answer_is_an_error(openai, answer, kind):
    with Odd(answer) as server, pytest.raises(kind):
        await with_server(openai, server)


async def test_a_malformed_body_is_quoted(openai):
    with Odd("<html>gateway</html>") as server, pytest.raises(Unavailable, match="<html>gateway</html>"):
        await with_server(openai, server)


async def test_an_answer_without_usage_has_no_known_cost(openai):
    with Odd('{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}') as server:
        (answer, *_) = await with_server(openai, server)
    assert answer.usage.cost_usd is None


async def test_cached_tokens_and_the_servers_own_price_are_read(openai):
    usage = '{"prompt_tokens": 100, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 64}, "cost": 0.5}'
    with Odd(f'{{"choices": [{{"message": {{"content": "x"}}}}], "usage": {usage}}}') as server:
        (answer, *_) = await with_server(openai, server)
    assert (answer.usage.tokens_in, answer.usage.tokens_cached, answer.usage.cost_usd) == (100, 64, 0.5)


class Odd(FakeServer):
    """Answers every request 200 with the same text."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    async def _handle(self, request):
        return web.Response(text=self.text, content_type="application/json")


# Embeddings


async def embedded(server, texts, **options):
    registry = Registry(env={"OPENAI_BASE_URL": server.base_url}, patience=Patience(sleep=no_sleep, **options))
    try:
        return await registry.embedder("openai:text-embedding-3-small").embed(texts)
    finally:
        await registry.close()


async def test_texts_become_unit_rows_in_order_in_batches_of_256():
    texts = [f"text {i}" for i in range(600)]
    with FakeServer(latency=0.001) as server:
        matrix = await embedded(server, texts)
        again = await embedded(server, texts[400:401])
    assert matrix.shape == (600, 32)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(matrix[400], again[0], rtol=1e-5)
    assert sorted(len(body["input"]) for body in server.requests) == [1, 88, 256, 256]


async def test_no_texts_make_no_call():
    with FakeServer() as server:
        assert (await embedded(server, [])).shape == (0, 0)
    assert server.calls == 0


async def test_embedding_is_tried_again_and_fails_as_one_of_our_errors():
    with FakeServer() as server:
        server.fail(503)
        assert len(await embedded(server, ["a"])) == 1
        server.fail(400, message="too long", times=3)
        with pytest.raises(TerminalError, match="too long"):
            await embedded(server, ["a"] * 600)


@pytest.mark.parametrize(
    "data",
    ["[]", '[{"index": 0, "embedding": [0, 0]}]', '[{"index": 0, "embedding": "AAAA"}]', '[{"index": 0, "embedding": [NaN]}]', "[1]"],
)
async def test_embeddings_that_are_none_are_an_error(data):
    with Odd(f'{{"data": {data}}}') as server, pytest.raises(Unavailable):
        await embedded(server, ["a"], attempts=1)


# The fake itself


async def test_the_fake_answers_alike_in_a_process_of_its_own():
    with FakeProcess("--latency", "0.001") as process, FakeServer() as server:
        answers = []
        for base_url in (process.base_url, server.base_url):
            registry = Registry(env={"OPENAI_BASE_URL": base_url})
            answers.append((await registry("openai:m").complete(Request("m", (Message("user", "so?"),), output_schema=BOOLEAN))).text)
            await registry.close()
        assert answers[0] == answers[1]
        assert process.stats() == {"calls": 1, "in_flight": 0, "max_in_flight": 1}
        process.reset()
        assert process.stats()["calls"] == 0


async def test_a_share_of_requests_fails_the_same_ones_for_the_same_seed():
    async def statuses(seed):
        with FakeServer() as server:
            server.fail(500, share=0.3, seed=seed)
            async with aiohttp.ClientSession() as session:
                found = []
                for _ in range(50):
                    async with session.post(f"{server.base_url}/chat/completions", json={"messages": []}) as response:
                        found.append(response.status)
        return found

    first, again, other = await statuses(1), await statuses(1), await statuses(2)
    assert first == again != other
    assert 5 < first.count(500) < 25


async def test_the_fake_lists_its_models_and_knows_no_other_address():
    with FakeServer(models=("a", "b")) as server:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{server.base_url}/models") as response:
                assert [row["id"] for row in (await response.json())["data"]] == ["a", "b"]
            async with session.get(f"{server.base_url}/nope") as response:
                assert response.status == 404


def test_the_fake_stops_though_a_request_hangs():
    async def hang(server):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as session:
            with pytest.raises(TimeoutError):
                await session.post(f"{server.base_url}/chat/completions", json={"messages": []})

    with FakeServer() as server:
        server.hang()
        asyncio.run(hang(server))
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", server.port)):
        pass
