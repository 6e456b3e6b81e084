"""`rvbbit serve` from its first line to its exit code: what it says, what it refuses, how it stops, and what is left when it is killed."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import rvbbit
from rvbbit import address
from rvbbit.testing import FakeServer
from support.serving import Serving, running, until

LONG = 30.0  # seconds that no test waits unless it fails
TOKEN = "a-token-that-nobody-guesses"
SLOW = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = 7"
MODEL = {"RVBBIT_MODEL": "openai:fake", "OPENAI_API_KEY": "sk-proj-4f8a2c1e9b7d6035a1b2c3d4e5f60718", "RVBBIT_SCORING": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "rvbbit.toml").write_text("")
    return tmp_path


@pytest.fixture
def slow_model() -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: True, latency=1.0) as server:
        yield server


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """The work on a thread of its own, and what it gave back."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    return thread, found


def free(url: str) -> bool:
    """Whether nobody listens there any more."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as trying:
        return trying.connect_ex((host, int(port))) != 0


def test_it_says_where_it_is_and_leaves_nothing_behind(home: Path) -> None:
    with Serving(home) as server:
        assert server.http.get("/healthz").json() == {"status": "ok"}
        assert server.stop() == 0
    for said in (server.url, str(home), "store.duckdb", "scoring", "only this machine"):
        assert said in server.out
    assert server.errors.splitlines() == ["stopped"], "and no line for each request"
    assert free(server.url)
    assert not (home / address.FILE).exists()


def test_both_ports_are_one_app(home: Path) -> None:
    with Serving(home) as server:
        server.stop()
    api, studio = re.findall(r"http://127\.0\.0\.1:\d+(?!\S*/docs)", server.out)[:2]
    assert api == server.url != studio


def test_a_running_query_ends_before_the_server_does(home: Path, slow_model: FakeServer) -> None:
    with Serving(home, more={**MODEL, "OPENAI_BASE_URL": slow_model.base_url}) as server:
        thread, found = in_background(lambda: server.sql("SELECT 'x' MEANS 'y'"))
        until(lambda: slow_model.requests)
        assert server.stop() == 0
        thread.join(LONG)
    assert found[0].json()["rows"] == [[True]]
    assert "1 query may go on for 10 s" in server.errors


def test_who_will_not_wait_says_so_twice(home: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with Serving(home) as server:
            thread, found = in_background(lambda server=server: _status(server))  # type: ignore[misc]
            until(lambda server=server: running(server))  # type: ignore[misc]
            began = time.monotonic()
            server.process.send_signal(number)
            until(lambda server=server: free(server.url))  # type: ignore[misc]
            assert server.stop(number) == 0
            assert time.monotonic() - began < 8, "which is less than the grace"
            thread.join(LONG)
        assert found != [200]


def _status(server: Serving) -> int:
    try:
        return server.sql(SLOW).status_code
    except httpx.TransportError:
        return 0


def test_a_cancelled_query_is_no_news_for_the_log(home: Path) -> None:
    with Serving(home) as server:
        for accept in ("application/json", "application/x-ndjson"):
            body = {"sql": SLOW, "query_id": "long"}
            thread, _ = in_background(lambda: server.http.post("/api/sql", json=body, headers={"Accept": accept}))  # noqa: B023  it ends here
            until(lambda: running(server))
            assert server.http.delete("/api/sql/long").json() == {"query_id": "long", "done": True}
            thread.join(LONG)
        assert server.stop() == 0
    assert server.errors.splitlines() == ["stopped"]


def test_killed_in_a_query_it_starts_again_with_what_was_answered(home: Path) -> None:
    with FakeServer(answer=lambda body: True) as model:
        more = {**MODEL, "OPENAI_BASE_URL": model.base_url}
        with Serving(home, more=more) as server:
            assert server.sql("SELECT 'a' MEANS 'y'").status_code == 200
            thread, _ = in_background(lambda: _status(server))
            until(lambda: running(server))
            server.process.kill()
            thread.join(LONG)
        assert (home / address.FILE).exists(), "what a killed server leaves"
        assert address.find(home) is None
        with Serving(home, more=more) as again:
            usage = again.sql("SELECT 'a' MEANS 'y'").json()["usage"]
            assert (usage["calls"], usage["cached"]) == (0, 1)
            assert again.stop() == 0


def test_the_second_server_of_a_project_says_where_the_first_is(home: Path, rvbbit_in: Any) -> None:
    with Serving(home) as server:
        second = rvbbit_in(home)("serve", "--port", "0", "--studio-port", "0")
        assert second.returncode == 1
        assert server.url in second.stderr and str(server.pid) in second.stderr
        assert "Traceback" not in second.stderr
        assert server.http.get("/healthz").status_code == 200


def test_a_port_that_is_taken_is_named(home: Path, rvbbit_in: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = rvbbit_in(home)("serve", "--port", port, "--studio-port", "0")
    assert done.returncode == 2
    assert port in done.stderr and "in use" in done.stderr and "--port" in done.stderr
    assert not (home / address.FILE).exists()


def test_others_are_let_in_with_a_token_only(home: Path, rvbbit_in: Any) -> None:
    refused = rvbbit_in(home)("serve", "--host", "0.0.0.0", "--port", "0", "--studio-port", "0")
    assert refused.returncode == 2
    assert "RVBBIT_TOKEN" in refused.stderr
    with Serving(home, "--host", "0.0.0.0", more={"RVBBIT_TOKEN": TOKEN}) as server:
        assert server.http.get("/api/training/stats").status_code == 401
        answered = server.http.get("/api/training/stats", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answered.status_code == 200
        server.stop()
    assert "RVBBIT_TOKEN" in server.out
    assert TOKEN not in server.out + server.errors


def test_keys_and_tokens_are_nowhere(home: Path) -> None:
    """Not in answers, errors, logs, metrics, events or files, whatever goes wrong."""
    key = MODEL["OPENAI_API_KEY"]
    with FakeServer(answer=lambda body: True) as model:
        more = {**MODEL, "OPENAI_BASE_URL": model.base_url, "RVBBIT_TOKEN": TOKEN}
        with Serving(home, more=more) as server:
            server.http.headers["Authorization"] = f"Bearer {TOKEN}"
            said = [server.sql("SELECT 'a' MEANS 'y'"), server.sql("SELECT 1", model="openai:"), server.sql("SELEC")]
            model.fail(401, message=f"no such key: {key}")
            said += [server.sql("SELECT 'b' MEANS 'y'"), server.http.get("/metrics"), server.http.get("/api/queries")]
            said += [server.http.get("/api/training/examples"), server.http.get("/docs"), server.http.get("/openapi.json")]
            for row in server.http.get("/api/training/examples").json()["examples"]:
                said.append(server.http.get(f"/api/training/examples/{row['trace_id']}"))
            written = (home / address.FILE).read_text()
            assert server.stop() == 0
        text = "\n".join(one.text for one in said) + server.out + server.errors + written
        assert key not in text
        assert TOKEN not in text
    with rvbbit.connect(home) as db:
        logged = json.dumps(db.sql("SELECT * FROM rvbbit.unified_logs").fetchall(), default=str)
        assert key not in logged and TOKEN not in logged
