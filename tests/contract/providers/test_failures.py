"""What every remote provider promises of failures: one of our errors, with a hint and without the key."""

from __future__ import annotations

import logging
import socket

import pytest

from rvbbit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderTimeout,
    RateLimited,
    Refused,
    TerminalError,
    Unavailable,
)
from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from support.families import BOOLEAN, KEY, asked, question


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TerminalError),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, ModelNotFound),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_each_status_becomes_its_error(family, server, registry, status, kind):
    server.fail(status, message="the fake's own words", times=3)
    with pytest.raises(kind, match="the fake's own words") as caught:
        await asked(family, registry)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert family.model in caught.value.message
    assert caught.value.hint


async def test_retry_after_is_passed_on(family, server, registry):
    server.fail(429, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await asked(family, registry)
    assert caught.value.retry_after == 7.0


async def test_a_wrong_key_names_its_variable_and_shows_no_key(family, server, registry, caplog):
    caplog.set_level(logging.DEBUG, logger="rvbbit")
    wrong = "sk-another-secret-key-9876543210"
    other = Registry(env=family.env(server, wrong), patience=Patience(attempts=1))
    with pytest.raises(AuthenticationFailed) as caught:
        await asked(family, other)
    await other.close()
    assert family.key_env in caught.value.hint
    assert wrong not in f"{caught.value} {caught.value.hint} {caplog.text}"


async def test_a_key_that_the_server_echoes_shows_nowhere(family, server, registry):
    server.fail(400, message=f"who sends {KEY}?", times=3)
    with pytest.raises(TerminalError) as caught:
        await asked(family, registry)
    assert KEY not in str(caught.value)


async def test_an_unknown_model_is_named(family, server, registry):
    with pytest.raises(ModelNotFound, match=family.unknown):
        await registry(family.unknown).complete(question(family))


async def test_a_hang_ends_at_the_timeout(family, server, registry):
    server.hang()
    with pytest.raises(ProviderTimeout):
        await asked(family, registry, timeout=0.2)


async def test_a_closed_socket_is_unavailable(family, server, registry):
    server.close_socket(times=3)
    with pytest.raises(Unavailable):
        await asked(family, registry)


async def test_a_server_that_is_not_there_is_unavailable(family, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        monkeypatch.setenv(family.base_env, address)
        registry = Registry(env={family.key_env: KEY, family.base_env: address}, patience=Patience(attempts=1))
        with pytest.raises(Unavailable):
            await asked(family, registry)
        await registry.close()


async def test_a_refusal_is_an_error_that_says_what_was_paid(family, server, registry):
    server.refuse()
    with pytest.raises(Refused) as caught:
        await asked(family, registry, output_schema=BOOLEAN)
    assert caught.value.usage.tokens_in > 0
    assert caught.value.usage.cost_usd > 0


async def test_an_answer_that_was_cut_off_is_an_error(family, server, registry):
    server.cut_off()
    with pytest.raises(TerminalError, match="cut off") as caught:
        await asked(family, registry, output_schema=BOOLEAN)
    assert "max_tokens" in caught.value.hint
    assert caught.value.usage.tokens_out > 0
