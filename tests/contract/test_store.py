"""What every log store promises, written once: a backend joins by a line in BACKENDS.

`kill -9` is tested where there is a file to come back to.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from rvbbit.errors import DatabaseError, UsageError
from rvbbit.logs.duckdb import Store
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import QueryRecord
from rvbbit.result import QueryUsage
from rvbbit.types import CallRecord, CellKey, Decision, Usage

START = datetime(2026, 1, 1, tzinfo=UTC)
CELL = CellKey("semantic_means", "judge")
_numbers = itertools.count()


def connect(place: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{place}' AS rvbbit")
    return connection


BACKENDS = ("duckdb-file", "duckdb-memory")


@pytest.fixture(params=BACKENDS)
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The way user SQL reads the store."""
    connection = connect(str(tmp_path / "store.duckdb") if request.param == "duckdb-file" else ":memory:")
    yield connection
    connection.close()


@pytest.fixture
def store(connection: duckdb.DuckDBPyConnection) -> Iterator[Store]:
    store = Store(connection)
    yield store
    store.close()


def call(trace_id: str = "", **changes: object) -> CallRecord:
    number = next(_numbers)
    record = CallRecord(
        trace_id=trace_id or f"trace-{number}",
        timestamp=START + timedelta(seconds=number),
        session_id="session",
        cascade_id=CELL.cascade_id,
        cell_name=CELL.cell_name,
        kind="llm",
        arguments={"text": f"text {number}", "criterion": "is about money"},
        cascade_fingerprint="cascade-print",
        cell_fingerprint="cell-print",
        model="openai:gpt",
        answer=True,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def decision(trace_id: str, batch: str = "batch", after: int = 0, **values: object) -> Decision:
    return Decision(trace_id, "ann", START + timedelta(days=1, seconds=after), batch, tuple(values), **values)  # type: ignore[arg-type]


async def fill(store: Store, *records: CallRecord) -> None:
    await asyncio.gather(*(store.append(record) for record in records))


def columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = connection.sql(query).to_arrow_table().to_pylist()
    return rows


# The log


async def test_an_acknowledged_call_is_read_back_whole(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    record = call(
        "whole",
        query_id="q1",
        caller_id="c1",
        source="run",
        request={"messages": [{"role": "user", "content": 'say "hi"\n'}]},
        response={"text": "hi"},
        answer={"label": "é", "score": 0.5},
        cache_key="k",
        probability=0.75,
        finish_reason="stop",
        attempt=2,
        take=1,
        usage=Usage(10, 5, 3, 0.25),
        duration=0.5,
        set_version="v1",
        example_ids=("a", "b"),
        cached=True,
    )
    await store.append(record)
    (row,) = columns(connection, "SELECT * FROM rvbbit.unified_logs")
    assert row == {
        "trace_id": "whole",
        "session_id": "session",
        "caller_id": "c1",
        "query_id": "q1",
        "timestamp": record.timestamp,
        "source": "run",
        "cascade_id": "semantic_means",
        "cell_name": "judge",
        "kind": "llm",
        "cascade_fingerprint": "cascade-print",
        "cell_fingerprint": "cell-print",
        "model": "openai:gpt",
        "arguments": row["arguments"],
        "request": '{"messages":[{"role":"user","content":"say \\"hi\\"\\n"}]}',
        "response": '{"text":"hi"}',
        "answer": '{"label":"é","score":0.5}',
        "cache_key": "k",
        "probability": 0.75,
        "finish_reason": "stop",
        "attempt": 2,
        "take": 1,
        "tokens_in": 10,
        "tokens_out": 5,
        "tokens_cached": 3,
        "cost": 0.25,
        "duration_ms": 500.0,
        "cached": True,
        "set_version": "v1",
        "example_ids": ["a", "b"],
        "error": None,
        "error_code": None,
    }


async def test_an_unknown_price_is_null_and_a_free_call_costs_nothing(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    await fill(store, call("unknown", usage=Usage(cost_usd=None)), call("free", usage=Usage(cost_usd=0.0)))
    rows = columns(connection, "SELECT trace_id, cost FROM rvbbit.unified_logs ORDER BY trace_id")
    assert rows == [{"trace_id": "free", "cost": 0.0}, {"trace_id": "unknown", "cost": None}]


async def test_arguments_and_answers_answer_json_functions(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    await store.append(call(arguments={"text": "à la carte"}, answer={"label": "food"}))
    (row,) = columns(connection, "SELECT arguments ->> 'text' AS text, answer ->> 'label' AS label FROM rvbbit.unified_logs")
    assert row == {"text": "à la carte", "label": "food"}


@pytest.mark.parametrize("odd", ["half an emoji \ud83d", "nul \x00 inside", "'; DROP TABLE unified_logs; --", float("nan"), float("inf")])
async def test_odd_values_are_logged_without_harm_to_their_neighbours(
    store: Store, connection: duckdb.DuckDBPyConnection, odd: str | float
) -> None:
    await fill(store, call(), call(arguments={"text": odd}, answer=odd, finish_reason=str(odd)), call())
    assert columns(connection, "SELECT count(*) AS n, count(arguments ->> 'text') AS texts FROM rvbbit.unified_logs") == [
        {"n": 3, "texts": 3}
    ]


async def test_many_appends_at_once_all_land_once(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    await fill(store, *(call() for _ in range(5_000)))
    (row,) = columns(connection, "SELECT count(*) AS n, count(DISTINCT trace_id) AS ids FROM rvbbit.unified_logs")
    assert row == {"n": 5_000, "ids": 5_000}


async def test_closing_writes_what_waits(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    waiting = [asyncio.ensure_future(store.append(call())) for _ in range(100)]
    await asyncio.sleep(0)
    store.close()
    await asyncio.gather(*waiting)
    assert columns(connection, "SELECT count(*) AS n FROM rvbbit.unified_logs") == [{"n": 100}]


async def test_a_closed_store_refuses_by_name(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(DatabaseError, match="closed"):
        await store.append(call())
    with pytest.raises(DatabaseError):
        store.stats()


async def test_a_schema_of_the_users_own_named_like_the_catalog_does_no_harm(tmp_path: Path) -> None:
    connection = connect(str(tmp_path / "store.duckdb"))
    connection.execute("CREATE SCHEMA rvbbit")
    store = Store(connection)
    await store.append(call("a", cache_key="k"))
    store.annotate([decision("a", trainable=True)])
    assert (await store.answers(["k"]), store.page(ExampleFilter()).total, len(store.trainable(CELL))) == ({"k": True}, 1, 1)
    store.close()
    connection.close()


# The answer cache


async def test_answers_are_found_by_key_and_absent_keys_are_absent(store: Store) -> None:
    await fill(store, call(cache_key="a", answer="one"), call(cache_key="b", answer=None), call(answer="no key"))
    assert await store.answers(["a", "b", "c"]) == {"a": "one", "b": None}
    assert await store.answers([]) == {}


async def test_the_newest_good_answer_wins(store: Store) -> None:
    old, new, failed = call(cache_key="a", answer="old"), call(cache_key="a", answer="new"), call(cache_key="a", answer=None, error="no")
    await fill(store, failed, new, old)
    assert await store.answers(["a"]) == {"a": "new"}


async def test_a_failure_is_never_an_answer(store: Store) -> None:
    await store.append(call(cache_key="a", answer=None, error="429", error_code="rate_limited"))
    assert await store.answers(["a"]) == {}


async def test_answers_come_back_with_their_types(store: Store) -> None:
    values = {"bool": True, "int": 7, "float": 0.5, "text": "ü 'quoted'", "list": [1, "b"], "object": {"a": None}}
    await fill(store, *(call(cache_key=key, answer=value) for key, value in values.items()))
    assert await store.answers(list(values)) == values


async def test_many_questions_at_once_while_calls_are_written(store: Store) -> None:
    await fill(store, *(call(cache_key=f"k{n}", answer=n) for n in range(100)))

    async def ask(n: int) -> None:
        await store.append(call())
        assert await store.answers([f"k{n}"]) == {f"k{n}": n}

    await asyncio.gather(*(ask(n) for n in range(100)))


# What can teach


async def test_only_good_model_calls_of_users_can_teach(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    await fill(
        store,
        call("good"),
        call("imported", source="import"),
        call("failed", answer=None, error="no"),
        call("sql", kind="sql"),
        call("judge", source="judge"),
        call("test", source="test"),
    )
    rows = columns(connection, "SELECT trace_id FROM rvbbit.training_examples_mv ORDER BY trace_id")
    assert [row["trace_id"] for row in rows] == ["good", "imported"]
    assert list(store.missing(["good", "failed", "nobody", "judge"])) == ["failed", "nobody", "judge"]


async def test_inputs_and_answer_can_be_read_as_text(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    await fill(store, call("1", arguments={"text": "hi"}, answer="greeting"), call("2", arguments={"text": "hi", "labels": ["a", "b"]}))
    rows = columns(connection, "SELECT user_input, assistant_output FROM rvbbit.training_examples_mv ORDER BY trace_id")
    assert rows == [
        {"user_input": "hi", "assistant_output": "greeting"},
        {"user_input": 'text: hi\nlabels: ["a","b"]', "assistant_output": "true"},
    ]


async def test_nothing_is_trainable_until_someone_says_so(store: Store) -> None:
    await store.append(call("a"))
    (row,) = store.page(ExampleFilter()).rows
    assert (row.trainable, row.verified, row.confidence, row.corrected_output, row.tags) == (False, False, None, None, ())
    assert list(store.trainable(CELL)) == []


async def test_marked_executions_are_examples_with_the_correction_in_place(store: Store) -> None:
    await fill(store, call("a", arguments={"text": "x"}, answer="wrong"), call("b"), call("c", cell_name="other"))
    store.annotate([decision("a", trainable=True, verified=True, corrected_output="right", confidence=0.9), decision("c", trainable=True)])
    (example,) = store.trainable(CELL)
    assert (example.trace_id, example.arguments, example.answer) == ("a", {"text": "x"}, "right")
    assert (example.verified, example.confidence, example.created_at) == (True, 0.9, START + timedelta(days=1))


async def test_examples_come_newest_decision_first_then_newest_execution(store: Store) -> None:
    await fill(store, call("old"), call("new"), call("decided last", timestamp=START - timedelta(days=9)))
    store.annotate([decision("old", trainable=True), decision("new", trainable=True)])
    store.annotate([decision("decided last", after=5, trainable=True)])
    assert [example.trace_id for example in store.trainable(CELL)] == ["decided last", "new", "old"]


async def test_a_decision_changes_only_the_fields_it_names(store: Store) -> None:
    await store.append(call("a"))
    store.annotate([decision("a", trainable=True, notes="good", tags=("x", "y"))])
    store.annotate([decision("a", verified=True)])
    store.annotate([decision("a", trainable=False, notes=None)])
    (row,) = store.page(ExampleFilter()).rows
    assert (row.trainable, row.verified, row.notes, row.tags) == (False, True, None, ("x", "y"))


async def test_the_last_of_two_decisions_holds_and_both_are_kept(store: Store) -> None:
    await store.append(call("a"))
    store.annotate([decision("a", batch="one", after=10, trainable=True)])
    store.annotate([decision("a", batch="two", after=0, trainable=False)])  # a clock that went backwards decides nothing
    (execution,) = store.executions(trace_ids=["a"])
    assert [(made.batch, made.trainable) for made in execution.decisions] == [("one", True), ("two", False)]
    assert list(store.trainable(CELL)) == []


async def test_history_is_found_by_id_and_by_batch(store: Store) -> None:
    await fill(store, call("a"), call("b"), call("c"))
    first = decision("a", batch="one", trainable=True, tags=("t",), corrected_output={"x": 1}, notes="n", confidence=0.5)
    store.annotate([first, decision("b", batch="two", verified=True)])
    (execution,) = store.executions(batch="one")
    assert (execution.trace_id, execution.cell, execution.decisions) == ("a", CELL, (first,))
    assert [found.trace_id for found in store.executions(trace_ids=["c", "nobody"])] == ["c"]
    assert list(store.executions(batch="no such batch")) == []
    assert list(store.executions()) == []


async def test_revision_grows_with_decisions_and_survives_reopening(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    before = store.revision()
    store.annotate([decision("a", trainable=True), decision("b", trainable=True)])
    assert store.revision() > before
    after = store.revision()
    store.annotate([])
    store.close()
    again = Store(connection)
    assert again.revision() == after
    again.close()


# Pages and figures


async def test_a_page_has_the_exact_total_and_its_rows_in_order(store: Store) -> None:
    await fill(store, *(call(f"t{n}", timestamp=START + timedelta(seconds=n)) for n in range(10)))
    total, rows = store.page(ExampleFilter(limit=3, offset=2))
    assert (total, [row.trace_id for row in rows]) == (10, ["t7", "t6", "t5"])
    assert [row.trace_id for row in store.page(ExampleFilter(order="asc", limit=2)).rows] == ["t0", "t1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (ExampleFilter(cascade_id=("semantic_means",)), "a b"),
        (ExampleFilter(cascade_id=("semantic_means", "ask")), "a b c"),
        (ExampleFilter(cell_name=("none",)), ""),
        (ExampleFilter(trace_ids=("a", "c", "nobody")), "a c"),
        (ExampleFilter(session_id="s2"), "c"),
        (ExampleFilter(caller_id="me"), "b"),
        (ExampleFilter(model="openai:gpt"), "a b c"),
        (ExampleFilter(trainable=True), "a"),
        (ExampleFilter(trainable=False), "b c"),
        (ExampleFilter(verified=True), "b"),
        (ExampleFilter(scored=True), "a"),
        (ExampleFilter(scored=False), "b c"),
        (ExampleFilter(min_confidence=0.8), "a"),
        (ExampleFilter(max_confidence=0.8), "a"),
        (ExampleFilter(max_confidence=0.7), ""),
        (ExampleFilter(label="fixed"), "b"),
        (ExampleFilter(label="true"), "a c"),
        (ExampleFilter(search='say "HI"'), "a"),
        (ExampleFilter(search="100%_"), "c"),
        (ExampleFilter(search="'; DELETE FROM x; --"), ""),
        (ExampleFilter(since=START + timedelta(seconds=2)), "b c"),
        (ExampleFilter(until=START + timedelta(seconds=2)), "a"),
    ],
    ids=str,
)
async def test_each_filter_finds_what_it_names(store: Store, asked: ExampleFilter, found: str) -> None:
    await fill(
        store,
        call("a", timestamp=START + timedelta(seconds=1), arguments={"text": 'He said: say "hi"!'}),
        call("b", timestamp=START + timedelta(seconds=2), caller_id="me"),
        call("c", timestamp=START + timedelta(seconds=3), session_id="s2", cascade_id="ask", arguments={"text": "100%_sure"}),
    )
    store.annotate([decision("a", trainable=True, confidence=0.8), decision("b", verified=True, corrected_output="fixed")])
    assert sorted(row.trace_id for row in store.page(asked).rows) == found.split()
    assert store.page(asked).total == len(found.split())
    assert sorted(store.trace_ids(replace(asked, limit=None))) == found.split()


@pytest.mark.parametrize(
    "asked", [ExampleFilter(sort="nosuch"), ExampleFilter(order="up"), ExampleFilter(limit=-1), ExampleFilter(offset=-1)]
)  # type: ignore[arg-type]
def test_an_unusable_page_is_refused(store: Store, asked: ExampleFilter) -> None:
    with pytest.raises(UsageError):
        store.page(asked)


async def test_stats_count_everything_and_each_cell(store: Store) -> None:
    await fill(store, call("a", usage=Usage(10, 2, 0, 0.5)), call("b", usage=Usage(10, 2, 0, None)), call("c", cascade_id="ask"))
    store.annotate([decision("a", trainable=True, confidence=0.5), decision("c", verified=True, corrected_output="x")])
    stats = store.stats()
    assert (stats.total.executions, stats.total.trainable, stats.total.verified, stats.total.corrected) == (3, 1, 1, 1)
    means = stats.cells[CELL]
    assert (means.executions, means.scored, means.confidence, means.cost, means.tokens_in) == (2, 1, 0.5, 0.5, 20)
    assert list(stats.cells) == [CELL, CellKey("ask", "judge")]


def test_stats_of_an_empty_store_are_zero(store: Store) -> None:
    stats = store.stats()
    assert (stats.total.executions, stats.total.cost, stats.total.confidence, stats.cells) == (0, None, None, {})


def test_a_query_is_recorded_with_what_it_took(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    usage = QueryUsage(calls=3, cached=2, tokens_in=30, tokens_out=3, cost_usd=None, seconds=1.5)
    store.record_query(QueryRecord("q1", "s1", START, "SELECT 1", rows=1, usage=usage))
    store.record_query(QueryRecord("q2", "s1", START, "SELEC 1", error="no", error_code="sql_syntax_error"))
    rows = columns(
        connection, "SELECT query_id, rows, calls, cached, cost, duration_ms, error_code FROM rvbbit.query_log ORDER BY query_id"
    )
    assert rows == [
        {"query_id": "q1", "rows": 1, "calls": 3, "cached": 2, "cost": None, "duration_ms": 1500.0, "error_code": None},
        {"query_id": "q2", "rows": None, "calls": 0, "cached": 0, "cost": 0.0, "duration_ms": 0.0, "error_code": "sql_syntax_error"},
    ]


# Coming back


_APPEND_UNTIL_KILLED = """
import asyncio, importlib.util, sys
spec = importlib.util.spec_from_file_location("contract", sys.argv[1])
contract = importlib.util.module_from_spec(spec)
spec.loader.exec_module(contract)

async def main():
    store = contract.Store(contract.connect(sys.argv[2]))
    async def one(number):
        await store.append(contract.call(f"t{number}", cache_key=f"k{number}", answer=number))
        print(number, flush=True)
    for start in range(0, 1_000_000, 200):
        await asyncio.gather(*(one(number) for number in range(start, start + 200)))

asyncio.run(main())
"""


async def test_everything_acknowledged_is_there_once_after_kill_9(tmp_path: Path) -> None:
    place = tmp_path / "store.duckdb"
    command = [sys.executable, "-c", _APPEND_UNTIL_KILLED, __file__, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(next(writer.stdout)) for _ in range(1_050)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    assert writer.returncode == -signal.SIGKILL

    connection = connect(str(place))
    store = Store(connection)
    answers = await store.answers([f"k{number}" for number in acknowledged])
    assert answers == {f"k{number}": number for number in acknowledged}
    (row,) = columns(connection, "SELECT count(*) AS n, count(DISTINCT trace_id) AS ids FROM rvbbit.unified_logs")
    assert row["n"] == row["ids"]
    store.close()
    connection.close()
