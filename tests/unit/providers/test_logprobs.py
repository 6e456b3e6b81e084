"""An answer's probability out of its tokens': only those that spell the value count, and rubbish gives none."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rvbbit.providers.logprobs import pays, probability


def choice(*tokens: tuple[str, float], **more: Any) -> dict[str, Any]:
    return {"logprobs": {"content": [{"token": token, "logprob": math.log(share), **more} for token, share in tokens]}}


@pytest.mark.parametrize(
    ("schema", "worth"),
    [
        ({"type": "boolean"}, True),
        ({"type": "string", "enum": ["a", "b"]}, True),
        ({"enum": [1, 2]}, True),
        ({"type": "string"}, False),
        ({"type": "number"}, False),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, False),
        (None, False),
    ],
)
def test_it_is_asked_for_where_the_answer_is_one_of_few(schema: Any, worth: bool) -> None:
    assert pays(schema) is worth


@pytest.mark.parametrize(
    ("tokens", "answer", "expected"),
    [
        ([('{"', 0.9), ("answer", 0.9), ('":', 0.9), (" true", 0.8), ("}", 0.9)], "true", 0.8),
        ([("true", 0.8)], "true", 0.8),
        ([('{"answer":', 1), (' "', 1), ("top", 0.5), ("_up", 0.5), ('"}', 0.8)], '"top_up"', 0.2),  # the quote says that the label ends
        ([('{"answer": "', 0.1), ("answer", 0.5), ('"}', 1)], '"answer"', 0.5),  # a label named like the property
        ([("Top", 0.5), (" up", 0.5)], "Top up", 0.25),  # bare text
        ([('{"answer":"', 1), ("caf\\u00e9", 0.4), ('"}', 1)], '"café"', 0.4),
        ([('{"answer": ', 1), ("3", 0.7), ("}", 1)], "3", 0.7),
    ],
)
def test_only_the_tokens_of_the_value_count(tokens: list[tuple[str, float]], answer: str, expected: float) -> None:
    assert probability(choice(*tokens), answer) == pytest.approx(expected)


def test_half_a_character_a_token_is_put_together_by_its_bytes() -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    content = [
        {"token": '"', "logprob": 0.0, "bytes": [34]},
        {"token": "\\xc3", "logprob": math.log(0.5), "bytes": list(first)},
        {"token": "\\xa9", "logprob": math.log(0.5), "bytes": list(second)},
        {"token": '"', "logprob": 0.0, "bytes": [34]},
    ]
    assert probability({"logprobs": {"content": content}}, '"é"') == pytest.approx(0.25)


def test_what_can_hardly_be_is_nearly_nothing_and_a_sum_above_one_is_one() -> None:
    assert probability({"logprobs": {"content": [{"token": "true", "logprob": -9999.0}]}}, "true") == 0.0
    assert probability({"logprobs": {"content": [{"token": "true", "logprob": 0.3}]}}, "true") == 1.0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"logprobs": None},
        {"logprobs": "yes"},
        {"logprobs": 0.5},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": 3}},
        {"logprobs": {"content": ["true"]}},
        {"logprobs": {"content": [{"token": "true"}]}},
        {"logprobs": {"content": [{"token": "true", "logprob": "high"}]}},
        {"logprobs": {"content": [{"token": "true", "logprob": True}]}},
        {"logprobs": {"content": [{"token": "true", "logprob": float("nan")}]}},
        {"logprobs": {"content": [{"token": None, "logprob": -1.0}]}},
        {"logprobs": {"content": [{"token": "something else", "logprob": -1.0}]}},
        {"logprobs": {"tokens": ["true"], "token_logprobs": [-0.1]}},  # the old completions' shape
    ],
)
def test_what_cannot_be_read_is_no_probability(given: dict[str, Any]) -> None:
    assert probability(given, "true") is None


def test_an_empty_answer_has_none() -> None:
    assert probability(choice(("true", 0.5)), "") is None
