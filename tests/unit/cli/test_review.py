"""`rvbbit training review`: what was asked reaches the engine, what it found is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rvbbit.engine.review import ReviewItem, ReviewQueue
from rvbbit.logs.examples import ExampleRow

Run = Callable[..., Any]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROW = ExampleRow(
    "0123456789abcdef",
    "s",
    None,
    NOON,
    "classify",
    "label",
    "m",
    {"text": "where is it"},
    "where is it",
    "card",
    "card",
    None,
    False,
    False,
    None,
    None,
    (),
    None,
    1,
    1,
    0.1,
)
QUEUE = ReviewQueue((ReviewItem(ROW, "value", "asked 3 times; unscored", 0.25, 3),), 7, 10, 10, False, "7 questions left", None, 0, 0)


@pytest.fixture
def asked(db: Any) -> list[Any]:
    """What the engine was asked."""
    heard: list[Any] = []

    def review(*given: Any, listen: Any, **named: Any) -> ReviewQueue:
        heard.append((*given, named))
        return QUEUE

    db.training = SimpleNamespace(review=review)
    return heard


def test_a_queue_has_no_more_items_than_http_gives(asked: list[Any], rvbbit_cli: Run) -> None:
    assert rvbbit_cli("training", "review", "--limit", "1000").code == 0
    assert rvbbit_cli("training", "review", "--limit", "1001").code == 2
    assert len(asked) == 1


def test_the_queue_is_a_table_and_the_signal_a_note(asked: list[Any], rvbbit_cli: Run) -> None:
    done = rvbbit_cli("training", "review", "--cascade", "classify", "--order", "newest", "--limit", "3")
    assert asked == [("classify", None, {"order": "newest", "limit": 3})]
    for told in ("0123456789", "classify.label", "where is it", "card", "asked 3 times; unscored"):
        assert told in done.out
    assert "7 questions left" in done.err


def test_the_queue_as_json_is_one_object(asked: list[Any], rvbbit_cli: Run) -> None:
    told = json.loads(rvbbit_cli("training", "review", "--json").out)
    assert asked == [(None, None, {"order": "value", "limit": 20})]
    assert (told["left"], told["items"][0]["why"], told["items"][0]["execution"]["inputs"]) == (
        7,
        "asked 3 times; unscored",
        {"text": "where is it"},
    )


def test_an_unknown_order_is_bad_usage(asked: list[Any], rvbbit_cli: Run) -> None:
    assert rvbbit_cli("training", "review", "--order", "best").code == 2
    assert asked == []
