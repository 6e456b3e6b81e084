"""Models behind pydantic-ai, asked through its own test doubles; no network."""

from __future__ import annotations

import pytest
from pydantic_ai import exceptions as theirs
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage

from rvbbit import errors
from rvbbit.providers.direct import Direct
from rvbbit.types import Message, Request

KEY = "sk-a-very-secret-key-0123456789"
CHAT = (Message("system", "Answer truly."), Message("user", "so?"), Message("assistant", "yes"), Message("user", "sure?"))


def asking(function, name="anthropic:m"):
    return Direct(FunctionModel(function), name, key=KEY, key_env="ANTHROPIC_API_KEY")


def answering(text, **options):
    return lambda messages, info: ModelResponse(parts=[TextPart(text)], **options)


async def test_the_librarys_own_test_model_answers():
    completion = await Direct(TestModel(custom_output_text="fine"), "test:m").complete(Request("test:m", CHAT))
    assert completion.text == "fine"


async def test_the_chat_arrives_in_order():
    seen = []

    def remember(messages, info):
        seen.extend((part.part_kind, part.content) for message in messages for part in message.parts)
        return ModelResponse(parts=[TextPart("ok")])

    await asking(remember).complete(Request("m", CHAT))
    assert seen == [("system-prompt", "Answer truly."), ("user-prompt", "so?"), ("text", "yes"), ("user-prompt", "sure?")]


async def test_settings_are_passed_on():
    seen = {}

    def remember(messages, info):
        seen.update(info.model_settings)
        return ModelResponse(parts=[TextPart("ok")])

    model = Direct(FunctionModel(remember), "anthropic:m", retries=True)
    await model.complete(Request("m", CHAT, temperature=0.5, max_tokens=7, timeout=3.0))
    assert seen == {"temperature": 0.5, "max_tokens": 7, "request_timeout": 3.0, "max_retries": 0}


async def test_a_model_without_schemas_gets_it_in_its_instructions():
    seen = []

    def remember(messages, info):
        seen.append(info.model_request_parameters)
        return ModelResponse(parts=[TextPart('{"answer": true}')])

    model = Direct(FunctionModel(remember, profile={"supports_json_schema_output": False}), "anthropic:m")
    completion = await model.complete(Request("m", CHAT, output_schema={"type": "boolean"}))
    assert completion.text == "true"
    assert seen[0].output_mode == "prompted"
    assert '"boolean"' in seen[0].prompted_output_instructions


async def test_a_schema_that_takes_any_name_is_in_the_instructions_too():
    seen = []

    def remember(messages, info):
        seen.append(info.model_request_parameters.output_mode)
        return ModelResponse(parts=[TextPart('{"a": true}')])

    model = Direct(FunctionModel(remember, profile={"supports_json_schema_output": True}), "anthropic:m")
    for names in ({"additionalProperties": {"type": "boolean"}}, {"properties": {"a": {"type": "boolean"}}, "required": ["a"]}):
        completion = await model.complete(Request("m", CHAT, output_schema={"type": "object", **names}))
        assert completion.text == '{"a": true}'
    assert seen == ["prompted", "native"]


async def test_usage_is_the_answers_own():
    usage = RequestUsage(input_tokens=100, output_tokens=3, cache_read_tokens=64, cache_write_tokens=30)
    completion = await asking(answering("yes", usage=usage)).complete(Request("m", CHAT))
    found = completion.usage
    assert (found.tokens_in, found.tokens_out, found.tokens_cached, found.tokens_written, found.cost_usd) == (100, 3, 64, 30, None)


@pytest.mark.parametrize(("finish", "kind"), [("content_filter", errors.Refused), ("length", errors.TerminalError)])
async def test_an_answer_of_no_use_is_an_error_with_its_usage(finish, kind):
    usage = RequestUsage(input_tokens=100, output_tokens=3)
    with pytest.raises(kind) as caught:
        await asking(answering("no", usage=usage, finish_reason=finish)).complete(Request("m", CHAT))
    assert caught.value.usage.tokens_in == 100


async def test_an_answer_without_text_is_unavailable():
    with pytest.raises(errors.Unavailable):
        await asking(lambda messages, info: ModelResponse(parts=[])).complete(Request("m", CHAT))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (theirs.ModelRateLimitError("m", "slow down", retry_after=4.0), errors.RateLimited),
        (theirs.ModelQuotaExceededError("m", "no credit"), errors.TerminalError),
        (theirs.ModelAuthenticationError("m", "bad key"), errors.AuthenticationFailed),
        (theirs.ModelNotFoundError("m", "no model"), errors.ModelNotFound),
        (theirs.ModelTimeoutError("m", "slow"), errors.ProviderTimeout),
        (theirs.ModelRequestTimeout("m", 3.0), errors.ProviderTimeout),
        (theirs.ModelUnavailableError("m", "down"), errors.Unavailable),
        (theirs.ModelServerError("m", "broken"), errors.Unavailable),
        (theirs.ModelConnectionError("m", "no route"), errors.Unavailable),
        (theirs.ModelRequestRejectedError("m", "bad"), errors.TerminalError),
        (theirs.ContentFilterError("filtered"), errors.Refused),
        (theirs.UnexpectedModelBehavior("odd"), errors.Unavailable),
        (theirs.UserError("cannot"), errors.TerminalError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_each_of_the_librarys_errors_becomes_one_of_ours(error, kind):
    def fail(messages, info):
        raise error

    with pytest.raises(kind) as caught:
        await asking(fail).complete(Request("m", CHAT))
    assert type(caught.value) is kind
    assert caught.value.message.startswith("anthropic:m: ")
    assert caught.value.hint
    assert getattr(caught.value, "retry_after", None) == getattr(error, "retry_after", None)


async def test_a_bad_key_names_its_variable_and_shows_no_key():
    def fail(messages, info):
        raise theirs.ModelAuthenticationError("m", f"bad key {KEY}", body={"error": {"message": f"bad key {KEY}"}})

    with pytest.raises(errors.AuthenticationFailed) as caught:
        await asking(fail).complete(Request("m", CHAT))
    assert "ANTHROPIC_API_KEY" in caught.value.hint
    assert KEY not in caught.value.message


async def test_closing_twice_is_safe():
    model = asking(answering("yes"))
    await model.close()
    await model.close()
    assert (await model.complete(Request("m", CHAT))).text == "yes"
