"""Who listens to a store hears of every commit once, after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.schema import QueryRecord
from rvbbit.logs.store import MOST_NAMED, Change, Store
from support.store import START, Backend, call, decision, fill, score


@pytest.fixture
def heard() -> list[Change]:
    return []


@pytest.fixture
def store(backend: Backend, heard: list[Change]) -> Iterator[Store]:
    store = backend.open(heard.append)
    yield store
    store.close()


async def test_calls_decisions_scores_and_statements_are_told_by_id(store: Store, heard: list[Change]) -> None:
    await store.append(call("a"))
    store.annotate([decision("a", trainable=True), decision("a", verified=True)])
    store.annotate([])
    store.record([score("a", 0.5)])
    store.record([])
    store.record_query(QueryRecord("q", "s", START, "SELECT 1"))
    assert heard == [
        Change("execution", 1, ("a",)),
        Change("decision", 2, ("a",)),
        Change("score", 1, ("a",)),
        Change("query", 1, ("q",)),
    ]


async def test_a_decision_by_filter_is_told_once(store: Store, heard: list[Change]) -> None:
    await fill(store, call("a"), call("b"))
    heard.clear()
    store.matching(ExampleFilter()).annotate(decision("", trainable=True))
    (change,) = heard
    assert (change.kind, change.count, sorted(change.ids)) == ("decision", 2, ["a", "b"])
    store.matching(ExampleFilter(model="none")).annotate(decision("", batch="nothing", trainable=True))
    assert len(heard) == 1


def test_of_what_is_imported_only_the_new_is_told_and_too_many_are_not_named(store: Store, heard: list[Change]) -> None:
    first = call("first")
    store.take_in([first], [decision("first", trainable=True)], [score("first", 0.5)])
    assert {change.kind: (change.count, change.ids) for change in heard} == dict.fromkeys(
        ("execution", "decision", "score"), (1, ("first",))
    )
    heard.clear()
    store.take_in([first, call("second")], [decision("first", trainable=True)], [score("first", 0.5)])
    assert heard == [Change("execution", 1, ("second",))]
    heard.clear()
    store.take_in([call() for _ in range(MOST_NAMED + 1)])
    assert heard == [Change("execution", MOST_NAMED + 1)]
