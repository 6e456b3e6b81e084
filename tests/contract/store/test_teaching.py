"""What can teach: executions that people decided on, with every decision kept and the last one holding."""

from __future__ import annotations

from datetime import timedelta

from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Store
from support.store import CELL, START, Backend, call, decision, fill


async def test_only_good_model_calls_of_users_can_teach(store: Store, backend: Backend) -> None:
    await fill(
        store,
        call("good"),
        call("imported", source="import"),
        call("failed", answer=None, error="no"),
        call("sql", kind="sql"),
        call("judge", source="judge"),
        call("test", source="test"),
    )
    rows = backend.rows("training_examples_mv", "trace_id")
    assert [row["trace_id"] for row in rows] == ["good", "imported"]
    assert list(store.missing(["good", "failed", "nobody", "judge"])) == ["failed", "nobody", "judge"]


async def test_inputs_and_answer_can_be_read_as_text(store: Store, backend: Backend) -> None:
    await fill(store, call("1", arguments={"text": "hi"}, answer="greeting"), call("2", arguments={"text": "hi", "labels": ["a", "b"]}))
    assert backend.rows("training_examples_mv", "trace_id", "user_input", "assistant_output") == [
        {"trace_id": "1", "user_input": "hi", "assistant_output": "greeting"},
        {"trace_id": "2", "user_input": 'text: hi\nlabels: ["a","b"]', "assistant_output": "true"},
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


async def test_revision_grows_with_decisions_and_survives_reopening(store: Store, backend: Backend) -> None:
    before = store.revision()
    store.annotate([decision("a", trainable=True), decision("b", trainable=True)])
    assert store.revision() > before
    after = store.revision()
    store.annotate([])
    store.close()
    again = backend.open()
    assert again.revision() == after
    again.close()
