"""The whole workflow over HTTP and the command line: logs come in, are scored, looked at, marked, learned from, unmarked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest

from rvbbit.testing import FakeServer, question
from support.logged import LOGGED, LOGS, REPLY

SURE = {"cascade_id": "reply", "min_confidence": 0.8, "search": "SQL"}

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="the evaluation data of ../shared/data is not here")


class Served:
    """A running `rvbbit serve`, asked as a page would ask it."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> Any:
        return self._json(urllib.request.Request(self.base + path))

    def post(self, path: str, body: Any) -> Any:
        head = {"Content-Type": "application/json"}
        return self._json(urllib.request.Request(self.base + path, json.dumps(body).encode(), head))

    def _json(self, request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            pytest.fail(f"{request.full_url}: {error.status} {error.read().decode()}")


@contextmanager
def serving(command: Any) -> Iterator[Served]:
    process: subprocess.Popen[str] = command.start("serve", "--port", "0", "--studio-port", "0")
    try:
        yield Served(_address(process))
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    pytest.fail(f"it never said where it listens: {process.communicate()[1]}")


def shown(server: FakeServer, asked: str) -> list[tuple[str, str]]:
    """The (prompt, answer) pairs in the one request that asked this."""
    (body,) = [body for body in server.requests if untagged(question(body)) == asked]
    turns = [message["content"] for message in body["messages"] if message["role"] != "system"][:-1]
    return [(untagged(prompt), answer) for prompt, answer in zip(turns[::2], turns[1::2], strict=True)]


def untagged(prompt: str) -> str:
    """The text between a prompt's tags."""
    return unescape(prompt.removeprefix("<prompt>").removesuffix("</prompt>"))


def test_logs_are_scored_marked_by_filter_learned_from_and_unmarked(remote: Any, rvbbit_in: Any) -> None:
    remote.cascade("reply", REPLY)
    (remote.home / "rvbbit.toml").write_text('model = "openai:fake"\nscoring = "off"\n')
    command = rvbbit_in(remote.home)
    assert f"imported {LOGGED:,} executions" in command.ok("training", "import", str(LOGS), "--cascade-id", "reply")
    assert f"scored {LOGGED:,}" in command.ok("score", "--backfill", "--free")

    with serving(command) as served:
        before = served.get("/api/training/stats")
        sure = served.get("/api/training/examples?cascade_id=reply&min_confidence=0.8&search=SQL&limit=1000")
        assert 20 < sure["total"] < 1_000, "few enough to read them all here"
        assert all(row["confidence"] >= 0.8 for row in sure["examples"])

        marked = served.post("/api/training/mark-trainable", {"filter": SURE, "trainable": True})
        assert marked["updated"] == sure["total"]
        after = served.get("/api/training/stats")
        assert _trainable(after) - _trainable(before) == sure["total"]

        first = served.post("/api/sql", {"sql": "SELECT REPLY('What is a join?') AS said"})
        assert "📚 Injected 5 training examples (recent strategy)" in _said(first)
        approved = {(row["user_input"], row["assistant_output"]): row["trace_id"] for row in sure["examples"]}
        pairs = shown(remote.server, "What is a join?")
        assert len(pairs) == 5 and set(pairs) <= approved.keys()
        cited = _cited(served, first["query_id"])
        assert sorted(cited) == sorted(approved[pair] for pair in pairs)

        assert served.post("/api/training/undo", {"undo": marked["undo"]})["updated"] == sure["total"]
        second = served.post("/api/sql", {"sql": "SELECT REPLY('What is a window?') AS said"})
        assert "📚 No training examples available yet" in _said(second)
        assert shown(remote.server, "What is a window?") == [] and _cited(served, second["query_id"]) == []

        # The command on the same project talks to the server that holds it.
        assert json.loads(command.ok("training", "list", "--trainable", "--format", "json")) == []
        assert "What is a view?" in command.ok("sql", "SELECT REPLY('What is a view?')")

    assert json.loads(command.ok("training", "list", "--search", "What is a join?", "--format", "json")), "what it logged is kept"


def _trainable(stats: Any) -> int:
    return int(stats["total"]["trainable"])


def _said(answer: Any) -> list[str]:
    return [notice["message"] for notice in answer["notices"]]


def _cited(served: Served, query_id: str) -> list[str]:
    (row,) = served.get(f"/api/training/examples?query_id={query_id}")["examples"]
    return [example["trace_id"] for example in served.get(f"/api/training/examples/{row['trace_id']}")["examples"]]
