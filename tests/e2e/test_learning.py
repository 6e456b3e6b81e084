"""The circle: ask, correct, ask again with the example, take it back. Over a model that reads prompts, and over the embedded one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import rvbbit
from rvbbit import datasets
from rvbbit.testing import question

QUERY = "SELECT id, text MEANS 'a lost thing' AS lost FROM tickets ORDER BY id"
TICKETS = """CREATE TABLE tickets AS SELECT * FROM (VALUES
  (1, 'my card is lost'), (2, 'where is my refund?'), (3, 'what is the rate?')) t(id, text)"""
INJECTED = "📚 Injected 1 training examples (recent strategy)"
NONE_YET = "📚 No training examples available yet"


@pytest.fixture
def server(remote: Any) -> Any:
    """A model that says yes to what speaks of a card."""
    remote.server.answer = lambda body: "card" in question(body)
    return remote.server


@pytest.fixture
def db(remote: Any, server: Any) -> Iterator[Any]:
    with remote.connect() as opened:
        opened.sql(TICKETS)
        yield opened


def said(result: Any) -> list[str]:
    return [notice.message for notice in result.notices]


def turns(server: Any, text: str) -> list[tuple[str, str]]:
    """What the last request about a text held between the system message and the question itself."""
    body = [body for body in server.requests if text in question(body)][-1]
    return [(message["role"], message["content"]) for message in body["messages"][1:-1]]


def trace(db: Any, text: str) -> str:
    """The newest execution about a text."""
    ids: list[str] = [row.trace_id for row in db.training.examples(limit=1000).rows if row.inputs["text"] == text]
    return ids[0]


def test_a_correction_is_in_the_next_prompt_and_gone_when_it_is_taken_back(db: Any, server: Any) -> None:
    first = db.sql(QUERY)
    assert first.fetchall() == [(1, True), (2, False), (3, False)]
    assert said(first) == [NONE_YET]
    assert turns(server, "rate") == []

    marked = db.training.mark([trace(db, "my card is lost")], trainable=True, corrected_output=False)
    heard: list[Any] = []
    second = db.sql(QUERY, listen=heard.append)
    assert INJECTED in said(second) and INJECTED in [getattr(event, "message", "") for event in heard]
    assert second.usage.calls == 3
    for text in ("refund", "rate"):
        (asked, answered) = turns(server, text)
        assert asked == ("user", "<text>my card is lost</text>")
        assert answered[0] == "assistant" and json.loads(answered[1]) in (False, {"answer": False})
    assert turns(server, "card") == [], "a row never sees its own answer"

    off = db.sql(f"-- @ training: off\n{QUERY}")
    assert (off.usage.calls, off.fetchall(), said(off)) == (0, first.fetchall(), []), "as if nothing had been marked"

    db.training.undo(marked.undo)
    third = db.sql(QUERY)
    assert (third.usage.calls, said(third)) == (0, []), "the answers from before it was marked hold again"
    assert db.sql("SELECT count(*) FROM rvbbit.training_annotations").fetchall()[0][0] >= 2, "nothing was deleted"


def test_training_off_leaves_the_examples_out_of_the_prompt(db: Any, server: Any) -> None:
    db.sql(QUERY)
    db.training.mark([trace(db, "my card is lost")], trainable=True)
    db.sql("INSERT INTO tickets VALUES (4, 'the top-up failed')")
    db.sql(f"-- @ training: off\n{QUERY}")
    assert turns(server, "top-up") == []
    db.sql(QUERY)
    assert len(turns(server, "top-up")) == 2


def test_an_example_of_one_criterion_is_not_shown_to_another(db: Any, server: Any) -> None:
    db.sql(QUERY)
    db.training.mark([trace(db, "my card is lost")], trainable=True)
    other = db.sql("SELECT text MEANS 'a question about money' FROM tickets")
    assert other.usage.calls == 3 and turns(server, "rate") == [] and said(other) == [NONE_YET]


def test_an_unmarked_example_is_gone(db: Any, server: Any) -> None:
    db.sql(QUERY)
    example = trace(db, "my card is lost")
    db.training.mark([example], trainable=True)
    assert db.sql(QUERY).usage.calls == 3
    db.training.mark([example], trainable=False)
    db.sql("INSERT INTO tickets VALUES (4, 'the top-up failed')")
    result = db.sql(QUERY)
    assert (result.usage.calls, result.usage.cached) == (1, 3)
    assert turns(server, "top-up") == []


def test_the_log_says_which_examples_a_call_had(db: Any) -> None:
    db.sql(QUERY)
    example = trace(db, "my card is lost")
    db.training.mark([example], trainable=True)
    db.sql(QUERY)
    logged = db.sql(
        "SELECT arguments ->> 'text', example_ids FROM rvbbit.unified_logs WHERE set_version <> '' ORDER BY arguments ->> 'text'"
    ).fetchall()
    assert logged == [("my card is lost", []), ("what is the rate?", [example]), ("where is my refund?", [example])]


def test_what_was_sent_with_examples_teaches_by_its_own_arguments(db: Any, server: Any) -> None:
    """Prompts are never fed back: an example of a call that had examples is still one question and one answer."""
    db.sql(QUERY)
    for text in ("my card is lost", "where is my refund?", "what is the rate?"):
        db.training.mark([trace(db, text)], trainable=True)
        db.sql(QUERY)
    shown = turns(server, "rate")
    assert sorted(content for role, content in shown if role == "user") == [
        "<text>my card is lost</text>",
        "<text>where is my refund?</text>",
    ]


# The embedded model

CARDS = ["activate_my_card", "card_arrival", "card_delivery_estimate", "card_linking", "card_not_working", "compromised_card"]
"""Labels of BANKING77 that are easily taken for one another."""
CLASSIFIED = "SELECT id, text, CLASSIFY(text, $labels) AS label FROM mails ORDER BY id"
EACH = 10


@pytest.fixture(scope="module")
def mails() -> Any:
    """id, text, label: so many of each label to learn from (`train…`), and as many to measure with."""
    train, test, _ = datasets.banking77()
    rows = [
        (f"{split}{row['id']}", row["text"], label)
        for split, table in (("train", train), ("test", test))
        for label in CARDS
        for row in table.filter(pc.field("label") == label).slice(0, EACH).to_pylist()
    ]
    return pa.table({name: pa.array(column) for name, column in zip(("id", "text", "label"), zip(*rows, strict=True), strict=True)})


def test_the_embedded_model_learns_from_corrections_and_forgets_them_when_they_are_taken_back(tmp_path: Path, mails: Any) -> None:
    truth = dict(zip(mails["id"].to_pylist(), mails["label"].to_pylist(), strict=True))
    pq.write_table(mails.drop_columns("label"), tmp_path / "mails.parquet")

    def right(result: Any) -> int:
        return sum(truth[id_] == label for id_, _, label in result.fetchall() if id_.startswith("test"))

    with rvbbit.connect(tmp_path, model="local:minilm") as db:
        db.sql(f"CREATE TABLE mails AS SELECT * FROM '{tmp_path / 'mails.parquet'}'")
        before = db.sql(CLASSIFIED, {"labels": CARDS})
        assert (before.usage.calls, said(before)) == (len(mails), [NONE_YET])
        assert {label for _, _, label in before.fetchall()} <= set(CARDS)
        history = [(trace(db, text), truth[id_]) for id_, text, _ in before.fetchall() if id_.startswith("train")]
        undo = [db.training.mark([id_], trainable=True, verified=True, corrected_output=label).undo for id_, label in history]
        after = db.sql(CLASSIFIED, {"labels": CARDS})
        assert after.usage.calls == len(mails)
        assert said(after) == [f"📚 Injected {len(history)} training examples (all strategy)"]
        assert right(after) >= right(before) + 5
        for decision in undo:
            db.training.undo(decision)
        again = db.sql(CLASSIFIED, {"labels": CARDS})
        assert (again.fetchall(), again.usage.calls) == (before.fetchall(), 0)


NOTES = """CREATE TABLE notes AS SELECT * FROM (VALUES
  (1, 'I would like my money back'), (2, 'give me back the money I paid'),
  (3, 'how many euros do I get for ten dollars?'), (4, 'how many yen do I get for a pound?')) t(id, text)"""


def test_the_embedded_model_follows_a_curator_where_the_labels_say_nothing(tmp_path: Path) -> None:
    query = "SELECT id, CLASSIFY(text, 'A,B') AS label FROM notes ORDER BY id"
    with rvbbit.connect(tmp_path, model="local:minilm") as db:
        db.sql(NOTES)
        db.sql(query)
        db.training.mark([trace(db, "I would like my money back")], trainable=True, corrected_output="B")
        db.training.mark([trace(db, "how many euros do I get for ten dollars?")], trainable=True, corrected_output="A")
        labels = dict(db.sql(query).fetchall())
        assert (labels[2], labels[4]) == ("B", "A")
