"""What every remote provider promises of answers: text, JSON of the shape asked for, usage with a price."""

from __future__ import annotations

import json

import pytest

from rvbbit.testing.answers import chat
from rvbbit.types import Message, Request
from support.families import BOOLEAN, asked


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
