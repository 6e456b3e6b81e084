"""Pages, filters and figures: exact totals, rows in order, statistics of each cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs.cursor import write
from rvbbit.logs.examples import ExampleFilter, Order, Sort
from rvbbit.logs.schema import QueryRecord
from rvbbit.logs.store import Store
from rvbbit.result import QueryUsage
from rvbbit.types import CellKey, Usage
from support.store import CELL, START, Backend, call, decision, fill, score


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
        (ExampleFilter(criterion="is about money"), "b"),
        (ExampleFilter(criterion="%"), ""),
        (ExampleFilter(source="run"), "c"),
        (ExampleFilter(source="judge"), ""),
        (ExampleFilter(query_id="q1"), "b"),
        (ExampleFilter(used=True), "a"),
        (ExampleFilter(used=False), "b c"),
        (ExampleFilter(min_cost=0.25), "b c"),
        (ExampleFilter(max_cost=0.25), "b"),
        (ExampleFilter(min_cost=0.3, max_cost=0.6), "c"),
    ],
    ids=str,
)
async def test_each_filter_finds_what_it_names(store: Store, asked: ExampleFilter, found: str) -> None:
    await fill(
        store,
        call("a", timestamp=START + timedelta(seconds=1), arguments={"text": 'He said: say "hi"!'}, usage=Usage(cost_usd=None)),
        call("b", timestamp=START + timedelta(seconds=2), caller_id="me", query_id="q1", usage=Usage(cost_usd=0.25)),
        call(
            "c",
            timestamp=START + timedelta(seconds=3),
            session_id="s2",
            cascade_id="ask",
            arguments={"text": "100%_sure"},
            source="run",
            example_ids=("a", "unknown"),
            usage=Usage(cost_usd=0.5),
        ),
        call("failed", error="no", answer=None, example_ids=("b",)),
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


async def test_stats_tell_calibrated_confidence_apart(store: Store) -> None:
    await fill(store, *(call(name) for name in ("fitted", "raw", "said", "withdrawn", "unscored")))
    store.annotate([decision("said", confidence=1.0)])
    store.record([score("fitted", 0.1), score("raw", 0.9), score("said", 0.3, calibrated=True), score("withdrawn", None, calibrated=True)])
    store.record([score("fitted", 0.5, calibrated=True)])
    total = store.stats().total
    assert (total.scored, total.confidence) == (3, pytest.approx(0.8))
    assert (total.calibrated, total.calibrated_confidence) == (1, 0.5)


async def test_stats_tell_what_scoring_took_beside_all_else(store: Store) -> None:
    await fill(
        store,
        call("a", usage=Usage(cost_usd=2.0)),
        call("b", usage=Usage(cost_usd=None)),
        call("failed", error="no", answer=None, usage=Usage(cost_usd=1.0)),
        call("judged", cascade_id="assess_confidence", source="judge", usage=Usage(cost_usd=0.25)),
    )
    store.record([score("a", 0.5, "judge"), score("a", 0.6, "judge"), score("b", None, "judge"), score("b", 0.5, "rules")])
    stats = store.stats()
    assert (stats.scoring_cost, stats.scoring_messages, stats.execution_cost) == (0.25, 2, 3.0)


async def test_a_row_counts_the_answers_that_were_given_it_as_an_example(store: Store) -> None:
    await fill(store, call("a"), call("b", example_ids=("a",)), call("failed", example_ids=("a", "b"), error="no", answer=None))
    store.take_in([call("c", example_ids=("b", "a")), call("d", source="test", example_ids=("a",))])
    assert {row.trace_id: row.used for row in store.page(ExampleFilter()).rows} == {"a": 3, "b": 1, "c": 0}


async def test_facets_count_the_values_of_what_a_filter_finds(store: Store) -> None:
    await fill(
        store,
        call("a", answer="yes", model="m1"),
        call("b", answer="no", model="m2", arguments={"text": "x", "criterion": "is new"}),
        call("c", answer="no", arguments={"text": "x"}, cascade_id="ask", source="run", session_id="s2", model="m2"),
        call("judged", source="judge"),
    )
    store.annotate([decision("a", corrected_output="no", tags=("t", "u")), decision("c", tags=("t",))])
    found = store.facets(ExampleFilter(limit=1, offset=5))
    assert list(found.label.items()) == [("no", 3)]
    assert (found.cascade_id, found.cell_name) == ({"semantic_means": 2, "ask": 1}, {"judge": 3})
    assert list(found.model.items()) == [("m2", 2), ("m1", 1)]
    assert (found.session_id, found.source) == ({"session": 2, "s2": 1}, {"query": 2, "run": 1})
    assert (found.tag, found.criterion) == ({"t": 2, "u": 1}, {"is about money": 1, "is new": 1})
    assert store.facets(ExampleFilter(model="m1")).tag == {"t": 1, "u": 1}
    assert store.facets(ExampleFilter(), most=1).tag == {"t": 2}


def test_facets_of_an_empty_store_are_empty(store: Store) -> None:
    assert store.facets(ExampleFilter()).model == {}


SORTED = [(sort, order) for sort in get_args(Sort) for order in get_args(Order)]


@pytest.mark.parametrize(("sort", "order"), SORTED)
async def test_pages_after_a_cursor_meet_every_row_once_in_order(store: Store, sort: Sort, order: Order) -> None:
    costs = [0.5, None, 0.25, 0.5, None, 0.1, 0.5]
    made = [
        call(f"t{n}", timestamp=START + timedelta(seconds=n // 2), model=f"m{n % 2}", duration=n % 3, usage=Usage(n % 4, n % 2, 0, cost))
        for n, cost in enumerate(costs)
    ]
    await fill(store, *made)
    store.record([score(f"t{n}", n % 3 / 3) for n in range(5)])
    asked = ExampleFilter(sort=sort, order=order, limit=2)
    seen, page = [], store.page(asked)
    while True:
        assert page.total == 7
        seen += [row.trace_id for row in page.rows]
        if page.next is None:
            break
        page = store.page(replace(asked, cursor=page.next))
    assert seen == [row.trace_id for row in store.page(replace(asked, limit=None)).rows]
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("sort", get_args(Sort))
async def test_each_order_goes_with_each_filter(store: Store, sort: Sort) -> None:
    made = [
        call(f"t{n}", timestamp=START + timedelta(seconds=n), model=f"m{n % 2}", duration=n % 3, usage=Usage(n % 4, n % 2, 0, n % 5 / 4))
        for n in range(6)
    ]
    await fill(store, *made, call("user", timestamp=START, example_ids=("t0", "t3"), error="no", answer=None))
    await fill(store, call("citing", timestamp=START, example_ids=("t1", "t2", "t4"), model="m0"))
    store.record([score(f"t{n}", n % 3 / 3) for n in range(5)])
    store.annotate([decision(name, trainable=True, tags=("kept",)) for name in ("t1", "t2", "t5")])
    every = [row.trace_id for row in store.page(ExampleFilter(sort=sort)).rows]
    asked = {
        ExampleFilter(search="text"): every,
        ExampleFilter(trainable=True): ["t1", "t2", "t5"],
        ExampleFilter(tag="kept", search="text"): ["t1", "t2", "t5"],
        ExampleFilter(label="true"): every,
        ExampleFilter(used=True): ["t1", "t2", "t4"],
        ExampleFilter(min_confidence=0.3): ["t1", "t2", "t4"],
    }
    for one, found in asked.items():
        page = store.page(replace(one, sort=sort, limit=2))
        rest = [] if page.next is None else store.page(replace(one, sort=sort, cursor=page.next)).rows
        assert [row.trace_id for row in (*page.rows, *rest)] == [name for name in every if name in found], one
        assert page.total == len(found)
        assert store.trace_ids(replace(one, sort=sort, limit=None)) == [name for name in every if name in found]


@pytest.mark.parametrize(("sort", "order"), SORTED)
async def test_a_page_far_down_is_the_one_that_counting_finds(
    store: Store, sort: Sort, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rvbbit.logs.duckdb.listing.FAR", 0)
    costs = [0.5, None, 0.25, 0.5, None, 0.1, 0.5, 0.25, 0.7]
    made = [
        call(f"t{n}", timestamp=START + timedelta(seconds=n // 2), model=f"m{n % 2}", duration=n % 3, usage=Usage(n % 4, n % 2, 0, cost))
        for n, cost in enumerate(costs)
    ]
    await fill(store, *made)
    store.record([score(f"t{n}", n % 3 / 3) for n in range(6)])
    for asked in (ExampleFilter(sort=sort, order=order), ExampleFilter(sort=sort, order=order, model="m0")):
        every = [row.trace_id for row in store.page(replace(asked, limit=None)).rows]
        assert len(every) in (5, 9)
        for offset in range(len(every) + 2):
            page = store.page(replace(asked, limit=2, offset=offset))
            assert (page.total, [row.trace_id for row in page.rows]) == (len(every), every[offset : offset + 2])
            behind = [] if page.next is None else [row.trace_id for row in store.page(replace(asked, cursor=page.next)).rows]
            assert behind == every[offset + 2 :]


async def test_a_page_that_holds_the_last_row_has_no_next(store: Store) -> None:
    await fill(store, call(), call())
    assert [store.page(ExampleFilter(limit=limit)).next is None for limit in (0, 1, 2, 3, None)] == [True, False, True, True, True]
    cursor = store.page(ExampleFilter(limit=1)).next
    assert len(store.trace_ids(ExampleFilter(cursor=cursor))) == 1
    assert sum(len(rows) for rows in store.stream(ExampleFilter(cursor=cursor))) == 1


async def test_a_cursor_of_another_listing_and_rubbish_are_refused(store: Store) -> None:
    await fill(store, call(), call())
    cursor = store.page(ExampleFilter(limit=1)).next
    assert cursor is not None
    forged = write("examples timestamp desc", ("yesterday", "a"))
    for asked in [
        ExampleFilter(cursor=cursor, sort="cost"),
        ExampleFilter(cursor=cursor, order="asc"),
        ExampleFilter(cursor=cursor, offset=1),
        ExampleFilter(cursor=cursor[:-4]),
        ExampleFilter(cursor=""),
        ExampleFilter(cursor="ü' OR true --"),
        ExampleFilter(cursor="W" * 100_000),
        ExampleFilter(cursor=forged),
        ExampleFilter(sort="cost", cursor=write("examples cost desc", ("a", "a"))),
        ExampleFilter(sort="cost", cursor=write("examples cost desc", (10**400, "a"))),
    ]:
        with pytest.raises(UsageError, match="cursor"):
            store.page(asked)
    with pytest.raises(UsageError):
        store.matching(ExampleFilter(cursor=cursor))


def test_stats_of_an_empty_store_are_zero(store: Store) -> None:
    stats = store.stats()
    assert (stats.total.executions, stats.total.cost, stats.total.confidence, stats.cells) == (0, None, None, {})
    assert (stats.total.trainable, stats.total.verified, stats.total.corrected, stats.total.scored) == (0, 0, 0, 0)
    assert (stats.total.calibrated, stats.total.calibrated_confidence) == (0, None)


def test_a_query_is_recorded_with_what_it_took(store: Store, backend: Backend) -> None:
    usage = QueryUsage(calls=3, cached=2, tokens_in=30, tokens_out=3, cost_usd=None, seconds=1.5)
    store.record_query(QueryRecord("q1", "s1", START, "SELECT 1", rows=1, usage=usage))
    store.record_query(QueryRecord("q2", "s1", START, "SELEC 1", error="no", error_code="sql_syntax_error"))
    assert backend.rows("query_log", "query_id", "rows", "calls", "cached", "cost", "duration_ms", "error_code") == [
        {"query_id": "q1", "rows": 1, "calls": 3, "cached": 2, "cost": None, "duration_ms": 1500.0, "error_code": None},
        {"query_id": "q2", "rows": None, "calls": 0, "cached": 0, "cost": 0.0, "duration_ms": 0.0, "error_code": "sql_syntax_error"},
    ]
