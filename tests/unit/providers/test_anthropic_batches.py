"""What a line of Anthropic's results says, and what a batch says of itself; no network."""

from __future__ import annotations

import pytest

from rvbbit.errors import AuthenticationFailed, RateLimited, TerminalError, Unavailable
from rvbbit.providers.anthropic_batches import SERVER, AnthropicBatches
from rvbbit.providers.batch_api import State
from rvbbit.providers.connection import Connection
from rvbbit.providers.retrying import Patience
from rvbbit.providers.servers import address

KEY = "sk-ant-0123456789abcdef"


@pytest.fixture
def api():
    return AnthropicBatches(Connection(address(SERVER, {"ANTHROPIC_API_KEY": KEY})), "anthropic:m", Patience())


def line(**result):
    return {"custom_id": "a-0", "result": result}


def test_it_logs_in_as_anthropic_documents():
    assert address(SERVER, {"ANTHROPIC_API_KEY": KEY}).headers == {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    assert KEY not in repr(address(SERVER, {"ANTHROPIC_API_KEY": KEY}))


def test_a_message_is_the_answer(api):
    assert api.body("b", line(type="succeeded", message={"id": "msg"})) == {"id": "msg"}


@pytest.mark.parametrize("odd", [{}, {"result": None}, {"result": "succeeded"}])
def test_a_line_without_a_result_holds_no_answer(api, odd):
    assert api.body("b", odd) is None


@pytest.mark.parametrize("kind", ["canceled", "expired", "succeeded", "errored", "of a kind that is new"])
def test_a_request_that_was_not_answered_says_what_became_of_it(api, kind):
    with pytest.raises(Unavailable, match=f"batch b: this request is {kind}"):
        api.body("b", line(type=kind))


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("invalid_request_error", TerminalError, 400),
        ("authentication_error", AuthenticationFailed, 401),
        ("billing_error", TerminalError, 402),
        ("rate_limit_error", RateLimited, 429),
        ("overloaded_error", Unavailable, 529),
        ("of_a_new_kind_error", Unavailable, 500),
    ],
)
@pytest.mark.parametrize("deep", [True, False])
def test_an_error_is_what_a_single_call_would_have_raised(api, kind, error, status, deep):
    inner = {"type": kind, "message": "so it is"}
    with pytest.raises(error, match="so it is") as caught:
        api.body("b", line(type="errored", error={"type": "error", "error": inner} if deep else inner))
    assert (type(caught.value), caught.value.status) == (error, status)


def test_results_that_are_gone_are_a_reason(api):
    def state(url):
        return State("b", "ended", True, 1, {"results_url": url})

    assert api.reason(state("https://…")) is None
    assert "no longer kept" in api.reason(state(None)).message


async def test_the_key_goes_to_no_address_that_an_answer_names(api, monkeypatch):
    asked = []

    async def download(path, **options):
        asked.append(path)
        return b'{"custom_id": "a-0", "result": {}}\nno line\n[]'

    monkeypatch.setattr(api.connection, "download", download)
    found = await api.lines(State("b", "ended", True, 1, {"results_url": "https://elsewhere.example/results"}))
    assert (asked, list(found)) == (["/v1/messages/batches/b/results"], ["a-0"])
