"""The circle: ask, correct, ask again with the example, take it back. Over a model that reads prompts, and over the embedded one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
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
    ids: list[str] = [row.trace_id for row in db.training.examples().rows if row.inputs["text"] == text]
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

LABELS = "card lost,refund,exchange rate,top-up"
CLASSIFIED = "SELECT id, CLASSIFY(text, $labels) AS label FROM mails ORDER BY id"
MAILS = """CREATE TABLE mails AS SELECT * FROM (VALUES
  (1, 'the thing you pay with has vanished'), (2, 'my purse and everything in it is gone'),
  (3, 'I would like my money back'), (4, 'give me back what I paid'),
  (5, 'how many euros do I get for ten dollars?'), (6, 'what do you charge for pounds into yen?'),
  (7, 'I put in twenty euros and they do not show'), (8, 'adding funds does not work')) t(id, text)"""
TRUTH = {1: "card lost", 2: "card lost", 3: "refund", 4: "refund", 5: "exchange rate", 6: "exchange rate", 7: "top-up", 8: "top-up"}
TAUGHT = (1, 3, 5, 7)


def test_the_embedded_model_learns_from_corrections_and_forgets_them_when_they_are_taken_back(tmp_path: Path) -> None:
    with rvbbit.connect(tmp_path, model="local:minilm") as db:
        db.sql(MAILS)
        before = db.sql(CLASSIFIED, {"labels": LABELS})
        assert (before.usage.calls, said(before)) == (8, [NONE_YET])
        assert {label for _, label in before.fetchall()} <= set(LABELS.split(","))
        texts = dict(db.sql("SELECT id, text FROM mails").fetchall())
        undo = [
            db.training.mark([trace(db, str(texts[id_]))], trainable=True, verified=True, corrected_output=TRUTH[id_]).undo
            for id_ in TAUGHT
        ]
        after = db.sql(CLASSIFIED, {"labels": LABELS})
        assert after.usage.calls == 8
        assert said(after) == ["📚 Injected 4 training examples (all strategy)"]
        assert right(after) >= right(before) and right(after) >= 6
        for decision in undo:
            db.training.undo(decision)
        again = db.sql(CLASSIFIED, {"labels": LABELS})
        assert (again.fetchall(), again.usage.calls) == (before.fetchall(), 0)


def test_the_embedded_model_follows_a_curator_against_its_own_opinion(tmp_path: Path) -> None:
    """Labels whose names say nothing can only be learned."""
    query = "SELECT id, CLASSIFY(text, 'A,B') AS label FROM mails WHERE id IN (3, 4, 5, 6) ORDER BY id"
    with rvbbit.connect(tmp_path, model="local:minilm") as db:
        db.sql(MAILS)
        db.sql(query)
        texts = dict(db.sql("SELECT id, text FROM mails").fetchall())
        db.training.mark([trace(db, str(texts[3]))], trainable=True, corrected_output="B")
        db.training.mark([trace(db, str(texts[5]))], trainable=True, corrected_output="A")
        labels = dict(db.sql(query).fetchall())
        assert (labels[4], labels[6]) == ("B", "A")


def right(result: Any) -> int:
    return sum(TRUTH[id_] == label for id_, label in result.fetchall())
