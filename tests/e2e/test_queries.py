"""`POST /api/sql` of a real server: progress as it comes, cancelled by name or by going away, many at once, slow readers, long ones."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from rvbbit.engine.served import AT_ONCE, WAITING
from rvbbit.testing import FakeServer
from support.serving import Serving, lines, running, until

SLOW = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = 7"
NDJSON = {"Accept": "application/x-ndjson"}
ROWS = 27_000
BIG = f"SELECT {', '.join(f'i % {n} = 0 AS by{n}' for n in range(2, 14))} FROM range(700000) r(i)"  # 1 MB of bits, 50 MB of JSON


@pytest.fixture(scope="module")
def model() -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: True, latency=0.05) as fake:
        yield fake


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model: FakeServer) -> Iterator[Serving]:
    home: Path = tmp_path_factory.mktemp("queries")
    (home / "rvbbit.toml").write_text('scoring = "off"\nconcurrency = 4\nmodel = "openai:fake"\n')
    with Serving(home, more={"OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "none"}) as server:
        yield server


def ask(server: Serving, text: str, **more: Any) -> httpx.Response:
    """Asked on a connection of its own."""
    return httpx.post(f"{server.url}/api/sql", json={"sql": text, **more}, timeout=60)


def test_progress_comes_while_it_runs_and_rows_at_the_end(server: Serving) -> None:
    text = "SELECT i, ('text ' || i) MEANS 'y' AS yes FROM range(40) r(i) ORDER BY i"
    with server.http.stream("POST", "/api/sql", json={"sql": text}, headers=NDJSON) as answered:
        events = [json.loads(line) for line in answered.iter_lines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "query" and events[0]["query_id"] == answered.headers["x-query-id"]
    assert (kinds[-3:], kinds.count("progress") > 1) == (["columns", "rows", "usage"], True)
    assert events[-2]["rows"] == [[i, True] for i in range(40)]
    assert events[-1]["usage"]["calls"] == 40


def test_an_error_in_a_stream_has_its_status_or_is_its_last_line(server: Serving, model: FakeServer) -> None:
    assert server.http.post("/api/sql", json={"sql": "SELEC 1"}, headers=NDJSON).status_code == 400
    answered = server.http.post(
        "/api/sql", json={"sql": "SELECT ('t' || i) MEANS 'late' FROM range(40) r(i)", "budget_usd": 0}, headers=NDJSON
    )
    last = answered.json() if answered.status_code >= 400 else lines(answered)[-1]
    assert last["error"]["code"] == "usage_error", "a budget without a price"


def test_a_query_is_cancelled_by_its_id(server: Serving) -> None:
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, server, SLOW, query_id="long")
        until(lambda: running(server))
        assert server.http.delete("/api/sql/long").json() == {"query_id": "long", "done": True}
        answered = asked.result()
    assert (answered.status_code, answered.json()["error"]["code"]) == (499, "cancelled")
    assert running(server) == 0


def test_a_query_whose_client_goes_away_is_cancelled(server: Serving) -> None:
    body = json.dumps({"sql": SLOW}).encode()
    for accept in (b"application/json", b"application/x-ndjson"):
        with socket.create_connection(_address(server)) as client:
            client.sendall(_request(body, accept))
            until(lambda: running(server))
        until(lambda: not running(server))


def test_what_waits_for_its_turn_is_cancelled_too(server: Serving) -> None:
    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        busy = [threads.submit(ask, server, SLOW, query_id=f"busy{n}") for n in range(AT_ONCE)]
        until(lambda: running(server) == AT_ONCE)
        waits = threads.submit(ask, server, "SELECT 1", query_id="waits")
        until(lambda: running(server) == AT_ONCE + 1)
        server.http.delete("/api/sql/waits")
        assert waits.result().status_code == 499
        for n in range(AT_ONCE):
            server.http.delete(f"/api/sql/busy{n}")
        assert {one.result().status_code for one in busy} == {499}


def test_others_are_answered_while_a_long_query_runs(server: Serving) -> None:
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, server, SLOW, query_id="long")
        until(lambda: running(server))
        for path in ("/healthz", "/readyz", "/api/training/examples", "/api/training/stats", "/metrics", "/api/queries"):
            assert server.http.get(path).status_code == 200
        assert ask(server, "SELECT 1").json()["rows"] == [[1]]
        assert not asked.done()
        server.http.delete("/api/sql/long")


def test_fifty_clients_at_once_each_get_their_own(server: Serving) -> None:
    with ThreadPoolExecutor(50) as threads:
        answered = list(threads.map(lambda n: ask(server, f"SELECT {n}, ('text ' || {n}) MEANS 'y'"), range(50)))
    assert [one.json()["rows"] for one in answered] == [[[n, True]] for n in range(50)]


def test_more_than_may_wait_are_told_to_come_back(server: Serving) -> None:
    most = AT_ONCE + WAITING
    with ThreadPoolExecutor(most + 5) as threads:
        asked = [threads.submit(ask, server, SLOW, query_id=f"many{n}") for n in range(most)]
        until(lambda: running(server) == most)
        refused = ask(server, "SELECT 1")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert refused.headers["retry-after"] == "1"
        for n in range(most):
            server.http.delete(f"/api/sql/many{n}")
        assert {one.result().status_code for one in asked} == {499}
    assert ask(server, "SELECT 1").status_code == 200


def test_a_reader_that_takes_nothing_holds_up_nobody_and_piles_up_nothing(server: Serving) -> None:
    size = len(ask(server, BIG).content)
    assert size > 40_000_000
    with socket.create_connection(_address(server)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        before = _resident(server.pid)
        client.sendall(_request(json.dumps({"sql": BIG}).encode(), b"application/json"))
        client.recv(1)
        for _ in range(5):
            assert ask(server, "SELECT 1").status_code == 200
            assert server.http.get("/api/training/examples").status_code == 200
        assert _resident(server.pid) - before < size / 2, "the answer is not made before it is read"
    until(lambda: not running(server))


def test_a_large_export_is_a_stream(server: Serving) -> None:
    rows = b"".join(json.dumps({"id": n, "prompt": f"question {n} {'x' * 500}", "response": "y"}).encode() + b"\n" for n in range(ROWS))
    assert server.http.post("/api/training/import", content=rows, headers={"content-type": "application/x-ndjson"}).json()["added"] == ROWS
    size = count = 0
    with server.http.stream("GET", "/api/training/export", params={"session_id": "import"}) as answered:
        before = most = _resident(server.pid)
        for part in answered.iter_bytes():
            size += len(part)
            count += part.count(b"\n")
            most = max(most, _resident(server.pid))
    assert count == ROWS
    assert most - before < size, f"{most - before:,} bytes for a file of {size:,}"


def _address(server: Serving) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


def _request(body: bytes, accept: bytes) -> bytes:
    head = b"POST /api/sql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: " + accept
    return head + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


def _resident(pid: int) -> int:
    """Bytes of memory that the process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4_096
