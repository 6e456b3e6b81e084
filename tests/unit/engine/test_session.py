"""Statements through a whole engine in memory, answered by the fake server: what is plain stays plain, what is semantic is counted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import rvbbit
from rvbbit import errors
from rvbbit.engine import Database
from rvbbit.result import Progress
from rvbbit.testing import FakeServer
from rvbbit.types import Notice


def test_a_plain_statement_is_duckdbs_alone(db: Database, server: FakeServer) -> None:
    result = db.sql("SELECT text AS means FROM tickets ORDER BY id LIMIT 1")
    assert (result.columns, result.fetchall(), server.calls) == (["means"], [("ticket 0",)], 0)


def test_each_distinct_text_is_asked_once_and_the_second_time_not_at_all(db: Database, server: FakeServer) -> None:
    query = "SELECT count(*) FROM tickets WHERE text MEANS 'x' AND amount < 3"
    first, second = db.sql(query), db.sql(query)
    assert first.fetchall() == second.fetchall() == [(3,)]
    assert (first.usage.calls, second.usage.calls, second.usage.cached, server.calls) == (3, 0, 3, 3)


def test_explain_counts_calls_and_makes_none(db: Database, server: FakeServer) -> None:
    plan = "\n".join(str(row[0]) for row in db.sql("EXPLAIN SELECT id FROM tickets WHERE text MEANS 'x' AND amount < 3").fetchall())
    assert "3 distinct, 0 cached, 3 to ask" in plan
    assert server.calls == 0


def test_explain_counts_what_a_limit_leaves(db: Database, server: FakeServer) -> None:
    plan = "\n".join(str(row[0]) for row in db.sql("EXPLAIN SELECT text MEANS 'x' FROM tickets ORDER BY id LIMIT 3").fetchall())
    assert "ask 1: MEANS(text, 'x')  [3 rows, 3 distinct, 0 cached, 3 to ask, " in plan
    assert (server.calls, db.tables()[0][1]) == (0, "tickets")


def test_a_wrong_type_is_named_as_it_was_typed(db: Database) -> None:
    with pytest.raises(errors.TypeMismatch, match="amount is BIGINT") as caught:
        db.sql("SELECT amount MEANS 'x' FROM tickets LIMIT 2")
    assert caught.value.hint == "cast it: amount::VARCHAR"


def test_explain_analyze_tells_what_happened(db: Database, server: FakeServer) -> None:
    plan = "\n".join(str(row[0]) for row in db.sql("EXPLAIN ANALYZE SELECT id FROM tickets WHERE text MEANS 'x'").fetchall())
    assert "5 distinct, 0 cached, 5 calls" in plan
    assert plan.endswith("20 rows")
    assert server.calls == 5


def test_a_plan_is_also_a_tree_of_values(db: Database, server: FakeServer) -> None:
    found = db.sql("EXPLAIN SELECT ASK(text, 'who?') FROM tickets WHERE text MEANS 'x' AND amount < 8").plan
    assert found is not None
    assert [step.kind for step in found.blocks[0].walk()] == ["Project", "SemanticMap", "SemanticFilter", "Filter", "Scan"]
    (later,), (means,) = (step.asks for step in found.blocks[0].walk() if step.asks)
    assert (later.operator, later.figures, later.note) == ("ask", None, "known once those below are answered")
    assert means.figures is not None
    assert (means.figures.rows, means.figures.distinct, means.figures.cached, means.figures.calls) == (8, 5, 0, 5)
    assert (found.ran, found.rows, server.calls) == (False, None, 0)
    assert db.sql("EXPLAIN SELECT 1").plan is db.sql("SELECT text MEANS 'x' FROM tickets").plan is None


def test_what_is_asked_row_by_row_says_so(db: Database) -> None:
    found = db.sql("EXPLAIN SELECT id FROM tickets a, LATERAL (SELECT a.text MEANS 'x' AS found) WHERE found").plan
    assert found is not None
    assert [ask.note for ask in found.fallback] == ["known as the statement runs: it is asked row by row"]


def test_explain_names_what_is_not_there(db: Database, server: FakeServer) -> None:
    joined = "(FROM nowhere LIMIT 2) a JOIN (FROM nowhere LIMIT 2) b ON a.text MEANS b.text"
    correlated = "tickets a WHERE EXISTS (SELECT 1 FROM tickets b WHERE b.id = a.id AND b.text MEANS 'x' AND a.missing)"
    for rows in (joined, correlated):
        with pytest.raises(errors.SQLError, match=r"nowhere|missing"):
            db.sql(f"EXPLAIN SELECT 1 FROM {rows}")
    assert server.calls == 0


def test_what_calls_took_is_what_more_of_them_are_expected_to_take(db: Database, server: FakeServer) -> None:
    statement = "SELECT id FROM tickets WHERE text MEANS '{}'"
    first = db.explain(statement.format("x")).plan
    took = db.sql(f"EXPLAIN ANALYZE {statement.format('x')}")
    again, other = db.explain(statement.format("x")).plan, db.explain(statement.format("y")).plan
    assert first and took.plan and again and other
    before, happened, known, expected = (plan.blocks[0].children[0].asks[0].figures for plan in (first, took.plan, again, other))
    assert before and happened and known and expected
    assert (happened.rows, happened.calls, happened.tokens_in, took.plan.rows) == (20, 5, took.usage.tokens_in, 20)
    assert (before.seconds, bool(before.tokens_in and before.tokens_out)) == (None, True)
    assert (known.cached, known.calls, known.tokens_in, known.cost_usd, known.seconds) == (5, 0, 0, 0.0, 0.0)
    assert (expected.calls, expected.tokens_in, expected.tokens_out) == (5, happened.tokens_in, happened.tokens_out)
    assert expected.seconds is not None
    assert expected.seconds > 0


@pytest.mark.parametrize(("model", "cost"), [("openai:unknown", None), ("local:minilm", 0.0), ("openai:priced", 1.2)])
def test_an_expected_cost_is_that_of_the_model_to_be_asked(server: FakeServer, tmp_path: Path, model: str, cost: float | None) -> None:
    (tmp_path / "rvbbit.toml").write_text('[prices]\n"openai:priced" = {input = 0, output = 25_000}\n')
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as db:
        found = db.explain("SELECT text MEANS 'x' FROM (SELECT 'a' AS text UNION SELECT 'b' UNION SELECT 'c')", model=model).plan
        assert found is not None
        (asks,) = [step.asks for step in found.blocks[0].walk() if step.asks]
        assert asks[0].figures is not None
        assert (asks[0].figures.calls, asks[0].figures.cost_usd) == (3, cost and pytest.approx(cost))


def test_explain_of_a_plain_statement_is_duckdbs(db: Database) -> None:
    assert "tickets" in str(db.explain("SELECT * FROM tickets").fetchall())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM rvbbit.unified_logs",
        "UPDATE rvbbit.training_annotations SET trainable = true",
        "DROP TABLE rvbbit.unified_logs",
        "ALTER TABLE rvbbit.unified_logs ADD COLUMN x INT",
        "COPY rvbbit.unified_logs FROM 'x.csv'",
        "DETACH rvbbit",
        "USE rvbbit",
        "USE rvbbit.main",
        'DELETE FROM "rvbbit"."main"."unified_logs"',
        "SET search_path = 'rvbbit'; DELETE FROM unified_logs",
        "SET schema = 'rvbbit.main'; DELETE FROM unified_logs",
        "PRAGMA search_path = 'rvbbit'",
        "PREPARE p AS DELETE FROM rvbbit.main.unified_logs; EXECUTE p",
        "EXPLAIN ANALYZE DELETE FROM rvbbit.training_annotations",
        "EXPLAIN (ANALYZE) DELETE FROM rvbbit.main.training_annotations",
        "EXPLAIN ANALYZE WITH x AS (SELECT 1) DELETE FROM rvbbit.main.scores",
    ],
)
def test_the_log_cannot_be_written_in_sql(db: Database, statement: str) -> None:
    with pytest.raises(errors.SQLError, match="read-only"):
        db.sql(statement)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM rvbbit.unified_logs", "USE rvbbit.main; DELETE FROM scores", "SET schema = rvbbit; DELETE FROM scores"]
)
def test_a_cascades_own_sql_cannot_write_the_log_either(db: Database, sql: str) -> None:
    cascade = db.cascade_files.read(f"cascade_id: eraser\ncells: [{{name: erase, sql: '{sql}'}}]\n")
    with pytest.raises(errors.Error, match="read-only"):
        db.run(cascade, {})


@pytest.mark.parametrize(
    "statement",
    [
        "IMPORT DATABASE '{}'",
        "import /* ; */ database '{}'",
        "PRAGMA import_database('{}')",
        """PRAGMA "import_database"('{}')""",
        "EXPLAIN ANALYZE IMPORT DATABASE '{}'",
        "PREPARE p AS IMPORT DATABASE '{}'",
    ],
)
def test_a_directory_of_scripts_is_not_run_unread(db: Database, tmp_path: Path, statement: str) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE brought (x INT);")
    (tmp_path / "load.sql").touch()
    with pytest.raises(errors.SQLError, match="IMPORT DATABASE is not run") as raised:
        db.sql(statement.format(tmp_path))
    assert "rvbbit sql -f schema.sql" in str(raised.value.hint)
    assert db.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'brought'").fetchall() == [(0,)]


def test_a_search_path_without_the_log_is_the_users_own(db: Database) -> None:
    db.sql("CREATE SCHEMA mine; CREATE TABLE mine.t AS SELECT 7 AS x; SET search_path = 'mine'")
    with pytest.raises(errors.SQLError, match="read-only"):
        db.sql("SET search_path = 'mine,rvbbit.main'")
    assert db.sql("FROM t").fetchall() == [(7,)]
    assert db.sql("EXPLAIN ANALYZE SELECT count(*) FROM rvbbit.unified_logs").fetchall()
    assert db.sql("PREPARE p AS SELECT count(*) FROM rvbbit.unified_logs; EXECUTE p").fetchall() == [(0,)]


def test_the_log_can_be_copied_out(db: Database, tmp_path: Path) -> None:
    db.sql(f"CREATE TABLE mine AS SELECT * FROM rvbbit.unified_logs; COPY rvbbit.unified_logs TO '{tmp_path}/log.parquet'")
    assert db.sql("SELECT count(*) FROM mine").fetchall() == [(0,)]


def test_an_answer_can_be_read_from_the_log_at_once(db: Database) -> None:
    db.sql("SELECT text MEANS 'x' FROM tickets")
    rows = db.sql("SELECT arguments ->> 'text', answer FROM rvbbit.unified_logs ORDER BY 1").fetchall()
    assert rows == [(f"ticket {n}", "true") for n in range(5)]


def test_a_transaction_of_the_users_is_kept_and_rolled_back(db: Database) -> None:
    db.sql("BEGIN; CREATE TABLE kept AS SELECT id FROM tickets WHERE text MEANS 'x'")
    assert db.sql("SELECT count(*) FROM kept").fetchall() == [(20,)]
    db.sql("ROLLBACK")
    with pytest.raises(errors.SQLError, match="kept"):
        db.sql("SELECT * FROM kept")


def test_errors_count_lines_from_the_top_of_the_script(db: Database) -> None:
    with pytest.raises(errors.UnknownColumn) as caught:
        db.sql("SELECT 1;\nSELECT 2;\nSELECT id FROM tickets\nWHERE nothing MEANS 'x'")
    assert (caught.value.line, caught.value.column) == (4, 7)


def test_errors_count_columns_from_the_start_of_the_line(db: Database) -> None:
    with pytest.raises(errors.UnknownColumn) as caught:
        db.sql("SELECT 1; SELECT id FROM tickets WHERE nothing MEANS 'x'")
    assert (caught.value.line, caught.value.column) == (1, 40)


def test_parameters_for_a_script_are_refused(db: Database) -> None:
    with pytest.raises(errors.UsageError, match="2 statements"):
        db.sql("SELECT 1; SELECT ?", [1])


def test_the_budget_of_a_hint_holds(db: Database) -> None:
    with pytest.raises(errors.UsageError, match="price"):
        db.sql("SELECT text MEANS 'x' FROM tickets -- @@ budget: 0.01\n", model="openai:unheard-of")


def test_progress_and_notices_reach_the_listener(db: Database) -> None:
    heard: list[Progress | Notice] = []
    db.sql("SELECT text MEANS 'x' FROM tickets", listen=heard.append)
    assert any(isinstance(event, Notice) and event.message.startswith("📚") for event in heard)
    last = [event for event in heard if isinstance(event, Progress)][-1]
    assert (last.stage, last.done, last.total) == ("means", 5, 5)


def test_a_query_that_failed_is_in_the_query_log(db: Database, server: FakeServer) -> None:
    server.fail(401, times=50)
    with pytest.raises(errors.CallError):
        db.sql("SELECT text MEANS 'x' FROM tickets")
    assert db.sql("SELECT error IS NOT NULL, rows FROM rvbbit.query_log").fetchall() == [(True, None)]


def test_cancel_when_nothing_runs_does_nothing(db: Database) -> None:
    db.cancel()
    assert db.sql("SELECT 1").fetchall() == [(1,)]


def test_a_program_that_forgets_to_close_ends_in_silence(tmp_path: Path) -> None:
    program = f"import rvbbit; db = rvbbit.connect({str(tmp_path)!r}); print(db.sql(\"SELECT 'a' SIMILAR_TO 'a' > 0.9\").fetchall())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[(True,)]\n", "")


def test_what_a_failed_query_took_is_in_the_query_log(db: Database, server: FakeServer) -> None:
    server.answer = lambda body: "prose"
    with pytest.raises(errors.OutputInvalid):
        db.sql("SELECT text MEANS 'x' FROM tickets LIMIT 1")
    asked, tokens = db.sql("SELECT calls, tokens_in FROM rvbbit.query_log").fetchall()[0]
    assert asked == server.calls > 0
    assert isinstance(tokens, int)
    assert tokens > 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO rvbbit.training_annotations (trace_id) SELECT text FROM tickets WHERE text MEANS 'x'",
        "DELETE FROM rvbbit.unified_logs WHERE answer MEANS 'x'",
        "CREATE TABLE rvbbit.mine AS SELECT text FROM tickets WHERE text MEANS 'x'",
    ],
)
def test_the_log_cannot_be_written_by_a_semantic_statement_either(db: Database, server: FakeServer, statement: str) -> None:
    with pytest.raises(errors.SQLError, match="read-only"):
        db.sql(statement)
    assert server.calls == 0


def test_explain_analyze_counts_all_chunks_of_a_call_that_no_stage_reaches(db: Database, server: FakeServer) -> None:
    db.sql("CREATE TABLE many AS SELECT 'text ' || i AS text FROM range(3000) r(i)")
    query = "SELECT count(*) FROM tickets t LEFT JOIN many m ON m.text MEANS 'x' AND t.id < 1"
    plan = "\n".join(str(row[0]) for row in db.sql(f"EXPLAIN ANALYZE {query}").fetchall())
    assert f"3,000 distinct, 0 cached, {server.calls:,} calls" in plan
    assert server.calls == 3_000


def test_a_python_cell_finds_the_modules_of_the_project_folder(db: Database, tmp_path: Path) -> None:
    (tmp_path / "shouting_of_this_project.py").write_text("def shout(input, outputs):\n    return input['text'].upper()\n")
    (tmp_path / "cascades").mkdir()
    (tmp_path / "cascades" / "shout.cascade.yaml").write_text(
        "cascade_id: shout\nsql_function: {name: shout, args: [{name: text}], returns: VARCHAR, operators: ['SHOUT({{ text }})']}\n"
        "cells: [{name: cell, python: shouting_of_this_project.shout}]\n"
    )
    assert db.sql("SELECT SHOUT('hey')").fetchall() == [("HEY",)]


def test_the_budget_of_the_settings_holds_for_test_cases_too(server: FakeServer, tmp_path: Path) -> None:
    with (
        rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:gpt-4o-mini", budget_usd=1e-9) as opened,
        pytest.raises(errors.BudgetReached),
    ):
        opened.test_operators("means")
    assert server.calls == 0


SEMANTIC = """\
cascade_id: sorted
sql_function: {name: sorted, args: [{name: text}], returns: BOOLEAN, operators: ['SORTED({{ text }})']}
cells:
  - name: cell
    instructions: "{{ input.text }}"
    output_schema: {type: boolean}
    use_training: true
    training_strategy: semantic
"""


def test_examples_near_in_meaning_are_found_with_the_embedding_model_of_the_settings(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cascades").mkdir()
    (tmp_path / "cascades" / "sorted.cascade.yaml").write_text(SEMANTIC)
    monkeypatch.setenv("RVBBIT_EMBED_MODEL", "openai:vectors")
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        opened.sql("SELECT SORTED('one')")
        opened.training.mark([opened.training.examples().rows[0].trace_id], trainable=True)
        opened.sql("SELECT SORTED('two')")
    assert "vectors" in {request["model"] for request in server.requests}


@pytest.mark.usefixtures("server")
def test_doctor_says_of_a_model_that_cannot_embed_that_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RVBBIT_EMBED_MODEL", "anthropic:claude-haiku-4-5")
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:fake") as opened:
        checked = {check.name: check.ok for check in opened.doctor()}
    assert (checked["model"], checked["embed_model"]) == (True, False)


def test_a_project_opens_whatever_its_embedding_model_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("RVBBIT_EMBED_MODEL", "openai:vectors")
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:") as opened:
        assert opened.sql("SELECT 1").fetchall() == [(1,)]
        (check,) = [check for check in opened.doctor() if check.name == "embed_model"]
    assert not check.ok
    assert "OPENAI_API_KEY" in check.hint


def test_the_embedded_model_passes_every_test_case_that_ships_and_that_it_can_be_asked(tmp_path: Path) -> None:
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="local:minilm") as opened:
        failed = [outcome for outcome in opened.test_operators() if outcome.passed is False]
    assert failed == []


@pytest.mark.parametrize(("ceiling", "hint"), [(1e-9, 5), (5, 1e-9)])
def test_of_two_ceilings_the_lower_one_holds(server: FakeServer, tmp_path: Path, ceiling: float, hint: float) -> None:
    query = f"SELECT 'text' MEANS 'x' -- @@ budget: {hint:.9f}\n"
    with rvbbit.connect(tmp_path, store=":memory:", database=":memory:", model="openai:gpt-4o-mini", budget_usd=ceiling) as opened:
        with pytest.raises(errors.BudgetReached):
            opened.sql(query)
        with pytest.raises(errors.BudgetReached):
            opened.sql(query, budget_usd=ceiling)
    assert server.calls == 0


def test_who_has_no_login_name_can_mark_too(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    db.sql("SELECT text MEANS 'x' FROM tickets LIMIT 1")
    assert db.training.mark([db.training.examples().rows[0].trace_id], trainable=True).updated == 1
    assert db.sql("SELECT author FROM rvbbit.training_annotations").fetchall() == [(str(os.getuid()),)]
