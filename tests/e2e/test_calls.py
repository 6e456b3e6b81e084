"""Calls are counted at the server: as many as there are distinct non-null arguments, and none for what was asked before."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rvbbit.testing import question

LOST = "text MEANS 'a lost thing'"
TICKETS = """CREATE TABLE tickets AS SELECT * FROM (VALUES
  (1, 'my card is lost'), (2, 'my card is lost'), (3, 'where is my refund?'), (4, NULL),
  (5, 'what is the rate?'), (6, 'the top-up failed'), (7, 'what is the rate?'), (8, NULL)) t(id, text)"""
TEXTS = 4
"""Distinct texts in it that are not null."""

SOUNDS_LIKE = """\
cascade_id: sounds_like
sql_function:
  name: sounds_like
  operators: ["{{ text }} SOUNDS_LIKE {{ reference }}"]
  args: [{name: text, type: VARCHAR}, {name: reference, type: VARCHAR}]
  returns: BOOLEAN
cells:
  - name: ear
    instructions: Does <a>{{ input.text }}</a> sound like <b>{{ input.reference }}</b>?
    output_schema: {type: boolean}
"""

MEANS = """\
cascade_id: means
sql_function:
  name: means
  operators: ["{{ text }} MEANS {{ criterion }}"]
  args: [{name: text, type: VARCHAR}, {name: criterion, type: VARCHAR}]
  returns: BOOLEAN
cells:
  - name: judge
    instructions: "PROMPT Does <text>{{ input.text }}</text> mean <criterion>{{ input.criterion }}</criterion>?"
    output_schema: {type: boolean}
"""


@pytest.fixture
def project(remote: Any) -> Any:
    """A project whose model says yes to what speaks of a card."""
    remote.server.answer = lambda body: "card" in question(body)
    return remote


@pytest.fixture
def db(project: Any) -> Iterator[Any]:
    """The project, opened, with the table `tickets`."""
    with project.connect() as opened:
        opened.sql(TICKETS)
        yield opened


@pytest.mark.parametrize(
    ("sql", "calls", "rows"),
    [
        pytest.param(f"SELECT id FROM tickets WHERE {LOST} ORDER BY id", TEXTS, [(1,), (2,)], id="duplicates and nulls"),
        pytest.param(f"SELECT id FROM tickets WHERE id IN (2, 3) AND {LOST}", 2, [(2,)], id="cheap predicate first"),
        pytest.param(f"SELECT id FROM tickets WHERE {LOST} AND id IN (2, 3)", 2, [(2,)], id="cheap predicate last"),
        pytest.param(f"SELECT id, {LOST} FROM tickets WHERE {LOST} ORDER BY 1", TEXTS, [(1, True), (2, True)], id="in SELECT and WHERE"),
        pytest.param(f"SELECT count(*) FROM tickets, range(100) WHERE {LOST}", TEXTS, [(200,)], id="a join that multiplies rows"),
        pytest.param(
            f"SELECT count(*) FROM tickets a JOIN tickets b ON a.text = b.text WHERE a.{LOST}", TEXTS, [(4,)], id="a join with itself"
        ),
        pytest.param(f"SELECT DISTINCT {LOST} AS yes FROM tickets ORDER BY yes", TEXTS, [(False,), (True,), (None,)], id="SELECT DISTINCT"),
        pytest.param(f"SELECT {LOST} FROM tickets WHERE text IS NULL", 0, [(None,), (None,)], id="nulls alone"),
        pytest.param("SELECT id FROM tickets WHERE text MEANS NULL", 0, [], id="a null criterion"),
        pytest.param(f"SELECT id FROM tickets WHERE id < 4 AND text NOT {LOST[5:]}", 2, [(3,)], id="NOT MEANS"),
        pytest.param(
            f"SELECT count(*) FROM tickets WHERE {LOST} OR text NOT {LOST[5:]}", TEXTS, [(6,)], id="MEANS and NOT MEANS are one question"
        ),
        pytest.param(
            f"SELECT id, {LOST} FROM tickets ORDER BY id LIMIT 3", 2, [(1, True), (2, True), (3, False)], id="LIMIT on a projection"
        ),
        pytest.param(
            f"SELECT id, {LOST} FROM tickets ORDER BY id DESC LIMIT 2 OFFSET 2", 2, [(6, False), (5, False)], id="LIMIT and OFFSET"
        ),
        pytest.param(
            f"WITH lost AS (SELECT * FROM tickets WHERE {LOST}) SELECT count(*) FROM lost a, lost b", TEXTS, [(4,)], id="a CTE used twice"
        ),
        pytest.param(f"SELECT n FROM (SELECT count(*) AS n FROM tickets WHERE {LOST})", TEXTS, [(2,)], id="a subquery"),
        pytest.param(
            f"SELECT id FROM tickets WHERE text IS NOT NULL ORDER BY {LOST} DESC, id LIMIT 3", TEXTS, [(1,), (2,), (3,)], id="ORDER BY"
        ),
        pytest.param(
            f"SELECT CASE WHEN {LOST} THEN 'lost' ELSE 'other' END AS kind, count(*) FROM tickets GROUP BY kind ORDER BY kind",
            TEXTS,
            [("lost", 2), ("other", 6)],
            id="CASE and GROUP BY",
        ),
        pytest.param(f"SELECT {LOST}, text MEANS 'a fee' FROM tickets WHERE id = 3", 2, [(False, False)], id="two criteria, one text"),
        pytest.param(f"SELECT {LOST} AS a, text MEANS 'a fee' AS b FROM tickets LIMIT 0", 0, [], id="LIMIT 0"),
    ],
)
def test_the_server_is_asked_once_for_each_distinct_argument(db: Any, project: Any, sql: str, calls: int, rows: list[Any]) -> None:
    result = db.sql(sql)
    assert (result.fetchall(), project.server.calls, result.usage.calls) == (rows, calls, calls)
    again = db.sql(sql)
    assert (again.fetchall(), project.server.calls, again.usage.calls, again.usage.cached) == (rows, calls, 0, calls)


def test_a_second_criterion_is_asked_only_of_rows_that_met_the_first(db: Any, project: Any) -> None:
    result = db.sql(f"SELECT id FROM tickets WHERE {LOST} AND text MEANS 'a kind of card'")
    assert len(result.fetchall()) == 2
    assert project.server.calls == TEXTS + 1


def test_usage_says_what_the_server_said(db: Any) -> None:
    usage = db.sql(f"SELECT id FROM tickets WHERE {LOST}").usage
    ((tokens_in, tokens_out),) = db.sql(
        "SELECT sum((response -> 'usage' ->> 'prompt_tokens')::INT), sum((response -> 'usage' ->> 'completion_tokens')::INT)"
        " FROM rvbbit.unified_logs"
    ).fetchall()
    assert usage.tokens_in == tokens_in > 0
    assert usage.tokens_out == tokens_out > 0


def test_create_table_as_keeps_the_answers(db: Any, project: Any) -> None:
    db.sql(f"CREATE TABLE lost AS SELECT id, {LOST} AS yes FROM tickets")
    assert project.server.calls == TEXTS
    assert db.sql("SELECT count(*) FROM lost WHERE yes").fetchall() == [(2,)]


def test_insert_select_asks_for_the_new_texts_only(db: Any, project: Any) -> None:
    db.sql("CREATE TABLE lost (id INTEGER, text VARCHAR)")
    db.sql(f"INSERT INTO lost SELECT id, text FROM tickets WHERE {LOST}")
    assert (db.sql("SELECT id FROM lost ORDER BY id").fetchall(), project.server.calls) == ([(1,), (2,)], TEXTS)
    db.sql("INSERT INTO tickets VALUES (9, 'another card is lost')")
    db.sql(f"INSERT INTO lost SELECT id, text FROM tickets WHERE id > 2 AND {LOST}")
    assert (db.sql("SELECT max(id) FROM lost").fetchall(), project.server.calls) == ([(9,)], TEXTS + 1)


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT id FROM tickets WHERE text MEANS $criterion ORDER BY id", {"criterion": "a lost thing"}),
        ("SELECT id FROM tickets WHERE text MEANS ? ORDER BY id", ["a lost thing"]),
    ],
)
def test_a_parameter_is_the_same_question_as_its_value(db: Any, project: Any, sql: str, values: Any) -> None:
    assert db.sql(sql, values).fetchall() == [(1,), (2,)]
    assert project.server.calls == TEXTS
    assert db.sql(f"SELECT id FROM tickets WHERE {LOST}").usage.calls == 0


def test_an_edited_prompt_is_another_question(db: Any, project: Any) -> None:
    query = f"SELECT id FROM tickets WHERE {LOST}"
    project.cascade("means", MEANS)
    db.sql(query)
    assert db.sql(query).usage.calls == 0
    project.cascade("means", MEANS.replace("PROMPT", "Think twice."))
    assert db.sql(query).usage.calls == TEXTS
    assert "Think twice." in question(project.server.requests[-1])
    project.cascade("means", MEANS)
    assert db.sql(query).usage.calls == 0, "the old prompt's answers are still known"


def test_another_model_is_another_question(db: Any, project: Any) -> None:
    query = f"SELECT id FROM tickets WHERE {LOST}"
    db.sql(query)
    assert db.sql(query, model="openai:other").usage.calls == TEXTS
    assert {body["model"] for body in project.server.requests} == {"fake", "other"}
    assert db.sql(f"-- @@ model: openai:third\n{query}").usage.calls == TEXTS
    assert (db.sql(query).usage.calls, project.server.calls) == (0, 3 * TEXTS)


def test_a_marked_example_makes_another_question(db: Any, project: Any) -> None:
    query = f"SELECT id FROM tickets WHERE {LOST}"
    db.sql(query)
    (row,) = [row for row in db.training.examples().rows if row.inputs["text"] == "where is my refund?"]
    db.training.mark([row.trace_id], trainable=True)
    project.server.reset()
    assert db.sql(query).usage.calls == project.server.calls == TEXTS
    others = [body for body in project.server.requests if "refund" not in question(body)]
    assert len(others) == TEXTS - 1
    assert all("refund" in json.dumps(body["messages"]) for body in others)
    (own,) = [body for body in project.server.requests if "refund" in question(body)]
    assert json.dumps(own["messages"]).count("refund") == 1, "a row never sees its own answer"


def test_a_new_process_finds_the_answers(project: Any) -> None:
    with project.connect() as db:
        db.sql(TICKETS)
        db.sql(f"SELECT id FROM tickets WHERE {LOST}")
    script = (
        "import rvbbit, sys\n"
        "with rvbbit.connect(sys.argv[1], model='openai:fake') as db:\n"
        f'    result = db.sql("SELECT id FROM tickets WHERE {LOST} ORDER BY id")\n'
        "    print(result.fetchall(), result.usage.calls, result.usage.cached)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, project.home], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split("\n")[0] == f"[(1,), (2,)] 0 {TEXTS}"
    assert project.server.calls == TEXTS


def test_two_sessions_that_ask_the_same_at_once_share_the_calls(db: Any, project: Any) -> None:
    db.sql("CREATE TABLE many AS SELECT 'card ' || range AS text FROM range(200)")
    project.server.latency = 0.1
    start = threading.Barrier(2)
    results: list[Any] = []

    def ask() -> None:
        session = db.session()
        start.wait()
        results.append(session.sql(f"SELECT count(*) FROM many WHERE {LOST}"))
        session.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.fetchall() for result in results] == [[(200,)], [(200,)]]
    assert project.server.calls == 200
    assert sum(result.usage.calls for result in results) == 200


def test_an_operator_dropped_in_works_in_the_very_next_query(db: Any, project: Any) -> None:
    assert project.server.calls == 0
    file: Path = project.cascade("sounds_like", SOUNDS_LIKE)
    query = "SELECT id FROM tickets WHERE text SOUNDS_LIKE 'guard' ORDER BY id"
    assert (db.sql(query).fetchall(), project.server.calls) == ([(1,), (2,)], TEXTS)
    file.write_text(SOUNDS_LIKE.replace("SOUNDS_LIKE", "RHYMES_WITH"))
    assert db.sql(query.replace("SOUNDS_LIKE", "RHYMES_WITH")).usage.calls == 0, "how it is written is not what is asked"


def test_sql_without_an_operator_asks_nobody(db: Any, project: Any) -> None:
    assert db.sql("SELECT id FROM tickets WHERE text = 'x MEANS y' -- text MEANS 'c'").fetchall() == []
    assert project.server.calls == 0
