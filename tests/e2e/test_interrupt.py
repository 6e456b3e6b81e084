"""Ctrl-C, and cancelling through the session, in every kind of question: it ends at once, says what is kept, and that is not paid again."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from rvbbit.errors import Cancelled
from rvbbit.testing import question
from rvbbit.testing.answers import default_rule

ROWS = 180
TABLE = f"""CREATE TABLE t AS SELECT i AS id, i // 3 AS grp, 'text number ' || i || CASE WHEN i % 2 = 0 THEN ' card' ELSE '' END AS text,
 'title number ' || i AS title FROM range({ROWS}) r(i)"""
KINDS = {
    "a join": "SELECT count(*) FROM t a JOIN t b ON a.text ~ b.title WHERE a.id < 60 AND b.id < 60",
    "an aggregate": "SELECT grp, SUMMARIZE(text) FROM t GROUP BY grp",
    "an interval": "-- @ interval: 0.95\nSELECT count(*) FROM t WHERE text MEANS 'a card'",
    "two predicates": "SELECT count(*) FROM t WHERE text MEANS 'a card' AND title MEANS 'a number'",
    "enough rows": "SELECT grp FROM t WHERE text MEANS 'a card' GROUP BY grp HAVING count(*) >= 3",
    "the highest scores": "SELECT id FROM t ORDER BY text RELEVANCE TO 'cards' DESC LIMIT 100",
}
every_kind = pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in KINDS.items()])
SOON = 20.0
"""Seconds: far more than it takes, far less than the calls that never end."""


@pytest.fixture
def project(remote: Any) -> Any:
    """A model that answers forty questions, then none for an hour."""
    (remote.home / "rvbbit.toml").write_text('model = "openai:fake"\nscoring = "off"\n')
    with remote.connect() as db:
        db.sql(TABLE)

    def answer(body: Any) -> Any:
        if remote.server.calls >= 40:
            remote.server.latency = 3600.0
        return "card" in question(body) if "boolean" in str(body) else default_rule(body)

    remote.server.answer = answer
    return remote


def until_it_hangs(project: Any) -> None:
    """Until it has asked for more than is answered, and what is answered is in the log."""
    ends = time.monotonic() + 60
    while project.server.calls < 41 and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(1.0)


def is_kept_and_not_paid_again(project: Any, sql: str) -> None:
    project.server.latency = 0.0
    project.server.answer = lambda body: "card" in question(body) if "boolean" in str(body) else default_rule(body)
    with project.connect() as db:
        ((kept,),) = db.sql("SELECT count(*) FROM rvbbit.unified_logs").fetchall()
        assert kept > 0
        assert db.sql(sql).usage.cached >= kept


@every_kind
def test_an_interrupt_ends_it_at_once(project: Any, rvbbit_in: Any, sql: str) -> None:
    running = rvbbit_in(project.home).start("sql", "--", sql)
    until_it_hangs(project)
    assert running.poll() is None, running.communicate()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=SOON)
    assert (running.returncode, out) == (130, "")
    assert "error: cancelled: " in err and "are kept" in err and "Traceback" not in err
    is_kept_and_not_paid_again(project, sql)


@every_kind
def test_cancelling_through_the_session_ends_it_at_once(project: Any, sql: str) -> None:
    ended: list[BaseException] = []

    def run() -> None:
        try:
            db.sql(sql)
        except Cancelled as error:
            ended.append(error)

    with project.connect() as db:
        work = threading.Thread(target=run)
        work.start()
        until_it_hangs(project)
        db.cancel()
        work.join(timeout=SOON)
        assert not work.is_alive() and len(ended) == 1 and "are kept" in str(ended[0])
        assert db.sql("SELECT 1").fetchall() == [(1,)]
    is_kept_and_not_paid_again(project, sql)
