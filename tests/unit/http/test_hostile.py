"""Every parameter of every route, taken from the API's own description, is given what no honest client sends. The store is as before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from rvbbit.engine import Database

HOSTILE = [
    "'; DROP TABLE rvbbit.main.unified_logs; --",
    "' OR '1'='1",
    '" OR 1=1 --',
    "1); DELETE FROM rvbbit.main.training_annotations; --",
    "x') UNION SELECT * FROM read_text('/etc/passwd') --",
    "$1",
    "?",
    "%",
    "_",
    "\\",
    "\\'",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "../../../etc/passwd",
    "..",
    ".",
    "{{ 7 * 7 }}",
    "<script>alert(1)</script>",
    "\u202eevil\u200b",
    "🦆" * 200,
    "-1",
    "1e400",
    "NaN",
    "null",
    "x" * 20_000,
]
LOOKS = "SELECT (SELECT count(*) FROM rvbbit.unified_logs), (SELECT count(*) FROM rvbbit.training_annotations)"
WRITES = {"/api/sql", "/api/events"}
"""What runs what it is sent, and what has no end."""


@pytest.fixture(scope="module")
def described(http: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def whole(db: Database) -> Any:
    return db.sql(LOOKS).fetchall()


def check(response: Any) -> None:
    assert response.status_code < 500, (response.request.url, response.text[:500])
    if response.status_code >= 400:
        assert set(response.json()["error"]) >= {"code", "message", "hint"}
    assert "set-cookie" not in response.headers
    assert "root:" not in response.text


def parameters(described: dict[str, Any], place: str) -> Iterator[tuple[str, str, str]]:
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            for one in route.get("parameters", ()):
                if one["in"] == place and path not in WRITES:
                    yield method, path, one["name"]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_a_query_parameter_is_a_value_and_never_sql(
    http: TestClient, db: Database, described: dict[str, Any], ids: list[str], value: str
) -> None:
    before = whole(db)
    asked = list(parameters(described, "query"))
    assert len(asked) > 60
    for method, path, name in asked:
        if "{" not in path:
            check(http.request(method, path, params={name: value}, content=b"" if method == "post" else None))
    assert whole(db) == before


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_a_part_of_a_path_is_a_value_and_never_a_file(
    http: TestClient, db: Database, described: dict[str, Any], ids: list[str], value: str
) -> None:
    before = whole(db)
    for method, path, name in list(parameters(described, "path")):
        where = path.replace("{" + name + "}", quote(value, safe=""))
        where = where.replace("{", "").replace("}", "")
        check(http.request(method, where, json={"yaml": "cascade_id: x", "name": "n"} if method in ("post", "put") else None))
    assert whole(db) == before


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_a_field_of_a_body_is_a_value_and_never_sql(
    http: TestClient, db: Database, described: dict[str, Any], ids: list[str], value: str
) -> None:
    before = whole(db)
    fields = described["components"]["schemas"]["Filter"]["properties"]
    for name in fields:
        for path in ("mark-trainable", "assess-confidence"):
            check(http.post(f"/api/training/{path}", json={"filter": {name: value, "session_id": "nobody"} | {name: value}}))
    for path, body in _bodies(value):
        check(http.post(path, json=body))
    assert whole(db) == before


def _bodies(value: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "/api/training/mark-trainable", {"trace_ids": [value], "trainable": True}
    yield "/api/training/assess-confidence", {"trace_ids": [value]}
    yield "/api/training/undo", {"undo": value}
    yield "/api/training/choose", {"trace_id": value}
    yield "/api/training/evaluate", {"cascade_id": value, "candidate": value}
    yield "/api/cascades/validate", {"yaml": value}
    yield "/api/run", {"cascade": value, "inputs": {value: value}}
    yield "/api/sql", {"sql": "SELECT $x", "params": {"x": value}}
    yield "/api/sql", {"sql": "SELECT 1", "session_id": value, "query_id": value, "model": value}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_what_people_write_is_kept_as_written(http: TestClient, ids: list[str], value: str) -> None:
    """Notes, tags, reasons, authors and corrections come back as they went in."""
    said = {"notes": value, "tags": [value[:1_000]], "author": value[:200], "reason": value[:10_000], "corrected_output": value}
    marked = http.post("/api/training/mark-trainable", json={"trace_ids": [ids[0]], **said})
    assert marked.status_code == 200, marked.text
    shown = http.get(f"/api/training/examples/{ids[0]}").json()
    assert (shown["notes"], shown["tags"], shown["corrected_output"]) == (value, [value[:1_000]], value)
    assert shown["decisions"][-1]["author"] == value[:200] or shown["decisions"][0]["author"] == value[:200]
    assert http.get("/api/training/examples", params={"tag": value[:1_000]}).json()["total"] == 1
    assert http.post("/api/training/undo", json={"undo": marked.json()["undo"]}).status_code == 200
