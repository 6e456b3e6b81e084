"""What only OpenAI-compatible servers do: schemas they may lack, options under other names, a 200 that is no answer."""

from __future__ import annotations

import pytest

from rvbbit.errors import (
    AuthenticationFailed,
    RateLimited,
    Refused,
    TerminalError,
    Unavailable,
)
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.testing import FakeServer
from support.families import BOOLEAN, FAMILIES, Odd, asked, question


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


async def test_an_answer_that_is_one_of_few_has_its_probability(openai):
    with FakeServer(lambda body: True, certainty=lambda body: 0.75) as server:
        answers = await with_server(openai, server, output_schema=BOOLEAN)
    assert [body["logprobs"] for body in server.requests] == [True] * 3
    assert [answer.probability for answer in answers] == [pytest.approx(0.75)] * 3
    assert all(answer.usage.tokens_out < 10 for answer in answers), "the tokens' probabilities are no tokens"


@pytest.mark.parametrize("schema", [None, {"type": "string"}, {"type": "number"}])
async def test_of_other_answers_no_probability_is_asked_for(openai, schema):
    with FakeServer(certainty=lambda body: 0.75) as server:
        answers = await with_server(openai, server, output_schema=schema)
    assert not any("logprobs" in body for body in server.requests)
    assert [answer.probability for answer in answers] == [None] * 3


async def test_a_server_that_passes_over_the_wish_gives_none(openai):
    with FakeServer(lambda body: True) as server:
        answers = await with_server(openai, server, output_schema=BOOLEAN)
    assert [answer.probability for answer in answers] == [None] * 3


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model does not support the 'logprobs' parameter."),
        (422, "[{'loc': ['body', 'logprobs'], 'msg': 'Extra inputs are not permitted'}]"),
        (403, "You are not allowed to request logprobs from this model."),
        (400, "Logprobs is not enabled for models/x"),
    ],
)
async def test_a_model_that_gives_no_logprobs_is_asked_without_said_and_remembered(openai, status, message, caplog):
    with FakeServer(lambda body: True, certainty=lambda body: 0.75) as server:
        server.fail(status, message=message)
        answers = await with_server(openai, server, output_schema=BOOLEAN)
    assert ["logprobs" in body for body in server.requests] == [True, False, False, False]
    assert {body["response_format"]["type"] for body in server.requests} == {"json_schema"}
    assert [answer.text for answer in answers] == ["true"] * 3
    assert len([record for record in caplog.records if record.name == "rvbbit.providers.chat"]) == 1


async def test_a_key_that_is_refused_stays_refused(openai):
    with FakeServer() as server:
        server.fail(403, message="Your key may not use this model.", times=2)
        with pytest.raises(AuthenticationFailed):
            await with_server(openai, server, output_schema=BOOLEAN)
    assert server.calls == 1


async def test_a_server_known_not_to_take_it_is_not_asked(openai):
    with FakeServer(lambda body: True) as server:
        registry = Registry(env={"GROQ_BASE_URL": server.base_url})
        await registry("groq:x").complete(question(openai, output_schema=BOOLEAN))
        await registry.close()
    assert "logprobs" not in server.requests[0]


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
