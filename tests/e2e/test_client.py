"""A command beside a running server, when things go wrong: interrupts, a server that dies, a wrong token, other folders and settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rvbbit import address
from rvbbit.client import Remote
from rvbbit.errors import CascadeInvalid, NotFound
from rvbbit.settings import load
from support.serving import RVBBIT, Serving

TELL = """
cascade_id: tell
sql_function:
  name: tell
  operators: ["TELL({{ text }})"]
  args: [{name: text, type: VARCHAR}]
  returns: VARCHAR
cells:
  - name: tell
    instructions: "{{ input.text }}"
"""
SLOW = "SELECT TELL('letter ' || range) AS said FROM range(40)"


@pytest.fixture
def served(remote: Any) -> Iterator[Serving]:
    """A server on a project whose model is the fake one."""
    remote.cascade("tell", TELL)
    (remote.home / "rvbbit.toml").write_text('model = "openai:fake"\nscoring = "off"\nconcurrency = 4\n')
    with Serving(remote.home) as server:
        yield server


def until(true: Callable[[], bool]) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def hanging(remote: Any, running: subprocess.Popen[str], asked: int) -> None:
    """Wait until a command's calls reached the model."""
    until(lambda: remote.server.calls >= asked or running.poll() is not None)
    assert running.poll() is None, running.communicate()


@pytest.mark.parametrize(
    ("command", "told"),
    [(("sql", SLOW), "of 40 answers of TELL are kept"), (("run", "tell", "--input", '{"text": "a"}'), "cancelled")],
    ids=["sql", "run"],
)
def test_an_interrupt_stops_the_work_in_the_server(
    remote: Any, served: Serving, rvbbit_in: Any, command: tuple[str, ...], told: str
) -> None:
    if command[0] == "sql":  # four answers are there, and the next four calls hang
        rvbbit_in(remote.home).ok("sql", SLOW.replace("40", "4"))
    before = remote.server.calls
    remote.server.hang(times=4)
    running = rvbbit_in(remote.home).start(*command)
    hanging(remote, running, before + 1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and told in err and "Traceback" not in err
    assert rvbbit_in(remote.home).ok("sql", "--format", "csv", "SELECT 1 AS a") == "a\n1\n"
    until(lambda: served.http.get("/metrics").text.find("rvbbit_queries_running 0.0") > 0)


def test_an_interrupt_stops_a_cascade_without_a_server_too(remote: Any, rvbbit_in: Any) -> None:
    remote.cascade("tell", TELL)
    (remote.home / "rvbbit.toml").write_text('model = "openai:fake"\n')
    remote.server.hang()
    running = rvbbit_in(remote.home).start("run", "tell", "--input", '{"text": "a"}')
    hanging(remote, running, 1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and err.startswith("error: cancelled")


def test_a_server_that_dies_in_the_middle_is_an_error_and_the_next_command_opens_the_project(
    remote: Any, served: Serving, rvbbit_in: Any
) -> None:
    command = rvbbit_in(remote.home)
    remote.server.hang(times=4)
    running = command.start("sql", SLOW)
    hanging(remote, running, 1)
    served.stop(signal.SIGKILL)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1 and f"the server at {served.url} that held this project is gone" in err
    assert "hint:" in err and "Traceback" not in err
    assert (remote.home / address.FILE).is_file(), "what it left is stale"
    assert command.ok("sql", "--format", "csv", "SELECT 1 AS a") == "a\n1\n"


def test_what_a_killed_server_left_leads_nobody_to_whoever_has_its_port_now(remote: Any, rvbbit_in: Any) -> None:
    left = remote.home / address.FILE
    left.parent.mkdir()
    left.write_text(json.dumps({"pid": os.getpid(), "url": remote.server.base_url, "folder": "/", "settings": {}}))
    assert rvbbit_in(remote.home).ok("sql", "--format", "csv", "SELECT 1 AS a") == "a\n1\n"
    assert remote.server.calls == 0


def test_two_commands_at_once(remote: Any, served: Serving, rvbbit_in: Any) -> None:
    commands = [rvbbit_in(remote.home).start("sql", "--format", "csv", f"SELECT TELL('{name}') AS said") for name in "ab"]
    said = [command.communicate(timeout=120) for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    assert all(out.startswith("said\n") for out, _ in said) and remote.server.calls == 2


def test_the_token_is_sent_and_a_wrong_one_is_said_to_be(
    remote: Any, rvbbit_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Serving(remote.home, more={"RVBBIT_TOKEN": "right-one"}):
        for token, code in (("right-one", 0), ("wrong-one", 2)):
            env = {**rvbbit_in(remote.home).env, "RVBBIT_TOKEN": token}
            for command in (["sql", "SELECT 1"], ["training", "import", "big.jsonl"]):
                (remote.home / "big.jsonl").write_text('{"prompt": "a", "response": "b"}\n' * 100_000)
                done = _run(remote.home, env, *command)
                assert done.returncode == code, done.stderr
                assert token not in done.stdout + done.stderr
                assert code == 0 or ("wants another token" in done.stderr and "RVBBIT_TOKEN" in done.stderr)


def test_where_relative_paths_start_is_said(remote: Any, served: Serving, rvbbit_in: Any) -> None:
    (remote.home / "x.csv").write_text("n\n1\n")
    (remote.home / "below").mkdir()
    below = rvbbit_in(remote.home / "below")
    done = below("sql", "--format", "csv", "FROM 'x.csv'")
    assert done.stdout == "n\n1\n" and f"relative paths from {remote.home}" in done.stderr
    assert "relative paths" not in rvbbit_in(remote.home)("sql", "FROM 'x.csv'").stderr


def test_settings_of_the_environment(remote: Any, served: Serving, rvbbit_in: Any) -> None:
    """A model and a budget are passed on; what the server was started with stays; another database is another project."""
    env = rvbbit_in(remote.home).env
    done = _run(remote.home, {**env, "RVBBIT_MODEL": "openai:other"}, "sql", "SELECT TELL('a')")
    assert done.returncode == 0 and remote.server.requests[-1]["model"] == "other"
    done = _run(remote.home, {**env, "RVBBIT_BUDGET_USD": "0"}, "sql", "--model", "openai:gpt-5-mini", "SELECT TELL('b')")
    assert done.returncode == 3, done.stderr
    done = _run(remote.home, {**env, "RVBBIT_JUDGE_MODEL": "openai:strict"}, "sql", "SELECT 1")
    assert "RVBBIT_JUDGE_MODEL is not heeded" in done.stderr and "openai:fake" in done.stderr
    done = _run(remote.home, {**env, "RVBBIT_DATABASE": ":memory:", "RVBBIT_STORE": ":memory:"}, "sql", "SELECT TELL('c')")
    assert done.returncode == 0
    kept = served.sql("SELECT count(*) FROM rvbbit.unified_logs WHERE arguments ->> 'text' = 'c'").json()
    assert kept["rows"] == [[0]]


def test_a_shell_keeps_its_session_and_is_told_when_it_is_gone(remote: Any, served: Serving) -> None:
    """What would have been in a transaction is not run outside of one."""
    server = address.find(remote.home)
    assert server is not None
    with Remote(server, load({"home": remote.home}, env={}, cwd=remote.home)) as db:
        db.sql("CREATE TABLE t (i INT); BEGIN; INSERT INTO t VALUES (1)")
        assert db.sql("SELECT count(*) FROM t").fetchall() == [(1,)]
        served.http.delete(f"/api/sql/sessions/{db._session}").raise_for_status()
        with pytest.raises(NotFound, match="was closed"):
            db.sql("INSERT INTO t VALUES (2)")
        assert db.sql("SELECT count(*) FROM t").fetchall() == [(0,)]
        db.sql("BEGIN; INSERT INTO t VALUES (3)")
    assert served.sql("SELECT count(*) FROM t").json()["rows"] == [[0]], "closing rolls back"


def test_a_plan_and_a_broken_file_are_the_same_values_through_a_server(remote: Any, served: Serving) -> None:
    server = address.find(remote.home)
    assert server is not None
    with Remote(server, load({"home": remote.home}, env={}, cwd=remote.home)) as db:
        plan = db.explain("SELECT TELL('letter ' || i) FROM range(40) r(i) WHERE i < 30").plan
        assert plan is not None
        assert [step.kind for step in plan.blocks[0].walk()] == ["Project", "SemanticMap", "Filter", "Scan"]
        (ask,) = plan.blocks[0].children[0].asks
        assert ask.figures is not None
        assert (ask.operator, ask.figures.rows, ask.figures.calls) == ("tell", 30, 30)
        assert db.sql("SELECT 1").plan is None
        remote.cascade("tell", TELL.replace("instructions", "instrucions"))
        with pytest.raises(CascadeInvalid, match="and 1 more") as caught:
            db.cascade("tell")
        assert caught.value.problems == tuple(db.problems())


def _run(home: Path, env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RVBBIT, *command], cwd=home, env=env, capture_output=True, text=True, timeout=120, check=False)
