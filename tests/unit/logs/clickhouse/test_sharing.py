"""What one server adds the other one sees: calls, answers, decisions, versions and events of sets; and nothing twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rvbbit.interfaces import Due
from rvbbit.logs.clickhouse import Store
from rvbbit.logs.examples import ExampleFilter
from rvbbit.logs.store import Change
from rvbbit.training.sets import Sets
from rvbbit.types import Example, ExampleSet
from support.store import CELL, START, call, decision, fill, score


async def test_an_answer_that_one_paid_for_is_known_to_the_other(store: Store, other: Store) -> None:
    await store.append(call("a", cache_key="k", answer="yes"))
    assert await other.answers(["k"]) == {"k": "yes"}
    assert other.page(ExampleFilter()).rows[0].trace_id == "a"


async def test_decisions_and_scores_of_the_other_make_a_new_revision(store: Store, other: Store) -> None:
    await store.append(call("a"))
    revisions = [other.revision()]
    for add in (lambda: store.annotate([decision("a", trainable=True)]), lambda: store.record([score("a", 0.5)])):
        add()
        revisions.append(other.revision())
    assert revisions == sorted(set(revisions))
    assert [example.trace_id for example in other.trainable(CELL)] == ["a"]


def test_what_one_adds_itself_it_notices_at_once_and_others_within_the_time_allowed(clickhouse_url: str) -> None:
    slow, quick = Store(clickhouse_url, fresh=3_600), Store(clickhouse_url)
    before = slow.revision()
    quick.annotate([decision("a", trainable=True)])
    assert slow.revision() == before
    slow.annotate([decision("b", trainable=False)])
    assert slow.revision() > before
    slow.close()
    quick.close()


async def test_the_order_of_two_decisions_is_the_same_for_both(store: Store, other: Store) -> None:
    await store.append(call("a"))
    for number in range(6):
        (store, other)[number % 2].annotate([decision("a", batch=str(number), after=-number, trainable=number % 2 == 0)])
    histories = [[made.batch for made in one.executions(trace_ids=["a"])[0].decisions] for one in (store, other)]
    assert histories == [["0", "1", "2", "3", "4", "5"]] * 2
    assert [one.trainable(CELL) for one in (store, other)] == [[], []]


def test_versions_and_events_of_sets_are_seen_by_the_other(store: Store, other: Store) -> None:
    ours, theirs = Sets(store.sets), Sets(other.sets)
    found = ExampleSet("abcdef", (Example("a", {"text": "x"}, "yes", START),))
    ours.remember(CELL, "{}", found)
    assert [row.version for row in theirs.versions()] == ["abcdef"]
    ours.tag("abcdef", "good", author="ann")
    ours.use("abcdef", author="ann")
    assert (theirs.tags(CELL, "{}"), theirs.live(CELL, "{}"), theirs.revision()) == ({"good": "abcdef"}, "abcdef", 2)
    theirs.remember(CELL, "{}", found)
    assert len(other.sets.versions()) == 1


def test_two_that_import_the_same_at_once_leave_it_once(store: Store, other: Store) -> None:
    records = [call(f"t{number}", source="import") for number in range(300)]
    together = threading.Barrier(2)

    def take(one: Store) -> None:
        for start in range(0, len(records), 50):
            together.wait(timeout=60)
            one.take_in(records[start : start + 50], [decision(record.trace_id, trainable=True) for record in records[start : start + 50]])

    importers = [threading.Thread(target=take, args=(one,)) for one in (store, other)]
    for importer in importers:
        importer.start()
    for importer in importers:
        importer.join()
    assert store.take_in(records, [decision(record.trace_id, trainable=True) for record in records]) == (0, 0, 0)
    assert (store.page(ExampleFilter()).total, store.page(ExampleFilter(trainable=True)).total) == (300, 300)
    assert store.extents(["unified_logs"])["unified_logs"].rows == 300


def test_what_landed_twice_is_there_once_when_it_is_taken_in_again(store: Store, other: Store) -> None:
    """As an importer leaves it that died between adding and looking."""
    record = call("a", source="import")
    connection = store._connection
    columns = ", ".join(name for name in store.part("unified_logs").rows.column_names)
    store.take_in([record])
    connection.command("copy", f"INSERT INTO unified_logs ({columns}) SELECT {columns} FROM unified_logs")
    assert store.extents(["unified_logs"])["unified_logs"].rows == 2
    assert other.take_in([record]) == (0, 0, 0)
    assert store.extents(["unified_logs"])["unified_logs"].rows == 1


def test_a_bulk_decision_of_many_is_one_part(store: Store, other: Store) -> None:
    """ClickHouse writes a part whole or not at all, so a bulk decision is one however many it reaches."""
    store.take_in([call(f"t{number}", timestamp=datetime.now(UTC)) for number in range(3_000)])
    assert store.matching(ExampleFilter()).annotate(decision("", batch="bulk", trainable=True)) == 3_000
    parts = "SELECT uniqExact(_part) AS parts FROM training_annotations WHERE batch = 'bulk'"
    assert store._connection.rows("look", parts) == [{"parts": 1}]
    assert other.page(ExampleFilter(trainable=True)).total == 3_000


async def test_an_execution_that_is_deleted_on_the_server_makes_a_new_revision_and_teaches_no_more(store: Store, other: Store) -> None:
    await fill(store, call("a"), call("b"), call("c"))
    store.annotate([decision(one, trainable=True) for one in "ab"])
    before = other.revision()
    store._connection.command("delete", "DELETE FROM unified_logs WHERE trace_id = 'a'")
    await store.append(call("d"))
    assert other.revision() > before, "as many as before, and yet not the same"
    assert [example.trace_id for example in other.trainable(CELL)] == ["b"]
    before = other.revision()
    store._connection.command("delete", "TRUNCATE TABLE unified_logs")
    assert other.revision() > before and other.trainable(CELL) == []


async def test_what_others_add_is_told_once_and_ones_own_is_not(store: Store, other: Store) -> None:
    await fill(store, call("a"))
    assert other.others() == [], "what was there before is no news"
    await fill(other, call("b"), call("c"))
    other.annotate([decision("b", trainable=True)])
    other.take_in([call("d", source="import")], [decision("d", trainable=True)])
    assert other.matching(ExampleFilter()).annotate(decision("", batch="all", notes="x")) == 4
    assert other.others() == []
    await fill(store, call("e"), call("f"))
    store.annotate([decision("e", trainable=True)])
    store.record([score("e", 0.5), score("f", 0.5)])
    assert other.others() == [Change("execution", 2), Change("decision", 1), Change("score", 2)]
    assert other.others() == []
    store._connection.command("delete", "DELETE FROM unified_logs WHERE trace_id IN ('a', 'b')")
    assert other.others() == []
    await fill(store, call("g"))
    assert other.others() == [Change("execution", 1)]


def test_what_one_writes_at_the_moment_is_not_taken_for_anothers(store: Store, other: Store) -> None:
    other.others()
    with other._noticing.writing("training_annotations"):
        store.annotate([decision("a", trainable=True)])
        assert other.others() == []
    assert other.others() == [Change("decision", 1)]


async def test_a_request_is_done_with_by_whoever_scores_whatever_their_clock_says(store: Store, other: Store) -> None:
    """Else it would be due, and its judge paid, again and again."""
    await fill(store, call("a"))
    asked = Due("1", share=0.0, asked=True)
    store.record([replace(score("a", None, "asked"), timestamp=START + timedelta(minutes=5))])
    assert [one.trace_id for one in other.unscored(CELL, asked, 10)] == ["a"]
    other.record([score("a", 0.5)])
    assert store.unscored(CELL, asked, 10) == [] and store.waiting(CELL, asked, 100).executions == 0
    store.record([replace(score("a", None, "asked"), timestamp=START - timedelta(minutes=5))])
    assert [one.trace_id for one in other.unscored(CELL, asked, 10)] == ["a"]


async def test_two_that_decide_on_one_execution_at_once_are_both_kept_in_one_order(store: Store, other: Store) -> None:
    await fill(store, call("a"))
    together = threading.Barrier(2)

    def decide(one: Store, trainable: bool) -> None:
        for number in range(10):
            together.wait(timeout=60)
            one.annotate([decision("a", batch=f"{trainable} {number}", after=5 if trainable else -5, trainable=trainable)])

    people = [threading.Thread(target=decide, args=pair) for pair in ((store, True), (other, False))]
    for person in people:
        person.start()
    for person in people:
        person.join()
    ours, theirs = (one.executions(trace_ids=["a"])[0].decisions for one in (store, other))
    assert ours == theirs and len(ours) == 20
    assert [bool(one.trainable(CELL)) for one in (store, other)] == [ours[-1].trainable] * 2
