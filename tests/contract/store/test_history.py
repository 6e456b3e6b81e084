"""One execution whole, sessions, statements and spend: what every log store tells of its history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.history import CostFilter, QueryFilter, SessionFilter, Spend
from rvbbit.logs.schema import QueryRecord
from rvbbit.logs.store import Store
from rvbbit.result import QueryUsage
from rvbbit.types import Usage
from support.store import START, call, decision, fill, score

DAY = timedelta(days=1)


def statement(query_id: str, session_id: str = "session", after: timedelta = timedelta(), **more: object) -> QueryRecord:
    return QueryRecord(query_id, session_id, START + after, **{"sql": f"SELECT '{query_id}'", "rows": 1, **more})  # type: ignore[arg-type]


async def test_an_execution_is_shown_whole(store: Store) -> None:
    received = {"choices": [{"message": {"content": "money"}}]}
    made = call(
        "a",
        query_id="q",
        arguments={"text": "hi"},
        answer="money",
        request={"messages": []},
        response=received,
        usage=Usage(9, 2, 4, 0.5),
        duration=0.25,
        probability=0.75,
        finish_reason="stop",
        set_version="v1",
        example_ids=("e1", "e2"),
        tokens_cached_expected=3,
    )
    await fill(store, made, call("uses it", example_ids=("a",)))
    store.record_query(statement("q"))
    decided = [decision("a", trainable=True, tags=("x",)), decision("a", batch="two", corrected_output="food")]
    store.annotate(decided)
    store.record([score("a", 0.1), score("a", 0.9), score("a", 0.5, "rules")])
    found = store.detail("a")
    assert found is not None
    (shown,) = store.page(ExampleFilter(trace_ids=("a",))).rows
    assert found.example == shown
    assert (shown.inputs, shown.user_input, shown.answer, shown.assistant_output) == ({"text": "hi"}, "hi", "money", "money")
    assert (shown.trainable, shown.corrected_output, shown.tags, shown.confidence, shown.used) == (True, "food", ("x",), 0.9, 1)
    assert (shown.cost, shown.tokens_in, shown.tokens_out, shown.duration_ms) == (0.5, 9, 2, 250.0)
    assert (found.query_id, found.sql, found.kind, found.source) == ("q", "SELECT 'q'", "llm", "query")
    assert (found.request, found.response, found.probability, found.finish_reason) == ({"messages": []}, received, 0.75, "stop")
    assert (found.tokens_cached, found.tokens_cached_expected, found.set_version, found.example_ids) == (4, 3, "v1", ("e1", "e2"))
    assert (found.cascade_fingerprint, found.cell_fingerprint, found.attempt, found.take, found.cached) == (
        "cascade-print",
        "cell-print",
        1,
        0,
        False,
    )
    assert found.decisions == tuple(decided)
    assert {one.scorer: one.value for one in found.scores} == {"confidence": 0.9, "rules": 0.5}
    assert (found.error, found.error_code) == (None, None)


async def test_a_call_that_failed_has_its_detail_too_and_an_unknown_id_has_none(store: Store) -> None:
    await fill(store, call("failed", answer=None, error="429", error_code="rate_limited"))
    found = store.detail("failed")
    assert found is not None
    assert (found.error, found.error_code, found.sql, found.decisions, found.scores) == ("429", "rate_limited", None, (), ())
    assert (found.example.answer, found.example.assistant_output, found.example.trainable, found.example.used) == (None, None, False, 0)
    assert store.detail("nobody") is None
    assert store.detail("' OR true --") is None


async def test_sessions_are_added_up_from_calls_and_statements_newest_first(store: Store) -> None:
    await fill(
        store,
        call("a", session_id="s1", timestamp=START, cascade_id="b", usage=Usage(10, 1, 0, 0.5), duration=2.0),
        call("b", session_id="s1", timestamp=START + DAY, cascade_id="a", source="run", usage=Usage(5, 1, 0, 0.25)),
        call("c", session_id="s1", timestamp=START, error="no", answer=None, usage=Usage(1, 0, 0, 0.0)),
        call("d", session_id="s2", timestamp=START + 2 * DAY, usage=Usage(cost_usd=None)),
    )
    store.record_query(statement("q1", "s1", -DAY))
    store.record_query(statement("q2", "s3", 3 * DAY))
    total, (third, second, first), after = store.sessions(SessionFilter())
    assert (total, after, third.session_id, second.session_id, first.session_id) == (3, None, "s3", "s2", "s1")
    assert (third.calls, third.queries, third.cascades, third.sources, third.cost) == (0, 1, (), (), 0.0)
    assert (second.calls, second.cost, second.started) == (1, None, START + 2 * DAY)
    assert (first.started, first.ended) == (START - DAY, START + DAY)
    assert (first.cascades, first.sources, first.queries, first.calls, first.errors) == (
        ("a", "b", "semantic_means"),
        ("query", "run"),
        1,
        3,
        1,
    )
    assert (first.tokens_in, first.tokens_out, first.cost) == (16, 2, 0.75)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (SessionFilter(cascade_id=("ask", "other")), "two"),
        (SessionFilter(source="run"), "one"),
        (SessionFilter(search="W"), "two"),
        (SessionFilter(search="%"), ""),
        (SessionFilter(since=START + DAY), "two three"),
        (SessionFilter(until=START + DAY), "one"),
        (SessionFilter(limit=0), ""),
    ],
    ids=str,
)
async def test_each_session_filter_finds_what_it_names(store: Store, asked: SessionFilter, found: str) -> None:
    await fill(
        store, call(session_id="one", timestamp=START, source="run"), call(session_id="two", timestamp=START + DAY, cascade_id="ask")
    )
    store.record_query(statement("q", "three", 2 * DAY))
    page = store.sessions(asked)
    assert {row.session_id for row in page.rows} == set(found.split())
    assert asked.limit == 0 or page.total == len(found.split())


async def test_sessions_are_paged_by_cursor(store: Store) -> None:
    await fill(store, *(call(session_id=f"s{n}", timestamp=START + n // 2 * DAY) for n in range(7)))
    seen, cursor = [], None
    while True:
        page = store.sessions(SessionFilter(limit=2, cursor=cursor))
        assert page.total == 7
        seen += [row.session_id for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert seen == ["s6", "s4", "s5", "s2", "s3", "s0", "s1"]


async def test_the_calls_of_a_session_come_oldest_first(store: Store) -> None:
    await fill(
        store,
        call("late", session_id="s", timestamp=START + DAY, usage=Usage(3, 2, 1, None), caller_id="me", query_id="q", run_id="r"),
        call("early", session_id="s", timestamp=START, error="no", error_code="refused", answer=None, attempt=2),
        call("else", session_id="t"),
    )
    total, (early, late), after = store.calls("s")
    assert (total, after) == (2, None)
    assert (early.trace_id, early.error, early.error_code, early.answer, early.attempt) == ("early", "no", "refused", None, 2)
    assert (late.trace_id, late.answer, late.cost, late.tokens_cached, late.caller_id, late.query_id) == ("late", True, None, 1, "me", "q")
    assert (late.run_id, early.run_id) == ("r", None)
    assert late.inputs["criterion"] == "is about money"
    assert [row.trace_id for row in store.calls("s", 1).rows] == ["early"]
    assert store.calls("nobody") == (0, (), None)


async def test_the_calls_of_a_session_are_paged_by_cursor(store: Store) -> None:
    await fill(store, *(call(f"c{n}", session_id="s", timestamp=START + n // 3 * DAY) for n in range(7)), call("else", session_id="t"))
    seen, cursor = [], None
    while True:
        page = store.calls("s", 2, cursor)
        assert page.total == 7
        seen += [row.trace_id for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert seen == [f"c{n}" for n in range(7)]


async def test_statements_come_newest_first_by_cursor(store: Store) -> None:
    usage = QueryUsage(calls=3, cached=2, tokens_in=30, tokens_out=3, cost_usd=None, seconds=1.5)
    for n in range(5):
        store.record_query(statement(f"q{n}", after=n // 2 * DAY, usage=usage))
    total, rows, after = store.queries(QueryFilter(limit=3))
    assert (total, [row.query_id for row in rows]) == (5, ["q4", "q2", "q3"])
    assert (rows[0].calls, rows[0].cached, rows[0].cost, rows[0].duration_ms, rows[0].rows) == (3, 2, None, 1500.0, 1)
    assert after is not None
    rest = store.queries(QueryFilter(limit=3, cursor=after))
    assert ([row.query_id for row in rest.rows], rest.total, rest.next) == (["q0", "q1"], 5, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (QueryFilter(session_id="s2"), "q2"),
        (QueryFilter(query_id="q1"), "q1"),
        (QueryFilter(failed=True), "q2"),
        (QueryFilter(failed=False), "q1 q3"),
        (QueryFilter(search="MEANS"), "q3"),
        (QueryFilter(search="'; DROP TABLE query_log; --"), ""),
        (QueryFilter(since=START + DAY), "q2 q3"),
        (QueryFilter(until=START + DAY), "q1"),
    ],
    ids=str,
)
def test_each_query_filter_finds_what_it_names(store: Store, asked: QueryFilter, found: str) -> None:
    store.record_query(statement("q1"))
    store.record_query(statement("q2", "s2", DAY, rows=None, error="no", error_code="sql_syntax_error"))
    store.record_query(statement("q3", after=2 * DAY, sql="select x means 'y'"))
    page = store.queries(asked)
    assert (sorted(row.query_id for row in page.rows), page.total) == (found.split(), len(found.split()))


async def test_costs_are_added_up_by_what_is_asked(store: Store) -> None:
    await fill(
        store,
        call("a", timestamp=START, query_id="q1", usage=Usage(10, 1, 5, 0.5)),
        call("b", timestamp=START, query_id="q2", model="m2", usage=Usage(1, 1, 0, None), error="no", answer=None),
        call("c", timestamp=START + DAY, cascade_id="assess", source="judge", usage=Usage(2, 2, 0, 0.75)),
    )
    store.record_query(statement("q1", usage=QueryUsage(cached=4)))
    store.record_query(statement("q3", after=2 * DAY, usage=QueryUsage(cached=2)))
    first = Spend("2026-01-01", 2, 1, 4, 11, 2, 5, 0.5, 1, 0.0)
    second = Spend("2026-01-02", 1, 0, 0, 2, 2, 0, 0.75, 0, 0.75)
    third = Spend("2026-01-03", 0, 0, 2, 0, 0, 0, 0.0, 0, 0.0)
    assert list(store.costs(CostFilter())) == [first, second, third]
    assert [spend.key for spend in store.costs(CostFilter(limit=2))] == ["2026-01-02", "2026-01-03"], "the newest days"
    assert [(spend.key, spend.cost) for spend in store.costs(CostFilter(by="model"))] == [("openai:gpt", 1.25), ("m2", 0.0)]
    assert [(spend.key, spend.scoring) for spend in store.costs(CostFilter(by="cascade"))] == [("assess", 0.75), ("semantic_means", 0.0)]
    assert [spend.key for spend in store.costs(CostFilter(by="source", limit=1))] == ["judge"]
    assert {spend.key: (spend.calls, spend.cached) for spend in store.costs(CostFilter(by="query"))} == {
        "q1": (1, 4),
        "q2": (1, 0),
        "q3": (0, 2),
    }
    assert {spend.key: spend.sql for spend in store.costs(CostFilter(by="query"))} == {"q1": "SELECT 'q1'", "q2": None, "q3": "SELECT 'q3'"}
    assert {spend.sql for spend in store.costs(CostFilter(by="model"))} == {None}
    assert [spend.key for spend in store.costs(CostFilter(since=START + DAY, until=START + 2 * DAY))] == ["2026-01-02"]
    assert [spend.cached for spend in store.costs(CostFilter(model="openai:gpt"))] == [0, 0]
    assert [spend.key for spend in store.costs(CostFilter(by="model", cascade_id=("assess", "none")))] == ["openai:gpt"]
    with pytest.raises(UsageError, match="wishes"):
        store.costs(CostFilter(by="wishes"))  # type: ignore[arg-type]


@pytest.mark.parametrize("cursor", ["", "rubbish", "W10", "ü", "[]"])
def test_rubbish_is_no_cursor(store: Store, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        store.sessions(SessionFilter(cursor=cursor))
    with pytest.raises(UsageError, match="cursor"):
        store.queries(QueryFilter(cursor=cursor))
    with pytest.raises(UsageError, match="cursor"):
        store.calls("s", 10, cursor)


def test_a_limit_below_zero_is_refused(store: Store) -> None:
    with pytest.raises(UsageError):
        store.sessions(SessionFilter(limit=-1))
    with pytest.raises(UsageError):
        store.queries(QueryFilter(limit=-1))
    with pytest.raises(UsageError):
        store.calls("s", -1)
    with pytest.raises(UsageError):
        store.costs(CostFilter(limit=-1))
