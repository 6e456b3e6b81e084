"""Tags added to what executions have and taken away from it: a decision holds what each has then, and an undo gives back what it had."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import UsageError
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from rvbbit.training.curation import Curation
from support.store import call, fill

FILTERS = [ExampleFilter(trace_ids=("a", "b", "c")), ExampleFilter(cascade_id=("semantic_means",)), ExampleFilter(search="text")]


def tags(store: Store) -> dict[str, tuple[str, ...]]:
    return {row.trace_id: row.tags for row in store.page(ExampleFilter()).rows}


@pytest.fixture
async def curation(store: Store) -> Curation:
    await fill(store, call("a"), call("b"), call("c"))
    curation = Curation(store)
    curation.mark(["a"], author="ann", tags=["x", "y"], notes="kept")
    curation.mark(["b"], author="ann", trainable=True)
    return curation


@pytest.mark.parametrize("asked", FILTERS, ids=["ids", "cell", "search"])
async def test_each_keeps_its_own_and_one_undo_gives_all_back(store: Store, curation: Curation, asked: ExampleFilter) -> None:
    found = store.matching(asked)
    marked = curation.mark_matching(found, author="bob", add_tags=["z", "x", "z", 'it\'s "new"'], remove_tags=["y", "nosuch"])
    assert marked.updated == 3
    assert tags(store) == {"a": ("x", "z", 'it\'s "new"'), "b": ("z", "x", 'it\'s "new"'), "c": ("z", "x", 'it\'s "new"')}
    (row,) = store.page(ExampleFilter(trace_ids=("a",))).rows
    assert row.notes == "kept"
    last = store.executions(trace_ids=["a"])[0].decisions[-1]
    assert (last.fields, last.tags, last.author) == (("tags",), ("x", "z", 'it\'s "new"'), "bob"), "what it has then, not the change"
    curation.undo(str(marked.undo), author="bob")
    assert tags(store) == {"a": ("x", "y"), "b": (), "c": ()}


async def test_the_last_one_taken_away_leaves_none_and_the_filter_knows(store: Store, curation: Curation) -> None:
    everything = store.matching(ExampleFilter())
    curation.mark_matching(everything, author="ann", remove_tags=["x", "y"], verified=True)
    assert tags(store) == {"a": (), "b": (), "c": ()}
    assert [row.verified for row in store.page(ExampleFilter()).rows] == [True] * 3
    assert store.page(ExampleFilter(tag="x")).total == 0
    curation.mark_matching(everything, author="ann", add_tags=["x"], remove_tags=["x"])
    assert store.facets(ExampleFilter()).tag == {"x": 3}, "a tag that is both is added"


async def test_they_are_given_anew_or_changed_not_both(store: Store, curation: Curation) -> None:
    wrong: dict[str, Any] = {"tags": ["a"], "add_tags": ["b"]}
    with pytest.raises(UsageError, match="anew"):
        curation.mark_matching(store.matching(ExampleFilter()), author="ann", **wrong)
    with pytest.raises(UsageError, match="nothing to decide"):
        curation.mark_matching(store.matching(ExampleFilter()), author="ann", add_tags=[], remove_tags=None)
    assert tags(store)["a"] == ("x", "y")
