"""How sure a model was of its answer, from the probabilities of its tokens. Pure.

Asked for where it can be read off: an answer that is yes or no, or one of some labels. Its probability is the product over the tokens that
spell the value, the quote that ends it included (`refund` is not `refund_late`); the braces and names around it say nothing.
Source: OpenAI, Chat Completions reference, `choices[].logprobs.content`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from rvbbit.types import Value


def pays(schema: Mapping[str, Value] | None) -> bool:
    """Whether an answer of this schema is one of few."""
    return schema is not None and (schema.get("type") == "boolean" or "enum" in schema)


def probability(choice: Mapping[str, Any], answer: str) -> float | None:
    """Of `answer`, the JSON or the bare text of the value that a choice holds; None where the server gave nothing that can be read."""
    tokens = list(_tokens(choice))
    if not tokens:
        return None
    text = b"".join(token for token, _ in tokens)
    needle, start = _place(text, answer)
    if start < 0:
        return None
    end, place, total = start + len(needle), 0, 0.0
    for token, logprob in tokens:
        if place < end and place + len(token) > start:
            total += logprob
        place += len(token)
    return math.exp(min(0.0, total))


def _place(text: bytes, answer: str) -> tuple[bytes, int]:
    """The last place where the value stands, without the quote that opens it; -1 where it does not."""
    for needle in _spellings(answer):
        if needle and (start := text.rfind(needle.encode("utf-8", "replace"))) >= 0:
            quoted = needle.startswith('"')
            return needle.encode("utf-8", "replace")[quoted:], start + quoted
    return b"", -1


def _spellings(answer: str) -> Iterator[str]:
    """As it is, and as the tokens may spell it: é or \\u00e9."""
    yield answer
    try:
        value = json.loads(answer)
    except ValueError:
        value = answer
    yield json.dumps(value)
    yield json.dumps(value, ensure_ascii=False)


def _tokens(choice: Mapping[str, Any]) -> Iterator[tuple[bytes, float]]:
    """Each token's bytes and log-probability; nothing where one of them cannot be read, for then no place in the text is certain."""
    given = choice.get("logprobs")
    content = given.get("content") if isinstance(given, Mapping) else None
    found: list[tuple[bytes, float]] = []
    for entry in content if isinstance(content, list) else ():
        if not isinstance(entry, Mapping):
            return
        token, raw, logprob = entry.get("token"), entry.get("bytes"), entry.get("logprob")
        if not isinstance(token, str) or isinstance(logprob, bool) or not isinstance(logprob, int | float) or math.isnan(logprob):
            return
        found.append((_spelled(token, raw), float(logprob)))
    yield from found


def _spelled(token: str, raw: Any) -> bytes:
    """A token's bytes as the server says; part of a character is no text, and then only they are right."""
    if isinstance(raw, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in raw):
        return bytes(raw)
    return token.encode("utf-8", "replace")
