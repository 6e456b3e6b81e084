"""The background worker through a whole engine in memory: a fake judge over a socket, the embedded model, the real store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import Cancelled, TrainingError, UsageError
from rvbbit.logs.store import Change
from rvbbit.testing import FakeServer

MARKS = {"clarity": 1.0, "correctness": 0.25, "completeness": 1.0, "format": 1.0, "reason": "it is wrong"}
PRICES = '[prices]\n"openai:fake" = {input = 100.0, output = 100.0}\n'
LONG = 20.0  # seconds that no test waits for unless it fails

Open = Callable[..., Database]


def is_judge(body: Any) -> bool:
    return "aspects" in body["messages"][0]["content"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=lambda body: MARKS if is_judge(body) else True) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def project(server: FakeServer, tmp_path: Path) -> Iterator[Open]:
    """`project("scoring = 0.5", rows=20)`: an open project with so many logged executions; its model answers and judges."""
    opened: list[Database] = []

    def open_(toml: str = "", rows: int = 20, **given: Any) -> Database:
        (tmp_path / "rvbbit.toml").write_text(f"{toml}\n{PRICES}")
        db = rvbbit.connect(tmp_path, **{"store": ":memory:", "database": ":memory:", "model": "openai:fake", **given})
        opened.append(db)
        db.sql("CREATE TABLE tickets AS SELECT 'ticket ' || i AS text FROM range($n) r(i)", {"n": rows})
        db.sql("SELECT count(*) FROM tickets WHERE text MEANS 'x'").fetchall()
        return db

    yield open_
    for db in opened:
        db.close()


def confidences(db: Database) -> list[float | None]:
    return [row.confidence for row in db.training.examples(limit=None, sort="timestamp").rows]


def scores_of(db: Database, scorer: str) -> int:
    (row,) = db.sql("SELECT count(*) FROM rvbbit.scores WHERE scorer = $scorer", {"scorer": scorer}).fetchall()
    return int(row[0])


def cancelled(db: Database, sql: str) -> None:
    with pytest.raises(Cancelled):
        db.sql(sql)


def cancelled_score(db: Database) -> None:
    with pytest.raises(Cancelled):
        db.score()


def wait_until(condition: Callable[[], bool]) -> None:
    """For what no event tells of: something in another thread."""
    until = time.monotonic() + LONG
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    assert condition()


def judged(server: FakeServer) -> int:
    return sum(is_judge(body) for body in server.requests)


def test_what_is_logged_is_scored_in_the_background(project: Open) -> None:
    db = project()
    assert db.worker.status().state == "off"
    db.worker.start()
    assert db.worker.settled(LONG)
    assert confidences(db) == [0.25] * 20
    found = db.worker.status()
    assert (found.state, found.queued, found.scored, found.per_minute, found.judge) == ("idle", 0, 20, 20, "ready")
    assert (found.last_error, found.budget_usd) == (None, 1.0) and found.cost_today > 0


def test_new_executions_wake_it_and_nothing_is_scored_twice(project: Open, server: FakeServer) -> None:
    db = project(rows=5)
    db.worker.start()
    assert db.worker.settled(LONG)
    db.sql("SELECT count(*) FROM tickets WHERE text MEANS 'y'").fetchall()
    db.worker.heard(Change("execution", 5))
    assert db.worker.settled(LONG)
    assert confidences(db) == [0.25] * 10
    assert (judged(server), scores_of(db, "judge"), scores_of(db, "confidence")) == (10, 10, 10)


def test_who_scores_at_once_beside_the_background_and_another_pays_for_no_verdict_twice(project: Open, server: FakeServer) -> None:
    db = project(rows=120)
    server.latency = 0.01
    db.worker.start()
    wait_until(lambda: judged(server) > 0)
    others = [threading.Thread(target=db.score) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert db.worker.settled(LONG)
    assert (judged(server), scores_of(db, "judge"), scores_of(db, "confidence")) == (120, 120, 120)


def test_who_waits_to_score_can_be_cancelled(project: Open, server: FakeServer) -> None:
    db = project(rows=20)
    server.latency = LONG
    first = threading.Thread(target=cancelled_score, args=(db,))
    first.start()
    wait_until(lambda: judged(server) > 0)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled, match="while something else"):
        db.score(stop=stop)
    db.cancel()
    first.join()


def test_the_judges_own_calls_are_never_scored_never_in_the_grid_and_always_in_the_costs(project: Open) -> None:
    db = project(rows=3)
    db.worker.start()
    assert db.worker.settled(LONG)
    assert db.training.examples().total == 3
    sources = dict(db.sql("SELECT source, count(*) FROM rvbbit.unified_logs GROUP BY source").fetchall())
    assert sources == {"query": 3, "judge": 3}
    scored = "SELECT DISTINCT source FROM rvbbit.scores JOIN rvbbit.unified_logs USING (trace_id)"
    assert db.sql(scored).fetchall() == [("query",)]
    stats = db.training.stats()
    assert (stats.total.executions, stats.scoring_messages) == (3, 3)
    assert 0 < stats.scoring_cost == pytest.approx(db.worker.status().cost_today)
    assert stats.execution_cost == pytest.approx(stats.total.cost)


def test_off_scores_nothing_unless_a_person_asks(project: Open) -> None:
    db = project('scoring = "off"', rows=5)
    db.worker.start()
    assert db.worker.settled(LONG)
    assert confidences(db) == [None] * 5
    wanted = [row.trace_id for row in db.training.examples().rows[:2]]
    queued = db.assess(wanted)
    assert queued.queued == 2 and queued.estimated_usd and queued.estimated_usd > 0
    assert db.worker.settled(LONG)
    assert {row.trace_id for row in db.training.examples(scored=True).rows} == set(wanted)
    assert db.assess(wanted) == type(queued)(0, 0.0)


def test_a_share_is_the_same_after_every_restart(project: Open) -> None:
    db = project("scoring = 0.5", rows=40)
    for _ in range(2):
        db.worker.start()
        assert db.worker.settled(LONG)
        db.worker.stop()
        sample = [row.trace_id for row in db.training.examples(scored=True, limit=None).rows]
        assert 0 < len(sample) < 40 and scores_of(db, "confidence") == len(sample)


def test_a_request_waits_for_whoever_scores_next_and_force_asks_the_judge_anew(project: Open, server: FakeServer) -> None:
    db = project('scoring = "off"', rows=4)
    assert db.assess(filter={}).queued == 4
    assert confidences(db) == [None] * 4
    db.worker.start()  # the server comes later
    assert db.worker.settled(LONG)
    assert (confidences(db), judged(server)) == ([0.25] * 4, 4)
    assert db.assess(filter={"cascade_id": "semantic_means"}).queued == 0
    one = db.training.examples().rows[0].trace_id
    server.answer = lambda body: {**MARKS, "correctness": 0.75}
    assert db.assess([one], force=True).queued == 1
    assert db.worker.settled(LONG)
    assert (sorted(confidences(db), key=str), judged(server)) == ([0.25, 0.25, 0.25, 0.75], 5)


def test_rvbbit_score_serves_requests_too(project: Open) -> None:
    db = project(rows=3)
    db.score(free=True)
    assert db.assess(filter={}, force=True).queued == 3
    assert db.score(free=True).executions == 3
    assert db.score(free=True).executions == 0


def test_a_request_that_free_scorers_answered_still_reaches_the_judge(project: Open, server: FakeServer) -> None:
    db = project('scoring = "off"', rows=2)
    db.score()
    one = db.training.examples().rows[0].trace_id
    db.assess([one], force=True)
    assert (db.score(free=True).executions, judged(server)) == (1, 2)
    assert (db.score().executions, judged(server)) == (1, 3)
    assert (db.score().executions, judged(server)) == (0, 3)


@pytest.mark.parametrize("wrong", [{}, {"trace_ids": ["a"], "filter": {}}, {"filter": {"limit": 5}}, {"filter": {"colour": "red"}}])
def test_a_request_that_says_nothing_or_too_much_is_refused(project: Open, wrong: dict[str, Any]) -> None:
    db = project(rows=1)
    with pytest.raises(UsageError):
        db.assess(**wrong)


def test_an_unknown_id_is_named_and_nothing_is_queued(project: Open) -> None:
    db = project(rows=1)
    known = db.training.examples().rows[0].trace_id
    with pytest.raises(TrainingError, match="'nobody'"):
        db.assess([known, "nobody"])
    assert scores_of(db, "asked") == 0


def test_a_judge_that_fails_for_good_stops_is_named_and_free_scorers_go_on(project: Open, server: FakeServer) -> None:
    db = project(rows=20)
    server.fail(401, message="the key is spent", times=1000)
    db.worker.start()
    assert db.worker.settled(LONG)
    found = db.worker.status()
    assert (found.judge, found.queued, confidences(db)) == ("stopped", 0, [1.0] * 20)
    assert found.last_error and "the key is spent" in found.last_error
    server.script.clear()
    one = db.training.examples().rows[0].trace_id
    db.assess([one], force=True)  # a person asks: it is tried again, and what it missed is judged
    assert db.worker.settled(LONG)
    assert (db.worker.status().judge, db.worker.status().last_error, confidences(db)) == ("ready", None, [0.25] * 20)


def test_a_price_that_is_not_known_stops_the_judge_rather_than_spending_unseen(project: Open, server: FakeServer) -> None:
    db = project('judge_model = "openai:unpriced"', rows=3)
    db.worker.start()
    assert db.worker.settled(LONG)
    found = db.worker.status()
    assert (found.judge, judged(server), confidences(db)) == ("stopped", 0, [1.0] * 3)
    assert found.last_error and "price" in found.last_error


def test_at_the_days_budget_the_judge_rests_and_free_scorers_go_on(project: Open, server: FakeServer) -> None:
    db = project("scoring_budget_usd = 0.15", rows=30)
    db.worker.start()
    assert db.worker.settled(LONG)
    found = db.worker.status()
    assert found.judge == "spent" and 0 < found.cost_today <= 0.15
    assert 0 < judged(server) < 30
    assert set(confidences(db)) == {0.25, 1.0}
    db.worker.stop()
    calls = judged(server)
    db.worker.start()  # what was spent is in the log: a restart brings no new budget
    assert db.worker.settled(LONG)
    assert (judged(server), db.worker.status().judge) == (calls, "spent")


def test_stop_gives_up_what_hangs_and_the_next_start_does_it(project: Open, server: FakeServer) -> None:
    db = project(rows=2)
    server.hang()
    db.worker.start()
    wait_until(lambda: server.in_flight > 0)
    db.worker.stop(0.1)
    assert (db.worker.status().state, confidences(db)) == ("off", [None, None])
    db.worker.start()
    assert db.worker.settled(LONG)
    assert confidences(db) == [0.25, 0.25]


def test_a_query_that_runs_is_waited_for_but_not_for_ever(project: Open, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvbbit.engine.worker.LONGEST", 0.05)
    db = project(rows=2)
    server.hang(times=2)
    query = threading.Thread(target=cancelled, args=(db, "SELECT count(*) FROM tickets WHERE text MEANS 'y'"))
    query.start()
    wait_until(lambda: server.in_flight == 2)
    db.worker.start()
    assert db.worker.settled(LONG)
    assert confidences(db) == [0.25, 0.25]
    db.cancel()
    query.join()


def test_while_queries_come_it_rests_between_portions_until_someone_asks(project: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvbbit.engine.worker.REST", 0.0)
    monkeypatch.setattr("rvbbit.engine.worker.RESTS", 1e9)
    db = project(rows=20)
    db.worker.start()
    assert not db.worker.settled(0.3)
    rested = db.worker.status().scored
    db.worker.asked()
    wait_until(lambda: db.worker.status().scored > rested)
    assert not db.worker.settled(0.3)
    db.worker.stop()
    assert db.worker.status().state == "off"


def test_where_no_query_came_lately_it_does_not_rest(project: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvbbit.engine.worker.REST", 0.0)
    monkeypatch.setattr("rvbbit.engine.worker.RESTS", 1e9)
    monkeypatch.setattr("rvbbit.engine.activity.LATELY", 0.0)
    db = project(rows=20)
    db.worker.start()
    assert db.worker.settled(LONG)
    assert confidences(db) == [0.25] * 20


def test_an_embedding_model_judges_nothing(project: Open) -> None:
    db = project('judge_model = "local:minilm"', rows=3)
    db.worker.start()
    assert db.worker.settled(LONG)
    assert (db.worker.status().judge, confidences(db)) == ("none", [1.0] * 3)
