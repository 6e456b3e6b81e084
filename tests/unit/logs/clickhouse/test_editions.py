"""What lists read of an edition is what the facts say, whatever came or went since it was made; and one that does not hold is not read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rvbbit.errors import DatabaseError, UsageError
from rvbbit.logs.clickhouse import Store, editions
from rvbbit.logs.clickhouse.conditions import Condition, brief
from rvbbit.logs.clickhouse.executions import COLUMNS, FACTS, Source
from rvbbit.logs.examples import ExampleFilter
from rvbbit.types import CallRecord
from support.clickhouse import Shim
from support.store import call, decision, score

IDS = [f"t{number}" for number in range(5)]
EVERYTHING = Condition("true")
PAGES = (ExampleFilter(limit=None), ExampleFilter(sort="confidence", order="asc", limit=2), ExampleFilter(search="a", limit=2))

_VIEWED = f"""
SELECT
    {COLUMNS.partition(", criterion")[0]}, JSONExtractString(inputs, 'criterion') AS criterion,
    {brief("ifNull(corrected_output, ifNull(answer, 'null'))")} AS label, trainable, verified,
    corrected_output IS NOT NULL AS corrected, confidence, calibrated, tags
FROM training_examples_with_annotations ORDER BY trace_id, timestamp"""


def read(store: Store, source: Source) -> list[dict[str, Any]]:
    query = f"SELECT {COLUMNS} {source.found(EVERYTHING, held=True)} ORDER BY trace_id, timestamp"
    rows = store._connection.rows("look", query, beside=source.fresh)
    return [{**row, "criterion": row["criterion"] or ""} for row in rows]


def same(store: Store) -> None:
    """What lists read and show, what the facts say, and what the views that people query say."""
    held = read(store, store._editions.source())
    assert held == read(store, FACTS)
    assert held == store._connection.rows("look", _VIEWED)
    for asked in PAGES:
        with patch.object(store._editions, "read", lambda work: work(FACTS)):
            of_facts = store.page(asked)
        assert [store.page(asked) for _ in range(3)] == [of_facts] * 3


def record(trace_id: str, kind: int) -> CallRecord:
    odd: list[dict[str, Any]] = [
        {},
        {"arguments": {"text": 'À "b"', "criterion": "new"}, "answer": {"a": "É"}},
        {"arguments": {}, "answer": None},
        {"arguments": {"text": None}, "answer": "é" * 200, "example_ids": ("t0", "t1")},
        {"error": "no", "answer": None},
        {"source": "judge"},
        {"arguments": {"criterion": "x", "n": 1.5}, "answer": [1, None]},
    ]
    return call(trace_id, **odd[kind])


DECIDED: list[dict[str, Any]] = [
    {"trainable": True},
    {"trainable": None, "verified": True},
    {"corrected_output": "fixed", "tags": ("a", 'b"')},
    {"corrected_output": None},
    {"confidence": 0.25},
    {"confidence": None, "notes": "n"},
    {"tags": ()},
    {"tags": None, "corrected_output": "x" * 300},
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take_in"), st.sampled_from(IDS), st.integers(0, 6)),
        st.tuples(st.just("mark"), st.sampled_from(IDS), st.integers(0, 7)),
        st.tuples(st.just("score"), st.sampled_from(IDS), st.integers(0, 3)),
        st.tuples(st.just("bulk"), st.just(""), st.integers(0, 7)),
        st.tuples(st.just("undo"), st.just(""), st.integers(0, 12)),
        st.tuples(st.sampled_from(["delete", "forget", "unscore"]), st.sampled_from(IDS), st.just(0)),
        st.tuples(st.just("late"), st.sampled_from(IDS), st.integers(0, 1)),
        st.tuples(st.sampled_from(["keep", "keep", "keep", "read", "reopen"]), st.just(""), st.just(0)),
    ),
    max_size=14,
)


def late(store: Store, one: str, which: int) -> None:
    """A row that had its number long before it became visible."""
    values = {"id": one, "seq": 1_000 + which}
    if which:
        text = "INSERT INTO scores SELECT {seq:Int64}, {id:String}, 'confidence', '1', 0.125, '', false, now(), 0"
    else:
        text = """INSERT INTO training_annotations (seq, trace_id, author, timestamp, batch, fields, verified)
            SELECT {seq:Int64}, {id:String}, 'bob', now(), 'late', ['verified'], true"""
    store._connection.command("land late", text, values)


def took(store: Store, step: str, one: str, which: int, number: int) -> None:
    """One step; its batch is named by its number."""
    batch = f"b{number}"
    if step == "take_in":
        store.take_in([record(one, which)], [decision(one, batch, number, **DECIDED[which])], [score(one, which / 6)])
    elif step == "mark":
        store.annotate([decision(one, batch, number, verified=False), decision(one, batch, -number, **DECIDED[which])])
    elif step == "score":
        store.record([score(one, (None, 0.5, 1.0, 0.0)[which], calibrated=which == 1), score(one, 0.1, "rules")])
    elif step == "bulk":
        store.matching(ExampleFilter()).annotate(decision("", batch, number, **DECIDED[which]))
    elif step == "undo":
        store.take_back(f"b{which}", decision("", batch, number))
    elif step == "late":
        late(store, one, which)
    elif step == "keep":
        store._editions.keep(late=0)
    elif step == "read":
        store._editions.source()
    else:
        table = {"delete": "unified_logs", "forget": "training_annotations", "unscore": "scores"}[step]
        store._connection.command("delete", f"DELETE FROM {table} WHERE trace_id = {{id:String}}", {"id": one})


@pytest.fixture
def url(clickhouse_url: str) -> Iterator[str]:
    yield clickhouse_url


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("take_in", "t0", 2), ("keep", "", 0), ("mark", "t0", 0), ("keep", "", 0), ("score", "t0", 1), ("take_in", "t1", 3)])
@example(steps=[("take_in", "t0", 0), ("keep", "", 0), ("delete", "t0", 0), ("take_in", "t0", 1), ("keep", "", 0), ("late", "t0", 1)])
@example(steps=[("take_in", "t0", 0), ("mark", "t0", 2), ("keep", "", 0), ("forget", "t0", 0), ("keep", "", 0), ("unscore", "t0", 0)])
def test_it_is_what_the_facts_say_after_any_sequence(url: str, steps: list[tuple[str, str, int]]) -> None:
    store = Store(url)
    for table in ("unified_logs", "training_annotations", "scores"):
        store._connection.command("empty", f"TRUNCATE TABLE {table}")
    same(store)
    for number, (step, one, which) in enumerate(steps):
        if step == "reopen":
            store.close()
            store = Store(url)
        else:
            took(store, step, one, which, number)
    same(store)
    assert store._editions.keep(late=0)
    same(store)
    assert store._editions.source() is not FACTS
    store.close()


@pytest.fixture
def kept(store: Store) -> Store:
    """A store of three executions and an edition of them."""
    store.take_in([record(one, 0) for one in "abc"], [decision("a", trainable=True)], [score("b", 0.5)])
    assert store._editions.keep(late=0)
    return store


def trainable(store: Store) -> list[str]:
    return sorted(row.trace_id for row in store.page(ExampleFilter(trainable=True)).rows)


def test_what_lists_read_is_the_edition_and_what_changed_since(kept: Store) -> None:
    source = kept._editions.source()
    assert source is not FACTS and source.fresh is None
    assert kept._editions.source() is source
    kept.annotate([decision("b", trainable=True)])
    assert kept._editions.source().fresh is not None
    assert trainable(kept) == ["a", "b"]
    kept.take_in([record("d", 1)])
    assert kept.page(ExampleFilter()).total == 4
    same(kept)


def test_a_list_begins_on_what_was_so_and_is_read_again_where_it_is_not(kept: Store, other: Store) -> None:
    read_of: list[Source] = []

    def work(source: Source) -> int:
        read_of.append(source)
        return len(read_of)

    assert [kept._editions.read(work) for _ in range(4)] == [1, 2, 3, 4], "it was so each time"
    other.annotate([decision("b", trainable=True)])
    assert kept._editions.read(work) == 6, "what began was not so any more"
    assert read_of[4] is read_of[3] and read_of[5].fresh is not None
    assert kept._editions.read(work) == 7, "where things change, nothing is begun that may be thrown away"
    other.annotate([decision("c", trainable=True)])
    assert trainable(kept) == ["a", "b", "c"]


def test_a_list_that_cannot_be_read_says_so_whatever_began_beside_it(kept: Store) -> None:
    for _ in range(4):
        with pytest.raises(UsageError, match="cannot sort"):
            kept.page(ExampleFilter(sort="nothing"))  # type: ignore[arg-type]
    kept.close()
    for _ in range(2):
        with pytest.raises(DatabaseError, match="closed"):
            kept.page(ExampleFilter())


def test_another_server_reads_the_edition_that_one_made(kept: Store, other: Store) -> None:
    assert other._editions.source() is not FACTS
    kept.annotate([decision("c", trainable=True)])
    assert trainable(other) == ["a", "c"]
    assert other._editions.keep(late=0)
    kept.annotate([decision("c", batch="two", trainable=False)])
    assert trainable(other) == trainable(kept) == ["a"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM unified_logs WHERE trace_id = 'a'",
        "TRUNCATE TABLE training_annotations",
        "DELETE FROM scores WHERE trace_id = 'b'",
        "DELETE FROM kept_executions WHERE trace_id = 'c'",
        "TRUNCATE TABLE kept_executions",
        "TRUNCATE TABLE editions",
    ],
)
def test_an_edition_that_does_not_hold_any_more_is_not_read_and_made_anew(kept: Store, statement: str) -> None:
    kept._connection.command("by hand", statement)
    assert Store.page(kept, ExampleFilter()).total == (2 if "unified_logs" in statement else 3)
    assert kept._editions.source() is FACTS
    same(kept)
    assert kept._editions.keep(late=0)
    assert kept._editions.source() is not FACTS
    same(kept)


@pytest.mark.parametrize("which", [0, 1])
def test_a_row_that_becomes_visible_late_is_not_missed(kept: Store, which: int) -> None:
    late(kept, "c", which)
    assert kept._editions.source() is FACTS
    (row,) = kept.page(ExampleFilter(trace_ids=("c",))).rows
    assert (row.verified, row.confidence) == ((True, None), (False, 0.125))[which]


def test_one_that_is_given_up_halfway_is_not_read_and_dropped_later(kept: Store) -> None:
    kept._connection.command(
        "as one that died", f"INSERT INTO kept_executions (edition, {COLUMNS}) SELECT 5, {COLUMNS} FROM kept_executions"
    )
    assert kept.page(ExampleFilter()).total == 3
    kept._connection.command(
        "as of an hour ago", "ALTER TABLE editions UPDATE timestamp = now() - INTERVAL 1 HOUR WHERE true SETTINGS mutations_sync = 2"
    )
    assert kept._editions.keep(late=0) and kept._editions.keep(late=0)
    left = kept._connection.rows("look", "SELECT DISTINCT edition FROM kept_executions")
    assert 5 not in [row["edition"] for row in left] and len(left) == 3, "the past ones of the last minute are still read by somebody"
    same(kept)


def test_facts_that_come_while_one_is_made_are_left_to_the_next_or_make_it_void(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = kept._editions._command

    def meanwhile(statement: str, *given: Any) -> None:
        made(statement, *given)
        if "kept_executions" in statement and "INSERT" in statement:
            kept.annotate([decision("b", trainable=True)])

    monkeypatch.setattr(kept._editions, "_command", meanwhile)
    assert kept._editions.keep(late=0)
    assert trainable(kept) == ["a", "b"]

    def deleted(statement: str, *given: Any) -> None:
        made(statement, *given)
        if "kept_executions" in statement and "INSERT" in statement:
            kept._connection.command("by hand", "DELETE FROM unified_logs WHERE trace_id = 'a'")

    monkeypatch.setattr(kept._editions, "_command", deleted)
    assert not kept._editions.keep(late=0)
    assert trainable(kept) == ["b"]
    same(kept)


def test_where_much_landed_the_facts_are_read_until_the_next(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "MOST_BESIDE", 2)
    monkeypatch.setattr(editions, "MOST_REPLACED", 2)
    assert kept.matching(ExampleFilter()).annotate(decision("", batch="bulk", trainable=True)) == 3
    assert kept._editions.source() is FACTS
    assert trainable(kept) == ["a", "b", "c"]
    assert kept._editions.keep(late=0) and kept._editions.source() is not FACTS
    assert trainable(kept) == ["a", "b", "c"]


def test_a_list_of_much_has_the_next_one_made_behind_it(clickhouse_url: str) -> None:
    store = Store(clickhouse_url, least=3)
    store.take_in([record(one, 0) for one in "ab"])
    store.page(ExampleFilter())
    store._editions.settled()
    assert store._connection.rows("look", "SELECT count() AS made FROM editions") == [{"made": 0}], "not worth one"
    store.take_in([record(one, 0) for one in "cd"])
    store.page(ExampleFilter())
    store.close()
    again = Store(clickhouse_url)
    assert again._connection.rows("look", "SELECT count() AS made FROM editions") == [{"made": 1}], "closing waits for it"
    assert again.page(ExampleFilter()).total == 4
    again.close()


def test_who_may_only_read_lists_what_the_facts_say_and_is_told_once(
    kept: Store, clickhouse: Shim, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Store(clickhouse.url(kept._connection.address.database, "reader", "reads"), least=1)
    kept._connection.command("by hand", "TRUNCATE TABLE editions")
    for _ in range(3):
        assert trainable(reader) == ["a"]
        reader._editions.settled()
    assert [record.levelname for record in caplog.records if "edition" in record.message] == ["WARNING"]
    reader.close()


def test_servers_that_make_one_at_once_all_read_right(kept: Store, other: Store) -> None:
    kept.annotate([decision("b", trainable=True)])
    together = threading.Barrier(2)

    def make(one: Store) -> None:
        together.wait(timeout=60)
        one._editions.keep(late=0)

    makers = [threading.Thread(target=make, args=(one,)) for one in (kept, other)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    for one in (kept, other):
        assert trainable(one) == ["a", "b"]
        same(one)


def test_long_labels_are_told_apart_counted_and_shown_whole(kept: Store) -> None:
    first, second = "w" * 100 + "1", "w" * 100 + "2"
    kept.take_in([call(f"long{number}", answer=first) for number in range(3)] + [call("other", answer=second)])
    for _ in range(2):
        labels = kept.facets(ExampleFilter()).label
        assert (labels[first], labels[second], labels["true"]) == (3, 1, 3)
        assert [row.trace_id for row in kept.page(ExampleFilter(label=second)).rows] == ["other"]
        assert kept._editions.keep(late=0)


def test_a_bulk_decision_reaches_what_the_facts_say(kept: Store) -> None:
    """Whatever an edition says: a decision is written, a list is shown."""
    kept._connection.command(
        "by hand", "ALTER TABLE kept_executions UPDATE trainable = NOT trainable WHERE true SETTINGS mutations_sync = 2"
    )
    assert kept.matching(ExampleFilter(trainable=True)).annotate(decision("", batch="bulk", notes="n")) == 1
    assert [one.trace_id for one in kept.executions(batch="bulk")] == ["a"]
