"""Who may ask: the right Host, no other site, and the token where there is one. And what nobody may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from rvbbit.errors import UsageError
from rvbbit.http.app import app
from rvbbit.http.face import Face
from rvbbit.http.guard import check_bind

TOKEN = "a-token-that-nobody-guesses"
MARK = "/api/training/mark-trainable"
FREE = ["/healthz", "/readyz", "/", "/docs", "/docs.css", "/openapi.json"]


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:5050", "127.0.0.1:80", "127.8.8.8", "[::1]:5050", "[::1]"])
def test_a_name_of_this_machine_is_let_in(http: TestClient, host: str) -> None:
    assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "localhost@evil.example", "10.0.0.1", "", "[::1", "a" * 5_000],
)
def test_a_name_that_somebody_else_resolves_to_this_machine_is_refused(http: TestClient, host: str) -> None:
    assert code(http.get("/api/training/examples", headers={"host": host})) == (421, "wrong_host")
    assert code(http.get("/healthz", headers={"host": host})) == (421, "wrong_host")


def test_a_server_goes_by_the_name_it_listens_on(face: Face) -> None:
    named = TestClient(app(face, ("data.example",)), base_url="http://data.example:5050")
    assert named.get("/healthz").status_code == 200
    assert named.get("/healthz", headers={"host": "evil.example"}).status_code == 421
    everywhere = TestClient(app(face, None), base_url="http://10.1.2.3:5050")
    assert everywhere.get("/healthz").status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8000", "http://127.0.0.1:5050.evil.example", ""])
def test_a_page_of_another_site_may_ask_nothing(http: TestClient, origin: str) -> None:
    """Neither read nor write, whatever it says that it sends: text/plain goes without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
        answered = http.post(MARK, content=b'{"filter": {}, "trainable": true}', headers={"origin": origin, "content-type": kind})
        assert code(answered) == (403, "cross_site")
    assert code(http.get("/api/training/examples", headers={"origin": origin})) == (403, "cross_site")


def test_a_form_without_origin_is_refused_by_where_it_comes_from(http: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "content-type": "text/plain"}
    assert code(http.post(MARK, content=b"{}", headers=headers)) == (403, "cross_site")
    assert http.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200, "a link from elsewhere may be followed"


def test_our_own_pages_may_ask(http: TestClient) -> None:
    answered = http.post(MARK, json={"trace_ids": [], "trainable": True}, headers={"origin": "http://127.0.0.1:5050"})
    assert answered.status_code == 200, answered.text


def test_no_other_site_is_told_that_it_may(http: TestClient) -> None:
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answered = http.options(MARK, headers=asked)
    assert answered.status_code == 403
    assert not [name for name in answered.headers if name.startswith("access-control")]


@pytest.fixture
def locked(face: Face, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server with a token."""
    monkeypatch.setattr(face.db, "settings", replace(face.db.settings, token=TOKEN))
    with TestClient(app(face), base_url="http://127.0.0.1", raise_server_exceptions=False) as http:
        yield http


def test_the_token_opens(locked: TestClient) -> None:
    for written in (f"Bearer {TOKEN}", f"bearer  {TOKEN} "):
        assert locked.get("/api/training/stats", headers={"authorization": written}).status_code == 200


@pytest.mark.parametrize(
    "written",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer \xff\xfe", "Bearer nope"],
)
def test_anything_else_does_not(locked: TestClient, written: str) -> None:
    answered = locked.get("/api/training/stats", headers={b"authorization": written.encode("latin-1")})
    assert code(answered) == (401, "unauthorized")
    assert answered.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answered.text


def test_every_route_of_the_description_asks_for_the_token(locked: TestClient) -> None:
    paths = locked.get("/openapi.json").json()["paths"]
    open_ = {
        (method, path)
        for path, methods in paths.items()
        for method in methods
        if locked.request(method, path.replace("{", "").replace("}", "")).status_code != 401
    }
    assert open_ == {("get", "/healthz"), ("get", "/readyz")}
    assert locked.get("/nothing").status_code == 401, "nor is said which paths there are"


def test_what_says_nothing_of_the_project_is_open(locked: TestClient) -> None:
    for path in FREE:
        answered = locked.get(path)
        assert answered.status_code == 200, path
        assert str(TOKEN) not in answered.text
        assert "/tmp" not in answered.text, "no path of this machine"


def test_the_token_is_on_no_page(locked: TestClient) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    for path in ("/metrics", "/api/training/stats", "/api/queries", "/nothing"):
        assert TOKEN not in locked.get(path, headers=headers).text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "data.example", ""])
def test_others_reach_a_server_only_with_a_token(host: str) -> None:
    check_bind(host, TOKEN)
    with pytest.raises(UsageError) as raised:
        check_bind(host, None)
    assert "RVBBIT_TOKEN" in str(raised.value.hint)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_this_machine_needs_none(host: str) -> None:
    check_bind(host, None)


@pytest.mark.parametrize("path", [*FREE, "/nothing"])
def test_pages_are_framed_by_nobody_and_load_nothing_from_elsewhere(http: TestClient, path: str) -> None:
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
