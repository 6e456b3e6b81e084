"""Every error, wherever it arises, has one body and a fitting status, and says nothing it should not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from rvbbit.errors import Busy, RateLimited
from rvbbit.http.app import app
from rvbbit.http.face import Face

JSON = {"content-type": "application/json"}
MARK = "/api/training/mark-trainable"
LIST = "/api/training/examples"


def error(response: Any, status: int, code: str) -> dict[str, Any]:
    """The error of a response that must be one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    said: dict[str, Any] = response.json()["error"]
    assert {"code", "message", "hint"} <= set(said)
    assert said["code"] == code, said
    return said


def test_a_path_that_is_not_there(http: TestClient) -> None:
    for path in ("/api/nothing", "/api/training/examples/", "/API/sql", "/..%2f..%2fetc/passwd"):
        error(http.get(path), 404, "not_found")


def test_a_method_that_a_path_does_not_take_names_those_it_takes(http: TestClient) -> None:
    answered = http.delete(MARK, headers=JSON)
    error(answered, 405, "method_not_allowed")
    assert answered.headers["allow"] == "POST"
    assert http.delete("/api/cascades/classify").headers["allow"] == "GET, PUT"
    error(http.request("BREW", "/healthz"), 405, "method_not_allowed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_body_that_is_not_said_to_be_json(http: TestClient, kind: str) -> None:
    error(http.post(MARK, content=b'{"filter": {}}', headers={"content-type": kind}), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"{'a': 1}",
        b'{"filter": {}} {}',
        b'{"filter": {"min_confidence": NaN}}',
        b'{"filter": {}, "confidence": Infinity}',
        b'\xff\xfe{"filter": {}}',
        '{"filter": {}}'.encode("utf-16"),
        b'{"notes": "\xed\xa0\x80"}',
        b'{"notes": "\\ud800"}',
        b'{"corrected_output":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["blank", "cut", "python", "two", "nan", "infinity", "bom", "utf-16", "half a character", "escaped half", "deep"],
)
def test_a_body_that_is_no_json(http: TestClient, body: bytes) -> None:
    error(http.post(MARK, content=body, headers=JSON), 400, "invalid_json")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ([], "body"),
        ("text", "body"),
        ({"filter": {}, "unknown": 1}, "unknown"),
        ({"filter": {"unknown": 1}}, "unknown"),
        ({"filter": []}, "filter"),
        ({"filter": {}, "trainable": "true"}, "trainable"),
        ({"filter": {}, "trainable": 1}, "trainable"),
        ({"filter": {}, "confidence": True}, "confidence"),
        ({"filter": {}, "confidence": "0.5"}, "confidence"),
        ({"filter": {}, "confidence": 1.5}, "confidence"),
        ({"filter": {"scored": "true"}}, "scored"),
        ({"filter": {"min_confidence": "0.5"}}, "min_confidence"),
        ({"filter": {"since": 1767225600}}, "since"),
        ({"filter": {"since": "soon"}}, "since"),
        ({"filter": {}, "tags": "a"}, "tags"),
        ({"trace_ids": "abc"}, "trace_ids"),
        ({"trace_ids": [1]}, "trace_ids"),
    ],
    ids=str,
)
def test_a_value_of_the_wrong_type_is_named_and_not_repeated(http: TestClient, body: Any, place: str) -> None:
    said = error(http.post(MARK, json=body), 422, "invalid_request")
    assert place in said["message"]


@pytest.mark.parametrize("body", [b"", b"null"])
def test_a_body_that_is_not_there(http: TestClient, body: bytes) -> None:
    assert "body" in error(http.post(MARK, content=body, headers=JSON), 422, "invalid_request")["message"]


def test_everything_that_is_wrong_is_told_at_once(http: TestClient) -> None:
    said = error(http.post(MARK, json={"filter": {}, "trainable": 1, "verified": 2}), 422, "invalid_request")
    assert len(said["problems"]) == 2


def test_what_was_sent_is_not_sent_back(http: TestClient) -> None:
    """It may be a key in the wrong place."""
    for answered in (
        http.post(MARK, json={"filter": {}, "trainable": "sk-secret"}),
        http.get(LIST, params={"min_confidence": "sk-secret"}),
    ):
        assert answered.status_code == 422
        assert "sk-secret" not in answered.text


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "session_id=a&session_id=b",
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=1e3",
        "limit=ten",
        "limit=",
        "offset=-1",
        "offset=99999999999999999999999999",
        "min_confidence=2",
        "min_confidence=nan",
        "min_cost=inf",
        "trainable=perhaps",
        "sort=trace_id",
        "order=up",
        "since=yesterday",
        "since=1767225600",
        "since=0001-01-01T00:00:00%2B14:00",
        "session_id=",
    ],
)
def test_an_odd_query_parameter_is_refused(http: TestClient, query: str) -> None:
    error(http.get(f"{LIST}?{query}"), 422, "invalid_request")


def test_a_query_on_a_route_that_takes_none(http: TestClient) -> None:
    assert "takes none" in error(http.get("/healthz?x=1"), 422, "invalid_request")["message"]


def test_a_key_that_is_there_twice_counts_once(http: TestClient) -> None:
    """As in every reader of JSON that people use: the last one."""
    answered = http.post(MARK, content=b'{"filter": {}, "trainable": "no", "trainable": true}', headers=JSON)
    assert answered.status_code == 200


def test_the_cursor_of_another_listing(http: TestClient) -> None:
    error(http.get(LIST, params={"cursor": "made up"}), 400, "usage_error")


def test_ids_that_are_not_there(http: TestClient) -> None:
    missing = "0" * 32
    error(http.get(f"{LIST}/{missing}"), 404, "not_found")
    error(http.get(f"/api/sessions/{missing}"), 404, "not_found")
    error(http.delete(f"/api/sql/{missing}"), 404, "not_found")
    error(http.get(f"/api/cascades/{missing}"), 404, "cascade_not_found")
    error(http.get(f"/api/training/sets/{missing}/blame"), 404, "set_not_found")
    assert missing in error(http.post(MARK, json={"trace_ids": [missing], "trainable": True}), 422, "training_error")["message"]
    error(http.post("/api/training/undo", json={"undo": missing}), 422, "training_error")


def test_sql_that_does_not_parse_is_pointed_into(http: TestClient) -> None:
    said = error(http.post("/api/sql", json={"sql": "SELECT 1;\nSELEKT 2"}), 400, "sql_syntax_error")
    assert (said["line"], said["column"]) == (2, 1)


def test_a_format_that_nobody_writes(http: TestClient) -> None:
    said = error(http.post("/api/sql", json={"sql": "SELECT 1"}, headers={"accept": "image/png"}), 406, "not_acceptable")
    assert "application/json" in said["hint"]


class Broken:
    """A part of the engine that raises what a test says."""

    def __init__(self, raised: Exception) -> None:
        self._raised = raised

    def __getattr__(self, name: str) -> Any:
        raise self._raised


@pytest.fixture
def failing(face: Face, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`failing(error)`: a client whose history raises that."""

    def client(raised: Exception) -> TestClient:
        monkeypatch.setattr(face.db, "history", Broken(raised))
        return TestClient(app(face), base_url="http://127.0.0.1", raise_server_exceptions=False)

    yield client


def test_too_much_at_once_says_when_to_come_back(failing: Any) -> None:
    answered = failing(Busy("too much", hint="wait")).get("/api/sessions")
    error(answered, 503, "busy")
    assert answered.headers["retry-after"] == "1"


def test_a_provider_that_asks_for_a_pause(failing: Any) -> None:
    answered = failing(RateLimited("slowly", retry_after=7.4)).get("/api/sessions")
    error(answered, 429, "rate_limited")
    assert answered.headers["retry-after"] == "7"


def test_a_bug_is_logged_and_not_shown(failing: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "rvbbit.http"):
        answered = failing(ZeroDivisionError("where /home/me/secret lies")).get("/api/sessions")
    error(answered, 500, "internal_error")
    assert "secret" not in answered.text
    assert any("/api/sessions" in record.message and record.exc_info for record in caplog.records)
    assert answered.headers["x-content-type-options"] == "nosniff"


def test_errors_have_the_headers_of_every_answer(http: TestClient) -> None:
    for answered in (http.get("/nothing"), http.get(f"{LIST}?x=1"), http.post(MARK, content=b"x")):
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["cache-control"] == "no-store"
        json.loads(answered.text)
