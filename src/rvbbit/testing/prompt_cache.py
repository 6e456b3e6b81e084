"""The fake server's prompt cache: it compares what it receives with what it answered before, as text, from the first character on.

Tokens are a quarter of the characters, as everywhere in the fake, with about four tokens around each message. Source: OpenAI, Prompt
caching guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rvbbit.testing.answers import Body, tokens

MARK = "prompt_cache_breakpoint"
_CHARACTERS = 4


class PromptCache:
    """Starts of at least `minimum` tokens are kept once they were answered.

    They are found again in steps of `step` tokens; with `marked`, only where a request has a mark, whole, and only those are written.
    `hits` counts requests that found one.
    """

    def __init__(self, minimum: int = 1024, step: int = 128, *, marked: bool = False) -> None:
        self.minimum = minimum
        self.step = step
        self.marked = marked
        self.hits = 0
        self._kept: set[tuple[str, str]] = set()

    def known(self, body: Body) -> int:
        """Tokens at the request's start that are kept."""
        head, text = _head(body), _text(body)
        found = max((length for length in self._lengths(body) if (head, text[: length * _CHARACTERS]) in self._kept), default=0)
        self.hits += found > 0
        return found

    def answered(self, body: Body, known: int) -> dict[str, Any]:
        """The request was answered, so its start is kept; what its usage says of that. Only what is marked is written at a price."""
        head, text = _head(body), _text(body)
        lengths = list(self._lengths(body))
        self._kept.update((head, text[: length * _CHARACTERS]) for length in lengths)
        written = max(lengths, default=known) - known if self.marked else 0
        return {"prompt_tokens": tokens(text), "prompt_tokens_details": {"cached_tokens": known, "cache_write_tokens": written}}

    def _lengths(self, body: Body) -> Iterator[int]:
        """Tokens after which a start may end, shortest first."""
        if not self.marked:
            yield from range(self.minimum, tokens(_text(body)) + 1, self.step)
            return
        messages = body["messages"]
        for place, message in enumerate(messages, 1):
            marked = isinstance(message["content"], list) and any(MARK in part for part in message["content"])
            if marked and (length := tokens(_text({"messages": messages[:place]}))) >= self.minimum:
                yield length


def _head(body: Body) -> str:
    """What stands in front of the messages."""
    return json.dumps([body.get("model"), body.get("response_format")])


def _text(body: Body) -> str:
    """The chat as a model would read it. Marks are no part of it."""
    return "".join(f"<|{message['role']}|>\n{_plain(message['content'])}<|end|>" for message in body["messages"])


def _plain(content: Any) -> Any:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
