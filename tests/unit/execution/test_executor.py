"""What is asked, what comes back, and what is left behind."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from rvbbit.errors import BudgetReached, DatabaseError, Error, OutputInvalid, RateLimited, SQLError, TypeMismatch, UnknownColumn
from rvbbit.execution.executor import Executor
from rvbbit.sql.patterns import Grammar
from rvbbit.sql.plan import Ask
from rvbbit.types import Answer, Arguments, Operator, Parameter

TEXTS = ["red apple", "green pear", "blue sky", "", "red sky", "green apple"]


@pytest.mark.parametrize(
    ("statement", "texts"),
    [
        ("SELECT text MEANS 'red' FROM t", TEXTS),
        ("SELECT DISTINCT text MEANS 'red' FROM t", TEXTS),
        ("SELECT id FROM t WHERE text MEANS 'red' AND amount > 65", ["red sky", "green apple"]),
        ("SELECT id FROM t WHERE amount > 65 AND text MEANS 'red'", ["red sky", "green apple"]),
        ("SELECT id FROM t WHERE amount > 65 OR text MEANS 'red'", ["red apple", "green pear", "blue sky", ""]),
        ("SELECT text MEANS 'red' FROM t WHERE text MEANS 'red'", TEXTS),
        ("SELECT NOT text MEANS 'red', text NOT MEANS 'red', text MEANS 'red' FROM t", TEXTS),
        ("SELECT CASE WHEN grp = 'a' THEN text MEANS 'red' END FROM t", ["red apple", "green pear", "blue sky"]),
        ("SELECT CASE WHEN grp = 'a' THEN 1 ELSE text MEANS 'red' END FROM t WHERE id > 4", ["", "red sky", "green apple"]),
        ("SELECT CASE WHEN grp = 'a' THEN text MEANS 'red' END, text MEANS 'red' FROM t", TEXTS),
        ("SELECT coalesce(grp = 'a', text MEANS 'red') FROM t", [""]),
        ("SELECT if(id < 3, text MEANS 'red', NULL) FROM t", ["red apple"]),
        ("SELECT t.text MEANS 'red' FROM t, u, s", TEXTS),
        ("SELECT t.id FROM t JOIN u ON t.id = u.id AND t.text MEANS 'red'", ["red apple", "green pear", "blue sky"]),
        ("SELECT id, text MEANS 'red' FROM t ORDER BY id LIMIT 3", ["red apple", "green pear"]),
        ("SELECT text MEANS 'red' FROM (SELECT * FROM t ORDER BY id LIMIT 3)", ["red apple", "green pear"]),
        ("WITH c AS (SELECT * FROM t WHERE id < 4) SELECT text MEANS 'red' FROM c", ["red apple", "green pear"]),
        ("SELECT text MEANS 'red' FROM t QUALIFY row_number() OVER (ORDER BY id) = 3", ["green pear"]),
        ("SELECT text MEANS NULL FROM t", []),
        ("SELECT NULL MEANS 'red' FROM t", []),
        ("SELECT text MEANS 'red' FROM t WHERE false", []),
    ],
)
def test_exactly_the_distinct_texts_that_sql_needs_are_asked(bench: Any, statement: str, texts: list[str]) -> None:
    bench.run(statement)
    assert sorted(bench.asked) == sorted(("means", (text, "red")) for text in texts)


def test_a_call_is_asked_after_the_calls_that_keep_fewer_rows(bench: Any) -> None:
    bench.run("SELECT ASK(text, 'q') FROM t WHERE text MEANS 'red' AND \"desc\" MEANS 'wide'")
    assert [name for name, _ in bench.asked] == ["means"] * 6 + ["means"] * 3 + ["ask"]


def test_infix_forms_answer_as_their_functions_do(bench: Any) -> None:
    for infix, function in [
        ("text MEANS 'red'", "means(text, 'red')"),
        ("text NOT MEANS 'red'", "NOT means(text, 'red')"),
        ("text ABOUT 'x' > 0.4", "about(text, 'x') > 0.4"),
        ("text LIES FROM 'b' UP TO 'h'", "lies_within(text, 'b', 'h')"),
        ("text RELEVANCE TO 'x' > 0.5", "relevance(text, 'x') > 0.5"),
        ("text || 'x' MEANS 'x' AND amount > 15", "means(text || 'x', 'x') AND amount > 15"),
    ]:
        expected = bench.oracle.sql(f"SELECT id, {function} AS a FROM t ORDER BY id").fetchall()
        assert list(bench.run(f"SELECT id, {infix} AS a FROM t ORDER BY id").to_pydict().values()) == [
            list(c) for c in zip(*expected, strict=True)
        ]


@pytest.mark.parametrize(
    "condition",
    [
        "text ABOUT 'x'",
        "(text ABOUT 'x') IS TRUE",
        "CASE WHEN text ABOUT 'x' THEN true ELSE false END",
        "NOT text NOT ABOUT 'x'",
        "NOT if(text ABOUT 'x', false, true)",
    ],
)
def test_a_score_that_stands_as_a_condition_is_held_against_its_threshold(bench: Any, condition: str) -> None:
    expected = bench.oracle.sql("SELECT id FROM t WHERE about(text, 'x') >= 0.5 ORDER BY id").fetchall()
    assert bench.run(f"SELECT id FROM t WHERE {condition} ORDER BY id")["id"].to_pylist() == [id_ for (id_,) in expected]


def test_a_threshold_hint_moves_the_threshold(bench: Any) -> None:
    bench.run("-- @ threshold: 0.15\nSELECT id FROM t WHERE text ABOUT 'x'")
    assert "0.15" in str(bench.plan.statement)


def test_null_texts_get_null_and_no_call(bench: Any) -> None:
    table = bench.run("SELECT id, ASK(text, 'q') AS a FROM t WHERE id = 4")
    assert table["a"].to_pylist() == [None]
    assert bench.asked == []


def test_labels_may_be_text_with_commas_or_a_list(bench: Any) -> None:
    for labels in ("'a,b,c'", "'a, b , c'", "['a', 'b', 'c']", "(SELECT list(x ORDER BY x) FROM (VALUES ('c'), ('a'), ('b')) v(x))"):
        bench.asked.clear()
        bench.run(f"SELECT CLASSIFY(text, {labels}) FROM t WHERE id = 1")
        assert bench.asked == [("classify", ("red apple", ("a", "b", "c")))]


def test_labels_may_be_text_where_no_stage_reaches(bench: Any) -> None:
    for labels in ("'a,b'", "'a' || ',b'", "$labels", "['a', 'b']"):
        bench.asked.clear()
        values = {"labels": "a,b"} if "$" in labels else None
        bench.run(f"SELECT t.id FROM t LEFT JOIN u ON CLASSIFY(u.word, {labels}) = t.grp", values)
        assert bench.plan.fallback
        assert set(bench.asked) == {("classify", (word, ("a", "b"))) for word in ("red", "green", "sky", "apple")}


def test_labels_may_differ_from_row_to_row(bench: Any) -> None:
    bench.run("SELECT CLASSIFY(text, words) FROM t JOIN s USING (id) WHERE len(words) > 0")
    assert set(bench.asked) == {("classify", ("red apple", ("red", "blue"))), ("classify", ("green pear", ("sky", None)))}


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("SELECT id FROM t WHERE text MEANS ? AND amount > ? ORDER BY id", ["red", 15]),
        ("SELECT id FROM t WHERE amount > $2 AND text MEANS $1 ORDER BY id", ["red", 15]),
        ("SELECT id FROM t WHERE amount > $low AND text MEANS $what ORDER BY id", {"what": "red", "low": 15}),
        ("SELECT id FROM t WHERE text MEANS ? AND amount > ? ORDER BY id LIMIT ?", ["red", 15, 2]),
        ("SELECT id FROM (SELECT * FROM t ORDER BY id LIMIT ?) WHERE text MEANS ? AND amount > ?", [7, "red", 15]),
    ],
)
def test_parameters_reach_every_step(bench: Any, statement: str, values: Any) -> None:
    assert bench.run(statement, values)["id"].to_pylist() == [2, 7]


def test_a_null_parameter_asks_nothing(bench: Any) -> None:
    assert bench.run("SELECT ASK(text, ?) AS a FROM t", [None])["a"].to_pylist() == [None] * 8
    assert bench.asked == []


@pytest.mark.parametrize("statement", ["SELECT ASK(text, 'q') FROM t", "SELECT (SELECT ASK(t.text, u.word) FROM u LIMIT 1) FROM t"])
@pytest.mark.parametrize("error", [RateLimited("slow down", retry_after=3.0), BudgetReached("enough"), OutputInvalid("prose")])
def test_an_error_of_the_answerer_is_raised_as_it_is_and_leaves_nothing(bench: Any, statement: str, error: Error) -> None:
    def fail(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        raise error

    bench.answers = fail
    with pytest.raises(type(error)) as caught:
        bench.run(statement)
    assert caught.value is error
    assert bench.left_behind() == []
    bench.answers = None
    assert bench.run(statement).num_rows == 8  # no transaction is open, no name is taken


def test_a_later_stage_that_fails_takes_back_what_earlier_ones_made(bench: Any) -> None:
    def fail_second(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if ask.operator.name == "ask":
            raise OutputInvalid("prose")
        return [Answer({"first": "x", "size": 1}) for _ in arguments]

    bench.answers = fail_second
    with pytest.raises(OutputInvalid):
        bench.run("INSERT INTO u SELECT id, ASK(text, 'q'), (parts(text)).first FROM (SELECT * FROM t LIMIT 5)")
    assert bench.left_behind() == []
    bench.check_tables("u")


def test_an_error_of_duckdb_itself_is_ours_and_leaves_nothing(bench: Any) -> None:
    for statement in (
        "SELECT CAST(ASK(text, 'q') AS INTEGER) FROM t",
        "INSERT INTO u SELECT 1 / 0, error(ASK(text, 'q')), NULL FROM t",
        "SELECT error(ASK(t.text, u.word)) FROM t LEFT JOIN u ON ASK(t.text, u.word) IS NOT NULL",
    ):
        with pytest.raises(DatabaseError):
            bench.run(statement)
        assert bench.left_behind() == []
    bench.check_tables("u")


def test_nothing_is_left_behind_by_answers_of_any_type(bench: Any) -> None:
    bench.run("SELECT parts(text), when_said(text), facts(text), tags(text), rate(amount) FROM (SELECT * FROM t LIMIT 4)")
    assert bench.left_behind() == []


def test_an_open_transaction_sees_its_own_rows_and_stays_open(bench: Any) -> None:
    bench.ours.execute("BEGIN")
    bench.ours.execute("INSERT INTO t VALUES (9, 'red door', 90, 'a', NULL)")
    bench.run("UPDATE t SET grp = 'z' WHERE text MEANS 'door'", in_transaction=True)
    assert bench.ours.execute("SELECT grp FROM t WHERE id = 9").fetchall() == [("z",)]
    bench.ours.execute("ROLLBACK")
    bench.check_tables("t")
    assert bench.left_behind() == []


def test_a_failure_in_an_open_transaction_leaves_the_rollback_to_its_owner(bench: Any) -> None:
    def fail(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        raise OutputInvalid("prose")

    bench.ours.execute("BEGIN")
    bench.answers = fail
    for statement in ("SELECT ASK(text, 'q') FROM t", "SELECT (SELECT ASK(t.text, u.word) FROM u LIMIT 1) FROM t"):
        with pytest.raises(Error):
            bench.run(statement, in_transaction=True)
    bench.ours.execute("ROLLBACK")
    assert bench.left_behind() == []


def test_two_queries_may_run_at_once_on_two_cursors(bench: Any) -> None:
    cursor = bench.ours.cursor()
    inner: list[Any] = []

    def answer(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if not inner:
            inner.append(None)
            inner[0] = bench.run("SELECT ASK(word, 'x') AS a FROM u ORDER BY word", connection=cursor)
        return bench.by_rule(ask, arguments)

    bench.answers = answer
    outer = bench.run("SELECT ASK(text, 'y') AS a FROM t WHERE id = 1")
    cursor.close()
    assert outer["a"].to_pylist() == ["red apple?y"]
    assert inner[0]["a"].to_pylist() == ["apple?x", "green?x", "red?x", "sky?x", None]
    assert bench.left_behind() == []


def test_queries_on_two_threads_keep_apart(bench: Any) -> None:
    results: dict[str, Any] = {}
    barrier = threading.Barrier(2)

    def work(question: str) -> None:
        cursor = bench.ours.cursor()
        barrier.wait()
        results[question] = bench.run(f"SELECT ASK(text, '{question}') AS a FROM t WHERE id < 3", connection=cursor)["a"].to_pylist()
        cursor.close()

    bench.queries = 100
    threads = [threading.Thread(target=work, args=(q,)) for q in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {q: [f"red apple?{q}"] * 2 for q in ("one", "two")}


def test_many_rows_with_few_texts_make_few_calls(bench: Any) -> None:
    bench.setup("CREATE TABLE big AS SELECT i AS id, 'text ' || (i % 7) AS text FROM range(50000) r(i)")
    table = bench.run("SELECT text MEANS '3' AS m, count(*) AS n FROM big GROUP BY m ORDER BY m")
    assert table.to_pydict() == {"m": [False, True], "n": [42857, 7143]}
    assert len(bench.asked) == 7


def test_aggregates_whose_order_threads_choose_are_read_once(bench: Any) -> None:
    bench.setup("CREATE TABLE big AS SELECT i AS id, 'w' || (i % 1000) AS text, i % 5 AS grp FROM range(300000) r(i)")
    for statement in (
        "SELECT grp, ASK(string_agg(text, ','), 'q') AS a FROM big GROUP BY grp",
        "SELECT grp, ASK(joined, 'q') AS a FROM (SELECT grp, string_agg(text, ',') AS joined FROM big GROUP BY grp)",
        "WITH g AS (SELECT grp, list(text) AS all_of FROM big GROUP BY grp) SELECT grp, ASK(all_of::VARCHAR, 'q') AS a FROM g",
    ):
        answers = bench.run(statement)["a"].to_pylist()
        assert len(answers) == 5
        assert all(answer is not None and answer.endswith("?q") for answer in answers)


@pytest.mark.parametrize(
    "value",
    [
        "''",
        "'日本 🎉 é'",
        "'it''s \"quoted\"'",
        "chr(0) || 'after'",
        "repeat('long ', 40000)",
        "E'line\\nbreak\\t'",
        "'--not a comment; $1 ? {{ x }}'",
        "'a'::ENUM('a', 'b')",
        "'550e8400-e29b-41d4-a716-446655440000'::UUID",
        "'{\"a\": 1}'::JSON",
    ],
)
def test_unusual_texts_find_their_answers(bench: Any, value: str) -> None:
    ((text,),) = bench.ours.execute(f"SELECT ({value})::VARCHAR").fetchall()
    table = bench.run(f"SELECT ASK(v, 'q') AS a FROM (SELECT {value} AS v UNION ALL SELECT NULL) ORDER BY v NULLS LAST")
    assert table["a"].to_pylist() == [f"{text}?q", None]
    assert bench.asked == [("ask", (text, "q"))]


VALUES = {
    "1::HUGEINT + 170141183460469231731687303715884105726": "170141183460469231731687303715884105727",
    "1.50::DECIMAL(10, 2)": 1.5,
    "'NaN'::DOUBLE": "nan",
    "'inf'::DOUBLE": "inf",
    "42": 42,
    "true": True,
    "DATE '2024-02-29'": "2024-02-29",
    "TIMESTAMP '2024-01-01 10:00:00.123456'": "2024-01-01T10:00:00.123456",
    "TIMESTAMPTZ '2024-01-01 10:00:00+00'": "2024-01-01T10:00:00+00:00",
    "TIMETZ '12:00:01+02'": "12:00:01+02",
    "INTERVAL '1 month 2 days'": "1 month 2 days",
    "'101'::BIT": "101",
    "'abc'::BLOB": "616263",
    "{'a': NULL::INTEGER, 'b': 'x'}": {"a": None, "b": "x"},
    "[1, NULL, 2]": [1, None, 2],
    "MAP {'k': 1}": {"k": 1},
    "[{'a': [1]}]": [{"a": [1]}],
}


@pytest.mark.parametrize("value", VALUES)
def test_values_of_any_type_are_asked_once_and_find_their_answers(bench: Any, value: str) -> None:
    bench.grammar = Grammar.of([Operator("echo", "echo", (), (Parameter("value", "ANY"),), "VARCHAR")])
    seen: list[Arguments] = []

    def answer(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        seen.extend(arguments)
        return [Answer("echoed") for _ in arguments]

    bench.answers = answer
    table = bench.run(f"SELECT echo(v) AS a FROM (SELECT {value} AS v FROM range(3) UNION ALL SELECT NULL)")
    assert sorted(map(str, table["a"].to_pylist())) == ["None", "echoed", "echoed", "echoed"]
    assert seen == [{"value": VALUES[value]}]


def test_a_date_beyond_python_is_a_type_error_with_a_way_out(bench: Any) -> None:
    bench.grammar = Grammar.of([Operator("echo", "echo", (), (Parameter("value", "ANY"),), "VARCHAR")])
    with pytest.raises(TypeMismatch) as caught:
        bench.run("SELECT echo(v) FROM (SELECT 'infinity'::DATE AS v)")
    assert "cast" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("returns", "answer", "expected"),
    [
        ("STRUCT(first VARCHAR, size BIGINT)", {"first": "r", "size": 1}, {"first": "r", "size": 1}),
        ("JSON", {"n": [1, None]}, '{"n":[1,null]}'),
        ("DECIMAL(10, 2)", 1.25, Decimal("1.25")),
        ("DATE", "2024-02-29", dt.date(2024, 2, 29)),
        ("BOOLEAN", None, None),
        ("VARCHAR[]", ["a", None], ["a", None]),
        ("STRUCT(a INTEGER)[]", [{"a": 1}], [{"a": 1}]),
        ("MAP(VARCHAR, INTEGER)", {"a": 1}, [("a", 1)]),
    ],
)
@pytest.mark.parametrize("call", ["made(text)", "(SELECT made(t.text) FROM u LIMIT 1)"])
def test_answers_come_back_as_the_declared_type(bench: Any, returns: str, answer: Any, expected: Any, call: str) -> None:
    bench.grammar = Grammar.of([Operator("made", "made", (), (Parameter("text"),), returns)])
    bench.answers = lambda ask, arguments: [Answer(answer) for _ in arguments]
    table = bench.run(f"SELECT {call} AS a FROM t WHERE id = 1")
    value = table["a"].to_pylist()[0]
    assert (value.replace(" ", "") if returns == "JSON" else value) == expected
    assert table.schema.field("a").type == bench.ours.sql(f"SELECT NULL::{returns} AS a").to_arrow_table().schema.field("a").type


@pytest.mark.parametrize(("operator", "answer"), [("rate", "prose"), ("when_said", "someday"), ("means", "yes"), ("parts", 3)])
def test_an_answer_of_the_wrong_type_is_an_error_of_ours(bench: Any, operator: str, answer: Any) -> None:
    bench.answers = lambda ask, arguments: [Answer(answer) for _ in arguments]
    call = {"rate": "rate(amount)", "means": "means(text, 'x')"}.get(operator, f"{operator}(text)")
    with pytest.raises(OutputInvalid, match=f"an answer of {operator} does not fit"):
        bench.run(f"SELECT {call} FROM t")
    assert bench.left_behind() == []


def test_create_table_as_keeps_the_answers(bench: Any) -> None:
    bench.run("CREATE TABLE made AS SELECT id, ASK(text, 'q') AS a FROM t WHERE text MEANS 'sky'")
    assert bench.ours.sql("FROM made ORDER BY id").fetchall() == [(5, "blue sky?q"), (7, "red sky?q")]


def test_copy_writes_the_answers(bench: Any, tmp_path: Any) -> None:
    bench.run(f"COPY (SELECT id, ASK(text, 'q') AS a FROM t WHERE id = 1) TO '{tmp_path / 'out.csv'}' (HEADER)")
    assert (tmp_path / "out.csv").read_text() == "id,a\n1,red apple?q\n"


def test_an_insert_may_resolve_conflicts_with_calls(bench: Any) -> None:
    bench.setup("CREATE TABLE k (id INTEGER PRIMARY KEY, word VARCHAR); INSERT INTO k VALUES (1, 'old')")
    bench.check("INSERT INTO k SELECT id, text FROM t WHERE id < 3 ON CONFLICT (id) DO UPDATE SET word = ask(excluded.word, 'q')")
    bench.check_tables("k")


def test_output_columns_are_named_as_duckdb_would(bench: Any) -> None:
    table = bench.run("SELECT ASK(text, 'q'), text MEANS 'x', ASK(text, 'q') AS mine, * FROM t LIMIT 1")
    assert table.column_names == ["ask", "means", "mine", "id", "text", "amount", "grp", "desc"]


def test_an_unknown_column_keeps_its_name_in_the_error(bench: Any) -> None:
    with pytest.raises(UnknownColumn, match="nothing"):
        bench.run("SELECT id FROM t WHERE nothing MEANS 'x'")


def test_a_table_that_is_not_there_is_an_sql_error(bench: Any) -> None:
    with pytest.raises(SQLError, match="nowhere"):
        bench.run("SELECT id FROM nowhere WHERE text MEANS 'x'")


def test_what_a_plan_would_ask_first_is_known_before_anything_is_asked(bench: Any) -> None:
    bench.run("SELECT ASK(text, 'q') FROM t WHERE text MEANS 'red'")
    bench.asked.clear()
    ready = list(Executor(bench.ours, bench.by_rule, "__rvx").ready(bench.plan, {}))
    assert [(ask.operator.name, sorted(given["text"] for given in arguments)) for ask, arguments in ready] == [("means", sorted(TEXTS))]
    assert bench.asked == []


def test_an_answerer_that_fails_in_an_open_transaction_leaves_nothing_to_commit(bench: Any) -> None:
    def fail_second(ask: Ask, arguments: Sequence[Arguments]) -> list[Answer]:
        if ask.operator.name == "ask":
            raise OutputInvalid("prose")
        return bench.by_rule(ask, arguments)

    bench.ours.execute("BEGIN")
    bench.answers = fail_second
    with pytest.raises(OutputInvalid):
        bench.run(
            "SELECT ASK(text, 'q') FROM (SELECT * FROM t LIMIT 4) WHERE text MEANS 'red' AND parts(text) IS NOT NULL", in_transaction=True
        )
    bench.ours.execute("COMMIT")
    assert bench.left_behind() == []
