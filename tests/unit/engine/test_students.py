"""A target in a query or the settings, through a whole engine: the embedded student beside a fake model that knows BANKING77's labels."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import rvbbit
from rvbbit import datasets, errors
from rvbbit.engine import Database
from rvbbit.engine.statements import explain_target
from rvbbit.sql.statements import split
from rvbbit.testing import FakeServer
from rvbbit.testing.answers import Body, question

ROWS = 400
CARD = ("card_arrival", "card_not_working")
MONEY = ("exchange_rate", "top_up_failed")
MEANS = "SELECT id FROM questions WHERE text MEANS 'about a payment card'"
CLASSIFY = "SELECT id, CLASSIFY(text, 'card,money') AS label FROM questions"


def labelled() -> dict[str, bool]:
    train, _, _ = datasets.banking77()
    each: dict[str, list[str]] = {label: [] for label in (*CARD, *MONEY)}
    for text, label in zip(train["text"].to_pylist(), train["label"].to_pylist(), strict=True):
        if label in each and len(each[label]) < ROWS // len(each):
            each[label].append(text)
    return {text: label in CARD for texts in zip(*each.values(), strict=True) for text, label in zip(texts, each, strict=True)}


TRUTH = labelled()


def answer(body: Body) -> object:
    """As the labels say; to CLASSIFY with the label that fits."""
    asked = re.search("<text>(.*)</text>", question(body), re.DOTALL)
    assert asked
    card = TRUTH[html.unescape(asked[1])]
    return ("card" if card else "money") if "the one label" in str(body) else card


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=answer) as fake:
        yield fake


@pytest.fixture
def db(server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    (tmp_path / "rvbbit.toml").write_text('[prices]\n"openai:fake" = {input = 1000, output = 1000}\n', "utf-8")
    server.reset()
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        fill(opened)
        yield opened


def fill(db: Database) -> None:
    db.sql("CREATE TABLE questions (id INTEGER, text VARCHAR)")
    given = {"ids": list(range(len(TRUTH))), "texts": list(TRUTH)}
    db.sql("INSERT INTO questions SELECT unnest($ids), unnest($texts)", given)


def right(db: Database, result: rvbbit.Result) -> float:
    found = {row[0] for row in result.fetchall()}
    return sum((place in found) is card for place, card in enumerate(TRUTH.values())) / len(TRUTH)


def test_a_target_saves_calls_keeps_its_promise_and_says_so(db: Database, server: FakeServer) -> None:
    result = db.sql(f"-- @@ accuracy: 0.8\n{MEANS}")
    assert result.usage.calls == server.calls < 0.8 * ROWS
    assert right(db, result) >= 0.8
    (said,) = [notice.message for notice in result.notices if "student" in notice.message]
    decided = ROWS - server.calls
    assert said.startswith(f"the student decides {decided} of {ROWS} MEANS: accuracy >= 0.8 against openai:fake (95% sure)")
    logged = db.sql("SELECT model, count(*)::INT FROM rvbbit.unified_logs GROUP BY ALL ORDER BY ALL").fetchall()
    assert logged == [("local:minilm", decided), ("openai:fake", server.calls)]
    again = db.sql(f"-- @@ accuracy: 0.8\n{MEANS}")
    assert (again.usage.calls, again.usage.cached, again.fetchall()) == (0, ROWS, result.fetchall())


def test_without_a_target_every_question_is_the_models(db: Database, server: FakeServer) -> None:
    db.sql(f"-- @@ accuracy: 0.8\n{MEANS}")
    decided = ROWS - server.calls
    result = db.sql(MEANS)
    assert (result.usage.calls, result.usage.cached, right(db, result)) == (decided, ROWS - decided, 1.0)


def test_labels_have_a_target_too(db: Database, server: FakeServer) -> None:
    result = db.sql(f"-- @@ accuracy: 0.8\n{CLASSIFY}")
    wrong = sum((label == "card") is not card for (_, label), card in zip(sorted(result.fetchall()), TRUTH.values(), strict=True))
    assert server.calls < ROWS and wrong <= 0.2 * ROWS


def test_the_settings_target_holds_where_the_query_says_nothing(server: FakeServer, db: Database) -> None:
    settings = db.settings
    db.close()
    with rvbbit.connect(settings=dataclasses.replace(settings, accuracy=0.8)) as other:
        fill(other)
        server.reset()
        other.sql(MEANS)
        assert server.calls < ROWS
        server.reset()
        other.sql(f"-- @@ accuracy: 1\n{MEANS}")
        assert server.calls > 0 and other.sql(f"-- @@ accuracy: 1\n{MEANS}").usage.cached == ROWS


def test_explain_says_what_the_student_is_expected_to_decide_and_analyze_what_it_did(db: Database, server: FakeServer) -> None:
    untaught = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN {MEANS} -- @@ accuracy: 0.8").fetchall())
    assert f"{ROWS} to ask" in untaught and "a student may decide some, once some answers are known" in untaught
    db.sql(f"{MEANS} AND id < 200")
    server.reset()
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN {MEANS} -- @@ accuracy: 0.8").fetchall())
    found = re.search(r"400 rows, 400 distinct, 200 cached, student decides about (\d+), (\d+) to ask", plan)
    assert found and int(found[1]) + int(found[2]) == 200 and server.calls == 0
    analyzed = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN ANALYZE {MEANS} -- @@ accuracy: 0.8").fetchall())
    assert f"200 cached, student decided {200 - server.calls}, {server.calls} calls" in analyzed


def test_a_budget_stops_and_the_next_run_goes_on_from_there(db: Database, server: FakeServer) -> None:
    with pytest.raises(errors.BudgetReached):
        db.sql(f"-- @@ accuracy: 0.8\n{MEANS}", budget_usd=5.0)
    first = server.calls
    assert 0 < first < ROWS
    result = db.sql(f"-- @@ accuracy: 0.8\n{MEANS}", budget_usd=1_000.0)
    assert result.usage.calls == server.calls - first < ROWS - first
    assert right(db, result) >= 0.8


@pytest.mark.parametrize(
    ("hints", "query", "message"),
    [
        ("-- @@ accuracy: 0.9\n-- @@ recall: 0.9", MEANS, "a target has an accuracy and a precision or recall"),
        ("-- @@ recall: 0.9", CLASSIFY, "classify gives labels, which have no recall"),
        ("-- @@ accuracy: 95", MEANS, "hint accuracy: '95' is not a number above 0, up to 1"),
    ],
)
def test_a_target_that_cannot_be_is_an_error_before_anything_is_asked(
    db: Database, server: FakeServer, hints: str, query: str, message: str
) -> None:
    with pytest.raises(errors.Error, match=re.escape(message)) as caught:
        db.sql(f"{hints}\n{query}")
    assert server.calls == 0
    assert caught.value.hint or isinstance(caught.value, errors.SQLSyntaxError)


def test_scores_are_left_to_the_model(db: Database, server: FakeServer) -> None:
    server.answer, before = (lambda body: 0.5), server.answer
    try:
        result = db.sql("-- @@ accuracy: 0.9\nSELECT text ABOUT 'cards' FROM questions WHERE id < 150")
    finally:
        server.answer = before
    assert server.calls == 150
    assert any("about gives scores, and a target is of yes-or-no answers or labels" in notice.message for notice in result.notices)


@pytest.mark.parametrize("shape", ["-- @@ model: openai:none\n{} {}", "{} {} -- @@ model: openai:none", "{} -- @@ model: openai:none\n{}"])
@pytest.mark.parametrize("words", ["EXPLAIN", "EXPLAIN ANALYZE"])
def test_hints_stand_before_explain_or_behind_the_statement(shape: str, words: str) -> None:
    (statement,) = split(shape.format(words, "SELECT text MEANS 'x' FROM t"))
    found = explain_target(statement)
    assert found is not None and found[0].hints()[0].model == "openai:none"


BOTH = f"{MEANS} AND text MEANS 'a question'"


@pytest.mark.parametrize("where", ["settings", "hint"])
def test_a_target_is_kept_over_all_rows_wherever_it_is_stated(server: FakeServer, db: Database, where: str) -> None:
    settings = dataclasses.replace(db.settings, accuracy=0.8 if where == "settings" else None)
    db.close()
    with rvbbit.connect(settings=settings) as other:
        fill(other)
        server.reset()
        said = [notice.message for notice in other.sql(BOTH + ("" if where == "settings" else " -- @@ accuracy: 0.8")).notices]
    assert any(message.startswith("the student decides") and f"of {ROWS} MEANS" in message for message in said), said


@pytest.mark.parametrize("stops", ["LIMIT 5", "ORDER BY id LIMIT 5"])
def test_a_limit_asks_the_model_alone_and_says_so(server: FakeServer, db: Database, stops: str) -> None:
    result = db.sql(f"-- @@ accuracy: 0.8\n{MEANS} {stops}")
    assert len(result) == 5 and server.calls < 64
    said = [notice.message for notice in result.notices if "student" in notice.message]
    assert len(said) == 1 and "so the model answers alone" in said[0]
    again = db.sql(f"{MEANS} {stops}")
    assert (again.usage.calls, again.fetchall()) == (0, result.fetchall())
    assert not any("student" in notice.message for notice in again.notices)


def test_what_would_stop_at_enough_rows_asks_the_student_where_there_is_a_target(server: FakeServer, db: Database) -> None:
    result = db.sql("-- @@ accuracy: 0.8\n" + MEANS.replace("SELECT id", "SELECT DISTINCT id % 2"))
    assert len(result) == 2
    assert any(notice.message.startswith("the student decides") for notice in result.notices)


HELD = "-- @@ accuracy: 0.8\n-- @@ against: verified\n"


def verify(db: Database, server: FakeServer, below: int, wrong: int = 0) -> None:
    """Have the model answer about some rows, and a person verify all it said, the first few of them corrected."""
    db.sql(f"{MEANS} AND id < {below}")
    rows = db.training.examples(cascade_id="means", limit=None).rows
    asked = sorted(rows, key=lambda row: list(TRUTH).index(str(row.inputs["text"])))
    db.training.mark([row.trace_id for row in asked], verified=True)
    for row in asked[:wrong]:
        db.training.mark([row.trace_id], corrected_output=not row.answer, verified=True)
    server.reset()


def said(result: rvbbit.Result) -> list[str]:
    return [notice.message for notice in result.notices if "verified answers" in notice.message]


def test_what_the_answers_come_to_against_verified_ones_is_said_and_in_explain_analyze(db: Database, server: FakeServer) -> None:
    verify(db, server, 200)
    bound = r"against 200 verified answers: accuracy >= 0\.\d+ \(95% sure\), if they are as drawn at random"
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN ANALYZE {MEANS} -- @@ accuracy: 0.8").fetchall())
    assert re.search(rf"student decided \d+, \d+ calls, .*{bound}\]", plan)
    server.reset()
    again = db.sql(f"-- @@ accuracy: 0.8\n-- @@ against: model\n{MEANS}")
    assert len(said(again)) == 1 and re.fullmatch(bound, said(again)[0]) and server.calls == 0


def test_a_target_held_against_verified_answers_asks_no_sample_and_says_so(db: Database, server: FakeServer) -> None:
    verify(db, server, 200)
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN {MEANS}\n{HELD}").fetchall())
    assert "a student may decide some, once some answers are known" in plan and server.calls == 0
    result = db.sql(HELD + MEANS)
    assert server.calls < 200 and right(db, result) >= 0.8
    assert any("MEANS, as verified answers allow" in notice.message for notice in result.notices)
    assert said(result)[-1] == "against 200 verified answers: accuracy >= 0.8 (95% sure), if they are as drawn at random"
    calls = server.calls
    again = db.sql(HELD + MEANS)
    assert (again.usage.calls, server.calls, again.fetchall()) == (0, calls, result.fetchall())
    assert said(again)[-1] == said(result)[-1]
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN {MEANS}\n{HELD}").fetchall())
    assert "held against 200 verified answers" in plan


def test_explain_of_no_rows_has_nothing_to_decide(db: Database, server: FakeServer) -> None:
    verify(db, server, 200)
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN {MEANS} AND id < 0\n{HELD}").fetchall())
    assert "0 calls" in plan or "0 rows" in plan


def test_a_bound_is_never_said_to_be_certain(db: Database, server: FakeServer) -> None:
    verify(db, server, 200)
    told = " ".join(said(db.sql(f"-- @@ delta: 0.001\n{HELD}{MEANS}")))
    assert "(99.9% sure)" in told and "100%" not in told


def test_corrections_count_as_errors_of_the_model_that_made_them(db: Database, server: FakeServer) -> None:
    verify(db, server, 200, wrong=50)
    with pytest.raises(errors.UsageError, match=r"openai:fake itself is not shown to reach accuracy >= 0\.8.*150 of 200 right") as caught:
        db.sql(HELD + MEANS)
    assert server.calls == 0 and "lower the target" in str(caught.value.hint)
    assert "that does not show accuracy >= 0.8" in said(db.sql(f"-- @@ accuracy: 0.8\n{MEANS}"))[0]


def test_what_a_student_decided_and_a_person_verified_counts_and_what_the_model_never_said_is_wrong(
    db: Database, server: FakeServer
) -> None:
    db.sql(f"-- @@ accuracy: 0.8\n{MEANS}")
    asked = server.calls
    rows = db.training.examples(cascade_id="means", limit=None).rows
    db.training.mark([row.trace_id for row in rows], verified=True)
    with pytest.raises(errors.UsageError, match=f"{asked} of 400 right for accuracy; {400 - asked} of them openai:fake never answered"):
        db.sql(HELD + MEANS)
    db.sql(MEANS)
    assert said(db.sql(HELD + MEANS)) == ["against 400 verified answers: accuracy >= 0.8 (95% sure), if they are as drawn at random"]


@pytest.mark.parametrize(
    ("hints", "query", "message"),
    [
        ("-- @@ against: verified", MEANS, "hint against: there is no target to hold against verified answers"),
        ("-- @@ recall: 1\n-- @@ against: verified", MEANS, "no number of verified answers shows recall >= 1"),
        (HELD, MEANS, "0 verified answers cannot show accuracy >= 0.8: 14 are needed at least"),
        ("-- @@ accuracy: 0.9\n-- @@ against: people", MEANS, "hint against: 'people' is not one of model, verified"),
    ],
)
def test_what_cannot_be_held_against_verified_answers_is_an_error_before_anything_is_asked(
    db: Database, server: FakeServer, hints: str, query: str, message: str
) -> None:
    with pytest.raises(errors.Error, match=re.escape(message)):
        db.sql(f"{hints}\n{query}")
    assert server.calls == 0


def test_below_a_limit_a_target_is_held_against_nothing_and_a_notice_says_so(db: Database, server: FakeServer) -> None:
    result = db.sql(f"{HELD}{MEANS} LIMIT 5")
    assert len(result) == 5 and any("so the model answers alone, held against nothing" in notice.message for notice in result.notices)


def test_other_ways_to_answer_are_measured_without_a_target(db: Database, server: FakeServer) -> None:
    verify(db, server, 100)
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN (SAMPLE 5) {MEANS}\n-- @@ against: verified\n-- @@ accuracy: 0.8").fetchall())
    assert "openai:fake" in plan and 0 < server.calls < 20
