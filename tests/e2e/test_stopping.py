"""What a server is told to stop, or is asked wrongly, while it imports and marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rvbbit.client.connection import Connection
from rvbbit.client.training import Training
from rvbbit.errors import UsageError
from support.serving import Serving

ROWS = 30_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    (tmp_path / "rvbbit.toml").write_text('scoring = "off"\n')
    with Serving(tmp_path) as opened:
        yield opened


def test_an_import_is_cancelled_keeps_what_was_read_and_goes_on_from_there(server: Serving) -> None:
    rows = ({"id": n, "prompt": f"question {n}", "response": f"answer {n}"} for n in range(ROWS))
    asked = {"params": {"format": "jsonl"}, "content": "\n".join(map(json.dumps, rows)).encode()}
    with server.http.stream("POST", "/api/training/import", **asked, headers={"Accept": "application/x-ndjson"}) as answer:  # type: ignore[arg-type]
        told = []
        for line in answer.iter_lines():
            told.append(json.loads(line))
            if told[-1]["event"] == "progress":
                server.http.delete(f"/api/sql/{answer.headers['X-Query-Id']}")
    assert told[-1]["event"] == "error" and told[-1]["error"]["code"] == "cancelled"
    there = server.http.get("/api/training/examples").json()["total"]
    assert 0 < there < ROWS
    again = server.http.post("/api/training/import", **asked).json()  # type: ignore[arg-type]
    assert (again["known"], again["added"]) == (there, ROWS - there)


def test_a_client_that_does_not_say_which_executions_marks_none(server: Serving) -> None:
    server.http.post("/api/training/import", params={"format": "jsonl"}, content=b'{"prompt": "a", "response": "b"}')
    training = Training(Connection(server.url))
    for which in ({}, {"trace_ids": ["x"], "filter": {}}):
        with pytest.raises(UsageError, match="trace_ids or a filter"):
            training.mark(**which, trainable=True)  # type: ignore[arg-type]
    assert training.examples(trainable=True).total == 0
    assert training.mark(filter={}, trainable=True).updated == 1
