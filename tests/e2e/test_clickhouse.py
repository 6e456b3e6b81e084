"""A project whose log is on ClickHouse, as its user lives with it: the circle in Python and at the command line, the log as SQL, refusals.

The server is chdb behind an HTTP shim (`support.clickhouse`), spoken to by the real driver.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rvbbit.errors import StoreUnreachable
from rvbbit.testing import question
from support.clickhouse import USERS, Shim

QUERY = "SELECT id, text MEANS 'a lost thing' AS lost FROM tickets ORDER BY id"
TICKETS = """CREATE TABLE tickets AS SELECT * FROM (VALUES
  (1, 'my card is lost'), (2, 'where is my refund?'), (3, 'what is the rate?')) t(id, text)"""
INJECTED = "📚 Injected 1 training examples (recent strategy)"
NONE_YET = "📚 No training examples available yet"
PASSWORD = USERS["rvbbit"]
ENCODED = quote(PASSWORD, safe="")
SERVE = ["serve", "--port", "0", "--studio-port", "0"]


@pytest.fixture
def server(remote: Any) -> Any:
    """A model that says yes to what speaks of a card."""
    remote.server.answer = lambda body: "card" in question(body)
    return remote.server


def said(result: Any) -> list[str]:
    return [notice.message for notice in result.notices]


def shown(server: Any, text: str) -> list[str]:
    """The examples' questions in the last request about a text."""
    body = [body for body in server.requests if text in question(body)][-1]
    return [message["content"] for message in body["messages"][1:-1] if message["role"] == "user"]


def test_the_circle_turns_on_clickhouse(remote: Any, server: Any, clickhouse_url: str) -> None:
    with remote.connect(store=clickhouse_url) as db:
        db.sql(TICKETS)
        first = db.sql(QUERY)
        assert first.fetchall() == [(1, True), (2, False), (3, False)] and said(first) == [NONE_YET]
        (card,) = db.training.examples(search="card").rows
        marked = db.training.mark([card.trace_id], trainable=True, verified=True, corrected_output=False)

        second = db.sql(QUERY)
        assert (INJECTED in said(second), second.usage.calls) == (True, 3)
        assert shown(server, "refund") == shown(server, "rate") == ["<text>my card is lost</text>"]
        assert shown(server, "card") == [], "a row never sees its own answer"
        (version,) = db.training.sets.versions()
        assert version.size == 1

        db.training.undo(marked.undo)
        third = db.sql(QUERY)
        assert (third.usage.calls, said(third)) == (0, []), "the answers from before it was marked hold again"
        assert db.training.stats().total.executions == 6

    with remote.connect(store=clickhouse_url, database=":memory:") as elsewhere:
        elsewhere.sql(TICKETS)
        assert elsewhere.sql(QUERY).usage.calls == 0, "another machine with the same log pays for nothing twice"


def test_the_log_is_sql_in_the_projects_own_session(remote: Any, server: Any, clickhouse_url: str) -> None:
    with remote.connect(store=clickhouse_url) as db:
        db.sql(TICKETS)
        db.sql(QUERY)
        (card,) = db.training.examples(search="card").rows
        db.training.mark([card.trace_id], trainable=True, notes="look")
        db.score(free=True)
        joined = """SELECT t.id, e.trainable, e.notes, e.confidence IS NOT NULL FROM tickets t
            JOIN rvbbit.training_examples_with_annotations e ON e.inputs ->> 'text' = t.text ORDER BY t.id"""
        assert db.sql(joined).fetchall() == [(1, True, "look", True), (2, False, None, True), (3, False, None, True)]
        for view, rows in {"unified_logs": 3, "training_examples_mv": 3, "training_annotations": 1, "query_log": 1}.items():
            assert db.sql(f"SELECT count(*) FROM rvbbit.{view}").fetchall() == [(rows,)], view
        assert db.sql("SELECT count(DISTINCT scorer) > 0 FROM rvbbit.current_scores").fetchall() == [(True,)]
        db.sql("SELECT 'one more' MEANS 'a lost thing'")
        assert db.sql("SELECT count(*) FROM rvbbit.unified_logs").fetchall() == [(4,)], "what came since is there"
        with pytest.raises(Exception, match="read-only"):
            db.sql("DELETE FROM rvbbit.unified_logs")


def test_the_command_line_works_on_clickhouse(remote: Any, server: Any, rvbbit_in: Any, clickhouse: Shim, tmp_path: Path) -> None:
    url = clickhouse.url("cli", "rvbbit", ENCODED)
    (remote.home / "rvbbit.toml").write_text(f'model = "openai:fake"\nstore = "{url}"\n')
    command = rvbbit_in(remote.home)
    logs = tmp_path / "logs.jsonl"
    logs.write_text("".join(json.dumps({"id": n, "prompt": f"question {n}", "response": f"answer {n}"}) + "\n" for n in range(20)))

    assert "imported 20 executions" in command.ok("training", "import", str(logs))
    assert "imported 0 executions" in command.ok("training", "import", str(logs)), "twice is once"
    assert "scored 20" in command.ok("score", "--backfill", "--free")
    command.ok("sql", TICKETS)
    asked = command("sql", QUERY)
    assert asked.returncode == 0 and NONE_YET in asked.stderr
    rows = json.loads(command.ok("training", "list", "--search", "card", "--format", "json"))
    marked = command("training", "mark", rows[0]["trace_id"], "--verified")
    again = command("sql", QUERY)
    assert INJECTED in again.stderr
    (undo,) = [word for word in (marked.stdout + marked.stderr).split() if len(word) == 32 or word.startswith("batch")][:1]
    command.ok("training", "undo", undo.strip("`."))
    assert INJECTED not in command("sql", QUERY).stderr

    out = tmp_path / "out.jsonl"
    command.ok("training", "export", str(out))
    assert len(out.read_text().splitlines()) == 26
    assert json.loads(command.ok("training", "review", "--json"))
    assert "means.judge" in command.ok("training", "sets")
    assert command.ok("sql", "--format", "csv", "SELECT count(*) AS n FROM rvbbit.unified_logs").split() == ["n", "26"]
    doctor = command.ok("doctor")
    assert "ClickHouse 26" in doctor and "database cli, 26 calls" in doctor
    for text in (doctor, asked.stderr, marked.stderr, again.stderr):
        assert PASSWORD not in text and ENCODED not in text


def test_a_store_killed_in_the_middle_of_a_query_costs_only_what_was_under_way(remote: Any, server: Any, tmp_path: Path) -> None:
    server.latency = 0.02
    query = "SELECT count(*) FROM many WHERE text MEANS 'odd'"
    with Shim(tmp_path / "data") as shim, remote.connect(store=shim.url(), concurrency=8) as db:
        db.sql("CREATE TABLE many AS SELECT 'text ' || i AS text FROM range(300) r(i)")

        def kill() -> None:
            while server.calls < 100:
                time.sleep(0.005)
            shim.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(StoreUnreachable):
            db.sql(query)
        killer.join()
        with Shim(tmp_path / "data", shim.port):
            again = db.sql(query)
            assert again.usage.cached > 50 and again.usage.calls == 300 - again.usage.cached, "what was acknowledged is not asked again"
            rows = "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT cache_key) FROM rvbbit.unified_logs"
            assert db.sql(rows).fetchall() == [(300, 300, 300)], "nothing lost, nothing twice"


def test_an_evaluation_on_clickhouse_is_kept_with_its_version(remote: Any, server: Any, clickhouse_url: str) -> None:
    with remote.connect(store=clickhouse_url) as db:
        db.sql("CREATE TABLE many AS SELECT 'ticket number ' || i || ': ' || md5(i::VARCHAR) AS text, i FROM range(24) r(i)")
        db.sql("SELECT text MEANS 'odd' AS odd FROM many")
        db.training.mark(filter={}, trainable=True, verified=True)
        report = db.training.sets.evaluate("means", scope={"criterion": "odd"}, rows=10)
        ((version,),) = db.sql("SELECT version FROM rvbbit.training_evaluations").fetchall()
        assert [row.version for row in db.training.sets.versions() if row.proof is not None] == [version], report
        assert db.training.review("means").verified == 24


@pytest.mark.parametrize(
    ("command", "store", "message", "hint"),
    [
        (SERVE, "clickhouse://rvbbit:{encoded}@127.0.0.1:{closed}/x", "no answer from ClickHouse at 127.0.0.1:{closed}", "RVBBIT_STORE"),
        (["doctor"], "clickhouse://rvbbit:wr0ng@127.0.0.1:{port}/x", "Authentication failed", "check user and password in RVBBIT_STORE"),
        (["sql", "SELECT 1"], "clickhouse://reader:reads@127.0.0.1:{port}/newer", "Not enough privileges", "GRANT ALL ON newer.*"),
    ],
    ids=["nobody there", "wrong password", "no rights"],
)
def test_a_store_that_says_no_ends_the_command_with_what_to_do(
    rvbbit_in: Any, clickhouse: Shim, tmp_path: Path, command: list[str], store: str, message: str, hint: str
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        known = {"port": clickhouse.port, "closed": unused.getsockname()[1], "encoded": ENCODED}
        (tmp_path / "rvbbit.toml").write_text(f'store = "{store.format(**known)}"\n')
        done = rvbbit_in(tmp_path)(*command)
    assert done.returncode == 1 and message.format(**known) in done.stderr and hint in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    for secret in (PASSWORD, ENCODED, "wr0ng", "reads@"):
        assert secret not in done.stdout + done.stderr


def test_without_the_extra_it_says_what_to_install(rvbbit_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing" / "clickhouse_connect.py").write_text("raise ModuleNotFoundError('none', name='clickhouse_connect')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "missing"))
    (tmp_path / "rvbbit.toml").write_text('store = "clickhouse://u:s3cret@h/d"\n')
    done = rvbbit_in(tmp_path)("doctor")
    assert done.returncode == 2 and "pip install 'rvbbit[clickhouse]'" in done.stderr and "s3cret" not in done.stderr
