"""Scoring through a whole engine in memory: a fake judge over a socket, the embedded model, the real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import BudgetReached
from rvbbit.result import Progress
from rvbbit.testing import FakeServer

MARKS = {"clarity": 1.0, "correctness": 0.25, "completeness": 1.0, "format": 1.0, "reason": "it is wrong"}


def answer(body: Any) -> Any:
    if "aspects" in body["messages"][0]["content"]:
        return MARKS
    return "green" if "green" in str(body) else True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=answer) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 100.0, output = 100.0}\n')
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        opened.sql("CREATE TABLE tickets AS SELECT 'ticket ' || i AS text FROM range(20) r(i)")
        opened.sql("SELECT count(*) FROM tickets WHERE text MEANS 'x'").fetchall()
        yield opened


def confidences(db: Database) -> set[float | None]:
    return {row.confidence for row in db.training.examples().rows}


def test_free_scorers_ask_nobody(db: Database, server: FakeServer) -> None:
    assert confidences(db) == {None}
    before = server.calls
    done = db.score(free=True)
    assert (done.executions, done.cost_usd, done.left, server.calls) == (20, 0.0, 0, before)
    assert confidences(db) == {1.0}


def test_the_judges_calls_are_logged_as_its_own_and_never_scored(db: Database, server: FakeServer) -> None:
    waits = db.unscored()
    assert (waits.executions, waits.judged, waits.judge) == (20, 20, "openai:fake")
    heard: list[Any] = []
    done = db.score(listen=heard.append)
    assert (done.executions, done.left, confidences(db)) == (20, 0, {0.25})
    assert done.cost_usd and waits.estimated_usd and 0.2 < done.cost_usd / waits.estimated_usd < 5
    assert heard[-1] == Progress("score", 20, 20, 0, done.cost_usd)
    logged = "SELECT source, count(*) FROM rvbbit.unified_logs GROUP BY source ORDER BY source"
    assert db.sql(logged).fetchall() == [("judge", 20), ("query", 20)]
    assert db.training.examples().total == 20
    assert (db.unscored().executions, db.score().executions) == (0, 0)


def test_scoring_stops_at_its_budget_and_goes_on_from_there(db: Database, server: FakeServer) -> None:
    whole = db.unscored().estimated_usd
    assert whole
    with pytest.raises(BudgetReached, match="scored and kept"):
        db.score(budget_usd=whole / 3)
    left = db.unscored().executions
    assert 0 < left < 20
    calls = server.calls
    assert db.score().executions == left
    assert server.calls - calls == left


def test_a_limit_scores_so_many(db: Database) -> None:
    done = db.score(5, free=True)
    assert (done.executions, done.left) == (5, 15)


def test_an_answer_that_no_longer_fits_its_cell_is_worth_nothing(db: Database, tmp_path: Path) -> None:
    operator = tmp_path / "cascades" / "team.cascade.yaml"
    operator.parent.mkdir()
    text = """cascade_id: team
sql_function: {name: team, operators: ["TEAM({{ text }})"], args: [{name: text}], returns: VARCHAR}
cells: [{name: pick, instructions: "{{ input.text }}", output_schema: {type: string, enum: %s}}]"""
    operator.write_text(text % '["green", "grey"]')
    db.sql("SELECT TEAM(text) FROM tickets LIMIT 1").fetchall()
    operator.write_text(text % '["red", "blue"]')
    db.score(free=True)
    (row,) = db.training.examples(cascade_id="team").rows
    assert row.confidence == 0.0
    reasons = db.sql("SELECT reason FROM rvbbit.scores WHERE trace_id = $id AND scorer = 'rules'", {"id": row.trace_id}).fetchall()
    assert "red" in str(reasons)


def test_the_models_own_probability_is_logged_and_scored(server: FakeServer, tmp_path: Path) -> None:
    server.certainty = lambda body: 0.875
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as db:
        db.sql("SELECT 'a' MEANS 'x'").fetchall()
        (logged,) = db.sql("SELECT probability FROM rvbbit.unified_logs").fetchall()
        db.score(free=True)
        (scored,) = db.sql("SELECT value, reason FROM rvbbit.scores WHERE scorer = 'probability'").fetchall()
    assert logged[0] == scored[0] == pytest.approx(0.875)
    assert scored[1] == "the model's own probability"
