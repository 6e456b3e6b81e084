"""What an OpenAI-compatible server says it took, and what half-written text it sends, believed only as far as it can be true."""

from __future__ import annotations

import pytest

from rvbbit.errors import TerminalError, Unavailable
from rvbbit.providers.chat import Chat, used
from rvbbit.types import Message, Request, Usage


class Server:
    """A connection that answers one body."""

    class Named:
        name = "openai"
        max_tokens = "max_tokens"
        logprobs = True

    class Where:
        pass

    def __init__(self, body):
        self.address = self.Where()
        self.address.server = self.Named()
        self.body = body

    async def post(self, path, body, *, who, timeout):
        return self.body


def answered(text="yes", **usage):
    return Server({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage})


REQUEST = Request("openai:m", (Message("user", "?"),))


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": float("inf")},
        {"prompt_tokens": float("nan")},
        {"completion_tokens": 10**30},
        {"prompt_tokens": -1},
        {"prompt_tokens": "many"},
        {"cost": float("nan")},
        {"cost": -5.0},
        {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1e300}},
    ],
)
async def test_a_count_that_cannot_be_is_no_answer(usage):
    with pytest.raises(Unavailable, match="no chat completion"):
        await Chat(answered(**usage), "m").complete(REQUEST)


def test_a_server_that_counts_nothing_has_no_known_cost():
    assert used(None) == used({}) == Usage(cost_usd=None)
    assert used({"prompt_tokens": 3, "completion_tokens": None, "cost": 0.5}) == Usage(3, 0, 0, 0.5)


async def test_half_a_character_at_the_end_of_an_answer_is_replaced():
    """A cut-off emoji is legal JSON and no text; nothing after us could store it."""
    completion = await Chat(answered("fine \ud83d"), "m").complete(REQUEST)
    assert completion.text == "fine \N{REPLACEMENT CHARACTER}"


CHAT = (Message("system", "s"), Message("user", "a"), Message("assistant", "yes"), Message("user", "b"))


class Remembering(Server):
    """Keeps the bodies it is sent; refuses cache marks where told to."""

    def __init__(self, refuses=False):
        super().__init__({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}], "usage": {}})
        self.bodies = []
        self.refuses = refuses

    async def post(self, path, body, *, who, timeout):
        self.bodies.append(body)
        if self.refuses and "prompt_cache_options" in body:
            raise TerminalError("prompt_cache_options is not supported on this model", status=400)
        return self.body


async def test_a_model_that_wants_marks_gets_one_behind_the_last_stable_message_that_may_have_one():
    server = Remembering()
    await Chat(server, "gpt-5.6-luna").complete(Request("m", CHAT, stable=3))
    (body,) = server.bodies
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert body["messages"][1]["content"] == [{"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}]
    assert [message["content"] for message in body["messages"] if isinstance(message["content"], str)] == ["s", "yes", "b"]


async def test_where_nothing_is_to_be_kept_a_model_that_wants_marks_writes_nothing():
    server = Remembering()
    await Chat(server, "gpt-5.6-luna").complete(Request("m", CHAT))
    assert server.bodies[0]["prompt_cache_options"] == {"mode": "explicit"}
    assert all(isinstance(message["content"], str) for message in server.bodies[0]["messages"])


async def test_other_models_are_asked_as_ever():
    server = Remembering()
    await Chat(server, "gpt-5-mini").complete(Request("m", CHAT, stable=3))
    assert server.bodies == [{"model": "gpt-5-mini", "messages": [{"role": m.role, "content": m.content} for m in CHAT]}]


async def test_a_model_that_takes_no_marks_is_asked_without_and_remembered(caplog):
    server = Remembering(refuses=True)
    chat = Chat(server, "gpt-5.6-terra")
    for _ in range(2):
        assert (await chat.complete(Request("m", CHAT, stable=3))).text == "yes"
    assert ["prompt_cache_options" in body for body in server.bodies] == [True, False, False]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("said", "cached", "written"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 64}}, 64, 0),
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 90}}, 0, 90),
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}, 64, 0),  # DeepSeek
    ],
)
def test_every_servers_name_for_cached_tokens_is_known(said, cached, written):
    found = used(said)
    assert (found.tokens_in, found.tokens_cached, found.tokens_written) == (100, cached, written)
