"""Several people at once, on one row and by filter: every decision is kept, and what holds is what the last of them says, for everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from rvbbit.training.curation import Curation
from rvbbit.types import Decision
from support.store import Backend, ClickHouseBackend, call

FIELDS: dict[str, Any] = {"trainable": False, "verified": False, "confidence": None, "corrected_output": None, "notes": None, "tags": ()}
TIMES = 25


@pytest.fixture
def stores(backend: Backend, store: Store) -> Iterator[tuple[Store, Store]]:
    """Of two people: on ClickHouse each on a server of their own."""
    if not isinstance(backend, ClickHouseBackend):
        yield store, store
        return
    other = backend.open()
    yield store, other
    other.close()


def together(*work: Callable[[int], object]) -> None:
    """Each on a thread of its own, TIMES times, in step; raises what one of them raised."""
    step = threading.Barrier(len(work))

    def run(one: Callable[[int], object]) -> None:
        try:
            for number in range(TIMES):
                step.wait(timeout=120)
                one(number)
        except BaseException:
            step.abort()
            raise

    with ThreadPoolExecutor(len(work)) as threads:
        for done in [threads.submit(run, one) for one in work]:
            done.result()


def told(history: Sequence[Decision]) -> dict[str, Any]:
    """What the decisions say, one after the other."""
    held = dict(FIELDS)
    for made in history:
        held |= {name: FIELDS[name] if getattr(made, name) is None else getattr(made, name) for name in made.fields}
    return held


def agree(*stores: Store) -> None:
    """Lists show what the histories say, and everybody sees the same."""
    shown = [{row.trace_id: row for row in store.page(ExampleFilter(limit=None)).rows} for store in stores]
    assert all(one == shown[0] for one in shown)
    for execution in stores[0].executions(trace_ids=list(shown[0])):
        row = shown[0][execution.trace_id]
        assert {name: getattr(row, name) for name in FIELDS} == told(execution.decisions)


def test_two_people_on_one_row_both_are_kept_and_the_last_holds(stores: tuple[Store, Store]) -> None:
    ann, bob = (Curation(store) for store in stores)
    stores[0].take_in([call("a")])
    together(
        lambda number: ann.mark(["a"], author="ann", trainable=number % 2 == 0, notes=f"ann {number}"),
        lambda number: bob.mark(["a"], author="bob", trainable=number % 3 == 0, tags=[f"bob {number}"]),
    )
    (execution,) = stores[1].executions(trace_ids=["a"])
    assert sorted(made.author for made in execution.decisions) == ["ann"] * TIMES + ["bob"] * TIMES
    assert [made.notes for made in execution.decisions if made.author == "ann"] == [f"ann {number}" for number in range(TIMES)]
    assert [made.tags for made in execution.decisions if made.author == "bob"] == [(f"bob {number}",) for number in range(TIMES)]
    agree(*stores)


def test_bulk_decisions_undos_and_single_ones_at_once_lose_nothing(stores: tuple[Store, Store]) -> None:
    one, other = stores
    one.take_in([call(f"t{number}") for number in range(60)])
    ann, bob, cy = Curation(one), Curation(other), Curation(other)
    decided: list[int] = []

    def bulk(number: int) -> None:
        marked = ann.mark_matching(one.matching(ExampleFilter()), author="ann", verified=number % 2 == 0, confidence=number / TIMES)
        decided.append(marked.updated)
        if number % 3 == 0:
            decided.append(ann.undo(str(marked.undo), author="ann").updated)

    def single(number: int) -> None:
        decided.append(bob.mark([f"t{number}", "t0"], author="bob", corrected_output={"n": number}, trainable=True).updated)

    def untagged(number: int) -> None:
        asked = ExampleFilter(trainable=number % 2 == 0)
        decided.append(cy.mark_matching(other.matching(asked), author="cy", tags=[str(number)]).updated)

    together(bulk, single, untagged)
    made = [
        decision for execution in other.executions(trace_ids=one.trace_ids(ExampleFilter(limit=None))) for decision in execution.decisions
    ]
    assert len(made) == sum(decided)
    assert {decision.author for decision in made} == {"ann", "bob", "cy"}
    agree(*stores)


def test_what_comes_in_while_it_is_decided_on_is_there_once_with_every_decision(stores: tuple[Store, Store]) -> None:
    one, other = stores
    curation = Curation(other)
    together(
        lambda number: one.take_in([call(f"{number}-{place}") for place in range(20)]),
        lambda number: curation.mark_matching(other.matching(ExampleFilter()), author="ann", trainable=number % 2 == 0),
    )
    assert one.page(ExampleFilter()).total == 20 * TIMES
    curation.mark_matching(one.matching(ExampleFilter(trainable=False)), author="ann", trainable=True)
    assert other.page(ExampleFilter(trainable=True)).total == 20 * TIMES
    agree(*stores)


def test_a_list_never_shows_half_of_a_decision_by_filter(stores: tuple[Store, Store]) -> None:
    one, other = stores
    one.take_in([call(f"t{number}") for number in range(500)])
    seen: set[int] = set()

    def look(number: int) -> None:
        for _ in range(4):
            seen.add(other.page(ExampleFilter(trainable=True, limit=1)).total)

    together(lambda number: one.matching(ExampleFilter()).annotate(_marked(number)), look)
    assert seen <= {0, 500}


def _marked(number: int) -> Decision:
    return Decision("", "ann", call().timestamp, f"b{number}", ("trainable",), trainable=number % 2 == 0)
