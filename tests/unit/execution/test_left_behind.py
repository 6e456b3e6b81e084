"""Failures, transactions and threads: what the answerer raised is raised, and nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from rvbbit.errors import BudgetReached, DatabaseError, Error, OutputInvalid, RateLimited
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments


@pytest.mark.parametrize("statement", ["SELECT ASK(text, 'q') FROM t", "SELECT (SELECT ASK(t.text, u.word) FROM u LIMIT 1) FROM t"])
@pytest.mark.parametrize("error", [RateLimited("slow down", retry_after=3.0), BudgetReached("enough"), OutputInvalid("prose")])
def test_an_error_of_the_answerer_is_raised_as_it_is_and_leaves_nothing(bench: Any, statement: str, error: Error) -> None:
    def fail(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        raise error

    bench.answers = fail
    with pytest.raises(type(error)) as caught:
        bench.run(statement)
    assert caught.value is error
    assert bench.left_behind() == []
    bench.answers = None
    assert bench.run(statement).num_rows == 8  # no transaction is open, no name is taken


def test_a_later_stage_that_fails_takes_back_what_earlier_ones_made(bench: Any) -> None:
    def fail_second(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if ask.operator.name == "ask":
            raise OutputInvalid("prose")
        return [Answer({"first": "x", "size": 1}) for _ in arguments]

    bench.answers = fail_second
    with pytest.raises(OutputInvalid):
        bench.run("INSERT INTO u SELECT id, ASK(text, 'q'), (parts(text)).first FROM (SELECT * FROM t LIMIT 5)")
    assert bench.left_behind() == []
    bench.check_tables("u")


def test_an_error_of_duckdb_itself_is_ours_and_leaves_nothing(bench: Any) -> None:
    for statement in (
        "SELECT CAST(ASK(text, 'q') AS INTEGER) FROM t",
        "INSERT INTO u SELECT 1 / 0, error(ASK(text, 'q')), NULL FROM t",
        "SELECT error(ASK(t.text, u.word)) FROM t LEFT JOIN u ON ASK(t.text, u.word) IS NOT NULL",
    ):
        with pytest.raises(DatabaseError):
            bench.run(statement)
        assert bench.left_behind() == []
    bench.check_tables("u")


def test_nothing_is_left_behind_by_answers_of_any_type(bench: Any) -> None:
    bench.run("SELECT parts(text), when_said(text), facts(text), tags(text), rate(amount) FROM (SELECT * FROM t LIMIT 4)")
    assert bench.left_behind() == []


def test_an_open_transaction_sees_its_own_rows_and_stays_open(bench: Any) -> None:
    bench.ours.execute("BEGIN")
    bench.ours.execute("INSERT INTO t VALUES (9, 'red door', 90, 'a', NULL)")
    bench.run("UPDATE t SET grp = 'z' WHERE text MEANS 'door'", in_transaction=True)
    assert bench.ours.execute("SELECT grp FROM t WHERE id = 9").fetchall() == [("z",)]
    bench.ours.execute("ROLLBACK")
    bench.check_tables("t")
    assert bench.left_behind() == []


def test_a_failure_in_an_open_transaction_leaves_the_rollback_to_its_owner(bench: Any) -> None:
    def fail(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        raise OutputInvalid("prose")

    bench.ours.execute("BEGIN")
    bench.answers = fail
    for statement in ("SELECT ASK(text, 'q') FROM t", "SELECT (SELECT ASK(t.text, u.word) FROM u LIMIT 1) FROM t"):
        with pytest.raises(Error):
            bench.run(statement, in_transaction=True)
    bench.ours.execute("ROLLBACK")
    assert bench.left_behind() == []


def test_two_queries_may_run_at_once_on_two_cursors(bench: Any) -> None:
    cursor = bench.ours.cursor()
    inner: list[Any] = []

    def answer(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if not inner:
            inner.append(None)
            inner[0] = bench.run("SELECT ASK(word, 'x') AS a FROM u ORDER BY word", connection=cursor)
        return bench.by_rule(ask, arguments)

    bench.answers = answer
    outer = bench.run("SELECT ASK(text, 'y') AS a FROM t WHERE id = 1")
    cursor.close()
    assert outer["a"].to_pylist() == ["red apple?y"]
    assert inner[0]["a"].to_pylist() == ["apple?x", "green?x", "red?x", "sky?x", None]
    assert bench.left_behind() == []


def test_queries_on_two_threads_keep_apart(bench: Any) -> None:
    results: dict[str, Any] = {}
    barrier = threading.Barrier(2)

    def work(question: str) -> None:
        cursor = bench.ours.cursor()
        barrier.wait()
        results[question] = bench.run(f"SELECT ASK(text, '{question}') AS a FROM t WHERE id < 3", connection=cursor)["a"].to_pylist()
        cursor.close()

    bench.queries = 100
    threads = [threading.Thread(target=work, args=(q,)) for q in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {q: [f"red apple?{q}"] * 2 for q in ("one", "two")}


def test_an_answerer_that_fails_in_an_open_transaction_leaves_nothing_to_commit(bench: Any) -> None:
    def fail_second(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if ask.operator.name == "ask":
            raise OutputInvalid("prose")
        return bench.by_rule(ask, arguments)

    bench.ours.execute("BEGIN")
    bench.answers = fail_second
    with pytest.raises(OutputInvalid):
        bench.run(
            "SELECT ASK(text, 'q') FROM (SELECT * FROM t LIMIT 4) WHERE text MEANS 'red' AND parts(text) IS NOT NULL", in_transaction=True
        )
    bench.ours.execute("COMMIT")
    assert bench.left_behind() == []
