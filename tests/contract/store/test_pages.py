"""Pages, filters and figures: exact totals, rows in order, statistics of each cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import QueryRecord
from rvbbit.logs.store import Store
from rvbbit.result import QueryUsage
from rvbbit.types import CellKey, Usage
from support.store import CELL, START, Backend, call, decision, fill


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


def test_a_query_is_recorded_with_what_it_took(store: Store, backend: Backend) -> None:
    usage = QueryUsage(calls=3, cached=2, tokens_in=30, tokens_out=3, cost_usd=None, seconds=1.5)
    store.record_query(QueryRecord("q1", "s1", START, "SELECT 1", rows=1, usage=usage))
    store.record_query(QueryRecord("q2", "s1", START, "SELEC 1", error="no", error_code="sql_syntax_error"))
    assert backend.rows("query_log", "query_id", "rows", "calls", "cached", "cost", "duration_ms", "error_code") == [
        {"query_id": "q1", "rows": 1, "calls": 3, "cached": 2, "cost": None, "duration_ms": 1500.0, "error_code": None},
        {"query_id": "q2", "rows": None, "calls": 0, "cached": 0, "cost": 0.0, "duration_ms": 0.0, "error_code": "sql_syntax_error"},
    ]
