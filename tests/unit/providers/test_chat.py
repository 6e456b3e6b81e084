"""What an OpenAI-compatible server says it took, and what half-written text it sends, believed only as far as it can be true."""

from __future__ import annotations

import pytest

from rvbbit.errors import Unavailable
from rvbbit.providers.chat import Chat, used
from rvbbit.types import Message, Request, Usage


class Server:
    """A connection that answers one body."""

    class Named:
        name = "openai"
        max_tokens = "max_tokens"

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
