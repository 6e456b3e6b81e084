"""What lists read is what the facts say, after whatever came in, in whatever order, also for a store made before there was a projection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rvbbit.logs.duckdb import Store, projection
from rvbbit.logs.duckdb.migrations import MIGRATIONS, migrate
from rvbbit.logs.examples import ExampleFilter
from rvbbit.types import CallRecord
from support.store import START, call, columns, connect, decision, score

IDS = [f"t{number}" for number in range(5)]

_FACTS = """
SELECT
    trace_id, session_id, caller_id, query_id, timestamp, source, cascade_id, cell_name, model, cost, tokens_in, tokens_out, duration_ms,
    inputs ->> 'criterion' AS criterion, assistant_output AS answered,
    lower(concat_ws(chr(10), user_input, assistant_output)) AS text,
    md5_number_lower(inputs::VARCHAR) AS question, trainable, verified, corrected_output, notes, tags, decided_at, author,
    confidence, calibrated, coalesce(corrected_output, answer) ->> '$' AS label
FROM rvbbit.training_examples_with_annotations ORDER BY trace_id"""
_HELD = """
SELECT * EXCLUDE (own_confidence, score, score_calibrated) REPLACE (coalesce(tags::VARCHAR[], []) AS tags)
FROM rvbbit.executions ORDER BY trace_id"""
_USED = """
SELECT trace_id, count(*) AS used FROM (SELECT unnest(list_distinct(example_ids)) AS trace_id FROM rvbbit.unified_logs WHERE error IS NULL)
GROUP BY trace_id ORDER BY trace_id"""


def same(connection: duckdb.DuckDBPyConnection) -> None:
    facts, held = columns(connection, _FACTS), columns(connection, _HELD)
    assert held == [{name: row[name] for name in (held or facts)[0]} for row in facts]
    assert columns(connection, "FROM rvbbit.example_uses ORDER BY trace_id") == columns(connection, _USED)


def record(trace_id: str, kind: int) -> CallRecord:
    odd: list[dict[str, Any]] = [
        {},
        {"arguments": {"text": 'À "b"', "criterion": "new"}, "answer": {"a": "É"}},
        {"arguments": {}, "answer": None},
        {"arguments": {"text": None}, "answer": "x", "example_ids": ("t0", "t1", "t0")},
        {"error": "no", "answer": None, "example_ids": ("t2",)},
        {"source": "judge"},
        {"arguments": {"criterion": ["a", 'b"'], "n": 1.5}, "answer": [1, None]},
    ]
    return call(trace_id, **odd[kind])


IDS_DRAWN = st.sampled_from(IDS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), IDS_DRAWN, st.integers(0, 6)),
        st.tuples(st.just("take_in"), IDS_DRAWN, st.integers(0, 6)),
        st.tuples(st.just("mark"), IDS_DRAWN, st.integers(0, 7)),
        st.tuples(st.just("score"), IDS_DRAWN, st.integers(0, 3)),
        st.tuples(st.just("bulk"), IDS_DRAWN, st.integers(0, 7)),
        st.tuples(st.just("undo"), IDS_DRAWN, st.integers(0, 12)),
        st.tuples(st.just("delete"), IDS_DRAWN, st.just(0)),
        st.tuples(st.sampled_from(["forget", "unscore"]), IDS_DRAWN, st.integers(0, 2)),
        st.tuples(st.just("reopen"), IDS_DRAWN, st.just(0)),
    ),
    max_size=14,
)
DECIDED: list[dict[str, Any]] = [
    {"trainable": True},
    {"trainable": None, "verified": True},
    {"corrected_output": "fixed", "tags": ("a", 'b"')},
    {"corrected_output": None},
    {"confidence": 0.25},
    {"confidence": None, "notes": "n"},
    {"tags": ()},
    {"tags": None, "notes": None},
]


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
@example(steps=[("call", "t0", 0), ("delete", "t0", 0), ("call", "t0", 0)])
@example(steps=[("call", "t0", 0), ("bulk", "t0", 0), ("delete", "t0", 0), ("call", "t1", 1)])
@example(steps=[("take_in", "t0", 6), ("delete", "t0", 0), ("call", "t0", 2)])
@example(steps=[("call", "t0", 0), ("mark", "t0", 0), ("forget", "t0", 0), ("bulk", "t0", 0)])
@example(steps=[("call", "t0", 0), ("score", "t0", 1), ("unscore", "t0", 0), ("reopen", "t0", 0)])
def test_it_is_what_the_facts_say_after_any_sequence(steps: list[tuple[str, str, int]]) -> None:
    connection = connect(":memory:")
    store = Store(connection)
    logged: set[str] = set()
    for number, (step, one, which) in enumerate(steps):
        batch = f"b{number}"
        if step == "call" and one not in logged:
            asyncio.run(store.append(record(one, which)))
            logged.add(one)
        elif step == "take_in":
            store.take_in([record(one, which)] * 2, [decision(one, batch, number, **DECIDED[which])], [score(one, which / 6)])
            logged.add(one)
        elif step == "mark":
            store.annotate([decision(one, batch, number, verified=False), decision(one, batch, -number, **DECIDED[which])])
        elif step == "score":
            store.record([score(one, (None, 0.5, 1.0, 0.0)[which], calibrated=which == 1), score(one, 0.1, "rules")])
        elif step == "bulk":
            store.matching(ExampleFilter()).annotate(decision("", batch, number, **DECIDED[which]))
        elif step == "undo":
            store.take_back(f"b{which}", decision("", batch, number))
        elif step == "delete":
            connection.execute("DELETE FROM rvbbit.unified_logs WHERE trace_id = ?", [one])
            logged.discard(one)
        elif step in ("forget", "unscore"):
            table = "training_annotations" if step == "forget" else "scores"
            connection.execute(f"DELETE FROM rvbbit.{table} WHERE trace_id = ? AND seq % 3 <> ?", [one, which])
        elif step == "reopen":
            store.close()
            store = Store(connection)
    store.page(ExampleFilter())
    same(connection)
    store.close()
    connection.close()


@pytest.fixture
def filled(tmp_path: Path) -> Callable[[int], duckdb.DuckDBPyConnection]:
    """A store as an earlier version left it, with calls, decisions and scores in it."""

    def made(migrations: int) -> duckdb.DuckDBPyConnection:
        connection = connect(str(tmp_path / "store.duckdb"))
        store = Store(connection)
        store.take_in(
            [record(name, kind) for kind, name in enumerate(("a", "b", "c", "d", "e", "f", "g"))],
            [decision("a", trainable=True, tags=("x",)), decision("d", verified=True, corrected_output="y"), decision("nobody", notes="n")],
            [score("b", 0.75, calibrated=True), score("nobody", 0.5)],
        )
        store.close()
        connection.execute("DROP VIEW rvbbit.main.rvbbit_embeddings")
        for table in ("executions", "example_uses", "strays", "followed", "embedding_vectors", "embedding_rows"):
            connection.execute(f"DROP TABLE rvbbit.main.{table}")
        connection.execute("ALTER TABLE rvbbit.main.training_annotations DROP COLUMN undoes")
        connection.execute("ALTER TABLE rvbbit.main.unified_logs DROP COLUMN run_id")
        connection.execute("DELETE FROM rvbbit.migrations WHERE number > ?", [migrations])
        connection.close()
        return connect(str(tmp_path / "store.duckdb"))

    return made


def test_a_store_made_before_it_gets_it_when_opened(filled: Callable[[int], duckdb.DuckDBPyConnection]) -> None:
    connection = filled(4)
    store = Store(connection)
    same(connection)
    assert {row.trace_id: (row.confidence, row.used) for row in store.page(ExampleFilter()).rows} == {
        "a": (None, 0),
        "b": (0.75, 0),
        "c": (None, 0),
        "d": (None, 0),
        "g": (None, 0),
    }
    store.take_in([call("nobody")])
    same(connection)
    (row,) = store.page(ExampleFilter(trace_ids=("nobody",))).rows
    assert (row.notes, row.confidence) == ("n", 0.5), "decided and scored before it came"
    store.close()
    connection.close()


def test_the_tables_of_earlier_versions_are_made_as_they_were(tmp_path: Path) -> None:
    """The store of the first migrations alone, with a row from then, opens."""
    connection = connect(str(tmp_path / "store.duckdb"))
    migrate(connection, MIGRATIONS[:1])
    connection.execute("""
        INSERT INTO rvbbit.unified_logs BY NAME SELECT 'old' AS trace_id, 's' AS session_id, now() AS timestamp, 'query' AS source,
        'c' AS cascade_id, 'n' AS cell_name, 'llm' AS kind, '' AS cascade_fingerprint, '' AS cell_fingerprint, 'm' AS model,
        '{"t": "x"}' AS arguments, 'true' AS answer, 1 AS attempt, 0 AS take, 0 AS tokens_in, 0 AS tokens_out, 0 AS tokens_cached,
        1.0 AS duration_ms, false AS cached, '' AS set_version, ['other'] AS example_ids""")
    connection.execute("""
        INSERT INTO rvbbit.training_annotations BY NAME
        SELECT 1 AS seq, 'old' AS trace_id, 'ann' AS author, now() AS timestamp, 'b' AS batch, ['trainable'] AS fields,
        true AS trainable""")
    store = Store(connection)
    same(connection)
    assert [row.trainable for row in store.page(ExampleFilter()).rows] == [True]
    store.close()
    connection.close()


def test_calls_from_before_have_the_number_of_their_question(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    store = Store(connection)
    store.take_in([record(name, kind) for kind, name in enumerate("abcdefg")])
    store.close()
    connection.execute("ALTER TABLE rvbbit.main.executions DROP COLUMN question")
    connection.execute("DELETE FROM rvbbit.main.migrations WHERE number > 10")
    Store(connection).close()
    same(connection)
    assert all(row["question"] is not None for row in columns(connection, _HELD))
    connection.close()


async def test_what_is_deleted_by_hand_is_gone_from_every_list(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    store = Store(connection)
    await asyncio.gather(*(store.append(call(name, timestamp=START + timedelta(seconds=1))) for name in "abc"))
    store.annotate([decision(name, trainable=True) for name in "abc"])
    before = store.revision()
    connection.execute("DELETE FROM rvbbit.unified_logs WHERE trace_id IN ('a', 'b')")
    assert store.page(ExampleFilter()).total == store.stats().total.executions == 1
    assert store.revision() > before, "sets are other than they were"
    assert list(store.missing(["a", "c"])) == ["a"]
    assert store.matching(ExampleFilter()).annotate(decision("", batch="two", trainable=False)) == 1
    assert store.take_back("batch", decision("", batch="three")) == 0
    store.close()
    connection.execute("DELETE FROM rvbbit.unified_logs")
    store = Store(connection)
    assert store.page(ExampleFilter()).total == 0
    store.close()
    connection.close()


HAND_MADE = {
    "the newest decision is gone": "DELETE FROM rvbbit.training_annotations WHERE seq = (SELECT max(seq) FROM rvbbit.training_annotations)",
    "an older decision is gone": "DELETE FROM rvbbit.training_annotations WHERE trace_id = 'a'",
    "a decision was added": """
        INSERT INTO rvbbit.training_annotations BY NAME
        SELECT 9 AS seq, 'c' AS trace_id, 'eve' AS author, now() AS timestamp, 'h' AS batch, ['verified'] AS fields, true AS verified""",
    "the scores are gone": "DELETE FROM rvbbit.scores",
    "a score was added": """
        INSERT INTO rvbbit.scores BY NAME
        SELECT 9 AS seq, 'c' AS trace_id, 'confidence' AS scorer, '1' AS scorer_version, 0.5 AS value, '' AS reason, false AS calibrated,
        now() AS timestamp""",
}


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize("statement", HAND_MADE.values(), ids=HAND_MADE.keys())
async def test_decisions_and_scores_changed_by_hand_are_noticed(tmp_path: Path, statement: str, reopened: bool) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    store = Store(connection)
    await asyncio.gather(*(store.append(call(name)) for name in "abc"))
    store.annotate([decision("a", trainable=True, notes="n"), decision("b", trainable=True)])
    store.record([score("a", 0.9), score("b", 0.2)])
    same(connection)
    before = store.revision()
    connection.execute(statement)
    if reopened:
        store.close()
        store = Store(connection)
    assert store.page(ExampleFilter()).total == 3
    same(connection)
    assert reopened or store.revision() > before, "what the process remembers of it is other than it was"
    store.annotate([decision("b", "two", tags=("x",))])
    assert store.matching(ExampleFilter()).annotate(decision("", "three", verified=False)) == 3
    store.record([score("c", 0.1)])
    same(connection)
    seqs = columns(connection, "SELECT count(*) AS rows, count(DISTINCT seq) AS numbers FROM rvbbit.training_annotations")
    assert seqs[0]["rows"] == seqs[0]["numbers"], "each has a number of its own"
    store.close()
    connection.close()


def test_what_is_written_before_anything_is_read_follows_what_was_changed_by_hand() -> None:
    connection = connect(":memory:")
    store = Store(connection)
    store.take_in([call(name) for name in "ab"], [decision("a", trainable=True), decision("b", trainable=True)], [score("a", 0.9)])
    connection.execute("DELETE FROM rvbbit.training_annotations")
    connection.execute("DELETE FROM rvbbit.scores")
    assert store.matching(ExampleFilter(trainable=True)).annotate(decision("", "two", verified=True)) == 0
    store.annotate([decision("b", "three", notes="n")])
    store.record([score("b", 0.5)])
    same(connection)
    store.close()
    connection.close()


async def test_calls_that_could_not_be_worked_out_are_logged_and_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(":memory:")
    store = Store(connection)
    monkeypatch.setattr(projection, "ENOUGH", 2)
    with monkeypatch.context() as full:
        full.setattr(projection, "_ADD", "SELECT error('no room')")
        await asyncio.gather(*(store.append(call(name)) for name in "ab"))
    await store.append(call("c"))
    assert {row.trace_id for row in store.page(ExampleFilter()).rows} == {"a", "b", "c"}
    same(connection)
    store.close()
    connection.close()


def test_an_execution_shown_whole_says_how_often_it_was_used_at_once() -> None:
    connection = connect(":memory:")
    store = Store(connection)
    asyncio.run(store.append(call("a")))
    asyncio.run(store.append(call("b", example_ids=("a",))))
    detail = store.detail("a")
    assert detail is not None and detail.example.used == 1
    store.close()
    connection.close()


def test_calls_of_a_process_that_was_killed_are_listed_and_counted_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    killed = Store(connection)
    asyncio.run(killed.append(call("a")))
    assert [row.used for row in killed.page(ExampleFilter()).rows] == [0]
    monkeypatch.setattr(killed._projection, "add_now", lambda: None)
    asyncio.run(killed.append(call("b", source="test", example_ids=("a",))))
    following = Store(connection)
    same(connection)
    assert [(row.trace_id, row.used) for row in following.page(ExampleFilter()).rows] == [("a", 1)]
    following.close()
    killed.close()
    connection.close()
