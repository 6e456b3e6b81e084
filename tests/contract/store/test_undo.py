"""An undo gives back what held before, for what its batch has the last word on, and is a decision like any other: all of it or none."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import TrainingError
from rvbbit.logs.examples import ExampleFilter, ExampleRow
from rvbbit.logs.store import Change, Store
from rvbbit.training.curation import Curation
from support.store import Backend, call, decision, fill


def now(store: Store) -> dict[str, ExampleRow]:
    return {row.trace_id: row for row in store.page(ExampleFilter()).rows}


def held(row: ExampleRow, *names: str) -> list[Any]:
    return [getattr(row, name) for name in names]


async def test_it_restores_every_field_that_the_batch_decided(store: Store) -> None:
    await fill(store, call("a"), call("b"), call("c"))
    curation = Curation(store)
    before = {"trainable": True, "corrected_output": "first", "confidence": 0.25, "notes": "old", "tags": ("x", "y")}
    curation.mark(["a"], author="ann", **before)  # type: ignore[arg-type]
    after = {"trainable": False, "verified": True, "corrected_output": "second", "confidence": 0.5, "notes": "n", "tags": ("z",)}
    second = curation.mark_matching(store.matching(ExampleFilter(trace_ids=("a", "b"))), author="bob", **after)  # type: ignore[arg-type]
    assert [held(now(store)[name], *after) for name in "ab"] == [list(after.values())] * 2
    undone = curation.undo(str(second.undo), author="cy", reason="a mistake")
    assert undone.updated == 2
    rows = now(store)
    assert held(rows["a"], *before) == list(before.values())
    assert held(rows["b"], *after) == held(rows["c"], *after) == [False, False, None, None, None, ()]
    last = store.executions(trace_ids=["a"])[0].decisions[-1]
    assert (last.author, last.batch, last.reason, set(last.fields)) == ("cy", undone.undo, "a mistake", set(after))
    assert len(store.executions(trace_ids=["a"])[0].decisions) == 3, "nothing is taken away"


async def test_it_leaves_what_was_decided_again_since(store: Store) -> None:
    await fill(store, call("a"), call("b"))
    curation = Curation(store)
    first = curation.mark(["a", "b"], author="ann", trainable=True, verified=True)
    curation.mark(["a"], author="bob", trainable=True)
    assert curation.undo(str(first.undo), author="ann").updated == 2
    assert [held(row, "trainable", "verified") for _, row in sorted(now(store).items())] == [[True, False], [False, False]]
    curation.mark(["b"], author="bob", trainable=True)
    assert curation.undo(str(first.undo), author="ann").updated == 0, "it has the last word on nothing any more"


async def test_undoing_an_undo_brings_the_batch_back_and_twice_changes_nothing(store: Store) -> None:
    await fill(store, call("a"))
    curation = Curation(store)
    first = curation.mark(["a"], author="ann", tags=["x"], notes="n")
    undone = curation.undo(str(first.undo), author="ann")
    again = curation.undo(str(first.undo), author="ann")
    assert (again.updated, again.undo) == (0, None)
    assert curation.undo(str(undone.undo), author="ann").updated == 1
    assert held(now(store)["a"], "tags", "notes") == [("x",), "n"]


async def test_undone_one_after_the_other_all_of_it_is_undone(store: Store) -> None:
    await fill(store, call("a"))
    curation = Curation(store)
    batches = [curation.mark(["a"], author="ann", trainable=trainable).undo for trainable in (True, True, False, True)]
    shown = []
    for batch in reversed(batches):
        assert curation.undo(str(batch), author="ann").updated == 1
        shown.append(now(store)["a"].trainable)
    assert shown == [False, True, True, False]
    assert [made.undoes for made in store.executions(trace_ids=["a"])[0].decisions] == [None] * 4 + list(reversed(batches))


async def test_an_undo_that_was_undone_can_be_done_again_and_what_was_before_stays_known(store: Store) -> None:
    await fill(store, call("a"))
    curation = Curation(store)
    first, second = (curation.mark(["a"], author="ann", notes=notes) for notes in ("one", "two"))
    undone = curation.undo(str(second.undo), author="ann")
    redone = curation.undo(str(undone.undo), author="ann")
    assert now(store)["a"].notes == "two"
    assert curation.undo(str(undone.undo), author="ann").updated == 0, "it was undone already"
    curation.undo(str(redone.undo), author="ann")
    assert now(store)["a"].notes == "one"
    curation.undo(str(first.undo), author="ann")
    assert now(store)["a"].notes is None


async def test_of_two_fields_each_goes_back_on_its_own(store: Store) -> None:
    await fill(store, call("a"))
    curation = Curation(store)
    first = curation.mark(["a"], author="ann", notes="n", verified=True)
    second = curation.mark(["a"], author="bob", notes="m")
    assert curation.undo(str(first.undo), author="ann").updated == 1
    assert held(now(store)["a"], "notes", "verified") == ["m", False]
    assert curation.undo(str(second.undo), author="bob").updated == 1
    assert held(now(store)["a"], "notes", "verified") == ["n", False], "bob's was taken back, ann's note never was"


async def test_a_decision_that_cleared_a_field_is_one_to_go_back_to(store: Store) -> None:
    await fill(store, call("a"))
    curation = Curation(store)
    for notes in ("first", None, "third"):
        marked = curation.mark(["a"], author="ann", notes=notes)
    curation.undo(str(marked.undo), author="ann")
    assert now(store)["a"].notes is None


async def test_what_is_gone_has_nothing_to_take_back_and_no_batch_is_none(store: Store, backend: Backend) -> None:
    await fill(store, call("a"), call("b"))
    curation = Curation(store)
    first = curation.mark(["a", "b"], author="ann", trainable=True)
    backend.delete("a")
    assert curation.undo(str(first.undo), author="ann").updated == 1
    for batch in ("nosuch", "", "' OR true --", str(first.undo)[:-1]):
        with pytest.raises(TrainingError, match="no decision"):
            curation.undo(batch, author="ann")


async def test_it_is_told_once_and_makes_a_new_revision(backend: Backend) -> None:
    heard: list[Change] = []
    store = backend.open(heard.append)
    await fill(store, call("a"), call("b"))
    Curation(store).mark(["a", "b"], author="ann", trainable=True)
    before, batch = store.revision(), store.executions(trace_ids=["a"])[0].decisions[0].batch
    heard.clear()
    assert store.take_back(batch, decision("", batch="undo")) == 2
    ((kind, count, ids),) = ((one.kind, one.count, one.ids) for one in heard)
    assert (kind, count, sorted(ids)) == ("decision", 2, ["a", "b"])
    assert store.revision() > before
    store.close()
