"""Two `rvbbit serve` on one ClickHouse: one memory, whoever asks, marks, scores or imports; and what is said when it does not answer.

The server is chdb behind an HTTP shim (`support.clickhouse`), spoken to by the real driver. What one server sees of the other is waited for
as an event, never by the clock.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from rvbbit.testing import question
from support.clickhouse import USERS, Shim
from support.serving import Serving

QUERY = "SELECT text MEANS 'a lost thing' AS lost FROM (VALUES ('my card is lost'), ('what is the rate?')) t(text)"
OTHER = "SELECT '{}' MEANS 'a lost thing' AS lost"
INJECTED = "📚 Injected 1 training examples (recent strategy)"
PATIENCE = 60.0
PASSWORD = USERS["rvbbit"]
ENCODED = quote(PASSWORD, safe="")
MARKS = {"clarity": 1.0, "correctness": 0.5, "completeness": 1.0, "format": 1.0, "reason": "r"}


@contextmanager
def serving(home: Path, url: str, **settings: str) -> Iterator[Serving]:
    home.mkdir(exist_ok=True)
    (home / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 0.1, output = 0.1}\n')
    more = {"RVBBIT_STORE": url, "RVBBIT_MODEL": "openai:fake", "RVBBIT_SCORING": "off"} | settings
    with Serving(home, more=more) as server:
        yield server


@pytest.fixture
def two(remote: Any, clickhouse_url: str, tmp_path: Path) -> Iterator[tuple[Serving, Serving]]:
    remote.server.answer = lambda body: "card" in question(body)
    with serving(tmp_path / "a", clickhouse_url) as a, serving(tmp_path / "b", clickhouse_url) as b:
        yield a, b


class Ear:
    """Listens to a server's events of some kinds, from when the block begins."""

    def __init__(self, server: Serving, *kinds: str) -> None:
        self._stream = server.http.stream("GET", "/api/events", params={"kind": kinds}, timeout=PATIENCE)

    def __enter__(self) -> Ear:
        self._lines = self._stream.__enter__().iter_lines()
        next(self._lines)  # the server says at once when to come back
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__(None, None, None)

    def next(self) -> tuple[str, int]:
        """The kind of the next event, and how many it counts."""
        kind = ""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                return kind, json.loads(value)["count"]
        pytest.fail("the stream ended")


def answered(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def said(answer: Any) -> list[str]:
    return [notice["message"] for notice in answer["notices"]]


def shown(server: Any, text: str) -> list[str]:
    """The examples' questions in the last request about a text."""
    body = [body for body in server.requests if text in question(body)][-1]
    return [message["content"] for message in body["messages"][1:-1] if message["role"] == "user"]


def test_what_one_server_asks_and_is_told_the_other_knows(two: tuple[Serving, Serving], remote: Any) -> None:
    a, b = two
    asked = answered(a.sql(QUERY))
    assert asked["usage"]["calls"] == 2
    again = answered(b.sql(QUERY))
    assert (again["usage"]["calls"], again["usage"]["cached"], remote.server.calls) == (0, 2, 2), "what A paid for costs B nothing"
    assert again["rows"] == asked["rows"]

    found = answered(b.http.get("/api/training/examples", params={"search": "card"}))
    (row,) = found["examples"]
    with Ear(b, "decision") as heard:
        marked = answered(a.post("/api/training/mark-trainable", trace_ids=[row["trace_id"]], trainable=True))
        assert heard.next() == ("decision", 1)
    assert answered(b.http.get("/api/training/stats"))["total"]["trainable"] == 1
    asked = answered(b.sql(OTHER.format("where is my purse?")))
    assert INJECTED in said(asked) and shown(remote.server, "purse") == ["<text>my card is lost</text>"]
    versions = [answered(one.http.get("/api/training/sets"))["sets"] for one in two]
    assert versions[0] == versions[1] and len(versions[0]) == 1, "the set that B's answer cites is A's to look up"
    detail = answered(a.http.get("/api/training/examples", params={"search": "purse"}))["examples"][0]["trace_id"]
    cited = answered(a.http.get(f"/api/training/examples/{detail}"))["examples"]
    assert [one["trace_id"] for one in cited] == [row["trace_id"]]

    with Ear(a, "decision") as heard:
        assert answered(b.post("/api/training/undo", undo=marked["undo"]))["updated"] == 1
        assert heard.next() == ("decision", 1)
    answered(a.sql(OTHER.format("where is my hat?")))
    assert shown(remote.server, "hat") == []
    count = "SELECT count(*) AS n FROM rvbbit.unified_logs"
    assert [answered(one.sql(count))["rows"] for one in two] == [[[4]], [[4]]]


def test_two_people_on_two_servers_decide_on_one_row(two: tuple[Serving, Serving]) -> None:
    a, b = two
    answered(a.sql(QUERY))
    (row,) = answered(b.http.get("/api/training/examples", params={"search": "card"}))["examples"]
    together = threading.Barrier(2)

    def mark(server: Serving, who: str) -> None:
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
            for number in range(5):
                together.wait(PATIENCE)
                body = {"trace_ids": [row["trace_id"]], "trainable": who == "ann", "notes": f"{who} {number}", "author": who}
                answered(http.post("/api/training/mark-trainable", json=body))

    people = [threading.Thread(target=mark, args=pair) for pair in ((a, "ann"), (b, "bob"))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    details = [answered(one.http.get(f"/api/training/examples/{row['trace_id']}")) for one in two]
    histories = [[(one["author"], one["notes"]) for one in detail["decisions"]] for detail in details]
    assert histories[0] == histories[1] and len(histories[0]) == 10, "every decision is kept, in one order"
    last, note = histories[0][-1]
    for detail in details:
        assert (detail["notes"], detail["trainable"]) == (note, last == "ann"), "the last one holds"


def test_two_workers_on_one_backlog_lose_nothing_and_judge_nothing_again_and_again(
    remote: Any, clickhouse_url: str, tmp_path: Path
) -> None:
    rows = 300
    remote.server.answer = lambda body: MARKS
    lines = [json.dumps({"id": n, "prompt": f"question {n}", "response": f"answer {n}"}) for n in range(rows)]
    halves = ["\n".join(lines[::2]), "\n".join(lines[1::2])]
    with (
        serving(tmp_path / "a", clickhouse_url, RVBBIT_SCORING="on") as a,
        serving(tmp_path / "b", clickhouse_url, RVBBIT_SCORING="on") as b,
    ):
        with ThreadPoolExecutor(2) as people:
            added = people.map(
                lambda pair: answered(pair[0].http.post("/api/training/import", content=pair[1])), zip((a, b), halves, strict=True)
            )
            assert [one["added"] for one in added] == [rows // 2] * 2
        until = time.monotonic() + PATIENCE
        while answered(b.http.get("/api/training/stats"))["total"]["scored"] < rows and time.monotonic() < until:
            time.sleep(0.2)
        for one in (a, b):
            assert one.stop() == 0, one.errors
        with serving(tmp_path / "c", clickhouse_url) as c:
            each = "SELECT scorer, trace_id, count(*) AS n FROM rvbbit.scores GROUP BY ALL"
            counts = f"SELECT scorer, count(*) AS executions, max(n) AS most FROM ({each}) GROUP BY ALL ORDER BY ALL"
            found = answered(c.sql(counts))["rows"]
    assert [(scorer, executions) for scorer, executions, _ in found] == [("confidence", rows), ("judge", rows), ("rules", rows)]
    assert max(most for *_, most in found) <= 2, "at worst once by each"


def test_a_store_that_goes_away_is_said_and_nothing_unlogged_is_given_out(remote: Any, tmp_path: Path) -> None:
    remote.server.answer = lambda body: "card" in question(body)
    with Shim(tmp_path / "data") as shim, serving(tmp_path / "a", shim.url("x", "rvbbit", ENCODED)) as a:
        answered(a.sql(QUERY))
        assert a.http.get("/readyz").status_code == 200
        shim.kill()
        for response in (
            a.http.get("/readyz"),
            a.sql(QUERY),
            a.sql(OTHER.format("where is my hat?")),
            a.sql("SELECT count(*) FROM rvbbit.unified_logs"),
            a.http.get("/api/training/examples"),
            a.http.get("/api/training/stats"),
            a.post("/api/training/mark-trainable", filter={}, trainable=True),
        ):
            assert response.status_code == 503, response.text
            error = response.json()["error"]
            assert error["code"] == "store_unreachable" and "ClickHouse" in error["message"] and error["hint"]
            assert PASSWORD not in response.text and ENCODED not in response.text
        assert a.http.get("/healthz").status_code == 200
        assert answered(a.sql("SELECT 1 AS one"))["rows"] == [[1]], "plain SQL needs no log"
        metrics = a.http.get("/metrics")
        assert metrics.status_code == 200 and PASSWORD not in metrics.text
        with Shim(tmp_path / "data", shim.port):
            assert a.http.get("/readyz").status_code == 200, "it is back, and nobody had to do anything"
            assert answered(a.sql(QUERY))["usage"]["calls"] == 0, "what was acknowledged is kept"
            assert answered(a.sql(OTHER.format("where is my hat?")))["rows"] == [[False]]
            doctor = a.post("/api/doctor").text
            assert "ClickHouse 26" in doctor and PASSWORD not in doctor and ENCODED not in doctor
            assert PASSWORD not in (tmp_path / "a" / ".rvbbit" / "server.json").read_text()
            assert a.stop() == 0
    for text in (a.out, a.errors):
        assert PASSWORD not in text and ENCODED not in text and "Traceback" not in text
