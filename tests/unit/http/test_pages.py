"""Pages for people: every route, without a script, without another host."""

from __future__ import annotations

import re

from starlette.testclient import TestClient


def test_every_route_is_on_the_page(http: TestClient) -> None:
    page = http.get("/docs").text
    for path, methods in http.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"<span class=method>{method.upper()}</span> <code>{path}</code>" in page


def test_pages_need_nothing_from_elsewhere(http: TestClient) -> None:
    page = http.get("/docs").text
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=['\"]?https?:", page)
    assert "url(" not in http.get("/docs.css").text


def test_every_route_says_what_it_is_and_what_errors_look_like(http: TestClient) -> None:
    for path, methods in http.get("/openapi.json").json()["paths"].items():
        for method, route in methods.items():
            assert route.get("description"), (method, path)
            assert route["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")
            assert "5XX" in route["responses"]
