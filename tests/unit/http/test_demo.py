"""The demo's data over HTTP: told step by step, loaded again without a second copy, and never in place of somebody's own table."""

from __future__ import annotations

import json
from typing import Any

from starlette.testclient import TestClient

from rvbbit.engine import Database


def told(http: TestClient) -> list[dict[str, Any]]:
    return [json.loads(line) for line in http.post("/api/demo").text.splitlines()]


def test_a_table_of_that_name_is_left_alone(http: TestClient, db: Database) -> None:
    db.sql("CREATE TABLE tickets (mine INTEGER)")
    refused = http.post("/api/demo")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "usage_error")
    assert "tickets" in refused.json()["error"]["message"]
    assert db.sql("SELECT * FROM tickets").columns == ["mine"]
    db.sql("DROP TABLE tickets")


def test_it_brings_a_table_answers_decisions_and_a_proof_and_is_safe_to_repeat(http: TestClient, db: Database) -> None:
    events = told(http)
    steps = [event for event in events if event["event"] == "step"]
    assert [step["number"] for step in steps] == list(range(1, steps[0]["steps"] + 1))
    assert any(event["event"] == "progress" and event["total"] == 2_316 for event in events)
    brought = events[-1]
    assert (brought["event"], brought["tickets"], brought["marked"]) == ("demo", 2_316, 770)
    assert brought["before"] < 0.7 < 0.8 < brought["after"]
    newest, first = http.get("/api/training/sets").json()["sets"]
    assert (first["size"], newest["size"], newest["parent"], newest["harm"]) == (150, 770, first["version"], False)
    assert set(newest["evaluation"]["arms"]) == {"none", "current", "candidate"}
    before = http.get("/api/training/stats").json()["total"]["executions"]
    assert told(http)[-1]["event"] == "demo"
    assert http.get("/api/training/stats").json()["total"]["executions"] == before, "everything was known"
    assert db.sql("SELECT count(*) FROM tickets").fetchall() == [(2_316,)]
