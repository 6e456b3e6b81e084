"""Columns with a collation: texts that compare equal are different questions still."""

from __future__ import annotations

from typing import Any

import pytest

ROWS = "SELECT unnest(['RED', 'red', 'Red', 'blue'])"


@pytest.fixture
def nocase(bench: Any) -> Any:
    bench.ours.execute(f"CREATE TABLE c (text VARCHAR COLLATE NOCASE); INSERT INTO c {ROWS}").fetchall()
    return bench


def asked(bench: Any) -> set[Any]:
    return {arguments[0] for _, arguments in bench.asked}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ask(text, 'q') AS a FROM c",
        "SELECT ask(text, 'q') AS a FROM c WHERE ascii(tags(text)[1]) > 0 LIMIT 4",
        "SELECT condense(text, '?q') AS a FROM c GROUP BY text COLLATE \"binary\"",
        "SELECT ask(text, 'q') AS a FROM (SELECT text FROM c UNION ALL SELECT text FROM c WHERE false)",
    ],
)
def test_texts_that_a_collation_holds_equal_get_their_own_answers(nocase: Any, statement: str) -> None:
    found = nocase.run(statement).column("a").to_pylist()
    assert sorted(found) == ["RED?q", "Red?q", "blue?q", "red?q"]


def test_the_default_collation_changes_no_answer(nocase: Any) -> None:
    nocase.ours.execute("SET default_collation = 'NOCASE'").fetchall()
    found = nocase.run("SELECT ask(text, 'q') AS a, tags(text) AS t FROM (SELECT unnest(['RED', 'red']) AS text)").to_pylist()
    assert found == [{"a": "RED?q", "t": ["RED"]}, {"a": "red?q", "t": ["red"]}]


def test_lists_of_such_texts_are_told_apart(nocase: Any) -> None:
    found = nocase.run("SELECT classify(text, [text, text]) AS a FROM c").column("a").to_pylist()
    assert sorted(found) == ["RED", "Red", "blue", "red"]
    assert asked(nocase) == {"RED", "Red", "red", "blue"}


@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_a_groups_list_is_sorted_to_the_letter(nocase: Any, order: str) -> None:
    nocase.ours.execute(f'CREATE TABLE d AS SELECT text FROM c ORDER BY text COLLATE "binary" {order}').fetchall()
    assert nocase.run("SELECT condense(text, '') AS a FROM d").column("a").to_pylist() == ["RED+Red+blue+red"]


def test_the_on_of_a_left_join_holds_for_the_row_it_is_true_of(nocase: Any) -> None:
    nocase.answers = lambda ask, given: [_answer(one) for one in given]
    rows = nocase.run("SELECT c.text, u.id FROM c LEFT JOIN u ON c.text LIES FROM u.word UP TO 'z' AND u.id = 1").to_pylist()
    assert sorted((row["text"], row["id"]) for row in rows) == [("RED", 1), ("Red", None), ("blue", None), ("red", None)]


def _answer(given: Any) -> Any:
    from rvbbit.types import Answer

    return Answer(given["text"] == "RED")
