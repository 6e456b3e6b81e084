"""`db.training.review()` through a whole engine: what comes first, why, and when it is enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit.engine import Database
from rvbbit.errors import UsageError

TEXTS = ["where is my card", "my card has not arrived", "has the card been sent", "when will my new card come", "I want a refund"]
LABELS = "'card, refund'"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:") as opened:
        opened.sql("CREATE TABLE asked AS SELECT unnest($texts) AS text", {"texts": TEXTS})
        opened.sql(f"SELECT CLASSIFY(text, {LABELS}) FROM asked")
        yield opened


def ask(db: Database, text: str, labels: str = LABELS) -> str:
    """The execution of a question asked anew."""
    before = {row.trace_id for row in db.training.examples(limit=None).rows}
    db.sql(f"SELECT CLASSIFY($text, {labels})", {"text": text})
    (new,) = {row.trace_id for row in db.training.examples(limit=None).rows} - before
    return new


def shown(db: Database, **asked: object) -> list[str]:
    return [str(item.execution.inputs["text"]) for item in db.training.review(**asked).items]  # type: ignore[arg-type]


def test_the_largest_subject_comes_first_and_the_queue_is_stable(db: Database) -> None:
    first = shown(db)
    assert first[0] != "I want a refund" and first[1] == "I want a refund", "one of the cards, then the other subject"
    assert sorted(first) == sorted(TEXTS) and first == shown(db)
    assert shown(db, limit=2) == first[:2]


def test_what_a_person_looked_at_is_not_shown_again_and_counts_as_known(db: Database) -> None:
    (seen,) = [row.trace_id for row in db.training.examples(search="where is my card").rows]
    db.training.mark([seen], trainable=True, verified=True)
    found = db.training.review()
    assert (found.left, found.verified, found.corrected) == (4, 1, 0)
    assert found.items[0].execution.inputs["text"] == "I want a refund"
    db.training.mark([seen], corrected_output="refund")
    assert db.training.review().corrected == 1
    assert "1 of the 1 newest verified answers were wrong" in db.training.review().signal


def test_one_question_however_typed_or_labelled_is_shown_once(db: Database) -> None:
    ask(db, "I want a REFUND!")
    ask(db, "i want a refund", "'refund, card, other'")
    (item,) = [item for item in db.training.review().items if "refund" in str(item.execution.inputs["text"]).casefold()]
    assert item.asked == 3 and "asked 3 times" in item.why


def test_a_contradiction_stands_in_front_until_it_is_ended(db: Database) -> None:
    ids = [ask(db, "my card has not arrived!"), *(row.trace_id for row in db.training.examples(search="my card has not arrived").rows)]
    db.training.mark(ids[:1], trainable=True, corrected_output="refund")
    db.training.mark(ids[-1:], trainable=True, corrected_output="card")
    item, *others = db.training.review().items
    assert (item.kind, item.execution.trace_id in ids, item.priority) == ("contradiction", True, 1)
    assert {other.kind for other in others} == {"value"}
    db.training.sets.choose(ids[0])
    assert all(other.kind == "value" for other in db.training.review().items)


def test_other_orders_and_other_cells(db: Database) -> None:
    last = ask(db, "a new one")
    assert db.training.review(order="newest").items[0].execution.trace_id == last
    assert sorted(shown(db, order="random")) == sorted([*TEXTS, "a new one"])
    assert shown(db, cascade_id="means") == []
    db.sql("SELECT text MEANS 'a refund' FROM asked")
    assert sorted(shown(db, cascade_id="means")) == sorted(TEXTS)
    assert db.training.review(cascade_id="means", cell_name="nosuch").left == 0


def test_the_same_text_under_two_criteria_is_two_questions(db: Database) -> None:
    for criterion in ("a refund", "a card"):
        db.sql(f"SELECT text MEANS '{criterion}' FROM asked")
    assert db.training.review(cascade_id="means").left == 2 * len(TEXTS)


def test_when_everything_is_looked_at_it_is_enough(db: Database) -> None:
    assert not db.training.review().enough
    assert "too few are reviewed" in db.training.review().signal
    db.training.mark(filter={}, verified=True)
    found = db.training.review()
    assert (found.items, found.left, found.enough) == ((), 0, True)
    assert found.signal.startswith("nothing is left")


def test_an_unknown_order_and_an_empty_queue_are_refused(db: Database) -> None:
    with pytest.raises(UsageError, match="no order 'best'"):
        db.training.review(order="best")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="shows nothing"):
        db.training.review(limit=0)
