"""Statuses and bodies of real servers, and the errors they become."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rvbbit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderTimeout,
    RateLimited,
    Refused,
    TerminalError,
    TransientError,
    Unavailable,
)
from rvbbit.providers.failures import failure, pause

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def fail(status: int, body: object = None, headers: dict[str, str] | None = None):
    return failure("openai:m", status, headers or {}, body, key_env="OPENAI_API_KEY", now=NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TerminalError),
        (401, AuthenticationFailed),
        (402, TerminalError),
        (403, AuthenticationFailed),
        (404, ModelNotFound),
        (408, ProviderTimeout),
        (409, Unavailable),
        (413, TerminalError),
        (422, TerminalError),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
        (529, Unavailable),
    ],
)
def test_each_status_becomes_its_error(status, kind):
    error = fail(status, {"error": {"message": "because"}})
    assert type(error) is kind
    assert error.status == status
    assert error.message == f"openai:m: {status}: because"
    assert error.hint


def test_a_rejected_key_names_its_variable():
    assert "OPENAI_API_KEY" in fail(401).hint


def test_an_empty_account_is_not_retried_though_it_says_429():
    error = fail(429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
    assert not isinstance(error, TransientError)
    assert "billing" in error.hint


def test_a_content_filter_that_answers_400_is_a_refusal():
    assert isinstance(fail(400, {"error": {"message": "filtered", "code": "content_filter"}}), Refused)


def test_a_redirect_says_where_to():
    error = fail(301, "", {"Location": "https://example.org/v1"})
    assert "https://example.org/v1" in error.message
    assert "base URL" in error.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "one"}}, "one"),
        ({"error": "two"}, "two"),
        ({"detail": "three"}, "three"),
        ({"message": "four"}, "four"),
        ("<html>\n  five </html>", "<html> five </html>"),
        ("", "no reason given"),
        (None, "no reason given"),
    ],
)
def test_the_servers_own_words_are_in_the_message(body, said):
    assert fail(500, body).message.endswith(f": {said}")


def test_a_long_page_is_quoted_in_part():
    assert len(fail(500, "x" * 100_000).message) < 600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"Retry-After": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "9s"}, 1.0),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "9s",
                "x-ratelimit-remaining-tokens": "0",
            },
            9.0,
        ),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() * 1000) + 4000)}, 4.0),
        ({"x-ratelimit-reset": "rubbish"}, None),
    ],
)
def test_the_pause_a_server_asks_for(headers, seconds):
    assert pause(headers, NOW) == pytest.approx(seconds)


def test_a_429_carries_its_pause():
    assert fail(429, None, {"Retry-After": "3"}).retry_after == 3.0
