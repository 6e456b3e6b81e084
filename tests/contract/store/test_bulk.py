"""Decisions on everything a filter finds: one batch, an exact count, and no value ever becomes SQL."""

from __future__ import annotations

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from support.store import CELL, call, decision, fill


async def test_what_a_filter_finds_is_decided_on_as_one_batch(store: Store) -> None:
    await fill(store, call("a"), call("b", cascade_id="ask"), call("c"), call("failed", error="no", error_code="refused"))
    store.annotate([decision("c", batch="other", notes="mine")])
    found = store.matching(ExampleFilter(cascade_id=(CELL.cascade_id,)))
    assert (found.cells(), found.annotate(decision("", batch="bulk", trainable=True, tags=("x",)))) == ({CELL: "a"}, 2)
    assert store.revision() == 3
    rows = {row.trace_id: row for row in store.page(ExampleFilter(tag="x")).rows}
    assert {name: (row.trainable, row.tags, row.notes) for name, row in rows.items()} == {
        "a": (True, ("x",), None),
        "c": (True, ("x",), "mine"),
    }
    assert {one.trace_id for one in store.executions(batch="bulk")} == {"a", "c"}
    assert [made.batch for made in store.executions(trace_ids=["c"])[0].decisions] == ["other", "bulk"]


async def test_a_filter_that_finds_nothing_decides_nothing(store: Store) -> None:
    await store.append(call("a"))
    hostile = store.matching(ExampleFilter(search="' OR true; --", model="'; DROP TABLE training_annotations; --"))
    assert (hostile.cells(), hostile.annotate(decision("", trainable=True)), store.revision()) == ({}, 0, 0)
    assert not store.page(ExampleFilter(trainable=True)).total


def test_a_decision_by_filter_cannot_name_a_page(store: Store) -> None:
    with pytest.raises(UsageError, match="everything the filter finds"):
        store.matching(ExampleFilter(limit=5))
