"""What is asked, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import SQLError, UnknownColumn
from rvbbit.execution.executor import Executor

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
    assert [(ask.operator.name, sorted(given["text"] for given in arguments)) for ask, _, arguments in ready] == [("means", sorted(TEXTS))]
    assert bench.asked == []
