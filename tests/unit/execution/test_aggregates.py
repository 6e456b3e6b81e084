"""Aggregate calls: what is asked for which groups, with FILTER, DISTINCT and OVER, and labels that know all values of their block."""

from __future__ import annotations

from typing import Any

import pytest

from rvbbit.errors import SQLError, TypeMismatch

RED = ("red apple", "red apple")


def asked(bench: Any, name: str) -> list[Any]:
    return [arguments[0] for operator, arguments in bench.asked if operator == name]


def rows(bench: Any, text: str) -> list[Any]:
    table = bench.run(text)
    return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True), key=repr)


def test_a_group_is_one_question_about_its_sorted_values(bench: Any) -> None:
    bench.run("SELECT grp, SUMMARIZE(text, '') FROM t GROUP BY grp")
    assert sorted(asked(bench, "summarize")) == [("",), ("blue sky", "green pear", "red apple"), ("green apple",), ("red apple", "red sky")]


def test_equal_groups_are_asked_once(bench: Any) -> None:
    bench.run("SELECT id, SUMMARIZE(text, '') FROM t WHERE text = 'red apple' GROUP BY id")
    assert asked(bench, "summarize") == [("red apple",)]


def test_the_order_of_rows_does_not_change_the_question(bench: Any) -> None:
    bench.run("SELECT SUMMARIZE(text, '') FROM (SELECT * FROM t ORDER BY id)")
    bench.run("SELECT SUMMARIZE(text, '') FROM (SELECT * FROM t ORDER BY id DESC)")
    first, second = asked(bench, "summarize")
    assert first == second


def test_threads_do_not_change_the_question(bench: Any) -> None:
    bench.ours.execute("CREATE TABLE many AS SELECT 'text ' || (i * 7919) % 5000 AS text FROM range(300000) r(i)").fetchall()
    for threads in (1, 4):
        bench.ours.execute(f"SET threads = {threads}").fetchall()
        bench.run("SELECT SUMMARIZE(DISTINCT text, '') FROM many")
    first, second = asked(bench, "summarize")
    assert first == second
    assert len(first) == 5000


@pytest.mark.parametrize(
    "query",
    [
        "SELECT SUMMARIZE(text, '') FROM t WHERE id > 99",
        "SELECT SUMMARIZE(text, '') FROM t WHERE text IS NULL",
        "SELECT SUMMARIZE(text, '') FROM t WHERE text IS NULL GROUP BY grp",
        "SELECT SUMMARIZE(text, '') FILTER (WHERE id > 99) FROM t",
        "SELECT SUMMARIZE(NULL, '') FROM t",
    ],
)
def test_a_group_without_values_is_null_and_asks_nothing(bench: Any, query: str) -> None:
    assert rows(bench, query) == [(None,)]
    assert bench.asked == []


def test_filter_and_distinct_are_the_aggregates(bench: Any) -> None:
    found = rows(bench, "SELECT grp, SUMMARIZE(DISTINCT text, '') FILTER (WHERE amount < 50) AS s FROM t GROUP BY grp")
    assert found == sorted([("a", "green pear+red apple"), ("b", "red apple"), ("c", None), (None, None)], key=repr)


def test_a_filter_may_ask_too(bench: Any) -> None:
    found = rows(bench, "SELECT grp, SUMMARIZE(text, '') FILTER (WHERE text MEANS 'red') AS s FROM t GROUP BY grp")
    assert found == sorted([("a", "red apple"), ("b", "red apple+red sky"), ("c", None), (None, None)], key=repr)
    assert bench.plan.fallback == ()


def test_over_a_window_a_function_is_asked_once_a_partition(bench: Any) -> None:
    found = rows(bench, "SELECT id, SUMMARIZE(text, '') OVER (PARTITION BY grp) AS s FROM t WHERE grp IN ('b', 'c')")
    assert found == [(2, "red apple+red sky"), (4, "red apple+red sky"), (7, "red apple+red sky"), (8, "green apple")]
    assert sorted(asked(bench, "summarize")) == [("green apple",), ("red apple", "red sky")]


def test_over_an_ordered_window_the_values_so_far_are_asked_about(bench: Any) -> None:
    found = rows(bench, "SELECT id, SUMMARIZE(text, '') OVER (ORDER BY id) AS s FROM t WHERE id < 4")
    assert found == [(1, "red apple"), (2, "red apple+red apple"), (3, "green pear+red apple+red apple")]


def test_groups_that_having_drops_are_not_asked_about(bench: Any) -> None:
    bench.run("SELECT grp, SUMMARIZE(text, '') FROM t GROUP BY grp HAVING count(*) > 2")
    assert sorted(asked(bench, "summarize")) == [("blue sky", "green pear", "red apple"), ("red apple", "red sky")]


def test_a_list_may_be_read_as_the_answers_of_another_operator(bench: Any) -> None:
    found = rows(bench, "SELECT grp, SUMMARIZE(ASK(text, 'q'), '!') FROM t WHERE grp = 'b' GROUP BY ROLLUP (grp)")
    assert found == [("b", "red apple?q+red sky?q!"), (None, "red apple?q+red sky?q!")]
    assert bench.plan.fallback == ()


def test_labels_know_the_values_that_where_leaves(bench: Any) -> None:
    found = rows(bench, "SELECT MEANING(text, 9) AS kind, count(*) AS n FROM t WHERE amount > 15 AND text <> '' GROUP BY kind")
    assert found == [("apple", 2), ("pear", 1), ("sky", 1)]
    assert asked(bench, "meanings") == [("green apple", "green pear", "red apple", "red sky")]
    assert sorted(asked(bench, "meaning")) == ["green apple", "green pear", "red apple", "red sky"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT TOPICS(text, 9) AS kind, count(*) FROM t WHERE text <> '' GROUP BY kind",
        "SELECT TOPICS(text, 9), count(*) FROM t WHERE text <> '' GROUP BY 1",
        "SELECT TOPICS(text, 9), count(*) FROM t WHERE text <> '' GROUP BY TOPICS(text, 9)",
        "SELECT MEANING(text, 9), count(*) FROM t WHERE text <> '' GROUP BY ALL",
        "SELECT kind, count(*) FROM (SELECT MEANING(text, 9) AS kind FROM t WHERE text <> '') GROUP BY kind",
        "WITH some AS (SELECT * FROM t WHERE text <> '') SELECT MEANING(some.text, 9), count(*) FROM some GROUP BY 1",
    ],
)
def test_ways_to_group_by_what_texts_mean(bench: Any, query: str) -> None:
    assert rows(bench, query) == [("apple", 3), ("pear", 1), ("sky", 2)]
    assert bench.plan.fallback == ()


def test_a_column_of_that_name_is_what_group_by_means(bench: Any) -> None:
    assert rows(bench, "SELECT TOPICS(text, 9) AS grp FROM t WHERE grp = 'b' GROUP BY grp") == [("red apple+red sky",)]


def test_a_label_can_be_had_ordered_and_aggregated_beside(bench: Any) -> None:
    query = (
        "SELECT TOPICS(text, 9) AS kind, SUMMARIZE(DISTINCT text, '!') AS s FROM t WHERE text <> '' GROUP BY kind"
        " HAVING kind <> 'pear' ORDER BY kind DESC"
    )
    table = bench.run(query)
    assert table.to_pylist() == [{"kind": "sky", "s": "blue sky+red sky!"}, {"kind": "apple", "s": "green apple+red apple!"}]


def test_where_cannot_know_what_where_leaves(bench: Any) -> None:
    with pytest.raises(SQLError, match="cannot stand there"):
        bench.run("SELECT id FROM t WHERE MEANING(text, 3) = 'apple'")


def test_semantic_distinct_keeps_representatives_and_one_null(bench: Any) -> None:
    found = bench.run("SELECT SEMANTIC DISTINCT text AS x FROM t WHERE text <> '' OR text IS NULL ORDER BY x NULLS LAST")
    assert found.to_pydict() == {"x": ["blue sky", "green apple", "green pear", None]}
    assert len(asked(bench, "dedupe")) == 1


def test_semantic_distinct_of_several_columns_compares_them_together(bench: Any) -> None:
    rows(bench, "SELECT SEMANTIC DISTINCT grp, text FROM t WHERE grp = 'b'")
    assert asked(bench, "dedupe") == [("b", "b | red apple", "b | red sky")]


def test_semantic_distinct_in_a_subquery_and_with_a_limit(bench: Any) -> None:
    assert rows(bench, "SELECT count(*) FROM (SELECT SEMANTIC DISTINCT text FROM t WHERE text <> '')") == [(3,)]
    assert rows(bench, "SELECT SEMANTIC DISTINCT text FROM t WHERE text <> '' ORDER BY text LIMIT 1") == [("blue sky",)]


@pytest.mark.parametrize(
    "query",
    ["SELECT SEMANTIC DISTINCT FROM t", "SELECT SEMANTIC DISTINCT * FROM t", "SELECT SEMANTIC DISTINCT max(text) FROM t GROUP BY grp"],
)
def test_semantic_distinct_says_what_it_cannot_compare(bench: Any, query: str) -> None:
    with pytest.raises(SQLError, match="SEMANTIC DISTINCT"):
        bench.run(query)


@pytest.mark.parametrize("column", ["amount", "id > 3", "[text]"])
def test_values_of_a_wrong_type_are_refused_by_their_name(bench: Any, column: str) -> None:
    with pytest.raises(TypeMismatch, match="SUMMARIZE takes VARCHAR for texts"):
        bench.run(f"SELECT SUMMARIZE({column}, '') FROM t")


def test_a_call_a_row_takes_no_over(bench: Any) -> None:
    with pytest.raises(SQLError, match="takes no OVER"):
        bench.run("SELECT ASK(text, 'q') OVER () FROM t")


def test_an_aggregate_outside_a_select_is_refused(bench: Any) -> None:
    with pytest.raises(SQLError, match="here are none"):
        bench.run("INSERT INTO u VALUES (1, SUMMARIZE('a', ''), 'x')")
