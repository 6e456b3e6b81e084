"""The fake itself: alike in a process of its own, seeded, and it always stops."""

from __future__ import annotations

import asyncio
import json
import socket

import aiohttp
import pytest

from rvbbit.providers.registry import Registry
from rvbbit.testing import FakeProcess, FakeServer, packed, question
from rvbbit.types import Message, Request
from support.families import BOOLEAN


async def test_the_fake_answers_alike_in_a_process_of_its_own():
    with FakeProcess("--latency", "0.001") as process, FakeServer() as server:
        answers = []
        for base_url in (process.base_url, server.base_url):
            registry = Registry(env={"OPENAI_BASE_URL": base_url})
            answers.append((await registry("openai:m").complete(Request("m", (Message("user", "so?"),), output_schema=BOOLEAN))).text)
            await registry.close()
        assert answers[0] == answers[1]
        counted = process.stats()
        assert counted == {"calls": 1, "tokens": server.stats["tokens"], "in_flight": 0, "max_in_flight": 1}
        assert counted["tokens"] > 0
        process.reset()
        assert process.stats() == {"calls": 0, "tokens": 0, "in_flight": 0, "max_in_flight": 0}


async def test_a_file_says_what_is_answered(tmp_path):
    rule = tmp_path / "rule.py"
    rule.write_text("def answer(body):\n    return 'so' in body['messages'][-1]['content']\n")
    with FakeProcess("--rule", str(rule)) as process:
        provider = Registry(env={"OPENAI_BASE_URL": process.base_url})
        texts = [
            (await provider("openai:m").complete(Request("m", (Message("user", asked),), output_schema=BOOLEAN))).text
            for asked in ("so?", "or?")
        ]
        await provider.close()
    assert texts == ["true", "false"]


@pytest.mark.parametrize("text", [None, "answers = 1"])
def test_a_rule_that_is_no_rule_is_said(tmp_path, capfd, text):
    rule = tmp_path / "rule.py"
    if text is not None:
        rule.write_text(text)
    with pytest.raises(RuntimeError, match="did not start"), FakeProcess("--rule", str(rule)):
        pass
    said = capfd.readouterr().err
    assert "rule.py" in said
    assert "Traceback" not in said


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


async def test_the_fake_streams_what_it_would_say():
    body = {"model": "m", "messages": [{"role": "user", "content": "so?"}]}
    wish = {"stream": True, "stream_options": {"include_usage": True}}
    with FakeServer() as server:
        async with aiohttp.ClientSession() as session:
            whole = await (await session.post(f"{server.base_url}/chat/completions", json=body)).json()
            answer = await session.post(f"{server.base_url}/chat/completions", json=body | wish)
            assert answer.content_type == "text/event-stream"
            *lines, last, rest = (await answer.text()).split("\n\n")
        assert (last, rest) == ("data: [DONE]", "")
        text, end, used = (json.loads(line.removeprefix("data: ")) for line in lines)
        assert text["choices"][0]["delta"]["content"] == whole["choices"][0]["message"]["content"]
        assert end["choices"][0]["finish_reason"] == "stop"
        assert (used["choices"], used["usage"]) == ([], whole["usage"])


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


PACK = {
    "messages": [
        {"role": "system", "content": "Rows follow, each behind its <id> as its <text>."},
        {"role": "user", "content": "<123>a card\n<456>two\nlines\n<789>&lt;456>card"},
    ],
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object", "additionalProperties": {"type": "boolean"}}}},
}


async def packed_answer(server):
    async with aiohttp.ClientSession() as session, session.post(f"{server.base_url}/chat/completions", json=PACK) as response:
        return json.loads((await response.json())["choices"][0]["message"]["content"])


async def test_the_fake_answers_each_row_of_a_request_by_its_rule_for_one():
    asked = []

    def rule(body):
        asked.append(question(body))
        return "card" in question(body)

    with FakeServer(rule) as server:
        assert await packed_answer(server) == {"123": True, "456": False, "789": True}
    assert asked == ["<text>a card</text>", "<text>two\nlines</text>", "<text>&lt;456>card</text>"]


async def test_the_fake_disagrees_with_itself_where_it_is_told_to_and_always_in_the_same_rows():
    with FakeServer(lambda body: True, disagreement=lambda rows: 1.0 if rows > 2 else 0.0) as server:
        assert await packed_answer(server) == {"123": False, "456": False, "789": False}
        server.disagreement = lambda rows: 0.5
        assert await packed_answer(server) == await packed_answer(server)


def test_otherwise_is_another_answer_that_fits():
    assert packed.otherwise(True, {"type": "boolean"}) is False
    assert packed.otherwise("b", {"enum": ["a", "b"]}) == "a"
    assert packed.otherwise(0.75, {"type": "number", "minimum": 0, "maximum": 1}) == 0.25
    assert packed.otherwise("text", {"type": "string"}) == "text"
